//! [`SignIns`]: the port through which a plugin signs people in.

use async_trait::async_trait;

use crate::error::{Code, Error};
use crate::id::UserId;
use crate::identity::{Email, Identifier};
use crate::metadata::Metadata;
use crate::records::Records;
use crate::route::RateClass;
use crate::secret::Token;
use crate::session::Session;
use crate::store::StoreTx;
use crate::ticket::Ticket;
use crate::time::Timestamp;
use crate::user::User;

/// Uses up a proof, in the transaction that makes the session or ticket.
///
/// The transaction may run again, so change nothing outside of it. A second request with the same link or code gets the
/// error, and nothing is written.
#[async_trait]
pub trait Redeem: Send + Sync {
    /// `user` is the account as the transaction reads it: the new one for a sign-up.
    ///
    /// # Errors
    /// `invalid_token`, `invalid_credentials` or the like if it was used meanwhile; those of the store.
    async fn redeem(&self, user: &User, tx: &dyn StoreTx) -> Result<(), Error>;
}

/// A proof that was verified before and uses nothing up.
#[derive(Clone, Copy, Debug)]
pub struct Verified;

#[async_trait]
impl Redeem for Verified {
    async fn redeem(&self, _: &User, _: &dyn StoreTx) -> Result<(), Error> {
        Ok(())
    }
}

/// What proves a person.
#[derive(Clone, Copy)]
pub struct Proof<'a> {
    /// The method, or the second factor, that was used.
    pub method: &'a str,
    /// What was proven, in the words of RFC 8176 (section 2): `pwd`, `otp`, `hwk`; a word of the plugin's own if the
    /// RFC has none. With `mfa` among them, no second factor is needed.
    pub amr: &'a [&'a str],
    /// Uses the proof up. The caller has verified it before: hooks see only sign-ins with right proofs.
    pub redeem: &'a dyn Redeem,
}

/// An account that a method other than passwords makes.
#[derive(Clone, Debug)]
pub struct NewAccount {
    /// Address.
    pub email: Email,
    /// Whether the proof shows that the address is the person's. If the environment requires verified addresses and
    /// this is false, no account is made.
    pub email_verified: bool,
    /// Display name, at most 200 characters.
    pub name: Option<String>,
    /// The application's metadata.
    pub metadata: Metadata,
}

/// A session with its two tokens, which appear only here.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// The user.
    pub user: User,
    /// The session.
    pub session: Session,
    /// The token that authenticates requests.
    pub token: Token,
    /// The token that is exchanged for the next two.
    pub refresh_token: Token,
}

/// A sign-in that waits for a second factor.
#[derive(Clone, Debug)]
pub struct SecondFactorRequired {
    /// The ticket with which it goes on.
    pub ticket: Token,
    /// The offers of the user's factors, or `enroll` alone if the user has none.
    pub methods: Vec<&'static str>,
    /// When the ticket expires.
    pub expires_at: Timestamp,
}

/// The outcome of a right proof.
#[derive(Clone, Debug)]
#[must_use = "a sign-in may wait for a second factor"]
pub enum SignInOutcome {
    /// The session is made.
    SignedIn(Box<SignedIn>),
    /// A second factor is needed first.
    SecondFactorRequired(Box<SecondFactorRequired>),
}

impl SignInOutcome {
    /// The session. A missing second factor becomes an error.
    ///
    /// # Errors
    /// `mfa_required` with `mfa_ticket`, `methods` and `expires_at`, as HTTP answers it.
    pub fn signed_in(self) -> Result<SignedIn, Error> {
        match self {
            Self::SignedIn(signed_in) => Ok(*signed_in),
            Self::SecondFactorRequired(required) => Err((*required).into()),
        }
    }
}

impl From<SecondFactorRequired> for Error {
    fn from(required: SecondFactorRequired) -> Self {
        Self::new(Code::MfaRequired, "a second factor is required: continue with the ticket")
            .with("mfa_ticket", required.ticket.expose())
            .with("methods", required.methods)
            .with("expires_at", serde_json::json!(required.expires_at))
    }
}

/// What failed attempts are counted on.
#[derive(Clone, Copy, Debug)]
pub enum AttemptSubject<'a> {
    /// The user of a session.
    User(UserId),
    /// The second factors of a session's user, which count apart from passwords.
    SecondFactor(UserId),
    /// The user whom an identifier means; an unknown identifier is counted and locked alike.
    Identifier(&'a Identifier, Option<UserId>),
    /// A half-done sign-in: counted on the ticket, where all factors share a few attempts, and on its user.
    Ticket(&'a Ticket),
}

/// An attempt that has a place in the count, and may be verified. Dropped undecided, it gives the place back.
#[async_trait]
pub trait Attempt: Send + Sync {
    /// It was right: the count of failures begins anew.
    ///
    /// # Errors
    /// `unavailable`.
    async fn succeed(self: Box<Self>) -> Result<(), Error>;

    /// It was wrong, and stays counted. The last allowed one locks the account.
    ///
    /// # Errors
    /// `unavailable`.
    async fn fail(self: Box<Self>) -> Result<(), Error>;
}

/// How a plugin signs people in, in the environment of its request and for the request's client. It enforces the rules
/// that no method may skip: suspension, bans, verification first, second factors, limits, hooks, events.
#[async_trait]
pub trait SignIns: Send + Sync {
    /// Signs a user in. The proof is used up in the transaction that makes the session, or the ticket if a second
    /// factor is needed.
    ///
    /// # Errors
    /// `environment_inactive`, `method_not_allowed_here`, `user_banned`, `email_not_verified`; `invalid_credentials`
    /// if the account is gone; the errors of the proof and of hooks; `unavailable`.
    async fn complete(&self, user: UserId, proof: Proof<'_>) -> Result<SignInOutcome, Error>;

    /// Goes on with a half-done sign-in by a second factor, or by the enrolment of the user's first one. The ticket and
    /// the proof are used up in the transaction that makes the session. Its `amr` gets the proof's and `mfa`.
    ///
    /// # Errors
    /// `invalid_token` if the ticket was used or is expired, or if it is for enrolment and the user has a factor by
    /// now; those of [`complete`](Self::complete).
    async fn resume(&self, ticket: &Ticket, proof: Proof<'_>) -> Result<SignInOutcome, Error>;

    /// Makes an account for a proven person, and signs the person in. The environment's sign-up form is not asked for: what
    /// it wants goes into the account's metadata where the method knows it.
    ///
    /// # Errors
    /// `registration_closed`; `conflict` if the address has an account; `email_not_verified` if the environment
    /// requires verified addresses and this one is not; those of [`complete`](Self::complete).
    async fn sign_up(&self, new: NewAccount, proof: Proof<'_>) -> Result<SignInOutcome, Error>;

    /// Notes that the person of the request's session proved again who they are: for 10 minutes
    /// [`Guard::RecentSession`](crate::route::Guard::RecentSession) lets the session through. Its `amr` gets the
    /// proof's, and `mfa` with a second factor. The session gets new tokens, and the earlier ones end: answer with them
    /// ([`Reply::renewed`](crate::route::Reply::renewed)).
    ///
    /// # Errors
    /// `unauthenticated` without a session; `session_not_found` if it is gone, or got new tokens at the same moment;
    /// `method_not_allowed_here`, also if the user has a second factor and the proof is not of one; the errors of the
    /// proof; `unavailable`.
    async fn reauthenticate(&self, proof: Proof<'_>) -> Result<SignedIn, Error>;

    /// What the second factors of a user offer; empty without one. Ask in the transaction that relies on it.
    ///
    /// # Errors
    /// Those of the store.
    async fn factors_of(&self, user: UserId, records: &dyn Records) -> Result<Vec<&'static str>, Error>;

    /// Takes a place for an attempt before it is verified, so that of any number of simultaneous attempts only as many
    /// are verified as are allowed.
    ///
    /// # Errors
    /// `account_locked`; `invalid_token` if a ticket's attempts are used up; `unavailable`.
    async fn attempt(&self, subject: AttemptSubject<'_>) -> Result<Box<dyn Attempt>, Error>;

    /// Counts the request on a subject that only the handler knows. A subject in the body is counted before the handler
    /// runs, if the route says so
    /// ([`RouteDraft::counts`](crate::route::RouteDraft::counts)).
    ///
    /// # Errors
    /// `rate_limited`, `unavailable`.
    async fn limit(&self, class: RateClass, subject: &str) -> Result<(), Error>;

    /// The names of the methods with which this user can sign in here. Part of transactions: a plugin that removes one
    /// checks in its own transaction that another is left.
    ///
    /// # Errors
    /// Those of the store.
    async fn methods_of(&self, user: &User, records: &dyn Records) -> Result<Vec<&'static str>, Error>;
}
