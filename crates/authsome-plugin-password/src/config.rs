//! [`PasswordConfig`]: the cost of a hash, and the size of the hashing pool.

use argon2::Params;
use authsome_core::error::{Error, FieldErrors};

/// Most memory of one hash, in KiB: 256 MiB. Holds for new hashes and for stored ones, so that a stored hash cannot
/// take the process down.
pub(crate) const MAX_MEMORY_KIB: u32 = 262_144;
/// Most passes of one hash, new or stored.
pub(crate) const MAX_ITERATIONS: u32 = 16;
/// Most lanes of one hash, new or stored.
pub(crate) const MAX_PARALLELISM: u32 = 16;
/// Length of a new hash in bytes (RFC 9106, section 4: 256 bits).
const OUTPUT_BYTES: usize = 32;

/// Least memory of a new hash, in KiB: 7 MiB, the least that OWASP lists.
const MIN_MEMORY_KIB: u32 = 7_168;
/// Least product of memory and passes of a new hash: that of 7 MiB and 5 passes, the least of OWASP's choices, which it
/// calls equally strong.
const MIN_WORK: u64 = 35_840;
const MAX_THREADS: usize = 64;
const MAX_QUEUE: usize = 10_000;
/// The most threads by default: more would take more than 152 MiB.
const DEFAULT_THREADS: usize = 8;

/// The cost of a hash, and the size of the hashing pool.
///
/// The cost is that of Argon2id (RFC 9106); its defaults are those of OWASP (Password Storage Cheat Sheet, "Argon2id").
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PasswordConfig {
    /// Memory of one hash, in KiB: 7,168 (7 MiB) to 262,144 (256 MiB). Default: 19,456 (19 MiB).
    ///
    /// `memory_kib × iterations` is at least 35,840, so that a hash is no cheaper than the cheapest of OWASP's choices
    /// (7 MiB with 5 passes).
    pub memory_kib: u32,
    /// Passes over the memory: 1 to 16. Default: 2.
    pub iterations: u32,
    /// Lanes: 1 to 16. They are computed one after the other on one thread. Default: 1.
    pub parallelism: u32,
    /// Threads that hash, each with `memory_kib` of memory from its first hash on: 1 to 64. Default: one for each
    /// processor that the process may use, at most 8.
    pub threads: usize,
    /// How many hashes may wait for a thread: 1 to 10,000. Past it the answer is `unavailable` with when to try again.
    /// Default: 64.
    pub queue: usize,
}

impl Default for PasswordConfig {
    fn default() -> Self {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        Self { memory_kib: 19_456, iterations: 2, parallelism: 1, threads: processors.min(DEFAULT_THREADS), queue: 64 }
    }
}

impl PasswordConfig {
    /// The cost of a new hash.
    ///
    /// # Errors
    /// `invalid_request`, with each field that is out of its range.
    pub(crate) fn params(&self) -> Result<Params, Error> {
        let mut errors = FieldErrors::default();
        errors.range("memory_kib", self.memory_kib, MIN_MEMORY_KIB..=MAX_MEMORY_KIB);
        errors.range("iterations", self.iterations, 1..=MAX_ITERATIONS);
        errors.range("parallelism", self.parallelism, 1..=MAX_PARALLELISM);
        errors.range("threads", self.threads, 1..=MAX_THREADS);
        errors.range("queue", self.queue, 1..=MAX_QUEUE);
        if errors.is_empty() {
            let is_enough = u64::from(self.memory_kib) * u64::from(self.iterations) >= MIN_WORK;
            errors.require(is_enough, "iterations", format!("memory_kib times iterations is at least {MIN_WORK}"));
        }
        errors.into_result()?;
        Params::new(self.memory_kib, self.iterations, self.parallelism, Some(OUTPUT_BYTES)).map_err(Error::internal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(config: &PasswordConfig) -> Vec<String> {
        config
            .params()
            .err()
            .map_or_else(Vec::new, |error| error.fields().iter().map(|field| field.field.clone()).collect())
    }

    #[test]
    fn every_choice_of_owasp_is_accepted() {
        for (memory_kib, iterations) in [(47_104, 1), (19_456, 2), (12_288, 3), (9_216, 4), (7_168, 5)] {
            let config = PasswordConfig { memory_kib, iterations, ..PasswordConfig::default() };
            assert!(fields(&config).is_empty(), "{memory_kib} KiB, {iterations} passes");
        }
    }

    #[test]
    fn what_is_out_of_range_is_named() {
        let least = PasswordConfig { memory_kib: 7_167, iterations: 0, parallelism: 0, threads: 0, queue: 0 };
        assert_eq!(fields(&least), ["memory_kib", "iterations", "parallelism", "threads", "queue"]);
        let most = PasswordConfig { memory_kib: 262_145, iterations: 17, parallelism: 17, threads: 65, queue: 10_001 };
        assert_eq!(fields(&most), ["memory_kib", "iterations", "parallelism", "threads", "queue"]);
    }

    #[test]
    fn a_hash_that_is_cheaper_than_any_choice_of_owasp_is_refused() {
        let config = PasswordConfig { memory_kib: 7_168, iterations: 4, ..PasswordConfig::default() };
        assert_eq!(fields(&config), ["iterations"]);
    }
}
