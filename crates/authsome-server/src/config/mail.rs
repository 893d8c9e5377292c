//! [`MailConfig`]: the transport of mails.

use std::path::{Path, PathBuf};

use authsome::core::secret::SecretString;

use super::raw::Raw;
use crate::failure::Failure;

/// The transport of mails.
#[derive(Clone, Debug)]
pub(crate) enum MailConfig {
    /// Through a mail server.
    Smtp {
        /// Its URL, which may hold a password.
        url: SecretString,
        /// The address that mails come from.
        from: String,
    },
    /// Not at all: into a folder, one file a mail.
    Folder(PathBuf),
}

impl MailConfig {
    pub(super) fn understand(raw: &Raw, data_dir: &Path) -> Result<Self, Failure> {
        match (&raw.smtp_url, &raw.mail_from) {
            (Some(url), Some(from)) => Ok(Self::Smtp { url: url.clone(), from: from.clone() }),
            (Some(_), None) => Err(Failure::config(
                "AUTHSOME_SMTP_URL is set, but the sender of mails is not",
                "set AUTHSOME_MAIL_FROM, such as `Example <no-reply@example.com>`",
            )),
            (None, _) => Ok(Self::Folder(raw.mail_dir.as_ref().map_or_else(|| data_dir.join("mail"), PathBuf::from))),
        }
    }
}
