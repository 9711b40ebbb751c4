use super::*;
use crate::case::SymptomKind;
use crate::detect::detect;
use crate::rules::SourceFile;
use crate::rules::tests::{node, world};
use serde_json::{Value as Json, json};

fn rules() -> RuleSet {
    let rule = json!({
        "cause": "link.component_ill", "layer": "link", "at": "component", "when": ["base_ill"],
        "needs": { "is_ill": "not healthy" }, "says": { "en": "{this}, a component of this pipeline, is not well" }
    });
    let file = SourceFile { name: "ill.yaml".into(), root: node(&rule) };
    RuleSet::compile(&[file], &["link.component_ill".into()]).unwrap_or_else(|m| panic!("{m:?}"))
}

/// Three jobs that are well; one stands on two components, the others on the larger.
fn two_ill(small: Json) -> Vec<crate::case::Diagnosis> {
    let component = |jobs: &[&str]| json!({ "kind": "component", "sort": "redis", "jobs": jobs, "health": ["metric(\"lag\") < 10"] });
    let plan = json!({ "plan": "src(1) -> out(1 hash)" });
    let s = world(json!({
        "until": "120s",
        "taskmanagers": ["tm-1"],
        "jobs": { "a": plan, "b": plan, "c": plan },
        "bases": { "large": component(&["a", "b", "c"]), "small": component(&["a"]) },
        "series": { "metric large lag": 40, "metric small lag": small }
    }))
    .snapshot;
    diagnose(&rules(), &s, &detect(&s)).found
}

#[test]
fn of_two_ill_components_none_explains_the_other() {
    let found = two_ill(json!(40));
    assert_eq!(found.len(), 2, "{found:#?}");
    for d in &found {
        let ill: Vec<_> = d.symptoms.iter().map(|s| (s.kind, &s.subject)).collect();
        assert_eq!(ill, [(SymptomKind::BaseIll, &d.subject)]);
        let name = if d.subject.to_string().contains("large") { "large" } else { "small" };
        let (what, why) = headline_and_cause(&d.says.en);
        let of_it = format!("redis {name} is not well");
        assert!(what.starts_with(&of_it) && why.starts_with(name), "{}", d.says.en);
        assert_eq!(d.victims, [], "jobs that are well");
    }
}

#[test]
fn for_how_long_a_condition_fails_is_told_as_far_as_it_is_known() {
    let told = |small: Json| {
        let found = two_ill(small);
        let one = found.into_iter().find(|d| d.subject.to_string().contains("small"));
        one.unwrap().symptoms[0].clone()
    };
    let seen = told(json!({ "0s..60s": 1, "60s..": 40 }));
    assert_eq!((seen.onset_at_least, seen.value.map(f64::round)), (false, Some(60.0)));
    let from_the_start = told(json!(40));
    assert!(from_the_start.onset_at_least);
    let says = words::symptom(&from_the_start, &crate::estate::Estate::default());
    assert!(says.en.contains("has not held for at least 2 min"), "{}", says.en);
}

/// A job fails at 590 s beside a component that is ill from `ill` on; is it the component's victim?
fn down_because_of(place: (&str, &str), lag: Json, thrown: &str) -> bool {
    let s = world(json!({
        "until": "600s",
        "taskmanagers": ["tm-1"],
        "jobs": { "ads": {
            "plan": "src(1) -> out(1 hash)",
            "exceptions": [{ "at": "590s", "text": thrown }]
        } },
        "bases": { "ck": {
            "kind": "component", "sort": "clickhouse", (place.0): [place.1],
            "health": ["metric(\"lag\") < 10"]
        } },
        "series": { "metric ck lag": lag }
    }))
    .snapshot;
    let found = diagnose(&rules(), &s, &detect(&s)).found;
    let ck = found.iter().find(|d| d.subject.kind() == crate::estate::SubjectKind::Component);
    let d = ck.expect("ck is ill");
    assert!(d.says.en.contains("ck, a component of this pipeline"), "{}", d.says.en);
    let own = |s: &crate::case::Symptom| s.kind == SymptomKind::Restarted;
    assert_eq!(d.symptoms.iter().any(own), d.victims.len() == 1);
    d.victims.len() == 1
}

#[test]
fn a_job_that_fails_beside_a_sink_that_was_ill_before_has_another_reason() {
    let lost =
        "java.util.concurrent.TimeoutException: The heartbeat of TaskManager tm-1 timed out.";
    let says_ck = "java.io.IOException: clickhouse at ck refuses the batch";
    let stack = "java.io.IOException: the checkpoint of backpressure";
    let (long, now) = (|| json!(40), || json!({ "0s..570s": 1, "570s..": 40 }));
    let feeds = ("upstream", "job:ads");
    assert!(!down_because_of(feeds, long(), lost));
    assert!(!down_because_of(feeds, long(), stack), "`ck` is no part of a word");
    assert!(down_because_of(feeds, now(), lost), "it fell ill just before");
    assert!(down_because_of(feeds, long(), says_ck), "Flink names it");
    assert!(down_because_of(("jobs", "ads"), long(), lost), "it is said that the job uses it");
}
