use super::*;
use crate::record::Look;
use std::collections::BTreeMap;
use streamwarden_core::estate::{
    ClusterId, ExceptionEntry, GapReason, JobState, JobSummary, RunId, TargetKind,
};
use streamwarden_core::lineage::Settings;
use streamwarden_core::signals::Sample;

fn target(name: &str) -> Target {
    Target { name: name.into(), kind: TargetKind::FlinkRest, address: "10.0.0.1:8081".into() }
}

fn jobs(state: JobState) -> Fact {
    let summary = JobSummary {
        run: RunId::new("9f"),
        name: "risk".into(),
        state,
        start: Millis(1),
        end: None,
        last_modification: None,
        tasks: BTreeMap::from([("running".to_owned(), 4)]),
    };
    Fact::Jobs { cluster: ClusterId::new("pay"), jobs: vec![summary] }
}

fn stack(at: i64, text: &str) -> Fact {
    let entry = |at| ExceptionEntry {
        at: Millis(at),
        class: "java.lang.IllegalStateException".into(),
        stack: text.into(),
        task: None,
        endpoint: None,
        taskmanager: None,
        concurrent: Vec::new(),
    };
    let entries = (0..=at).rev().map(entry).collect();
    Fact::Exceptions { cluster: ClusterId::new("pay"), run: RunId::new("9f"), entries }
}

fn look(at: i64, facts: Vec<Fact>) -> Look {
    let sample = |signal, value| Sample {
        entity: Entity::FlinkCluster { cluster: ClusterId::new("pay") },
        signal,
        at: Millis(at - 3),
        value,
    };
    let gap = Gap {
        target: target("pay"),
        what: "/config".into(),
        at: Millis(at - 2),
        reason: GapReason::Status { code: 503 },
    };
    Look {
        target: target("pay"),
        at: Millis(at),
        took_ms: 12.5,
        samples: vec![
            sample(Signal::RecordsIn, at as f64 * 400.0),
            sample(Signal::CpuLoad, 0.123_456 + at as f64 / 1e6),
            sample(Signal::HeapUsed, 123_456_789.0),
        ],
        facts: facts.into_iter().map(|f| (Millis(at - 1), f)).collect(),
        gaps: vec![gap],
        seen: vec!["/jobs/overview".into()],
    }
}

fn header() -> Header {
    Header::new(1000, Settings::default(), Vec::new())
}

fn written(looks: &[Look]) -> Vec<u8> {
    let mut writer = Writer::default();
    for look in looks {
        writer.look(look).unwrap();
    }
    writer.finish(header()).unwrap()
}

#[test]
fn what_was_written_is_read_back() {
    let long = "at app.Map.apply(Map.java:7)\n".repeat(40);
    let looks = [
        look(1000, vec![jobs(JobState::Running), stack(1, &long)]),
        look(2000, vec![jobs(JobState::Running)]),
        look(3000, vec![jobs(JobState::Restarting), stack(2, &long)]),
    ];
    let bundle = Bundle::of_bytes(&written(&looks)).unwrap();
    assert_eq!((bundle.header.from, bundle.header.to), (Millis(1000), Millis(3000)));
    assert_eq!(bundle.looks.len(), 3);
    for (was, is) in looks.iter().zip(&bundle.looks) {
        let facts: Vec<_> = is.facts.iter().map(|(t, f)| (*t, (**f).clone())).collect();
        assert_eq!((was.at, &was.facts), (is.at, &facts));
        assert_eq!((&was.gaps, &was.seen, was.took_ms), (&is.gaps, &is.seen, is.took_ms));
    }
    let of = |signal| bundle.series.iter().find(|c| c.signal == signal).unwrap();
    assert_eq!(*of(Signal::RecordsIn).times, [997, 1997, 2997]);
    assert_eq!(of(Signal::RecordsIn).values, [400_000.0, 800_000.0, 1_200_000.0]);
    assert_eq!(of(Signal::CpuLoad).values, [0.1245, 0.1255, 0.1265]);
    assert_eq!(of(Signal::HeapUsed).values, [123_500_000.0; 3]);
}

#[test]
fn damage_is_told_with_its_line() {
    let good = written(&[look(1000, vec![jobs(JobState::Running)])]);
    let error = |bytes: &[u8]| Bundle::of_bytes(bytes).unwrap_err().to_string();
    assert!(error(b"").contains("no bundle"));
    assert!(error(b"not gzip at all").contains("no bundle"));
    assert!(error(&good[..good.len() - 9]).contains("after line"), "{}", error(&good));
    let mut newer = header();
    newer.version = 9;
    assert!(error(&Writer::default().finish(newer).unwrap()).contains("format 9"));
    let lines = |text: &str| {
        use std::io::Write;
        let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        let head = serde_json::to_string(&header()).unwrap();
        write!(out, "{head}\n{text}").unwrap();
        out.finish().unwrap()
    };
    assert!(error(&lines("{\"look\":{\"t\":[4,0,0.0]}}\n")).starts_with("line 2: it names"));
    assert!(error(&lines("{\"loot\":1}\n")).starts_with("line 2: unknown variant `loot`"));
    assert!(error(&lines("{\"times\":[5,0]}\n")).contains("times must grow"));
    let runs = "{\"target\":{\"name\":\"a\",\"kind\":\"kafka\",\"address\":\"b\"}}\n{\"times\":[5]}\n\
         {\"series\":{\"target\":0,\"entity\":{\"kind\":\"target\",\"name\":\"a\"},\
         \"signal\":\"target_up\",\"times\":0,\"values\":[[0,4000000000]]}}\n";
    assert!(error(&lines(runs)).starts_with("line 4"), "a run longer than its times");
}
