//! A request without a scope is made behind the authenticator's door alone.

use authsome_core::entity::Find;
use authsome_core::records::Reach;
use authsome_core::user::User;

fn main() {
    let _ = Find::<User>::new(Reach::unbound());
}
