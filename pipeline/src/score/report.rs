//! Precision, recall and delay by kind, by region and by day, and which causes were missed or confused.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Serialize;

use super::matching::{Judged, time};

/// One line of the score.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Row {
    /// Alerts raised.
    pub alerts: u32,
    /// Of them, right ones.
    pub right: u32,
    /// What happened.
    pub incidents: u32,
    /// Of it, found.
    pub found: u32,
    /// right / alerts; none without alerts.
    pub precision: Option<f64>,
    /// found / incidents; none without incidents.
    pub recall: Option<f64>,
    /// Median seconds from when it could be known to the first alert.
    pub median_delay_s: Option<f64>,
    /// 95th percentile of that.
    pub p95_delay_s: Option<f64>,
    #[serde(skip)]
    delays: Vec<f64>,
}

/// The score.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Score {
    /// Everything.
    pub total: Row,
    /// By rule code.
    pub by_kind: BTreeMap<String, Row>,
    /// By cause (recall only).
    pub by_cause: BTreeMap<String, Row>,
    /// By region of the alert (precision only).
    pub by_region: BTreeMap<String, Row>,
    /// By day.
    pub by_day: BTreeMap<String, Row>,
    /// Wrong alerts whose vehicle did something else: `raised kind` then `true kind`.
    pub confusion: BTreeMap<String, BTreeMap<String, u32>>,
    /// The most alerts of severity 3 and more of one region on one day.
    pub most_tasks_per_region_and_day: u32,
}

impl Row {
    fn close(&mut self) {
        let share = |a: u32, b: u32| (b > 0).then(|| f64::from(a) / f64::from(b));
        (self.precision, self.recall) = (share(self.right, self.alerts), share(self.found, self.incidents));
        self.delays.sort_by(f64::total_cmp);
        let at = |q: f64| self.delays.get(((self.delays.len().saturating_sub(1)) as f64 * q).round() as usize).copied();
        (self.median_delay_s, self.p95_delay_s) = (at(0.5), at(0.95));
    }
}

/// Adds everything up.
#[must_use]
pub fn score(judged: &Judged) -> Score {
    let mut s = Score::default();
    let mut tasks: BTreeMap<(String, String), u32> = BTreeMap::new();
    for (a, of) in &judged.alerts {
        let day = a.at.get(..10).unwrap_or_default().to_owned();
        if a.severity >= 3 { *tasks.entry((a.region.clone(), day.clone())).or_default() += 1; }
        for row in [&mut s.total, s.by_kind.entry(a.kind.clone()).or_default(), s.by_region.entry(a.region.clone()).or_default(), s.by_day.entry(day).or_default()] {
            row.alerts += 1;
            row.right += u32::from(of.is_some());
        }
        if of.is_none() {
            let other = judged.incidents.iter().find(|(i, _)| Some(&i.plate) == a.plate.as_ref() && i.kind != a.kind).map_or("nothing", |(i, _)| i.kind.as_str());
            *s.confusion.entry(a.kind.clone()).or_default().entry(other.to_owned()).or_default() += 1;
        }
    }
    for (i, by) in &judged.incidents {
        let day = i.from.get(..10).unwrap_or_default().to_owned();
        let cause = format!("{} {}", i.kind, i.cause.as_deref().unwrap_or("-"));
        let delay = by.map(|n| (time(&judged.alerts[n].0.at) - time(&i.from)).as_seconds());
        for row in [&mut s.total, s.by_kind.entry(i.kind.clone()).or_default(), s.by_cause.entry(cause).or_default(), s.by_day.entry(day).or_default()] {
            row.incidents += 1;
            row.found += u32::from(by.is_some());
            row.delays.extend(delay);
        }
    }
    s.most_tasks_per_region_and_day = tasks.values().copied().max().unwrap_or(0);
    s.total.close();
    for rows in [&mut s.by_kind, &mut s.by_cause, &mut s.by_region, &mut s.by_day] { rows.values_mut().for_each(Row::close); }
    s
}

/// The score for people.
#[must_use]
pub fn text(s: &Score) -> String {
    let mut out = String::new();
    let share = |x: Option<f64>| x.map_or_else(|| "     -".to_owned(), |x| format!("{:5.1}%", x * 100.0));
    let delay = |x: Option<f64>| x.map_or_else(|| "       -".to_owned(), |x| format!("{:7.1}m", x / 60.0));
    let mut table = |title: &str, rows: &mut dyn Iterator<Item = (&str, &Row)>| {
        let _ = writeln!(out, "{title:<28} alerts  right incidents  found precision recall  median     p95");
        for (name, r) in rows {
            let _ = writeln!(out, "  {name:<26} {:6} {:6} {:9} {:6}    {} {} {} {}", r.alerts, r.right, r.incidents, r.found, share(r.precision), share(r.recall),
                delay(r.median_delay_s), delay(r.p95_delay_s));
        }
    };
    table("all", &mut core::iter::once(("", &s.total)));
    for (title, rows) in [("by kind", &s.by_kind), ("by cause", &s.by_cause), ("by region", &s.by_region), ("by day", &s.by_day)] {
        table(title, &mut rows.iter().map(|(k, v)| (k.as_str(), v)));
    }
    let _ = writeln!(out, "wrong alerts, by what the vehicle did instead");
    for (kind, others) in &s.confusion {
        let list: Vec<String> = others.iter().map(|(k, n)| format!("{k} {n}")).collect();
        let _ = writeln!(out, "  {kind:<26} {}", list.join(", "));
    }
    let _ = writeln!(out, "most alerts with a task in one region and day: {}", s.most_tasks_per_region_and_day);
    out
}
