//! Which alert tells of which incident: same kind, same plate, while it went on (ten minutes of clocks before, three days of
//! grace after). Several alerts may tell of one incident; each is right, the first gives the delay.

use kezek_schemas::time::{Span, Timestamp};
use serde::Deserialize;

const BEFORE: Span = Span::minutes(10);
const GRACE: Span = Span::hours(72);

/// A line of `truth/incidents.ndjson`.
#[derive(Clone, Debug, Deserialize)]
pub struct Incident {
    /// Rule code.
    pub kind: String,
    /// How it was done, where known.
    #[serde(default)]
    pub cause: Option<String>,
    /// Plate.
    pub plate: String,
    /// From when it can be known, RFC 3339.
    pub from: String,
    /// Until when it matters.
    pub until: String,
}

/// What is read of a line of `risk.alerts.ndjson`.
#[derive(Clone, Debug, Deserialize)]
pub struct Alert {
    /// Rule code.
    pub kind: String,
    /// `raised`, `updated`, `cleared`.
    pub state: String,
    /// Plate.
    #[serde(default)]
    pub plate: Option<String>,
    /// When.
    pub at: String,
    /// Region.
    pub region: String,
    /// Severity.
    pub severity: u8,
    /// For the desk only.
    #[serde(default)]
    pub desk_only: bool,
}

/// Alerts and incidents with what they belong to.
#[derive(Debug)]
pub struct Judged {
    /// Raised alerts, each with the incident it tells of.
    pub alerts: Vec<(Alert, Option<usize>)>,
    /// Incidents, each with the first alert that told of it.
    pub incidents: Vec<(Incident, Option<usize>)>,
}

/// A time of a record.
#[must_use]
pub fn time(text: &str) -> Timestamp { Timestamp::parse(text).unwrap_or(Timestamp(0)) }

/// Matches alerts and incidents.
#[must_use]
pub fn judge(alerts: Vec<Alert>, incidents: Vec<Incident>) -> Judged {
    let raised = alerts.into_iter().filter(|a| a.state == "raised" && !a.desk_only && a.kind != "DEVICE");
    let mut judged = Judged { alerts: raised.map(|a| (a, None)).collect(), incidents: incidents.into_iter().map(|i| (i, None)).collect() };
    let mut by_vehicle: std::collections::BTreeMap<(String, String), Vec<usize>> = std::collections::BTreeMap::new();
    for (n, (i, _)) in judged.incidents.iter().enumerate() { by_vehicle.entry((i.kind.clone(), i.plate.clone())).or_default().push(n); }
    for (n, (alert, of)) in judged.alerts.iter_mut().enumerate() {
        let Some(plate) = &alert.plate else { continue };
        let at = time(&alert.at);
        let going_on = |i: &&usize| {
            let incident = &judged.incidents[**i].0;
            time(&incident.from) - BEFORE <= at && at <= time(&incident.until) + GRACE
        };
        let Some(&found) = by_vehicle.get(&(alert.kind.clone(), plate.clone())).into_iter().flatten().find(going_on) else { continue };
        *of = Some(found);
        judged.incidents[found].1.get_or_insert(n);
    }
    judged
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alert(kind: &str, plate: &str, at: &str, desk_only: bool) -> Alert {
        Alert { kind: kind.into(), state: "raised".into(), plate: Some(plate.into()), at: format!("2026-01-{at}:00+05:00"), region: "abai".into(), severity: 3, desk_only }
    }
    fn incident(kind: &str, plate: &str, from: &str, until: &str) -> Incident {
        Incident { kind: kind.into(), cause: None, plate: plate.into(), from: format!("2026-01-{from}:00+05:00"), until: format!("2026-01-{until}:00+05:00") }
    }

    #[test]
    fn kind_vehicle_and_time_must_agree() {
        let truth = vec![incident("T-ROUTE", "123ABC02", "10T10:00", "10T20:00")];
        for (what, a, right) in [
            ("while it goes on", alert("T-ROUTE", "123ABC02", "10T12:00", false), true),
            ("clocks may differ", alert("T-ROUTE", "123ABC02", "10T09:51", false), true),
            ("before it began", alert("T-ROUTE", "123ABC02", "10T09:40", false), false),
            ("another kind", alert("T-CLONE", "123ABC02", "10T12:00", false), false),
            ("another vehicle", alert("T-ROUTE", "128ABC02", "10T12:00", false), false),
            ("days after", alert("T-ROUTE", "123ABC02", "14T12:00", false), false),
        ] {
            let judged = judge(vec![a], truth.clone());
            assert_eq!((judged.alerts[0].1.is_some(), judged.incidents[0].1.is_some()), (right, right), "{what}");
        }
        assert!(judge(vec![alert("T-ROUTE", "123ABC02", "10T12:00", true)], truth).alerts.is_empty(), "the desk's are not judged");
    }
}
