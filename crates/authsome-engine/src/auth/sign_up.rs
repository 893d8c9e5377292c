//! Registering.

use authsome_context::{EnvironmentContext, nothing};
use authsome_core::entity::Entity;
use authsome_core::error::{Code, Error, FieldError, StoreError};
use authsome_core::id::{TypedId, UserId};
use authsome_core::identity::{Email, Phone, Username};
use authsome_core::metadata::Metadata;
use authsome_core::notification::NotificationKind;
use authsome_core::plugin::Moment;
use authsome_core::route::Client;
use authsome_core::secret::Password;
use authsome_core::session::Session;
use authsome_core::store::{StoreTx, Transactions};
use authsome_core::user::User;

use super::complete::{Entry, changed_meanwhile};
use super::{Auth, Issued};
use crate::mail::Outbox;
use crate::passwords;
use crate::users::{Taken, taken_name};

/// Who wants to register.
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
    /// What the application attaches.
    pub metadata: Metadata,
}

/// What became of a registration.
#[derive(Clone, Debug)]
pub enum SignUpOutcome {
    /// The person is registered and signed in.
    SignedUp(Box<Issued>),
    /// The address is to be proven first; the rest happens by mail. Where the address was taken, its holder is told by
    /// mail, and nothing else happened.
    VerifyFirst,
}

enum Written {
    SignedUp(Box<Option<Session>>),
    VerifyFirst,
    TakenQuietly,
}

impl Auth {
    /// Registers a person, and signs them in where the environment does not want the address proven first. The account,
    /// its password, its session and the mail that asks to prove the address come to be together, or not at all.
    ///
    /// # Errors
    /// `environment_inactive`, `method_not_allowed_here`, `registration_closed`, `weak_password`; `conflict` where the
    /// address, the username or the phone number is taken; `mfa_required`, with a ticket, where the person is registered and
    /// needs a second factor to be signed in; what a hook refuses with; `unavailable`. In an environment that wants addresses
    /// proven first, no `conflict`, and `invalid_request` where there is a username or a phone number.
    pub async fn sign_up(&self, sign_up: SignUp, client: &Client) -> Result<SignUpOutcome, Error> {
        let at = self.at.with_client(client);
        let now = at.now();
        require_open(&at)?;
        let verify_first = at.settings().require_email_verification;
        if verify_first {
            require_no_other_names(&sign_up)?;
        }
        let method = passwords::method(at.foundation())?;
        method.check(&at.settings().password_policy(), &sign_up.password)?;

        let entropy = at.entropy();
        let mut user = User::new(UserId::generate(now, entropy)?, at.scope(), &sign_up.email, now);
        user.set_username(sign_up.username.as_ref());
        user.set_phone(sign_up.phone.as_ref());
        user.name = sign_up.name;
        user.metadata = sign_up.metadata;
        at.before(now, Moment::SignUp { user: &user }).await?;
        let entry = if verify_first {
            None
        } else {
            at.before(now, Moment::SignIn { user: &user, method: passwords::METHOD }).await?;
            Some(Entry::new(&at, user.id, passwords::METHOD, &[passwords::AMR], now).await?)
        };
        let digest = method.hash(&sign_up.password).await?;

        let created = at.event_by(&user.id, now, "user.created", &user.id, nothing())?;
        let outbox = Outbox::new(&at);
        let verify = outbox.notification(now, NotificationKind::VerifyEmail, Some(user.id), user.email_key.clone())?;
        let exists = outbox.notification(now, NotificationKind::AccountExists, None, user.email_key.clone())?;
        let (at_ref, user_ref, method_ref, digest_ref) = (&at, &user, &method, &digest);
        let (entry_ref, created_ref, verify_ref, exists_ref) = (entry.as_ref(), &created, &verify, &exists);
        let written = at
            .store()
            .transaction(|tx| async move {
                let tx: &dyn StoreTx = &*tx;
                let at = at_ref.require_still_active(tx).await?;
                require_open(&at)?;
                let is_enough = |entry: &Entry| !at.settings().require_email_verification && entry.is_enough(&at);
                if !entry_ref.is_none_or(is_enough) {
                    return Err(changed_meanwhile());
                }
                let scope = &at.scope();
                if !user_ref.insert_if_absent(scope, tx).await? {
                    return match taken_name(scope, user_ref, tx).await? {
                        Some(Taken::Email) if verify_first => {
                            exists_ref.insert(scope, tx).await?;
                            Ok(Written::TakenQuietly)
                        }
                        Some(taken) => Err(taken.conflict()),
                        // Whoever had the name is gone: the same again succeeds.
                        None => Err(StoreError::contention().into()),
                    };
                }
                method_ref.set(tx, scope, user_ref.id, digest_ref, now).await?;
                created_ref.insert(scope, tx).await?;
                verify_ref.insert(scope, tx).await?;
                Outbox::new(&at).issue_known(verify_ref, tx).await?;
                match entry_ref {
                    Some(entry) => Ok(Written::SignedUp(Box::new(entry.write(&at, tx).await?))),
                    None => Ok::<_, Error>(Written::VerifyFirst),
                }
            })
            .await?;

        at.foundation().wakers.mail.wake();
        match (written, entry) {
            (Written::SignedUp(session), Some(entry)) => {
                at.after(now, Moment::SignUp { user: &user }).await;
                let issued = entry.issue(&at, user, *session, passwords::METHOD).await?;
                Ok(SignUpOutcome::SignedUp(Box::new(issued)))
            }
            (Written::TakenQuietly, _) => Ok(SignUpOutcome::VerifyFirst),
            _ => {
                at.after(now, Moment::SignUp { user: &user }).await;
                Ok(SignUpOutcome::VerifyFirst)
            }
        }
    }
}

/// Whether they are free afterwards would tell whether the address had an account.
fn require_no_other_names(sign_up: &SignUp) -> Result<(), Error> {
    let given = [("username", sign_up.username.is_some()), ("phone", sign_up.phone.is_some())];
    let refused = given.into_iter().filter(|(_, is_given)| *is_given).map(|(field, _)| FieldError {
        field: field.to_owned(),
        message: "it is chosen once the address is verified".to_owned(),
    });
    let refused: Vec<FieldError> = refused.collect();
    if refused.is_empty() { Ok(()) } else { Err(Error::invalid_fields(refused)) }
}

/// Refuses where people cannot register themselves with a password.
fn require_open(at: &EnvironmentContext) -> Result<(), Error> {
    at.require_method(passwords::METHOD)?;
    if at.settings().self_registration {
        Ok(())
    } else {
        Err(Error::new(Code::RegistrationClosed, "people cannot register themselves here"))
    }
}
