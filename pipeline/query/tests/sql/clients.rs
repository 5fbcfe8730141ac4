//! Real clients: psql with its catalogue queries, and psycopg.

use std::process::{Command, Output};

use kezek_query::{Auth, Server};

use super::support::{server, users};

fn psql(server: &Server, user: &str, args: &[&str]) -> Output {
    let target = format!("host=127.0.0.1 port={} dbname=kezek user={user} password={user}", server.address().port());
    Command::new("psql").args(["-X", "-d", &target]).args(args).output().expect("psql is installed")
}

fn text(output: &Output) -> String { format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr)) }

#[test]
fn psql_asks_the_catalogue() {
    let server = server(Auth::Loopback);
    for (command, tells) in [
        ("\\d", &["bookings", "kezek_status", "weighings"][..]),
        ("\\dt", &["bookings", "slots"]),
        ("\\dn", &["public"]),
        ("\\l", &["kezek"]),
        ("\\d bookings", &["booking_id", "slot_start", "timestamp with time zone", "boolean"]),
        ("\\conninfo", &["kezek"]),
        ("SELECT plate FROM bookings WHERE booking_id = 'b-1'", &["123ABC02", "(1 row)"]),
    ] {
        let output = psql(&server, "x", &["-c", command]);
        let said = text(&output);
        assert!(output.status.success(), "{command}: {said}");
        for word in tells { assert!(said.contains(word), "{command}: no {word} in {said}"); }
    }
}

#[test]
fn psql_logs_in_and_hears_codes() {
    let server = server(users());
    let output = psql(&server, "public", &["-At", "-c", "SELECT plate FROM bookings WHERE booking_id = 'b-1'"]);
    assert_eq!(text(&output), "123***02\n");
    let output = psql(&server, "public", &["-v", "VERBOSITY=verbose", "-c", "COPY bookings TO STDOUT"]);
    assert!(!output.status.success() && text(&output).contains("25006"), "{}", text(&output));
    let output = psql(&server, "public", &["-v", "VERBOSITY=verbose", "-c", "\\copy bookings to '/tmp/kezek-copied.csv'"]);
    assert!(!output.status.success() && text(&output).contains("25006"), "{}", text(&output));
    let output = psql(&server, "analyst", &["--csv", "-c", "SELECT checkpoint, count(*) FROM bookings GROUP BY 1 ORDER BY 1"]);
    assert_eq!(text(&output), "checkpoint,count\ndostyk,3\nnur-zholy,2\n");
}

#[test]
fn python_clients() {
    let server = server(users());
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
    let output = Command::new("bash").arg(format!("{root}/deploy/sql-clients.sh"))
        .args([&server.address().port().to_string(), &format!("{}/tests/clients.py", env!("CARGO_MANIFEST_DIR"))])
        .output().expect("bash");
    assert!(output.status.success(), "{}", text(&output));
    assert!(text(&output).contains("psycopg: well"), "{}", text(&output));
}
