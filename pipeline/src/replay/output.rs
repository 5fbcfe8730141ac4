//! The output files of a replay: one per topic, made when its first record comes.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use kezek_operators::kernel::Effects;
use kezek_schemas::outputs::OutTopic;

use super::Summary;

/// Writers by topic.
pub struct Outputs {
    folder: PathBuf,
    files: [Option<BufWriter<File>>; OutTopic::ALL.len()],
}

impl Outputs {
    /// Makes the folder and clears the output topics' files of an earlier run.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn create(folder: &Path) -> anyhow::Result<Self> {
        std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        for topic in OutTopic::ALL {
            let path = folder.join(format!("{}.ndjson", topic.name()));
            if path.exists() { std::fs::remove_file(&path).with_context(|| format!("cannot clear {}", path.display()))?; }
        }
        Ok(Self { folder: folder.to_owned(), files: Default::default() })
    }

    /// Writes and clears the outputs and counters of the effects.
    ///
    /// # Errors
    /// A file cannot be written.
    pub fn write(&mut self, fx: &mut Effects, summary: &mut Summary) -> anyhow::Result<()> {
        summary.duplicates += fx.counts.drain(..).filter(|name| *name == "duplicates").count() as u64;
        for record in fx.outputs.drain(..) {
            let slot = &mut self.files[record.topic as usize];
            if slot.is_none() {
                let path = self.folder.join(format!("{}.ndjson", record.topic.name()));
                *slot = Some(BufWriter::with_capacity(1 << 18, File::create(&path).with_context(|| format!("cannot write {}", path.display()))?));
            }
            if let Some(file) = slot {
                file.write_all(record.json.as_bytes())?;
                file.write_all(b"\n")?;
            }
            summary.outputs += 1;
        }
        Ok(())
    }

    /// Flushes all files.
    ///
    /// # Errors
    /// A file cannot be written.
    pub fn finish(self) -> anyhow::Result<()> {
        for mut file in self.files.into_iter().flatten() { file.flush()?; }
        Ok(())
    }
}
