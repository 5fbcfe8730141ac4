//! Wanted lists, risk profiles and road closures (`risk.profiles`). A record of a profile replaces the older (by its time);
//! validity is judged by the clock at use. Every shard holds a copy.

use compact_str::CompactString;
use kezek_schemas::ids::{Country, NodeId, ProfileId};
use kezek_schemas::inputs::{Input, Profile, ProfileKind};
use kezek_schemas::plate::Plate;
use kezek_schemas::time::Timestamp;

use crate::kernel::{Broadcast, Cx, Tables};
use crate::matching::edit;

/// Handles a profile at its owner: every shard is told.
pub fn on_profile(cx: &mut Cx<'_>, input: &Input, profile: &Profile) {
    let id = &profile.profile_id;
    if cx.tables.risk.newest.get(id).is_some_and(|at| input.at < *at) { return cx.count("profiles_older_than_known"); }
    cx.tables.risk.newest.insert(id.clone(), input.at);
    let before = cx.tables.risk.profiles.get(id).cloned();
    let profile = super::closure::dated(profile.clone(), input.at, before.as_ref());
    super::closure::on_profile(cx, &profile, before.as_ref());
    cx.broadcast(Broadcast::Profile(Box::new(profile)));
}

/// A profile on every shard.
pub fn on_profile_broadcast(cx: &mut Cx<'_>, profile: Profile) {
    forget(cx.tables, &profile.profile_id);
    let (id, risk) = (profile.profile_id.clone(), &mut cx.tables.risk);
    match &profile.kind {
        ProfileKind::WatchPlate { plate } => {
            for key in deletion_keys(plate.plate.as_str()) { risk.watched.insert((key, id.clone()), plate.plate.clone()); }
        }
        ProfileKind::WatchVin { vin } => { risk.watched_vins.insert((vin.clone(), id.clone()), ()); }
        ProfileKind::WatchDriver { document } => { risk.watched_drivers.insert((document.clone(), id.clone()), ()); }
        ProfileKind::RoadClosed { .. } => { risk.closures.insert(id.clone(), ()); }
        ProfileKind::Rule { .. } => {}
    }
    risk.profiles.insert(id, profile);
}

fn forget(tables: &mut Tables, id: &ProfileId) {
    let Some(old) = tables.risk.profiles.remove(id) else { return };
    let risk = &mut tables.risk;
    match &old.kind {
        ProfileKind::WatchPlate { plate } => {
            for key in deletion_keys(plate.plate.as_str()) { risk.watched.remove(&(key, id.clone())); }
        }
        ProfileKind::WatchVin { vin } => { risk.watched_vins.remove(&(vin.clone(), id.clone())); }
        ProfileKind::WatchDriver { document } => { risk.watched_drivers.remove(&(document.clone(), id.clone())); }
        ProfileKind::RoadClosed { .. } => { risk.closures.remove(id); }
        ProfileKind::Rule { .. } => {}
    }
}

/// The keys of a watched plate: itself, and itself without each symbol. Two plates one edit apart share a key.
fn deletion_keys(text: &str) -> impl Iterator<Item = CompactString> {
    let s = edit::symbols(text);
    (0..=s.len()).map(move |skip| s.iter().enumerate().filter(|(i, _)| *i != skip).map(|(_, c)| *c).collect())
}

/// Whether a profile is in force at an instant: from its beginning, before its end.
#[must_use]
pub fn in_force(profile: &Profile, at: Timestamp) -> bool {
    profile.valid_from.is_none_or(|from| from <= at) && profile.valid_until.is_none_or(|until| at < until)
}

/// How near a plate is to a watched one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Watched {
    /// Equal to it (country equal or unknown on one side).
    Exact,
    /// One edit away.
    Near,
}

/// The plate profiles in force that a plate equals or nearly equals, exact ones first.
#[must_use]
pub fn watching(cx: &Cx<'_>, plate: &Plate, country: Option<&Country>) -> Vec<(Watched, ProfileId)> {
    let risk = &cx.tables.risk;
    if risk.watched.is_empty() { return Vec::new(); }
    let mut found = Vec::new();
    for key in deletion_keys(plate.as_str()) {
        for ((_, id), watched) in risk.watched.range((key.clone(), ProfileId::default())..).take_while(|((k, _), _)| *k == key) {
            let Some(profile) = risk.profiles.get(id).filter(|p| in_force(p, cx.now)) else { continue };
            let ProfileKind::WatchPlate { plate: wanted } = &profile.kind else { continue };
            if wanted.country.is_some() && country.is_some() && wanted.country.as_ref() != country { continue; }
            if watched == plate { found.push((Watched::Exact, id.clone())); }
            else if edit::near(plate, watched) { found.push((Watched::Near, id.clone())); }
        }
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// Whether a plate is on a watch list in force now, or one edit from a plate that is.
#[must_use]
pub fn watched(cx: &Cx<'_>, plate: &Plate, country: Option<&Country>) -> Option<Watched> {
    watching(cx, plate, country).first().map(|(how, _)| *how)
}

/// Road closures with their validity: the two nodes, from, until.
pub fn closures(tables: &Tables) -> impl Iterator<Item = (&NodeId, &NodeId, Option<Timestamp>, Option<Timestamp>)> {
    tables.risk.closures.iter().filter_map(|(id, ())| {
        let profile = tables.risk.profiles.get(id)?;
        match &profile.kind {
            ProfileKind::RoadClosed { from, to } => Some((from, to, profile.valid_from, profile.valid_until)),
            ProfileKind::WatchPlate { .. } | ProfileKind::WatchVin { .. } | ProfileKind::WatchDriver { .. } | ProfileKind::Rule { .. } => None,
        }
    })
}
