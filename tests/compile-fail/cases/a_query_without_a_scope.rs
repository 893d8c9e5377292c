//! A user lives in an environment: without a scope there is no call to make.

use authsome_core::entity::Entity;
use authsome_core::user::User;

fn main() {
    let _ = User::find();
}
