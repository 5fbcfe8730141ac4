//! Snapshots: a shard's tables at a commit, written by a follower of the journal and never by the shard. A file is
//! published by a rename after it is on disk, and carries its own checksum: a torn one is found and the one before
//! is used.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use kezek_schemas::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::block::Chain;
use crate::limits::SNAPSHOTS_KEPT;

const MAGIC: &[u8; 8] = b"KEZEKSN1";

/// The tables of a shard at a commit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    /// The shard.
    pub shard: u32,
    /// Shards of the deployment.
    pub shards: u32,
    /// The commit.
    pub chain: Chain,
    /// The shard's clock.
    pub at: Timestamp,
    /// All rows, as `TableSet::apply_changes` reads them.
    pub tables: Vec<u8>,
}

/// A folder of snapshots.
#[derive(Clone, Debug)]
pub struct Snapshots {
    folder: PathBuf,
}

impl Snapshots {
    /// The snapshots in a folder, which is made when it is first written to.
    #[must_use]
    pub fn new(folder: &Path) -> Self { Self { folder: folder.to_owned() } }

    /// Commit numbers and files of a shard, newest first.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn list(&self, shard: u32) -> std::io::Result<Vec<(u64, PathBuf)>> {
        let mut found = Vec::new();
        if !self.folder.is_dir() { return Ok(found); }
        let prefix = format!("shard-{shard}-");
        for entry in fs::read_dir(&self.folder)? {
            let path = entry?.path();
            let name = path.file_name().and_then(|n| n.to_str()).unwrap_or_default().to_owned();
            let number = name.strip_prefix(&prefix).and_then(|n| n.strip_suffix(".snapshot")).and_then(|n| n.parse().ok());
            if let Some(number) = number { found.push((number, path)); }
        }
        found.sort_unstable_by(|a, b| b.cmp(a));
        Ok(found)
    }

    /// Shard, commit number and file of every snapshot: by shard, newest first.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn all(&self) -> std::io::Result<Vec<(u32, u64, PathBuf)>> {
        let mut found = Vec::new();
        for shard in 0..crate::limits::SHARDS {
            found.extend(self.list(shard)?.into_iter().map(|(number, path)| (shard, number, path)));
        }
        Ok(found)
    }

    /// The snapshot in a file; `None` = it is torn.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn read(path: &Path) -> std::io::Result<Option<Snapshot>> { fs::read(path).map(|bytes| read(&bytes)) }

    /// The newest snapshot of a shard that is whole, and the files that were not.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn newest(&self, shard: u32) -> std::io::Result<(Option<Snapshot>, Vec<PathBuf>)> {
        let mut torn = Vec::new();
        for (_, path) in self.list(shard)? {
            match read(&fs::read(&path)?) {
                Some(snapshot) if snapshot.shard == shard => return Ok((Some(snapshot), torn)),
                Some(_) | None => torn.push(path),
            }
        }
        Ok((None, torn))
    }

    /// Writes a snapshot and prunes older ones.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn write(&self, snapshot: &Snapshot) -> std::io::Result<PathBuf> {
        fs::create_dir_all(&self.folder)?;
        let name = format!("shard-{}-{}.snapshot", snapshot.shard, snapshot.chain.number);
        let (draft, path) = (self.folder.join(format!("{name}.draft")), self.folder.join(&name));
        let body = match postcard::to_allocvec(snapshot) {
            Ok(bytes) => bytes,
            Err(e) => unreachable!("a snapshot of our own types always encodes: {e}"),
        };
        let mut file = File::create(&draft)?;
        file.write_all(MAGIC)?;
        file.write_all(blake3::hash(&body).as_bytes())?;
        file.write_all(&body)?;
        file.sync_all()?;
        fs::rename(&draft, &path)?;
        File::open(&self.folder)?.sync_all()?;
        for (_, old) in self.list(snapshot.shard)?.into_iter().skip(SNAPSHOTS_KEPT) { fs::remove_file(old)?; }
        Ok(path)
    }
}

fn read(bytes: &[u8]) -> Option<Snapshot> {
    let rest = bytes.strip_prefix(MAGIC)?;
    let (hash, body) = rest.split_at_checked(32)?;
    if blake3::hash(body).as_bytes() != hash { return None; }
    postcard::from_bytes(body).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_torn_snapshot_gives_way_to_the_one_before() {
        let folder = tempfile::tempdir().unwrap();
        let snapshots = Snapshots::new(folder.path());
        let at = |number| Snapshot { shard: 2, shards: 4, chain: Chain { number, hash: [7; 32] }, at: Timestamp(5), tables: vec![1, 2, 3] };
        for number in [10, 20, 30] { snapshots.write(&at(number)).unwrap(); }
        assert_eq!(snapshots.list(2).unwrap().iter().map(|(n, _)| *n).collect::<Vec<_>>(), [30, 20]);
        let newest = snapshots.list(2).unwrap()[0].1.clone();
        let bytes = fs::read(&newest).unwrap();
        fs::write(&newest, &bytes[..bytes.len() - 1]).unwrap();
        assert_eq!(snapshots.newest(2).unwrap(), (Some(at(20)), vec![newest]));
        assert_eq!(snapshots.newest(3).unwrap(), (None, vec![]));
    }
}
