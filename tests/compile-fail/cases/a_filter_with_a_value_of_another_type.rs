//! An address is a text.

use authsome_core::user::User;

fn main() {
    let _ = User::EMAIL_KEY.eq(42_i64);
}
