//! JSON Web Tokens for sessions: access tokens after RFC 9068, signed with EdDSA over Ed25519 (RFC 8037), and the key
//! sets that verifiers fetch (RFC 7517).
//!
//! There is exactly one algorithm. A token that names another one, or none, is refused before its signature is verified
//! (RFC 8725, section 3.1).

mod claims;
mod key_set;
mod token;

pub use claims::Claims;
pub use key_set::{Jwk, KeySet};
pub use token::{Expected, JwtError, SigningPair, VerifyingKey, sign, verify};
