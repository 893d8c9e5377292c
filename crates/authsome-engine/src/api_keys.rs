//! [`ApiKeys`]: credentials of programs.

use authsome_context::refusals::token_expired;
use authsome_context::rules::name;
use authsome_context::rules::tokens::API_KEY;
use authsome_context::{EnvironmentContext, TOUCH_EVERY, nothing};
use authsome_core::apikey::{ApiKey, ApiKeyState};
use authsome_core::entity::{Entity, Listed, Page};
use authsome_core::environment::Environment;
use authsome_core::error::{Code, Error, FieldErrors};
use authsome_core::id::{ApiKeyId, TypedId, UserId};
use authsome_core::permission::Permission;
use authsome_core::route::Principal;
use authsome_core::scope::Scope;
use authsome_core::secret::Token;
use authsome_core::store::StoreTx;
use authsome_core::time::Timestamp;
use authsome_core::user::User;
use serde_json::json;

/// How many characters behind the prefix people see of a key.
const SHOWN: usize = 6;
/// How many keys a user has at most, and how many an environment has without a user.
const MOST: u64 = 1_000;

/// A new key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewApiKey {
    /// Name for people, 1 to 200 characters.
    pub name: String,
    /// The user that it belongs to; without one, it belongs to the environment.
    pub user_id: Option<UserId>,
    /// Its permissions.
    pub permissions: Vec<Permission>,
    /// When it expires; without it, never.
    pub expires_at: Option<Timestamp>,
}

impl NewApiKey {
    /// The key as this principal may make it. Nobody gives more than they have: neither permissions, nor time, nor another
    /// user, by whose ban or end theirs would not end.
    ///
    /// # Errors
    /// `forbidden`.
    pub fn granted_by(mut self, principal: &Principal) -> Result<Self, Error> {
        let (owner, may) = match principal {
            Principal::Administrator => return Ok(self),
            Principal::Session(session) => (Some(session.user_id), self.permissions.is_empty()),
            Principal::ApiKey(key) => {
                self.expires_at = self.expires_at.or(key.expires_at);
                let in_time = key.expires_at.is_none_or(|end| self.expires_at.is_some_and(|at| at <= end));
                let may = self.permissions.iter().all(|permission| permission.is_among(&key.permissions));
                (key.user_id, may && in_time)
            }
            Principal::Anonymous => (None, false),
        };
        if owner.is_some() {
            self.user_id = self.user_id.or(owner);
        }
        if may && (owner.is_none() || self.user_id == owner) {
            Ok(self)
        } else {
            Err(Error::new(Code::Forbidden, "nobody gives more than they have"))
        }
    }
}

/// A key that was made, with its secret, which is given out here and never again.
#[derive(Clone, Debug)]
pub struct IssuedApiKey {
    /// The key.
    pub key: ApiKey,
    /// Its secret.
    pub token: Token,
}

/// An environment's API keys.
#[derive(Clone, Debug)]
pub struct ApiKeys {
    pub(crate) at: EnvironmentContext,
}

impl ApiKeys {
    /// Makes a key. Its prefix names the type of its environment: `ask_live_` in production, else `ask_test_`, `ask_dev_`,
    /// `ask_custom_`.
    ///
    /// # Errors
    /// `invalid_request`; `not_found` if the user or the environment is gone; `conflict` if the user has 1,000 keys
    /// already, or the environment has 1,000 keys without a user; `unavailable`.
    pub async fn create(&self, new: &NewApiKey) -> Result<IssuedApiKey, Error> {
        let at = &self.at;
        let now = at.now();
        check(new, now)?;
        let entropy = at.entropy();
        let prefix = format!("{API_KEY}{}_", at.environment().environment.kind.key_word());
        let token = Token::generate(&prefix, entropy)?;
        let key = ApiKey {
            id: ApiKeyId::generate(now, entropy)?,
            scope: at.scope(),
            user_id: new.user_id,
            name: new.name.clone(),
            prefix: token.expose().chars().take(prefix.len() + SHOWN).collect(),
            hash: token.hash(),
            permissions: new.permissions.iter().map(ToString::to_string).collect(),
            expires_at: new.expires_at,
            last_used_at: None,
            revoked_at: None,
            created_at: now,
            updated_at: now,
        };
        let (scope, key_ref) = (&at.scope(), &key);
        at.transaction(|tx| async move {
            if owned(scope, new.user_id, &*tx).await? >= MOST {
                return Err(Error::new(Code::Conflict, "there are 1000 keys: delete some first"));
            }
            tx.create_api_key(scope, key_ref).await?;
            let data = json!({ "permissions": key_ref.permissions });
            Ok(at.event(now, "api_key.created", &key_ref.id, data)?.insert(scope, &*tx).await?)
        })
        .await?;
        Ok(IssuedApiKey { key, token })
    }

    /// The key with this id.
    ///
    /// # Errors
    /// `not_found`, `unavailable`.
    pub async fn get(&self, id: ApiKeyId) -> Result<ApiKey, Error> {
        self.at.store().api_key(&self.at.scope(), id).await?.ok_or_else(Error::not_found)
    }

    /// A page of the keys that a principal reaches, newest first: a session reaches its user's, others all of the
    /// environment.
    ///
    /// # Errors
    /// `unavailable`.
    pub async fn list(&self, by: &Principal, page: Page<ApiKeyId>) -> Result<Listed<ApiKey, ApiKeyId>, Error> {
        let (scope, store) = (&self.at.scope(), self.at.store());
        match reached(by) {
            Some(user) => Ok(store.list_user_api_keys(scope, user, page).await?),
            None => Ok(store.list_api_keys(scope, page).await?),
        }
    }

    /// Deletes a key that a principal reaches. It is refused from now on.
    ///
    /// # Errors
    /// `not_found`, also for another user's key where a session deletes it; `unavailable`.
    pub async fn delete(&self, id: ApiKeyId, by: &Principal) -> Result<(), Error> {
        let (at, scope) = (&self.at, &self.at.scope());
        let of = reached(by);
        at.transaction(|tx| async move {
            let found = tx.api_key(scope, id).await?.filter(|key| of.is_none() || key.user_id == of);
            found.ok_or_else(Error::not_found)?;
            tx.delete_api_key(scope, id).await?;
            Ok::<_, Error>(at.event(at.now(), "api_key.deleted", &id, nothing())?.insert(scope, &*tx).await?)
        })
        .await
    }

    /// Checks a key of this environment, and notes its use.
    ///
    /// # Errors
    /// As for a session: `session_not_found` if it is revoked, or its user may not act; `environment_inactive`;
    /// `token_expired`; `unavailable`.
    pub(crate) async fn admit(&self, mut key: ApiKey) -> Result<ApiKey, Error> {
        let (now, store) = (self.at.now(), self.at.store());
        if key.state(now) == ApiKeyState::Revoked {
            return Err(Error::session_not_found());
        }
        self.at.require_active()?;
        if key.state(now) == ApiKeyState::Expired {
            return Err(token_expired());
        }
        if let Some(user) = key.user_id {
            let user = store.user(&key.scope, user).await?;
            user.filter(|user| !user.banned).ok_or_else(Error::session_not_found)?;
        }
        if key.last_used_at.is_none_or(|used| now.since(used) >= TOUCH_EVERY) {
            match store.touch_api_key(&key.scope, key.id, now).await {
                Ok(()) => key.last_used_at = Some(now),
                Err(error) => {
                    tracing::warn!(error = &error as &dyn std::error::Error, "a key was not noted as used");
                }
            }
        }
        Ok(key)
    }
}

/// The user whose keys a principal reaches; without one, all of the environment.
fn reached(by: &Principal) -> Option<UserId> {
    let Principal::Session(session) = by else { return None };
    Some(session.user_id)
}

/// How many keys an owner has: the user, else the environment. Transactions that call it for one owner exclude each
/// other.
async fn owned(scope: &Scope, user: Option<UserId>, tx: &dyn StoreTx) -> Result<u64, Error> {
    let (is_there, its_own) = match user {
        Some(user) => {
            let owner = User::find(scope).filter(User::ID.eq(user)).filter(User::DELETED_AT.is_null());
            (owner.touch(tx).await?, ApiKey::USER_ID.eq(user))
        }
        None => {
            let owner = Environment::find(&scope.app_id).filter(Environment::ID.eq(scope.env_id));
            let owner = owner.filter(Environment::DELETED_AT.is_null());
            (owner.touch(tx).await?, ApiKey::USER_ID.is_null())
        }
    };
    if !is_there {
        return Err(Error::not_found());
    }
    Ok(ApiKey::find(scope).filter(its_own).count(tx).await?)
}

fn check(new: &NewApiKey, now: Timestamp) -> Result<(), Error> {
    let mut errors = FieldErrors::default();
    errors.require(name::is_valid(&new.name), "name", name::RULE);
    errors.require(new.permissions.len() <= 64, "permissions", "a key has at most 64 permissions");
    errors.require(new.expires_at.is_none_or(|at| at > now), "expires_at", "it lies in the past");
    errors.into_result()
}
