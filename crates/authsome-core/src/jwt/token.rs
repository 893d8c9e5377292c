//! Signing and verifying.

use data_encoding::BASE64URL_NOPAD;
use ed25519_dalek::{Signature, Signer};
use serde::{Deserialize, Serialize};
use zeroize::Zeroize;

use super::Claims;
use crate::debug::shows_only;
use crate::entropy::{Entropy, EntropyError};
use crate::id::{AppId, EnvironmentId, SigningKeyId};
use crate::time::Timestamp;

/// Longest token that is verified, in bytes.
const MAX_TOKEN: usize = 4_096;

/// How far clocks of issuer and verifier may differ, in seconds.
const LEEWAY: i64 = 60;

/// The header that every token has.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    alg: String,
    typ: String,
    kid: String,
}

/// A key pair that signs.
#[derive(Clone)]
pub struct SigningPair {
    id: SigningKeyId,
    key: ed25519_dalek::SigningKey,
}

impl SigningPair {
    /// A new pair.
    ///
    /// # Errors
    /// [`EntropyError`].
    pub fn generate(id: SigningKeyId, entropy: &dyn Entropy) -> Result<Self, EntropyError> {
        let mut seed = [0_u8; 32];
        entropy.fill(&mut seed)?;
        let pair = Self::from_seed(id, &seed);
        seed.zeroize();
        Ok(pair)
    }

    /// The pair with this private key (RFC 8032, section 5.1.5).
    #[must_use]
    pub fn from_seed(id: SigningKeyId, seed: &[u8; 32]) -> Self {
        Self { id, key: ed25519_dalek::SigningKey::from_bytes(seed) }
    }

    /// The private key, to be sealed.
    #[must_use]
    pub fn seed(&self) -> [u8; 32] {
        self.key.to_bytes()
    }

    /// The public half.
    #[must_use]
    pub fn verifying_key(&self) -> VerifyingKey {
        VerifyingKey { id: self.id, public: self.key.verifying_key().to_bytes() }
    }
}

shows_only!(SigningPair { id });

/// The public half of a key pair.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifyingKey {
    /// Its id: the `kid` of the tokens it verifies.
    pub id: SigningKeyId,
    /// The key.
    pub public: [u8; 32],
}

/// What a verifier expects of a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expected {
    /// The issuer's public URL.
    pub issuer: String,
    /// The app.
    pub app_id: AppId,
    /// The environment.
    pub env_id: EnvironmentId,
}

/// Why a token is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JwtError {
    /// Not a token of the expected form, algorithm and type.
    #[error("it is not an access token signed with EdDSA")]
    Malformed,
    /// Signed with an unknown key.
    #[error("it is signed with an unknown key")]
    UnknownKey,
    /// The signature does not fit.
    #[error("its signature does not fit")]
    Signature,
    /// Not valid yet.
    #[error("it is not valid yet")]
    NotYetValid,
    /// Not valid any more.
    #[error("it is expired")]
    Expired,
    /// Issued by someone else, or for another app or environment.
    #[error("it was issued by someone else, or for another app or environment")]
    Elsewhere,
}

/// Signs claims. The same claims under the same key give the same token.
///
/// # Errors
/// [`JwtError::Malformed`] if the claims do not serialize, which does not happen.
pub fn sign(claims: &Claims, pair: &SigningPair) -> Result<String, JwtError> {
    let header = Header { alg: "EdDSA".to_owned(), typ: "at+jwt".to_owned(), kid: pair.id.to_string() };
    let signed = format!("{}.{}", encode(&header)?, encode(claims)?);
    let signature = pair.key.sign(signed.as_bytes());
    Ok(format!("{signed}.{}", BASE64URL_NOPAD.encode(&signature.to_bytes())))
}

fn encode(part: &impl Serialize) -> Result<String, JwtError> {
    let json = serde_json::to_vec(part).map_err(|_| JwtError::Malformed)?;
    Ok(BASE64URL_NOPAD.encode(&json))
}

/// Verifies a token: form, algorithm and type, key, signature, claims, times (with a minute of leeway for the clocks).
/// It does not check whether the session was revoked.
///
/// # Errors
/// [`JwtError`].
pub fn verify(token: &str, keys: &[VerifyingKey], expected: &Expected, now: Timestamp) -> Result<Claims, JwtError> {
    if token.len() > MAX_TOKEN {
        return Err(JwtError::Malformed);
    }
    let (signed, signature) = token.rsplit_once('.').ok_or(JwtError::Malformed)?;
    let (header, claims) = signed.split_once('.').ok_or(JwtError::Malformed)?;
    let header: Header = serde_json::from_slice(&decode(header)?).map_err(|_| JwtError::Malformed)?;
    if header.alg != "EdDSA" || header.typ != "at+jwt" {
        return Err(JwtError::Malformed);
    }
    let id: SigningKeyId = header.kid.parse().map_err(|_| JwtError::UnknownKey)?;
    let key = keys.iter().find(|key| key.id == id).ok_or(JwtError::UnknownKey)?;
    let key = ed25519_dalek::VerifyingKey::from_bytes(&key.public).map_err(|_| JwtError::UnknownKey)?;
    let signature = Signature::from_slice(&decode(signature)?).map_err(|_| JwtError::Signature)?;
    key.verify_strict(signed.as_bytes(), &signature).map_err(|_| JwtError::Signature)?;
    let claims: Claims = serde_json::from_slice(&decode(claims)?).map_err(|_| JwtError::Malformed)?;
    let meant = claims.iss == expected.issuer
        && claims.aud == expected.app_id
        && claims.app_id == expected.app_id
        && claims.env_id == expected.env_id;
    if !meant {
        return Err(JwtError::Elsewhere);
    }
    let now = now.as_millis().div_euclid(1_000);
    if now.saturating_add(LEEWAY) < claims.nbf {
        return Err(JwtError::NotYetValid);
    }
    if now.saturating_sub(LEEWAY) >= claims.exp {
        return Err(JwtError::Expired);
    }
    Ok(claims)
}

fn decode(part: &str) -> Result<Vec<u8>, JwtError> {
    BASE64URL_NOPAD.decode(part.as_bytes()).map_err(|_| JwtError::Malformed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entropy::SeededEntropy;
    use crate::id::{SessionId, TypedId, UserId};
    use crate::jwt::KeySet;

    struct Fixture {
        pair: SigningPair,
        claims: Claims,
        expected: Expected,
    }

    const NOW: i64 = 1_700_000_000;

    fn fixture() -> Fixture {
        let entropy = SeededEntropy::new(1);
        let now = Timestamp::EPOCH;
        let (app_id, env_id) =
            (AppId::generate(now, &entropy).unwrap(), EnvironmentId::generate(now, &entropy).unwrap());
        let claims = Claims {
            iss: "https://auth.example.com".to_owned(),
            aud: app_id,
            sub: UserId::generate(now, &entropy).unwrap(),
            app_id,
            env_id,
            sid: SessionId::generate(now, &entropy).unwrap(),
            iat: NOW,
            nbf: NOW,
            exp: NOW + 600,
            jti: "x".to_owned(),
        };
        let pair = SigningPair::generate(SigningKeyId::generate(now, &entropy).unwrap(), &entropy).unwrap();
        let expected = Expected { issuer: claims.iss.clone(), app_id, env_id };
        Fixture { pair, claims, expected }
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(seconds * 1_000).unwrap()
    }

    #[test]
    fn a_signed_token_is_verified_with_the_published_key() {
        let Fixture { pair, claims, expected } = fixture();
        let keys = KeySet::new([&pair.verifying_key()]).verifying_keys();
        let token = sign(&claims, &pair).unwrap();
        assert_eq!(verify(&token, &keys, &expected, at(NOW)), Ok(claims));
    }

    #[test]
    fn the_ed25519_example_of_rfc_8037_verifies() {
        let seed = BASE64URL_NOPAD.decode(b"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A").unwrap();
        let pair = SigningPair::from_seed(
            SigningKeyId::generate(Timestamp::EPOCH, &SeededEntropy::new(1)).unwrap(),
            &seed.try_into().unwrap(),
        );
        let public = BASE64URL_NOPAD.encode(&pair.verifying_key().public);
        assert_eq!(public, "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo");
        let signature = pair.key.sign(b"eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc");
        let expected = "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
        assert_eq!(BASE64URL_NOPAD.encode(&signature.to_bytes()), expected);
    }

    #[test]
    fn a_token_of_another_algorithm_type_or_form_is_refused() {
        let Fixture { pair, claims, expected } = fixture();
        let keys = [pair.verifying_key()];
        let token = sign(&claims, &pair).unwrap();
        let (_, rest) = token.split_once('.').unwrap();
        let kid = pair.id.to_string();
        for header in [
            serde_json::json!({"alg": "none", "typ": "at+jwt", "kid": kid}),
            serde_json::json!({"alg": "HS256", "typ": "at+jwt", "kid": kid}),
            serde_json::json!({"alg": "EdDSA", "typ": "JWT", "kid": kid}),
            serde_json::json!({"alg": "EdDSA", "typ": "at+jwt", "kid": kid, "jwk": {}}),
        ] {
            let forged = format!("{}.{rest}", encode(&header).unwrap());
            assert_eq!(verify(&forged, &keys, &expected, at(NOW)), Err(JwtError::Malformed));
        }
        for text in ["", ".", "..", "a.b.c", &"a".repeat(5_000)] {
            assert_eq!(verify(text, &keys, &expected, at(NOW)), Err(JwtError::Malformed));
        }
    }

    #[test]
    fn a_changed_token_an_unknown_key_and_another_environment_are_refused() {
        let Fixture { pair, claims, expected } = fixture();
        let keys = [pair.verifying_key()];
        let token = sign(&claims, &pair).unwrap();
        let (head, signature) = token.rsplit_once('.').unwrap();
        let (header, _) = head.split_once('.').unwrap();
        let mut changed = claims;
        changed.exp += 1;
        let forged = format!("{header}.{}.{signature}", encode(&changed).unwrap());
        assert_eq!(verify(&forged, &keys, &expected, at(NOW)), Err(JwtError::Signature));
        assert_eq!(verify(&token, &[], &expected, at(NOW)), Err(JwtError::UnknownKey));
        let env_id = EnvironmentId::generate(at(NOW), &SeededEntropy::new(9)).unwrap();
        assert_eq!(verify(&token, &keys, &Expected { env_id, ..expected.clone() }, at(NOW)), Err(JwtError::Elsewhere));
        let issuer = "https://other.example.com".to_owned();
        assert_eq!(verify(&token, &keys, &Expected { issuer, ..expected }, at(NOW)), Err(JwtError::Elsewhere));
    }

    #[test]
    fn times_hold_with_a_minute_of_leeway() {
        let Fixture { pair, claims, expected } = fixture();
        let keys = [pair.verifying_key()];
        let token = sign(&claims, &pair).unwrap();
        assert!(verify(&token, &keys, &expected, at(NOW - 60)).is_ok());
        assert_eq!(verify(&token, &keys, &expected, at(NOW - 61)), Err(JwtError::NotYetValid));
        assert!(verify(&token, &keys, &expected, at(NOW + 659)).is_ok());
        assert_eq!(verify(&token, &keys, &expected, at(NOW + 660)), Err(JwtError::Expired));
    }
}
