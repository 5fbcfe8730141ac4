//! The health of the source systems, told from their own answers: the share that is unavailable, how long they take, and
//! silence against their usual rhythm. A watched source that turns red is a notice for the situational centre; nobody is
//! sent. The state never decides a booking: that is the answer's business.

use compact_str::{CompactString, format_compact};
use kezek_schemas::ids::{AlertId, DeviceId};
use kezek_schemas::inputs::CheckResult;
use kezek_schemas::reference::sources::HealthLimits;
use kezek_schemas::tables::{SourceRow, ViewRow};
use kezek_schemas::time::{Span, Timestamp};
use serde::{Deserialize, Serialize};

use crate::kernel::{Cx, Message, Owner, TimerKind};
use crate::risk::Alert;
use crate::risk::alert::{self, AlertState};

/// So many names that no registry has are shown at most; they are never watched.
const STRANGERS: usize = 256;

/// How a source is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SourceState {
    /// Answers.
    #[default]
    Ok,
    /// Often unavailable.
    Degraded,
    /// Mostly unavailable.
    Down,
    /// Says nothing any longer.
    Silent,
}

impl SourceState {
    const fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Degraded => "degraded",
            Self::Down => "down",
            Self::Silent => "silent",
        }
    }
    const fn red(self) -> bool { matches!(self, Self::Down | Self::Silent) }
}

/// Answers of a window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Window { answers: u32, unavailable: u32 }

/// What is known of a source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceHealth {
    last: Timestamp,
    answers: u64,
    /// Usual gap between answers, µs.
    gap: i64,
    /// Usual time to answer, µs; none before one was measured.
    wait: Option<i64>,
    since: Timestamp,
    current: Window,
    before: Window,
    state: SourceState,
    /// The notice that stands.
    notice: Option<AlertId>,
    /// A silence timer is set.
    watched: bool,
}

/// A sixteenth of the way to the new value.
const fn towards(usual: i64, new: i64) -> i64 { usual + (new - usual) / 16 }

impl SourceHealth {
    fn new(now: Timestamp) -> Self {
        Self { last: now, answers: 0, gap: 0, wait: None, since: now, current: Window::default(), before: Window::default(),
            state: SourceState::Ok, notice: None, watched: false }
    }

    fn count(&mut self, now: Timestamp, result: CheckResult, waited: Option<Span>, limits: &HealthLimits) {
        if self.answers > 0 { self.gap = towards(self.gap, (now - self.last).0); }
        if let Some(Span(w)) = waited { self.wait = Some(self.wait.map_or(w, |usual| towards(usual, w))); }
        if now - self.since >= limits.window() {
            self.before = if now - self.since < Span::minutes(2 * limits.window_minutes) { self.current } else { Window::default() };
            (self.current, self.since) = (Window::default(), now);
        }
        self.last = now;
        self.answers += 1;
        self.current.answers += 1;
        self.current.unavailable += u32::from(result == CheckResult::Unavailable);
        let (all, bad) = (self.current.answers + self.before.answers, self.current.unavailable + self.before.unavailable);
        self.state = if all < limits.least_answers || bad * 100 < all * limits.degraded_percent {
            SourceState::Ok
        } else if bad * 100 < all * limits.down_percent {
            SourceState::Degraded
        } else {
            SourceState::Down
        };
    }

    /// How long it may be silent.
    fn patience(&self, limits: &HealthLimits) -> Span { Span(self.gap.saturating_mul(limits.silent_gaps)).max(limits.silence()) }
}

/// Who keeps the health of a source.
fn owner(source: &str) -> Owner { Owner::Device(DeviceId(format_compact!("source:{source}"))) }

/// A source answered; `waited` since it was asked, where that is known.
pub fn answered(cx: &mut Cx<'_>, source: &CompactString, result: CheckResult, waited: Option<Span>) {
    cx.send(owner(source), Message::Directory(super::Msg::Answered { source: source.clone(), result, waited }));
}

/// Counts an answer at the source's owner.
pub fn count(cx: &mut Cx<'_>, source: &CompactString, result: CheckResult, waited: Option<Span>) {
    let (now, limits) = (cx.now, &cx.refs.sources.health);
    if !cx.tables.directory.sources.contains(source) {
        let stranger = cx.refs.sources.get(source).is_none();
        if stranger && cx.tables.directory.sources.len() >= STRANGERS { return cx.count("sources_not_shown"); }
        cx.tables.directory.sources.insert(source.clone(), SourceHealth::new(now));
    }
    let Some(health) = cx.tables.directory.sources.get_mut(source) else { return };
    health.count(now, result, waited, limits);
    let due = (health.answers >= limits.rhythm_answers && !health.watched).then(|| now + health.patience(limits));
    health.watched |= due.is_some();
    if let Some(due) = due { watch(cx, source, due); }
    settle(cx, source);
}

fn watch(cx: &mut Cx<'_>, source: &CompactString, due: Timestamp) {
    cx.arm(due, owner(source).key(), TimerKind::SourceSilence, source.as_str());
}

/// Looks whether a source is silent for longer than it uses to be.
pub fn silence(cx: &mut Cx<'_>, source: &CompactString) {
    let (now, limits) = (cx.now, &cx.refs.sources.health);
    let Some(health) = cx.tables.directory.sources.get_mut(source) else { return };
    let due = health.last + health.patience(limits);
    health.watched = due > now;
    if due > now { return watch(cx, source, due); }
    health.state = SourceState::Silent;
    settle(cx, source);
}

/// Shows the state; a watched source that turned red or recovered is a notice.
fn settle(cx: &mut Cx<'_>, source: &CompactString) {
    let Some(health) = cx.tables.directory.sources.get(source).cloned() else { return };
    cx.view(|_| ViewRow::SourceRow(Box::new(SourceRow { source: source.clone(), state: health.state.name().into(), last_at: Some(health.last),
        lag_s: health.wait.map(|w| Span(w).as_seconds()) })));
    if cx.refs.sources.get(source).is_none() { return; }
    let (id, state) = match (&health.notice, health.state.red()) {
        (None, true) => (AlertId(format_compact!("DEVICE:source:{source}:{}", cx.now.0)), AlertState::Raised),
        (Some(id), false) => (id.clone(), AlertState::Cleared),
        (None, false) | (Some(_), true) => return,
    };
    if let Some(row) = cx.tables.directory.sources.get_mut(source) { row.notice = (state == AlertState::Raised).then(|| id.clone()); }
    let catalogue = &cx.refs.catalogue;
    let region = cx.refs.sources.health.region.clone();
    let Some(centre) = catalogue.regions.get(&region).and_then(|r| catalogue.nodes.get(&r.centre)) else { return };
    let share = serde_json::json!({ "source": source, "what": health.state.name(), "answers": health.current.answers + health.before.answers,
        "unavailable": health.current.unavailable + health.before.unavailable });
    alert::raise(cx, Alert { alert_id: id, kind: CompactString::const_new("DEVICE"), severity: 2, state, plate: None, country: None, region, lat: centre.lat,
        lon: centre.lon, score: 1.0, evidence: vec![share.to_string()], journey_id: None, booking_id: None, desk_only: false, way: Vec::new() });
}
