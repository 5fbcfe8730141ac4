//! Input events: what the outside tells us, parsed once into closed types. A value of these types has passed
//! every rule of the wire (see `decode`); nobody checks it again.

mod booking;
mod border;
mod gate;
mod road;

pub use booking::*;
pub use border::*;
pub use gate::*;
pub use road::*;

use serde::{Deserialize, Serialize};

use crate::ids::{Country, RecordId};
use crate::plate::Plate;
use crate::time::Timestamp;

/// The input topics.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Topic {
    /// `anpr.reads`
    AnprReads,
    /// `road.hits`
    RoadHits,
    /// `weigh.hits`
    WeighHits,
    /// `bookings`
    Bookings,
    /// `checks`
    Checks,
    /// `declarations`
    Declarations,
    /// `crossings`
    Crossings,
    /// `seals`
    Seals,
    /// `permits`
    Permits,
    /// `controls`
    Controls,
    /// `barrier.events`
    BarrierEvents,
    /// `groups`
    Groups,
    /// `risk.profiles`
    RiskProfiles,
}

impl Topic {
    /// All input topics.
    pub const ALL: [Self; 13] = [Self::AnprReads, Self::RoadHits, Self::WeighHits, Self::Bookings, Self::Checks,
        Self::Declarations, Self::Crossings, Self::Seals, Self::Permits, Self::Controls, Self::BarrierEvents,
        Self::Groups, Self::RiskProfiles];

    /// The topic's name in the log.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::AnprReads => "anpr.reads",
            Self::RoadHits => "road.hits",
            Self::WeighHits => "weigh.hits",
            Self::Bookings => "bookings",
            Self::Checks => "checks",
            Self::Declarations => "declarations",
            Self::Crossings => "crossings",
            Self::Seals => "seals",
            Self::Permits => "permits",
            Self::Controls => "controls",
            Self::BarrierEvents => "barrier.events",
            Self::Groups => "groups",
            Self::RiskProfiles => "risk.profiles",
        }
    }
    /// The topic of that name.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> { Self::ALL.into_iter().find(|t| t.name() == name) }
}

/// One valid input record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Input {
    /// Unique within its topic.
    pub id: RecordId,
    /// When the thing happened.
    pub at: Timestamp,
    /// When it arrived: the clock of everything but sights (see `decisions`: Time).
    pub arrived: Timestamp,
    /// What happened.
    pub body: Body,
}

/// What an input says, one variant per topic.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Body {
    /// A plate camera of a checkpoint or zone.
    Anpr(AnprRead),
    /// A road camera.
    Road(RoadHit),
    /// A weighing in motion.
    Weigh(WeighHit),
    /// A portal's booking record.
    Booking(BookingInput),
    /// A state system's answer.
    Check(CheckAnswer),
    /// A customs declaration, transit or waybill.
    Declaration(Declaration),
    /// A border crossing recorded by the border service.
    Crossing(Crossing),
    /// A navigation seal.
    Seal(SealEvent),
    /// A permit blank.
    Permit(PermitEvent),
    /// The officials' console and planners.
    Control(Control),
    /// A barrier controller.
    Barrier(BarrierEvent),
    /// A mobile group.
    Group(GroupEvent),
    /// A risk profile, a wanted list entry or a road closure.
    Profile(Profile),
}

impl Body {
    /// The topic this came from.
    #[must_use]
    pub const fn topic(&self) -> Topic {
        match self {
            Self::Anpr(_) => Topic::AnprReads,
            Self::Road(_) => Topic::RoadHits,
            Self::Weigh(_) => Topic::WeighHits,
            Self::Booking(_) => Topic::Bookings,
            Self::Check(_) => Topic::Checks,
            Self::Declaration(_) => Topic::Declarations,
            Self::Crossing(_) => Topic::Crossings,
            Self::Seal(_) => Topic::Seals,
            Self::Permit(_) => Topic::Permits,
            Self::Control(_) => Topic::Controls,
            Self::Barrier(_) => Topic::BarrierEvents,
            Self::Group(_) => Topic::Groups,
            Self::Profile(_) => Topic::RiskProfiles,
        }
    }
}

/// A plate as read or declared: the raw text for ever, its normal form, and the country if one is given.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlateText {
    /// As it came.
    pub raw: compact_str::CompactString,
    /// Normal form of `raw`.
    pub plate: Plate,
    /// The country given with it; `None` = unknown.
    pub country: Option<Country>,
}

impl PlateText {
    /// The plate of this raw text and country.
    #[must_use]
    pub fn new(raw: &str, country: Option<&str>) -> Self {
        Self {
            raw: raw.into(),
            plate: Plate::normalise(raw),
            country: country.and_then(Country::read),
        }
    }
}
