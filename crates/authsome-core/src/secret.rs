//! Secrets: types that cannot be printed, and their stored forms.
//!
//! Tokens of high entropy are stored as SHA-256 ([`TokenHash`]); short codes as HMAC-SHA-256 and what must be read back
//! as XChaCha20-Poly1305, both under keys derived from the [`MasterKey`] by HKDF-SHA-256 (RFC 5869).

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use data_encoding::BASE64URL_NOPAD;
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::debug::unprinted;
use crate::entropy::{Entropy, EntropyError};
use crate::value::{ColumnType, ColumnValue, DecodeError, Value};

unprinted!(SecretString, Token, TokenHash, MasterKey, Subkey, Password);

/// A text that is never printed and is wiped from memory when it is dropped.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct SecretString(String);

impl SecretString {
    /// Wraps a secret.
    #[must_use]
    pub fn new(secret: String) -> Self {
        Self(secret)
    }

    /// The secret, for the one place that needs it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl<'de> serde::Deserialize<'de> for SecretString {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self)
    }
}

crate::value::json_schema!(SecretString, "Secret", {"type": "string", "writeOnly": true});

/// A token of 256 random bits, as its holder knows it.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Token(String);

impl Token {
    /// A new token behind a prefix such as `ast_`; 43 characters of base64url follow it.
    ///
    /// # Errors
    /// [`EntropyError`].
    pub fn generate(prefix: &str, entropy: &dyn Entropy) -> Result<Self, EntropyError> {
        let mut bytes = [0_u8; 32];
        entropy.fill(&mut bytes)?;
        let token = Self::from_bytes(prefix, &bytes);
        bytes.zeroize();
        Ok(token)
    }

    /// The token with these 256 bits, which come from [`Subkey::mac`].
    #[must_use]
    pub fn from_bytes(prefix: &str, bytes: &[u8; 32]) -> Self {
        Self(format!("{prefix}{}", BASE64URL_NOPAD.encode(bytes)))
    }

    /// The token that a holder presents.
    #[must_use]
    pub fn presented(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The text, for the one place that hands it out.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The stored form.
    #[must_use]
    pub fn hash(&self) -> TokenHash {
        TokenHash(Sha256::digest(self.0.as_bytes()).into())
    }
}

/// The stored form of a token: its SHA-256. Enough for secrets of 128 bits and more, which cannot be guessed.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TokenHash([u8; 32]);

impl TokenHash {
    /// The hash with these bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl ColumnValue for TokenHash {
    const TYPE: ColumnType = ColumnType::Bytes;
    const MAX_LEN: Option<u32> = Some(32);
    type Operand = Self;

    fn to_value(&self) -> Value {
        Value::Bytes(self.0.to_vec())
    }

    fn from_value(value: Value) -> Result<Self, DecodeError> {
        <[u8; 32]>::from_value(value).map(Self)
    }
}

/// The installation's 256-bit key. All derived keys and sealed values depend on it.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct MasterKey([u8; 32]);

/// The text is not 32 bytes of base64.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a master key is 32 bytes of base64: make one with `authsome keygen`")]
pub struct MasterKeyError;

impl MasterKey {
    /// The key with these bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// A new key.
    ///
    /// # Errors
    /// [`EntropyError`].
    pub fn generate(entropy: &dyn Entropy) -> Result<Self, EntropyError> {
        let mut bytes = [0_u8; 32];
        entropy.fill(&mut bytes)?;
        Ok(Self(bytes))
    }

    /// Reads standard base64 with padding.
    ///
    /// # Errors
    /// [`MasterKeyError`].
    pub fn from_base64(text: &str) -> Result<Self, MasterKeyError> {
        let mut bytes = data_encoding::BASE64.decode(text.trim().as_bytes()).map_err(|_| MasterKeyError)?;
        let key = <[u8; 32]>::try_from(bytes.as_slice()).map(Self).map_err(|_| MasterKeyError);
        bytes.zeroize();
        key
    }

    /// Standard base64, for `authsome keygen` and the key file.
    #[must_use]
    pub fn to_base64(&self) -> SecretString {
        SecretString(data_encoding::BASE64.encode(&self.0))
    }

    /// The key for one purpose, named by a label of its own.
    #[must_use]
    pub fn derive(&self, label: &str) -> Subkey {
        let mut bytes = [0_u8; 32];
        // HKDF refuses only outputs of more than 8,160 bytes.
        let expanded = Hkdf::<Sha256>::new(Some(b"authsome"), &self.0).expand(label.as_bytes(), &mut bytes);
        debug_assert!(expanded.is_ok(), "32 bytes are a valid output length");
        Subkey(bytes)
    }
}

/// A key for one purpose.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Subkey([u8; 32]);

/// A sealed value was changed, or sealed under another key or for another place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a sealed value cannot be opened: it was changed, or sealed under another master key")]
pub struct OpenError;

const NONCE: usize = 24;

/// First byte of a sealed value: which key and algorithm sealed it.
const SEAL_VERSION: u8 = 1;

impl Subkey {
    /// HMAC-SHA-256 (RFC 2104) over the parts, each with its length in front, so that different lists differ.
    #[must_use]
    pub fn mac(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut mac = self.hmac();
        for part in parts {
            mac.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }

    fn hmac(&self) -> Hmac<Sha256> {
        // HMAC takes keys of any length; the fallback is never used.
        Hmac::<Sha256>::new_from_slice(&self.0).unwrap_or_else(|_| Hmac::<Sha256>::new(&Default::default()))
    }

    /// Seals a value that must be read back. `place` (a table, column and id) is bound to it: moved elsewhere, it does
    /// not open.
    ///
    /// # Errors
    /// [`EntropyError`].
    pub fn seal(&self, place: &str, plain: &[u8], entropy: &dyn Entropy) -> Result<Vec<u8>, EntropyError> {
        let mut nonce = [0_u8; NONCE];
        entropy.fill(&mut nonce)?;
        let payload = Payload { msg: plain, aad: place.as_bytes() };
        // XChaCha20-Poly1305 refuses only messages of more than 256 GiB.
        let sealed = self.aead().encrypt(&XNonce::from(nonce), payload).map_err(|_| EntropyError)?;
        Ok([&[SEAL_VERSION], nonce.as_slice(), sealed.as_slice()].concat())
    }

    /// Opens what [`Subkey::seal`] made.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn open(&self, place: &str, sealed: &[u8]) -> Result<Vec<u8>, OpenError> {
        let sealed = sealed.strip_prefix(&[SEAL_VERSION]).ok_or(OpenError)?;
        let (nonce, body) = sealed.split_at_checked(NONCE).ok_or(OpenError)?;
        let nonce = <[u8; NONCE]>::try_from(nonce).map_err(|_| OpenError)?;
        let payload = Payload { msg: body, aad: place.as_bytes() };
        self.aead().decrypt(&XNonce::from(nonce), payload).map_err(|_| OpenError)
    }

    fn aead(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(&self.0.into())
    }
}

/// Whether two byte strings are equal, in a time that depends on their lengths alone.
#[must_use]
pub fn constant_time_eq(left: &[u8], right: &[u8]) -> bool {
    left.ct_eq(right).into()
}

/// A password as its holder typed it: at most 1,024 bytes, never printed, wiped when dropped.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Password(String);

impl Password {
    /// The most bytes, which limits the cost of hashing. Longer ones are refused, never cut.
    pub const MAX_BYTES: usize = 1_024;

    /// Takes a password.
    ///
    /// # Errors
    /// [`PasswordError`] if it is longer than [`Password::MAX_BYTES`] or contains U+0000.
    pub fn new(text: String) -> Result<Self, PasswordError> {
        let password = Self(text);
        if password.0.len() > Self::MAX_BYTES {
            Err(PasswordError::TooLong)
        } else if password.0.contains('\0') {
            Err(PasswordError::Nul)
        } else {
            Ok(password)
        }
    }

    /// The text, for the one place that hashes it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// Why a text cannot be a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// Longer than 1,024 bytes.
    #[error("a password has at most 1024 bytes")]
    TooLong,
    /// Contains U+0000.
    #[error("a password cannot contain U+0000")]
    Nul,
}

impl<'de> serde::Deserialize<'de> for Password {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

crate::value::json_schema!(Password, "Password", {"type": "string", "format": "password", "maxLength": 1024, "writeOnly": true});

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entropy::SeededEntropy;

    #[test]
    fn hkdf_gives_another_key_for_another_label_and_the_same_for_the_same() {
        let master = MasterKey::from_bytes([7; 32]);
        assert_eq!(master.derive("a").0, master.derive("a").0);
        assert_ne!(master.derive("a").0, master.derive("b").0);
        assert_ne!(MasterKey::from_bytes([8; 32]).derive("a").0, master.derive("a").0);
    }

    #[test]
    fn mac_tells_lists_with_the_same_bytes_apart() {
        let key = MasterKey::from_bytes([7; 32]).derive("test");
        assert_ne!(key.mac(&[b"ab", b"c"]), key.mac(&[b"a", b"bc"]));
    }

    #[test]
    fn a_sealed_value_opens_in_its_place_alone() {
        let key = MasterKey::from_bytes([7; 32]).derive("test");
        let mut sealed = key.seal("t.c.1", b"secret", &SeededEntropy::new(1)).unwrap();
        assert_eq!(key.open("t.c.1", &sealed).unwrap(), b"secret");
        assert_eq!(key.open("t.c.2", &sealed), Err(OpenError));
        assert_eq!(key.open("t.c.1", b"short"), Err(OpenError));
        let last = sealed.len() - 1;
        sealed[last] ^= 1;
        assert_eq!(key.open("t.c.1", &sealed), Err(OpenError));
    }

    #[test]
    fn nothing_secret_is_printed() {
        let token = Token::generate("ast_", &SeededEntropy::new(1)).unwrap();
        let printed =
            format!("{token:?} {:?} {:?}", MasterKey::from_bytes([1; 32]), SecretString::new("s3cret".into()));
        assert!(!printed.contains(token.expose()) && !printed.contains("s3cret"));
    }
}
