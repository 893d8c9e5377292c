//! What mails say.

use authsome_context::Config;
use authsome_core::mail::Mail;
use authsome_core::secret::Token;
use authsome_core::time::Seconds;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// A mail before it has words.
#[derive(Debug)]
pub(super) enum Letter {
    VerifyEmail { token: Token },
    ChangeEmail { token: Token },
    ResetPassword { token: Token },
    AccountExists,
    PasswordChanged,
    EmailChanged,
}

/// What is written otherwise in the query of a link: all but what RFC 3986 (section 2.3) does not reserve.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

struct Words {
    subject: &'static str,
    text: String,
    link: Option<String>,
}

/// The mail. `app` is the app's name; `marker` begins the subject outside of production.
pub(super) fn mail(to: String, letter: &Letter, app: &str, marker: Option<&str>, config: &Config) -> Mail {
    let Words { subject, text, link } = words(letter, config);
    let app = one_line(app);
    let production = marker.is_none();
    let marker = marker.map_or_else(String::new, |marker| format!("[{marker}] "));
    let greeting = if app.is_empty() { String::new() } else { format!("\n\n{app}") };
    let link_line = link.as_ref().map_or_else(String::new, |link| format!("\n\n{link}"));
    Mail {
        to,
        subject: format!("{marker}{subject}"),
        text: format!("Hello,\n\n{text}{link_line}{greeting}\n"),
        link,
        production,
    }
}

fn words(letter: &Letter, config: &Config) -> Words {
    let link = |path: &str, token: &Token| {
        format!("{}/{path}?token={}", config.public_url, utf8_percent_encode(token.expose(), RESERVED))
    };
    let valid = |ttl: Seconds| format!("The link works once and is valid for {}.", duration(ttl));
    match letter {
        Letter::VerifyEmail { token } => Words {
            subject: "Confirm your e-mail address",
            text: format!(
                "please confirm that this address is yours by following the link below. {} If you did not register, \
                 ignore this mail.",
                valid(config.verification_token_ttl)
            ),
            link: Some(link("verify-email", token)),
        },
        Letter::ChangeEmail { token } => Words {
            subject: "Confirm your new e-mail address",
            text: format!(
                "please confirm that this is to be the address of your account by following the link below. {} If you \
                 did not ask for it, ignore this mail.",
                valid(config.verification_token_ttl)
            ),
            link: Some(link("verify-email", token)),
        },
        Letter::ResetPassword { token } => Words {
            subject: "Reset your password",
            text: format!(
                "you can set a new password by following the link below. {} If you did not ask for it, ignore this \
                 mail: your password stays as it is.",
                valid(config.reset_token_ttl)
            ),
            link: Some(link("reset-password", token)),
        },
        Letter::AccountExists => Words {
            subject: "You have an account already",
            text: "someone, probably you, tried to register with this address, which has an account already. You can \
                   sign in, or ask for a new password if you forgot yours. If it was not you, ignore this mail."
                .to_owned(),
            link: None,
        },
        Letter::PasswordChanged => Words {
            subject: "Your password was changed",
            text: "the password of your account was changed. If it was not you, ask for a new password at once."
                .to_owned(),
            link: None,
        },
        Letter::EmailChanged => Words {
            subject: "Your e-mail address was changed",
            text: "your account has another e-mail address now and sends no more mail to this one. If it was not you, \
                   tell whoever runs the application."
                .to_owned(),
            link: None,
        },
    }
}

/// A duration in its largest whole unit.
fn duration(seconds: Seconds) -> String {
    let units = [(86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second")];
    let whole = units.into_iter().find(|(unit, _)| seconds.0 >= *unit && seconds.0.is_multiple_of(*unit));
    let (unit, name) = whole.unwrap_or((1, "second"));
    let count = seconds.0 / unit;
    if count == 1 { format!("{count} {name}") } else { format!("{count} {name}s") }
}

fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_said_in_its_largest_whole_unit() {
        for (seconds, text) in [(3_600, "1 hour"), (5_400, "90 minutes"), (172_800, "2 days"), (61, "61 seconds")] {
            assert_eq!(duration(Seconds(seconds)), text);
        }
    }

    #[test]
    fn a_mail_outside_of_production_says_so_and_links_to_the_public_url() {
        let config = Config { public_url: "https://app.example".to_owned(), ..Config::default() };
        let letter = Letter::ResetPassword { token: Token::presented("apt_x") };
        let mail = mail("a@b.example".to_owned(), &letter, "Shop\r\nBcc: x", Some("staging"), &config);
        assert!(!mail.production && mail.subject.starts_with("[staging] ") && !mail.text.contains("\r"));
        assert_eq!(mail.link.as_deref(), Some("https://app.example/reset-password?token=apt_x"));
        assert!(mail.text.contains("valid for 1 hour"));
    }
}
