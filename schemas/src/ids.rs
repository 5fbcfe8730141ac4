//! Typed ids. Each is a short string that is inline up to 24 bytes, so that a copy costs no allocation, and
//! each has its own type, so that a camera is never taken for a barrier.

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub CompactString);

        impl $name {
            /// The id made of this text.
            #[must_use]
            pub fn new(text: impl AsRef<str>) -> Self { Self(CompactString::new(text)) }
            /// The text of the id.
            #[must_use]
            pub fn as_str(&self) -> &str { self.0.as_str() }
        }
        impl core::fmt::Display for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result { f.write_str(&self.0) }
        }
        impl From<&str> for $name {
            fn from(text: &str) -> Self { Self::new(text) }
        }
        impl From<CompactString> for $name {
            fn from(text: CompactString) -> Self { Self(text) }
        }
        impl From<String> for $name {
            fn from(text: String) -> Self { Self(text.into()) }
        }
    )*};
}

ids! {
    /// The id of an input record, unique within its topic for the deduplication window.
    RecordId;
    /// A booking, as the portal names it.
    BookingId;
    /// A portal account.
    AccountId;
    /// A border checkpoint: lower-case Latin slug (`nur-zholy`).
    CheckpointId;
    /// A region (`zhetisu`).
    RegionId;
    /// A camera, barrier, board or scale: `<checkpoint or road>/<name>`.
    DeviceId;
    /// A mobile group: `<region>/group-1`.
    GroupId;
    /// An arrival: the id of its first read.
    ArrivalId;
    /// A barrier command; deterministic, holds no epoch.
    CommandId;
    /// A risk alert.
    AlertId;
    /// A task of a mobile group.
    TaskId;
    /// A journey.
    JourneyId;
    /// A navigation seal.
    SealId;
    /// A customs declaration.
    DeclarationId;
    /// A risk profile.
    ProfileId;
    /// A node of the road graph (`ALA`, `cp34`).
    NodeId;
    /// A rule set (`seo-2023`).
    SchemeId;
    /// A vehicle identification number, upper case.
    Vin;
    /// A country as the reader or portal gives it, upper case (`KZ`).
    Country;
}

impl Country {
    /// The country a text names: trimmed and in upper case; `None` for a blank text.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.is_empty() { return None; }
        let plain = text.bytes().all(|b| b.is_ascii_uppercase());
        Some(Self(if plain { CompactString::new(text) } else { text.to_uppercase().into() }))
    }
}

impl CheckpointId {
    /// The device of this checkpoint with that short name: `nur-zholy` + `gate-in` = `nur-zholy/gate-in`.
    #[must_use]
    pub fn device(&self, name: &str) -> DeviceId {
        let mut text = self.0.clone();
        text.push('/');
        text.push_str(name);
        DeviceId(text)
    }
}
