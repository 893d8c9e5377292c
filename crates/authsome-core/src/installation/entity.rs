//! [`Installation`].

use crate::entity::Entity;
use crate::error::StoreError;
use crate::records::Records;
use crate::secret::MasterKey;
use crate::time::Timestamp;

/// The one row with a check value of the database's master key. A process with another key would not recognize any
/// mailed token or sealed value, so it must not start.
#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(table = "authsome_installation", scope = Global)]
pub struct Installation {
    /// Always [`Installation::ID_VALUE`].
    #[entity(id, max_len = 32)]
    pub id: String,
    /// Derived from the master key by a one-way function.
    pub key_check: [u8; 32],
    /// When the database was first used.
    pub created_at: Timestamp,
}

impl Installation {
    /// The id of the one row.
    pub const ID_VALUE: &str = "installation";

    /// Claims a fresh database for a master key, or compares the key with the one that claimed it. Of processes at
    /// once, one claims it. True if the key is the installation's.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn claim<R: Records + ?Sized>(key: &MasterKey, now: Timestamp, records: &R) -> Result<bool, StoreError> {
        let own = Self { id: Self::ID_VALUE.to_owned(), key_check: key_check(key), created_at: now };
        if own.insert_if_absent((), records).await? {
            return Ok(true);
        }
        Ok(Self::stored(records).await?.is_some_and(|stored| stored.is_under(key)))
    }

    /// The one row; `None` before a key has claimed the database.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn stored<R: Records + ?Sized>(records: &R) -> Result<Option<Self>, StoreError> {
        Self::find(()).filter(Self::ID.eq(Self::ID_VALUE)).one(records).await
    }

    /// Whether this key claimed the database.
    #[must_use]
    pub fn is_under(&self, key: &MasterKey) -> bool {
        crate::secret::constant_time_eq(&self.key_check, &key_check(key))
    }
}

fn key_check(key: &MasterKey) -> [u8; 32] {
    key.derive("installation/check").mac(&[])
}
