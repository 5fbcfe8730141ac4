//! `kezek sql`: a running instance and a stopped one give the same answers, in every form.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::zombie_processes, reason = "a test that cannot go on must say so")]

mod support;

use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};
use support::kezek;

struct Service {
    child: Child,
    base: String,
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn command(folder: &Path, sql_port: u16) -> Command {
    let mut command = kezek();
    command.env("KEZEK_LOG__DATA_DIR", folder.join("data")).env("KEZEK_LOG__PARTITIONS", "2").env("KEZEK_HTTP__LISTEN", "127.0.0.1:0")
        .env("KEZEK_SQL__LISTEN", format!("127.0.0.1:{sql_port}")).env("RUST_LOG", "warn");
    command
}

fn started(folder: &Path, sql_port: u16) -> Service {
    let mut child = command(folder, sql_port).arg("run").stderr(Stdio::piped()).spawn().expect("the binary starts");
    let mut said = String::new();
    for line in BufReader::new(child.stderr.take().expect("stderr is piped")).lines() {
        let line = line.expect("stderr is text");
        if let Some(rest) = line.strip_prefix("http://") {
            let base = format!("http://{}", rest.split('/').next().expect("an address"));
            return Service { child, base };
        }
        said.push_str(&line);
    }
    panic!("the service did not start: {said}");
}

/// A booking that is confirmed when its check says ok.
fn booked(service: &Service) {
    let tomorrow = jiff::Zoned::now().tomorrow().unwrap().date();
    for (topic, record) in [
        ("bookings", json!({"id": "r1", "at": jiff::Timestamp::now().to_string(), "type": "requested", "booking_id": "b1", "account_id": "a1", "scheme": "seo-2023",
            "checkpoint": "dostyk", "slot": {"kind": "exact", "date": tomorrow.to_string(), "hour": 12},
            "vehicle": {"plate": "123ABC02", "country": "KZ", "category": "N3"}, "owner": {"resident": false, "kind": "legal"},
            "drivers": [{"resident": false, "document": "d1"}]})),
        ("bookings", json!("no object")),
    ] {
        ureq::post(&format!("{}/api/ingest/{topic}", service.base)).send(record.to_string()).unwrap();
    }
}

fn asked(folder: &Path, port: u16, args: &[&str]) -> (Option<i32>, String, String) {
    let output = command(folder, port).arg("sql").args(args).output().expect("the command runs");
    (output.status.code(), String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn running_and_stopped_say_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let service = started(folder.path(), port);
    booked(&service);
    let count = || asked(folder.path(), port, &["SELECT count(*) FROM dead_letters", "--format", "csv"]).1;
    // The tables are behind the log by a moment.
    while count() != "count\n1\n" || asked(folder.path(), port, &["SELECT count(*) FROM bookings WHERE slot_start IS NOT NULL", "--format", "csv"]).1 != "count\n1\n" {
        std::thread::yield_now();
    }
    let questions: Vec<Vec<&str>> = vec![
        vec!["SELECT booking_id, plate, seen, slot_start FROM bookings"],
        vec!["SELECT booking_id, plate, number, seen, slot_start FROM bookings", "--format", "csv"],
        vec!["SELECT booking_id, plate, number, seen, slot_start FROM bookings", "--format", "json"],
        vec!["SELECT reason, topic FROM dead_letters", "--format", "json"],
        vec!["\\d"],
        vec!["\\d bookings"],
        vec!["SELECT nothing FROM bookings"],
        vec!["COPY bookings TO STDOUT"],
        vec!["\\d nowhere"],
    ];
    let running: Vec<_> = questions.iter().map(|q| asked(folder.path(), port, q)).collect();
    let json: Value = serde_json::from_str(&running[2].1).unwrap();
    assert_eq!((&json["booking_id"], &json["plate"], &json["seen"]), (&json!("b1"), &json!("123ABC02"), &json!(false)), "{json}");
    assert!(json["slot_start"].as_str().unwrap().ends_with("T07:00:00Z"), "{json}");
    assert!(running[0].1.contains("(1 row)") && running[5].1.contains("timestamp with time zone"), "{running:?}");
    assert_eq!(running.iter().map(|r| r.0).collect::<Vec<_>>(), [Some(0), Some(0), Some(0), Some(0), Some(0), Some(0), Some(1), Some(1), Some(1)]);
    assert!(running[6].2.contains("42703") && running[7].2.contains("25006"), "{running:?}");
    drop(service);
    for (question, answer) in questions.iter().zip(&running) { assert_eq!(asked(folder.path(), port, question), *answer, "{question:?}"); }
}

#[test]
fn nobody_there_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let service = started(folder.path(), port);
    let elsewhere = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let (code, _, said) = asked(folder.path(), elsewhere, &["SELECT 1"]);
    assert_eq!(code, Some(4), "{said}");
    drop(service);
}
