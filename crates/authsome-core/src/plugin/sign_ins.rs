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

/// Uses up what proves a person, in the transaction of what it leads to.
///
/// The transaction may run again, so it changes nothing but what it writes there. Whoever comes second, with the same
/// link or code, gets the error, and nothing is written.
#[async_trait]
pub trait Redeem: Send + Sync {
    /// `user` is the account as the transaction reads it: the new one for a sign-up.
    ///
    /// # Errors
    /// `invalid_token`, `invalid_credentials` or the like where it was used meanwhile; those of the store.
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

/// By what a person is proven.
#[derive(Clone, Copy)]
pub struct Proof<'a> {
    /// The method, or the second factor, that it is a proof of.
    pub method: &'a str,
    /// The proofs that were given, as RFC 8176 (section 2) calls them: `pwd`, `otp`, `hwk`; a word of the plugin's own
    /// where it has none. With `mfa` among them, no second factor is asked for.
    pub amr: &'a [&'a str],
    /// What is used up. The caller has verified it before: hooks see a sign-in whose every proof was right.
    pub redeem: &'a dyn Redeem,
}

/// An account that a method other than passwords makes.
#[derive(Clone, Debug)]
pub struct NewAccount {
    /// Address.
    pub email: Email,
    /// Whether the proof shows that the address is the person's. Where the environment wants addresses proven first and
    /// this one is not, no account is made.
    pub email_verified: bool,
    /// Display name, at most 200 characters.
    pub name: Option<String>,
    /// What the application attaches.
    pub metadata: Metadata,
}

/// A session with its two tokens, which are given out here and never again.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// Whose session it is.
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
    /// What the user can go on with: what the user's factors offer, or `enroll` alone where the user has none.
    pub methods: Vec<&'static str>,
    /// When the ticket expires.
    pub expires_at: Timestamp,
}

/// What a right proof led to.
#[derive(Clone, Debug)]
#[must_use = "a sign-in may wait for a second factor"]
pub enum SignInOutcome {
    /// There is a session.
    SignedIn(Box<SignedIn>),
    /// A second factor is needed first.
    SecondFactorRequired(Box<SecondFactorRequired>),
}

impl SignInOutcome {
    /// The session, for callers to whom a missing second factor is a refusal.
    ///
    /// # Errors
    /// `mfa_required` with `mfa_ticket`, `methods` and `expires_at`, as it is answered over HTTP.
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

/// On whom failed attempts are counted.
#[derive(Clone, Copy, Debug)]
pub enum AttemptSubject<'a> {
    /// A user whom a session names.
    User(UserId),
    /// The user whom an identifier means; an identifier without an account is counted and locked just the same.
    Identifier(&'a Identifier, Option<UserId>),
    /// A half-done sign-in: counted on the ticket, whose few attempts all factors share, and on its user.
    Ticket(&'a Ticket),
}

/// An attempt that has a place among those that are allowed, and may be verified. Dropped undecided, it gives the place
/// back.
#[async_trait]
pub trait Attempt: Send + Sync {
    /// It was right: the count of failures begins anew.
    ///
    /// # Errors
    /// `unavailable`.
    async fn succeed(self: Box<Self>) -> Result<(), Error>;

    /// It was wrong, and stays counted. The last one that is allowed locks the account.
    ///
    /// # Errors
    /// `unavailable`.
    async fn fail(self: Box<Self>) -> Result<(), Error>;
}

/// How a plugin signs people in, in the environment of its request and for the request's client. It holds what no method
/// may skip: suspension, bans, addresses that are to be proven first, second factors, limits, hooks, events.
#[async_trait]
pub trait SignIns: Send + Sync {
    /// Signs a user in. The proof is used up in the transaction that makes the session, or the ticket where a second
    /// factor is needed.
    ///
    /// # Errors
    /// `environment_inactive`, `method_not_allowed_here`, `user_banned`, `email_not_verified`; `invalid_credentials`
    /// where the account is gone; what the proof or a hook refuses with; `unavailable`.
    async fn complete(&self, user: UserId, proof: Proof<'_>) -> Result<SignInOutcome, Error>;

    /// Goes on with a half-done sign-in by a second factor, or by the enrolment of the user's first one. The ticket and
    /// the proof are used up in the transaction that makes the session, whose `amr` gets the proof's and `mfa`.
    ///
    /// # Errors
    /// `invalid_token` where the ticket was used or is expired, or opens enrolment alone and the user has a factor by
    /// now; those of [`complete`](Self::complete).
    async fn resume(&self, ticket: &Ticket, proof: Proof<'_>) -> Result<SignInOutcome, Error>;

    /// Makes an account for a person whom the proof shows, and signs the person in.
    ///
    /// # Errors
    /// `registration_closed`; `conflict` where the address has an account; `email_not_verified` where the environment
    /// wants addresses proven first and this one is not; those of [`complete`](Self::complete).
    async fn sign_up(&self, new: NewAccount, proof: Proof<'_>) -> Result<SignInOutcome, Error>;

    /// Notes that the person of the request's session proved again who they are: for 10 minutes
    /// [`Guard::RecentSession`](crate::route::Guard::RecentSession) lets the session through.
    ///
    /// # Errors
    /// `unauthenticated` without a session; `session_not_found` where it is gone; `method_not_allowed_here`, also where the
    /// user has a second factor and the proof is not of one; what the proof refuses with; `unavailable`.
    async fn reauthenticate(&self, proof: Proof<'_>) -> Result<Session, Error>;

    /// Takes a place for an attempt before it is verified, so that of any number at once no more are verified than are
    /// allowed.
    ///
    /// # Errors
    /// `account_locked`; `invalid_token` where a ticket's attempts are used up; `unavailable`.
    async fn attempt(&self, subject: AttemptSubject<'_>) -> Result<Box<dyn Attempt>, Error>;

    /// Counts the request on what it concerns, where only the handler knows that. What a body names is counted before the
    /// handler runs, if the route says so
    /// ([`RouteDraft::counts`](crate::route::RouteDraft::counts)).
    ///
    /// # Errors
    /// `rate_limited`, `unavailable`.
    async fn limit(&self, class: RateClass, subject: &str) -> Result<(), Error>;

    /// The names of the methods with which this user can sign in here. Part of transactions: a plugin that removes one
    /// looks in its own whether another is left.
    ///
    /// # Errors
    /// Those of the store.
    async fn methods_of(&self, user: &User, records: &dyn Records) -> Result<Vec<&'static str>, Error>;
}
