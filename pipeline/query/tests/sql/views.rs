//! The views tell what the rows of the tables say.

use kezek_query::Auth;

use super::support::{client, server, simple, users};

#[tokio::test(flavor = "multi_thread")]
async fn what_the_views_tell() {
    let server = server(Auth::Loopback);
    let client = client(&server, "x").await;
    for (sql, rows) in [
        // Four opens, one of which the controller refused; six places.
        ("SELECT checkpoint, hour, opened, capacity, capacity_pct FROM views.throughput", &["dostyk|2026-03-01 10:00:00.000000+00|3|6|50.0"][..]),
        ("SELECT opens, automatic, automatic_pct FROM views.automatic_opens", &["4|3|75.0"]),
        ("SELECT manual_opens, without_booking FROM views.officer_overrides", &["1|1"]),
        // The newest decision of arrival 1 read right, the one of arrival 2 did not.
        ("SELECT camera, arrivals, misread, misread_pct FROM views.misreads", &["dostyk/gate-in|2|1|50.0"]),
        ("SELECT kind, alerts, cleared, stopped, precision_pct FROM views.alert_precision ORDER BY kind", &["T-ROUTE|2|1|1|50.0", "T-WEIGHT|1|0|0|-"]),
        ("SELECT due, no_shows, no_show_pct FROM views.no_shows", &["3|1|33.3"]),
        // The hours of the tables are over.
        ("SELECT count(*) FROM views.free_slots", &["0"]),
    ] {
        assert_eq!(simple(&client, sql).await, Ok(rows.iter().map(|r| (*r).to_owned()).collect()), "{sql}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_has_the_views_of_its_tables() {
    let server = server(users());
    for (user, names) in [
        ("public", "free_slots no_shows"),
        ("analyst", "alert_precision automatic_opens free_slots misreads no_shows officer_overrides throughput"),
    ] {
        let client = client(&server, user).await;
        let got = simple(&client, "SELECT table_name FROM information_schema.tables WHERE table_schema = 'views' ORDER BY 1").await.unwrap();
        assert_eq!(got.join(" "), names, "{user}");
    }
}
