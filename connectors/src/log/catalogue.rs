//! The topics that exist, by name, with what a broker must know about each.
//!
//! The log knows topics only as names and roles; what is in their records is the business of
//! `schemas`. The order of [`Catalogue::inputs`] gives the [`TopicId`]s of one process and is
//! never stored: whatever is durable names topics by name, so the list may grow or be sorted.

/// An input topic as an index into the catalogue's inputs, valid in this process only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TopicId(pub u16);

impl TopicId {
    /// Messages between keys.
    pub const INTERNAL: Self = Self(u16::MAX);
}

/// The name of the topic that carries messages between keys.
pub const INTERNAL: &str = "internal";
/// The name of the topic that carries the journal blocks.
pub const JOURNAL: &str = "journal";

/// Who writes a topic, and therefore how it is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TopicRole {
    /// Written by the outside, read by shards.
    Input,
    /// Written by shards, read by the outside.
    Output,
    /// Written and read by shards: messages between keys.
    Internal,
    /// Written by the shard of the same number, read by followers and by recovery.
    Journal,
}

/// What becomes of old records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retention {
    /// Kept for so many days.
    Days(u32),
    /// Kept for ever.
    Unlimited,
    /// The newest record of each key is kept for ever.
    Compacted,
}

/// One topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TopicSpec {
    /// Its name, the same on every kind of log.
    pub name: &'static str,
    /// Who writes it.
    pub role: TopicRole,
    /// Largest record batch, bytes.
    pub max_bytes: u32,
    /// What becomes of old records.
    pub retention: Retention,
}

const MIB: u32 = 1024 * 1024;
/// A dead letter carries an input record of up to 1 MiB in base64, with its reason.
const DEAD_LETTER_MAX: u32 = 2 * MIB + MIB / 4;
/// A journal block holds all table changes of one commit.
const JOURNAL_MAX: u32 = 16 * MIB;

const fn input(name: &'static str, retention: Retention) -> TopicSpec {
    TopicSpec {
        name,
        role: TopicRole::Input,
        max_bytes: MIB,
        retention,
    }
}

const fn output(name: &'static str, max_bytes: u32, retention: Retention) -> TopicSpec {
    TopicSpec {
        name,
        role: TopicRole::Output,
        max_bytes,
        retention,
    }
}

/// The product's topics; the contract with the outside.
pub const TOPICS: &[TopicSpec] = &[
    // By name: the order in which records of one arrival time are handled, in `replay` too.
    input("anpr.reads", Retention::Days(30)),
    input("barrier.events", Retention::Days(30)),
    input("bookings", Retention::Days(30)),
    input("checks", Retention::Days(30)),
    input("controls", Retention::Days(30)),
    input("crossings", Retention::Days(30)),
    input("declarations", Retention::Days(30)),
    input("groups", Retention::Days(30)),
    input("permits", Retention::Days(30)),
    input("risk.profiles", Retention::Compacted),
    input("road.hits", Retention::Days(30)),
    input("seals", Retention::Days(30)),
    input("weigh.hits", Retention::Days(30)),
    output("barrier.commands", MIB, Retention::Days(30)),
    output("gate.decisions", MIB, Retention::Days(30)),
    output("booking.events", MIB, Retention::Days(30)),
    output("notifications", MIB, Retention::Days(30)),
    output("boards", MIB, Retention::Compacted),
    output("risk.alerts", MIB, Retention::Days(30)),
    output("group.tasks", MIB, Retention::Days(30)),
    output("permit.events", MIB, Retention::Days(30)),
    output("dead.letters", DEAD_LETTER_MAX, Retention::Days(30)),
    TopicSpec {
        name: INTERNAL,
        role: TopicRole::Internal,
        max_bytes: 2 * MIB,
        retention: Retention::Days(30),
    },
    TopicSpec {
        name: JOURNAL,
        role: TopicRole::Journal,
        max_bytes: JOURNAL_MAX,
        retention: Retention::Unlimited,
    },
];

/// The topics of one log. Cheap to copy.
#[derive(Clone, Copy, Debug)]
pub struct Catalogue {
    topics: &'static [TopicSpec],
}

impl Default for Catalogue {
    fn default() -> Self {
        Self::of(TOPICS)
    }
}

impl Catalogue {
    /// A catalogue of these topics. It must name [`INTERNAL`] and [`JOURNAL`].
    #[must_use]
    pub const fn of(topics: &'static [TopicSpec]) -> Self {
        Self { topics }
    }

    /// All topics, in the order given.
    #[must_use]
    pub const fn topics(self) -> &'static [TopicSpec] {
        self.topics
    }

    /// The input topics; the index of each is its [`TopicId`].
    pub fn inputs(self) -> impl Iterator<Item = &'static TopicSpec> {
        self.topics.iter().filter(|t| t.role == TopicRole::Input)
    }

    /// The input topic (or `internal`) of this name.
    #[must_use]
    pub fn input_id(self, name: &str) -> Option<TopicId> {
        if name == INTERNAL {
            return Some(TopicId::INTERNAL);
        }
        let index = self.inputs().position(|t| t.name == name)?;
        u16::try_from(index).ok().map(TopicId)
    }

    /// The name of an input topic (or `internal`).
    #[must_use]
    pub fn input_name(self, id: TopicId) -> Option<&'static str> {
        if id == TopicId::INTERNAL {
            return Some(INTERNAL);
        }
        self.inputs().nth(usize::from(id.0)).map(|t| t.name)
    }

    /// The topic of this name.
    #[must_use]
    pub fn find(self, name: &str) -> Option<&'static TopicSpec> {
        self.topics.iter().find(|t| t.name == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_and_names_are_inverse() {
        let catalogue = Catalogue::default();
        assert_eq!(catalogue.inputs().count(), 13);
        assert_eq!(catalogue.topics().len(), 24);
        for spec in catalogue.inputs() {
            let id = catalogue.input_id(spec.name).expect("an input has an id");
            assert_eq!(catalogue.input_name(id), Some(spec.name));
        }
        assert_eq!(catalogue.input_id("internal"), Some(TopicId::INTERNAL));
        assert_eq!(catalogue.input_id("boards"), None);
        assert_eq!(catalogue.input_name(TopicId(13)), None);
    }
}
