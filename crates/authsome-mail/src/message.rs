//! The message of a mail (RFC 5322).

use std::time::{Duration, UNIX_EPOCH};

use authsome_core::clock::Clock;
use authsome_core::entropy::Entropy;
use authsome_core::mail::{Mail, MailError};
use authsome_core::time::Timestamp;
use lettre::message::header::{ContentTransferEncoding, ContentType, HeaderName, HeaderValue, MIME_VERSION_1_0};
use lettre::message::{Body, Mailbox};
use lettre::{Address, Message};
use ulid::Ulid;

/// How the text is encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// In seven bits, so that every mail server can carry it.
    #[cfg(any(feature = "smtp", test))]
    ForTransport,
    /// Unencoded if its lines are short enough, so that people and programs can read the file.
    Readable,
}

/// A message, and the id that makes it unique: the file's name, and part of its `Message-ID`.
pub(crate) struct Built {
    pub(crate) id: String,
    pub(crate) message: Message,
}

/// Builds the message of a mail.
///
/// # Errors
/// [`MailError::Permanent`] for an invalid address; [`MailError::Temporary`] without randomness.
pub(crate) fn build(
    mail: &Mail,
    from: &Mailbox,
    encoding: Encoding,
    clock: &dyn Clock,
    entropy: &dyn Entropy,
) -> Result<Built, MailError> {
    let now = clock.now();
    let id = unique(now, entropy)?;
    let message = Message::builder()
        .from(from.clone())
        .to(Mailbox::new(None, address(&mail.to)?))
        .subject(one_line(&mail.subject))
        .date(UNIX_EPOCH + since_epoch(now))
        .message_id(Some(format!("<{id}@{}>", from.email.domain())))
        // Prevents automatic answers such as vacation notices (RFC 3834, section 5).
        .raw_header(HeaderValue::new(HeaderName::new_from_ascii_str("Auto-Submitted"), "auto-generated".to_owned()))
        .header(MIME_VERSION_1_0)
        .header(ContentType::TEXT_PLAIN)
        .body(body(mail.text.clone(), encoding))
        .map_err(|_| MailError::Permanent { reason: "the message could not be built".to_owned() })?;
    Ok(Built { id, message })
}

/// The one address that a mail goes to. The parser refuses line breaks and a second address.
fn address(to: &str) -> Result<Address, MailError> {
    to.parse().map_err(|_| MailError::Permanent { reason: "the address is invalid".to_owned() })
}

/// The subject without line breaks, which could begin another header.
fn one_line(subject: &str) -> String {
    subject.chars().map(|character| if character.is_control() { ' ' } else { character }).collect()
}

fn body(text: String, encoding: Encoding) -> Body {
    match encoding {
        #[cfg(any(feature = "smtp", test))]
        Encoding::ForTransport => Body::new(text),
        Encoding::Readable => {
            Body::new_with_encoding(text.clone(), ContentTransferEncoding::EightBit).unwrap_or_else(|_| Body::new(text))
        }
    }
}

fn unique(now: Timestamp, entropy: &dyn Entropy) -> Result<String, MailError> {
    let mut random = [0_u8; 16];
    entropy.fill(&mut random).map_err(|error| MailError::Temporary { reason: error.to_string() })?;
    let millis = u64::try_from(now.as_millis()).unwrap_or(0);
    Ok(Ulid::from_parts(millis, u128::from_be_bytes(random)).to_string().to_ascii_lowercase())
}

fn since_epoch(now: Timestamp) -> Duration {
    now.since(Timestamp::EPOCH)
}

#[cfg(test)]
mod tests {
    use authsome_core::clock::ManualClock;
    use authsome_core::entropy::SeededEntropy;

    use super::*;

    fn mail(to: &str) -> Mail {
        Mail {
            to: to.to_owned(),
            subject: "Verify your address".to_owned(),
            text: "Follow this link:\n\nhttps://example.com/verify?token=a-b_c=1\n".to_owned(),
            link: None,
            production: false,
        }
    }

    fn text(mail: &Mail, encoding: Encoding) -> Result<String, MailError> {
        let clock = ManualClock::at(Timestamp::from_millis(1_700_000_000_000).unwrap());
        let from: Mailbox = "Example <auth@example.com>".parse().unwrap();
        let built = build(mail, &from, encoding, &clock, &SeededEntropy::new(1))?;
        Ok(String::from_utf8(built.message.formatted()).unwrap())
    }

    #[test]
    fn a_message_has_the_headers_that_rfc_5322_asks_for_and_its_text_whole() {
        let text = text(&mail("alice@example.org"), Encoding::ForTransport).unwrap();
        let (headers, body) = text.split_once("\r\n\r\n").unwrap();
        for header in [
            "From: Example <auth@example.com>",
            "To: alice@example.org",
            "Subject: Verify your address",
            "Date: Tue, 14 Nov 2023 22:13:20 +0000",
            "MIME-Version: 1.0",
            "Content-Type: text/plain; charset=utf-8",
            "Auto-Submitted: auto-generated",
        ] {
            assert!(headers.lines().any(|line| line == header), "{header}\n{headers}");
        }
        assert!(headers.contains("Message-ID: <01hf7yat00") && headers.contains("@example.com>"), "{headers}");
        assert!(body.contains("\r\nhttps://example.com/verify?token=a-b_c=1\r\n"), "{body}");
    }

    #[test]
    fn an_address_cannot_bring_a_header_or_another_address() {
        for to in [
            "alice@example.org\r\nBcc: mallory@example.net",
            "alice@example.org\nBcc: mallory@example.net",
            "alice@example.org\r",
            "\"alice\r\nBcc: mallory@example.net\r\n\"@example.org",
            "\"alice\r\n \"@example.org",
            "alice@example.org, mallory@example.net",
            "alice@example.org>\r\nRCPT TO:<mallory@example.net",
            "alice@example.org> <mallory@example.net",
            "Alice <alice@example.org>",
            "alice\0@example.org",
            "alice@example.org\u{85}x",
            "",
            "alice",
        ] {
            let refused = text(&mail(to), Encoding::ForTransport);
            assert!(matches!(refused, Err(MailError::Permanent { .. })), "{to:?}");
            let message = refused.unwrap_err().to_string();
            assert!(!message.contains("mallory") && !message.contains("example"), "{message}");
        }
    }

    #[test]
    fn a_subject_cannot_bring_a_header() {
        let subject = "Hello\r\nBcc: mallory@example.net\r\n\r\nbody".to_owned();
        let text = text(&Mail { subject, ..mail("alice@example.org") }, Encoding::ForTransport).unwrap();
        let (headers, body) = text.split_once("\r\n\r\n").unwrap();
        let line = headers.lines().find(|line| line.starts_with("Subject")).unwrap();
        assert_eq!(line, "Subject: Hello  Bcc: mallory@example.net    body");
        assert!(!headers.lines().any(|line| line.starts_with("Bcc")), "{headers}");
        assert!(body.starts_with("Follow this link"), "{body}");
    }

    #[test]
    fn a_readable_message_has_other_scripts_and_links_as_they_are() {
        let greeting = "Grüße, Zoë 😀\nhttps://example.com/?token=1\n";
        let mail = Mail { text: greeting.to_owned(), ..mail("alice@example.org") };
        let readable = text(&mail, Encoding::Readable).unwrap();
        assert!(readable.ends_with(&greeting.replace('\n', "\r\n")), "{readable}");
        let sent = text(&mail, Encoding::ForTransport).unwrap();
        assert!(sent.is_ascii(), "{sent}");
    }

    #[test]
    fn lines_that_are_too_long_for_mail_are_wrapped_either_way() {
        let mail = Mail { text: "x".repeat(5_000), ..mail("alice@example.org") };
        for encoding in [Encoding::Readable, Encoding::ForTransport] {
            let text = text(&mail, encoding).unwrap();
            assert!(text.lines().all(|line| line.len() <= 998));
        }
    }
}
