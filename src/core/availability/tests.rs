use super::*;
use crate::lineage::{Reading, Why};
use crate::rules::tests::world;
use serde_json::{Value as Json, json};
use std::sync::Arc;

/// Two jobs in a row, the second in a layer; every edge and the path want 10 s.
fn chain(series: Json, late: f64) -> Snapshot {
    let mut s = world(json!({
        "until": "120s", "tick": "1s",
        "taskmanagers": ["tm-1"],
        "topics": { "orders": { "partitions": 1 }, "stats": { "partitions": 1 } },
        "jobs": {
            "dwd": { "plan": "src(1) -> out(1 hash)", "reads": ["orders"], "writes": ["stats"] },
            "ads": { "plan": "src(1) -> out(1 hash)", "reads": ["stats"] }
        },
        "series": series
    }))
    .snapshot;
    let at = s.at;
    let lineage = Arc::make_mut(&mut s.lineage);
    for node in &mut lineage.nodes {
        node.layer = (node.node.name() == "ads").then(|| "ADS".into());
    }
    for edge in lineage.edges.iter_mut().filter(|e| e.kind == EdgeKind::Reads) {
        edge.delay.target_s = Some(10.0);
        edge.delay.now = Some(Reading { at, seconds: late, at_least: true });
    }
    let of = |name: &str| lineage.nodes.iter().find(|n| n.node.name() == name).cloned();
    let nodes: Vec<NodeRef> =
        ["orders", "dwd", "stats", "ads"].iter().filter_map(|n| Some(of(n)?.node)).collect();
    assert_eq!(nodes.len(), 4, "{:?}", lineage.nodes);
    let mut delay = Delay::unknown(Why::PartUnknown);
    delay.target_s = Some(10.0);
    lineage.paths = vec![Path { id: "p".into(), nodes, delay, slowest: None, declared: true }];
    s
}

fn told(s: &Snapshot) -> Vec<(String, bool)> {
    minute(s).into_iter().map(|j| (j.of.to_string(), j.within)).collect()
}

#[test]
fn a_minute_is_judged_by_what_95_percent_of_it_did_not_exceed() {
    let edges = |ads: Json| json!({ "edge orders/dwd age": 2, "edge stats/ads age": ads });
    let ads = |s: &Snapshot| told(s).into_iter().filter(|(of, _)| !of.contains("dwd"));
    // two seconds of the minute are over the target, then five
    let fine = chain(edges(json!({ "0s..100s": 2, "100s..102s": 60, "102s..": 2 })), 0.0);
    assert!(ads(&fine).all(|(_, within)| within), "{:?}", told(&fine));
    let late = chain(edges(json!({ "0s..100s": 2, "100s..110s": 60, "110s..": 2 })), 0.0);
    let named: Vec<_> = ads(&late).collect();
    let late_ones: Vec<_> = named.iter().filter(|(_, within)| !within).map(|(of, _)| of).collect();
    assert_eq!(late_ones, ["job:flink/ads", "topic:kafka/stats", "layer:ADS"], "its layer with it");
    assert_eq!(named.len(), 4, "{named:?}");
}

#[test]
fn what_waits_too_long_is_out_though_nothing_arrives_and_what_nobody_sees_is_neither() {
    let nothing = json!({});
    let down = chain(nothing.clone(), 60.0);
    assert_eq!(told(&down).len(), 6, "{:?}", told(&down));
    assert!(told(&down).iter().all(|(_, within)| !within));
    assert_eq!(told(&chain(nothing, 3.0)), [], "less than the target says nothing");
}

#[test]
fn what_is_out_under_announced_work_is_told_apart_with_what_it_feeds() {
    let mut s = chain(json!({}), 60.0);
    let planned = |s: &Snapshot| -> Vec<String> {
        minute(s).into_iter().filter(|j| j.planned).map(|j| j.of.to_string()).collect()
    };
    assert_eq!(planned(&s), [""; 0]);
    let job =
        |name: &str| crate::estate::JobKey::new(&crate::estate::ClusterId::new("flink"), name);
    let work = |job| crate::estate::PlannedWork {
        id: "w".into(),
        scope: crate::estate::Scope::Job { job },
        from: Millis(0),
        until: s.at + MINUTE,
        who: "li".into(),
        why: "new version".into(),
        made: Millis(0),
        ended: None,
        silence: None,
    };
    let (last, first) = (work(job("ads")), work(job("dwd")));
    s.planned = Arc::new(vec![last]);
    assert_eq!(planned(&s), ["path:orders→ads", "job:flink/ads", "topic:kafka/stats", "layer:ADS"]);
    s.planned = Arc::new(vec![first]);
    assert_eq!(planned(&s).len(), told(&s).len(), "all that it feeds: {:?}", planned(&s));
}

#[test]
fn one_part_that_is_out_is_enough_and_one_unknown_is_not() {
    assert_eq!(all([Some(true), None, Some(false)]), Some(false));
    assert_eq!(all([Some(true), None]), None);
    assert_eq!(all([Some(true), Some(true)]), Some(true));
}

#[test]
fn what_is_never_known_is_wanted_all_the_same() {
    let s = chain(json!({}), 0.0);
    assert!(told(&s).is_empty(), "nobody can tell of any");
    let all: Vec<_> = wanted(&s).into_iter().map(|n| n.to_string()).collect();
    let of = ["job:flink/ads", "job:flink/dwd", "layer:ADS", "path:orders→ads"];
    let topics = ["topic:kafka/orders", "topic:kafka/stats"];
    assert_eq!(all, [&of[..], &topics[..]].concat());
    let [hour, now] = [Millis(7_200_000), Millis(10_800_000)];
    let seen = unseen(hour + crate::past::MINUTE, &[Millis(0), hour, now]);
    let told: Vec<_> = seen.iter().map(|s| (s.known, s.unknown, s.share())).collect();
    assert_eq!(told, [(0, 0, None), (0, 59, None)]);
}
