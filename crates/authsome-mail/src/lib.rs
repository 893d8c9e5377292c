//! Mailers for Authsome: SMTP, and a folder for development.
//!
//! What lives here: the transport of mails. What never does: when a mail leaves and what it says, which are the
//! engine's.
//!
//! - [`FolderMailer`] writes each mail to a file, so that a developer, or a test, can follow its link.
//! - [`SmtpMailer`] (feature `smtp`) hands mails to an SMTP server, over TLS.
//!
//! Both build the same message. To add a way, implement [`authsome_core::mail::Mailer`] and build its message there
//! too.

mod folder;
mod message;
#[cfg(feature = "smtp")]
mod smtp;

pub use folder::FolderMailer;
#[cfg(feature = "smtp")]
pub use smtp::{SmtpConfigError, SmtpMailer};
