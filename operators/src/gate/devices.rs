//! Devices as they are heard of. Unknown ones are ignored and counted.

use kezek_schemas::ids::{CheckpointId, DeviceId};
use kezek_schemas::tables::{DeviceRow, ViewRow};
use kezek_schemas::time::Timestamp;
use serde::{Deserialize, Serialize};

use crate::kernel::Cx;

/// What is known of a device.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Device {
    /// State as last reported; empty = nothing was reported.
    pub state: compact_str::CompactString,
    /// When it last said something.
    pub last: Option<Timestamp>,
}

/// A device that no registry has.
pub fn unknown(cx: &mut Cx<'_>, device: &DeviceId) {
    cx.count("devices_unknown");
    let device = device.0.clone();
    cx.view(|cx| ViewRow::DeviceRow(Box::new(DeviceRow { device, checkpoint: None, kind: "unknown".into(), state: "unknown".into(), last_seen_at: Some(cx.now) })));
}

/// A device said something.
pub fn heard(cx: &mut Cx<'_>, device: &DeviceId, checkpoint: &CheckpointId, kind: &'static str) {
    let now = cx.now;
    let row = cx.tables.gate.devices.entry(device);
    row.last = Some(now);
    show(cx, device, checkpoint, kind);
}

/// The console reports a device's state.
pub fn reported(cx: &mut Cx<'_>, device: &DeviceId, checkpoint: &CheckpointId, kind: &'static str, state: &str) {
    cx.tables.gate.devices.entry(device).state = state.into();
    show(cx, device, checkpoint, kind);
}

/// Whether a device is reported off.
#[must_use]
pub fn off(cx: &Cx<'_>, device: &DeviceId) -> bool {
    cx.tables.gate.devices.get(device).is_some_and(|d| matches!(d.state.to_lowercase().as_str(), "off" | "offline" | "down" | "fault" | "failed" | "dead"))
}

fn show(cx: &mut Cx<'_>, device: &DeviceId, checkpoint: &CheckpointId, kind: &'static str) {
    cx.view(|cx| {
        let row = cx.tables.gate.devices.get(device).cloned().unwrap_or_default();
        ViewRow::DeviceRow(Box::new(DeviceRow { device: device.0.clone(), checkpoint: Some(checkpoint.0.clone()), kind: kind.into(),
            state: if row.state.is_empty() { "ok".into() } else { row.state }, last_seen_at: row.last }))
    });
}
