//! What stands in for the engine: a store for one link, a port for sign-ins and one for mails.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use authsome_core::entity::Entity;
use authsome_core::error::{Code, Error, StoreError};
use authsome_core::id::UserId;
use authsome_core::migration::{MigrateError, MigrationGroup, MigrationReport, MigrationTarget};
use authsome_core::notification::Notification;
use authsome_core::plugin::{
    Attempt, AttemptSubject, NewAccount, Notices, Proof, Recipient, SignInOutcome, SignIns, SignedIn,
};
use authsome_core::records::{
    Change, CountRequest, DeleteRequest, FindRequest, InsertRequest, Records, Row, TouchRequest, UpdateRequest,
    UpsertRequest,
};
use authsome_core::route::RateClass;
use authsome_core::secret::Token;
use authsome_core::session::Session;
use authsome_core::store::{Store, StoreTx};
use authsome_core::ticket::Ticket;
use authsome_core::user::User;

use crate::MagicLink;

/// A store for one link, which is meant by every request. A used link matches no update.
#[derive(Default)]
pub(super) struct OneLink(Mutex<Option<MagicLink>>);

impl OneLink {
    pub(super) fn with(link: MagicLink) -> Arc<Self> {
        Arc::new(Self(Mutex::new(Some(link))))
    }

    pub(super) fn link(&self) -> Option<MagicLink> {
        self.0.lock().unwrap().clone()
    }
}

#[async_trait]
impl Records for OneLink {
    async fn insert(&self, request: InsertRequest) -> Result<u64, StoreError> {
        let mut link = self.0.lock().unwrap();
        if link.is_some() {
            return Ok(0);
        }
        *link = Some(MagicLink::from_row(request.rows()[0].clone())?);
        Ok(1)
    }

    async fn find(&self, _: FindRequest) -> Result<Vec<Row>, StoreError> {
        Ok(self.link().iter().map(MagicLink::to_row).collect())
    }

    async fn update(&self, request: UpdateRequest) -> Result<Option<Row>, StoreError> {
        let mut held = self.0.lock().unwrap();
        let Some(link) = held.as_mut().filter(|link| link.consumed_at.is_none()) else { return Ok(None) };
        let mut row = link.to_row();
        for change in request.changes() {
            let Change::Set { column, value } = change else { unreachable!("a link has no counts") };
            row[MagicLink::table().position(column).unwrap()] = value.clone();
        }
        *link = MagicLink::from_row(row.clone())?;
        Ok(Some(row))
    }

    async fn delete(&self, _: DeleteRequest) -> Result<u64, StoreError> {
        Ok(u64::from(self.0.lock().unwrap().take().is_some()))
    }

    async fn count(&self, _: CountRequest) -> Result<u64, StoreError> {
        unreachable!()
    }

    async fn update_all(&self, _: UpdateRequest) -> Result<u64, StoreError> {
        unreachable!()
    }

    async fn upsert(&self, _: UpsertRequest) -> Result<Row, StoreError> {
        unreachable!()
    }
}

#[async_trait]
impl StoreTx for OneLink {
    async fn touch(&self, _: TouchRequest) -> Result<bool, StoreError> {
        unreachable!()
    }

    async fn commit(&self) -> Result<(), StoreError> {
        unreachable!()
    }

    async fn rollback(&self) -> Result<(), StoreError> {
        unreachable!()
    }
}

#[async_trait]
impl Store for OneLink {
    async fn begin(&self) -> Result<Arc<dyn StoreTx>, StoreError> {
        unreachable!()
    }

    async fn migrate(&self, _: &[MigrationGroup]) -> Result<MigrationReport, MigrateError> {
        unreachable!()
    }

    fn migrations(&self) -> &dyn MigrationTarget {
        unreachable!()
    }

    async fn ping(&self) -> Result<(), StoreError> {
        unreachable!()
    }

    async fn close(&self) -> Result<(), StoreError> {
        unreachable!()
    }
}

/// Signs everybody in as one user, once the proof was used up.
pub(super) struct OneUser {
    pub(super) user: User,
    pub(super) session: Session,
    pub(super) store: Arc<OneLink>,
    /// The proofs that were given, as method and `amr`.
    pub(super) proofs: Mutex<Vec<(String, Vec<String>)>>,
}

#[async_trait]
impl SignIns for OneUser {
    async fn complete(&self, user: UserId, proof: Proof<'_>) -> Result<SignInOutcome, Error> {
        assert_eq!(user, self.user.id);
        let amr = proof.amr.iter().map(|&word| word.to_owned()).collect();
        self.proofs.lock().unwrap().push((proof.method.to_owned(), amr));
        proof.redeem.redeem(&self.user, &*self.store).await?;
        Ok(SignInOutcome::SignedIn(Box::new(SignedIn {
            user: self.user.clone(),
            session: self.session.clone(),
            token: Token::presented("ast_x"),
            refresh_token: Token::presented("art_x"),
        })))
    }

    async fn resume(&self, _: &Ticket, _: Proof<'_>) -> Result<SignInOutcome, Error> {
        unreachable!()
    }

    async fn sign_up(&self, _: NewAccount, _: Proof<'_>) -> Result<SignInOutcome, Error> {
        unreachable!()
    }

    async fn reauthenticate(&self, _: Proof<'_>) -> Result<SignedIn, Error> {
        unreachable!()
    }

    async fn factors_of(&self, _: UserId, _: &dyn Records) -> Result<Vec<&'static str>, Error> {
        unreachable!()
    }

    async fn attempt(&self, _: AttemptSubject<'_>) -> Result<Box<dyn Attempt>, Error> {
        unreachable!()
    }

    async fn limit(&self, _: RateClass, _: &str) -> Result<(), Error> {
        unreachable!()
    }

    async fn methods_of(&self, _: &User, _: &dyn Records) -> Result<Vec<&'static str>, Error> {
        unreachable!()
    }
}

/// Notes the addresses that mails are queued for.
#[derive(Default)]
pub(super) struct Noted(pub(super) Mutex<Vec<(&'static str, String)>>);

#[async_trait]
impl Notices for Noted {
    fn draft(&self, _: &'static str, _: Recipient<'_>) -> Result<Notification, Error> {
        Err(Error::new(Code::Internal, "nothing is drafted"))
    }

    fn wake(&self) {}

    async fn queue(&self, kind: &'static str, to: Recipient<'_>) -> Result<(), Error> {
        let Recipient::Address(email) = to else { unreachable!("links go to addresses") };
        self.0.lock().unwrap().push((kind, email.key().to_owned()));
        Ok(())
    }
}
