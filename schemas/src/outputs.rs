//! Output records. An output is one JSON object for one topic with its key; operators fill the typed shapes of
//! their family and hand them over as [`OutRecord`]s. Every record carries a stable, unique `id`.

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

/// The output topics.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum OutTopic {
    /// `barrier.commands`
    BarrierCommands,
    /// `gate.decisions`
    GateDecisions,
    /// `booking.events`
    BookingEvents,
    /// `notifications`
    Notifications,
    /// `boards`
    Boards,
    /// `risk.alerts`
    RiskAlerts,
    /// `group.tasks`
    GroupTasks,
    /// `permit.events`
    PermitEvents,
    /// `dead.letters`
    DeadLetters,
}

impl OutTopic {
    /// All output topics.
    pub const ALL: [Self; 9] = [Self::BarrierCommands, Self::GateDecisions, Self::BookingEvents, Self::Notifications,
        Self::Boards, Self::RiskAlerts, Self::GroupTasks, Self::PermitEvents, Self::DeadLetters];
    /// The topic's name in the log.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::BarrierCommands => "barrier.commands",
            Self::GateDecisions => "gate.decisions",
            Self::BookingEvents => "booking.events",
            Self::Notifications => "notifications",
            Self::Boards => "boards",
            Self::RiskAlerts => "risk.alerts",
            Self::GroupTasks => "group.tasks",
            Self::PermitEvents => "permit.events",
            Self::DeadLetters => "dead.letters",
        }
    }
    /// The topic of that name.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> { Self::ALL.into_iter().find(|t| t.name() == name) }
}

/// One output record, encoded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutRecord {
    /// Where it goes.
    pub topic: OutTopic,
    /// Its key: the partition is murmur2 of it.
    pub key: CompactString,
    /// The JSON object, one line.
    pub json: String,
}

/// A three-language text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Text {
    /// Kazakh.
    pub kk: String,
    /// Russian.
    pub ru: String,
    /// English.
    pub en: String,
}
