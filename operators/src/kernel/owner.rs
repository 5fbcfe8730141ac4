//! Owners are keys, not shards: the same code runs at any shard count.

use compact_str::CompactString;
use kezek_schemas::ids::{AccountId, BookingId, CheckpointId, DeviceId, ProfileId, RegionId, SealId, Vin};
use kezek_schemas::plate::Skeleton;
use serde::{Deserialize, Serialize};

/// Who owns rows and receives messages.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Owner {
    /// All vehicles of one plate skeleton: bookings, journeys, risk.
    Vehicle(Skeleton),
    /// A checkpoint: slots, queue, gate, boards.
    Checkpoint(CheckpointId),
    /// A region: alerts, groups, tasks.
    Region(RegionId),
    /// A VIN: who holds it.
    Vin(Vin),
    /// An account: hoarding counters.
    Account(AccountId),
    /// A booking id: where the booking lives; answers that came before it.
    Booking(BookingId),
    /// A seal: whose it is.
    Seal(SealId),
    /// Permit stock, `country/kind`.
    Permit(CompactString),
    /// A station or camera without a plate.
    Device(DeviceId),
    /// A risk profile.
    Profile(ProfileId),
}

impl Owner {
    /// The key text: its murmur2 is the partition, and timers sort by it.
    #[must_use]
    pub fn key(&self) -> &str {
        match self {
            Self::Vehicle(s) => s.as_str(),
            Self::Checkpoint(c) => c.as_str(),
            Self::Region(r) => r.as_str(),
            Self::Vin(v) => v.as_str(),
            Self::Account(a) => a.as_str(),
            Self::Booking(b) => b.as_str(),
            Self::Seal(s) => s.as_str(),
            Self::Permit(p) => p.as_str(),
            Self::Device(d) => d.as_str(),
            Self::Profile(p) => p.as_str(),
        }
    }
    /// The shard that owns it.
    #[must_use]
    pub fn shard(&self, shards: u32) -> u32 { kezek_schemas::keys::partition(self.key().as_bytes(), shards) }
}
