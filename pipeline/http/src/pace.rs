//! How fast one person, or one address of the public, may ask: a bucket of tokens each. Where no users are configured only
//! this machine asks, and nothing is counted. Bounded: the fullest buckets are forgotten first, they would allow anyway.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use crate::bounds::{ASKS_AT_ONCE, ASKS_PER_SECOND, MAX_PACED};

struct Bucket { at: Instant, tokens: f64 }

/// The buckets.
#[derive(Default)]
pub struct Pace(Mutex<BTreeMap<String, Bucket>>);

impl Pace {
    /// Whether the asker may ask once more now.
    pub fn allows(&self, asker: &str, now: Instant) -> bool {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let filled = |b: &Bucket| ASKS_AT_ONCE.min(now.saturating_duration_since(b.at).as_secs_f64().mul_add(ASKS_PER_SECOND, b.tokens));
        if all.len() >= MAX_PACED && !all.contains_key(asker) {
            all.retain(|_, b| filled(b) < ASKS_AT_ONCE);
            if all.len() >= MAX_PACED { all.pop_first(); }
        }
        let bucket = all.entry(asker.to_owned()).or_insert(Bucket { at: now, tokens: ASKS_AT_ONCE });
        *bucket = Bucket { at: now, tokens: filled(bucket) };
        if bucket.tokens < 1.0 { return false; }
        bucket.tokens -= 1.0;
        true
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_burst_then_the_rate_each_for_himself() {
        let (pace, began) = (Pace::default(), Instant::now());
        for n in 0..ASKS_AT_ONCE as u32 { assert!(pace.allows("a", began), "{n}"); }
        for (who, after_ms, expect) in [("a", 0, false), ("b", 0, true), ("a", 1_000, true), ("a", 1_000, true)] {
            assert_eq!(pace.allows(who, began + Duration::from_millis(after_ms)), expect, "{who} after {after_ms} ms");
        }
    }

    #[test]
    fn strangers_do_not_fill_memory() {
        let (pace, now) = (Pace::default(), Instant::now());
        for n in 0..MAX_PACED + 50 { pace.allows(&n.to_string(), now); }
        assert!(pace.0.lock().unwrap().len() <= MAX_PACED);
    }
}
