//! The decision on a permit record, when everything it needs is known. Reasons are judged in the order of the list; the
//! first is told.

use compact_str::format_compact;
use kezek_schemas::ids::RecordId;
use kezek_schemas::inputs::PermitAction;
use kezek_schemas::outputs::OutTopic;
use kezek_schemas::tables::{PermitRow, ViewRow};
use kezek_schemas::time::{Timestamp, Zone};
use serde::Serialize;

use super::{Msg, Waiting, blank};
use crate::kernel::{Cx, Message, Owner};

#[derive(Serialize)]
struct Record<'a> {
    id: &'a str,
    at: String,
    #[serde(rename = "type")]
    action: PermitAction,
    country: &'a str,
    kind: &'a str,
    year: i16,
    #[serde(skip_serializing_if = "Option::is_none")]
    blank: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    booking_id: Option<&'a str>,
    stock: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
}

/// The local year of an instant.
pub(super) fn year_of(at: Timestamp) -> i16 {
    Zone::get("Asia/Almaty").map_or(1970, |z| z.date_hour(at).0.year())
}

pub(super) fn when_known(cx: &mut Cx<'_>, id: &RecordId) {
    let Some(w) = cx.tables.permits.waiting.get(id).filter(|w| w.booking.is_some() && w.blank.is_some()).cloned() else { return };
    cx.tables.permits.waiting.remove(id);
    let reason = reason(cx, &w);
    if reason.is_none() { apply(cx, &w); }
    if reason == Some("blank_used") && w.event.action == PermitAction::Used { blank_used_twice(cx, &w); }
    tell(cx, id, &w, reason);
}

fn stock_key(w: &Waiting) -> (compact_str::CompactString, i16) { (format_compact!("{}/{}", w.event.country, w.event.kind), w.year) }

fn reason(cx: &Cx<'_>, w: &Waiting) -> Option<&'static str> {
    use PermitAction as A;
    let (action, blank) = (w.event.action, w.blank.clone().unwrap_or_default());
    let active = w.booking.as_ref().is_some_and(Option::is_some);
    let stock = cx.tables.permits.stock.get(&stock_key(w)).map_or(0, |s| s.count);
    let request = w.event.booking_id.as_ref().and_then(|b| cx.tables.permits.requests.get(&(stock_key(w).0, b.clone())));
    if matches!(action, A::Requested | A::DutyPaid | A::Issued) && !active { return Some("no_active_booking"); }
    if matches!(action, A::Requested | A::Issued) && stock <= 0 { return Some("no_stock"); }
    if action == A::Issued && request != Some(&true) { return Some("duty_not_paid"); }
    let out_already = action == A::Issued && blank.issued;
    if matches!(action, A::Issued | A::Used | A::Returned) && (blank.used || out_already) { return Some("blank_used"); }
    if matches!(action, A::Issued | A::Used | A::Returned) && blank.country.as_ref().is_some_and(|c| *c != w.event.country) { return Some("country_mismatch"); }
    None
}

fn apply(cx: &mut Cx<'_>, w: &Waiting) {
    use PermitAction as A;
    let key = stock_key(w);
    let mut stock = cx.tables.permits.stock.get(&key).cloned().unwrap_or_default();
    let count = i64::from(w.event.count.unwrap_or(1));
    match w.event.action {
        A::StockAdded => stock.count += count,
        A::Returned => stock.count += count,
        A::Issued => {
            stock.count -= 1;
            stock.issued += 1;
        }
        A::Requested => stock.requested += 1,
        A::Used => stock.used += 1,
        A::DutyPaid => {}
    }
    cx.tables.permits.stock.insert(key.clone(), stock);
    if let Some(booking) = &w.event.booking_id {
        let request = (key.0, booking.clone());
        match w.event.action {
            A::Requested => { if !cx.tables.permits.requests.contains(&request) { cx.tables.permits.requests.insert(request, false); } }
            A::DutyPaid => { cx.tables.permits.requests.insert(request, true); }
            A::Issued => { cx.tables.permits.requests.remove(&request); }
            A::StockAdded | A::Returned | A::Used => {}
        }
    }
    if let Some(number) = &w.event.blank {
        cx.send(blank::owner(number), Message::Permits(Msg::BlankDone { action: w.event.action, country: w.event.country.clone() }));
    }
}

/// A blank used twice is an alert on the second vehicle.
fn blank_used_twice(cx: &mut Cx<'_>, w: &Waiting) {
    let (Some(Some(vehicle)), Some(booking), Some(number)) = (&w.booking, &w.event.booking_id, &w.event.blank) else { return };
    cx.send(Owner::Vehicle(vehicle.clone()), Message::Risk(crate::risk::Msg::BlankUsedTwice { booking: booking.clone(), blank: number.clone() }));
}

fn tell(cx: &mut Cx<'_>, id: &RecordId, w: &Waiting, reason: Option<&'static str>) {
    let Some(zone) = Zone::get("Asia/Almaty") else { return };
    let key = stock_key(w);
    let stock = cx.tables.permits.stock.get(&key).cloned().unwrap_or_default();
    let record = Record { id: id.as_str(), at: cx.local(&zone), action: w.event.action, country: w.event.country.as_str(), kind: &w.event.kind, year: w.year,
        blank: w.event.blank.as_deref(), booking_id: w.event.booking_id.as_ref().map(|b| b.as_str()), stock: stock.count, reason };
    let vehicle = w.booking.as_ref().and_then(Option::as_ref).map_or(key.0.as_str(), |v| v.as_str());
    cx.emit(OutTopic::PermitEvents, vehicle, &record);
    cx.view(|_| ViewRow::PermitRow(Box::new(PermitRow { country: w.event.country.0.clone(), kind: w.event.kind.clone(), year: i32::from(w.year),
        stock: stock.count, requested: stock.requested, issued: stock.issued, used: stock.used })));
}
