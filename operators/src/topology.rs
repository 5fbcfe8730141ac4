//! The dataflow on one screen: who owns an input, and which operator handles what.

use kezek_schemas::inputs::{Body, BookingKind, Input};

use crate::kernel::{Broadcast, Cx, Message, Owner, TimerKey, TimerKind};
use crate::{boards, booking, directory, dispatch, gate, journey, matching, permits, queue, risk};

/// The owner of an input: where it is handled, whatever key its producer used.
#[must_use]
pub fn owner_of(input: &Input) -> Owner {
    match &input.body {
        Body::Anpr(r) => Owner::Checkpoint(r.checkpoint.clone()),
        Body::Road(h) => Owner::Vehicle(h.plate.plate.skeleton()),
        Body::Weigh(h) => match &h.plate {
            Some(p) => Owner::Vehicle(p.plate.skeleton()),
            None => Owner::Device(h.station.clone()),
        },
        Body::Booking(b) => match &b.kind {
            BookingKind::Requested(r) => Owner::Vehicle(r.vehicle.plate.plate.skeleton()),
            BookingKind::Rescheduled(_) | BookingKind::Cancelled | BookingKind::DriverAdded(_) => Owner::Booking(b.booking_id.clone()),
        },
        Body::Check(c) => Owner::Vehicle(c.plate.plate.skeleton()),
        Body::Declaration(d) => Owner::Vehicle(d.plate.plate.skeleton()),
        Body::Crossing(c) => Owner::Vehicle(c.plate.plate.skeleton()),
        Body::Seal(s) => Owner::Seal(s.seal_id.clone()),
        Body::Permit(p) => Owner::Permit(compact_str::format_compact!("{}/{}", p.country, p.kind)),
        Body::Control(c) => Owner::Checkpoint(c.checkpoint.clone()),
        Body::Barrier(b) => Owner::Checkpoint(b.checkpoint.clone()),
        Body::Group(g) => Owner::Region(g.region.clone()),
        Body::Profile(p) => Owner::Profile(p.profile_id.clone()),
    }
}

/// Handles an input at its owner.
pub fn on_input(cx: &mut Cx<'_>, input: &Input) {
    match &input.body {
        Body::Anpr(r) => gate::on_read(cx, input, r),
        Body::Road(h) => {
            sighted(cx, &h.plate, &h.camera, input, h.confidence);
            journey::on_hit(cx, input, h);
        }
        Body::Weigh(h) => {
            if let Some(plate) = &h.plate { sighted(cx, plate, &h.station, input, None); }
            risk::weight::on_weighing(cx, input, h);
            journey::on_weighing(cx, input, h);
        }
        Body::Booking(b) => match &b.kind {
            BookingKind::Requested(_) => booking::on_booking(cx, input, b),
            BookingKind::Rescheduled(_) | BookingKind::Cancelled | BookingKind::DriverAdded(_) => directory::on_booking(cx, input, b),
        },
        Body::Check(c) => booking::on_check(cx, input, c),
        Body::Declaration(d) => {
            risk::weight::on_declaration(cx, input, d);
            journey::on_declaration(cx, input, d);
        }
        Body::Crossing(c) => {
            booking::on_crossing(cx, input, c);
            journey::on_crossing(cx, input, c);
        }
        Body::Seal(s) => journey::on_seal(cx, input, s),
        Body::Permit(p) => permits::on_permit(cx, input, p),
        Body::Control(c) => {
            queue::on_control(cx, input, c);
            gate::on_control(cx, input, c);
        }
        Body::Barrier(b) => gate::on_barrier(cx, input, b),
        Body::Group(g) => dispatch::on_group(cx, input, g),
        Body::Profile(p) => risk::on_profile(cx, input, p),
    }
}

/// Every read on the road is compared with the wanted lists.
fn sighted(cx: &mut Cx<'_>, plate: &kezek_schemas::inputs::PlateText, device: &kezek_schemas::ids::DeviceId, input: &Input,
    confidence: Option<f32>) {
    risk::wanted::on_sight(cx, &risk::wanted::Sight { plate: &plate.plate, country: plate.country.as_ref(), device, at: input.at, confidence });
}

/// Handles a message at its owner.
pub fn on_message(cx: &mut Cx<'_>, owner: &Owner, body: Message) {
    match body {
        Message::Forwarded(input) => on_input(cx, &input),
        Message::Directory(m) => directory::on_message(cx, owner, m),
        Message::Booking(m) => booking::on_message(cx, owner, m),
        Message::Queue(m) => queue::on_message(cx, owner, m),
        Message::Gate(m) => gate::on_message(cx, owner, m),
        Message::Journey(m) => {
            if let journey::Msg::CheckpointSight { camera, plate, at, confidence, .. } = &m {
                risk::wanted::on_sight(cx, &risk::wanted::Sight { plate: &plate.plate, country: plate.country.as_ref(), device: camera, at: *at,
                    confidence: *confidence });
            }
            journey::on_message(cx, owner, m);
        }
        Message::Risk(m) => risk::on_message(cx, owner, m),
        Message::Dispatch(m) => dispatch::on_message(cx, owner, m),
        Message::Permits(m) => permits::on_message(cx, owner, m),
        Message::Broadcast(b) => on_broadcast(cx, b),
    }
}

/// Handles a broadcast on each shard. It changes this shard's copy and has no outputs.
pub fn on_broadcast(cx: &mut Cx<'_>, what: Broadcast) {
    match what {
        Broadcast::Profile(p) => risk::on_profile_broadcast(cx, *p),
        Broadcast::KnownPlate(k) => matching::on_known(cx, k),
        Broadcast::Risk(n) => risk::on_notice(cx, n),
    }
}

/// Handles a timer at its owner.
pub fn on_timer(cx: &mut Cx<'_>, timer: &TimerKey) {
    match timer.kind {
        TimerKind::Reopen | TimerKind::Notice | TimerKind::Call | TimerKind::Late | TimerKind::Annul | TimerKind::CrossTimeout
        | TimerKind::QueuePurge => queue::on_timer(cx, timer),
        TimerKind::SourceDeadline | TimerKind::HoldExpiry | TimerKind::EarlyAnswerExpiry | TimerKind::BookingPurge => booking::on_timer(cx, timer),
        TimerKind::FusionEnd | TimerKind::NotPassed | TimerKind::ArrivalPurge | TimerKind::BarrierExpiry => gate::on_timer(cx, timer),
        TimerKind::BoardRefresh | TimerKind::BoardPublish => boards::on_timer(cx, timer),
        TimerKind::JourneyTimeout | TimerKind::TransitNear | TimerKind::TransitDue | TimerKind::SealSilence | TimerKind::Overdue
        | TimerKind::InsuranceEnd | TimerKind::BypassCheck | TimerKind::JourneyPurge => journey::on_timer(cx, timer),
        TimerKind::AcceptTimeout | TimerKind::StopWarning | TimerKind::StopOverrun | TimerKind::GroupStale => dispatch::on_timer(cx, timer),
        TimerKind::DirectoryPurge | TimerKind::AccountPurge | TimerKind::SourceSilence => directory::on_timer(cx, timer),
        TimerKind::ProfileFrom | TimerKind::ProfileUntil => risk::on_timer(cx, timer),
    }
}
