//! [`KeySet`]: what `/.well-known/jwks.json` publishes.

use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize};

use super::token::VerifyingKey;
use crate::id::SigningKeyId;

/// A public key (RFC 7517, RFC 8037).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Jwk {
    /// Key type, always `OKP`.
    pub kty: String,
    /// Curve, always `Ed25519`.
    pub crv: String,
    /// The key, base64url.
    pub x: String,
    /// Its id.
    pub kid: String,
    /// Algorithm, always `EdDSA`.
    pub alg: String,
    /// Use, always `sig`.
    #[serde(rename = "use")]
    pub usage: String,
}

/// The public keys of an environment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct KeySet {
    /// The keys.
    pub keys: Vec<Jwk>,
}

impl KeySet {
    /// The set of these keys.
    #[must_use]
    pub fn new<'a>(keys: impl IntoIterator<Item = &'a VerifyingKey>) -> Self {
        Self { keys: keys.into_iter().map(jwk).collect() }
    }

    /// The keys of the set that can verify tokens; others are ignored (RFC 7517, section 5).
    #[must_use]
    pub fn verifying_keys(&self) -> Vec<VerifyingKey> {
        self.keys.iter().filter_map(verifying_key).collect()
    }
}

fn jwk(key: &VerifyingKey) -> Jwk {
    Jwk {
        kty: "OKP".to_owned(),
        crv: "Ed25519".to_owned(),
        x: BASE64URL_NOPAD.encode(&key.public),
        kid: key.id.to_string(),
        alg: "EdDSA".to_owned(),
        usage: "sig".to_owned(),
    }
}

fn verifying_key(jwk: &Jwk) -> Option<VerifyingKey> {
    if jwk.kty != "OKP" || jwk.crv != "Ed25519" || jwk.alg != "EdDSA" || jwk.usage != "sig" {
        return None;
    }
    let id: SigningKeyId = jwk.kid.parse().ok()?;
    let public = BASE64URL_NOPAD.decode(jwk.x.as_bytes()).ok()?.try_into().ok()?;
    Some(VerifyingKey { id, public })
}
