//! A password has no text of its own to print.

use authsome_core::secret::Password;

fn log(password: &Password) {
    println!("{password}");
}

fn main() {}
