//! A journal block: everything one commit changed. It is versioned and hash-chained: each block holds the hash of the
//! one before, so that a removed, altered or reordered block is found (`kezek audit verify`).

use kezek_schemas::outputs::OutRecord;
use kezek_schemas::tables::ViewRow;
use kezek_schemas::time::Timestamp;
use serde::{Deserialize, Serialize};

/// The version this build writes; it reads this one only.
pub const VERSION: u8 = 1;

/// One commit's changes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Block {
    /// The shard.
    pub shard: u32,
    /// Shards of the deployment: a block of another count belongs to other tables.
    pub shards: u32,
    /// Commit number.
    pub number: u64,
    /// Ownership epoch of the writer.
    pub epoch: u64,
    /// The shard's clock after the commit.
    pub at: Timestamp,
    /// Hash of the block before; zeros for the first.
    pub previous: [u8; 32],
    /// Input topic and next offset.
    pub positions: Vec<(u16, u64)>,
    /// Table changes, see `TableSet::apply_changes`.
    pub changes: Vec<u8>,
    /// Output records of the commit.
    pub outputs: Vec<OutRecord>,
    /// Changed rows of the SQL tables.
    pub views: Vec<ViewRow>,
}

/// A block that cannot be used.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum BlockError {
    /// Empty.
    #[error("an empty journal block")]
    Empty,
    /// Another version.
    #[error("a journal block of version {0}; this build reads version {VERSION}")]
    Version(u8),
    /// Not a block.
    #[error("a journal block that cannot be read: {0}")]
    Corrupt(String),
    /// The chain is broken here.
    #[error("commit {number} of shard {shard} does not follow the commit before it")]
    Broken {
        /// The shard.
        shard: u32,
        /// The commit.
        number: u64,
    },
}

impl Block {
    /// The block as the journal keeps it.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        match postcard::to_extend(self, vec![VERSION]) {
            Ok(bytes) => bytes,
            Err(e) => unreachable!("a block of our own types always encodes: {e}"),
        }
    }

    /// Reads a block.
    ///
    /// # Errors
    /// [`BlockError`].
    pub fn decode(bytes: &[u8]) -> Result<Self, BlockError> {
        match bytes.split_first() {
            None => Err(BlockError::Empty),
            Some((&VERSION, body)) => postcard::from_bytes(body).map_err(|e| BlockError::Corrupt(e.to_string())),
            Some((&other, _)) => Err(BlockError::Version(other)),
        }
    }
}

/// A place in the hash chain of one shard.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chain {
    /// Number of the last commit.
    pub number: u64,
    /// Hash of its block.
    pub hash: [u8; 32],
}

impl Chain {
    /// The place after this block.
    #[must_use]
    pub fn of(number: u64, bytes: &[u8]) -> Self { Self { number, hash: *blake3::hash(bytes).as_bytes() } }

    /// The chain after a block, if the block follows.
    ///
    /// # Errors
    /// The block cannot be read, or does not follow.
    pub fn follow(self, bytes: &[u8]) -> Result<(Self, Block), BlockError> {
        let block = Block::decode(bytes)?;
        if block.number != self.number + 1 || block.previous != self.hash {
            return Err(BlockError::Broken { shard: block.shard, number: block.number });
        }
        Ok((Self::of(block.number, bytes), block))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(number: u64, previous: [u8; 32]) -> Block {
        Block { shard: 1, shards: 4, number, epoch: 2, at: Timestamp(7), previous, positions: vec![(3, 9)], changes: vec![1, 2],
            outputs: Vec::new(), views: Vec::new() }
    }

    #[test]
    fn the_chain_finds_what_was_altered() {
        let first = block(1, [0; 32]).encode();
        let (chain, read) = Chain::default().follow(&first).unwrap();
        assert_eq!(read, block(1, [0; 32]));
        let second = block(2, chain.hash);
        assert!(chain.follow(&second.encode()).is_ok());
        // The positions, the changes: every byte counts, also where the altered block can still be read.
        for at in 1..first.len() {
            let mut altered = first.clone();
            altered[at] ^= 1;
            let after = Chain::of(1, &altered);
            assert!(after.follow(&second.encode()).is_err(), "byte {at} was altered and the next block still follows");
        }
        assert!(chain.follow(&Block { number: 3, ..second.clone() }.encode()).is_err(), "one is missing");
        assert!(chain.follow(&Block { previous: [9; 32], ..second }.encode()).is_err(), "another history");
        assert_eq!(Block::decode(&[9, 0]), Err(BlockError::Version(9)));
        assert_eq!(Block::decode(&[]), Err(BlockError::Empty));
    }
}
