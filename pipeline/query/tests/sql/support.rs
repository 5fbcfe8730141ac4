//! A small border in tables, a server over it, clients.

use std::net::TcpListener;

use kezek_query::{Auth, Server, ServerOptions, Store, Users, Verifier, serve};
use kezek_schemas::tables::*;
use kezek_schemas::time::Timestamp;
use tokio_postgres::{Client, NoTls};

/// An hour of the day that the tables are about: 2026-03-01, UTC.
pub fn at(hour: i64, minute: i64) -> Timestamp { Timestamp(1_772_323_200_000_000 + (hour * 60 + minute) * 60_000_000) }

fn booking(n: u32, plate: &str, status: &str, seen: bool) -> ViewRow {
    ViewRow::BookingRow(Box::new(BookingRow {
        booking_id: format!("b-{n}").into(), account_id: format!("acc-{}", n % 2).into(), checkpoint: if n < 4 { "dostyk" } else { "nur-zholy" }.into(),
        scheme: "seo-2023".into(), plate: plate.into(), country: "KZ".into(), vin: Some(format!("VIN{n}").into()), status: status.into(),
        lane: "turn".into(), number: (status != "requested").then_some(n), slot_start: Some(at(10, 0)), slot_end: Some(at(11, 0)), seen,
        updated_at: at(9, i64::from(n)),
    }))
}

fn command(n: u32, mode: &str, booking: Option<&str>, result: Option<&str>) -> ViewRow {
    ViewRow::BarrierCommandRow(Box::new(BarrierCommandRow {
        command_id: format!("c-{n}").into(), checkpoint: "dostyk".into(), barrier: "dostyk/barrier-1".into(), action: "open".into(), mode: mode.into(),
        actor: (mode == "manual").then(|| "officer-7".into()), booking_id: booking.map(Into::into), issued_at: at(10, i64::from(n)),
        not_after: at(10, i64::from(n) + 1), seq: u64::from(n), result: result.map(Into::into),
    }))
}

fn decision(n: u32, revision: u32, plate: &str, booking: &str) -> ViewRow {
    ViewRow::GateDecisionRow(Box::new(GateDecisionRow {
        arrival_id: format!("a-{n}").into(), revision, checkpoint: "dostyk".into(), camera: "dostyk/gate-in".into(), outcome: "open".into(),
        reason: "clean".into(), rule: "G-MATCH".into(), booking_id: Some(booking.into()), plate: plate.into(), country: Some("KZ".into()),
        posterior: Some(0.999), decided_at: at(10, i64::from(n)),
    }))
}

fn alert(n: u32, kind: &str, state: &str) -> ViewRow {
    ViewRow::AlertRow(Box::new(AlertRow {
        alert_id: format!("al-{n}").into(), kind: kind.into(), severity: 2, state: state.into(), plate: Some("123ABC02".into()), country: None,
        region: "almaty-oblysy".into(), raised_at: at(8, 0), updated_at: at(9, 0), score: 0.5,
    }))
}

/// Everything the tests ask about.
pub fn rows() -> Vec<ViewRow> {
    let mut rows = vec![
        booking(1, "123ABC02", "crossed", true), booking(2, "456DEF05", "admitted", true), booking(3, "B804EK77", "annulled", false),
        booking(4, "777XYZ17", "confirmed", false), booking(5, "999QQQ01", "requested", false),
        command(1, "auto", Some("b-1"), Some("executed")), command(2, "auto", Some("b-2"), None),
        command(3, "manual", None, Some("executed")), command(4, "auto", Some("b-1"), Some("rejected")),
        decision(1, 1, "123A8C02", "b-2"), decision(1, 2, "123ABC02", "b-1"), decision(2, 1, "456DFF05", "b-2"),
        alert(1, "T-ROUTE", "raised"), alert(2, "T-ROUTE", "cleared"), alert(3, "T-WEIGHT", "updated"),
    ];
    rows.push(ViewRow::SlotRow(Box::new(SlotRow { checkpoint: "dostyk".into(), slot_start: at(10, 0), capacity: 6, held: 0, confirmed: 3, free: 3 })));
    rows.push(ViewRow::TaskRow(Box::new(TaskRow { task_id: "t-1".into(), alert_id: "al-1".into(), region: "almaty-oblysy".into(),
        group_id: "almaty-oblysy/group-1".into(), state: "finished".into(), assigned_at: at(8, 0), stop_started_at: Some(at(8, 40)) })));
    for (n, (id, plate)) in [("b-4", "777XYZ17"), ("b-1", "123ABC02")].into_iter().enumerate() {
        rows.push(ViewRow::QueueRow(Box::new(QueueRow { checkpoint: "dostyk".into(), booking_id: id.into(), plate: plate.into(), country: "KZ".into(),
            lane: "turn".into(), status: "called".into(), slot_start: at(10, 0), number: 9 - n as u32 })));
    }
    rows.extend((0..200).map(|n| ViewRow::SightRow(Box::new(SightRow { plate: format!("{:03}ABC02", n % 50).into(), country: Some("KZ".into()),
        camera: "road/a3-001".into(), at: at(0, n), speed_kmh: Some(70.0 + n as f64 / 10.0), lat: Some(43.2), lon: Some(76.9) }))));
    rows.push(ViewRow::DeadLetterRow(Box::new(DeadLetterRow { topic: "bookings".into(), at: at(1, 0), reason: "json".into(), detail: "secret".into() })));
    rows
}

/// The tables.
pub fn store() -> Store {
    let mut store = Store::new();
    store.apply(0, 7, &rows());
    store.publish().unwrap();
    store
}

/// A server on an ephemeral port.
pub fn server(auth: Auth) -> Server { over(&store(), auth) }

/// A server over a store.
pub fn over(store: &Store, auth: Auth) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    serve(listener, &store.view(), ServerOptions { auth, tls: None }).unwrap()
}

/// The users' file: the password is the name.
pub fn users() -> Auth {
    let lines: Vec<String> = ["analyst", "auditor", "centre", "public"].iter()
        .map(|role| format!("{role} {} {role}", Verifier::make(role).unwrap())).collect();
    Auth::Users(Users::parse(&lines.join("\n")).unwrap())
}

/// Where a server listens, for a user whose password is the name.
pub fn settings(server: &Server, user: &str) -> tokio_postgres::Config {
    let mut settings = tokio_postgres::Config::new();
    settings.host("127.0.0.1").port(server.address().port()).user(user).password(user).dbname("kezek");
    settings
}

/// A client.
pub async fn client(server: &Server, user: &str) -> Client {
    let (client, connection) = settings(server, user).connect(NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

/// The answer of the simple protocol: rows as texts joined by `|`, null as `-`.
pub async fn simple(client: &Client, sql: &str) -> Result<Vec<String>, String> {
    let messages = client.simple_query(sql).await.map_err(|e| code(&e))?;
    Ok(messages.iter().filter_map(|m| match m {
        tokio_postgres::SimpleQueryMessage::Row(row) => Some((0..row.len()).map(|n| row.get(n).unwrap_or("-")).collect::<Vec<_>>().join("|")),
        _ => None,
    }).collect())
}

/// The SQLSTATE of an error.
pub fn code(error: &tokio_postgres::Error) -> String { error.code().map_or_else(|| format!("{error:?}"), |c| c.code().to_owned()) }
