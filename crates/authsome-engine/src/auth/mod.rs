//! [`Auth`]: sign-up, sign-in, sign-out, refresh.

mod complete;
pub(crate) mod need;
mod refresh;
pub(crate) mod renewal;
mod resume;
mod session;
mod sign_in;
mod sign_up;
mod sign_up_form;
mod ticket;

use authsome_context::EnvironmentContext;
pub use sign_in::SignIn;
pub use sign_up::{SignUp, SignUpOutcome};

/// Sign-up, sign-in, sign-out, refresh.
#[derive(Clone, Debug)]
pub struct Auth {
    pub(crate) at: EnvironmentContext,
}
