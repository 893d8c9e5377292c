//! The forms of tokens, and tokens that are derived instead of stored.

use authsome_core::entropy::{Entropy, EntropyError};
use authsome_core::secret::{Subkey, Token};

/// Prefix of session tokens.
const SESSION: &str = "ast_";
/// Prefix of refresh tokens.
const REFRESH: &str = "art_";
/// Prefix of mailed tokens that prove an address.
const VERIFICATION: &str = "avt_";
/// Prefix of mailed tokens that let a person set a password.
const RESET: &str = "apt_";

/// Prefix of the tickets of half-done sign-ins.
const TICKET: &str = "amt_";

/// What every API key begins with.
pub const API_KEY: &str = "ask_";

/// Whether a token claims to be an API key.
#[must_use]
pub fn is_api_key(token: &str) -> bool {
    token.starts_with(API_KEY)
}

/// A ticket of a half-done sign-in.
///
/// # Errors
/// Where randomness fails.
pub fn ticket(entropy: &dyn Entropy) -> Result<Token, EntropyError> {
    Token::generate(TICKET, entropy)
}

/// The two tokens of a session.
#[derive(Clone, Debug)]
pub struct Pair {
    /// Authenticates requests.
    pub session: Token,
    /// Is exchanged for the next pair.
    pub refresh: Token,
}

impl Pair {
    /// The first pair of a session.
    ///
    /// # Errors
    /// Where randomness fails.
    pub fn generate(entropy: &dyn Entropy) -> Result<Self, EntropyError> {
        Ok(Self { session: Token::generate(SESSION, entropy)?, refresh: Token::generate(REFRESH, entropy)? })
    }

    /// The pair that a refresh token is exchanged for. Derived, so that a client that lost the answer can get it again.
    #[must_use]
    pub fn child(key: &Subkey, parent: &Token) -> Self {
        let derive = |kind: &[u8]| key.mac(&[parent.expose().as_bytes(), kind]);
        Self {
            session: Token::from_bytes(SESSION, &derive(b"access")),
            refresh: Token::from_bytes(REFRESH, &derive(b"refresh")),
        }
    }
}

/// The purpose of a mailed token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mailed {
    /// Proving an address.
    Verification,
    /// Setting a password.
    Reset,
}

impl Mailed {
    /// The prefix of the tokens.
    #[must_use]
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::Verification => VERIFICATION,
            Self::Reset => RESET,
        }
    }

    /// Whether a token has the form that [`mailed`] makes.
    #[must_use]
    pub fn is_derived(self, token: &Token) -> bool {
        let is_base64url = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        let rest = token.expose().strip_prefix(self.prefix());
        rest.is_some_and(|rest| rest.len() == 43 && rest.bytes().all(is_base64url))
    }
}

/// The mailed token of a row. Derived from the row's id, so that the queue of mails holds no secret.
#[must_use]
pub fn mailed(key: &Subkey, kind: Mailed, row: &str) -> Token {
    let label = match kind {
        Mailed::Verification => "verification",
        Mailed::Reset => "reset",
    };
    Token::from_bytes(kind.prefix(), &key.mac(&[label.as_bytes(), row.as_bytes()]))
}
