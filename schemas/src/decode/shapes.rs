//! The shapes of the input topics, field by field in the order of the contract: the order in which faults are told.

use super::shape::Kind::{Any, Bool, Date, Id, List, Number, Object, OneOf, Plate, Subject, Text, Time, Whole};
use super::shape::{Field, Kind, Shape, Tag, may, must};
use crate::inputs::Topic;
use std::sync::OnceLock;

/// The rule sets there are; a booking under another is `wrong_type:scheme`.
pub const SCHEMES: [&str; 3] = ["seo-2023", "dostyk-2022", "qorgan-2025"];

/// The named checks, in the order of `Check::ALL`.
const CHECKS: [&str; 18] = {
    let mut names = [""; 18];
    let mut i = 0;
    while i < 18 {
        names[i] = crate::inputs::Check::ALL[i].name();
        i += 1;
    }
    names
};

const SHARE: Kind = Number(0.0, 1.0);
const MASS: Kind = Number(0.0, f64::MAX);
const REAL: Kind = Number(f64::MIN, f64::MAX);
const COUNT: Kind = Whole(0, u32::MAX as i64);
const HOUR: Kind = Whole(0, 23);
const LAT: Kind = Number(-90.0, 90.0);
const LON: Kind = Number(-180.0, 180.0);

/// A whole record, with fields before and after the tag.
pub(crate) const fn record(before: &'static [Field], tag: Option<Tag>, after: &'static [Field]) -> Shape {
    Shape { envelope: true, before, tag, after, plan: OnceLock::new() }
}
/// The tag `type`.
const fn typed(variants: &'static [(&'static str, &'static [Field])]) -> Option<Tag> {
    Some(Tag { name: "type", is_type: true, variants })
}
/// The tag `kind`.
const fn kinds(variants: &'static [(&'static str, &'static [Field])]) -> Option<Tag> {
    Some(Tag { name: "kind", is_type: false, variants })
}
/// An object inside a record.
pub(crate) const fn inner(fields: &'static [Field]) -> Shape {
    Shape { envelope: false, before: fields, tag: None, after: &[], plan: OnceLock::new() }
}

/// The shape of a topic's records, without `id`, `at` and `received_at`.
pub(crate) const fn shape(topic: Topic) -> &'static Shape {
    match topic {
        Topic::AnprReads => &ANPR_READS,
        Topic::RoadHits => &ROAD_HITS,
        Topic::WeighHits => &WEIGH_HITS,
        Topic::Bookings => &BOOKINGS,
        Topic::Checks => &CHECK_ANSWERS,
        Topic::Declarations => &DECLARATIONS,
        Topic::Crossings => &CROSSINGS,
        Topic::Seals => &SEALS,
        Topic::Permits => &PERMITS,
        Topic::Controls => &CONTROLS,
        Topic::BarrierEvents => &BARRIER_EVENTS,
        Topic::Groups => &GROUPS,
        Topic::RiskProfiles => &RISK_PROFILES,
    }
}

static ANPR_READS: Shape = record(&[
    must("checkpoint", Id), must("camera", Id), must("plate", Text), may("country", Text), may("confidence", SHARE),
    may("char_confidence", List(&SHARE)), may("candidates", List(&Object(&CANDIDATE))), may("trailer_plate", Text),
    may("direction", Text), may("retransmitted", Bool), may("image_ref", Text),
], None, &[]);
pub(super) static CANDIDATE: Shape = inner(&[must("plate", Text), must("confidence", SHARE)]);

static ROAD_HITS: Shape = record(&[
    must("camera", Id), must("plate", Text), may("country", Text), may("confidence", SHARE), may("trailer_plate", Text),
    may("speed_kmh", REAL), may("vehicle_class", Text), may("image_ref", Text),
], None, &[]);

static WEIGH_HITS: Shape = record(&[
    must("station", Id), may("plate", Text), may("country", Text), must("axles", List(&Object(&AXLE))),
    must("gross_kg", MASS), may("speed_kmh", REAL), may("device_class", Text),
], None, &[]);
pub(super) static AXLE: Shape = inner(&[must("load_kg", MASS), must("spacing_m", MASS)]);

static BOOKINGS: Shape = record(&[], typed(&[
        ("requested", &[
            must("booking_id", Id), must("account_id", Id), must("scheme", OneOf(&SCHEMES)), must("checkpoint", Id),
            must("slot", Object(&SLOT)), must("vehicle", Object(&VEHICLE)), must("owner", Object(&OWNER)),
            must("drivers", List(&Object(&DRIVER))),
            may("priority", OneOf(&["animals", "perishable", "dangerous", "humanitarian"])),
            may("fee", OneOf(&["turn", "out_of_turn", "accelerated"])),
        ]),
        ("rescheduled", &[
            must("booking_id", Id), must("account_id", Id), may("checkpoint", Id), may("slot", Object(&SLOT)),
            may("vehicle", Object(&VEHICLE_EDIT)), may("drivers", List(&Object(&DRIVER))),
        ]),
        ("cancelled", &[must("booking_id", Id), must("account_id", Id)]),
        ("driver_added", &[
            must("booking_id", Id), must("account_id", Id), may("checkpoint", Id), may("slot", Object(&SLOT)),
            may("vehicle", Object(&VEHICLE_EDIT)), must("drivers", List(&Object(&DRIVER))),
        ]),
    ]), &[]);
pub(super) static SLOT: Shape = Shape {
    envelope: false,
    before: &[],
    tag: kinds(&[
        ("exact", &[must("date", Date), must("hour", HOUR)]),
        ("first_free", &[may("not_before", Time)]),
    ]),
    after: &[],
    plan: OnceLock::new(),
};
pub(super) static VEHICLE: Shape = inner(&[
    must("plate", Plate), must("country", Id), may("vin", Id), may("trailer_plate", Text), must("category", Text),
]);
/// An edit's vehicle; it has the same names, so that a doubled one is found in either.
static VEHICLE_EDIT: Shape = inner(&[
    may("plate", Plate), may("country", Id), may("vin", Id), may("trailer_plate", Any), may("category", Any),
]);
pub(super) static OWNER: Shape = inner(&[must("resident", Bool), must("kind", Text), may("id", Text)]);
pub(super) static DRIVER: Shape = inner(&[must("resident", Bool), must("document", Text), may("name", Text)]);

static CHECK_ANSWERS: Shape = record(&[
    must("booking_id", Id), must("plate", Text), must("check", OneOf(&CHECKS)), must("subject", Subject),
    must("result", OneOf(&["ok", "fail", "unavailable"])), must("source", Text), may("valid_until", Time),
    may("detail", Text),
], None, &[]);

static DECLARATIONS: Shape = record(&[], typed(&[
        ("registered", &[]), ("released", &[]), ("transit_opened", &[]), ("transit_closed", &[]), ("waybill", &[]),
    ]), &[
        must("declaration_id", Id), must("plate", Text), may("trailer_plate", Text), may("checkpoint", Id),
        may("gross_kg", MASS), may("corridor", Text), may("deadline", Time), may("seal_id", Id), may("origin", Text),
    ]);

static CROSSINGS: Shape = record(&[
    must("checkpoint", Id), must("direction", OneOf(&["exit", "entry"])), must("plate", Text), may("country", Text),
], None, &[]);

static SEALS: Shape = record(&[must("seal_id", Id), may("plate", Text), must("lat", LAT), must("lon", LON)], typed(&[
        ("position", &[]), ("locked", &[]), ("unlocked", &[]), ("tamper", &[]), ("low_battery", &[]),
    ]), &[]);

static PERMITS: Shape = record(&[], typed(&[
        ("stock_added", &[]), ("requested", &[]), ("duty_paid", &[]), ("issued", &[]), ("returned", &[]), ("used", &[]),
    ]), &[
        must("country", Id), must("kind", Id), may("blank", Id), may("booking_id", Id), may("count", COUNT),
        may("year", Whole(0, 9999)),
    ]);

static CONTROLS: Shape = record(&[must("checkpoint", Id), must("actor", Object(&ACTOR))], typed(&[
        ("capacity_set", &[must("date", Date), may("hour", HOUR), must("capacity", COUNT)]),
        ("closed", &[may("until", Time), must("reason", Text)]),
        ("opened", &[]),
        ("mode_set", &[must("mode", OneOf(&["mandatory", "mixed", "offline"]))]),
        ("read_resolved", &[must("read_id", Id), may("booking_id", Id)]),
        ("booking_revoked", &[must("booking_id", Id), must("reason", Text)]),
        ("barrier_open", &[must("barrier", Id), may("plate", Text), must("reason", Text)]),
        ("barrier_hold", &[must("barrier", Id), must("reason", Text)]),
        ("barrier_release", &[must("barrier", Id)]),
        ("legacy_list", &[must("entries", List(&Object(&LEGACY_ENTRY)))]),
        ("device_state", &[must("device", Id), must("state", Text)]),
    ]), &[]);
pub(super) static ACTOR: Shape = inner(&[must("id", Id), must("role", Text)]);
pub(super) static LEGACY_ENTRY: Shape = inner(&[must("plate", Text), may("country", Text), must("position", COUNT)]);

static BARRIER_EVENTS: Shape = record(&[must("checkpoint", Id), must("barrier", Id)], typed(&[
        ("presence", &[]), ("received", &[]), ("executed", &[]), ("rejected", &[]), ("expired", &[]), ("failed", &[]),
        ("passed", &[]), ("not_passed", &[]), ("state", &[]),
    ]), &[may("command_id", Id), may("nonce", Text), may("reason", Text)]);

static GROUPS: Shape = record(&[must("region", Id), must("group", Id)], typed(&[
        ("position", &[must("lat", LAT), must("lon", LON)]),
        ("status", &[must("status", Text)]),
        ("seen", &[must("alert_id", Id)]),
        ("accepted", &[must("alert_id", Id)]),
        ("declined", &[must("alert_id", Id)]),
        ("stop_started", &[may("alert_id", Id), must("plate", Text)]),
        ("stop_finished", &[must("outcome", Text)]),
    ]), &[]);

static RISK_PROFILES: Shape = record(&[must("profile_id", Id)], kinds(&[
        ("watch_plate", &[must("plate", Plate), may("country", Text)]),
        ("watch_vin", &[must("vin", Id)]),
        ("watch_driver", &[must("document", Id)]),
        ("road_closed", &[must("from", Id), must("to", Id)]),
        ("rule", &[may("expression", Text), may("severity", Whole(1, 4))]),
    ]), &[may("valid_from", Time), may("valid_until", Time)]);
