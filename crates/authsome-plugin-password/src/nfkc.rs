//! The form in which a password is measured and hashed.

use authsome_core::secret::Password;
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

/// How many times longer NFKC makes a UTF-8 text at most (Unicode FAQ on normalization: U+FDFA).
const GROWTH: usize = 11;

/// The password in NFKC, wiped when dropped. Nothing of it is cut.
pub(crate) fn nfkc(password: &Password) -> Zeroizing<String> {
    let typed = password.expose();
    // The text has room for the longest result, so it never moves, and no unwiped copy stays behind.
    let mut text = Zeroizing::new(String::with_capacity(typed.len() * GROWTH));
    text.extend(typed.nfkc());
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_result_fits_without_moving() {
        let typed = "\u{FDFA}".repeat(Password::MAX_BYTES / 3);
        let room = typed.len() * GROWTH;
        let text = nfkc(&Password::new(typed).unwrap());
        assert_eq!(text.len(), room);
    }
}
