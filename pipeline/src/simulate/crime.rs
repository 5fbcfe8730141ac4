//! What a truck may do that a group should hear of. Each is planted only where the roads, cameras and scales of its way can
//! show it; the truth says what was planted, not what was found.

/// A planted incident, by how it is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Crime {
    /// Drives to another checkpoint.
    Stray,
    /// Cancels on the road and books elsewhere.
    Rebook,
    /// Stops for days on the way.
    Vanish,
    /// Another truck carries its plate elsewhere.
    Clone,
    Overload,
    ChangedLoad,
    FalseMass,
    Bypass,
    Tamper,
    UnlockedAway,
    SealSilent,
    SealElsewhere,
    WantedPlate,
    WantedVin,
    WantedDriver,
    LeftUnclosed,
    TermOver,
    Trailer,
    Insurance,
    /// The same VIN booked under another plate.
    SameVin,
}

impl Crime {
    /// All of them.
    pub const ALL: [Self; 20] = [Self::Stray, Self::Rebook, Self::Vanish, Self::Clone, Self::Overload, Self::ChangedLoad, Self::FalseMass, Self::Bypass,
        Self::Tamper, Self::UnlockedAway, Self::SealSilent, Self::SealElsewhere, Self::WantedPlate, Self::WantedVin, Self::WantedDriver,
        Self::LeftUnclosed, Self::TermOver, Self::Trailer, Self::Insurance, Self::SameVin];

    /// The rule that should tell it.
    #[must_use]
    pub const fn kind(self) -> &'static str {
        match self {
            Self::Stray => "T-ROUTE",
            Self::Rebook => "T-CHECKPOINT",
            Self::Vanish => "T-OVERDUE",
            Self::Clone => "T-CLONE",
            Self::Overload | Self::ChangedLoad | Self::FalseMass | Self::Bypass => "T-WEIGHT",
            Self::Tamper | Self::UnlockedAway | Self::SealSilent | Self::SealElsewhere => "T-SEAL",
            Self::WantedPlate | Self::WantedVin | Self::WantedDriver => "T-WANTED",
            Self::LeftUnclosed | Self::TermOver => "T-TRANSIT",
            Self::Trailer | Self::Insurance => "T-DOCS",
            Self::SameVin => "T-QUEUE",
        }
    }

    /// How it is done, for people.
    #[must_use]
    pub const fn cause(self) -> &'static str {
        match self {
            Self::Stray => "stray", Self::Rebook => "rebooked", Self::Vanish => "vanished", Self::Clone => "clone", Self::Overload => "overload",
            Self::ChangedLoad => "changed_load", Self::FalseMass => "false_mass", Self::Bypass => "bypass", Self::Tamper => "tamper",
            Self::UnlockedAway => "unlocked_away", Self::SealSilent => "seal_silent", Self::SealElsewhere => "seal_elsewhere",
            Self::WantedPlate => "wanted_plate", Self::WantedVin => "wanted_vin", Self::WantedDriver => "wanted_driver",
            Self::LeftUnclosed => "left_unclosed", Self::TermOver => "term_over", Self::Trailer => "trailer", Self::Insurance => "insurance",
            Self::SameVin => "same_vin",
        }
    }

    /// Whether it needs a sealed transit.
    #[must_use]
    pub const fn of_transit(self) -> bool {
        matches!(self, Self::Tamper | Self::UnlockedAway | Self::SealSilent | Self::SealElsewhere | Self::LeftUnclosed | Self::TermOver)
    }
}
