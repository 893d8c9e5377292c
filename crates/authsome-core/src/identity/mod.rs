//! The names of a person at sign-in: e-mail address, username, phone number, each with its one canonical form.
//!
//! Look-ups and unique indexes go by the canonical form (`key`): NFKC, full case folding, NFKC again, then compared
//! byte for byte, so that no database's collation matters. Mail goes to the address as it was registered.

use std::fmt;
use std::str::FromStr;

use unicode_normalization::UnicodeNormalization;

/// Most code points of an e-mail address, as typed in and in canonical form. RFC 5321 (section 4.5.3.1.3) leaves an
/// address 254 octets.
pub const MAX_EMAIL: usize = 254;
/// Most code points of a username.
pub const MAX_USERNAME: usize = 64;

/// Why a text is not a valid identifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdentityError {
    /// Not an e-mail address.
    #[error("it is not an e-mail address")]
    Email,
    /// Not a username.
    #[error(
        "a username has 1 to 64 letters, digits, or . _ - characters, and is not an e-mail address or phone number"
    )]
    Username,
    /// Not a phone number.
    #[error("a phone number is in international form: a plus sign and 8 to 15 digits")]
    Phone,
}

/// The canonical form of an identifier.
#[must_use]
pub fn canonical(text: &str) -> String {
    let normalized: String = text.trim().nfkc().collect();
    caseless::default_case_fold_str(&normalized).nfkc().collect()
}

/// An e-mail address.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Email {
    address: String,
    key: String,
}

impl Email {
    /// The address as it was typed in, without surrounding space.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The canonical form.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }
}

impl FromStr for Email {
    type Err = IdentityError;

    /// The canonical form is computed before it is validated, and both forms must be addresses (RFC 5321, RFC 6531)
    /// with a domain and without quotes or comments.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let address = text.trim().to_owned();
        let key = canonical(text);
        let options = email_address::Options::default()
            .without_display_text()
            .without_domain_literal()
            .with_minimum_sub_domains(2);
        for form in [&address, &key] {
            if form.chars().count() > MAX_EMAIL
                || form.contains(|c: char| c.is_control() || c.is_whitespace() || c == '"')
                || email_address::EmailAddress::parse_with_options(form, options).is_err()
            {
                return Err(IdentityError::Email);
            }
        }
        Ok(Self { address, key })
    }
}

/// A username.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Username {
    name: String,
    key: String,
}

impl Username {
    /// The name as it was typed in, without surrounding space.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The canonical form.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }
}

impl FromStr for Username {
    type Err = IdentityError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let name = text.trim().to_owned();
        let key = canonical(text);
        let fits = |form: &str| {
            (1..=MAX_USERNAME).contains(&form.chars().count())
                && form.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '_' | '-'))
        };
        if fits(&name) && fits(&key) { Ok(Self { name, key }) } else { Err(IdentityError::Username) }
    }
}

/// A phone number in E.164 form, which is its canonical form too.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Phone(String);

impl Phone {
    /// A plus sign and digits.
    #[must_use]
    pub fn number(&self) -> &str {
        &self.0
    }
}

impl FromStr for Phone {
    type Err = IdentityError;

    /// Takes spaces, dots, dashes and parentheses as they are written between digits.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let number: String = canonical(text).chars().filter(|c| !matches!(c, ' ' | '-' | '.' | '(' | ')')).collect();
        let digits = number.strip_prefix('+').ok_or(IdentityError::Phone)?;
        let fits = (8..=15).contains(&digits.len())
            && digits.bytes().all(|byte| byte.is_ascii_digit())
            && !digits.starts_with('0');
        if fits { Ok(Self(number)) } else { Err(IdentityError::Phone) }
    }
}

/// The name that a person signs in by.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Identifier {
    /// By e-mail address.
    Email(Email),
    /// By username.
    Username(Username),
    /// By phone number.
    Phone(Phone),
}

impl Identifier {
    /// A text that is unique to this identifier, for counters of attempts.
    #[must_use]
    pub fn subject(&self) -> String {
        match self {
            Self::Email(email) => format!("email:{}", email.key()),
            Self::Username(username) => format!("username:{}", username.key()),
            Self::Phone(phone) => format!("phone:{}", phone.number()),
        }
    }
}

macro_rules! shown {
    ($($name:ident => $field:tt;)*) => {$(
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.$field)
            }
        }

        impl From<$name> for Identifier {
            fn from(name: $name) -> Self {
                Self::$name(name)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
            }
        }

        $crate::value::json_schema!($name, stringify!($name), {"type": "string"});
    )*};
}

shown! {
    Email => address;
    Username => name;
    Phone => 0;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_address_have_one_key() {
        let key = |text: &str| text.parse::<Email>().unwrap().key().to_owned();
        assert_eq!(key("Alice@Example.COM"), "alice@example.com");
        assert_eq!(key("ＡＬＩＣＥ@example.com"), "alice@example.com");
        assert_eq!(key("  straße@example.com "), "strasse@example.com");
        assert_ne!(key("alice@example.com"), key("alicе@example.com"), "a Cyrillic letter is another letter");
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in [
            "",
            "a",
            "a@",
            "@b.c",
            "a b@c.d",
            "a@b",
            "\"a\"@b.c",
            "a@b.c\0",
            "a@[127.0.0.1]",
            "A <a@b.c>",
            "a@b.c\r\nBcc: x@y.z",
        ] {
            assert_eq!(text.parse::<Email>(), Err(IdentityError::Email), "{text:?}");
        }
        assert!(format!("{}@example.com", "a".repeat(250)).parse::<Email>().is_err());
    }

    #[test]
    fn a_phone_number_has_one_form() {
        assert_eq!("+49 (30) 1234-5678".parse::<Phone>().unwrap().number(), "+493012345678");
        for text in ["", "+", "030 1234567", "+012345678", "+1234567", "+1234567890123456", "+49x30123456"] {
            assert_eq!(text.parse::<Phone>(), Err(IdentityError::Phone), "{text:?}");
        }
    }

    #[test]
    fn a_username_is_no_address_and_no_number() {
        assert_eq!("Ａlice".parse::<Username>().unwrap().key(), "alice");
        for text in ["", "a@b.c", "+4930123456", "a b", "a\0", &"a".repeat(65)] {
            assert_eq!(text.parse::<Username>(), Err(IdentityError::Username), "{text:?}");
        }
    }
}
