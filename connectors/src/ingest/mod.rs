//! Plate cameras as their vendors speak: a payload in, `anpr.reads` records out. Pure: no clock, no IO; whose camera it is
//! and what its clock means comes with the [`Camera`].
//!
//! A decoder never guesses. What a vendor leaves out is left out (no confidence is none, not 1), a state of the USA is no
//! country, percent becomes a share, a replay says so, and a time without its offset is read in the camera's zone or
//! refused. A payload that is no read (a heartbeat, a car still in view) gives no record; one that cannot be understood
//! gives a stable [`Reason`] and nothing else. Ids are made of what the vendor sent, so that a resend is the same record.

mod axis;
mod dahua;
mod genetec;
mod hikvision;
mod openalpr;
mod plate_recognizer;
mod record;
mod stamp;

use jiff::tz::TimeZone;
use serde_json::Value;

/// Payloads larger than this are not looked at: an input record may not be larger either.
pub const MAX_BYTES: usize = 256 * 1024;

/// Whose payloads are understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Vendor {
    /// Hikvision ISAPI `EventNotificationAlert`, XML.
    Hikvision,
    /// Dahua HTTP API events, `key=value` lines.
    Dahua,
    /// Axis with FF Group's reader, JSON.
    Axis,
    /// Plate Recognizer (snapshot, stream, webhook), JSON.
    PlateRecognizer,
    /// Genetec AutoVu `SharpV`, JSON.
    Genetec,
    /// OpenALPR results and groups, JSON.
    OpenAlpr,
}

impl Vendor {
    /// All of them, by the name they have in a URL.
    pub const ALL: [(&'static str, Self); 6] = [("hikvision", Self::Hikvision), ("dahua", Self::Dahua), ("axis", Self::Axis),
        ("plate-recognizer", Self::PlateRecognizer), ("genetec", Self::Genetec), ("openalpr", Self::OpenAlpr)];

    /// The vendor of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> { Self::ALL.iter().find(|(n, _)| *n == name).map(|(_, v)| *v) }
}

/// A camera as the device registry knows it.
#[derive(Clone, Debug)]
pub struct Camera {
    /// Its checkpoint.
    pub checkpoint: String,
    /// Its device id, `<checkpoint>/<name>`.
    pub device: String,
    /// Where its clock stands when it writes no offset.
    pub zone: TimeZone,
    /// Its clock counts local seconds where the protocol asks for UTC (seen on Dahua without `RealUTC`).
    pub local_epoch: bool,
}

/// Why a payload gives no record. The names are stable.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// Larger than [`MAX_BYTES`].
    #[error("too_large")]
    TooLarge,
    /// Not UTF-8.
    #[error("not_utf8")]
    NotUtf8,
    /// Not XML, or XML with a document type.
    #[error("not_xml")]
    NotXml,
    /// Not JSON.
    #[error("not_json")]
    NotJson,
    /// Not `key=value` lines.
    #[error("not_form")]
    NotForm,
    /// Something essential is missing.
    #[error("missing_field:{0}")]
    Missing(&'static str),
    /// Something is there and is not what it must be.
    #[error("wrong_type:{0}")]
    Wrong(&'static str),
    /// A time that cannot be placed.
    #[error("bad_time")]
    BadTime,
    /// The camera saw a vehicle and read no plate.
    #[error("no_plate")]
    NoPlate,
}

/// Decodes a payload of a vendor's camera into `anpr.reads` records.
///
/// # Errors
/// The first reason why it is none.
pub fn decode_vendor(vendor: Vendor, camera: &Camera, payload: &[u8]) -> Result<Vec<Value>, Reason> {
    if payload.len() > MAX_BYTES { return Err(Reason::TooLarge); }
    let text = core::str::from_utf8(payload).map_err(|_| Reason::NotUtf8)?;
    let text = text.trim_start_matches('\u{feff}');
    match vendor {
        Vendor::Hikvision => hikvision::decode(camera, text),
        Vendor::Dahua => dahua::decode(camera, text),
        Vendor::Axis => axis::decode(camera, &json(text)?),
        Vendor::PlateRecognizer => plate_recognizer::decode(camera, &json(text)?),
        Vendor::Genetec => genetec::decode(camera, &json(text)?),
        Vendor::OpenAlpr => openalpr::decode(camera, &json(text)?),
    }
}

fn json(text: &str) -> Result<Value, Reason> {
    let value: Value = serde_json::from_str(text).map_err(|_| Reason::NotJson)?;
    if value.is_object() { Ok(value) } else { Err(Reason::NotJson) }
}
