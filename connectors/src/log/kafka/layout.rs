//! What a record of the journal topic looks like.
//!
//! Every record says for itself where its shard stands: commit number, ownership epoch, group,
//! and the position in every input topic by name. A block that is larger than a record is cut
//! into parts, which are all in one transaction. A take-over writes a record without a block.
//!
//! Bytes, all numbers big-endian: `KJ`, version, kind, number u64, epoch u64, part u32, parts
//! u32, group (u8 length), count of positions u16, each a name (u8 length) and u64, the block.

use crate::log::error::LogError;

const MAGIC: &[u8; 2] = b"KJ";
/// Raised when the bytes change; what is older is read, what is newer is refused.
const VERSION: u8 = 1;

/// What a record stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A new owner; `number` is the commit it found.
    Take,
    /// A part of the block of commit `number`.
    Block,
}

/// One record of the journal topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct JournalRecord<'a> {
    pub(super) kind: Kind,
    pub(super) number: u64,
    pub(super) epoch: u64,
    pub(super) part: u32,
    pub(super) parts: u32,
    pub(super) group: &'a str,
    pub(super) positions: Vec<(&'a str, u64)>,
    pub(super) body: &'a [u8],
}

impl<'a> JournalRecord<'a> {
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(64 + 24 * self.positions.len() + self.body.len());
        out.extend_from_slice(MAGIC);
        out.push(VERSION);
        out.push(match self.kind {
            Kind::Take => 0,
            Kind::Block => 1,
        });
        out.extend_from_slice(&self.number.to_be_bytes());
        out.extend_from_slice(&self.epoch.to_be_bytes());
        out.extend_from_slice(&self.part.to_be_bytes());
        out.extend_from_slice(&self.parts.to_be_bytes());
        text(&mut out, self.group);
        let count = u16::try_from(self.positions.len()).unwrap_or(u16::MAX);
        out.extend_from_slice(&count.to_be_bytes());
        for (name, next) in self.positions.iter().take(usize::from(count)) {
            text(&mut out, name);
            out.extend_from_slice(&next.to_be_bytes());
        }
        out.extend_from_slice(self.body);
        out
    }

    pub(super) fn decode(bytes: &'a [u8]) -> Result<Self, LogError> {
        let strange = || LogError::Fatal("a record of the journal is not ours".to_owned());
        let mut rest = bytes.strip_prefix(MAGIC).ok_or_else(strange)?;
        let version = take::<1>(&mut rest).ok_or_else(strange)?[0];
        if version == 0 || version > VERSION {
            return Err(LogError::Mismatch(format!(
                "the journal is of version {version}, this build reads up to {VERSION}"
            )));
        }
        Self::decode_rest(rest).ok_or_else(strange)
    }

    fn decode_rest(mut rest: &'a [u8]) -> Option<Self> {
        let kind = match take::<1>(&mut rest)?[0] {
            0 => Kind::Take,
            1 => Kind::Block,
            _ => return None,
        };
        let number = u64::from_be_bytes(take(&mut rest)?);
        let epoch = u64::from_be_bytes(take(&mut rest)?);
        let part = u32::from_be_bytes(take(&mut rest)?);
        let parts = u32::from_be_bytes(take(&mut rest)?);
        let group = name(&mut rest)?;
        let count = u16::from_be_bytes(take(&mut rest)?);
        let mut positions = Vec::with_capacity(usize::from(count));
        for _ in 0..count {
            positions.push((name(&mut rest)?, u64::from_be_bytes(take(&mut rest)?)));
        }
        (part < parts.max(1)).then_some(Self {
            kind,
            number,
            epoch,
            part,
            parts,
            group,
            positions,
            body: rest,
        })
    }
}

/// Names longer than 255 bytes are not allowed by Kafka either.
fn text(out: &mut Vec<u8>, name: &str) {
    let length = u8::try_from(name.len()).unwrap_or(u8::MAX);
    out.push(length);
    out.extend_from_slice(&name.as_bytes()[..usize::from(length)]);
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (head, tail) = rest.split_first_chunk::<N>()?;
    *rest = tail;
    Some(*head)
}

fn name<'a>(rest: &mut &'a [u8]) -> Option<&'a str> {
    let length = usize::from(take::<1>(rest)?[0]);
    let (head, tail) = rest.split_at_checked(length)?;
    *rest = tail;
    std::str::from_utf8(head).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record() -> JournalRecord<'static> {
        JournalRecord {
            kind: Kind::Block,
            number: 7,
            epoch: 3,
            part: 1,
            parts: 2,
            group: "kezek",
            positions: vec![("bookings", 12), ("internal", 0)],
            body: b"block",
        }
    }

    #[test]
    fn comes_back_as_it_was() {
        for kind in [Kind::Take, Kind::Block] {
            for body in [&b""[..], b"block"] {
                let record = JournalRecord {
                    kind,
                    body,
                    ..record()
                };
                assert_eq!(
                    JournalRecord::decode(&record.encode()).expect("decodes"),
                    record
                );
            }
        }
    }

    /// Version 1, byte by byte: what was written once is read for ever.
    #[test]
    fn version_1_is_fixed() {
        let bytes = b"KJ\x01\x01\0\0\0\0\0\0\0\x07\0\0\0\0\0\0\0\x03\0\0\0\x01\0\0\0\x02\x05kezek\
            \0\x02\x08bookings\0\0\0\0\0\0\0\x0c\x08internal\0\0\0\0\0\0\0\0block";
        assert_eq!(record().encode(), bytes);
    }

    #[test]
    fn what_is_newer_or_torn_is_refused() {
        let bytes = record().encode();
        let mut newer = bytes.clone();
        newer[2] = 2;
        let error = JournalRecord::decode(&newer).expect_err("newer");
        assert!(error.to_string().contains("version 2"), "{error}");
        for end in 0..bytes.len() - record().body.len() {
            assert!(
                JournalRecord::decode(&bytes[..end]).is_err(),
                "cut at {end}"
            );
        }
    }
}
