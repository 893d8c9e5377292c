//! [`Keys`]: one key for each purpose, all derived from the master key.

use authsome_core::secret::{MasterKey, Subkey};

/// The engine's keys.
pub struct Keys {
    /// Derives the next tokens of a session from the refresh token that is exchanged for them.
    pub refresh: Subkey,
    /// Derives mailed tokens from the ids of their rows.
    pub mail: Subkey,
    /// Recognizes devices.
    pub device: Subkey,
    /// Stands for identifiers in counters of failed attempts.
    pub lockout: Subkey,
    /// Seals the keys that sign JSON Web Tokens.
    pub signing: Subkey,
    /// Seals the secrets of webhooks.
    pub webhook: Subkey,
    /// Stands for accounts and mailboxes in counters of requests.
    pub rate: Subkey,
}

impl Keys {
    pub(crate) fn new(master: &MasterKey) -> Self {
        Self {
            refresh: master.derive("refresh"),
            mail: master.derive("mail"),
            device: master.derive("device"),
            lockout: master.derive("lockout"),
            signing: master.derive("signing"),
            webhook: master.derive("webhook"),
            rate: master.derive("rate"),
        }
    }
}
