//! Who gets in, and what each role sees.

use kezek_query::{Auth, ServeError, ServerOptions, serve};
use tokio_postgres::NoTls;

use super::support::{client, code, server, settings, simple, store, users};

#[tokio::test(flavor = "multi_thread")]
async fn passwords() {
    let server = server(users());
    for (user, password, database, outcome) in [
        ("analyst", "analyst", "kezek", None),
        ("analyst", "wrong", "kezek", Some("28P01")),
        ("nobody", "nobody", "kezek", Some("28P01")),
        ("analyst", "analyst", "postgres", Some("3D000")),
        ("analyst", "wrong", "postgres", Some("28P01")),
    ] {
        let mut settings = settings(&server, user);
        settings.password(password).dbname(database);
        let got = settings.connect(NoTls).await.err().map(|e| code(&e));
        assert_eq!(got.as_deref(), outcome, "{user} {password} {database}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn roles_see_what_they_may() {
    let server = server(users());
    for (user, sql, outcome) in [
        ("centre", "SELECT plate, account_id, vin FROM bookings WHERE booking_id = 'b-1'", Ok("123ABC02|acc-1|VIN1")),
        ("centre", "SELECT actor FROM barrier_commands WHERE mode = 'manual'", Ok("officer-7")),
        ("centre", "SELECT * FROM kezek_statements", Err("42501")),
        ("analyst", "SELECT plate FROM bookings WHERE booking_id = 'b-1'", Ok("123ABC02")),
        ("analyst", "SELECT actor FROM barrier_commands", Err("42501")),
        ("analyst", "SELECT detail FROM dead_letters", Err("42501")),
        ("analyst", "SELECT topic, reason FROM dead_letters", Ok("bookings|json")),
        ("public", "SELECT plate FROM bookings WHERE booking_id = 'b-1'", Ok("123***02")),
        ("public", "SELECT count(*) FROM bookings", Ok("4")),
        ("public", "SELECT count(*) FROM bookings WHERE plate = '123ABC02'", Ok("0")),
        ("public", "SELECT plate FROM queue WHERE position = 1", Ok("123***02")),
        ("public", "SELECT vin FROM bookings", Err("42501")),
        ("public", "SELECT account_id FROM bookings", Err("42501")),
        ("public", "SELECT count(*) FROM bookings WHERE vin = 'VIN1'", Err("42501")),
        ("public", "SELECT * FROM alerts", Err("42501")),
        ("public", "SELECT * FROM sights", Err("42501")),
        ("public", "SELECT * FROM public.gate_decisions", Err("42501")),
        ("public", "SELECT * FROM views.misreads", Err("42P01")),
        ("public", "SELECT free FROM slots", Ok("3")),
        ("public", "SELECT count(*) FROM information_schema.columns WHERE column_name IN ('vin', 'account_id')", Ok("0")),
        ("public", "SELECT current_user", Ok("public")),
    ] {
        let client = client(&server, user).await;
        let got = simple(&client, sql).await.map(|rows| rows.join(" "));
        assert_eq!(got.as_deref().map_err(String::as_str), outcome, "{user}: {sql}");
    }
    let auditor = client(&server, "auditor").await;
    let shapes = simple(&auditor, "SELECT user_name, statement, sqlstate FROM kezek_statements WHERE role = 'public'").await.unwrap();
    assert!(shapes.contains(&"public|SELECT plate FROM bookings WHERE booking_id = ?|00000".to_owned()), "{shapes:?}");
    assert!(shapes.iter().all(|s| !s.contains("123ABC02")), "{shapes:?}");
}

#[test]
fn only_loopback_is_served_without_users() {
    let listener = std::net::TcpListener::bind("0.0.0.0:0").unwrap();
    let refused = serve(listener, &store().view(), ServerOptions { auth: Auth::Loopback, tls: None }).err();
    assert!(matches!(refused, Some(ServeError::NotLoopback(_))));
}

#[test]
fn broken_tls_refuses_to_start() {
    let dir = tempfile::tempdir().unwrap();
    let (good, bad, missing) = (dir.path().join("good.pem"), dir.path().join("bad.pem"), dir.path().join("missing.pem"));
    std::fs::write(&good, certificate().0).unwrap();
    std::fs::write(&bad, "no certificate").unwrap();
    for (cert, key) in [(&missing, &good), (&bad, &good), (&good, &bad), (&good, &good)] {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let options = ServerOptions { auth: Auth::Loopback, tls: Some((cert.clone(), key.clone())) };
        assert!(matches!(serve(listener, &store().view(), options).err(), Some(ServeError::Tls(_))), "{cert:?} {key:?}");
    }
}

/// A certificate of our own for 127.0.0.1 and its key, in PEM form.
fn certificate() -> (String, String) {
    let made = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned(), "localhost".to_owned()]).unwrap();
    (made.cert.pem(), made.signing_key.serialize_pem())
}

#[tokio::test(flavor = "multi_thread")]
async fn with_tls_nobody_speaks_without() {
    let dir = tempfile::tempdir().unwrap();
    let (cert, key) = certificate();
    let (cert_file, key_file) = (dir.path().join("cert.pem"), dir.path().join("key.pem"));
    std::fs::write(&cert_file, cert).unwrap();
    std::fs::write(&key_file, key).unwrap();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let server = serve(listener, &store().view(), ServerOptions { auth: users(), tls: Some((cert_file.clone(), key_file)) }).unwrap();
    let refused = settings(&server, "centre").ssl_mode(tokio_postgres::config::SslMode::Disable).connect(NoTls).await.err().unwrap();
    assert_eq!(code(&refused), "28000");
    let target = format!("host=localhost hostaddr=127.0.0.1 port={} dbname=kezek user=centre password=centre sslmode=verify-full sslrootcert={}",
        server.address().port(), cert_file.display());
    let output = tokio::task::spawn_blocking(move || {
        std::process::Command::new("psql").args(["-X", "-At", "-d", &target, "-c", "SELECT count(*) FROM bookings"]).output()
    }).await.unwrap().expect("psql is installed");
    assert_eq!((String::from_utf8_lossy(&output.stdout).trim(), String::from_utf8_lossy(&output.stderr).trim()), ("5", ""));
}
