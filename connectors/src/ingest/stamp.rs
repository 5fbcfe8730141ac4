//! Times as cameras write them: seconds and milliseconds since 1970, texts with an offset, texts in the camera's own zone.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::{Camera, Reason};

/// Milliseconds since 1970.
pub fn millis(ms: i64) -> Result<Timestamp, Reason> { Timestamp::from_millisecond(ms).map_err(|_| Reason::BadTime) }

/// Seconds since 1970 as the camera counts them: of local time where its clock is known to do that.
pub fn epoch(camera: &Camera, seconds: i64, ms: i64, real: bool) -> Result<Timestamp, Reason> {
    let at = Timestamp::from_second(seconds).and_then(|t| t.checked_add(SignedDuration::from_millis(ms))).map_err(|_| Reason::BadTime)?;
    if real || !camera.local_epoch { return Ok(at); }
    camera.zone.to_timestamp(at.to_zoned(TimeZone::UTC).datetime()).map_err(|_| Reason::BadTime)
}

/// A text with an offset; without one it is the camera's local time.
pub fn text(camera: &Camera, text: &str) -> Result<Timestamp, Reason> {
    let text = text.trim();
    if let Ok(at) = text.parse::<Timestamp>() { return Ok(at); }
    let local: DateTime = text.parse().map_err(|_| Reason::BadTime)?;
    camera.zone.to_timestamp(local).map_err(|_| Reason::BadTime)
}

/// Whole date with the year first and a time of day, both UTC. Dates whose day and month could be exchanged are refused.
pub fn utc(date: &str, time: &str) -> Result<Timestamp, Reason> {
    let date = date.trim().replace('/', "-");
    let at: DateTime = format!("{date}T{}", time.trim()).parse().map_err(|_| Reason::BadTime)?;
    TimeZone::UTC.to_timestamp(at).map_err(|_| Reason::BadTime)
}
