//! [`FolderMailer`]: mails as files.

use std::fmt;
use std::fs::{DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use authsome_core::clock::{Clock, SystemClock};
use authsome_core::entropy::{Entropy, OsEntropy};
use authsome_core::mail::{Mail, MailError, Mailer};
use lettre::Address;
use lettre::message::Mailbox;

use crate::message::{self, Encoding};

/// Writes each mail to a file of its own, for development and tests.
///
/// A file is named `<ULID>.eml`, so that names sort by time, and appears whole. Only its owner may read it, because its
/// text may hold a secret link; folders made for it are private too.
#[derive(Clone)]
pub struct FolderMailer {
    folder: PathBuf,
    announce_links: bool,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
}

impl FolderMailer {
    /// A mailer that writes to this folder. It makes the folder with the first mail.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
            announce_links: false,
            clock: Arc::new(SystemClock),
            entropy: Arc::new(OsEntropy),
        }
    }

    /// Whether each mail with a link is logged at level `info`. The link is logged too, unless the mail is from
    /// production. Only for development: whoever reads the log can sign in.
    #[must_use]
    pub fn announce_links(mut self, announce_links: bool) -> Self {
        self.announce_links = announce_links;
        self
    }

    /// The same mailer with another clock and source of randomness.
    #[must_use]
    pub fn with_sources(self, clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> Self {
        Self { clock, entropy, ..self }
    }
}

impl fmt::Debug for FolderMailer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FolderMailer")
            .field("folder", &self.folder)
            .field("announce_links", &self.announce_links)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl Mailer for FolderMailer {
    async fn send(&self, mail: &Mail) -> Result<(), MailError> {
        let from = sender()?;
        let built = message::build(mail, &from, Encoding::Readable, self.clock.as_ref(), self.entropy.as_ref())?;
        let folder = self.folder.clone();
        let bytes = built.message.formatted();
        tokio::task::spawn_blocking(move || write(&folder, &built.id, &bytes))
            .await
            .unwrap_or_else(|error| Err(io::Error::other(error)))
            .map_err(|error| MailError::Temporary { reason: format!("the file was not written: {}", error.kind()) })?;
        if self.announce_links
            && let Some(link) = &mail.link
        {
            let link = if mail.production { "(only in the file)" } else { link };
            tracing::info!(subject = mail.subject, link, "mail written");
        }
        Ok(())
    }
}

fn sender() -> Result<Mailbox, MailError> {
    Address::new("authsome", "localhost")
        .map(|address| Mailbox::new(Some("Authsome".to_owned()), address))
        .map_err(|_| MailError::Permanent { reason: "the sender is invalid".to_owned() })
}

/// Writes under a temporary name, then renames.
fn write(folder: &Path, id: &str, bytes: &[u8]) -> io::Result<()> {
    private_folder().create(folder)?;
    let draft = folder.join(format!(".{id}.tmp"));
    let mut file = private_file().open(&draft)?;
    file.write_all(bytes)?;
    drop(file);
    std::fs::rename(&draft, folder.join(format!("{id}.eml")))
}

fn private_folder() -> DirBuilder {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
}

fn private_file() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use authsome_core::clock::ManualClock;
    use authsome_core::entropy::SeededEntropy;
    use authsome_core::time::Timestamp;
    use tracing_subscriber::fmt::MakeWriter;

    use super::*;

    const LINK: &str = "https://example.com/verify?token=secret-token";

    fn mail() -> Mail {
        Mail {
            to: "alice@example.org".to_owned(),
            subject: "Verify your address".to_owned(),
            text: format!("Follow this link: {LINK}\n"),
            link: Some(LINK.to_owned()),
            production: false,
        }
    }

    fn files(folder: &Path) -> Vec<PathBuf> {
        let mut files: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.sort();
        files
    }

    #[tokio::test]
    async fn each_mail_is_a_file_and_their_names_sort_by_time() {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::at(Timestamp::from_millis(1_700_000_000_000).unwrap()));
        let mailer = FolderMailer::new(folder.path())
            .with_sources(Arc::clone(&clock) as Arc<dyn Clock>, Arc::new(SeededEntropy::new(1)));
        for number in 0..5 {
            mailer.send(&Mail { subject: format!("Number {number}"), ..mail() }).await.unwrap();
            clock.advance(std::time::Duration::from_millis(1));
        }
        let files = files(folder.path());
        assert_eq!(files.len(), 5);
        for (number, file) in files.iter().enumerate() {
            assert_eq!(file.extension().unwrap(), "eml");
            let text = std::fs::read_to_string(file).unwrap();
            assert!(text.contains(&format!("\r\nSubject: Number {number}\r\n")) && text.contains(LINK), "{text}");
        }
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn files_and_the_folders_made_for_them_are_private() {
        use std::os::unix::fs::PermissionsExt;

        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("data").join("mail");
        FolderMailer::new(&inner).send(&mail()).await.unwrap();
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&files(&inner)[0]), 0o600);
        assert_eq!(mode(&inner), 0o700);
        assert_eq!(mode(inner.parent().unwrap()), 0o700);
    }

    #[tokio::test]
    async fn an_address_that_is_none_leaves_no_file() {
        let folder = tempfile::tempdir().unwrap();
        let to = "alice@example.org\r\nBcc: mallory@example.net".to_owned();
        let refused = FolderMailer::new(folder.path()).send(&Mail { to, ..mail() }).await;
        assert!(matches!(refused, Err(MailError::Permanent { .. })));
        assert!(files(folder.path()).is_empty());
    }

    #[tokio::test]
    async fn a_folder_that_cannot_be_made_is_temporary_and_its_path_is_not_said() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let refused = FolderMailer::new(file.path().join("mail")).send(&mail()).await.unwrap_err();
        assert!(matches!(refused, MailError::Temporary { .. }));
        assert!(!refused.to_string().contains(&*file.path().to_string_lossy()));
    }

    /// What is logged meanwhile.
    #[derive(Clone, Default)]
    struct Log(Arc<Mutex<Vec<u8>>>);

    impl Write for Log {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl MakeWriter<'_> for Log {
        type Writer = Self;

        fn make_writer(&self) -> Self {
            self.clone()
        }
    }

    fn logged(announce_links: bool, mail: &Mail) -> String {
        let folder = tempfile::tempdir().unwrap();
        let log = Log::default();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_writer(log.clone())
            .with_ansi(false)
            .finish();
        tracing::subscriber::with_default(subscriber, || {
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            let mailer = FolderMailer::new(folder.path()).announce_links(announce_links);
            runtime.block_on(mailer.send(mail)).unwrap();
        });
        let bytes = log.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn a_link_is_logged_where_that_is_asked_for_and_nowhere_else() {
        assert!(!logged(false, &mail()).contains("secret-token"));
        let announced = logged(true, &mail());
        assert!(announced.contains(LINK) && !announced.contains("alice@"), "{announced}");
        let real = logged(true, &Mail { production: true, ..mail() });
        assert!(real.contains("mail written") && !real.contains("secret-token"), "{real}");
    }
}
