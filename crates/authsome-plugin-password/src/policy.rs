//! The check of a new password against a policy.

use authsome_core::environment::PasswordPolicy;
use authsome_core::error::{Code, Error};
use authsome_core::secret::Password;

use crate::nfkc::nfkc;

/// Checks a password against a policy.
///
/// # Errors
/// `weak_password` with `requirements`, the names of the policy's fields that the password fails.
pub(crate) fn check(policy: &PasswordPolicy, password: &Password) -> Result<(), Error> {
    let text = nfkc(password);
    let least = usize::try_from(policy.min_length).unwrap_or(usize::MAX);
    let most = usize::try_from(policy.max_bytes).unwrap_or(usize::MAX);
    let lacks = |required: bool, is: fn(char) -> bool| required && !text.chars().any(is);

    let requirements: [(bool, &str, &str); 5] = [
        (text.chars().count() < least, "min_length", "more characters"),
        (password.expose().len() > most, "max_bytes", "fewer bytes"),
        (
            lacks(policy.require_special_chars, |c| !c.is_alphanumeric()),
            "require_special_chars",
            "a character that is neither letter nor digit",
        ),
        (lacks(policy.require_uppercase, char::is_uppercase), "require_uppercase", "an upper-case letter"),
        (lacks(policy.require_numbers, char::is_numeric), "require_numbers", "a digit"),
    ];
    let missing = || requirements.iter().filter(|(missing, _, _)| *missing);
    if missing().next().is_none() {
        return Ok(());
    }
    let sentence = missing().map(|(_, _, sentence)| *sentence).collect::<Vec<_>>().join(", ");
    let names: Vec<&str> = missing().map(|(_, name, _)| *name).collect();
    Err(Error::new(Code::WeakPassword, format!("the password needs {sentence}")).with("requirements", names))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LENGTH_ALONE: PasswordPolicy = PasswordPolicy {
        min_length: 8,
        max_bytes: 1_024,
        require_special_chars: false,
        require_uppercase: false,
        require_numbers: false,
    };
    const EVERYTHING: PasswordPolicy =
        PasswordPolicy { require_special_chars: true, require_uppercase: true, require_numbers: true, ..LENGTH_ALONE };

    fn missing(policy: &PasswordPolicy, text: &str) -> Vec<String> {
        let password = Password::new(text.to_owned()).unwrap();
        let Err(error) = check(policy, &password) else { return Vec::new() };
        assert_eq!(error.code(), Code::WeakPassword);
        serde_json::from_value(error.extra()["requirements"].clone()).unwrap()
    }

    #[test]
    fn everything_that_is_missing_is_reported_at_once() {
        let cases: [(&PasswordPolicy, &str, &[&str]); 14] = [
            (&LENGTH_ALONE, "12345678", &[]),
            (&LENGTH_ALONE, "1234567", &["min_length"]),
            (&LENGTH_ALONE, "", &["min_length"]),
            (&LENGTH_ALONE, "        ", &[]),
            (&EVERYTHING, "Passw0rd!", &[]),
            (&EVERYTHING, "", &["min_length", "require_special_chars", "require_uppercase", "require_numbers"]),
            (&EVERYTHING, "passw0rd!", &["require_uppercase"]),
            (&EVERYTHING, "Password!", &["require_numbers"]),
            (&EVERYTHING, "Passw0rds", &["require_special_chars"]),
            (&EVERYTHING, "P4ss w0rd", &[]),
            (&EVERYTHING, "ÄÖÜ٣ääää€", &[]),
            (&EVERYTHING, "ünïcödé1!", &["require_uppercase"]),
            (&PasswordPolicy { min_length: 15, ..LENGTH_ALONE }, "fourteen chars", &["min_length"]),
            (&PasswordPolicy { min_length: 15, ..LENGTH_ALONE }, "fifteen letters", &[]),
        ];
        for (policy, text, expected) in cases {
            assert_eq!(missing(policy, text), expected, "{text:?}");
        }
    }

    #[test]
    fn length_counts_code_points_after_nfkc() {
        // Eight letters, each typed as a letter and a combining accent.
        assert!(missing(&LENGTH_ALONE, &"e\u{301}".repeat(8)).is_empty());
        assert_eq!(missing(&LENGTH_ALONE, &"e\u{301}".repeat(7)), ["min_length"]);
        // A ligature is the letters that it joins.
        assert!(missing(&LENGTH_ALONE, &"\u{FB01}".repeat(4)).is_empty());
        // Code points, not bytes.
        assert_eq!(missing(&LENGTH_ALONE, &"😀".repeat(7)), ["min_length"]);
        assert!(missing(&LENGTH_ALONE, &"😀".repeat(8)).is_empty());
    }

    #[test]
    fn the_longest_password_that_may_be_typed_is_accepted() {
        assert!(missing(&LENGTH_ALONE, &"a".repeat(1_024)).is_empty());
        assert!(Password::new("a".repeat(1_025)).is_err());
    }

    #[test]
    fn a_policy_may_take_fewer_bytes() {
        let policy = PasswordPolicy { max_bytes: 64, ..LENGTH_ALONE };
        assert!(missing(&policy, &"a".repeat(64)).is_empty());
        assert_eq!(missing(&policy, &"a".repeat(65)), ["max_bytes"]);
    }

    #[test]
    fn the_error_does_not_contain_the_password() {
        let password = Password::new("s3cret".to_owned()).unwrap();
        let error = check(&EVERYTHING, &password).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("s3cret"));
    }
}
