//! Journeys by the sentence: sights, admissible ways, T-ROUTE, T-CHECKPOINT, T-OVERDUE, T-CLONE, T-TRANSIT, T-SEAL, T-DOCS.
//! Each story names the sentence it holds.

mod journey_story;

use journey_story::{Story, hold};

const B: &str = "01-12 09:00 book b1 123ABC02 dostyk 01-20 14\n";

#[test]
fn t_route() {
    hold(&[
        Story { clause: "nothing at the first unexplained sight, severity 3 at the second, where that camera stands",
            happens: "01-12 09:00 book b1 123ABC02 dostyk 01-20 14
                01-13 08:10 hit 123ABC02 road/ala-bkn2
                01-13 11:04 hit 123ABC02 road/shl-ktl
                01-13 12:12 hit 123ABC02 road/ktl-zrk",
            told: "01-13 12:12 T-ROUTE raised 123ABC02 s3 zhetisu
                01-13 12:12 task assigned zhetisu/group-1 KON" },
        Story { clause: "two sights in a row: one on the way between them breaks the row",
            happens: "01-12 09:00 book b1 123ABC02 dostyk 01-20 14
                01-13 08:10 hit 123ABC02 road/ala-bkn2
                01-13 11:04 hit 123ABC02 road/shl-ktl
                01-13 15:04 hit 123ABC02 road/bkn2-kon
                01-13 18:12 hit 123ABC02 road/shl-ktl",
            told: "" },
        Story { clause: "reads at one camera within 120 s are one sight; 121 s later it is another",
            happens: "01-12 09:00 book b1 123ABC02 dostyk 01-20 14
                01-12 09:00 book b2 456KLM05 dostyk 01-20 14
                01-13 08:10 hit 123ABC02 road/ala-bkn2
                01-13 08:10 hit 456KLM05 road/ala-bkn2
                01-13 11:04:00 hit 123ABC02 road/shl-ktl
                01-13 11:04:00 hit 456KLM05 road/shl-ktl
                01-13 11:06:00 hit 123ABC02 road/shl-ktl
                01-13 11:06:01 hit 456KLM05 road/shl-ktl",
            told: "01-13 11:06 T-ROUTE raised 456KLM05 s3 almaty-region
                01-13 11:06 task assigned almaty-region/group-1 BKE" },
        Story { clause: "updated at most every 10 min, cleared by a sight back on the way, raised once per journey",
            happens: "01-12 09:00 book b1 123ABC02 dostyk 01-20 14
                01-13 08:10 hit 123ABC02 road/ala-bkn2
                01-13 11:04 hit 123ABC02 road/shl-ktl
                01-13 12:12 hit 123ABC02 road/ktl-zrk
                01-13 12:13 group zhetisu/group-1 accepted
                01-13 12:20 hit 123ABC02 road/zrk-khg
                01-13 12:35 hit 123ABC02 road/khg-cp34
                01-13 18:35 hit 123ABC02 road/kon-tdk
                01-14 01:35 hit 123ABC02 road/shl-ktl
                01-14 03:35 hit 123ABC02 road/ktl-zrk",
            told: "01-13 12:12 T-ROUTE raised 123ABC02 s3 zhetisu
                01-13 12:12 task assigned zhetisu/group-1 KON
                01-13 12:35 T-ROUTE updated 123ABC02 s3 zhetisu
                01-13 18:35 T-ROUTE cleared 123ABC02 s3 zhetisu
                01-13 18:35 task cancelled zhetisu/group-1 KON" },
        Story { clause: "a read at the booked checkpoint is back on the way",
            happens: "01-12 09:00 book b1 123ABC02 dostyk 01-20 14
                01-13 08:10 hit 123ABC02 road/ala-bkn2
                01-13 11:04 hit 123ABC02 road/shl-ktl
                01-13 12:12 hit 123ABC02 road/ktl-zrk
                01-14 12:12 read 123ABC02 dostyk/zone-in",
            told: "01-13 12:12 T-ROUTE raised 123ABC02 s3 zhetisu
                01-13 12:12 task assigned zhetisu/group-1 KON
                01-13 12:17 task reassigned zhetisu/group-2 KON
                01-13 12:22 task reassigned almaty-region/group-1 BKE
                01-13 12:27 task reassigned almaty-region/group-2 BKE
                01-13 12:32 task reassigned abai/group-1 USH
                01-13 12:37 task reassigned abai/group-2 USH
                01-13 12:42 T-ROUTE updated 123ABC02 s3 zhetisu escalated
                01-14 12:12 T-ROUTE cleared 123ABC02 s3 zhetisu escalated" },
        Story { clause: "one sight from which 446 km cannot be driven at 90 km/h before slot end + 60 min",
            happens: "01-12 09:00 book b1 123ABC02 zhana-zhol 01-15 14
                01-12 09:00 book b2 456KLM05 zhana-zhol 01-15 14
                01-15 10:30 hit 123ABC02 road/ast-sch
                01-15 11:30 hit 456KLM05 road/ast-sch",
            told: "01-15 11:30 T-ROUTE raised 456KLM05 s3 astana
                01-15 11:30 task assigned akmola/group-1 SCH" },
        Story { clause: "a booking moved to a later slot makes the sight good again: the next one clears",
            happens: "01-12 09:00 book b2 456KLM05 zhana-zhol 01-15 14
                01-15 11:30 hit 456KLM05 road/ast-sch
                01-15 11:40 shift b2 01-16 14
                01-15 12:40 hit 456KLM05 road/sch-kks",
            told: "01-15 11:30 T-ROUTE raised 456KLM05 s3 astana
                01-15 11:30 task assigned akmola/group-1 SCH
                01-15 11:35 task reassigned akmola/group-2 SCH
                01-15 11:40 T-ROUTE updated 456KLM05 s3 astana escalated
                01-15 12:40 T-ROUTE cleared 456KLM05 s3 astana escalated" },
        Story { clause: "a sight received more than 60 min after it opens no T-ROUTE; it counts, and the next live one raises",
            happens: "01-12 09:00 book b1 123ABC02 dostyk 01-20 14
                01-13 08:10 hit 123ABC02 road/ala-bkn2
                01-13 11:04 hit 123ABC02 road/shl-ktl received=01-13T12:10
                01-13 12:12 hit 123ABC02 road/ktl-zrk received=01-13T13:13
                01-13 13:20 hit 123ABC02 road/zrk-khg",
            told: "01-13 13:20 T-ROUTE raised 123ABC02 s3 zhetisu
                01-13 13:20 task assigned zhetisu/group-1 BKN2" },
        Story { clause: "exactly 60 min is in time",
            happens: "01-12 09:00 book b1 123ABC02 dostyk 01-20 14
                01-13 08:10 hit 123ABC02 road/ala-bkn2
                01-13 11:04 hit 123ABC02 road/shl-ktl
                01-13 12:12 hit 123ABC02 road/ktl-zrk received=01-13T13:12",
            told: "01-13 13:12 T-ROUTE raised 123ABC02 s3 zhetisu
                01-13 13:12 task assigned zhetisu/group-1 KON" },
        Story { clause: "both directions of the first sight's road: it may turn round and go the other way",
            happens: "01-12 09:00 book b1 123ABC02 nur-zholy 01-20 14
                01-13 08:00 hit 123ABC02 road/bkn2-kon
                01-13 09:00 hit 123ABC02 road/bke-shl
                01-13 11:00 hit 123ABC02 road/shl-ktl",
            told: "" },
        Story { clause: "a closed road widens nothing else: round is right while it lasts and a stray when it is over",
            happens: "01-12 18:00 profile storm-5 road_closed from=MML to=UZK from_time=01-12T18:00 until=01-14T06:00
                01-12 19:00 book b1 123ABC02 kairak 01-17 14
                01-12 19:00 book b2 456KLM05 kairak 01-17 14
                01-13 08:00 hit 123ABC02 road/kks-ppk
                01-13 09:52 hit 123ABC02 road/sch-kks
                01-13 12:02 hit 123ABC02 road/ast-sch
                01-15 08:00 hit 456KLM05 road/kks-ppk
                01-15 09:52 hit 456KLM05 road/sch-kks
                01-15 12:02 hit 456KLM05 road/ast-sch",
            told: "01-12 18:00 DEVICE raised - s2 north-kazakhstan
                01-14 06:00 DEVICE cleared - s2 north-kazakhstan
                01-15 12:02 T-ROUTE raised 456KLM05 s3 astana
                01-15 12:02 task assigned astana/group-1 AST" },
        Story { clause: "a road that was open at some moment since the first sight is admissible: a closure without a beginning begins when it is told",
            happens: "01-12 19:00 book b1 123ABC02 dostyk 01-20 14
                01-13 08:00 hit 123ABC02 road/ala-bkn2
                01-13 08:30 profile c1 road_closed from=BKN2 to=KON
                01-13 08:31 hit 123ABC02 road/bkn2-kon
                01-13 10:12 hit 123ABC02 road/kon-tdk",
            told: "01-13 08:30 DEVICE raised - s2 almaty-region" },
        Story { clause: "a newer record of a profile replaces the older; one with an older time does not",
            happens: "01-12 18:00 profile c1 road_closed from=MML to=UZK until=01-20T00:00
                01-12 18:30 profile c1 road_closed from=UZK to=MML until=01-12T19:00
                01-12 20:00 book b1 123ABC02 kairak 01-17 14
                01-13 08:00 hit 123ABC02 road/kks-ppk
                01-13 09:52 hit 123ABC02 road/sch-kks
                01-13 12:02 hit 123ABC02 road/ast-sch",
            told: "01-12 18:00 DEVICE raised - s2 north-kazakhstan
                01-12 18:30 DEVICE cleared - s2 north-kazakhstan
                01-12 18:30 DEVICE raised - s2 north-kazakhstan
                01-12 19:00 DEVICE cleared - s2 north-kazakhstan
                01-13 12:02 T-ROUTE raised 123ABC02 s3 astana
                01-13 12:02 task assigned astana/group-1 AST" },
        Story { clause: "sights before the journey opened are not its own: the way begins at the first one after",
            happens: "01-12 08:00 hit 123ABC02 road/shl-ktl
                01-12 09:00 book b1 123ABC02 dostyk 01-20 14
                01-12 10:30 hit 123ABC02 road/bke-shl
                01-12 13:00 hit 123ABC02 road/bkn2-kon",
            told: "" },
        Story { clause: "a journey ends 7 days after its last sight: nothing strays from it then",
            happens: "01-12 08:00 book b1 123ABC02 dostyk 02-20 14
                01-12 10:30 hit 123ABC02 road/ala-bkn2
                01-20 10:30 hit 123ABC02 road/shl-ktl
                01-20 12:30 hit 123ABC02 road/ktl-zrk",
            told: "01-14 02:30 T-OVERDUE raised 123ABC02 s2 almaty
                01-19 10:30 T-OVERDUE cleared 123ABC02 s2 almaty" },
        Story { clause: "a plate of another country, and a read the camera doubts, move nothing",
            happens: "01-12 09:00 book b1 123ABC02 dostyk 01-20 14
                01-13 08:10 hit 123ABC02 road/ala-bkn2
                01-13 11:04 hit 123ABC02 road/shl-ktl country=RU
                01-13 12:12 hit 123ABC02 road/ktl-zrk confidence=0.3
                01-13 12:30 hit 123ABC02 road/zrk-khg",
            told: "" },
        Story { clause: "a cancelled booking ends the journey and clears what stood",
            happens: "01-12 09:00 book b1 123ABC02 dostyk 01-20 14
                01-13 08:10 hit 123ABC02 road/ala-bkn2
                01-13 11:04 hit 123ABC02 road/shl-ktl
                01-13 12:12 hit 123ABC02 road/ktl-zrk
                01-13 12:13 cancel b1",
            told: "01-13 12:12 T-ROUTE raised 123ABC02 s3 zhetisu
                01-13 12:12 task assigned zhetisu/group-1 KON
                01-13 12:13 T-ROUTE cleared 123ABC02 s3 zhetisu
                01-13 12:13 task cancelled zhetisu/group-1 KON" },
    ]);
}

#[test]
fn t_checkpoint() {
    hold(&[
        Story { clause: "a road sight in the last 72 h, cancelled, another checkpoint within 72 h: at the new requested, where it was last seen",
            happens: "01-12 09:00 book b1 123ABC02 dostyk 01-16 14
                01-14 08:00 hit 123ABC02 road/ala-bkn2
                01-14 09:00 cancel b1
                01-14 09:10 book b2 123ABC02 nur-zholy 01-16 15",
            told: "01-14 09:10 T-CHECKPOINT raised 123ABC02 s3 almaty
                01-14 09:10 task assigned almaty/group-1 BKE" },
        Story { clause: "no road sight, the same checkpoint again, more than 72 h before or after: nothing",
            happens: "01-10 09:00 book b1 123ABC02 dostyk 01-26 14
                01-10 09:00 book b2 456KLM05 dostyk 01-26 14
                01-10 09:00 book b3 789XYZ13 dostyk 01-26 14
                01-10 09:00 book b4 234DEF14 dostyk 01-26 14
                01-11 08:59 hit 456KLM05 road/dst-cp33
                01-13 08:00 hit 789XYZ13 road/dst-cp33
                01-13 08:00 hit 234DEF14 road/dst-cp33
                01-14 09:00 cancel b1
                01-14 09:00 cancel b2
                01-14 09:00 cancel b3
                01-14 09:00 cancel b4
                01-14 09:10 book c1 123ABC02 nur-zholy 01-26 15
                01-14 09:10 book c2 456KLM05 nur-zholy 01-26 15
                01-14 09:10 book c3 789XYZ13 dostyk 01-26 15
                01-17 09:01 book c4 234DEF14 nur-zholy 01-26 15",
            told: "" },
        Story { clause: "a declaration names another checkpoint than the booked one; the booked one is right",
            happens: "01-12 09:00 book b1 123ABC02 dostyk 01-16 14
                01-12 09:00 book b2 456KLM05 dostyk 01-16 14
                01-13 09:00 declare registered d1 123ABC02 checkpoint=nur-zholy
                01-13 09:00 declare registered d2 456KLM05 checkpoint=dostyk
                01-13 09:05 declare released d1 123ABC02 checkpoint=nur-zholy",
            told: "01-13 09:00 T-CHECKPOINT raised 123ABC02 s3 zhetisu
                01-13 09:00 task assigned zhetisu/group-1 cp33
                01-13 09:05 task reassigned zhetisu/group-2 cp33" },
        Story { clause: "declared first: at the new requested",
            happens: "01-12 09:00 declare registered d1 123ABC02 checkpoint=nur-zholy
                01-13 09:00 book b1 123ABC02 dostyk 01-16 14",
            told: "01-13 09:00 T-CHECKPOINT raised 123ABC02 s3 zhetisu
                01-13 09:00 task assigned zhetisu/group-1 cp33" },
        Story { clause: "the declaration of a trip that is over says nothing about the next",
            happens: "01-12 09:00 book b1 123ABC02 nur-zholy 01-14 14
                01-12 10:00 declare registered d1 123ABC02 checkpoint=nur-zholy
                01-14 14:30 cross 123ABC02 nur-zholy exit
                01-14 20:00 book b2 123ABC02 dostyk 01-16 14",
            told: "" },
    ]);
}

#[test]
fn t_clone() {
    let traffic = |happens: &str| {
        let mut lines: Vec<String> = Vec::new();
        for (i, (a, b)) in [("road/akb-mrt", "road/kdg-akb"), ("road/shy-tar", "road/tar-kln"), ("road/kst-krl", "road/kst-rud"), ("road/bkn2-kon", "road/kon-tdk")]
            .repeat(4).into_iter().enumerate() {
            lines.push(format!("01-14 0{}:00 hit {}TRF{:02} {a}", 5 + i % 4, 310 + 37 * i, i + 3));
            lines.push(format!("01-14 1{}:00 hit {}TRF{:02} {b}", i % 4, 310 + 37 * i, i + 3));
        }
        lines.extend(happens.lines().map(|l| l.trim().to_owned()).filter(|l| !l.is_empty()));
        lines.sort();
        lines.join("\n")
    };
    let refs = kezek_operators::kernel::Refs::shipped().unwrap();
    for (clause, happens, expect) in [
        ("one odd sight makes pairs that share it: nothing",
         "01-14 10:00 hit 123ABC02 road/kst-krl\n01-14 11:00 hit 123ABC02 road/kon-tdk\n01-14 12:10 hit 123ABC02 road/kst-rud", vec![]),
        ("two pairs with no sight in common",
         "01-14 10:20 hit 456KLM05 road/akb-mrt\n01-14 11:20 hit 456KLM05 road/shy-tar\n01-14 12:30 hit 456KLM05 road/kdg-akb\n01-14 14:00 hit 456KLM05 road/tar-kln",
         vec!["01-14 14:00 T-CLONE raised 456KLM05 s4 zhambyl"]),
        ("the two trucks need not take turns: A A B B has two pairs as well",
         "01-14 10:20 hit 456KLM05 road/kdg-akb\n01-14 11:20 hit 456KLM05 road/akb-mrt\n01-14 12:00 hit 456KLM05 road/shy-tar\n01-14 14:30 hit 456KLM05 road/tar-kln",
         vec!["01-14 14:30 T-CLONE raised 456KLM05 s4 zhambyl"]),
        ("one pair with a contradicting trailer",
         "01-14 10:20 hit 456KLM05 road/akb-mrt trailer=11AAA02\n01-14 11:20 hit 456KLM05 road/shy-tar trailer=99ZZZ13",
         vec!["01-14 11:20 T-CLONE raised 456KLM05 s4 shymkent"]),
        ("one edit in the trailer contradicts nothing",
         "01-14 10:20 hit 456KLM05 road/akb-mrt trailer=11AAA02\n01-14 11:20 hit 456KLM05 road/shy-tar trailer=17AAA02", vec![]),
        ("one pair with another axle count",
         "01-14 10:20 weigh 456KLM05 scale/akb-mrt 5000/0 6000\n01-14 11:20 weigh 456KLM05 scale/shy-tar 5000/0 4000 2000/1.3",
         vec!["01-14 11:20 T-CLONE raised 456KLM05 s4 shymkent"]),
        ("the second pair more than 24 h away is another story",
         "01-14 10:20 hit 456KLM05 road/akb-mrt\n01-14 11:20 hit 456KLM05 road/shy-tar\n01-15 11:30 hit 456KLM05 road/tar-kln\n01-15 11:40 hit 456KLM05 road/kdg-akb", vec![]),
        ("a sight that came late makes a clone and sends nobody",
         "01-14 10:20 hit 456KLM05 road/akb-mrt\n01-14 11:20 hit 456KLM05 road/shy-tar\n01-14 12:30 hit 456KLM05 road/kdg-akb\n01-14 14:00 hit 456KLM05 road/tar-kln received=01-14T15:01",
         vec!["01-14 15:01 T-CLONE raised 456KLM05 s4 zhambyl"]),
    ] {
        let got: Vec<String> = journey_story::run(&refs, &traffic(happens)).0.into_iter().filter(|l| l.contains("T-CLONE") || l.contains("task")).collect();
        let alerts: Vec<&String> = got.iter().filter(|l| l.contains("T-CLONE raised")).collect();
        assert_eq!(alerts, expect.iter().collect::<Vec<_>>(), "{clause}");
        assert_eq!(got.iter().any(|l| l.contains("task") || l.contains("escalated")), !expect.is_empty() && !clause.contains("late"), "{clause}: {got:?}");
    }
}

#[test]
fn a_camera_with_a_wrong_clock_is_one_notice_and_no_clones() {
    let refs = kezek_operators::kernel::Refs::shipped().unwrap();
    let mut lines = Vec::new();
    // The clock of road/shy-tar is five hours ahead of what it says: everybody was far away just before.
    for i in 0..4 {
        let (a, b) = [("road/kst-krl", "road/akb-mrt"), ("road/ast-sch", "road/kst-rud"), ("road/pvl-ekb", "road/tmt-kgd"), ("road/sem-pvl", "road/urj-cp32")][i];
        for (camera, n) in [(a, 7), (b, 7)] {
            for k in 0..n { lines.push(format!("01-14 0{k}:0{i} hit {}TRF{:02} {camera}", 300 + 100 * i + 10 * k + usize::from(camera == b), k + 1)); }
        }
        lines.push(format!("01-14 10:0{i} hit {i}23ABC02 {a}"));
        lines.push(format!("01-14 10:3{i} hit {i}23ABC02 road/shy-tar"));
        lines.push(format!("01-14 16:0{i} hit {i}23ABC02 {b}"));
        lines.push(format!("01-14 16:3{i} hit {i}23ABC02 road/shy-tar"));
    }
    lines.sort();
    let (told, alerts) = journey_story::run(&refs, &lines.join("\n"));
    assert_eq!(told, ["01-14 10:32 DEVICE raised - s2 shymkent"]);
    assert_eq!(alerts[0]["evidence"][0]["device"], "road/shy-tar");
    assert!(alerts[0].get("plate").is_none());
}

#[test]
fn t_overdue() {
    hold(&[
        Story { clause: "two cameras on every way silent past p99; the next sight clears it",
            happens: "01-12 09:00 book b1 123ABC02 dostyk 01-20 14
                01-13 08:10 hit 123ABC02 road/ala-bkn2
                01-16 12:00 hit 123ABC02 road/bkn2-kon",
            told: "01-15 00:10 T-OVERDUE raised 123ABC02 s2 almaty
                01-16 12:00 T-OVERDUE cleared 123ABC02 s2 almaty" },
        Story { clause: "one camera is left before the checkpoint: nobody is missed",
            happens: "01-12 09:00 book b1 123ABC02 nur-zholy 01-20 14
                01-13 08:10 hit 123ABC02 road/zrk-khg
                01-15 12:00 until",
            told: "" },
        Story { clause: "one camera and a silent seal are enough",
            happens: "01-12 09:00 declare transit_opened T1 123ABC02 checkpoint=nur-zholy seal=S1 deadline=02-10T00:00
                01-13 08:00 seal S1 position 44.2 80.0
                01-13 08:10 hit 123ABC02 road/zrk-khg
                01-13 23:30 until",
            told: "01-12 15:00 T-SEAL raised 123ABC02 s2 zhetisu
                01-13 14:00 T-SEAL updated 123ABC02 s2 zhetisu
                01-13 21:10 T-OVERDUE raised 123ABC02 s2 zhetisu" },
    ]);
}

#[test]
fn t_overdue_believes_only_cameras_that_work() {
    let refs = kezek_operators::kernel::Refs::shipped().unwrap();
    // Both cameras ahead were passed every half hour until the truck came, and by nobody since.
    let mut lines = vec![B.trim().to_owned(), "01-13 08:10 hit 123ABC02 road/ala-bkn2".into()];
    for hour in 0..8 {
        for minute in ["05", "35"] {
            for camera in ["bkn2-kon", "kon-tdk"] { lines.push(format!("01-13 0{hour}:{minute} hit {hour}{minute}TRF0{} road/{camera}", 1 + usize::from(camera == "kon-tdk"))); }
        }
    }
    lines.sort();
    lines.push("01-14 12:00 until".into());
    assert_eq!(journey_story::run(&refs, &lines.join("\n")).0, Vec::<String>::new());
}

#[test]
fn t_transit() {
    hold(&[
        Story { clause: "raised 24 h before the deadline, updated at it, at the last sight; closing clears it",
            happens: "01-13 09:00 declare transit_opened T1 123ABC02 checkpoint=dostyk deadline=01-15T12:00
                01-14 10:00 hit 123ABC02 road/dst-cp33
                01-15 13:00 declare transit_closed T1 123ABC02",
            told: "01-14 12:00 T-TRANSIT raised 123ABC02 s2 zhetisu
                01-15 12:00 T-TRANSIT updated 123ABC02 s2 zhetisu
                01-15 13:00 T-TRANSIT cleared 123ABC02 s2 zhetisu" },
        Story { clause: "a term of four weeks without a sight is not forgotten; without a sight it is told at the checkpoint",
            happens: "01-13 09:00 declare transit_opened T1 123ABC02 checkpoint=dostyk deadline=02-10T12:00
                02-10 13:00 until",
            told: "02-09 12:00 T-TRANSIT raised 123ABC02 s2 zhetisu
                02-10 12:00 T-TRANSIT updated 123ABC02 s2 zhetisu" },
        Story { clause: "closed in time: nothing; another declaration's closing closes nothing",
            happens: "01-13 09:00 declare transit_opened T1 123ABC02 checkpoint=dostyk deadline=01-15T12:00
                01-13 09:00 declare transit_opened T2 456KLM05 checkpoint=dostyk deadline=01-15T12:00
                01-13 10:00 declare transit_closed T1 123ABC02
                01-13 10:00 declare transit_closed T9 456KLM05
                01-14 13:00 until",
            told: "01-14 12:00 T-TRANSIT raised 456KLM05 s2 zhetisu" },
        Story { clause: "leaving unclosed raises it at the crossing, and only once",
            happens: "01-13 09:00 declare transit_opened T1 123ABC02 checkpoint=dostyk deadline=01-25T12:00
                01-14 13:00 cross 123ABC02 nur-zholy exit
                01-26 13:00 until",
            told: "01-14 13:00 T-TRANSIT raised 123ABC02 s2 zhetisu" },
        Story { clause: "coming in is not leaving",
            happens: "01-13 09:00 declare transit_opened T1 123ABC02 checkpoint=dostyk deadline=01-25T12:00
                01-13 09:30 cross 123ABC02 taskala entry
                01-13 10:00 until",
            told: "" },
        Story { clause: "a read behind the gate is leaving too",
            happens: "01-12 09:00 book b1 123ABC02 dostyk 01-14 14
                01-12 09:00 declare transit_opened T1 123ABC02 checkpoint=dostyk deadline=01-25T12:00
                01-14 14:30 read 123ABC02 dostyk/gate-out
                01-14 15:30 cross 123ABC02 dostyk exit",
            told: "01-14 14:30 T-TRANSIT raised 123ABC02 s2 zhetisu" },
    ]);
}

#[test]
fn t_seal() {
    hold(&[
        Story { clause: "tamper: severity 3, where the seal says, for the truck of the declaration",
            happens: "01-14 06:00 declare transit_opened T1 123ABC02 checkpoint=dostyk seal=S1 deadline=02-10T00:00
                01-14 09:40 seal S1 tamper 44.4365 77.7215",
            told: "01-14 09:40 T-SEAL raised 123ABC02 s3 almaty-region
                01-14 09:40 task assigned zhetisu/group-1 TDK" },
        Story { clause: "unlocked: 5 km from a checkpoint is nothing, farther is told",
            happens: "01-14 06:00 declare transit_opened T1 123ABC02 checkpoint=dostyk seal=S1 deadline=02-10T00:00
                01-14 09:40 seal S1 unlocked 45.24 82.55
                01-14 09:50 seal S1 unlocked 44.4365 77.7215",
            told: "01-14 09:50 T-SEAL raised 123ABC02 s2 almaty-region" },
        Story { clause: "6 h of silence while the journey is open, from when it was put on",
            happens: "01-14 06:00 declare transit_opened T1 123ABC02 checkpoint=dostyk seal=S1 deadline=02-10T00:00
                01-14 06:00 declare transit_opened T2 456KLM05 checkpoint=dostyk seal=S2 deadline=02-10T00:00
                01-14 06:00 declare transit_opened T3 789XYZ13 checkpoint=dostyk seal=S3 deadline=02-10T00:00
                01-14 10:00 seal S2 position 44.4365 77.7215
                01-14 11:00 declare transit_closed T3 789XYZ13
                01-14 16:10 until",
            told: "01-14 12:00 T-SEAL raised 123ABC02 s2 zhetisu
                01-14 16:00 T-SEAL raised 456KLM05 s2 almaty-region" },
        Story { clause: "seal and camera 100 km apart: at one camera nothing, at the second it is told",
            happens: "01-14 06:00 declare transit_opened T1 123ABC02 checkpoint=dostyk seal=S1 deadline=02-10T00:00
                01-14 09:30 seal S1 position 44.4365 77.7215
                01-14 09:40 hit 123ABC02 road/kgn-cp47
                01-14 09:45 seal S1 position 44.4365 77.7215
                01-14 10:40 hit 123ABC02 road/shl-ktl",
            told: "01-14 10:40 T-SEAL raised 123ABC02 s2 almaty-region" },
    ]);
}

#[test]
fn t_docs() {
    hold(&[
        Story { clause: "a trailer more than one edit off the booked one; one edit is a misread",
            happens: "01-12 09:00 book b1 123ABC02 dostyk 01-16 14 trailer=11AAA02
                01-12 09:00 book b2 456KLM05 dostyk 01-16 14 trailer=11AAA02
                01-13 09:00 hit 123ABC02 road/ala-bkn2 trailer=99AAA02
                01-13 09:00 hit 456KLM05 road/ala-bkn2 trailer=19AAA02
                01-13 10:00 hit 123ABC02 road/bkn2-kon trailer=99AAA02",
            told: "01-13 09:00 T-DOCS raised 123ABC02 s2 almaty" },
        Story { clause: "insurance past valid_until en route: when it ends, or at the first sight after",
            happens: "01-12 09:00 book b1 123ABC02 dostyk 01-16 14 insured=01-13T12:00
                01-12 09:00 book b2 456KLM05 dostyk 01-16 14 insured=01-13T12:00
                01-12 09:00 book b3 789XYZ13 dostyk 01-16 14 insured=01-23T12:00
                01-13 09:00 hit 123ABC02 road/ala-bkn2
                01-13 09:00 hit 789XYZ13 road/ala-bkn2
                01-13 14:00 hit 456KLM05 road/ala-bkn2",
            told: "01-13 12:00 T-DOCS raised 123ABC02 s2 almaty
                01-13 14:00 T-DOCS raised 456KLM05 s2 almaty" },
    ]);
}
