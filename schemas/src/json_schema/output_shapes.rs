//! The shapes of the output topics. Nothing decodes them here: they are what readers may rely on.

use crate::decode::shape::Kind::{Any, Date, Id, List, Number, Object, OneOf, Text, Time, Whole};
use crate::decode::shape::{Field, Shape, may, must};
use crate::decode::shapes::{inner, record};
use crate::outputs::OutTopic;

/// The shape of a topic's records, without `id` and `at`.
pub(super) const fn shape(topic: OutTopic) -> &'static Shape {
    match topic {
        OutTopic::BarrierCommands => &BARRIER_COMMANDS,
        OutTopic::GateDecisions => &GATE_DECISIONS,
        OutTopic::BookingEvents => &BOOKING_EVENTS,
        OutTopic::Notifications => &NOTIFICATIONS,
        OutTopic::Boards => &BOARDS,
        OutTopic::RiskAlerts => &RISK_ALERTS,
        OutTopic::GroupTasks => &GROUP_TASKS,
        OutTopic::PermitEvents => &PERMIT_EVENTS,
        OutTopic::DeadLetters => &DEAD_LETTERS,
    }
}

const fn plain(fields: &'static [Field]) -> Shape { record(fields, None, &[]) }

const OUTCOME: &[&str] = &["open", "ask_officer", "refuse", "recorded"];
const SHARE: crate::decode::shape::Kind = Number(0.0, 1.0);
const NUMBER: crate::decode::shape::Kind = Whole(0, i64::MAX);

static BARRIER_COMMANDS: Shape = plain(&[
    must("command_id", Id), must("checkpoint", Id), must("barrier", Id), must("action", OneOf(&["open", "hold", "release"])),
    may("arrival_id", Id), may("booking_id", Id), may("plate", Text), must("issued_at", Time), must("not_after", Time),
    must("epoch", NUMBER), must("seq", NUMBER), may("nonce", Text), must("mode", OneOf(&["auto", "manual"])),
    may("actor", Any), must("decision", Object(&DECISION)),
]);
static DECISION: Shape = inner(&[
    must("outcome", OneOf(OUTCOME)), may("posterior", SHARE), must("reads", List(&Any)), must("rule", Id),
    must("clause", Text),
]);

static GATE_DECISIONS: Shape = plain(&[
    must("arrival_id", Id), must("revision", Whole(1, i64::MAX)), must("checkpoint", Id), must("camera", Id),
    must("outcome", OneOf(OUTCOME)),
    must("reason", OneOf(&[
        "clean", "proof", "officer", "console", "ambiguous", "one_edit", "fleet_neighbour", "not_from_zone", "live_lane",
        "barrier_held", "low_confidence", "country_conflict", "watch_list", "reopened", "barrier_failed", "offline",
        "no_booking", "not_due", "consumed", "revoked", "checkpoint_closed", "no_match", "stale_read", "left_uncalled",
        "zone",
    ])),
    must("rule", Id), must("clause", Text), must("candidates", List(&Object(&CANDIDATE))), must("reads", List(&Any)),
]);
static CANDIDATE: Shape = inner(&[may("booking_id", Id), must("plate", Text), must("posterior", SHARE)]);

static BOOKING_EVENTS: Shape = plain(&[
    must("booking_id", Id), must("checkpoint", Id),
    must("status", OneOf(&[
        "requested", "waiting_source", "confirmed", "refused", "rescheduled", "notified", "in_zone", "called", "released",
        "at_gate", "admitted", "crossed", "late", "annulled", "cancelled", "revoked",
    ])),
    must("seq", Whole(1, i64::MAX)), must("cause", Id), may("number", Whole(1, i64::MAX)), may("slot", Object(&SLOT)),
    may("interval", Object(&INTERVAL)), must("reasons", List(&Object(&REASON))),
]);
static SLOT: Shape = inner(&[must("date", Date), must("hour", Whole(0, 23))]);
static INTERVAL: Shape = inner(&[must("from", Time), must("to", Time)]);
static REASON: Shape = inner(&[must("code", Id), may("check", Id), may("clause", Text)]);

static NOTIFICATIONS: Shape = plain(&[
    must("account_id", Id), must("booking_id", Id),
    must("kind", OneOf(&["arrive", "call", "late", "annulled", "refused", "confirmed", "retimed", "revoked"])),
    may("due_by", Time), must("text", Object(&TEXT)),
]);
static TEXT: Shape = inner(&[must("kk", Text), must("ru", Text), must("en", Text)]);

static BOARDS: Shape = plain(&[
    must("board", Id), must("mode", OneOf(&["mandatory", "mixed", "offline"])), must("rows", List(&Object(&ROW))),
    must("valid_until", Time),
]);
static ROW: Shape = inner(&[may("number", Any), must("plate", Text), must("lane", Text), must("state", Text)]);

static RISK_ALERTS: Shape = plain(&[
    must("alert_id", Id), must("kind", Id), must("severity", Whole(1, 4)),
    must("state", OneOf(&["raised", "updated", "cleared"])), may("plate", Text), may("country", Text), may("region", Id),
    may("lat", Number(-90.0, 90.0)), may("lon", Number(-180.0, 180.0)), must("score", Number(f64::MIN, f64::MAX)),
    must("evidence", List(&Any)), may("journey_id", Id), may("booking_id", Id), may("group", Id),
]);

static GROUP_TASKS: Shape = plain(&[
    must("task_id", Id), must("group", Id), must("alert_id", Id),
    must("type", OneOf(&["assigned", "reassigned", "cancelled", "stop_warning", "stop_overrun"])),
    may("eta_min", Number(0.0, f64::MAX)), may("meet", Object(&POINT)),
]);
static POINT: Shape = inner(&[must("lat", Number(-90.0, 90.0)), must("lon", Number(-180.0, 180.0))]);

static PERMIT_EVENTS: Shape = plain(&[
    must("type", Id), must("country", Id), must("kind", Id), may("blank", Id), may("booking_id", Id),
    may("reason", OneOf(&["no_active_booking", "no_stock", "duty_not_paid", "blank_used", "country_mismatch"])),
]);

static DEAD_LETTERS: Shape = plain(&[
    must("topic", Id), must("partition", NUMBER), must("offset", NUMBER), must("raw", Text), must("reason", Id),
    must("detail", Text),
]);
