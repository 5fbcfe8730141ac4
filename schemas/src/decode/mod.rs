//! The boundary: bytes of a record to a valid [`Input`], or the stable reason why not.
//!
//! Faults are told in one order: size, UTF-8, JSON (doubled keys of the contract included), object, then field by
//! field `id`, `at`, and the contract's order of the topic; each field missing, wrong or right before the next.
//! Nothing behind this module checks a record again.

mod build;
mod json;
mod plan;
mod reason;
#[cfg(test)]
mod mutations;
pub(crate) mod shape;
pub(crate) mod shapes;

use json::{Tape, Token};
pub use reason::{Reason, Rejection};
use reason::Fault;
use plan::{AT, ID, RECEIVED_AT, Slots};
use shape::blank;
pub use shapes::SCHEMES;

use crate::ids::RecordId;
use crate::inputs::{Input, Topic};
use crate::time::{Span, Timestamp};

/// The largest record, in bytes.
pub const MAX_RECORD: usize = 256 * 1024;
/// How far `at` may lie after arrival.
pub const MAX_AHEAD: Span = Span::hours(24);
/// Beyond this many bytes a record's claimed time is not even looked for (`dead.letters` takes no more either).
const MAX_LOOKED_AT: usize = 2 * 1024 * 1024;

/// Where a record's arrival time comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    /// From the record: `received_at`, else `at` (replay).
    Record,
    /// From the log, which took the record at this time; a `received_at` inside is not looked at (run).
    Log(Timestamp),
}

/// Decodes one record of a topic.
///
/// # Errors
/// The first fault, in the order of the module's header.
pub fn decode(topic: Topic, bytes: &[u8], clock: Clock) -> Result<Input, Rejection> {
    let logged = match clock { Clock::Record => None, Clock::Log(at) => Some(at) };
    let reject = |reason: Reason, detail: &str, arrival: Option<Timestamp>| Rejection { reason, detail: detail.to_owned(), arrival };
    if bytes.len() > MAX_RECORD {
        let detail = format!("{} bytes, {MAX_RECORD} are allowed", bytes.len());
        return Err(reject(Reason::TooLarge, &detail, logged.or_else(|| arrival_of(bytes))));
    }
    let text = core::str::from_utf8(bytes)
        .map_err(|e| reject(Reason::NotUtf8, &format!("after {} bytes", e.valid_up_to()), logged))?;
    let mut tape = Tape::new();
    tape.read(text).ok_or_else(|| reject(Reason::NotJson, "not one JSON value", logged))?;
    let root = tape.token(0);
    if !matches!(root, Token::Object { .. }) {
        return Err(reject(Reason::NotObject, &format!("{} where an object belongs", root.name()), logged));
    }
    let shape = shapes::shape(topic);
    let plan = shape.plan();
    let (slots, doubled) = plan.slots(&tape, 0);
    let late = |fault: Fault| Rejection { reason: fault.reason, detail: fault.detail, arrival: logged.or_else(|| claimed(&tape, &slots)) };
    let judged = if doubled {
        Err(Fault::doubled())
    } else {
        envelope(&tape, &slots, clock).and_then(|times| shape.judge(&tape, &slots).map(|()| times))
    };
    // A doubled key comes before every fault of a field, and may stand behind it.
    let (at, arrived) = judged.map_err(|fault| late(if plan.doubled_inside(&tape, &slots) { Fault::doubled() } else { fault }))?;
    let fields = build::Fields::new(&tape, plan, slots);
    let built = fields.id("id").zip(fields.body(topic));
    let (id, body) = built.ok_or_else(|| late(Fault::wrong("", "the record fits its shape but no type")))?;
    Ok(Input { id: RecordId(id), at, arrived, body })
}

/// The arrival time a record claims: `received_at`, else `at`. `None` when that cannot be read.
#[must_use]
pub fn arrival_of(bytes: &[u8]) -> Option<Timestamp> {
    if bytes.len() > MAX_LOOKED_AT { return None; }
    let mut tape = Tape::new();
    tape.read(core::str::from_utf8(bytes).ok()?)?;
    claimed(&tape, &shapes::shape(Topic::Crossings).plan().slots(&tape, 0).0)
}

fn claimed(tape: &Tape<'_>, slots: &Slots) -> Option<Timestamp> {
    let there = |slot| slots.get(slot).map(|i| tape.token(i)).filter(|t| *t != Token::Null);
    let text = there(RECEIVED_AT).or_else(|| there(AT))?.text()?;
    Timestamp::parse(&text)
}

/// Judges `id`, `at` and `received_at`; gives `at` and the arrival time.
fn envelope(tape: &Tape<'_>, slots: &Slots, clock: Clock) -> Result<(Timestamp, Timestamp), Fault> {
    let there = |slot| slots.get(slot).map(|i| tape.token(i));
    let id = there(ID).ok_or_else(|| Fault::missing("id"))?;
    let text = id.text().ok_or_else(|| Fault::wrong("id", format!("{} where a text belongs", id.name())))?;
    if blank(&text) { return Err(Fault::wrong("id", "a blank text")); }
    let at = there(AT).ok_or_else(|| Fault::missing("at"))?;
    let text = at.text().ok_or_else(|| Fault::wrong("at", format!("{} where a time belongs", at.name())))?;
    let at = Timestamp::parse(&text).ok_or_else(|| Fault::bad_time("`at` is no RFC 3339 time with offset"))?;
    let arrived = match clock {
        Clock::Log(time) => time,
        Clock::Record => match there(RECEIVED_AT) {
            None | Some(Token::Null) => at,
            Some(token) => token.text().and_then(|text| Timestamp::parse(&text))
                .ok_or_else(|| Fault::bad_time("`received_at` is no RFC 3339 time with offset"))?,
        },
    };
    if at - arrived > MAX_AHEAD { return Err(Fault::bad_time("`at` is more than 24 h after arrival")); }
    Ok((at, arrived))
}
