//! Every bound of the pages and the interface, in one place.

/// Bookings kept for look-up; ended ones leave first.
pub const MAX_BOOKINGS: usize = 60_000;
/// Events kept per booking, newest last.
pub const MAX_EVENTS_PER_BOOKING: usize = 24;
/// Notifications kept per booking.
pub const MAX_NOTICES_PER_BOOKING: usize = 8;
/// Arrivals kept; the oldest leave first.
pub const MAX_ARRIVALS: usize = 10_000;
/// Revisions kept per arrival.
pub const MAX_REVISIONS: usize = 12;
/// Barrier commands kept.
pub const MAX_COMMANDS: usize = 10_000;
/// Alerts kept; the oldest leave first.
pub const MAX_ALERTS: usize = 10_000;
/// Updates kept per alert.
pub const MAX_ALERT_UPDATES: usize = 16;
/// Tasks kept.
pub const MAX_TASKS: usize = 5_000;
/// Journeys kept.
pub const MAX_JOURNEYS: usize = 60_000;
/// Vehicles whose sights and weighings are kept.
pub const MAX_TRAILS: usize = 20_000;
/// Sights (and weighings) kept per vehicle.
pub const MAX_SIGHTS_PER_VEHICLE: usize = 48;
/// Slots kept (checkpoints × hours of the horizon).
pub const MAX_SLOTS: usize = 60_000;
/// Devices, groups and sources kept, each.
pub const MAX_DEVICES: usize = 10_000;
/// Distinct reasons of dead letters counted.
pub const MAX_DEAD_REASONS: usize = 500;
/// Owners' bookings indexed for the search by ИИН or БИН.
pub const MAX_OWNERS: usize = 60_000;

/// Largest record taken by ingest, bytes (answered 413 beyond).
pub const MAX_RECORD_BYTES: usize = 1 << 20;
/// Largest body of one ingest request, bytes.
pub const MAX_INGEST_BODY: usize = 64 << 20;
/// Largest body of any other write, bytes.
pub const MAX_WRITE_BODY: usize = 64 << 10;
/// Records read from a topic at a time.
pub const TOPIC_PAGE: usize = 1_000;

/// Open streams; one more is answered 503.
pub const MAX_STREAMS: usize = 2_000;
/// Frames that wait for one slow client; beyond, and after [`STREAM_STALL_MS`], it is dropped and resumes.
pub const STREAM_QUEUE: usize = 4;
/// How long a client may take nothing.
pub const STREAM_STALL_MS: u64 = 10_000;
/// Changes are put together for this long (5 a second).
pub const STREAM_TICK_MS: u64 = 200;
/// A sign of life at least this often; pages grey out after five seconds without.
pub const BEAT_MS: u64 = 1_000;
/// Past states a client may resume from.
pub const RESUME_TOKENS: usize = 512;
/// Distinct feeds (page × place × masked) alive at once.
pub const MAX_FEEDS: usize = 512;

/// Sessions alive at once; the oldest ends first.
pub const MAX_SESSIONS: usize = 10_000;
/// A session ends after this long.
pub const SESSION_SECONDS: u64 = 12 * 3600;
/// Sign-in attempts a minute, all clients together (argon2 is costly by design).
pub const SIGN_INS_PER_MINUTE: u32 = 120;

/// Requests a second that one person, or one address of the public, may make for long.
pub const ASKS_PER_SECOND: f64 = 50.0;
/// Requests at once.
pub const ASKS_AT_ONCE: f64 = 300.0;
/// People and addresses whose pace is remembered.
pub const MAX_PACED: usize = 10_000;

const _: () = {
    assert!(BEAT_MS * 4 < 5_000, "a page must survive three lost beats and still grey out within five seconds");
    assert!(STREAM_TICK_MS * 4 <= BEAT_MS, "beats are made of ticks");
    assert!(MAX_INGEST_BODY > MAX_RECORD_BYTES, "one largest record fits a request");
};
