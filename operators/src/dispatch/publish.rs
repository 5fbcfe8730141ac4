//! Publishing alerts: raised once, updated, cleared; each record with the next number of its alert.

use kezek_schemas::outputs::{OutTopic, Text};
use kezek_schemas::tables::{AlertRow, ViewRow};
use kezek_schemas::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::task;
use crate::kernel::Cx;
use crate::risk::{Alert, AlertState, zone_of};

/// An alert that was published.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Published {
    /// As it stands.
    pub alert: Alert,
    /// Number of its last record.
    pub revision: u32,
    /// When it was raised.
    pub raised_at: Timestamp,
    /// Nobody could be sent.
    pub escalated: bool,
    /// When the vehicle was where the alert says.
    pub placed_at: Timestamp,
}

#[derive(Serialize)]
struct Record<'a> {
    id: String,
    at: String,
    alert_id: &'a str,
    kind: &'a str,
    severity: u8,
    state: AlertState,
    #[serde(skip_serializing_if = "Option::is_none")]
    plate: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    country: Option<&'a str>,
    region: &'a str,
    lat: f64,
    lon: f64,
    score: f64,
    evidence: Vec<serde_json::Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    journey_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    booking_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    group: Option<&'a str>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    desk_only: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    escalated: bool,
    text: Text,
}

pub(super) fn on_alert(cx: &mut Cx<'_>, alert: Alert, late: bool) {
    let id = alert.alert_id.clone();
    let known = cx.tables.dispatch.alerts.get(&id);
    let state = match (alert.state, known) {
        (AlertState::Updated, None) => AlertState::Raised,
        (AlertState::Cleared, None) => return,
        (AlertState::Cleared, Some(p)) if p.alert.state == AlertState::Cleared => return,
        (AlertState::Raised, Some(p)) if p.alert.state != AlertState::Cleared => AlertState::Updated,
        (state, _) => state,
    };
    let raised_at = known.map_or(cx.now, |p| p.raised_at);
    let (revision, escalated) = known.map_or((0, false), |p| (p.revision, p.escalated));
    cx.tables.dispatch.alerts.insert(id.clone(), Published { alert: Alert { state, ..alert }, revision, raised_at, escalated, placed_at: cx.now });
    write(cx, &id);
    match state {
        // What came late, or had nobody asked for it yet, may get its group by a later record.
        AlertState::Raised | AlertState::Updated => { if !late && !task::was_wanted(cx, &id) { task::wanted(cx, &id); } }
        AlertState::Cleared => task::cancel(cx, &id),
    }
}

/// Nobody can be sent: the centre is told.
pub fn escalate(cx: &mut Cx<'_>, id: &kezek_schemas::ids::AlertId) {
    let Some(p) = cx.tables.dispatch.alerts.get_mut(id) else { return };
    p.escalated = true;
    p.alert.state = AlertState::Updated;
    write(cx, id);
}

fn write(cx: &mut Cx<'_>, id: &kezek_schemas::ids::AlertId) {
    let Some(p) = cx.tables.dispatch.alerts.get_mut(id) else { return };
    p.revision += 1;
    let p = p.clone();
    let Some(zone) = zone_of(cx, &p.alert.region) else { return };
    let a = &p.alert;
    let group = task::group_of(cx, id);
    let record = Record { id: format!("{}:{}", a.alert_id, p.revision), at: cx.local(&zone), alert_id: a.alert_id.as_str(), kind: &a.kind,
        severity: a.severity, state: a.state, plate: a.plate.as_ref().map(|x| x.as_str()), country: a.country.as_ref().map(|x| x.as_str()),
        region: a.region.as_str(), lat: a.lat, lon: a.lon, score: a.score,
        evidence: a.evidence.iter().map(|e| serde_json::from_str(e).unwrap_or_else(|_| serde_json::Value::String(e.clone()))).collect(),
        journey_id: a.journey_id.as_ref().map(|x| x.as_str()), booking_id: a.booking_id.as_ref().map(|x| x.as_str()),
        group: group.as_ref().map(|g| g.as_str()), desk_only: a.desk_only, escalated: p.escalated, text: text(&a.kind) };
    cx.emit(OutTopic::RiskAlerts, a.region.as_str(), &record);
    let now = cx.now;
    cx.view(|_| ViewRow::AlertRow(Box::new(AlertRow { alert_id: a.alert_id.0.clone(), kind: a.kind.clone(), severity: a.severity,
        state: match a.state { AlertState::Raised => "raised", AlertState::Updated => "updated", AlertState::Cleared => "cleared" }.into(),
        plate: a.plate.as_ref().map(|x| x.as_str().into()), country: a.country.as_ref().map(|x| x.0.clone()), region: a.region.0.clone(),
        raised_at: p.raised_at, updated_at: now, score: a.score })));
}

/// What each kind of alert says to people.
fn text(kind: &str) -> Text {
    let (kk, ru, en) = match kind {
        "T-ROUTE" => ("Көлік бағытынан ауытқыды", "Отклонение от маршрута", "The vehicle has left its route"),
        "T-CHECKPOINT" => ("Өткізу пункті ауыстырылды", "Изменён пункт пропуска", "The checkpoint was changed"),
        "T-OVERDUE" => ("Көлік күтілген жерде көрінбеді", "Транспорт не появился в ожидаемое время", "Expected sights are missing"),
        "T-CLONE" => ("Бір нөмір екі жерде көрінді", "Один номер замечен в двух местах", "One plate in two places"),
        "T-WEIGHT" => ("Салмақ шегінен асты немесе өзгерді", "Превышение или изменение массы", "Over the weight limits, or the load changed"),
        "T-SEAL" => ("Навигациялық пломба белгі берді", "Сигнал навигационной пломбы", "The navigation seal raised an alarm"),
        "T-WANTED" => ("Іздеудегі көлік", "Транспорт в розыске", "A wanted vehicle"),
        "T-TRANSIT" => ("Транзит мерзімі", "Срок транзита", "The transit term"),
        "T-DOCS" => ("Құжаттар нақты жағдайға сәйкес емес", "Документы не соответствуют факту", "The documents do not agree with the facts"),
        "T-QUEUE" => ("Кезекті теріс пайдалану белгісі", "Признак злоупотребления очередью", "A sign of queue abuse"),
        "T-STOP" => ("Тоқтату екі сағаттан асты", "Остановка дольше двух часов", "The stop is longer than two hours"),
        "DEVICE" => ("Құрылғы немесе жол туралы хабар", "Сообщение об устройстве или дороге", "A notice about a device or a road"),
        _ => ("Тәуекел белгісі", "Признак риска", "A sign of risk"),
    };
    Text { kk: kk.into(), ru: ru.into(), en: en.into() }
}
