use super::*;
use crate::record::Header;
use streamwarden_core::estate::{ClusterId, GapReason, KafkaOverview, Target};
use streamwarden_core::lineage::Settings;

const SECONDS: i64 = 12;

fn target(name: &str, kind: TargetKind) -> Target {
    Target { name: name.into(), kind, address: name.into() }
}

fn overview(n: i32) -> Arc<Fact> {
    Arc::new(Fact::KafkaCluster(KafkaOverview {
        cluster: ClusterId::new("pay"),
        kafka_id: None,
        controller: Some(n),
        brokers: Vec::new(),
        kraft: None,
        release: None,
    }))
}

fn entity(n: u32) -> Entity {
    Entity::Target { name: format!("{n}").into() }
}

/// Three targets, looked at each second; of each two series, and a fact a look.
fn bundle() -> Arc<Bundle> {
    let kinds = [TargetKind::FlinkRest, TargetKind::Prometheus, TargetKind::Kafka];
    let targets: Vec<Target> = kinds.iter().map(|k| target(&format!("{k:?}"), *k)).collect();
    let mut looks = Vec::new();
    for s in 1..=SECONDS {
        for (i, of) in targets.iter().enumerate() {
            let gap = Gap {
                target: of.clone(),
                what: "/config".into(),
                at: Millis(s * 1000),
                reason: GapReason::Status { code: 503 },
            };
            looks.push(Seen {
                target: i,
                at: Millis(s * 1000),
                took_ms: 1.0,
                facts: vec![(Millis(s * 1000), overview(s as i32))],
                // it fails at first and answers later
                gaps: if s < 3 { vec![gap] } else { Vec::new() },
                seen: if s < 3 { Vec::new() } else { vec!["/config".into()] },
            });
        }
    }
    let times = Arc::new((1..=SECONDS).map(|s| s * 1000 - 5).collect::<Vec<_>>());
    let column = |target: usize, n: u32| Column {
        target,
        entity: entity(n),
        signal: Signal::TargetUp,
        times: times.clone(),
        values: times.iter().map(|t| *t as f64).collect(),
    };
    let series = (0..3).flat_map(|t| (0..40).map(move |n| (t, n)));
    let series = series.map(|(t, n)| column(t, n)).collect();
    let mut header = Header::new(1000, Settings::default(), Vec::new());
    (header.from, header.to) = (Millis(1000), Millis(SECONDS * 1000));
    Arc::new(Bundle { header, targets, looks, series, cut: None })
}

fn play(how: Derive) -> Vec<Look> {
    let mut player = Player::new(bundle(), how);
    let mut out = Vec::new();
    while let Some(look) = player.step() {
        out.extend(look);
    }
    out
}

fn of(looks: &[Look], kind: TargetKind) -> Vec<&Look> {
    looks.iter().filter(|l| l.target.kind == kind).collect()
}

#[test]
fn as_it_was_every_look_brings_its_own() {
    let looks = play(Derive::default());
    assert_eq!(looks.len(), 36);
    assert!(looks.iter().all(|l| l.samples.len() == 40 && l.facts.len() == 1));
    assert!(looks.iter().all(|l| l.samples.iter().all(|s| s.at.0 == l.at.0 - 5)));
    let gaps = looks.iter().filter(|l| !l.gaps.is_empty()).count();
    assert_eq!(gaps, 6);
}

#[test]
fn asked_less_often_flink_tells_less_and_kafka_as_before() {
    let looks = play(Derive { tick: Some(Span::secs(5)), ..Derive::default() });
    assert_eq!(of(&looks, TargetKind::Kafka).len(), 12);
    let pages = of(&looks, TargetKind::Prometheus);
    assert!((2..=3).contains(&pages.len()), "{}", pages.len());
    for page in &pages {
        assert!(page.samples.iter().all(|s| s.at.0 == page.at.0 - 5), "of this scrape alone");
        assert_eq!(page.facts.len(), 1);
    }
    let rest = of(&looks, TargetKind::FlinkRest);
    let facts: usize = rest.iter().map(|l| l.facts.len()).sum();
    assert!(facts > rest.len(), "what was asked in between is told at the next look");
    let last = rest.last().unwrap();
    assert!(last.gaps.is_empty() && last.seen.len() == 1, "of each thing the last that was told");
    assert!(
        last.samples.len() == 40
            && looks == play(Derive { tick: Some(Span::secs(5)), ..Derive::default() })
    );
}

#[test]
fn series_are_gone_targets_unscraped_looks_late() {
    let samples = |looks: &[Look]| looks.iter().map(|l| l.samples.len()).sum::<usize>();
    let all = samples(&play(Derive::default()));
    let some = samples(&play(Derive { drop_share: 0.3, seed: 1, ..Derive::default() }));
    let share = 1.0 - some as f64 / all as f64;
    assert!((0.15..0.45).contains(&share), "{share}");
    let without = BTreeSet::from([Signal::TargetUp]);
    assert_eq!(samples(&play(Derive { without, ..Derive::default() })), 0);
    let unscraped = vec![Unscraped::Target("Kafka".into())];
    assert!(of(&play(Derive { unscraped, ..Derive::default() }), TargetKind::Kafka).is_empty());
    let late = play(Derive { late_by: Span(700), ..Derive::default() });
    assert_eq!((late[0].at, late[0].samples[0].at), (Millis(1700), Millis(995)));
}

#[test]
fn clocks_apart_move_what_the_other_machine_wrote() {
    let mut job = crate::record::Look {
        target: target("flink", TargetKind::FlinkRest),
        at: Millis(5000),
        took_ms: 1.0,
        samples: vec![Sample {
            entity: entity(1),
            signal: Signal::WatermarkLag,
            at: Millis(5000),
            value: 10.0,
        }],
        facts: vec![(
            Millis(4000),
            Fact::OffsetsAt {
                topic: streamwarden_core::estate::TopicId::new(&ClusterId::new("k"), "t"),
                partition: 0,
                points: vec![(Millis(3000), 7)],
            },
        )],
        gaps: Vec::new(),
        seen: Vec::new(),
    };
    skew::look(&mut job, 60_000);
    let (seen, fact) = &job.facts[0];
    let Fact::OffsetsAt { points, .. } = fact else { panic!("{fact:?}") };
    assert_eq!((seen.0, points[0].0.0), (4000, 63_000), "when we saw it is ours");
    assert_eq!((job.samples[0].at.0, job.samples[0].value), (5000, 60_010.0));
}
