//! No usable secret at rest: what was handed out is nowhere in the store, in whatever spelling.
#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a suite fails where it meets what it does not expect"
)]

use std::collections::BTreeMap;
use std::path::Path;

use authsome_tests::client::{Answer, PASSWORD};
use authsome_tests::program::Server;
use data_encoding::{BASE64, BASE64_NOPAD, BASE64URL, BASE64URL_NOPAD, HEXLOWER, HEXUPPER};
use serde_json::json;

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

/// Every file of the store, as bytes: the database, its log, whatever else lies beside it; not the mails, which are
/// meant to hold links, nor the files of the master key and the administrator's token.
fn store(data: &Path) -> Vec<(String, Vec<u8>)> {
    let files = std::fs::read_dir(data).unwrap().map(|entry| entry.unwrap().path());
    let files =
        files.filter(|path| path.is_file() && path.extension().is_none_or(|kind| kind != "key" && kind != "token"));
    files.map(|path| (path.display().to_string(), std::fs::read(&path).unwrap())).collect()
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
    let body = json!({"email": "cookie@secrets.test", "password": PASSWORD, "cookie": true});
    seen.session(&client.post("/signup", &body).expect(201));
    let _ = client.sign_in(email, "a wrong password that was typed").refused(401, "invalid_credentials");
    seen.0.push("a wrong password that was typed".to_owned());
    let key = std::fs::read_to_string(server.data().join("master.key")).unwrap().trim().to_owned();
    let token = std::fs::read_to_string(server.data().join("admin.token")).unwrap().trim().to_owned();
    seen.0.extend([key, token]);
}

#[test]
fn the_store_and_the_log_hold_none_of_the_secrets_that_were_handed_out() {
    let server = Server::start();
    let mut seen = Seen::default();
    run_the_flows(&server, &mut seen);
    let data = server.data();
    // While it runs, the log of the database is part of the store; afterwards it is in the database.
    let mut files = store(&data);
    let folder = server.folder();
    server.signal("TERM");
    let log = server.log();
    assert!(server.end().success());
    files.extend(store(&data));
    let holds = |bytes: &[u8], text: &str| find(bytes, &[text.as_bytes().to_vec()]).is_some();
    assert!(files.iter().any(|(name, bytes)| name.ends_with("authsome.db") && holds(bytes, "scan@secrets.test")));
    assert!(seen.0.len() > 15);
    let forbidden: Vec<Vec<u8>> = seen.0.iter().flat_map(|secret| spellings(secret)).collect();
    for (name, bytes) in &files {
        let found = find(bytes, &forbidden).map(String::from_utf8_lossy);
        assert!(found.is_none(), "{name} holds {found:?}");
    }
    // The links of mails are shown in the log where no mail server is set, and nothing else is.
    for line in log.lines().filter(|line| !line.contains("?token=")) {
        let found = seen.0.iter().find(|secret| line.contains(secret.as_str()));
        assert!(found.is_none(), "the log holds {found:?}: {line}");
    }
    drop(folder);
}

#[test]
fn the_scan_finds_a_secret_in_each_spelling() {
    let secret = "ast_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE";
    let raw = b"01234567890123456789012345678901";
    let found = |text: &[u8]| find(text, &spellings(secret)).is_some();
    assert!(found(format!("x{secret}x").as_bytes()) && found(raw));
    assert!(found(HEXLOWER.encode(raw).as_bytes()) && found(BASE64.encode(raw).as_bytes()));
    assert!(!found(b"nothing of the kind"));
}
