//! What is refused, and with which code: the same by both protocols, and the session lives on.

use kezek_query::Auth;

use super::support::{client, code, server, simple};

#[tokio::test(flavor = "multi_thread")]
async fn nothing_writes_loads_or_copies() {
    let server = server(Auth::Loopback);
    let client = client(&server, "x").await;
    for (sql, expected) in [
        ("INSERT INTO bookings (booking_id) VALUES ('x')", "25006"),
        ("UPDATE bookings SET plate = 'x'", "25006"),
        ("DELETE FROM bookings", "25006"),
        ("TRUNCATE bookings", "25006"),
        ("DROP TABLE bookings", "25006"),
        ("CREATE TABLE t (a int)", "25006"),
        ("CREATE TABLE t AS SELECT 1", "25006"),
        ("CREATE VIEW v AS SELECT 1", "25006"),
        ("CREATE EXTERNAL TABLE t STORED AS CSV LOCATION '/etc/passwd'", "25006 42601"),
        ("SELECT * INTO t FROM bookings", "25006 0A000"),
        ("COPY bookings TO STDOUT", "25006"),
        ("COPY bookings TO '/tmp/kezek-copy.csv'", "25006"),
        ("COPY (SELECT 1) TO STDOUT (FORMAT csv)", "25006"),
        ("COPY (SELECT 1) TO '/tmp/kezek-copy.parquet'", "25006"),
        ("COPY bookings FROM STDIN", "25006"),
        ("COPY bookings FROM '/etc/passwd'", "25006"),
        ("EXPLAIN ANALYZE INSERT INTO bookings SELECT * FROM bookings", "25006"),
        ("EXPLAIN ANALYZE DELETE FROM bookings", "25006"),
        ("WITH x AS (INSERT INTO bookings SELECT * FROM bookings RETURNING *) SELECT * FROM x", "25006 0A000 42000 42601"),
        ("SELECT * FROM '/etc/passwd'", "42P01 42601"),
        ("GRANT ALL ON bookings TO x", "25006"),
        ("VACUUM", "25006"),
        ("SET ROLE centre", "42501"),
        ("SET datafusion.execution.target_partitions = 100", "42501"),
        ("SET default_transaction_read_only = off", "25006"),
        ("BEGIN READ WRITE", "25006"),
        ("SET nonsense = 1", "42704"),
        ("SHOW nonsense", "42704"),
        ("SELEC 1", "42601"),
        ("SELECT nothing FROM bookings", "42703"),
        ("SELECT * FROM nowhere", "42P01"),
        ("SELECT nothing()", "42883"),
        ("SELECT 1 / 0", "22012"),
        ("SELECT 'x'::int", "22P02"),
        ("PREPARE p AS SELECT 1", "0A000"),
    ] {
        let by_simple = simple(&client, sql).await.expect_err(sql);
        assert!(expected.contains(&by_simple), "{sql}: {by_simple}, not {expected}");
        let by_extended = match client.query(sql, &[]).await {
            Ok(_) => panic!("{sql}"),
            Err(e) => code(&e),
        };
        assert_eq!(by_simple, by_extended, "{sql}");
        assert_eq!(simple(&client, "SELECT 1").await.unwrap(), ["1"], "after {sql}");
    }
    assert!(!std::path::Path::new("/tmp/kezek-copy.csv").exists() && !std::path::Path::new("/tmp/kezek-copy.parquet").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_transaction_waits_for_its_end() {
    let server = server(Auth::Loopback);
    let client = client(&server, "x").await;
    for (sql, outcome) in [
        ("BEGIN", None), ("SELECT nothing FROM bookings", Some("42703")), ("SELECT 1", Some("25P02")), ("SET timezone = 'UTC'", Some("25P02")),
        ("ROLLBACK", None), ("SELECT 1", None),
    ] {
        assert_eq!(simple(&client, sql).await.err().as_deref(), outcome, "{sql}");
    }
}
