//! Clients that mean harm: whatever they send, the server serves the next one.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use kezek_query::{Auth, Server};

use super::support::{client, server, simple, users};

/// A stream of bytes that is the same every time.
fn noise(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    (0..length).map(|_| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 32) as u8
    }).collect()
}

fn connected(server: &Server) -> TcpStream {
    let stream = TcpStream::connect(server.address()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream
}

fn startup() -> Vec<u8> {
    let body = b"\0\x03\0\0user\0x\0database\0kezek\0\0";
    let mut message = (body.len() as u32 + 4).to_be_bytes().to_vec();
    message.extend_from_slice(body);
    message
}

fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    let mut message = vec![kind];
    message.extend_from_slice(&(body.len() as u32 + 4).to_be_bytes());
    message.extend_from_slice(body);
    message
}

/// Sends and reads until the server hangs up or has nothing more to say.
fn sent(server: &Server, bytes: &[u8]) -> Vec<u8> {
    let mut stream = connected(server);
    // The server may hang up in the middle.
    let _ = stream.write_all(bytes);
    let _ = stream.shutdown(std::net::Shutdown::Write);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    answer
}

#[tokio::test(flavor = "multi_thread")]
async fn noise_of_every_kind() {
    let server = server(Auth::Loopback);
    for seed in 0..150u64 {
        let length = (noise(seed, 1).first().copied().unwrap_or(1) as usize) * 5;
        let bytes = noise(seed + 1000, length);
        sent(&server, &bytes);
        sent(&server, &[startup(), bytes.clone()].concat());
        // Well-framed messages of every type whose bodies are noise.
        let kinds = b"QPBEDCHSFpdcfX";
        let framed: Vec<u8> = kinds.iter().cycle().skip(seed as usize % kinds.len()).take(6)
            .flat_map(|kind| message(*kind, &noise(seed * 31 + u64::from(*kind), seed as usize % 40))).collect();
        sent(&server, &[startup(), framed].concat());
    }
    let client = client(&server, "x").await;
    assert_eq!(simple(&client, "SELECT count(*) FROM bookings").await.unwrap(), ["5"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn nasty_messages() {
    let server = server(Auth::Loopback);
    let parse = message(b'P', b"\0SELECT plate FROM sights\0\0\0");
    let bind = |tail: &[u8]| message(b'B', &[b"\0\0", tail].concat());
    let sync = message(b'S', b"");
    for (name, bytes) in [
        // More rows than memory could hold if they were made room for.
        ("execute with 2^31-1 rows", [parse.clone(), bind(b"\0\0\0\0\0\0"), message(b'E', b"\0\x7f\xff\xff\xff"), sync.clone()].concat()),
        ("execute with -1 rows", [parse.clone(), bind(b"\0\0\0\0\0\0"), message(b'E', b"\0\xff\xff\xff\xff"), sync.clone()].concat()),
        ("seven result formats", [parse.clone(), bind(b"\0\0\0\0\0\x07\0\0\0\0\0\0\0\0\0\0\0\0\0\0"), message(b'E', b"\0\0\0\0\0"), sync.clone()].concat()),
        ("parameters nobody asked for", [parse.clone(), bind(b"\0\0\0\x02\0\0\0\x01a\0\0\0\x01b\0\0"), sync.clone()].concat()),
        ("sixty thousand parameters that are not there", [parse.clone(), bind(b"\0\0\xff\xff"), sync.clone()].concat()),
        ("a length of nothing", vec![b'Q', 0, 0, 0, 0]),
        ("a length of three", vec![b'Q', 0, 0, 0, 3]),
        ("a negative length", vec![b'Q', 255, 255, 255, 255]),
        ("a gigabyte to come", vec![b'Q', 0x3f, 0xff, 0xff, 0xff, b'x']),
        ("copy data out of nowhere", [message(b'd', b"x"), message(b'c', b""), message(b'f', b"x\0"), sync.clone()].concat()),
        ("a portal that is not there", [message(b'E', b"nothing\0\0\0\0\0"), sync.clone()].concat()),
        ("describe nothing", [message(b'D', b"Xnothing\0"), sync.clone()].concat()),
        ("text that is not UTF-8", message(b'Q', b"SELECT '\xff\xfe'\0")),
        ("a text without its end", message(b'Q', b"SELECT 1")),
    ] {
        // An answer or the end of the connection; whatever was sent, others are served.
        sent(&server, &[startup(), bytes].concat());
        let client = client(&server, "x").await;
        assert_eq!(simple(&client, "SELECT 1").await.unwrap(), ["1"], "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_answered_before_the_login() {
    let server = server(users());
    for bytes in [message(b'Q', b"SELECT plate FROM bookings\0"), [message(b'P', b"\0SELECT 1\0\0\0"), message(b'S', b"")].concat(),
        message(b'p', b"SCRAM-SHA-256\0\0\0\0\x08n,,n=,r="), message(b'p', &noise(7, 200)), message(b'p', &vec![b'x'; 40_000])] {
        let answer = sent(&server, &[startup(), bytes.clone(), message(b'Q', b"SELECT plate FROM bookings\0")].concat());
        assert!(!answer.windows(4).any(|w| w == b"ABC0"), "{bytes:?}");
        assert!(!answer.contains(&b'Z'), "ready for nobody: {bytes:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_connections() {
    let server = server(Auth::Loopback);
    let held = client(&server, "x").await;
    let mut streams = Vec::new();
    for _ in 0..1000 {
        // Beyond the backlog the kernel may refuse too.
        if let Ok(stream) = TcpStream::connect_timeout(&server.address(), Duration::from_secs(2)) { streams.push(stream); }
    }
    assert_eq!(simple(&held, "SELECT 1").await.unwrap(), ["1"]);
    let refused = super::support::settings(&server, "x").connect(tokio_postgres::NoTls).await.err();
    assert!(refused.is_some());
    drop(streams);
    // Those who left are noticed when their connections end; until then one more is refused, never a crash.
    let next = loop {
        if let Ok((client, connection)) = super::support::settings(&server, "x").connect(tokio_postgres::NoTls).await {
            tokio::spawn(connection);
            break client;
        }
        tokio::task::yield_now().await;
    };
    assert_eq!(simple(&next, "SELECT 1").await.unwrap(), ["1"]);
}
