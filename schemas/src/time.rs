//! Time. An instant is microseconds since the Unix epoch; civil dates, slots and seasons are local to a place
//! and come from the tz database, never from a constant offset (contradiction list: Kazakhstan changed its
//! offsets on 1 March 2024).

use core::fmt;
use core::ops::{Add, Sub};

use jiff::civil::Date;
use jiff::tz::{Offset, TimeZone};
use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

/// An instant, in microseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

/// A span between instants, in microseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Span(pub i64);

impl Span {
    /// Whole milliseconds.
    #[must_use]
    pub const fn millis(n: i64) -> Self { Self(n * 1_000) }
    /// Whole seconds.
    #[must_use]
    pub const fn seconds(n: i64) -> Self { Self(n * 1_000_000) }
    /// Whole minutes.
    #[must_use]
    pub const fn minutes(n: i64) -> Self { Self::seconds(n * 60) }
    /// Whole hours.
    #[must_use]
    pub const fn hours(n: i64) -> Self { Self::minutes(n * 60) }
    /// Days of 24 hours.
    #[must_use]
    pub const fn days(n: i64) -> Self { Self::hours(n * 24) }
    /// The span in seconds.
    #[must_use]
    pub fn as_seconds(self) -> f64 { self.0 as f64 / 1e6 }
    /// The span in hours.
    #[must_use]
    pub fn as_hours(self) -> f64 { self.as_seconds() / 3600.0 }
}

impl Add<Span> for Timestamp {
    type Output = Self;
    fn add(self, span: Span) -> Self { Self(self.0.saturating_add(span.0)) }
}
impl Sub<Span> for Timestamp {
    type Output = Self;
    fn sub(self, span: Span) -> Self { Self(self.0.saturating_sub(span.0)) }
}
impl Sub for Timestamp {
    type Output = Span;
    fn sub(self, other: Self) -> Span { Span(self.0.saturating_sub(other.0)) }
}

impl Timestamp {
    /// The earliest instant there is.
    pub const MIN: Self = Self(i64::MIN);

    /// Reads RFC 3339 with an offset; `None` for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> { parse_rfc3339(text.as_bytes()) }

    /// The instant as RFC 3339 with the local offset of `zone`; fractions only where there are any.
    #[must_use]
    pub fn to_rfc3339(self, zone: &Zone) -> String { Local { at: self, zone }.to_string() }

    fn seconds_and_micros(self) -> (i64, u32) {
        (self.0.div_euclid(1_000_000), self.0.rem_euclid(1_000_000) as u32)
    }
}

/// A place's time zone from the tz database.
#[derive(Clone, Debug)]
pub struct Zone {
    zone: TimeZone,
    name: String,
}

impl PartialEq for Zone {
    fn eq(&self, other: &Self) -> bool { self.name == other.name }
}

impl Zone {
    /// The zone of that tz database name, if there is one.
    #[must_use]
    pub fn get(name: &str) -> Option<Self> {
        TimeZone::get(name).ok().map(|zone| Self { zone, name: name.to_owned() })
    }
    /// The tz database name.
    #[must_use]
    pub fn name(&self) -> &str { &self.name }

    /// The offset from UTC in seconds at an instant.
    #[must_use]
    pub fn offset_seconds(&self, at: Timestamp) -> i32 {
        let (seconds, _) = at.seconds_and_micros();
        jiff::Timestamp::from_second(seconds).map_or(0, |t| self.zone.to_offset(t).seconds())
    }

    /// The local civil date and hour (0–23) of an instant.
    #[must_use]
    pub fn date_hour(&self, at: Timestamp) -> (Date, i8) {
        let (seconds, _) = at.seconds_and_micros();
        let stamp = jiff::Timestamp::from_second(seconds).unwrap_or_default();
        let civil = self.zone.to_datetime(stamp);
        (civil.date(), civil.hour())
    }

    /// The instant at which the local clock shows `date` `hour`:00. In a gap the later, in a fold the earlier one.
    #[must_use]
    pub fn at(&self, date: Date, hour: i8) -> Timestamp {
        let civil = date.at(hour, 0, 0, 0);
        self.zone.to_timestamp(civil).map_or(Timestamp::MIN, |t| Timestamp(t.as_microsecond()))
    }
}

/// One bookable hour of a checkpoint: local date and hour, `[date hour:00, +1 h)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slot {
    /// Local civil date.
    pub date: Date,
    /// Local hour, 0–23.
    pub hour: i8,
}

impl Slot {
    /// The slot after this one.
    #[must_use]
    pub fn next(self) -> Self {
        if self.hour < 23 {
            Self { hour: self.hour + 1, ..self }
        } else {
            Self { date: self.date.tomorrow().unwrap_or(self.date), hour: 0 }
        }
    }
    /// When the slot starts at a place.
    #[must_use]
    pub fn start(self, zone: &Zone) -> Timestamp { zone.at(self.date, self.hour) }
}

/// Slots are kept as `(days since 1970-01-01, hour)`, compact and in order.
impl Serialize for Slot {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        (days_since_epoch(self.date), self.hour).serialize(s)
    }
}
impl<'de> Deserialize<'de> for Slot {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let (days, hour) = <(i32, i8)>::deserialize(d)?;
        let date = date_of_days(days).ok_or_else(|| serde::de::Error::custom("day out of range"))?;
        if !(0..24).contains(&hour) { return Err(serde::de::Error::custom("hour out of range")); }
        Ok(Self { date, hour })
    }
}

/// Days from 1970-01-01 to a civil date.
#[must_use]
pub fn days_since_epoch(date: Date) -> i32 {
    days_from_civil(i64::from(date.year()), i64::from(date.month()), i64::from(date.day())) as i32
}

/// The civil date that many days after 1970-01-01.
#[must_use]
pub fn date_of_days(days: i32) -> Option<Date> {
    Date::new(1970, 1, 1).ok()?.checked_add(jiff::Span::new().try_days(i64::from(days)).ok()?).ok()
}

/// An instant written with the local offset of a place (RFC 3339).
pub struct Local<'a> {
    /// The instant.
    pub at: Timestamp,
    /// The place's zone.
    pub zone: &'a Zone,
}

impl fmt::Display for Local<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (seconds, micros) = self.at.seconds_and_micros();
        let offset = self.zone.offset_seconds(self.at);
        let stamp = jiff::Timestamp::from_second(seconds).unwrap_or_default();
        let civil = Offset::from_seconds(offset).unwrap_or(Offset::UTC).to_datetime(stamp);
        // Every output carries two or three of these: written by hand they take a third of the formatter's time.
        let mut text = civil_text(civil.year(), [civil.month(), civil.day(), civil.hour(), civil.minute(), civil.second()]);
        if micros != 0 {
            text.push(b'.');
            let (digits, mut left) = if micros % 1000 == 0 { (3, micros / 1000) } else { (6, micros) };
            let from = text.len();
            for _ in 0..digits {
                text.insert(from, b'0' + (left % 10) as u8);
                left /= 10;
            }
        }
        text.push(if offset < 0 { b'-' } else { b'+' });
        text.extend_from_slice(&two(offset.abs() / 3600));
        text.push(b':');
        text.extend_from_slice(&two(offset.abs() % 3600 / 60));
        f.write_str(core::str::from_utf8(&text).map_err(|_| fmt::Error)?)
    }
}

/// Two decimal digits.
const fn two(n: i32) -> [u8; 2] { [b'0' + (n / 10 % 10) as u8, b'0' + (n % 10) as u8] }

/// `yyyy-MM-ddTHH:mm:ss`.
fn civil_text(year: i16, [month, day, hour, minute, second]: [i8; 5]) -> SmallVec<[u8; 32]> {
    let mut text = SmallVec::new();
    // RFC 3339 has no years before 0.
    let year = i32::from(year.max(0));
    text.extend_from_slice(&two(year / 100));
    text.extend_from_slice(&two(year % 100));
    for (before, n) in [(b'-', month), (b'-', day), (b'T', hour), (b':', minute), (b':', second)] {
        text.push(before);
        text.extend_from_slice(&two(i32::from(n)));
    }
    text
}

/// Days from 1970-01-01 in the proleptic Gregorian calendar (Hinnant, "chrono-compatible low-level date algorithms").
const fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let y = if month <= 2 { year - 1 } else { year };
    let era = y.div_euclid(400);
    let yoe = y - era * 400;
    let doy = (153 * (if month > 2 { month - 3 } else { month + 9 }) + 2) / 5 + day - 1;
    let doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
    era * 146_097 + doe - 719_468
}

/// RFC 3339 §5.6 `date-time`, the only shape of time on the wire. A hand-written reader because every record
/// carries one or two: it takes a tenth of the general parser's time.
fn parse_rfc3339(b: &[u8]) -> Option<Timestamp> {
    let digits = |from: usize, n: usize| -> Option<i64> {
        let part = b.get(from..from + n)?;
        part.iter().try_fold(0i64, |sum, c| c.is_ascii_digit().then(|| sum * 10 + i64::from(c - b'0')))
    };
    let is = |i: usize, c: u8| b.get(i).is_some_and(|x| x.eq_ignore_ascii_case(&c));
    if !(is(4, b'-') && is(7, b'-') && (is(10, b'T') || is(10, b' ')) && is(13, b':') && is(16, b':')) { return None; }
    let (year, month, day) = (digits(0, 4)?, digits(5, 2)?, digits(8, 2)?);
    let (hour, minute, second) = (digits(11, 2)?, digits(14, 2)?, digits(17, 2)?);
    let date = Date::new(i16::try_from(year).ok()?, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()?;
    if hour > 23 || minute > 59 || second > 60 { return None; }
    let mut i = 19;
    let mut micros = 0i64;
    if is(i, b'.') {
        i += 1;
        let (start, mut scale) = (i, 100_000);
        while let Some(c) = b.get(i).filter(|c| c.is_ascii_digit()) {
            micros += i64::from(c - b'0') * scale;
            scale /= 10;
            i += 1;
        }
        if i == start { return None; }
    }
    let offset = match b.get(i)? {
        b'Z' | b'z' => { i += 1; 0 }
        sign @ (b'+' | b'-') => {
            if !is(i + 3, b':') { return None; }
            let (h, m) = (digits(i + 1, 2)?, digits(i + 4, 2)?);
            if h > 23 || m > 59 { return None; }
            i += 6;
            let seconds = h * 3600 + m * 60;
            if *sign == b'-' { -seconds } else { seconds }
        }
        _ => return None,
    };
    if i != b.len() { return None; }
    let days = i64::from(days_since_epoch(date));
    let seconds = days * 86_400 + hour * 3600 + minute * 60 + second - offset;
    Some(Timestamp(seconds * 1_000_000 + micros))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_writes_rfc3339() {
        let zone = Zone::get("Asia/Almaty").unwrap();
        for (text, expect) in [
            ("2026-01-15T12:45:00+05:00", Some("2026-01-15T12:45:00+05:00")),
            ("2026-01-15T12:45:00.25+05:00", Some("2026-01-15T12:45:00.250+05:00")),
            ("2026-01-15T12:45:00.000007+05:00", Some("2026-01-15T12:45:00.000007+05:00")),
            ("2026-01-15T07:45:00Z", Some("2026-01-15T12:45:00+05:00")),
            ("2023-06-01T12:00:00+06:00", Some("2023-06-01T12:00:00+06:00")), // before 1 March 2024
            ("2026-02-30T12:45:00+05:00", None),
            ("2026-01-15T12:45:00", None),
            ("tomorrow", None),
            ("2026-01-15T12:45:00+05:00x", None),
        ] {
            assert_eq!(Timestamp::parse(text).map(|t| t.to_rfc3339(&zone)).as_deref(), expect, "{text}");
        }
    }

    #[test]
    fn slots_are_local() {
        let zone = Zone::get("Asia/Almaty").unwrap();
        let at = Timestamp::parse("2026-01-15T23:59:59+05:00").unwrap();
        let (date, hour) = zone.date_hour(at);
        let slot = Slot { date, hour };
        assert_eq!((slot.date.to_string().as_str(), slot.hour), ("2026-01-15", 23));
        assert_eq!(slot.next().start(&zone), Timestamp::parse("2026-01-16T00:00:00+05:00").unwrap());
        let bytes = serde_json::to_string(&slot).unwrap();
        assert_eq!(serde_json::from_str::<Slot>(&bytes).unwrap(), slot);
    }
}
