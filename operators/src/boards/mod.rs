//! Information boards of a checkpoint: who is called and who is released, in order, with the middle of the plate
//! masked, valid for a minute so that a dead link shows as dead.
//!
//! Changes of one instant make one record; a board is written at most once a second, so that a change within the
//! second is shown when the second is over. While a board has rows and is not reported off it is written again every 30 s.

use compact_str::{CompactString, format_compact};
use kezek_schemas::ids::{CheckpointId, DeviceId};
use kezek_schemas::inputs::Mode;
use kezek_schemas::outputs::OutTopic;
use kezek_schemas::time::{Span, Timestamp};
use serde::{Deserialize, Serialize};

use crate::gate::{devices, site};
use crate::kernel::{Cx, Owner, TimerKey, TimerKind, table_set};
use crate::queue::entry::{Lane, QueueEntry};
use crate::queue::life;

/// Rows shown.
const ROWS: usize = 20;
/// How long a record is valid.
const VALID: Span = Span::seconds(60);
/// How often a board with rows is written again.
const REFRESH: Span = Span::seconds(30);
/// At most one record in this time.
const PACE: Span = Span::seconds(1);

table_set! {
    /// Rows of this family.
    pub struct BoardTables {
        /// What boards show.
        boards: Table<CheckpointId, Board> = 0x60,
    }
}

/// What a board shows.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Board {
    /// Records written.
    pub written: u64,
    /// The last one.
    pub last: Option<Timestamp>,
    /// Mode shown.
    pub mode: Mode,
    /// Rows shown.
    pub rows: Vec<BoardRow>,
    /// When it is to be written for a change.
    pub publish: Option<Timestamp>,
    /// When it is to be written again.
    pub refresh: Option<Timestamp>,
}

/// A row of a board.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BoardRow {
    /// Number of the day, or place on the legacy list.
    pub number: u32,
    /// Masked.
    pub plate: String,
    /// `priority`, `turn` or `legacy`.
    pub lane: CompactString,
    /// `called` or `released`.
    pub state: CompactString,
}

#[derive(Serialize)]
struct Record<'a> {
    id: CompactString,
    at: String,
    board: &'a DeviceId,
    checkpoint: &'a CheckpointId,
    mode: Mode,
    rows: &'a [BoardRow],
    valid_until: String,
}

/// Messages to this family.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Msg {}

/// Handles a message to `owner`.
pub fn on_message(_cx: &mut Cx<'_>, _owner: &Owner, msg: Msg) { match msg {} }

/// The queue of a checkpoint changed: its board is written, at most once a second.
pub fn changed(cx: &mut Cx<'_>, checkpoint: &CheckpointId) {
    let board = cx.tables.boards.boards.get(checkpoint);
    if board.is_some_and(|b| b.publish.is_some()) { return; }
    let due = board.and_then(|b| b.last).map_or(cx.now, |last| cx.now.max(last + PACE));
    cx.tables.boards.boards.entry(checkpoint).publish = Some(due);
    cx.arm(due, checkpoint.as_str(), TimerKind::BoardPublish, "");
}

/// A board was reported on or off: one that is on again is written.
pub fn device_changed(cx: &mut Cx<'_>, checkpoint: &CheckpointId) {
    if devices::off(cx, &board_of(checkpoint)) {
        stop(cx, checkpoint);
    } else if cx.tables.boards.boards.get(checkpoint).is_some_and(|b| b.refresh.is_none() && !b.rows.is_empty()) {
        let due = cx.tables.boards.boards.get(checkpoint).and_then(|b| b.last).map_or(cx.now, |last| cx.now.max(last + PACE));
        cx.tables.boards.boards.entry(checkpoint).refresh = Some(due);
        cx.arm(due, checkpoint.as_str(), TimerKind::BoardRefresh, "");
    }
}

/// Handles a timer of this family.
pub fn on_timer(cx: &mut Cx<'_>, timer: &TimerKey) {
    let checkpoint = CheckpointId(timer.key.clone());
    let Some(board) = cx.tables.boards.boards.get(&checkpoint) else { return };
    if timer.kind == TimerKind::BoardPublish {
        if board.publish != Some(timer.due) { return; }
        cx.tables.boards.boards.entry(&checkpoint).publish = None;
        let (mode, rows) = (site::mode(cx, &checkpoint), rows(cx, &checkpoint));
        let same = cx.tables.boards.boards.get(&checkpoint).is_some_and(|b| b.mode == mode && b.rows == rows);
        if !same { write(cx, &checkpoint, mode, rows); }
    } else {
        if board.refresh != Some(timer.due) { return; }
        cx.tables.boards.boards.entry(&checkpoint).refresh = None;
        let (mode, rows) = (site::mode(cx, &checkpoint), rows(cx, &checkpoint));
        write(cx, &checkpoint, mode, rows);
    }
}

fn board_of(checkpoint: &CheckpointId) -> DeviceId { checkpoint.device("board-1") }

fn stop(cx: &mut Cx<'_>, checkpoint: &CheckpointId) {
    if let Some(due) = cx.tables.boards.boards.get(checkpoint).and_then(|b| b.refresh) {
        cx.disarm(due, checkpoint.as_str(), TimerKind::BoardRefresh, "");
        cx.tables.boards.boards.entry(checkpoint).refresh = None;
    }
}

fn write(cx: &mut Cx<'_>, checkpoint: &CheckpointId, mode: Mode, rows: Vec<BoardRow>) {
    let refs = cx.refs;
    let Some(place) = refs.catalogue.checkpoints.get(checkpoint) else { return };
    let device = board_of(checkpoint);
    stop(cx, checkpoint);
    let next = (!rows.is_empty() && !devices::off(cx, &device)).then_some(cx.now + REFRESH);
    if let Some(due) = next { cx.arm(due, checkpoint.as_str(), TimerKind::BoardRefresh, ""); }
    let now = cx.now;
    let board = cx.tables.boards.boards.entry(checkpoint);
    board.written += 1;
    board.last = Some(now);
    board.mode = mode;
    board.rows.clone_from(&rows);
    board.refresh = next;
    let id = format_compact!("{device}/{}", board.written);
    let record = Record { id, at: cx.local(&place.zone), board: &device, checkpoint, mode, rows: &rows, valid_until: (cx.now + VALID).to_rfc3339(&place.zone) };
    cx.emit(OutTopic::Boards, checkpoint.as_str(), &record);
}

fn row(e: &QueueEntry) -> BoardRow {
    BoardRow { number: e.number, plate: e.plate.masked(), lane: match e.lane { Lane::Priority => "priority", Lane::Turn => "turn" }.into(),
        state: if e.released_at.is_some() { "released" } else { "called" }.into() }
}

/// Called and released vehicles in order; while there is a legacy list, a legacy vehicle before each of them.
fn rows(cx: &Cx<'_>, checkpoint: &CheckpointId) -> Vec<BoardRow> {
    let mut booked = life::called(cx, checkpoint).map(row);
    let waiting = site::legacy_waiting(cx, checkpoint);
    let mut legacy = waiting.iter().filter(|l| l.state == site::LegacyState::Waiting)
        .map(|l| BoardRow { number: l.position, plate: l.plate.masked(), lane: "legacy".into(), state: "called".into() });
    let mut rows = Vec::new();
    while rows.len() < ROWS {
        let (l, b) = (legacy.next(), booked.next());
        if l.is_none() && b.is_none() { break; }
        rows.extend(l);
        rows.extend(b);
    }
    rows.truncate(ROWS);
    rows
}
