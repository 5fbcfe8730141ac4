//! Bounds: time, memory, depth, cancellation. Whatever a statement does, it ends with a code and the others go on.

use std::time::{Duration, Instant};

use kezek_query::Auth;
use tokio_postgres::NoTls;

use super::support::{client, code, server, simple};

/// Runs until somebody ends it: four billion pairs of pairs of sights.
const ENDLESS: &str = "SELECT count(*) FROM sights a, sights b, sights c, sights d, sights e WHERE a.speed_kmh + b.speed_kmh + c.speed_kmh + d.speed_kmh + e.speed_kmh < 0";

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_ends_at_its_time() {
    let server = server(Auth::Loopback);
    let client = client(&server, "x").await;
    simple(&client, "SET statement_timeout = '300ms'").await.unwrap();
    let began = Instant::now();
    assert_eq!(simple(&client, ENDLESS).await.unwrap_err(), "57014");
    assert_eq!(code(&client.query(ENDLESS, &[]).await.unwrap_err()), "57014");
    assert!(began.elapsed() < Duration::from_secs(60));
    simple(&client, "SET statement_timeout = 0").await.unwrap();
    assert_eq!(simple(&client, "SELECT 1").await.unwrap(), ["1"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn cancel_works_at_once() {
    let server = server(Auth::Loopback);
    let busy = client(&server, "x").await;
    let cancel = busy.cancel_token();
    let began = Instant::now();
    let running = tokio::spawn(async move { (simple(&busy, ENDLESS).await, simple(&busy, "SELECT 1").await) });
    // Cancelled again and again until the statement has begun and ended: a request that comes too early does nothing.
    let mut running = running;
    let (cancelled, after) = loop {
        cancel.cancel_query(NoTls).await.unwrap();
        if let Ok(done) = tokio::time::timeout(Duration::from_millis(50), &mut running).await { break done.unwrap(); }
    };
    assert_eq!(cancelled.unwrap_err(), "57014");
    // A statement that ended by its own time has the same code.
    assert!(began.elapsed() < kezek_query::limits::STATEMENT_TIME / 2);
    // The second statement may have been what a late request hit.
    assert!(matches!(after.as_deref(), Ok([one]) if one == "1") || after == Err("57014".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn memory_has_a_cap() {
    let server = server(Auth::Loopback);
    let client = client(&server, "x").await;
    // What can be laid aside on disk is (groups), so it is asked of what cannot: one array of everything.
    let hungry = "SELECT cardinality(array_agg(repeat(a.plate, 2000))) FROM sights a, sights b, sights c, sights d";
    assert_eq!(simple(&client, hungry).await.unwrap_err(), "53200");
    assert_eq!(simple(&client, "SELECT 1").await.unwrap(), ["1"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn giant_statements() {
    let server = server(Auth::Loopback);
    let client = client(&server, "x").await;
    simple(&client, "SET statement_timeout = '20s'").await.unwrap();
    let deep = |n: usize| format!("SELECT {}1{}", "(".repeat(n), ")".repeat(n));
    for (sql, codes) in [
        // At the bound it runs, or says that it is too complex; it never overflows a stack.
        (format!("SELECT 1{}", " + 1".repeat(990)), "ok 54001 57014"),
        (format!("SELECT count(*) FROM bookings WHERE seen{}", " OR plate = 'x'".repeat(480)), "ok 54001 57014"),
        (format!("SELECT 1{}", " UNION ALL SELECT 1".repeat(300)), "ok 54001 57014"),
        (deep(900), "ok 54001 57014"),
        (format!("SELECT count(*) FROM bookings WHERE plate IN ({})", vec!["'x'"; 20_000].join(", ")), "ok 57014"),
        (format!("SELECT 1{}", " + 1".repeat(20_000)), "54001"),
        (deep(20_000), "54001"),
        (format!("SELECT '{}'", "x".repeat(300 * 1024)), "54000"),
    ] {
        let got = simple(&client, &sql).await.err().unwrap_or_else(|| "ok".to_owned());
        assert!(codes.contains(&got), "{}…: {got}", &sql[..40]);
    }
    // Longer than a message may be: the connection goes, the server stays.
    assert!(client.simple_query(&format!("SELECT '{}'", "x".repeat(3 << 20))).await.is_err());
    let next = super::support::client(&server, "x").await;
    assert_eq!(simple(&next, "SELECT 1").await.unwrap(), ["1"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_keeps_only_so_much() {
    let server = server(Auth::Loopback);
    let client = client(&server, "x").await;
    let mut kept = Vec::new();
    let refused = loop {
        match client.prepare(&format!("SELECT {}", kept.len())).await {
            Ok(statement) => kept.push(statement),
            Err(e) => break code(&e),
        }
    };
    assert_eq!((refused.as_str(), kept.len() <= kezek_query::limits::PREPARED), ("54000", true));
    kept.clear();
    for n in 0..kezek_query::limits::CURSORS { simple(&client, &format!("DECLARE c{n} CURSOR WITH HOLD FOR SELECT 1")).await.unwrap(); }
    assert_eq!(simple(&client, "DECLARE more CURSOR WITH HOLD FOR SELECT 1").await.unwrap_err(), "54000");
    simple(&client, "CLOSE ALL").await.unwrap();
}
