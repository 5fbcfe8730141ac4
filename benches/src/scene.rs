//! Records of a gate with many bookings that are due at once, and of a busy road: made from a number, so that every run has
//! the same. The gate is `aisha-bibi`, which has no waiting zone: a called booking is due by its slot.

use kezek_schemas::inputs::Topic;
use kezek_schemas::time::{Timestamp, Zone};
use serde_json::{Value, json};

/// The gate.
pub const CHECKPOINT: &str = "aisha-bibi";
/// When everybody books.
pub const ASKED: &str = "2026-01-12T09:00:00+05:00";
/// When the checks are in.
pub const ANSWERED: &str = "2026-01-12T09:00:02+05:00";
/// When the reads begin: the hour before the slot, everybody is called.
pub const DUE: &str = "2026-01-15T13:05:00+05:00";
const CHECKS: [(&str, &str); 3] = [("insurance", "vehicle"), ("accompanying_documents", "vehicle"), ("biometrics", "driver:0")];

/// One record.
#[derive(Clone, Debug)]
pub struct Made {
    /// Its topic.
    pub topic: Topic,
    /// The key of its owner.
    pub key: String,
    /// The JSON object.
    pub json: String,
}

fn made(topic: Topic, key: &str, id: &str, at: &str, mut record: Value) -> Made {
    record["id"] = json!(id);
    record["at"] = json!(at);
    Made { topic, key: key.to_owned(), json: record.to_string() }
}

/// A plate: the first 300 are a fleet of consecutive numbers, the others are spread over the grammar (Fibonacci hashing).
#[must_use]
pub fn plate(n: usize) -> String {
    if n < 300 { return format!("{n:03}ABC08"); }
    let x = (n as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 20;
    let letter = |k: u32| char::from(b'A' + ((x >> k) % 26) as u8);
    format!("{:03}{}{}{}{:02}", x % 1000, letter(10), letter(16), letter(22), 1 + (x >> 30) % 17)
}

/// Room for so many in the hour.
#[must_use]
pub fn capacity(vehicles: usize) -> Made {
    made(Topic::Controls, CHECKPOINT, "capacity", ASKED, json!({"checkpoint": CHECKPOINT, "actor": {"id": "planner", "role": "planner"}, "type": "capacity_set",
        "date": "2026-01-15", "hour": 14, "capacity": vehicles}))
}

/// A booking with everything that makes it confirmed.
#[must_use]
pub fn booking(n: usize) -> Vec<Made> {
    let (plate, booking) = (plate(n), format!("b{n}"));
    let mut all = vec![made(Topic::Bookings, &plate, &format!("booking:{n}"), ASKED, json!({"type": "requested", "booking_id": booking, "account_id": format!("a{n}"),
        "scheme": "qorgan-2025", "checkpoint": CHECKPOINT, "slot": {"kind": "exact", "date": "2026-01-15", "hour": 14},
        "vehicle": {"plate": plate, "country": "KZ", "category": "N3"}, "owner": {"resident": false, "kind": "legal"},
        "drivers": [{"resident": false, "document": format!("N{n}")}]}))];
    all.extend(CHECKS.iter().enumerate().map(|(k, (check, subject))| made(Topic::Checks, &plate, &format!("check:{n}:{k}"), ANSWERED,
        json!({"booking_id": booking, "plate": plate, "check": check, "subject": subject, "result": "ok", "source": "bench"}))));
    all
}

/// Whether read `n` is one without a misread symbol, of a vehicle that is due.
#[must_use]
pub const fn is_clean(n: usize) -> bool { n % 10 < 7 }

/// A read at the gate: of ten, seven are clean, two misread a symbol, one is a stranger.
#[must_use]
pub fn read(n: usize, due: usize, at: Timestamp, zone: &Zone) -> Made {
    let mut text = plate((n * 7) % due.max(1));
    match n % 10 {
        7 | 8 => text.replace_range(1..2, "?"),
        9 => text = plate(5_000_000 + n),
        _ => {}
    }
    made(Topic::AnprReads, CHECKPOINT, &format!("read:{n}"), &at.to_rfc3339(zone), json!({"checkpoint": CHECKPOINT, "camera": "aisha-bibi/gate-in", "plate": text,
        "country": "KZ", "confidence": 0.97}))
}

/// A sight on the road between Almaty and the north.
#[must_use]
pub fn hit(n: usize, vehicle: usize, camera: &str, at: Timestamp, zone: &Zone) -> Made {
    let plate = plate(vehicle);
    made(Topic::RoadHits, &plate, &format!("hit:{n}"), &at.to_rfc3339(zone), json!({"camera": camera, "plate": plate, "country": "KZ", "confidence": 0.96}))
}
