//! The memory that Argon2 works in.

use argon2::{Block, Error};

/// One thread's working memory: allocated at its first use, then reused. The next hash overwrites its content before
/// reading it (RFC 9106, section 3.2).
#[derive(Debug)]
pub(crate) struct Memory {
    usual: usize,
    blocks: Vec<Block>,
}

impl Memory {
    /// Memory for hashes of `usual` blocks of 1 KiB. Allocates nothing yet.
    pub(crate) const fn new(usual: usize) -> Self {
        Self { usual, blocks: Vec::new() }
    }

    /// Lends at least `count` blocks. More than the usual number are allocated for this one call.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`], and those of `work`.
    pub(crate) fn lend<T>(
        &mut self,
        count: usize,
        work: impl FnOnce(&mut [Block]) -> Result<T, Error>,
    ) -> Result<T, Error> {
        if count > self.usual {
            return work(&mut allocate(count)?);
        }
        if self.blocks.is_empty() {
            self.blocks = allocate(self.usual)?;
        }
        work(&mut self.blocks)
    }
}

fn allocate(count: usize) -> Result<Vec<Block>, Error> {
    let mut blocks = Vec::new();
    blocks.try_reserve_exact(count).map_err(|_| Error::OutOfMemory)?;
    blocks.resize(count, Block::new());
    Ok(blocks)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_memory_is_allocated_once_and_more_than_it_is_not_kept() {
        let mut memory = Memory::new(8);
        let place = |memory: &mut Memory, count| memory.lend(count, |blocks| Ok(blocks.as_ptr() as usize)).unwrap();
        let first = place(&mut memory, 8);
        assert!(memory.lend(64, |blocks| Ok(blocks.len() >= 64)).unwrap());
        assert_eq!(place(&mut memory, 4), first);
        assert_eq!(memory.blocks.len(), 8);
    }
}
