//! Known plates and how to find those one edit from a read. What the filter ([`super::known`]) finds is checked by
//! distance, so the answer equals a scan's (a property test holds it to that).

use std::collections::BTreeSet;

use kezek_schemas::ids::Country;
use kezek_schemas::plate::Plate;

use super::{KnownPlate, MatchingTables};

/// Puts a known plate.
pub fn insert(tables: &mut MatchingTables, known: KnownPlate) {
    let KnownPlate { plate, country, at } = known;
    let key = (plate, country);
    // refreshed at most once a day: the time only says that it is not forgotten
    if tables.known.get(&key).is_some_and(|last| (at - *last).as_hours() < 24.0) { return; }
    tables.known.insert(key, at);
}

/// The countries under which a plate is known; empty = not known.
#[must_use]
pub fn countries(tables: &MatchingTables, plate: &Plate) -> Vec<Option<Country>> { tables.known.kept().countries(plate) }

/// Known plates at most one edit or erasure from a read, in order.
#[must_use]
pub fn within_one(tables: &MatchingTables, read: &Plate) -> Vec<Plate> {
    let mut found = BTreeSet::new();
    tables.known.kept().within_one(read, &mut found);
    found.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use kezek_schemas::time::Timestamp;
    use proptest::prelude::*;

    use super::*;
    use crate::kernel::TableSet as _;
    use crate::matching::edit;

    fn put(tables: &mut MatchingTables, plates: &[String], at: Timestamp) {
        for p in plates { insert(tables, KnownPlate { plate: Plate::normalise(p), country: None, at }); }
    }

    proptest! {
        #[test]
        fn index_equals_scan(plates in proptest::collection::vec("[0-2ABЖ]{2,6}", 0..200), aborted in proptest::collection::vec("[0-2AB]{2,6}", 0..9),
            read in "[0-2ABЖ?]{1,7}") {
            let mut tables = MatchingTables::default();
            put(&mut tables, &plates, Timestamp(0));
            let mut block = Vec::new();
            tables.each(&mut |id, _, t| { t.encode_changes(id, &mut block); t.commit(); });
            put(&mut tables, &aborted, Timestamp(1));
            tables.each(&mut |_, _, t| t.rollback());
            let mut restored = MatchingTables::default();
            restored.apply_changes(&block).unwrap();
            let read = Plate::normalise(&read);
            let scan: BTreeSet<Plate> = plates.iter().map(|p| Plate::normalise(p)).filter(|p| edit::distance(&read, p) <= 1).collect();
            let scan: Vec<Plate> = scan.into_iter().collect();
            prop_assert_eq!(within_one(&tables, &read), scan.clone());
            prop_assert_eq!(within_one(&restored, &read), scan);
        }
    }
}
