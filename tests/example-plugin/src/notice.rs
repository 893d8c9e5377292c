//! [`SignInMail`]: the mail with the link.

use async_trait::async_trait;
use authsome_core::entity::Entity;
use authsome_core::error::{Error, StoreError};
use authsome_core::id::TypedId;
use authsome_core::plugin::{DueNotice, Letter, Links, NoticeKind};
use authsome_core::secret::{Subkey, Token};
use authsome_core::user::User;

use crate::entity::{MagicLink, MagicLinkId};
use crate::plugin::{MAGIC_LINK_TTL, NAME};

/// The kind of the mail.
pub(crate) const SIGN_IN: &str = "magic_link.sign_in";

/// What tokens begin with.
const PREFIX: &str = "aml_";

/// The mail with the link.
pub(crate) struct SignInMail {
    key: Subkey,
}

impl SignInMail {
    pub(crate) const fn new(key: Subkey) -> Self {
        Self { key }
    }

    /// The token of a link. Derived, so that the queue of mails holds no secret and every try carries the same one.
    pub(crate) fn token(&self, id: MagicLinkId) -> Token {
        Token::from_bytes(PREFIX, &self.key.mac(&[id.to_string().as_bytes()]))
    }

    /// The link of a mail that goes to this user.
    pub(crate) fn link(&self, due: &DueNotice<'_>, user: &User) -> MagicLink {
        let id = MagicLinkId::from_ulid(due.notification.id.ulid());
        let valid = due.environment.settings.get(&MAGIC_LINK_TTL);
        MagicLink {
            id,
            scope: due.environment.scope(),
            user_id: user.id,
            email_key: user.email_key.clone(),
            token_hash: self.token(id).hash(),
            created_at: due.now,
            expires_at: due.now.plus(valid.duration()),
            consumed_at: None,
        }
    }
}

#[async_trait]
impl NoticeKind for SignInMail {
    fn name(&self) -> &'static str {
        SIGN_IN
    }

    async fn letter(&self, due: &DueNotice<'_>) -> Result<Option<Letter>, Error> {
        let Some(user) = due.user.filter(|user| user.email_verified && !user.banned) else { return Ok(None) };
        if due.environment.require_method(NAME).is_err() {
            return Ok(None);
        }
        let link = self.link(due, user);
        match link.insert_if_absent(&link.scope, due.store).await {
            // The account was erased meanwhile.
            Err(StoreError::Reference { .. }) => return Ok(None),
            written => written?,
        };
        // An earlier try may have written it, and its link may have been used since.
        let written = MagicLink::find(&link.scope).filter(MagicLink::ID.eq(link.id)).one(due.store).await?;
        if !written.is_some_and(|written| written.is_open(due.now)) {
            return Ok(None);
        }
        Ok(Some(Letter {
            subject: "Your link to sign in".to_owned(),
            text: format!(
                "follow the link below to sign in. {} If you did not ask for it, ignore this mail.",
                Links::validity(due.environment.settings.get(&MAGIC_LINK_TTL))
            ),
            link: Some(due.links.to("magic-link", &self.token(link.id))),
        }))
    }
}
