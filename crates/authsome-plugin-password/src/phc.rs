//! Argon2 hashes as PHC strings: making, reading and checking them.

use argon2::password_hash::phc::{Ident, Output, ParamsString, Salt};
use argon2::{Algorithm, Argon2, Params, PasswordHash as Phc, Version};
use authsome_core::secret::constant_time_eq;

use crate::config::{MAX_ITERATIONS, MAX_MEMORY_KIB, MAX_PARALLELISM};
use crate::memory::Memory;

/// Length of a salt in bytes (RFC 9106, section 3.1: 16 are recommended for passwords).
pub(crate) const SALT_BYTES: usize = 16;

/// A text that is not an Argon2 hash, or a hash above this plugin's maximum cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Unusable;

/// A stored hash of bounded cost.
#[derive(Clone)]
pub(crate) struct StoredHash {
    algorithm: Algorithm,
    version: Version,
    params: Params,
    salt: Salt,
    output: Output,
}

impl StoredHash {
    /// Reads a PHC string of any variant of Argon2.
    ///
    /// # Errors
    /// [`Unusable`].
    pub(crate) fn parse(text: &str) -> Result<Self, Unusable> {
        let phc = Phc::new(text).map_err(|_| Unusable)?;
        let params = Params::try_from(&phc).map_err(|_| Unusable)?;
        let bounded = params.m_cost() <= MAX_MEMORY_KIB
            && params.t_cost() <= MAX_ITERATIONS
            && params.p_cost() <= MAX_PARALLELISM;
        if !bounded {
            return Err(Unusable);
        }
        // Strings of the first version of Argon2 do not state one.
        let version = phc.version.map_or(Ok(Version::V0x10), Version::try_from).map_err(|_| Unusable)?;
        Ok(Self {
            algorithm: Algorithm::try_from(phc.algorithm.as_str()).map_err(|_| Unusable)?,
            version,
            params,
            salt: phc.salt.ok_or(Unusable)?,
            output: phc.hash.ok_or(Unusable)?,
        })
    }

    /// A decoy hash of this cost, without a known password, for unknown users.
    ///
    /// # Errors
    /// [`Unusable`] if `params` have no valid length.
    pub(crate) fn of_nobody(params: &Params, salt: &[u8], output: &[u8]) -> Result<Self, Unusable> {
        let hash = Self {
            algorithm: Algorithm::Argon2id,
            version: Version::V0x13,
            params: params.clone(),
            salt: Salt::new(salt).map_err(|_| Unusable)?,
            output: Output::new(output).map_err(|_| Unusable)?,
        };
        if params.output_len() == Some(hash.output.len()) { Ok(hash) } else { Err(Unusable) }
    }

    /// Whether this is a hash of the password. Compares in constant time.
    ///
    /// # Errors
    /// [`argon2::Error::OutOfMemory`].
    pub(crate) fn matches(&self, password: &[u8], memory: &mut Memory) -> Result<bool, argon2::Error> {
        let argon = Argon2::new(self.algorithm, self.version, self.params.clone());
        let mut computed = [0_u8; Output::MAX_LENGTH];
        let computed = computed.get_mut(..self.output.len()).ok_or(argon2::Error::OutputTooLong)?;
        memory.lend(self.params.block_count(), |blocks| {
            argon.hash_password_into_with_memory(password, &self.salt, computed, blocks)
        })?;
        Ok(constant_time_eq(computed, self.output.as_bytes()))
    }

    /// Whether a new hash of this cost would be made in the same way.
    pub(crate) fn is_current(&self, params: &Params) -> bool {
        self.algorithm == Algorithm::Argon2id && self.version == Version::V0x13 && self.params == *params
    }
}

/// Hashes a password with Argon2id and returns the PHC string.
///
/// # Errors
/// [`argon2::Error::OutOfMemory`].
pub(crate) fn hash(
    params: &Params,
    password: &[u8],
    salt: &[u8; SALT_BYTES],
    memory: &mut Memory,
) -> Result<String, argon2::Error> {
    let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params.clone());
    let mut computed = [0_u8; Output::MAX_LENGTH];
    let length = params.output_len().unwrap_or(Params::DEFAULT_OUTPUT_LEN);
    let computed = computed.get_mut(..length).ok_or(argon2::Error::OutputTooLong)?;
    memory
        .lend(params.block_count(), |blocks| argon.hash_password_into_with_memory(password, salt, computed, blocks))?;
    let phc = Phc {
        algorithm: Ident::from(Algorithm::Argon2id),
        version: Some(Version::V0x13.into()),
        params: ParamsString::try_from(params).map_err(|_| argon2::Error::AlgorithmInvalid)?,
        salt: Some(Salt::new(salt).map_err(|_| argon2::Error::SaltTooShort)?),
        hash: Some(Output::new(computed).map_err(|_| argon2::Error::OutputTooShort)?),
    };
    Ok(phc.to_string())
}

#[cfg(test)]
mod tests {
    use argon2::PasswordHasher;

    use super::*;

    #[test]
    fn a_hash_is_what_the_library_makes_of_the_same_salt_whatever_the_memory_held() {
        let params = Params::new(256, 3, 2, Some(32)).unwrap();
        let mut memory = Memory::new(params.block_count());
        for password in [b"one".as_slice(), b"another"] {
            let expected = Argon2::new(Algorithm::Argon2id, Version::V0x13, params.clone())
                .hash_password_with_salt(password, &[7; SALT_BYTES])
                .unwrap();
            assert_eq!(hash(&params, password, &[7; SALT_BYTES], &mut memory), Ok(expected.to_string()));
        }
    }

    #[test]
    fn only_a_hash_of_the_same_kind_and_cost_is_current() {
        let params = Params::new(256, 2, 1, Some(32)).unwrap();
        let output = "nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";
        let current = |prefix: &str| {
            StoredHash::parse(&format!("${prefix}$c29tZXNhbHQ${output}")).map(|stored| stored.is_current(&params))
        };
        assert_eq!(current("argon2id$v=19$m=256,t=2,p=1"), Ok(true));
        for other in [
            "argon2i$v=19$m=256,t=2,p=1",
            "argon2id$v=16$m=256,t=2,p=1",
            "argon2id$m=256,t=2,p=1",
            "argon2id$v=19$m=257,t=2,p=1",
            "argon2id$v=19$m=256,t=3,p=1",
            "argon2id$v=19$m=256,t=2,p=2",
        ] {
            assert_eq!(current(other), Ok(false), "{other}");
        }
    }
}
