//! What a statement answers, by both protocols.

use kezek_query::Auth;

use super::support::{client, server, simple};

#[tokio::test(flavor = "multi_thread")]
async fn answers() {
    let server = server(Auth::Loopback);
    let client = client(&server, "anybody").await;
    for (sql, rows) in [
        ("SELECT 1", &["1"][..]),
        ("SELECT count(*) FROM bookings", &["5"]),
        ("SELECT plate, vin FROM bookings WHERE booking_id = 'b-1'", &["123ABC02|VIN1"]),
        ("SELECT checkpoint, count(*) FROM bookings GROUP BY 1 ORDER BY 1", &["dostyk|3", "nur-zholy|2"]),
        ("SELECT position, booking_id FROM queue WHERE checkpoint = 'dostyk' ORDER BY position", &["1|b-1", "2|b-4"]),
        ("SELECT number FROM bookings WHERE plate = '999QQQ01'", &["-"]),
        ("SELECT max(revision) FROM gate_decisions WHERE arrival_id = 'a-1'", &["2"]),
        ("SELECT count(*) FROM sights WHERE at >= timestamptz '2026-03-01 02:00:00+00'", &["80"]),
        ("SELECT count(DISTINCT plate) FROM sights", &["50"]),
        ("SELECT mask_plate('123ABC02')", &["123***02"]),
        ("SELECT shard, commit_no FROM kezek_status", &["0|7"]),
        ("SELECT free FROM slots", &["3"]),
        ("SELECT date_bin(interval '1 hour', issued_at), count(*) FROM barrier_commands GROUP BY 1", &["2026-03-01 10:00:00.000000+00|4"]),
        ("SELECT b.plate FROM bookings b JOIN gate_decisions d ON d.booking_id = b.booking_id WHERE d.revision = 2", &["123ABC02"]),
        ("SELECT row_number() OVER (ORDER BY booking_id) FROM bookings LIMIT 1", &["1"]),
        ("SELECT current_database(), current_user", &["kezek|anybody"]),
        ("SHOW server_encoding", &["UTF8"]),
        ("SHOW transaction_read_only", &["on"]),
        ("BEGIN; SELECT 2; COMMIT", &["2"]),
        ("SET time zone 'Asia/Almaty'; SELECT updated_at FROM bookings WHERE booking_id = 'b-1'", &["2026-03-01 14:01:00.000000+05"]),
        ("SELECT updated_at FROM bookings WHERE booking_id = 'b-1'", &["2026-03-01 14:01:00.000000+05"]),
        ("RESET ALL; SELECT updated_at FROM bookings WHERE booking_id = 'b-1'", &["2026-03-01 09:01:00.000000+00"]),
    ] {
        assert_eq!(simple(&client, sql).await, Ok(rows.iter().map(|r| (*r).to_owned()).collect()), "{sql}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn prepared_statements_and_binary() {
    let server = server(Auth::Loopback);
    let client = client(&server, "x").await;
    let by_plate = client.prepare("SELECT booking_id, number, seen, slot_start FROM bookings WHERE plate = $1").await.unwrap();
    assert_eq!(by_plate.params(), [tokio_postgres::types::Type::TEXT]);
    for (plate, id, number, seen) in [("123ABC02", "b-1", 1, true), ("777XYZ17", "b-4", 4, false)] {
        let row = client.query_one(&by_plate, &[&plate]).await.unwrap();
        assert_eq!((row.get::<_, &str>(0), row.get::<_, i32>(1), row.get::<_, bool>(2)), (id, number, seen));
        let start: std::time::SystemTime = row.get(3);
        assert_eq!(start.duration_since(std::time::UNIX_EPOCH).unwrap().as_micros() as i64, super::support::at(10, 0).0);
    }
    assert!(client.query(&by_plate, &[&"nobody"]).await.unwrap().is_empty());
    let row = client.query_one("SELECT count(*), avg(speed_kmh), max(speed_kmh) FROM sights WHERE speed_kmh > $1", &[&80.0f64]).await.unwrap();
    assert_eq!((row.get::<_, i64>(0), row.get::<_, f64>(2)), (99, 89.9));
    let rows = client.query("SELECT plate FROM sights ORDER BY at LIMIT $1", &[&3i64]).await.unwrap();
    assert_eq!(rows.len(), 3);
    let row = client.query_one("SELECT $1::text, $2::int4, $3::bool", &[&"x", &7i32, &None::<bool>]).await.unwrap();
    assert_eq!((row.get::<_, &str>(0), row.get::<_, i32>(1), row.get::<_, Option<bool>>(2)), ("x", 7, None));
    assert_eq!(row.columns().iter().map(|c| c.name()).collect::<Vec<_>>(), ["text", "int4", "bool"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn portals_give_rows_in_portions_and_cursors_too() {
    let server = server(Auth::Loopback);
    let mut client = client(&server, "x").await;
    let transaction = client.transaction().await.unwrap();
    let portal = transaction.bind("SELECT at FROM sights", &[]).await.unwrap();
    let mut portions = Vec::new();
    loop {
        let rows = transaction.query_portal(&portal, 80).await.unwrap().len();
        portions.push(rows);
        if rows < 80 { break; }
    }
    assert_eq!(portions, [80, 80, 40]);
    transaction.batch_execute("DECLARE c CURSOR FOR SELECT booking_id FROM bookings ORDER BY booking_id").await.unwrap();
    for (fetch, ids) in [("FETCH 2 FROM c", &["b-1", "b-2"][..]), ("FETCH NEXT FROM c", &["b-3"]), ("FETCH ALL FROM c", &["b-4", "b-5"]), ("FETCH 1 FROM c", &[])] {
        let rows = transaction.query(fetch, &[]).await.unwrap();
        assert_eq!(rows.iter().map(|r| r.get::<_, &str>(0)).collect::<Vec<_>>(), ids, "{fetch}");
    }
    transaction.commit().await.unwrap();
    let error = client.query("FETCH 1 FROM c", &[]).await.unwrap_err();
    assert_eq!(super::support::code(&error), "34000");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_reads_one_commit() {
    let mut store = super::support::store();
    let server = super::support::over(&store, Auth::Loopback);
    let client = client(&server, "x").await;
    assert_eq!(simple(&client, "SELECT commit_no FROM kezek_status").await.unwrap(), ["7"]);
    store.apply(0, 8, &[]);
    assert_eq!(simple(&client, "SELECT commit_no FROM kezek_status").await.unwrap(), ["7"]);
    store.publish().unwrap();
    assert_eq!(simple(&client, "SELECT commit_no FROM kezek_status").await.unwrap(), ["8"]);
}
