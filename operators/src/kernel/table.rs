//! Tables: the only mutable thing. Keyed typed rows that remember which keys a commit touched and what stood there
//! before, so that one commit's changes become one journal block, and an abort puts the before-images back.
//!
//! Two kinds: [`Table`] is a hash map and cannot be iterated (hash order must not reach an output); an
//! [`OrderedTable`] is a B-tree and can be ranged over. A secondary index is an `OrderedTable` of its own: it
//! is journaled, rolled back and restored like everything else. Where that costs too much, the index is a part of how the
//! rows are kept ([`Rows`]): it follows every row put and taken, by operators, by a rollback, by the journal alike.

use core::hash::Hash;
use core::ops::RangeBounds;
use std::collections::BTreeMap;

use hashbrown::HashMap;
use indexmap::IndexMap;
use rustc_hash::FxBuildHasher;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// What a key must be.
pub trait Key: Clone + Eq + Ord + Hash + Serialize + DeserializeOwned {}
impl<T: Clone + Eq + Ord + Hash + Serialize + DeserializeOwned> Key for T {}
/// What a row must be.
pub trait Row: Clone + Serialize + DeserializeOwned {}
impl<T: Clone + Serialize + DeserializeOwned> Row for T {}

/// A journal block or snapshot that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("corrupt table change: {0}")]
pub struct Corrupt(pub String);

/// Where a table keeps its rows.
pub trait Rows<K, V>: Default {
    /// The row of a key.
    fn row(&self, k: &K) -> Option<&V>;
    /// Puts a row; returns the former one.
    fn put(&mut self, k: K, v: V) -> Option<V>;
    /// Takes a row away.
    fn take(&mut self, k: &K) -> Option<V>;
    /// How many rows.
    fn count(&self) -> usize;
    /// All rows, in any order: for snapshots only, which sort what they write.
    fn visit(&self, f: &mut dyn FnMut(&K, &V));
}

/// Where rows may be changed in place. Rows that an index is made of may not: they are put anew.
pub trait RowsInPlace<K, V>: Rows<K, V> {
    /// The row of a key, to change.
    fn row_mut(&mut self, k: &K) -> Option<&mut V>;
    /// The row of a key, to change; made where there is none.
    fn made(&mut self, k: &K) -> &mut V where V: Default;
}

impl<K: Key, V: Row> Rows<K, V> for HashMap<K, V, FxBuildHasher> {
    fn row(&self, k: &K) -> Option<&V> { self.get(k) }
    fn put(&mut self, k: K, v: V) -> Option<V> { self.insert(k, v) }
    fn take(&mut self, k: &K) -> Option<V> { self.remove(k) }
    fn count(&self) -> usize { self.len() }
    fn visit(&self, f: &mut dyn FnMut(&K, &V)) { for (k, v) in self { f(k, v); } }
}
impl<K: Key, V: Row> Rows<K, V> for BTreeMap<K, V> {
    fn row(&self, k: &K) -> Option<&V> { self.get(k) }
    fn put(&mut self, k: K, v: V) -> Option<V> { self.insert(k, v) }
    fn take(&mut self, k: &K) -> Option<V> { self.remove(k) }
    fn count(&self) -> usize { self.len() }
    fn visit(&self, f: &mut dyn FnMut(&K, &V)) { for (k, v) in self { f(k, v); } }
}
impl<K: Key, V: Row> RowsInPlace<K, V> for HashMap<K, V, FxBuildHasher> {
    fn row_mut(&mut self, k: &K) -> Option<&mut V> { self.get_mut(k) }
    fn made(&mut self, k: &K) -> &mut V where V: Default { self.entry(k.clone()).or_default() }
}
impl<K: Key, V: Row> RowsInPlace<K, V> for BTreeMap<K, V> {
    fn row_mut(&mut self, k: &K) -> Option<&mut V> { self.get_mut(k) }
    fn made(&mut self, k: &K) -> &mut V where V: Default { self.entry(k.clone()).or_default() }
}

/// Rows with dirty tracking.
#[derive(Debug)]
pub struct Tracked<K, V, M> {
    rows: M,
    /// Before-images of the keys touched since the last commit, in the order of first touch.
    before: IndexMap<K, Option<V>, FxBuildHasher>,
    tracking: bool,
}

impl<K, V, M: Default> Default for Tracked<K, V, M> {
    fn default() -> Self { Self { rows: M::default(), before: IndexMap::default(), tracking: true } }
}

/// A table without order.
pub type Table<K, V> = Tracked<K, V, HashMap<K, V, FxBuildHasher>>;
/// A table in key order.
pub type OrderedTable<K, V> = Tracked<K, V, BTreeMap<K, V>>;

impl<K: Key, V: Row, M: Rows<K, V>> Tracked<K, V, M> {
    fn touch(&mut self, k: &K) {
        if self.tracking && !self.before.contains_key(k) {
            let image = self.rows.row(k).cloned();
            self.before.insert(k.clone(), image);
        }
    }
    /// The row of a key.
    #[must_use]
    pub fn get(&self, k: &K) -> Option<&V> { self.rows.row(k) }
    /// Whether there is a row.
    #[must_use]
    pub fn contains(&self, k: &K) -> bool { self.rows.row(k).is_some() }
    /// How the rows are kept: their index, where they have one.
    #[must_use]
    pub const fn kept(&self) -> &M { &self.rows }
    /// Puts a row; returns the former one.
    pub fn insert(&mut self, k: K, v: V) -> Option<V> {
        self.touch(&k);
        self.rows.put(k, v)
    }
    /// Takes a row away.
    pub fn remove(&mut self, k: &K) -> Option<V> {
        self.touch(k);
        self.rows.take(k)
    }
    /// How many rows.
    #[must_use]
    pub fn len(&self) -> usize { self.rows.count() }
    /// No rows.
    #[must_use]
    pub fn is_empty(&self) -> bool { self.len() == 0 }
}

impl<K: Key, V: Row, M: RowsInPlace<K, V>> Tracked<K, V, M> {
    /// The row of a key, to change: the key counts as changed from here on.
    pub fn get_mut(&mut self, k: &K) -> Option<&mut V> {
        if self.tracking && self.rows.row(k).is_some() { self.touch(k); }
        self.rows.row_mut(k)
    }
    /// The row of a key, made by `V::default()` where there is none, to change.
    pub fn entry(&mut self, k: &K) -> &mut V where V: Default {
        self.touch(k);
        self.rows.made(k)
    }
}

impl<K: Key, V: Row> OrderedTable<K, V> {
    /// Rows of a key range, in order.
    pub fn range(&self, range: impl RangeBounds<K>) -> impl DoubleEndedIterator<Item = (&K, &V)> { self.rows.range(range) }
    /// All rows in order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&K, &V)> { self.rows.iter() }
    /// The first row.
    #[must_use]
    pub fn first(&self) -> Option<(&K, &V)> { self.rows.first_key_value() }
}

/// What the engine does with a table without knowing its types.
pub trait AnyTable {
    /// Switches dirty tracking; off in `replay`, which never aborts and keeps no journal.
    fn set_tracking(&mut self, on: bool);
    /// Appends the after-images of all touched keys to a journal block.
    fn encode_changes(&self, id: u16, out: &mut Vec<u8>);
    /// The commit stands: forget the before-images.
    fn commit(&mut self);
    /// The commit failed: put the before-images back.
    fn rollback(&mut self);
    /// Applies one change of a journal block.
    fn apply(&mut self, key: &[u8], row: Option<&[u8]>) -> Result<(), Corrupt>;
    /// Appends every row, sorted by encoded key.
    fn dump(&self, id: u16, out: &mut Vec<u8>);
    /// How many rows.
    fn rows(&self) -> usize;
}

pub(super) fn put_change(out: &mut Vec<u8>, id: u16, key: &[u8], row: Option<&[u8]>) {
    out.extend_from_slice(&id.to_le_bytes());
    out.extend_from_slice(&(key.len() as u32).to_le_bytes());
    out.extend_from_slice(&row.map_or(u32::MAX, |r| r.len() as u32).to_le_bytes());
    out.extend_from_slice(key);
    out.extend_from_slice(row.unwrap_or_default());
}

fn encoded<T: Serialize>(value: &T) -> Vec<u8> {
    match postcard::to_allocvec(value) {
        Ok(bytes) => bytes,
        Err(e) => unreachable!("a row of our own types always encodes: {e}"),
    }
}

impl<K: Key, V: Row, M: Rows<K, V>> AnyTable for Tracked<K, V, M> {
    fn set_tracking(&mut self, on: bool) { self.tracking = on; }
    fn encode_changes(&self, id: u16, out: &mut Vec<u8>) {
        for k in self.before.keys() {
            put_change(out, id, &encoded(k), self.rows.row(k).map(encoded).as_deref());
        }
    }
    fn commit(&mut self) { self.before.clear(); }
    fn rollback(&mut self) {
        for (k, image) in core::mem::take(&mut self.before) {
            match image {
                Some(v) => { self.rows.put(k, v); }
                None => { self.rows.take(&k); }
            }
        }
    }
    fn apply(&mut self, key: &[u8], row: Option<&[u8]>) -> Result<(), Corrupt> {
        let fault = |e: postcard::Error| Corrupt(e.to_string());
        let k: K = postcard::from_bytes(key).map_err(fault)?;
        match row {
            Some(row) => { self.rows.put(k, postcard::from_bytes(row).map_err(fault)?); }
            None => { self.rows.take(&k); }
        }
        Ok(())
    }
    fn dump(&self, id: u16, out: &mut Vec<u8>) {
        let mut all = Vec::with_capacity(self.rows.count());
        self.rows.visit(&mut |k, v| all.push((encoded(k), encoded(v))));
        all.sort_unstable();
        for (k, v) in all { put_change(out, id, &k, Some(&v)); }
    }
    fn rows(&self) -> usize { self.rows.count() }
}

/// A set of tables with stable ids.
pub trait TableSet {
    /// Visits each table with its id.
    fn each(&mut self, f: &mut dyn FnMut(u16, &'static str, &mut dyn AnyTable));

    /// Applies a run of changes as [`AnyTable::encode_changes`] and [`AnyTable::dump`] write them.
    ///
    /// # Errors
    /// The bytes are cut short, name an unknown table, or hold a row of another version.
    fn apply_changes(&mut self, mut bytes: &[u8]) -> Result<(), Corrupt> {
        while !bytes.is_empty() {
            let head = bytes.get(..10).ok_or_else(|| Corrupt("cut short".into()))?;
            let id = u16::from_le_bytes([head[0], head[1]]);
            let key_len = u32::from_le_bytes([head[2], head[3], head[4], head[5]]) as usize;
            let row_len = u32::from_le_bytes([head[6], head[7], head[8], head[9]]);
            let rest = &bytes[10..];
            let key = rest.get(..key_len).ok_or_else(|| Corrupt("cut short".into()))?;
            let (row, used) = if row_len == u32::MAX { (None, key_len) } else {
                let end = key_len + row_len as usize;
                (Some(rest.get(key_len..end).ok_or_else(|| Corrupt("cut short".into()))?), end)
            };
            let mut outcome = Err(Corrupt(format!("unknown table {id}")));
            self.each(&mut |table, _, t| if table == id { outcome = t.apply(key, row); });
            outcome?;
            bytes = &rest[used..];
        }
        Ok(())
    }
}

/// Declares the tables of a family: `table_set! { /// doc  pub struct XTables { a: Table<K, V> = 0x10, … } }`.
/// Ids are stable for ever; each family has a range of sixteen.
macro_rules! table_set {
    ($(#[$doc:meta])* pub struct $name:ident { $($(#[$fdoc:meta])* $field:ident : $kind:ident<$($of:ty),+> = $id:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Default)]
        pub struct $name { $($(#[$fdoc])* pub $field: $crate::kernel::$kind<$($of),+>),* }
        impl $crate::kernel::TableSet for $name {
            fn each(&mut self, f: &mut dyn FnMut(u16, &'static str, &mut dyn $crate::kernel::AnyTable)) {
                $( f($id, stringify!($field), &mut self.$field); )*
            }
        }
    };
}
pub(crate) use table_set;

#[cfg(test)]
mod tests {
    use super::*;

    table_set! {
        /// Two tables.
        pub struct Two { /// a
            a: Table<u32, String> = 1, /// b
            b: OrderedTable<(i64, String), ()> = 2 }
    }

    fn dump(t: &mut Two) -> Vec<u8> {
        let mut out = Vec::new();
        t.each(&mut |id, _, t| t.dump(id, &mut out));
        out
    }

    #[test]
    fn journal_rebuilds_and_abort_restores() {
        let mut t = Two::default();
        t.a.insert(1, "one".into());
        t.b.insert((5, "x".into()), ());
        let mut block = Vec::new();
        t.each(&mut |id, _, t| { t.encode_changes(id, &mut block); t.commit(); });
        let committed = dump(&mut t);

        t.a.entry(&2).push_str("two");
        t.a.get_mut(&1).unwrap().push('!');
        t.b.remove(&(5, "x".into()));
        assert_ne!(dump(&mut t), committed);
        t.each(&mut |_, _, t| t.rollback());
        assert_eq!(dump(&mut t), committed, "an abort leaves nothing behind");

        let mut again = Two::default();
        again.apply_changes(&block).unwrap();
        assert_eq!(dump(&mut again), committed, "the journal rebuilds the tables");
        assert!(again.apply_changes(&block[..block.len() - 1]).is_err());
    }
}
