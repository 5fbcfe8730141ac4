//! When a queued vehicle will enter: from who is before it, from how fast the last hours went, and from the hour's places
//! where too few went in to tell. Entries are taken as independent of each other, so that the wait behind `n` vehicles is the
//! sum of `n + 1` gaps; the interval holds four out of five.

use kezek_schemas::ids::CheckpointId;
use kezek_schemas::time::{Slot, Span, Timestamp};
use serde::{Deserialize, Serialize};

use super::entry::QueueEntry;
use super::{life, places};
use crate::kernel::Cx;

/// Entries older than this say nothing about now.
const MEMORY: Span = Span::hours(3);
/// So many are kept at most.
const KEPT: usize = 64;
/// Fewer say nothing.
const ENOUGH: usize = 5;
/// Whoever has more before it is told no time.
const FAR: usize = 200;
/// The standard normal deviate that one in ten exceeds.
const ONE_IN_TEN: f64 = 1.281_551_6;

/// An expected entry: one time, and the interval that holds it four times out of five.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expected {
    /// Most likely about then.
    pub at: Timestamp,
    /// Not before that, nine times out of ten.
    pub from: Timestamp,
    /// Not after that, nine times out of ten.
    pub to: Timestamp,
}

/// A vehicle went in.
pub fn entered(cx: &mut Cx<'_>, checkpoint: &CheckpointId) {
    let now = cx.now;
    let times = cx.tables.queue.entered.entry(checkpoint);
    times.retain(|t| *t + MEMORY >= now);
    if times.len() >= KEPT { times.remove(0); }
    times.push(now);
}

/// The usual gap between entries now; none while nobody may enter.
fn gap(cx: &Cx<'_>, e: &QueueEntry) -> Option<Span> {
    let place = cx.refs.catalogue.checkpoints.get(&e.checkpoint)?;
    let (date, hour) = place.zone.date_hour(cx.now);
    let places = places::capacity(cx, &e.checkpoint, Slot { date, hour });
    if places == 0 { return None; }
    let times: Vec<Timestamp> = cx.tables.queue.entered.get(&e.checkpoint).into_iter().flatten().copied().filter(|t| *t + MEMORY >= cx.now).collect();
    match (times.first(), times.last()) {
        (Some(first), Some(last)) if times.len() >= ENOUGH => Some(Span((*last - *first).0 / (times.len() as i64 - 1))),
        _ => Some(Span(Span::hours(1).0 / i64::from(places))),
    }
}

/// When a vehicle of the queue will enter; none for one that is not called, is in already, or is too far back.
pub fn expected(cx: &Cx<'_>, e: &QueueEntry) -> Option<Expected> {
    if !e.called || !e.confirmed() || e.fixed() { return None; }
    let before = life::called(cx, &e.checkpoint).take(FAR + 1).take_while(|o| o.order() < e.order()).count();
    if before > FAR { return None; }
    let [from, at, to] = wait(before, gap(cx, e)?);
    // Whoever has not come yet is not expected before its hour.
    let since = if e.seen { cx.now } else { cx.now.max(e.slot_start) };
    let wait_from = |w: Span| if e.seen { since + w } else { since.max(cx.now + w) };
    Some(Expected { at: wait_from(at), from: wait_from(from), to: wait_from(to).max(if e.seen { cx.now } else { e.slot_end() }) })
}

/// The wait behind `before` vehicles: one in ten is shorter than the first, one in ten longer than the last. The sum of gaps is
/// gamma distributed; its quantiles by Wilson and Hilferty.
#[must_use]
pub fn wait(before: usize, gap: Span) -> [Span; 3] {
    let n = before as f64 + 1.0;
    let quantile = |z: f64| {
        let root = 1.0 - 1.0 / (9.0 * n) + z / (9.0 * n).sqrt();
        Span((gap.0 as f64 * n * root * root * root).max(0.0) as i64)
    };
    [quantile(-ONE_IN_TEN), quantile(0.0), quantile(ONE_IN_TEN)]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gaps as random as arrivals are: the interval holds four out of five.
    #[test]
    fn the_interval_is_calibrated() {
        let mut state = 7u64;
        let mut random = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            ((state >> 11) as f64 + 1.0) / (1u64 << 53) as f64
        };
        for before in [0, 1, 3, 10, 40] {
            let [from, at, to] = wait(before, Span::minutes(6));
            let waits: Vec<i64> = (0..20_000).map(|_| (0..=before).map(|_| (-random().ln() * Span::minutes(6).0 as f64) as i64).sum()).collect();
            let share = |f: &dyn Fn(i64) -> bool| waits.iter().filter(|w| f(**w)).count() as f64 / waits.len() as f64;
            let inside = share(&|w| from.0 <= w && w <= to.0);
            assert!((0.78..=0.82).contains(&inside), "behind {before}: {inside}");
            assert!((share(&|w| w < at.0) - 0.5).abs() < 0.02, "behind {before}");
        }
    }
}
