//! An app is no environment.

use authsome_core::entity::Entity;
use authsome_core::id::AppId;
use authsome_core::user::User;

fn users_of_all_environments(app: &AppId) {
    let _ = User::find(app);
}

fn main() {}
