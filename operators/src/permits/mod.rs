//! Foreign permit blanks (CarGoAlem): stock per country, kind and year; a request on an active booking; duty paid; issued;
//! used at the crossing; returned. Every input is answered; `reason` only when it is turned down.
//!
//! The stock's owner decides. What it needs of others it asks by message (is the booking active, what is known of the
//! blank), and the input waits in a row until both answers are there.

mod blank;
mod decide;

use compact_str::{CompactString, format_compact};
use kezek_schemas::ids::{BookingId, Country, RecordId};
use kezek_schemas::inputs::{Input, PermitAction, PermitEvent};
use kezek_schemas::plate::Skeleton;
use kezek_schemas::time::Timestamp;
use serde::{Deserialize, Serialize};

pub use blank::Blank;

use crate::kernel::{Cx, Message, Owner, TimerKey, table_set};

table_set! {
    /// Rows of this family.
    pub struct PermitTables {
        /// Stock by country/kind and year.
        stock: OrderedTable<(CompactString, i16), Stock> = 0xa0,
        /// What is known of a blank, at the blank's owner.
        blanks: OrderedTable<CompactString, Blank> = 0xa1,
        /// Inputs that wait for answers.
        waiting: OrderedTable<RecordId, Waiting> = 0xa2,
        /// Bookings with a request, by country/kind: whether the duty is paid.
        requests: OrderedTable<(CompactString, BookingId), bool> = 0xa3,
    }
}

/// Blanks of one country, kind and year.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stock {
    /// In stock.
    pub count: i64,
    /// Requested, issued and used so far.
    pub requested: u32,
    /// Issued.
    pub issued: u32,
    /// Used.
    pub used: u32,
}

/// An input that waits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Waiting {
    /// When it arrived.
    pub at: Timestamp,
    /// The input.
    pub event: PermitEvent,
    /// Its year.
    pub year: i16,
    /// The booking's answer: its vehicle while it is active; `None` = not yet.
    pub booking: Option<Option<Skeleton>>,
    /// The blank's answer; `None` = not yet.
    pub blank: Option<Blank>,
}

/// Messages to this family.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Msg {
    /// The directory says whether a booking is active.
    Active {
        /// The input that waits.
        input: RecordId,
        /// The vehicle of an active booking.
        vehicle: Option<Skeleton>,
    },
    /// To a blank: what is known of it?
    AskBlank {
        /// The input that waits.
        input: RecordId,
        /// The stock that asks, `country/kind`.
        stock: CompactString,
    },
    /// From a blank.
    BlankIs {
        /// The input that waits.
        input: RecordId,
        /// What is known.
        blank: Blank,
    },
    /// To a blank: something was done with it.
    BlankDone {
        /// What.
        action: PermitAction,
        /// The country of the record.
        country: Country,
    },
}

/// Handles a message to `owner`.
pub fn on_message(cx: &mut Cx<'_>, owner: &Owner, msg: Msg) {
    let Owner::Permit(key) = owner else { return };
    match msg {
        Msg::Active { input, vehicle } => {
            if let Some(w) = cx.tables.permits.waiting.get_mut(&input) { w.booking = Some(vehicle); }
            decide::when_known(cx, &input);
        }
        Msg::BlankIs { input, blank } => {
            if let Some(w) = cx.tables.permits.waiting.get_mut(&input) { w.blank = Some(blank); }
            decide::when_known(cx, &input);
        }
        Msg::AskBlank { input, stock } => blank::asked(cx, key, input, stock),
        Msg::BlankDone { action, country } => blank::done(cx, key, action, country),
    }
}

/// Handles a timer of this family: none is set.
pub fn on_timer(_cx: &mut Cx<'_>, _timer: &TimerKey) {}

/// Handles a record of `permits` at the stock's owner.
pub fn on_permit(cx: &mut Cx<'_>, input: &Input, permit: &PermitEvent) {
    let stock = format_compact!("{}/{}", permit.country, permit.kind);
    let year = permit.year.unwrap_or_else(|| decide::year_of(input.at));
    let asks_booking = permit.booking_id.as_ref().filter(|_| permit.action != PermitAction::StockAdded);
    let waiting = Waiting { at: cx.now, event: permit.clone(), year, booking: if asks_booking.is_some() { None } else { Some(None) },
        blank: if permit.blank.is_some() { None } else { Some(Blank::default()) } };
    if let Some(booking) = asks_booking {
        cx.send(Owner::Booking(booking.clone()), Message::Directory(crate::directory::Msg::IsActive { stock: stock.clone(), input: input.id.clone() }));
    }
    if let Some(blank) = &permit.blank {
        cx.send(blank::owner(blank), Message::Permits(Msg::AskBlank { input: input.id.clone(), stock }));
    }
    cx.tables.permits.waiting.insert(input.id.clone(), waiting);
    decide::when_known(cx, &input.id);
}
