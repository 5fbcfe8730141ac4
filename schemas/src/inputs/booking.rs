//! `bookings` and `checks`: what the portals ask and what the state systems answer.

use serde::{Deserialize, Serialize};

use super::PlateText;
use crate::ids::{AccountId, BookingId, CheckpointId, SchemeId, Vin};
use crate::time::{Slot, Timestamp};

/// A record of `bookings`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BookingInput {
    /// The booking it is about.
    pub booking_id: BookingId,
    /// The account that speaks.
    pub account_id: AccountId,
    /// What it asks.
    pub kind: BookingKind,
}

/// What a booking record asks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum BookingKind {
    /// A new booking.
    Requested(Box<BookingRequest>),
    /// Another slot (or, forbidden, another plate, checkpoint, VIN, crew).
    Rescheduled(Box<BookingEdit>),
    /// The user gives the booking up.
    Cancelled,
    /// More drivers; may also carry fields whose change is forbidden.
    DriverAdded(Box<BookingEdit>),
}

/// The fields of a `requested` record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BookingRequest {
    /// The rule set (`seo-2023`); unknown to the decoder's list = `wrong_type:scheme`.
    pub scheme: SchemeId,
    /// The checkpoint, as asked (slug or alias; may be unknown).
    pub checkpoint: CheckpointId,
    /// The slot asked for.
    pub slot: SlotWish,
    /// The vehicle.
    pub vehicle: Vehicle,
    /// Its owner.
    pub owner: Owner,
    /// The crew, numbered from 0.
    pub drivers: Vec<Driver>,
    /// Cargo that asks for the priority lane.
    pub priority: Option<Priority>,
    /// The fee paid.
    pub fee: Option<Fee>,
}

/// The slot asked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum SlotWish {
    /// This local date and hour.
    Exact(Slot),
    /// The earliest hour with a free place that starts after now and not before this.
    FirstFree {
        /// Not before this instant.
        not_before: Option<Timestamp>,
    },
}

/// The vehicle of a booking.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Vehicle {
    /// Plate and country (the country is always given here).
    pub plate: PlateText,
    /// VIN, upper case.
    pub vin: Option<Vin>,
    /// The trailer's plate.
    pub trailer: Option<PlateText>,
    /// UNECE class as given (`N3`); `N*`, `O*`, `T*` are freight.
    pub category: compact_str::CompactString,
}

/// The owner of the vehicle. The id is personal data: it never reaches logs, labels or alerts.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    /// Resident of Kazakhstan.
    pub resident: bool,
    /// `legal` or `natural`, as given.
    pub kind: compact_str::CompactString,
    /// ИИН or БИН.
    pub id: Option<compact_str::CompactString>,
}

/// A driver. Document and name are personal data.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Driver {
    /// Resident of Kazakhstan.
    pub resident: bool,
    /// Number of the driver's document.
    pub document: compact_str::CompactString,
    /// Name.
    pub name: Option<compact_str::CompactString>,
}

impl core::fmt::Debug for Owner {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Owner").field("resident", &self.resident).finish_non_exhaustive()
    }
}
impl core::fmt::Debug for Driver {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Driver").field("resident", &self.resident).finish_non_exhaustive()
    }
}

/// The fields an edit (`rescheduled`, `driver_added`) may carry. Absent = unchanged.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct BookingEdit {
    /// Another checkpoint (forbidden unless equal).
    pub checkpoint: Option<CheckpointId>,
    /// Another slot.
    pub slot: Option<SlotWish>,
    /// Another plate (forbidden unless equal).
    pub plate: Option<PlateText>,
    /// Another VIN (forbidden unless equal).
    pub vin: Option<Vin>,
    /// `driver_added`: the new drivers only. `rescheduled`: a whole crew (forbidden if it has none of the booking's).
    pub drivers: Option<Vec<Driver>>,
}

/// Cargo that may go out of turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    /// Live animals.
    Animals,
    /// Perishable goods.
    Perishable,
    /// Dangerous goods.
    Dangerous,
    /// Humanitarian goods.
    Humanitarian,
}

/// The fee class of a booking.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fee {
    /// In turn.
    Turn,
    /// Out of turn.
    OutOfTurn,
    /// Accelerated.
    Accelerated,
}

/// The named checks (contracts: `check` is one of).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum Check {
    Account, VehicleRegistration, DrivingLicence, Wanted, AgriRegistration, TransportPermit, Insurance, TaxDebt,
    TrafficFines, DigitalDocuments, Biometrics, PhoneMatch, TollDebt, TechInspection, VetPhyto,
    DangerousGoodsPermit, CustomsDeclaration, AccompanyingDocuments,
}

impl Check {
    /// All checks.
    pub const ALL: [Self; 18] = [Self::Account, Self::VehicleRegistration, Self::DrivingLicence, Self::Wanted,
        Self::AgriRegistration, Self::TransportPermit, Self::Insurance, Self::TaxDebt, Self::TrafficFines,
        Self::DigitalDocuments, Self::Biometrics, Self::PhoneMatch, Self::TollDebt, Self::TechInspection,
        Self::VetPhyto, Self::DangerousGoodsPermit, Self::CustomsDeclaration, Self::AccompanyingDocuments];
    /// The name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Account => "account", Self::VehicleRegistration => "vehicle_registration",
            Self::DrivingLicence => "driving_licence", Self::Wanted => "wanted",
            Self::AgriRegistration => "agri_registration", Self::TransportPermit => "transport_permit",
            Self::Insurance => "insurance", Self::TaxDebt => "tax_debt", Self::TrafficFines => "traffic_fines",
            Self::DigitalDocuments => "digital_documents", Self::Biometrics => "biometrics",
            Self::PhoneMatch => "phone_match", Self::TollDebt => "toll_debt",
            Self::TechInspection => "tech_inspection", Self::VetPhyto => "vet_phyto",
            Self::DangerousGoodsPermit => "dangerous_goods_permit", Self::CustomsDeclaration => "customs_declaration",
            Self::AccompanyingDocuments => "accompanying_documents",
        }
    }
    /// The check of that name.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> { Self::ALL.into_iter().find(|c| c.name() == name) }
}

/// Whom a check is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Subject {
    /// `owner`
    Owner,
    /// `vehicle`
    Vehicle,
    /// `driver:N`, N from 0
    Driver(u16),
}

impl core::fmt::Display for Subject {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Owner => f.write_str("owner"),
            Self::Vehicle => f.write_str("vehicle"),
            Self::Driver(n) => write!(f, "driver:{n}"),
        }
    }
}

/// A three-valued answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckResult {
    /// In order.
    Ok,
    /// Not in order.
    Fail,
    /// The source did not answer.
    Unavailable,
}

/// A record of `checks`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CheckAnswer {
    /// The booking.
    pub booking_id: BookingId,
    /// Its plate.
    pub plate: PlateText,
    /// Which check.
    pub check: Check,
    /// Of whom.
    pub subject: Subject,
    /// The answer.
    pub result: CheckResult,
    /// The source system.
    pub source: compact_str::CompactString,
    /// Until when what it says holds (insurance).
    pub valid_until: Option<Timestamp>,
    /// Free text of the source.
    pub detail: Option<compact_str::CompactString>,
}
