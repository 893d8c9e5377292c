//! No usable secret at rest: what was handed out is nowhere in the store, in whatever spelling, on every backend.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a suite fails where it meets what it does not expect"
)]

use std::collections::BTreeMap;
use std::process::ExitCode;

use authsome_tests::cases;
use authsome_tests::client::{Answer, PASSWORD};
use authsome_tests::home::Home;
use authsome_tests::program::{Launch, Server};
use authsome_tests::suite::Suite;
use data_encoding::{BASE64, BASE64_NOPAD, BASE64URL, BASE64URL_NOPAD, HEXLOWER, HEXUPPER};
use serde_json::json;

fn main() -> ExitCode {
    Suite::of("Secrets at rest")
        .on_homes(cases![
            Home;
            the_store_and_the_log_hold_none_of_the_secrets_that_were_handed_out,
            a_secret_that_is_planted_in_the_store_is_found,
        ])
        .alone(&[
            ("the_scan_finds_a_secret_in_each_spelling", the_scan_finds_a_secret_in_each_spelling),
            ("what_the_job_logs_of_a_mail_that_was_not_sent_is_no_secret", log_of_a_mail_that_was_not_sent),
        ])
        .run()
}

/// Every secret that was seen while the flows ran.
#[derive(Default)]
struct Seen(Vec<String>);

impl Seen {
    fn session(&mut self, answer: &Answer) {
        self.0.push(answer.session_token());
        self.0.push(answer.refresh_token());
    }
}

/// The bytes that would give a secret away: itself, what its text decodes to, and both in the usual encodings.
fn spellings(secret: &str) -> Vec<Vec<u8>> {
    let mut forms: Vec<Vec<u8>> = vec![secret.as_bytes().to_vec()];
    if let Some((_, random)) = secret.split_once('_') {
        forms.push(random.as_bytes().to_vec());
        forms.extend(BASE64URL_NOPAD.decode(random.as_bytes()));
    }
    let mut all = forms.clone();
    for form in &forms {
        for encoding in [&HEXLOWER, &HEXUPPER, &BASE64, &BASE64_NOPAD, &BASE64URL, &BASE64URL_NOPAD] {
            all.push(encoding.encode(form).into_bytes());
        }
    }
    all
}

/// The first of the needles that is somewhere in the bytes. One pass over them, whatever the number of needles.
fn find<'a>(haystack: &[u8], needles: &'a [Vec<u8>]) -> Option<&'a [u8]> {
    let mut by_start: BTreeMap<u8, Vec<&[u8]>> = BTreeMap::new();
    for needle in needles {
        by_start.entry(needle[0]).or_default().push(needle);
    }
    let starts: Vec<Option<&Vec<&[u8]>>> = (0..=u8::MAX).map(|byte| by_start.get(&byte)).collect();
    haystack.iter().enumerate().find_map(|(at, byte)| {
        starts[usize::from(*byte)]?.iter().find(|needle| haystack[at..].starts_with(needle)).copied()
    })
}

fn run_the_flows(server: &Server, seen: &mut Seen) {
    let client = server.client();
    let email = "scan@secrets.test";
    let first = client.sign_up(email).expect(201);
    seen.0.push(PASSWORD.to_owned());
    seen.session(&first);
    let second = client.post("/refresh", &json!({"refresh_token": first.refresh_token()})).expect(200);
    seen.session(&second);
    let verify = server.mailbox().wait(email, "/verify-email?token=", 1).token();
    let _ = client.post("/password/forgot", &json!({"email": email})).expect(202);
    let reset = server.mailbox().wait(email, "/reset-password?token=", 1).token();
    // One token is used, one waits; then one more waits that is never used.
    let _ = client.post("/email/verify", &json!({"token": verify})).expect(204);
    let new = "a quite different passphrase";
    let _ = client.post("/password/reset", &json!({"token": reset, "password": new})).expect(204);
    let _ = client.post("/password/forgot", &json!({"email": email})).expect(202);
    let waiting = server.mailbox().wait(email, "/reset-password?token=", 2).token();
    seen.0.extend([verify, reset, waiting, new.to_owned()]);
    let third = client.sign_in(email, new).expect(200);
    seen.session(&third);
    magic_links(server, email, seen);
    let body = json!({"email": "cookie@secrets.test", "password": PASSWORD, "cookie": true});
    seen.session(&client.post("/signup", &body).expect(201));
    let _ = client.sign_in(email, "a wrong password that was typed").refused(401, "invalid_credentials");
    seen.0.push("a wrong password that was typed".to_owned());
}

/// Links of a plugin: one is used, one waits.
fn magic_links(server: &Server, email: &str, seen: &mut Seen) {
    let client = server.client();
    let mut link = |count: usize| {
        let _ = client.post("/magic-link", &json!({ "email": email })).expect(202);
        let token = server.mailbox().wait(email, "/magic-link?token=", count).token();
        seen.0.push(token.clone());
        token
    };
    let (used, _waiting) = (link(1), link(2));
    seen.session(&client.post("/magic-link/redeem", &json!({ "token": used })).expect(200));
}

/// The keys and tokens of the installation itself.
fn own_secrets(home: &Home) -> Vec<String> {
    let file = |name: &str| std::fs::read_to_string(home.data().join(name)).ok().map(|text| text.trim().to_owned());
    let key = home.variable("AUTHSOME_MASTER_KEY").map(str::to_owned).or_else(|| file("master.key"));
    let token = file(if home.kind().is_shared() { "shared-admin.token" } else { "admin.token" });
    [key, token].map(|secret| secret.expect("the installation has it")).to_vec()
}

/// The first of the secrets that is in what is kept, with where it is.
fn scan(contents: &[(String, Vec<u8>)], secrets: &[String]) -> Option<String> {
    let forbidden: Vec<Vec<u8>> = secrets.iter().flat_map(|secret| spellings(secret)).collect();
    contents.iter().find_map(|(name, bytes)| {
        let found = find(bytes, &forbidden)?;
        Some(format!("{name} holds {:?}", String::from_utf8_lossy(found)))
    })
}

fn the_store_and_the_log_hold_none_of_the_secrets_that_were_handed_out(home: &Home) {
    let server = home.launch().with_plugin().start();
    let mut seen = Seen::default();
    run_the_flows(&server, &mut seen);
    seen.0.extend(own_secrets(home));
    assert!(seen.0.len() > 19);
    // While it runs, the log of an SQLite database is part of the store; afterwards it is in the database.
    let mut contents = home.contents();
    server.signal("TERM");
    let log = server.log();
    assert!(server.end().success());
    contents.extend(home.contents());
    let kept = scan(&contents, &["scan@secrets.test".to_owned()]).is_some();
    assert_eq!(kept, home.kind().outlives_the_process(), "what is scanned is the store");
    assert_eq!(scan(&contents, &seen.0), None);
    // The links of mails are shown in the log where no mail server is set, and nothing else is.
    seen.0.extend(home.variable("DATABASE_URL").filter(|_| home.kind().is_shared()).map(str::to_owned));
    for line in log.lines().filter(|line| !line.contains("?token=")) {
        let found = seen.0.iter().find(|secret| line.contains(secret.as_str()));
        assert!(found.is_none(), "the log holds {found:?}: {line}");
    }
}

fn a_secret_that_is_planted_in_the_store_is_found(home: &Home) {
    assert!(home.start().stop().success());
    let secret = "ast_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE".to_owned();
    assert_eq!(scan(&home.contents(), std::slice::from_ref(&secret)), None);
    home.plant(&format!("kept for later: {secret}"));
    assert!(scan(&home.contents(), &[secret]).is_some_and(|found| found.contains("planted")));
}

fn the_scan_finds_a_secret_in_each_spelling() {
    let secret = "ast_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE";
    let raw = b"01234567890123456789012345678901";
    let found = |text: &[u8]| find(text, &spellings(secret)).is_some();
    assert!(found(format!("x{secret}x").as_bytes()) && found(raw));
    assert!(found(HEXLOWER.encode(raw).as_bytes()) && found(BASE64.encode(raw).as_bytes()));
    assert!(!found(b"nothing of the kind"));
}

fn log_of_a_mail_that_was_not_sent() {
    let email = "unsent@secrets.test";
    // Nothing listens on the first port.
    let launch = Launch::default().variable("AUTHSOME_SMTP_URL", "smtps://mailer:hunter2@127.0.0.1:1");
    let server = launch.variable("AUTHSOME_MAIL_FROM", "auth@secrets.test").start();
    let _ = server.client().sign_up(email).expect(201);
    let tried = (0..300).any(|_| {
        std::thread::sleep(std::time::Duration::from_millis(100));
        server.log().contains("a mail was not sent and is tried again")
    });
    let log = server.log();
    assert!(tried, "{log}");
    for secret in ["hunter2", "token=", PASSWORD, email] {
        assert!(!log.contains(secret), "the log holds {secret}: {log}");
    }
}
