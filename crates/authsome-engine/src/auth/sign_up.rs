//! Signing up.

use authsome_context::{EnvironmentContext, nothing};
use authsome_core::entity::Entity;
use authsome_core::error::{Code, Error, FieldErrors, StoreError};
use authsome_core::id::{TypedId, UserId};
use authsome_core::identity::{Email, Phone, Username};
use authsome_core::metadata::Metadata;
use authsome_core::notification::CoreNotification;
use authsome_core::plugin::{Moment, NewAccount, Proof, SignInOutcome, Verified};
use authsome_core::route::Client;
use authsome_core::secret::Password;
use authsome_core::store::StoreTx;
use authsome_core::time::Timestamp;
use authsome_core::user::User;
use authsome_outbox::Outbox;
use serde_json::{Map, Value};

use super::complete::{Entry, changed_meanwhile, tell};
use super::{Auth, sign_up_form};
use crate::passwords::{self, NewPassword};
use crate::users::{Taken, taken_name};

/// A sign-up with a password.
#[derive(Clone, Debug)]
pub struct SignUp {
    /// Address.
    pub email: Email,
    /// Password.
    pub password: Password,
    /// Username.
    pub username: Option<Username>,
    /// Phone number.
    pub phone: Option<Phone>,
    /// Display name, at most 200 characters.
    pub name: Option<String>,
    /// The application's metadata.
    pub metadata: Metadata,
    /// The values of the environment's own sign-up form, by field. They go to the metadata.
    pub form: Map<String, Value>,
}

impl SignUp {
    /// A sign-up with only an address and a password.
    #[must_use]
    pub fn new(email: Email, password: Password) -> Self {
        Self {
            email,
            password,
            username: None,
            phone: None,
            name: None,
            metadata: Metadata::default(),
            form: Map::new(),
        }
    }
}

/// The outcome of a sign-up.
#[derive(Clone, Debug)]
pub enum SignUpOutcome {
    /// The account is made. The person is signed in, or must enrol a second factor first.
    SignedUp(SignInOutcome),
    /// The address must be verified first, by mail. If the address was taken, only its holder is told, by mail.
    VerifyFirst,
}

impl Auth {
    /// Makes an account with a password, and signs the person in unless the environment requires a verified address.
    /// The account, its password, its session and the verification mail are written in one transaction.
    ///
    /// # Errors
    /// `environment_inactive`, `method_not_allowed_here`, `registration_closed`, `weak_password`; `invalid_request` for
    /// fields of the sign-up form; `conflict` if the address, the username or the phone number is taken; a hook's
    /// refusal; `unavailable`. In an environment that requires verified addresses: `invalid_request` for a username or
    /// a phone number, and no `conflict`.
    pub async fn sign_up(&self, sign_up: SignUp, client: &Client) -> Result<SignUpOutcome, Error> {
        let at = self.at.with_client(client);
        let now = at.now();
        require_open(&at, passwords::METHOD)?;
        if at.settings().require_email_verification {
            require_no_other_names(&sign_up)?;
        }
        let form = at.store().form_config(&at.scope(), "signup").await?.map_or_else(Vec::new, |form| form.fields);
        let metadata = sign_up_form::fill(&form, &sign_up.form, &sign_up.metadata)?;
        let method = passwords::method_for(&at, &sign_up.password)?;

        let mut user = User::new(UserId::generate(now, at.entropy())?, at.scope(), &sign_up.email, now);
        user.set_username(sign_up.username.as_ref());
        user.set_phone(sign_up.phone.as_ref());
        user.name = sign_up.name;
        user.metadata = metadata;
        let registration = Registration::new(&at, user, passwords::proof(&Verified), now).await?;
        let password = NewPassword::hash(method, &sign_up.password).await?;
        registration.run(passwords::proof(&password)).await
    }

    /// Makes an account for a person whom another method has proven, and signs them in.
    ///
    /// # Errors
    /// `environment_inactive`, `method_not_allowed_here`, `registration_closed`; `conflict` if the address has an
    /// account; `email_not_verified` if the environment requires verified addresses and the proof does not show this
    /// one; the errors of the proof and of hooks; `unavailable`.
    pub async fn sign_up_proven(&self, new: NewAccount, proof: Proof<'_>) -> Result<SignInOutcome, Error> {
        let (at, now) = (&self.at, self.at.now());
        require_open(at, proof.method)?;
        if at.settings().require_email_verification && !new.email_verified {
            return Err(Error::new(Code::EmailNotVerified, "prove the address first"));
        }
        let mut user = User::new(UserId::generate(now, at.entropy())?, at.scope(), &new.email, now);
        user.email_verified = new.email_verified;
        user.name = new.name;
        user.metadata = new.metadata;
        match Registration::new(at, user, proof, now).await?.run(proof).await? {
            SignUpOutcome::SignedUp(outcome) => Ok(outcome),
            SignUpOutcome::VerifyFirst => Err(changed_meanwhile()),
        }
    }
}

/// An account before it is stored.
struct Registration<'a> {
    at: &'a EnvironmentContext,
    user: User,
    /// `None` if the address must be verified first.
    entry: Option<Entry>,
    now: Timestamp,
}

struct Written {
    /// Whether there is an account; not where the address was taken, and its holder is told.
    is_new: bool,
    outcome: Option<SignInOutcome>,
}

impl<'a> Registration<'a> {
    /// Runs the *before* hooks.
    async fn new(at: &'a EnvironmentContext, user: User, proof: Proof<'a>, now: Timestamp) -> Result<Self, Error> {
        at.before(now, Moment::SignUp { user: &user }).await?;
        let entry = if is_to_be_proven(at, &user) {
            None
        } else {
            at.before(now, Moment::SignIn { user: &user, method: proof.method }).await?;
            Some(Entry::new(at, user.id, proof, now).await?)
        };
        Ok(Self { at, user, entry, now })
    }

    async fn run(self, proof: Proof<'_>) -> Result<SignUpOutcome, Error> {
        let this = &self;
        let written = self.at.transaction(|tx| async move { this.write(proof, &*tx).await }).await?;
        self.at.foundation().wakers.mail.wake();
        if written.is_new {
            self.at.after(self.now, Moment::SignUp { user: &self.user }).await;
        }
        tell(self.at, written.outcome.as_ref(), proof.method).await;
        Ok(written.outcome.map_or(SignUpOutcome::VerifyFirst, SignUpOutcome::SignedUp))
    }

    async fn write(&self, proof: Proof<'_>, tx: &dyn StoreTx) -> Result<Written, Error> {
        let at = self.at.require_still_active(tx).await?;
        require_open(&at, proof.method)?;
        let (scope, user) = (&at.scope(), &self.user);
        let is_right = match &self.entry {
            Some(entry) => !is_to_be_proven(&at, user) && entry.is_right(&at, tx).await?,
            None => true,
        };
        if !is_right {
            return Err(changed_meanwhile());
        }
        if !user.insert_if_absent(scope, tx).await? {
            return match taken_name(scope, user, tx).await? {
                Some(Taken::Email) if self.entry.is_none() => {
                    let kind = CoreNotification::AccountExists.into();
                    at.notification(self.now, kind, None, user.email_key.clone())?.insert(scope, tx).await?;
                    Ok(Written { is_new: false, outcome: None })
                }
                Some(taken) => Err(taken.conflict()),
                // The holder of the name is gone: the next run succeeds.
                None => Err(StoreError::contention().into()),
            };
        }
        proof.redeem.redeem(user, tx).await?;
        at.event_by(&user.id, self.now, "user.created", &user.id, nothing())?.insert(scope, tx).await?;
        if !user.email_verified {
            let kind = CoreNotification::VerifyEmail.into();
            let verify = at.notification(self.now, kind, Some(user.id), user.email_key.clone())?;
            verify.insert(scope, tx).await?;
            Outbox::new(&at).issue_known(&verify, tx).await?;
        }
        let outcome = match &self.entry {
            Some(entry) => Some(entry.write(&at, user.clone(), tx).await?),
            None => None,
        };
        Ok(Written { is_new: true, outcome })
    }
}

/// Whether the address must be verified before the first sign-in.
fn is_to_be_proven(at: &EnvironmentContext, user: &User) -> bool {
    at.settings().require_email_verification && !user.email_verified
}

/// Refused, because later it would tell whether the address had an account: a free name says that no account was made.
fn require_no_other_names(sign_up: &SignUp) -> Result<(), Error> {
    let (mut errors, later) = (FieldErrors::default(), "it is chosen once the address is verified");
    errors.require(sign_up.username.is_none(), "username", later);
    errors.require(sign_up.phone.is_none(), "phone", later);
    errors.into_result()
}

/// Refuses an environment without self-registration, and a method that it does not allow.
fn require_open(at: &EnvironmentContext, method: &str) -> Result<(), Error> {
    at.require_method(method)?;
    if at.settings().self_registration {
        Ok(())
    } else {
        Err(Error::new(Code::RegistrationClosed, "self-registration is off in this environment"))
    }
}
