//! The meaning of a failure for the mail. The server's own words are left out: they often repeat the address.

use authsome_core::mail::MailError;
use lettre::transport::smtp::Error;

/// Answers of the 5yz kind about this client's credentials instead of the mail (RFC 4954, section 6).
const ABOUT_CREDENTIALS: [u16; 4] = [530, 534, 535, 538];

pub(super) fn of(error: &Error) -> MailError {
    if let Some(code) = error.status().map(u16::from) {
        let reason = format!("the mail server answered {code}");
        return if error.is_permanent() && !ABOUT_CREDENTIALS.contains(&code) {
            MailError::Permanent { reason }
        } else {
            MailError::Temporary { reason }
        };
    }
    let reason = if error.is_timeout() {
        return timed_out();
    } else if error.is_tls() {
        "the mail server's TLS was not accepted"
    } else if error.is_response() {
        "the mail server's answer is not SMTP"
    } else if error.is_client() {
        "the mail server lacks a required feature"
    } else {
        "the connection to the mail server failed"
    };
    MailError::Temporary { reason: reason.to_owned() }
}

pub(super) fn timed_out() -> MailError {
    MailError::Temporary { reason: "the mail server did not answer in time".to_owned() }
}
