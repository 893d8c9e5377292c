//! A session's id is not a user's.

use authsome_core::id::SessionId;
use authsome_core::user::User;

fn user_of(session: SessionId) {
    let _ = User::ID.eq(session);
}

fn main() {}
