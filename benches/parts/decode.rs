//! How long one record of each hot topic takes from bytes to domain type. Baseline: the same bytes as an untyped JSON tree.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use kezek_schemas::decode::{Clock, decode};
use kezek_schemas::inputs::Topic;

const RECORDS: [(Topic, &str); 5] = [
    (Topic::RoadHits, r#"{"id":"kazautozhol:000000181","at":"2026-01-14T10:01:07.250+05:00","received_at":"2026-01-14T10:01:09+05:00","camera":"road/tmt-kgd","plate":"123ABC02","country":"KZ","confidence":0.97,"trailer_plate":"45AAA02","speed_kmh":71.5,"vehicle_class":"truck","image_ref":"s3://hits/2026/01/14/tmt-kgd/000000181.jpg"}"#),
    (Topic::AnprReads, r#"{"id":"anpr.reads:000181","at":"2026-01-15T12:45:00+05:00","checkpoint":"nur-zholy","camera":"nur-zholy/gate-in","plate":"123ABC02","country":"KZ","confidence":0.97,"char_confidence":[0.99,0.98,0.97,0.99,0.98,0.97,0.99,0.98],"candidates":[{"plate":"123ABC02","confidence":0.97},{"plate":"128ABC02","confidence":0.02}],"direction":"in","retransmitted":false}"#),
    (Topic::WeighHits, r#"{"id":"w1","at":"2026-01-14T10:00:00+05:00","station":"scale/ast-tmt","plate":"123ABC02","country":"KZ","speed_kmh":70,"axles":[{"load_kg":6000,"spacing_m":0},{"load_kg":8200,"spacing_m":4.0},{"load_kg":8200,"spacing_m":1.2},{"load_kg":8200,"spacing_m":1.2}],"gross_kg":30600,"device_class":"B(10)"}"#),
    (Topic::Checks, r#"{"id":"checks:000007","at":"2026-01-12T09:00:02+05:00","booking_id":"b1","plate":"123ABC02","check":"vehicle_registration","subject":"vehicle","result":"ok","source":"test"}"#),
    (Topic::Bookings, r#"{"id":"bookings:000001","at":"2026-01-12T09:00:00+05:00","type":"requested","booking_id":"b1","account_id":"acc-b1","scheme":"seo-2023","checkpoint":"nur-zholy","slot":{"kind":"exact","date":"2026-01-15","hour":14},"vehicle":{"plate":"123ABC02","country":"KZ","category":"N3","vin":"WDB96340310112233"},"owner":{"resident":true,"kind":"legal","id":"123456789012"},"drivers":[{"resident":true,"document":"Nb10","name":"Driver"}]}"#),
];

fn records(c: &mut Criterion) {
    let mut group = c.benchmark_group("decode");
    for (topic, line) in RECORDS {
        assert!(decode(topic, line.as_bytes(), Clock::Record).is_ok(), "{} is a good record", topic.name());
        group.throughput(Throughput::Bytes(line.len() as u64));
        group.bench_with_input(BenchmarkId::new("typed", topic.name()), line, |b, line| b.iter(|| decode(topic, black_box(line.as_bytes()), Clock::Record)));
        group.bench_with_input(BenchmarkId::new("untyped (baseline)", topic.name()), line, |b, line| {
            b.iter(|| serde_json::from_slice::<serde_json::Value>(black_box(line.as_bytes())));
        });
    }
    group.finish();
}

criterion_group!(benches, records);
criterion_main!(benches);
