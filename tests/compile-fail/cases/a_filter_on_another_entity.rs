//! A filter on sessions does not find users.

use authsome_core::entity::Entity;
use authsome_core::id::UserId;
use authsome_core::scope::Scope;
use authsome_core::session::Session;
use authsome_core::user::User;

fn find(scope: &Scope, user: UserId) {
    let _ = User::find(scope).filter(Session::USER_ID.eq(user));
}

fn main() {}
