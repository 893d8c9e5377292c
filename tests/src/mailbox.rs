//! The mails that a server without a mail server wrote into its folder.

use std::path::PathBuf;
use std::thread;
use std::time::Duration;

/// How long the queue may take to hand a mail over.
const PATIENCE: Duration = Duration::from_secs(30);

/// A folder of mails, one file a mail.
#[derive(Debug)]
pub struct Mailbox(PathBuf);

/// A mail.
#[derive(Clone, Debug)]
pub struct Mail {
    /// The whole of it, decoded.
    pub text: String,
}

impl Mailbox {
    pub(crate) const fn new(folder: PathBuf) -> Self {
        Self(folder)
    }

    /// Every mail to an address that has a text in it, oldest first.
    #[must_use]
    pub fn to(&self, address: &str, containing: &str) -> Vec<Mail> {
        let Ok(entries) = std::fs::read_dir(&self.0) else { return Vec::new() };
        let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("the folder can be read").path()).collect();
        paths.retain(|path| path.extension().is_some_and(|extension| extension == "eml"));
        paths.sort();
        let mails = paths.iter().filter_map(|path| std::fs::read_to_string(path).ok());
        let mails = mails.map(|raw| Mail { text: decoded(&raw) });
        mails.filter(|mail| mail.is_to(address) && mail.text.contains(containing)).collect()
    }

    /// Waits for `count` mails to an address that have a text in them, and gives the last.
    #[must_use]
    pub fn wait(&self, address: &str, containing: &str, count: usize) -> Mail {
        let (mut waited, step) = (Duration::ZERO, Duration::from_millis(50));
        loop {
            let mails = self.to(address, containing);
            if let Some(mail) = mails.last().filter(|_| mails.len() >= count) {
                return mail.clone();
            }
            assert!(waited < PATIENCE, "{} of {count} mails to {address} with {containing:?} came", mails.len());
            thread::sleep(step);
            waited += step;
        }
    }
}

impl Mail {
    fn is_to(&self, address: &str) -> bool {
        self.text.lines().take_while(|line| !line.is_empty()).any(|line| line == format!("To: {address}"))
    }

    /// The token of its link.
    #[must_use]
    pub fn token(&self) -> String {
        let (_, rest) = self.text.split_once("?token=").expect("the mail has a link");
        rest.chars().take_while(|character| character.is_ascii_alphanumeric() || "_-".contains(*character)).collect()
    }

    /// Its subject.
    #[must_use]
    pub fn subject(&self) -> &str {
        self.text.lines().find_map(|line| line.strip_prefix("Subject: ")).expect("the mail has a subject")
    }
}

/// A mail without the quoted-printable encoding (RFC 2045, section 6.7), where it has one.
fn decoded(raw: &str) -> String {
    let text = raw.replace("\r\n", "\n");
    if !text.to_lowercase().contains("content-transfer-encoding: quoted-printable") {
        return text;
    }
    let joined = text.replace("=\n", "");
    let mut bytes = Vec::with_capacity(joined.len());
    let mut rest = joined.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        let escaped = tail.get(..2).filter(|_| *first == b'=').and_then(|hex| std::str::from_utf8(hex).ok());
        match escaped.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = tail.get(2..).unwrap_or_default();
            }
            None => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8(bytes).expect("the mail is text")
}
