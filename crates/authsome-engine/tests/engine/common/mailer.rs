//! A mailer that keeps what it is given, or refuses it.

use std::sync::Mutex;

use async_trait::async_trait;
use authsome_core::mail::{Mail, MailError, Mailer};
use authsome_core::secret::Token;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Mood {
    #[default]
    Takes,
    Later,
    Never,
}

#[derive(Default)]
pub(crate) struct TestMailer {
    taken: Mutex<Vec<Mail>>,
    tries: Mutex<u32>,
    mood: Mutex<Mood>,
}

impl TestMailer {
    pub(crate) fn set(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
    }

    pub(crate) fn tries(&self) -> u32 {
        *self.tries.lock().unwrap()
    }

    /// What was taken so far, and no longer is.
    pub(crate) fn take(&self) -> Vec<Mail> {
        std::mem::take(&mut self.taken.lock().unwrap())
    }

    /// The one mail that was taken since the last look.
    pub(crate) fn one(&self) -> Mail {
        let mut mails = self.take();
        assert_eq!(mails.len(), 1, "{:?}", mails.iter().map(|mail| mail.subject.clone()).collect::<Vec<_>>());
        mails.remove(0)
    }

    /// The token in the one mail that was taken since the last look.
    pub(crate) fn token(&self) -> Token {
        token_of(&self.one())
    }
}

pub(crate) fn token_of(mail: &Mail) -> Token {
    Token::presented(mail.link.as_deref().unwrap().rsplit_once("token=").unwrap().1)
}

#[async_trait]
impl Mailer for TestMailer {
    async fn send(&self, mail: &Mail) -> Result<(), MailError> {
        *self.tries.lock().unwrap() += 1;
        match *self.mood.lock().unwrap() {
            Mood::Takes => self.taken.lock().unwrap().push(mail.clone()),
            Mood::Later => return Err(MailError::Temporary { reason: "busy".to_owned() }),
            Mood::Never => return Err(MailError::Permanent { reason: "no such mailbox".to_owned() }),
        }
        Ok(())
    }
}
