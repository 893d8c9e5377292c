//! [`Chance`]: choices that look random and are the same for the same seed.

use authsome_core::entropy::{Entropy, SeededEntropy};

/// Choices that look random and are the same for the same seed.
pub(super) struct Chance(SeededEntropy);

impl Chance {
    pub(super) fn new(seed: u64) -> Self {
        Self(SeededEntropy::new(seed))
    }

    pub(super) fn bytes(&mut self, count: usize) -> Vec<u8> {
        let mut bytes = vec![0; count];
        // A seeded source delivers.
        let _ = self.0.fill(&mut bytes);
        bytes
    }

    /// A number below `limit`; zero where that is zero.
    pub(super) fn below(&mut self, limit: usize) -> usize {
        let mut bytes = [0; 8];
        let _ = self.0.fill(&mut bytes);
        usize::try_from(u64::from_be_bytes(bytes) >> 1).unwrap_or(0).checked_rem(limit).unwrap_or(0)
    }

    pub(super) fn one_in(&mut self, count: usize) -> bool {
        self.below(count) == 0
    }

    /// One of the choices; the default where there is none.
    pub(super) fn pick<T: Clone + Default>(&mut self, choices: &[T]) -> T {
        choices.get(self.below(choices.len())).cloned().unwrap_or_default()
    }
}
