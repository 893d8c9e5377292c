//! The mailer against a server on this machine.

use authsome_core::mail::{Mail, MailError, Mailer};
use tokio::net::TcpListener;

use super::server::Server;
use super::{SmtpConfigError, SmtpMailer};

const FROM: &str = "Example <auth@example.com>";

fn mail() -> Mail {
    Mail {
        to: "alice@example.org".to_owned(),
        subject: "Verify your address".to_owned(),
        text: "Follow this link:\n.https://example.com/verify?token=secret-token\n".to_owned(),
        link: None,
        production: false,
    }
}

async fn send(server: &Server, credentials: &str) -> Result<(), MailError> {
    SmtpMailer::new(&server.url(credentials), FROM).unwrap().send(&mail()).await
}

#[tokio::test]
async fn a_mail_reaches_its_one_recipient_whole() {
    let server = Server::start(&[]).await;
    send(&server, "").await.unwrap();
    let heard = server.heard();
    assert!(heard.iter().any(|line| line.starts_with("MAIL FROM:<auth@example.com>")), "{heard:?}");
    assert_eq!(heard.iter().filter(|line| line.starts_with("RCPT TO:")).count(), 1);
    for line in ["RCPT TO:<alice@example.org>", "Subject: Verify your address", "To: alice@example.org"] {
        assert!(heard.iter().any(|heard| heard == line), "{line}\n{heard:?}");
    }
    // A leading dot is doubled on the wire (RFC 5321, section 4.5.2).
    assert!(heard.iter().any(|line| line == "..https://example.com/verify?token=secret-token"), "{heard:?}");
}

#[tokio::test]
async fn credentials_are_sent_where_there_are_some() {
    let server = Server::start(&[]).await;
    send(&server, "").await.unwrap();
    assert!(!server.heard_command("AUTH"));
    send(&server, "alice:p%40ss@").await.unwrap();
    // base64 of \0alice\0p@ss
    assert!(server.heard().contains(&"AUTH PLAIN AGFsaWNlAHBAc3M=".to_owned()), "{:?}", server.heard());
}

#[tokio::test]
async fn a_refusal_of_the_mail_is_permanent_and_one_for_now_temporary() {
    for (command, answer, permanent) in [
        ("connect", "554 no service for alice@example.org\r\n", true),
        ("MAIL", "550 not from here, alice@example.org\r\n", true),
        ("RCPT", "550 no alice@example.org here\r\n", true),
        (".", "554 secret-token looks like spam\r\n", true),
        ("connect", "421 busy\r\n", false),
        ("RCPT", "450 mailbox of alice@example.org busy\r\n", false),
        (".", "451 later\r\n", false),
        ("AUTH", "535 wrong password p@ss\r\n", false),
        ("MAIL", "530 authenticate first\r\n", false),
        ("AUTH", "454 later\r\n", false),
    ] {
        let server = Server::start(&[(command, answer)]).await;
        let error = send(&server, "alice:p%40ss@").await.unwrap_err();
        assert_eq!(matches!(error, MailError::Permanent { .. }), permanent, "{answer}");
        let text = format!("{error} {error:?}");
        assert!(!["alice", "example", "p@ss", "token"].iter().any(|secret| text.contains(secret)), "{text}");
    }
}

#[tokio::test]
async fn without_starttls_nothing_is_sent_where_it_is_required() {
    let server = Server::start(&[]).await;
    let url = format!("{}?tls=required", server.url("alice:p%40ss@"));
    let error = SmtpMailer::new(&url, FROM).unwrap().send(&mail()).await.unwrap_err();
    assert!(matches!(error, MailError::Temporary { .. }));
    assert!(!server.heard_command("AUTH") && !server.heard_command("MAIL"), "{:?}", server.heard());
}

#[tokio::test]
async fn a_server_that_does_not_speak_tls_gets_no_mail_over_smtps() {
    let server = Server::start(&[]).await;
    let url = server.url("").replace("smtp://", "smtps://");
    let error = SmtpMailer::new(&url, FROM).unwrap().send(&mail()).await.unwrap_err();
    assert!(matches!(error, MailError::Temporary { .. }), "{error}");
    assert!(!server.heard_command("MAIL"));
}

#[tokio::test]
async fn a_server_that_is_not_there_is_temporary() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("smtp://127.0.0.1:{}", listener.local_addr().unwrap().port());
    drop(listener);
    let error = SmtpMailer::new(&url, FROM).unwrap().send(&mail()).await.unwrap_err();
    assert!(matches!(error, MailError::Temporary { .. }), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_server_that_is_silent_does_not_hold_a_mail_for_ever() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("smtp://127.0.0.1:{}", listener.local_addr().unwrap().port());
    let error = SmtpMailer::new(&url, FROM).unwrap().send(&mail()).await.unwrap_err();
    assert!(matches!(error, MailError::Temporary { .. }), "{error}");
}

#[tokio::test]
async fn an_address_that_is_none_is_not_sent() {
    let server = Server::start(&[]).await;
    let mailer = SmtpMailer::new(&server.url(""), FROM).unwrap();
    let to = "alice@example.org\r\nRCPT TO:<mallory@example.net>".to_owned();
    assert!(matches!(mailer.send(&Mail { to, ..mail() }).await, Err(MailError::Permanent { .. })));
    assert!(server.heard().is_empty());
}

#[test]
fn a_sender_that_is_none_is_refused_and_nothing_secret_is_printed() {
    let url = "smtps://alice:s3cret@mail.example.com";
    for from in ["", "nobody", "auth@example.com\r\nBcc: mallory@example.net"] {
        assert!(matches!(SmtpMailer::new(url, from), Err(SmtpConfigError::From)), "{from:?}");
    }
    let printed = format!("{:?}", SmtpMailer::new(url, FROM).unwrap());
    assert!(!printed.contains("s3cret") && !printed.contains("alice"), "{printed}");
}
