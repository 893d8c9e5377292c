//! The texts of mails.

use authsome_context::Config;
use authsome_core::mail::Mail;
use authsome_core::notification::CoreNotification;
use authsome_core::plugin::{Letter, Links};
use authsome_core::secret::Token;

/// The mail. `app` is the app's name; `marker` begins the subject outside of production.
pub(crate) fn mail(to: String, letter: Letter, app: &str, marker: Option<&str>) -> Mail {
    let Letter { subject, text, link } = letter;
    let subject = one_line(&subject);
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

/// The text of a mail of core.
pub(crate) fn letter(kind: CoreNotification, token: Option<&Token>, config: &Config) -> Letter {
    let links = Links::new(&config.public_url);
    let valid = Links::validity;
    let (subject, text, page) = match kind {
        CoreNotification::VerifyEmail => (
            "Confirm your e-mail address",
            format!(
                "please confirm that this address is yours by following the link below. {} If you did not register, \
                 ignore this mail.",
                valid(config.verification_token_ttl)
            ),
            Some("verify-email"),
        ),
        CoreNotification::ChangeEmail => (
            "Confirm your new e-mail address",
            format!(
                "please confirm that this is to be the address of your account by following the link below. {} If you \
                 did not ask for it, ignore this mail.",
                valid(config.verification_token_ttl)
            ),
            Some("verify-email"),
        ),
        CoreNotification::ResetPassword => (
            "Reset your password",
            format!(
                "you can set a new password by following the link below. {} If you did not ask for it, ignore this \
                 mail: your password stays as it is.",
                valid(config.reset_token_ttl)
            ),
            Some("reset-password"),
        ),
        CoreNotification::AccountExists => (
            "You have an account already",
            "someone, probably you, tried to register with this address, which has an account already. You can \
                   sign in, or ask for a new password if you forgot yours. If it was not you, ignore this mail."
                .to_owned(),
            None,
        ),
        CoreNotification::PasswordChanged => (
            "Your password was changed",
            "the password of your account was changed. If it was not you, ask for a new password at once.".to_owned(),
            None,
        ),
        CoreNotification::EmailChanged => (
            "Your e-mail address was changed",
            "your account has another e-mail address now and sends no more mail to this one. If it was not you, \
                   tell whoever runs the application."
                .to_owned(),
            None,
        ),
    };
    let link = page.zip(token).map(|(page, token)| links.to(page, token));
    Letter { subject: subject.to_owned(), text, link }
}

fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mail_outside_of_production_says_so_and_links_to_the_public_url() {
        let config = Config { public_url: "https://app.example".to_owned(), ..Config::default() };
        let letter = letter(CoreNotification::ResetPassword, Some(&Token::presented("apt_x")), &config);
        let mail = mail("a@b.example".to_owned(), letter, "Shop\r\nBcc: x", Some("staging"));
        assert!(!mail.production && mail.subject.starts_with("[staging] ") && !mail.text.contains("\r"));
        assert_eq!(mail.link.as_deref(), Some("https://app.example/reset-password?token=apt_x"));
        assert!(mail.text.contains("valid for 1 hour"));
    }

    #[test]
    fn a_subject_has_one_line_whatever_a_plugin_puts_in_it() {
        let letter = Letter { subject: "A slip\r\nBcc: x".to_owned(), text: String::new(), link: None };
        assert_eq!(mail("a@b.example".to_owned(), letter, "Shop", None).subject, "A slip  Bcc: x");
    }
}
