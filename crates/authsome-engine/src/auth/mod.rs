//! [`Auth`]: sign-up, sign-in, sign-out, refresh.

mod complete;
mod refresh;
mod session;
mod sign_in;
mod sign_up;
mod ticket;

use authsome_context::EnvironmentContext;
use authsome_core::secret::Token;
use authsome_core::session::Session;
use authsome_core::user::User;

pub use sign_in::SignIn;
pub use sign_up::{SignUp, SignUpOutcome};

/// A session with its two tokens, which are given out here and never again.
#[derive(Clone, Debug)]
pub struct Issued {
    /// Whose session it is.
    pub user: User,
    /// The session.
    pub session: Session,
    /// The token that authenticates requests.
    pub token: Token,
    /// The token that is exchanged for the next two.
    pub refresh_token: Token,
}

/// Sign-up, sign-in, sign-out, refresh.
#[derive(Clone, Debug)]
pub struct Auth {
    at: EnvironmentContext,
}

impl Auth {
    pub(crate) const fn new(at: EnvironmentContext) -> Self {
        Self { at }
    }
}
