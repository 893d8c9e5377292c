//! [`SmtpMailer`]: mails over SMTP (RFC 5321).

mod failure;
#[cfg(test)]
mod server;
mod settings;
#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use authsome_core::clock::{Clock, SystemClock};
use authsome_core::entropy::{Entropy, OsEntropy};
use authsome_core::mail::{Mail, MailError, Mailer};
use lettre::message::Mailbox;
use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor};

use self::settings::Settings;
pub use self::settings::SmtpConfigError;
use crate::message::{self, Encoding};

/// How long the server may take to connect and to answer each command.
const COMMAND_TIMEOUT: Duration = Duration::from_secs(15);
/// How long a mail may take from the connection to its end.
const MAIL_TIMEOUT: Duration = Duration::from_secs(60);

/// Hands each mail to an SMTP server, on a connection of its own.
///
/// The connection is encrypted and the server's certificate held against the platform's roots: from its start with
/// `smtps://`, by STARTTLS (RFC 3207) with `smtp://`, which fails where the server does not offer it. Only a server on
/// this machine (`localhost`, `127.0.0.0/8`, `::1`) is spoken to in the clear, unless the URL ends in `?tls=required`.
///
/// What the server answers decides what the error says: 4yz, a connection that fails and an answer that does not come
/// are [`MailError::Temporary`], and so is a refusal of this client rather than of the mail (530, 534, 535 and 538,
/// RFC 4954, section 6); every other 5yz is [`MailError::Permanent`].
#[derive(Clone)]
pub struct SmtpMailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    server: String,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
}

impl SmtpMailer {
    /// A mailer for a server and a sender.
    ///
    /// `url` is `smtp://` or `smtps://`, then `user:password@` where the server asks for one (percent-encoded,
    /// RFC 3986), a host, and a port where it is not 587 or 465; in the clear it is 25. `from` is an address, or a name
    /// and an address: `Example <auth@example.com>`.
    ///
    /// # Errors
    /// [`SmtpConfigError`], which repeats nothing of the URL.
    pub fn new(url: &str, from: &str) -> Result<Self, SmtpConfigError> {
        let settings = Settings::parse(url)?;
        let from = from.parse().map_err(|_| SmtpConfigError::From)?;
        let mut transport = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&settings.host)
            .port(settings.port)
            .timeout(Some(COMMAND_TIMEOUT))
            .tls(settings.tls()?);
        if let Some(credentials) = settings.credentials {
            transport = transport.credentials(credentials);
        }
        Ok(Self {
            transport: transport.build(),
            from,
            server: settings.host,
            clock: Arc::new(SystemClock),
            entropy: Arc::new(OsEntropy),
        })
    }

    /// The same mailer with another clock and source of randomness.
    #[must_use]
    pub fn with_sources(self, clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> Self {
        Self { clock, entropy, ..self }
    }
}

impl fmt::Debug for SmtpMailer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SmtpMailer").field("server", &self.server).finish_non_exhaustive()
    }
}

#[async_trait]
impl Mailer for SmtpMailer {
    async fn send(&self, mail: &Mail) -> Result<(), MailError> {
        let built =
            message::build(mail, &self.from, Encoding::ForTransport, self.clock.as_ref(), self.entropy.as_ref())?;
        // A server that answers each command just in time could otherwise hold a mail for minutes.
        match tokio::time::timeout(MAIL_TIMEOUT, self.transport.send(built.message)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(failure::of(&error)),
            Err(_) => Err(failure::timed_out()),
        }
    }
}
