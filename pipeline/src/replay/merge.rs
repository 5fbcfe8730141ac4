//! The k-way merge of the input files by arrival time. Ties go by topic name, then by line. The order within a file is
//! kept: a line earlier than the one before it takes that one's time, an unreadable line the time of the one
//! before, and at the start of a file that of the first readable one.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use kezek_schemas::decode::{Clock, Rejection, decode};
use kezek_schemas::inputs::{Input, Topic};
use kezek_schemas::time::Timestamp;

use crate::dead_letter::Place;

const READ_BUFFER: usize = 1 << 20;

/// One line on its way into the world.
#[derive(Debug)]
pub struct Line {
    /// Where it stood.
    pub place: Place,
    /// When it arrives on the virtual clock.
    pub arrived: Timestamp,
    /// What it says, or why it cannot be understood.
    pub record: Result<Input, Rejection>,
    /// The line as it is; kept only of rejected ones.
    pub raw: Vec<u8>,
}

struct Source {
    topic: Topic,
    reader: BufReader<File>,
    next_offset: u64,
    clock: Timestamp,
    head: Option<Line>,
    buffer: Vec<u8>,
    read: u64,
}

/// The files of a folder, as one stream.
pub struct Merge {
    sources: Vec<Source>,
    total: u64,
}

fn readable_time(record: &Result<Input, Rejection>) -> Option<Timestamp> {
    match record {
        Ok(input) => Some(input.arrived),
        Err(rejection) => rejection.arrival,
    }
}

fn read_line(reader: &mut impl BufRead, line: &mut Vec<u8>) -> std::io::Result<Option<u64>> {
    line.clear();
    let n = reader.read_until(b'\n', line)? as u64;
    if n == 0 { return Ok(None); }
    if line.last() == Some(&b'\n') { line.pop(); }
    if line.last() == Some(&b'\r') { line.pop(); }
    Ok(Some(n))
}

fn open(path: &PathBuf) -> anyhow::Result<BufReader<File>> {
    let file = File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
    Ok(BufReader::with_capacity(READ_BUFFER, file))
}

/// The time of the first readable line of a file.
fn first_time(path: &PathBuf, topic: Topic) -> anyhow::Result<Option<Timestamp>> {
    let (mut reader, mut line) = (open(path)?, Vec::new());
    while read_line(&mut reader, &mut line)?.is_some() {
        if let Some(at) = readable_time(&decode(topic, &line, Clock::Record)) { return Ok(Some(at)); }
    }
    Ok(None)
}

impl Source {
    fn fill(&mut self) -> anyhow::Result<()> {
        let Some(n) = read_line(&mut self.reader, &mut self.buffer)? else {
            self.head = None;
            return Ok(());
        };
        self.read += n;
        let place = Place { topic: self.topic, partition: 0, offset: self.next_offset };
        self.next_offset += 1;
        let record = decode(self.topic, &self.buffer, Clock::Record);
        self.clock = self.clock.max(readable_time(&record).unwrap_or(self.clock));
        let raw = if record.is_err() { self.buffer.clone() } else { Vec::new() };
        self.head = Some(Line { place, arrived: self.clock, record, raw });
        Ok(())
    }
}

impl Merge {
    /// Opens every `<topic>.ndjson` of a folder; other files are left alone.
    ///
    /// # Errors
    /// The folder or a file cannot be read.
    pub fn open(folder: &Path) -> anyhow::Result<Self> {
        anyhow::ensure!(folder.is_dir(), "{} is no folder", folder.display());
        let mut topics = Topic::ALL.to_vec();
        topics.sort_by_key(|t| t.name());
        let (mut sources, mut total, mut starts) = (Vec::new(), 0, Vec::new());
        for topic in topics {
            let path = folder.join(format!("{}.ndjson", topic.name()));
            if !path.exists() { continue; }
            total += path.metadata()?.len();
            starts.push(first_time(&path, topic)?);
            sources.push(Source { topic, reader: open(&path)?, next_offset: 0, clock: Timestamp::MIN, head: None,
                buffer: Vec::new(), read: 0 });
        }
        // A file in which nothing is readable stands at the beginning of everything else.
        let beginning = starts.iter().flatten().min().copied().unwrap_or(Timestamp(0));
        for (source, start) in sources.iter_mut().zip(starts) {
            source.clock = start.unwrap_or(beginning);
            // The start is a floor for unreadable lines only: the first readable line is not earlier by definition.
            source.fill()?;
        }
        Ok(Self { sources, total })
    }

    /// The next line.
    ///
    /// # Errors
    /// A file cannot be read.
    pub fn next_line(&mut self) -> anyhow::Result<Option<Line>> {
        let mut best: Option<(Timestamp, usize)> = None;
        for (i, source) in self.sources.iter().enumerate() {
            if let Some(line) = &source.head
                && best.is_none_or(|(at, _)| line.arrived < at)
            {
                best = Some((line.arrived, i));
            }
        }
        let Some((_, i)) = best else { return Ok(None) };
        let source = &mut self.sources[i];
        let line = source.head.take();
        source.fill()?;
        Ok(line)
    }

    /// Bytes of all files.
    #[must_use]
    pub const fn total_bytes(&self) -> u64 { self.total }
    /// Bytes read so far.
    #[must_use]
    pub fn read_bytes(&self) -> u64 { self.sources.iter().map(|s| s.read).sum() }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A line whose time can be read though the record is wrong, at so many seconds; `None` = nothing can be read.
    fn line(second: Option<u32>) -> String {
        second.map_or_else(|| "{no".to_owned(), |s| format!(r#"{{"id":1,"at":"2026-01-12T09:00:{s:02}+05:00"}}"#))
    }

    #[test]
    fn lines_come_in_the_order_of_their_times() {
        let folder = tempfile::tempdir().unwrap();
        for (topic, seconds) in [
            ("bookings", &[None, Some(10), None, Some(5), Some(20)][..]),
            ("anpr.reads", &[Some(10), Some(20), Some(15)]),
            ("checks", &[Some(3), Some(20)]),
            ("weigh.hits", &[None]),
        ] {
            let text: String = seconds.iter().map(|s| line(*s) + "\n").collect();
            std::fs::write(folder.path().join(format!("{topic}.ndjson")), text).unwrap();
        }
        let mut merge = Merge::open(folder.path()).unwrap();
        let zero = Timestamp::parse("2026-01-12T09:00:00+05:00").unwrap();
        let mut order = Vec::new();
        while let Some(line) = merge.next_line().unwrap() {
            order.push(format!("{} {}:{}", (line.arrived - zero).0 / 1_000_000, line.place.topic.name(), line.place.offset));
        }
        assert_eq!(order, [
            // Nothing in `weigh.hits` can be read: it stands at the beginning of everything.
            "3 checks:0", "3 weigh.hits:0",
            // An unreadable first line has the time of the first readable one; ties go by topic name, then line.
            "10 anpr.reads:0", "10 bookings:0", "10 bookings:1",
            // An unreadable line has the time of the one before; an earlier one too.
            "10 bookings:2", "10 bookings:3",
            "20 anpr.reads:1", "20 anpr.reads:2", "20 bookings:4", "20 checks:1",
        ]);
    }
}
