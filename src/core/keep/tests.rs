use super::*;
use crate::rules::tests::world;
use serde_json::json;
use std::collections::BTreeSet;

#[test]
fn each_measure_is_one_number_and_told_once() {
    let mut names = BTreeSet::new();
    for k in KEPT {
        let read = Question::of(k.ask, k.of);
        assert!(read.is_ok(), "{}: {read:?}", k.name);
        assert_eq!(read.unwrap().unit(), k.unit, "{}", k.name);
        assert!(names.insert((k.of, k.name)), "{} stands twice", k.name);
        assert!(KINDS.contains(&k.of), "nobody lists all of the kind of {}", k.name);
    }
    assert_eq!(Keeper::default().asked.len(), KEPT.len());
}

#[test]
fn a_minute_keeps_the_worst_look_and_leaves_out_what_nobody_saw() {
    let w = world(json!({
        "until": "120s",
        "taskmanagers": ["tm-1"],
        "topics": { "orders": { "partitions": 2 } },
        "brokers": [1],
        "jobs": { "risk": { "plan": "src(1) -> agg(2 hash)", "reads": ["orders"] } },
        "series": {
            "subtask src/0 busy": 0.1, "subtask agg/0 busy": 0.3, "subtask agg/1 busy": 0.7,
            // one short peak
            "edge orders/risk age": { "0s..80s": 2, "80s..90s": 30, "90s..": 2 },
            "partition orders/* rate": 50
        }
    }));
    let kept = Keeper::default().minute(&w.snapshot);
    let of = |name: &str| kept.iter().find(|m| m.name == name).map(|m| m.value);
    assert_eq!(of("input_delay"), Some(30.0));
    assert_eq!(of("busiest"), Some(0.7));
    assert_eq!(of("produce_rate"), Some(100.0));
    assert_eq!(of("brokers"), Some(1.0));
    assert_eq!(of("state_size"), None, "no checkpoint was seen: unknown, not zero");
    assert_eq!(of("heap_floor"), None);
}

#[test]
fn looks_become_one_value() {
    let twelve: Vec<f64> = (1..=12).map(f64::from).collect();
    assert_eq!(Fold::P95.of(twelve.clone()), Some(12.0));
    assert_eq!(Fold::Min.of(twelve.clone()), Some(1.0));
    assert_eq!(Fold::Max.of([twelve, vec![f64::NAN]].concat()), Some(12.0));
    assert_eq!(Fold::P95.of((1..=100).map(f64::from).collect()), Some(95.0));
    assert_eq!(Fold::P95.of(vec![]), None);
}
