//! [`Mails`]: what was mailed.

use std::ops::Deref;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use authsome_core::mail::{Mail, MailError, Mailer};
use authsome_core::secret::Token;

/// How a mailer takes mails.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mood {
    /// It takes them.
    #[default]
    Takes,
    /// It may take them later.
    Later,
    /// It refuses them.
    Never,
}

/// The mails that an engine sent. Clones are the same ones.
#[derive(Clone, Debug, Default)]
pub struct Mails(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    caught: Vec<CaughtMail>,
    tries: u32,
    mood: Mood,
}

/// A mail that was sent.
#[derive(Clone, Debug)]
pub struct CaughtMail(Mail);

impl Deref for CaughtMail {
    type Target = Mail;

    fn deref(&self) -> &Mail {
        &self.0
    }
}

impl CaughtMail {
    /// Its link.
    #[must_use]
    #[track_caller]
    pub fn link(&self) -> &str {
        self.0.link.as_deref().unwrap_or_else(|| panic!("the mail `{}` has no link", self.subject))
    }

    /// The token in its link.
    #[must_use]
    #[track_caller]
    pub fn token(&self) -> Token {
        Token::presented(self.link().rsplit_once("token=").unwrap().1)
    }
}

impl Mails {
    /// All of them, oldest first.
    #[must_use]
    pub fn all(&self) -> Vec<CaughtMail> {
        self.0.lock().unwrap().caught.clone()
    }

    /// All of them, oldest first; from now on they are forgotten.
    pub fn take(&self) -> Vec<CaughtMail> {
        std::mem::take(&mut self.0.lock().unwrap().caught)
    }

    /// The only one; from now on it is forgotten.
    #[track_caller]
    pub fn one(&self) -> CaughtMail {
        let mut caught = self.take();
        assert_eq!(caught.len(), 1, "one mail was expected: {caught:?}");
        caught.remove(0)
    }

    /// The last one to an address.
    #[must_use]
    #[track_caller]
    pub fn last_to(&self, address: &str) -> CaughtMail {
        let last = self.all().into_iter().rev().find(|mail| mail.to == address);
        last.unwrap_or_else(|| panic!("no mail went to {address}: were the jobs run?"))
    }

    /// How often the engine tried to send one.
    #[must_use]
    pub fn tries(&self) -> u32 {
        self.0.lock().unwrap().tries
    }

    /// Says how mails are taken from now on.
    pub fn set(&self, mood: Mood) {
        self.0.lock().unwrap().mood = mood;
    }
}

#[async_trait]
impl Mailer for Mails {
    async fn send(&self, mail: &Mail) -> Result<(), MailError> {
        let mut state = self.0.lock().unwrap();
        state.tries += 1;
        match state.mood {
            Mood::Takes => state.caught.push(CaughtMail(mail.clone())),
            Mood::Later => return Err(MailError::Temporary { reason: "busy".to_owned() }),
            Mood::Never => return Err(MailError::Permanent { reason: "no such mailbox".to_owned() }),
        }
        Ok(())
    }
}
