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
    let publish = timer.kind == TimerKind::BoardPublish;
    if (if publish { board.publish } else { board.refresh }) != Some(timer.due) { return; }
    // Whatever changed has asked to be published: without that the rows are those that were shown.
    let shown = if board.publish.is_some() { Some((site::mode(cx, &checkpoint), rows(cx, &checkpoint))) } else { None };
    let board = cx.tables.boards.boards.entry(&checkpoint);
    *(if publish { &mut board.publish } else { &mut board.refresh }) = None;
    let changed = shown.is_some_and(|(mode, rows)| {
        let changed = board.mode != mode || board.rows != rows;
        (board.mode, board.rows) = (mode, rows);
        changed
    });
    if changed || !publish { write(cx, &checkpoint); }
}

fn board_of(checkpoint: &CheckpointId) -> DeviceId { checkpoint.device("board-1") }

fn stop(cx: &mut Cx<'_>, checkpoint: &CheckpointId) {
    if let Some(due) = cx.tables.boards.boards.get(checkpoint).and_then(|b| b.refresh) {
        cx.disarm(due, checkpoint.as_str(), TimerKind::BoardRefresh, "");
        cx.tables.boards.boards.entry(checkpoint).refresh = None;
    }
}

/// Writes what a board shows.
fn write(cx: &mut Cx<'_>, checkpoint: &CheckpointId) {
    let refs = cx.refs;
    let Some(place) = refs.catalogue.checkpoints.get(checkpoint) else { return };
    let device = board_of(checkpoint);
    stop(cx, checkpoint);
    let (now, at, off) = (cx.now, cx.local(&place.zone), devices::off(cx, &device));
    let board = cx.tables.boards.boards.entry(checkpoint);
    board.written += 1;
    board.last = Some(now);
    board.refresh = (!board.rows.is_empty() && !off).then_some(now + REFRESH);
    if let Some(due) = board.refresh { cx.arm(due, checkpoint.as_str(), TimerKind::BoardRefresh, ""); }
    let Some(board) = cx.tables.boards.boards.get(checkpoint) else { return };
    let record = Record { id: format_compact!("{device}/{}", board.written), at, board: &device, checkpoint, mode: board.mode,
        rows: &board.rows, valid_until: (now + VALID).to_rfc3339(&place.zone) };
    cx.fx.emit(OutTopic::Boards, checkpoint.as_str(), &record);
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
