//! A shape made ready for reading: every field name has a slot, found by one hash, so that an object is walked
//! once, doubled keys show by a taken slot, and fields are then looked at in the order of the tables.

use super::json::{Tape, Token};
use super::shape::{Field, Kind, Shape};

/// The fields of every record, in slots 0, 1, 2.
const ENVELOPE: [&str; 3] = ["id", "at", "received_at"];
/// The slot of `id`.
pub(super) const ID: u8 = 0;
/// The slot of `at`.
pub(super) const AT: u8 = 1;
/// The slot of `received_at`.
pub(super) const RECEIVED_AT: u8 = 2;
/// The most names one shape has.
const MAX_NAMES: usize = 24;

/// A shape with its names in slots.
#[derive(Debug)]
pub(crate) struct Plan {
    names: Vec<&'static str>,
    /// Hash of a name to its slot + 1; 0 = free; linear probing.
    index: [u8; 64],
    pub(super) before: Vec<Step>,
    pub(super) tag: u8,
    /// In the order of the tag's variants.
    pub(super) variants: Vec<Vec<Step>>,
    pub(super) after: Vec<Step>,
    /// The fields that hold objects, one for each slot.
    nested: Vec<Step>,
    /// Those of them that a variant does not have.
    unjudged: Vec<Vec<Step>>,
}

/// A field and its slot.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step {
    pub(super) slot: u8,
    pub(super) field: &'static Field,
}

/// Where the values of an object's fields are on the tape; 0 = absent (0 is the root, nobody's field).
#[derive(Clone, Copy)]
pub(super) struct Slots([u32; MAX_NAMES]);

impl Slots {
    /// The tape index of a field's value.
    pub(super) fn get(&self, slot: u8) -> Option<u32> { self.0.get(usize::from(slot)).copied().filter(|i| *i != 0) }
}

impl Plan {
    /// The plan of a shape.
    pub(super) fn new(shape: &'static Shape) -> Self {
        let mut plan = Self {
            names: Vec::new(), index: [0; 64], before: Vec::new(), tag: 0, variants: Vec::new(), after: Vec::new(),
            nested: Vec::new(), unjudged: Vec::new(),
        };
        if shape.envelope { for name in ENVELOPE { plan.name(name); } }
        plan.before = plan.steps(shape.before);
        if let Some(tag) = &shape.tag {
            plan.tag = plan.name(tag.name);
            plan.variants = tag.variants.iter().map(|(_, own)| plan.steps(own)).collect();
        }
        plan.after = plan.steps(shape.after);
        plan.unjudged = plan.variants.iter().map(|own| {
            let judged = || plan.before.iter().chain(own).chain(&plan.after);
            plan.nested.iter().filter(|n| !judged().any(|step| step.slot == n.slot)).copied().collect()
        }).collect();
        plan
    }

    fn steps(&mut self, fields: &'static [Field]) -> Vec<Step> {
        fields.iter().map(|field| {
            let step = Step { slot: self.name(field.name), field };
            let known = self.nested.iter().any(|n| n.slot == step.slot);
            if matches!(field.kind, Kind::Object(_) | Kind::List(_)) && !known { self.nested.push(step); }
            step
        }).collect()
    }

    /// The slot of a name, a new one if it has none.
    fn name(&mut self, name: &'static str) -> u8 {
        if let Some(slot) = self.slot(name) { return slot; }
        debug_assert!(self.names.len() < MAX_NAMES, "more names than slots");
        let slot = self.names.len() as u8;
        self.names.push(name);
        let mut h = hash(name);
        while self.index.get(h).is_some_and(|s| *s != 0) { h = (h + 1) % 64; }
        if let Some(place) = self.index.get_mut(h) { *place = slot + 1; }
        slot
    }

    /// The slot of a name.
    #[inline(always)]
    pub(super) fn slot(&self, name: &str) -> Option<u8> {
        let mut h = hash(name);
        loop {
            let slot = self.index.get(h % 64)?.checked_sub(1)?;
            if self.names.get(usize::from(slot)).is_some_and(|n| *n == name) { return Some(slot); }
            h += 1;
        }
    }

    /// The slots of the object at `i`, and whether one of its fields is there twice.
    pub(super) fn slots(&self, tape: &Tape<'_>, i: u32) -> (Slots, bool) {
        let (mut slots, mut doubled) = (Slots([0; MAX_NAMES]), false);
        for (key, value) in tape.entries(i) {
            let slot = match key {
                Token::Text { raw, escaped: false } => self.slot(raw),
                other => other.text().and_then(|name| self.slot(&name)),
            };
            if let Some(place) = slot.and_then(|s| slots.0.get_mut(usize::from(s))) {
                if *place == 0 { *place = value; } else { doubled = true; }
            }
        }
        (slots, doubled)
    }

    /// Whether a field of an object inside is there twice, at any depth the shape defines.
    pub(super) fn doubled_inside(&self, tape: &Tape<'_>, slots: &Slots) -> bool {
        self.nested.iter().any(|step| slots.get(step.slot).is_some_and(|value| step.field.kind.doubled(tape, value)))
    }
}

impl Plan {
    /// The same of the fields that objects of this variant do not have.
    pub(super) fn doubled_unjudged(&self, variant: usize, tape: &Tape<'_>, slots: &Slots) -> bool {
        self.unjudged.get(variant).into_iter().flatten()
            .any(|step| slots.get(step.slot).is_some_and(|value| step.field.kind.doubled(tape, value)))
    }
}

#[inline(always)]
fn hash(name: &str) -> usize {
    let bytes = name.as_bytes();
    let (first, last) = (bytes.first().copied().unwrap_or(0), bytes.last().copied().unwrap_or(0));
    (bytes.len() * 5 + usize::from(first) * 3 + usize::from(last) * 7) % 64
}
