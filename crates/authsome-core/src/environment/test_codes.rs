//! [`TestCodes`]: codes and tokens that are known beforehand, for tests of mail flows without a mailbox.

use super::{EffectiveSettings, Environment, EnvironmentType};
use crate::id::EnvironmentId;
use crate::identity::Email;
use crate::secret::Token;

/// The code that is known beforehand.
const CODE: &str = "424242";

/// Reserved top-level domains (RFC 2606, section 2; RFC 6761, sections 6.2, 6.4, 6.5).
const RESERVED_TOP: [&str; 3] = ["test", "example", "invalid"];
/// Reserved second-level domains are `example` below these (RFC 2606, section 3).
const RESERVED: [&str; 3] = ["com", "net", "org"];

/// Makes and recognizes test codes. An environment of type production never has any, whatever is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TestCodes {
    environment: EnvironmentId,
}

impl TestCodes {
    /// Those of an environment; `None` in production and where `test_codes` is off.
    #[must_use]
    pub fn of(environment: &Environment, settings: &EffectiveSettings) -> Option<Self> {
        let allowed = environment.kind != EnvironmentType::Production && settings.test_codes;
        allowed.then_some(Self { environment: environment.id })
    }

    /// The code for a person with this address; `None` unless the address is reserved.
    #[must_use]
    pub fn code(self, email: &Email) -> Option<&'static str> {
        is_reserved(email).then_some(CODE)
    }

    /// The token for a person with this address: a prefix such as `avt_`, the code, the environment's id, and the
    /// canonical form of the address, with dots between them. A random token never has a dot. `None` unless the address
    /// is reserved.
    #[must_use]
    pub fn token(self, prefix: &str, email: &Email) -> Option<Token> {
        let code = self.code(email)?;
        Some(Token::presented(&format!("{prefix}{code}.{}.{}", self.environment, email.key())))
    }

    /// Whether [`TestCodes::token`] makes this token.
    #[must_use]
    pub fn makes(self, prefix: &str, token: &Token) -> bool {
        let address = token.expose().splitn(3, '.').nth(2).and_then(|address| address.parse::<Email>().ok());
        let made = address.and_then(|email| self.token(prefix, &email));
        made.is_some_and(|made| made.expose() == token.expose())
    }
}

/// Whether an address is reserved, so that nobody can own it. The domain as it was typed in decides: a domain that is
/// not in ASCII, or ends with a dot, is not reserved.
fn is_reserved(email: &Email) -> bool {
    let Some((_, domain)) = email.address().rsplit_once('@') else { return false };
    let domain = domain.to_ascii_lowercase();
    let mut labels = domain.rsplit('.');
    let Some(top) = labels.next() else { return false };
    RESERVED_TOP.contains(&top) || (RESERVED.contains(&top) && labels.next() == Some("example"))
}

#[cfg(test)]
mod tests {
    use super::super::{Settings, Sourced};
    use super::*;
    use crate::id::TypedId;

    const TYPES: [EnvironmentType; 4] =
        [EnvironmentType::Development, EnvironmentType::Staging, EnvironmentType::Production, EnvironmentType::Custom];

    fn environment(kind: EnvironmentType) -> Environment {
        Environment {
            id: EnvironmentId::from_ulid(ulid::Ulid::from_parts(1, 2)),
            app_id: crate::id::AppId::from_ulid(ulid::Ulid::from_parts(1, 1)),
            name: "E".to_owned(),
            slug: "e".to_owned(),
            publishable_key: "apk_e".to_owned(),
            kind,
            description: None,
            color: kind.color().to_owned(),
            is_default: crate::value::Marker(false),
            is_active: true,
            settings: Settings::default(),
            metadata: std::collections::BTreeMap::new(),
            created_at: crate::time::Timestamp::from_millis(0).unwrap(),
            updated_at: crate::time::Timestamp::from_millis(0).unwrap(),
            deleted_at: None,
        }
    }

    fn settings(test_codes: Option<bool>) -> EffectiveSettings {
        let own = Settings { test_codes, ..Settings::default() };
        Sourced::resolve(&own, &Settings::default(), &Settings::default(), &[]).effective()
    }

    fn codes() -> TestCodes {
        TestCodes::of(&environment(EnvironmentType::Staging), &settings(Some(true))).unwrap()
    }

    fn code(address: &str) -> Option<&'static str> {
        codes().code(&address.parse().unwrap())
    }

    #[test]
    fn there_are_none_in_production_nor_where_they_are_off() {
        for kind in TYPES {
            let at = environment(kind);
            let there = TestCodes::of(&at, &settings(Some(true))).is_some();
            assert_eq!(there, kind != EnvironmentType::Production, "{kind}");
            assert_eq!(TestCodes::of(&at, &settings(Some(false))), None);
            assert_eq!(TestCodes::of(&at, &settings(None)), None);
        }
    }

    #[test]
    fn an_address_that_nobody_can_own_has_the_code() {
        for address in [
            "alice@shop.test",
            "alice@a.b.c.test",
            "alice@mail.example",
            "alice@mail.invalid",
            "alice@example.com",
            "alice@example.net",
            "alice@example.org",
            "alice@mail.example.org",
            "alice+1@example.com",
            "Alice@EXAMPLE.Com",
            "jürgen@example.com",
            "xn--e1afmkfd@example.com",
        ] {
            assert_eq!(code(address), Some("424242"), "{address}");
        }
    }

    #[test]
    fn an_address_that_somebody_can_own_has_none() {
        for address in [
            "alice@authsome.dev",
            "alice@example.com.evil.org",
            "alice@example.test.evil.org",
            "alice@notexample.com",
            "alice@evil-example.com",
            "alice@example.co",
            "alice@example.com.br",
            "alice@example.edu",
            "alice@example.de",
            "alice@com.example.dev",
            "alice@shop.contest",
            "alice@shop.tests",
            "alice@xn--test-123.org",
            "example.com@evil.org",
            "a.test@evil.org",
            // Written in other letters, which mail systems need not take for the ASCII ones.
            "alice@ｅxample.com",
            "alice@example.ｃom",
            "alice@shop.ｔest",
            "alice@exаmple.com",
            "alice@example。com",
            "alice@example．com",
            "alice@evil.org。example.com",
            "alice@exam\u{ad}ple.com",
        ] {
            if let Ok(email) = address.parse::<Email>() {
                assert_eq!(codes().code(&email), None, "{address}");
            }
        }
        for address in ["alice@example.com.", "alice@example.com..", "alice@.test", "alice@test"] {
            assert!(address.parse::<Email>().map_or(true, |email| codes().code(&email).is_none()), "{address}");
        }
    }

    #[test]
    fn a_token_names_its_purpose_its_environment_and_its_address() {
        let email = "Alice+x@Example.TEST.example".parse().unwrap();
        let token = codes().token("avt_", &email).unwrap();
        let id = environment(EnvironmentType::Staging).id;
        assert_eq!(token.expose(), format!("avt_424242.{id}.alice+x@example.test.example"));
        assert!(codes().makes("avt_", &token));
        assert!(!codes().makes("apt_", &token));
        let elsewhere = TestCodes { environment: EnvironmentId::from_ulid(ulid::Ulid::from_parts(9, 9)) };
        assert!(!elsewhere.makes("avt_", &token));
    }

    #[test]
    fn nothing_else_is_taken_for_a_token() {
        let id = environment(EnvironmentType::Staging).id;
        for text in [
            String::new(),
            "avt_".to_owned(),
            "avt_424242".to_owned(),
            format!("avt_424242.{id}"),
            format!("avt_424242.{id}."),
            format!("avt_424242.{id}.alice@evil.org"),
            format!("avt_424242.{id}.Alice@example.com"),
            format!("avt_424242.{id}.alice@example.com "),
            format!("avt_424243.{id}.alice@example.com"),
            format!("AVT_424242.{id}.alice@example.com"),
            format!("avt_424242.{}.alice@example.com", id.to_string().to_uppercase()),
        ] {
            assert!(!codes().makes("avt_", &Token::presented(&text)), "{text}");
        }
    }
}
