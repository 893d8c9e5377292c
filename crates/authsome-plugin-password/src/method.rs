//! [`Passwords`]: the method `password`.

use std::sync::Arc;

use argon2::Params;
use async_trait::async_trait;
use authsome_core::entity::Entity;
use authsome_core::entropy::{Entropy, EntropyError};
use authsome_core::environment::PasswordPolicy;
use authsome_core::error::{Error, StoreError};
use authsome_core::id::{TypedId, UserId};
use authsome_core::plugin::{Host, Method, PasswordDigest, PasswordGeneration, PasswordMethod};
use authsome_core::records::Records;
use authsome_core::scope::Scope;
use authsome_core::secret::Password;
use authsome_core::time::Timestamp;
use authsome_core::user::User;

use crate::config::PasswordConfig;
use crate::entity::PasswordHash;
use crate::migrations;
use crate::nfkc::nfkc;
use crate::phc::{self, SALT_BYTES, StoredHash};
use crate::policy;
use crate::pool::{Pool, Size};

/// The method `password`, and what it stores about users.
pub(crate) struct Passwords {
    params: Params,
    entropy: Arc<dyn Entropy>,
    pool: Pool,
    /// An id without a user: looking it up costs as much as looking up a real user.
    nobody: UserId,
    /// A decoy for users without a hash: checking it costs as much as a current hash.
    dummy: StoredHash,
}

/// The result of a check on a thread.
struct Checked {
    matches: bool,
    /// A new hash of the password, if it is right and the stored hash is not current.
    renewed: Option<String>,
}

impl Passwords {
    /// Starts the hashing threads.
    ///
    /// # Errors
    /// `invalid_request` if the configuration is out of its ranges; `internal` if randomness or a thread cannot be had.
    pub(crate) fn start(config: &PasswordConfig, host: &Host) -> Result<Self, Error> {
        let params = config.params()?;
        let entropy = Arc::clone(&host.entropy);
        let mut output = vec![0_u8; params.output_len().unwrap_or(Params::DEFAULT_OUTPUT_LEN)];
        entropy.fill(&mut output)?;
        let dummy = StoredHash::of_nobody(&params, &salt(entropy.as_ref())?, &output)
            .map_err(|_| Error::internal(argon2::Error::OutputTooLong))?;
        let size = Size { threads: config.threads, queue: config.queue, blocks: params.block_count() };
        Ok(Self {
            nobody: UserId::generate(host.clock.now(), entropy.as_ref())?,
            pool: Pool::start(size, Arc::clone(&host.clock))?,
            params,
            entropy,
            dummy,
        })
    }

    /// Checks a password against a stored hash, on a hashing thread.
    async fn compare(&self, password: &Password, stored: StoredHash) -> Result<Checked, Error> {
        let text = nfkc(password);
        let params = self.params.clone();
        // A failed renewal happens again at a later sign-in.
        let fresh_salt = if stored.is_current(&params) { None } else { salt(self.entropy.as_ref()).ok() };
        let checked = self.pool.run(move |memory| {
            let matches = stored.matches(text.as_bytes(), memory)?;
            let renewed =
                fresh_salt.filter(|_| matches).and_then(|salt| phc::hash(&params, text.as_bytes(), &salt, memory).ok());
            Ok(Checked { matches, renewed })
        });
        checked.await?.map_err(|error: argon2::Error| Error::internal(error))
    }
}

/// Replaces a hash, unless another one has replaced it. The password stays the same, so its dates do too.
pub(crate) async fn renew(records: &dyn Records, old: PasswordHash, hash: String) {
    let renewed = PasswordHash::update(&old.scope)
        .filter(PasswordHash::USER_ID.eq(old.user_id))
        .filter(PasswordHash::HASH.eq(old.hash))
        .set(PasswordHash::HASH, hash)
        .one(records)
        .await;
    if let Err(error) = renewed {
        tracing::debug!(%error, "a password hash was not renewed");
    }
}

fn salt(entropy: &dyn Entropy) -> Result<[u8; SALT_BYTES], EntropyError> {
    let mut salt = [0_u8; SALT_BYTES];
    entropy.fill(&mut salt)?;
    Ok(salt)
}

/// The password of a user.
pub(crate) async fn find(
    records: &dyn Records,
    scope: &Scope,
    user: UserId,
) -> Result<Option<PasswordHash>, StoreError> {
    PasswordHash::find(scope).filter(PasswordHash::USER_ID.eq(user)).one(records).await
}

#[async_trait]
impl PasswordMethod for Passwords {
    fn check(&self, policy: &PasswordPolicy, password: &Password) -> Result<(), Error> {
        policy::check(policy, password)
    }

    async fn hash(&self, password: &Password) -> Result<PasswordDigest, Error> {
        let text = nfkc(password);
        let params = self.params.clone();
        let salt = salt(self.entropy.as_ref())?;
        let hashed = self.pool.run(move |memory| phc::hash(&params, text.as_bytes(), &salt, memory)).await?;
        hashed.map(PasswordDigest::new).map_err(Error::internal)
    }

    async fn set(
        &self,
        records: &dyn Records,
        scope: &Scope,
        user: UserId,
        digest: &PasswordDigest,
        now: Timestamp,
    ) -> Result<(), Error> {
        // Refused here, because no sign-in could ever use it.
        if StoredHash::parse(digest.as_str()).is_err() {
            return Err(Error::invalid(
                "password",
                "it is not the hash of a password, or it is too expensive to check",
            ));
        }
        let hash = digest.as_str().to_owned();
        let row = PasswordHash {
            user_id: user,
            scope: *scope,
            hash: hash.clone(),
            generation: 0,
            created_at: now,
            updated_at: now,
        };
        let upsert = row.upsert(scope).set(PasswordHash::HASH, hash).increment(PasswordHash::GENERATION, 1);
        upsert.set(PasswordHash::UPDATED_AT, now).run(records).await?;
        Ok(())
    }

    async fn verify(
        &self,
        records: &dyn Records,
        scope: &Scope,
        user: Option<UserId>,
        password: &Password,
    ) -> Result<Option<PasswordGeneration>, Error> {
        let row = find(records, scope, user.unwrap_or(self.nobody)).await?;
        let stored = match &row {
            Some(row) => StoredHash::parse(&row.hash).map_err(|_| corrupt(row))?,
            None => self.dummy.clone(),
        };
        let checked = self.compare(password, stored).await?;
        let Some(row) = row.filter(|_| checked.matches) else { return Ok(None) };
        let verified = PasswordGeneration(row.generation);
        if let Some(hash) = checked.renewed {
            renew(records, row, hash).await;
        }
        Ok(Some(verified))
    }

    async fn is_current(
        &self,
        records: &dyn Records,
        scope: &Scope,
        user: UserId,
        verified: PasswordGeneration,
    ) -> Result<bool, Error> {
        Ok(find(records, scope, user).await?.is_some_and(|row| row.generation == verified.0))
    }
}

#[async_trait]
impl Method for Passwords {
    fn name(&self) -> &'static str {
        migrations::NAME
    }

    async fn is_available(&self, user: &User, records: &dyn Records) -> Result<bool, Error> {
        Ok(find(records, &user.scope, user.id).await?.is_some())
    }
}

fn corrupt(row: &PasswordHash) -> Error {
    Error::from(StoreError::Corrupt {
        table: PasswordHash::table().name.clone(),
        column: PasswordHash::HASH.name().to_owned(),
        id: row.user_id.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use authsome_core::clock::ManualClock;
    use authsome_core::entropy::SeededEntropy;
    use authsome_core::secret::MasterKey;
    use authsome_store_memory::MemoryStore;

    use super::*;

    #[test]
    fn a_password_of_nobody_costs_what_is_configured() {
        for (memory_kib, iterations) in [(19_456, 2), (7_168, 5)] {
            let config = PasswordConfig { memory_kib, iterations, threads: 1, ..PasswordConfig::default() };
            let host = Host::new(
                Arc::new(MemoryStore::new()),
                Arc::new(ManualClock::at(Timestamp::EPOCH)),
                Arc::new(SeededEntropy::new(1)),
                MasterKey::from_bytes([1; 32]),
                "password",
            );
            let passwords = Passwords::start(&config, &host).unwrap();
            assert!(passwords.dummy.is_current(&config.params().unwrap()));
        }
    }
}
