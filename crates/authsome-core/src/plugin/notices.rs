//! [`Notices`]: the port through which a plugin mails, and [`NoticeKind`]: what its mails say.

use async_trait::async_trait;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::error::Error;
use crate::id::UserId;
use crate::identity::Email;
use crate::notification::Notification;
use crate::route::ActiveEnvironment;
use crate::secret::Token;
use crate::store::Store;
use crate::time::{Seconds, Timestamp};
use crate::user::User;

/// The recipient of a mail.
#[derive(Clone, Copy, Debug)]
pub enum Recipient<'a> {
    /// A user, at the address that the account has when the mail is sent.
    User(UserId),
    /// The holder of this address. The account is looked up when the mail is sent, so that a request takes as long for
    /// an unknown address as for a known one.
    Address(&'a Email),
}

/// How a plugin queues mails, in the environment of its request.
#[async_trait]
pub trait Notices: Send + Sync {
    /// A notification that is due at once, to insert in the transaction of the change that it tells about. Call
    /// [`wake`](Self::wake) after the transaction.
    ///
    /// # Errors
    /// `internal` for an undeclared kind, or without randomness.
    fn draft(&self, kind: &'static str, to: Recipient<'_>) -> Result<Notification, Error>;

    /// Says that a mail was queued, so that it does not wait for the next look at the queue.
    fn wake(&self);

    /// Queues a mail by itself.
    ///
    /// # Errors
    /// Those of [`draft`](Self::draft); `unavailable`.
    async fn queue(&self, kind: &'static str, to: Recipient<'_>) -> Result<(), Error>;
}

/// A kind of mail that a plugin queues.
#[async_trait]
pub trait NoticeKind: Send + Sync {
    /// Name, unique among the plugins of an engine: the plugin's name, a dot, and a word, at most 64 characters.
    fn name(&self) -> &'static str;

    /// Whether it goes to addresses without an account too. Then [`DueNotice::user`] may be `None`.
    fn reaches_strangers(&self) -> bool {
        false
    }

    /// What the mail says; `None` drops it. Called when it is sent, and again for each further try: derive a token from
    /// the notification's id, so that every try carries the same one.
    ///
    /// # Errors
    /// Why it could not be made; it is tried again.
    async fn letter(&self, due: &DueNotice<'_>) -> Result<Option<Letter>, Error>;
}

/// A mail that is about to be sent.
#[derive(Clone, Copy)]
pub struct DueNotice<'a> {
    /// Its row in the queue.
    pub notification: &'a Notification,
    /// The account of the address; `None` without an account.
    pub user: Option<&'a User>,
    /// The environment.
    pub environment: &'a ActiveEnvironment,
    /// The store.
    pub store: &'a dyn Store,
    /// Makes links.
    pub links: Links<'a>,
    /// When.
    pub now: Timestamp,
}

/// What a mail says. The engine adds a greeting and the app's name, and outside of production the environment's mark
/// before the subject.
#[derive(Clone)]
pub struct Letter {
    /// Subject, one line.
    pub subject: String,
    /// Text between greeting and link.
    pub text: String,
    /// The link that the text asks to follow.
    pub link: Option<String>,
}

/// The characters that are not escaped in the query of a link (RFC 3986, section 2.3).
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Makes links from the public URL, never from a request.
#[derive(Clone, Copy, Debug)]
pub struct Links<'a> {
    public_url: &'a str,
}

impl<'a> Links<'a> {
    /// Links below this URL, which has no slash at its end.
    #[must_use]
    pub const fn new(public_url: &'a str) -> Self {
        Self { public_url }
    }

    /// `<public URL>/<page>?token=<token>`.
    #[must_use]
    pub fn to(&self, page: &str, token: &Token) -> String {
        format!("{}/{page}?token={}", self.public_url, utf8_percent_encode(token.expose(), RESERVED))
    }

    /// The sentence about a link that works once, for so long.
    #[must_use]
    pub fn validity(valid: Seconds) -> String {
        format!("The link works once and is valid for {}.", valid.in_words())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_begins_with_the_public_url_and_keeps_the_token_whole() {
        let links = Links::new("https://app.example/base");
        assert_eq!(
            links.to("reset-password", &Token::presented("a b&c")),
            "https://app.example/base/reset-password?token=a%20b%26c"
        );
    }
}
