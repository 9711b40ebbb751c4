//! The language as a whole: on small worlds written as JSON, which has the same tree as YAML.

use super::rule::Sentence;
use super::testing::{World, build};
use super::*;
use crate::estate::{Millis, Name, Span, Subject, SubjectKind};
use serde_json::{Value as Json, json};

pub fn node(json: &Json) -> Node {
    let at = At { line: 1, column: 1, len: 1 };
    let value = match json {
        Json::Null => Value::Null,
        Json::Array(all) => Value::List(all.iter().map(node).collect()),
        Json::Object(map) => {
            Value::Map(map.iter().map(|(k, v)| (node(&Json::String(k.clone())), node(v))).collect())
        }
        Json::String(s) => {
            return Node { at: At { len: s.chars().count(), ..at }, value: Value::Text(s.clone()) };
        }
        other => Value::Text(other.to_string()),
    };
    Node { at, value }
}

pub fn world(json: Json) -> World {
    let mut out = Mistakes::of(&"world".into());
    let world = build(&node(&json), &mut out);
    assert_eq!(out.found, [], "a world without mistakes");
    world.expect("a world")
}

/// One hot subtask of four.
fn hot() -> Json {
    json!({
        "taskmanagers": ["tm-1", "tm-2"],
        "jobs": { "risk": { "plan": "src(1) -> agg(4 hash) -> out(1 rebalance)" } },
        "series": {
            "subtask agg/* busy": 0.1, "subtask agg/2 busy": 0.98,
            "subtask agg/* rate_in": 100, "subtask agg/2 rate_in": 900,
            "subtask src/0 busy": 0.1, "subtask src/0 bp": 0.8, "subtask src/0 rate_in": 1200,
            "taskmanager tm-1 cpu_cores": 0.4
        }
    })
}

fn agg(w: &World) -> Subject {
    let ctx = Ctx::new(&w.snapshot);
    let job = w.snapshot.estate.jobs.keys().next().expect("a job").clone();
    let me = Subject::Job { job };
    let all = walk::follow(&ctx, relation::Relation::Vertices, &me).all;
    all.into_iter().find(|v| ctx.label(v) == "agg").expect("agg")
}

fn asked(w: &World, text: &str) -> Answer {
    let mut ctx = Ctx::new(&w.snapshot);
    if let Some(onset) = w.onset {
        ctx = ctx.with_onset(onset);
    }
    ask(text, &agg(w), &ctx).unwrap_or_else(|e| panic!("{text}: {} ({})", e.message, e.todo))
}

fn number(w: &World, text: &str) -> Option<f64> {
    match asked(w, text).value {
        Some(Figure::Number { value, .. }) => Some(value),
        _ => None,
    }
}

fn holds(w: &World, text: &str) -> Option<bool> {
    match asked(w, text).value {
        Some(Figure::Truth { truth }) => Some(truth),
        _ => None,
    }
}

fn near(got: Option<f64>, want: f64) {
    assert!(
        got.is_some_and(|g| (g - want).abs() < 1e-6 * want.abs().max(1.0)),
        "{got:?} is not {want}"
    );
}

#[test]
fn measures_over_parts_neighbours_and_hosts() {
    let w = world(hot());
    near(number(&w, "busy of subtask with max(busy)"), 0.98);
    near(number(&w, "median(busy of others(subtask with max(busy)))"), 0.1);
    near(number(&w, "sum(rate_in)"), 1200.0);
    near(number(&w, "share_of_rate of subtask with max(rate_in)"), 0.75);
    near(number(&w, "max(bp of upstream)"), 0.8);
    near(number(&w, "count(subtasks)"), 4.0);
    near(number(&w, "count(busy >= 0.9)"), 1.0);
    near(number(&w, "count(vertices where is_source)"), 1.0);
    near(number(&w, "tpr of subtask 2"), 900.0 / 0.98);
    near(number(&w, "cpu_cores of taskmanager \"tm-1\""), 0.4);
    assert_eq!(holds(&w, "input_ship matches \"hash\" and parallelism > 1"), Some(true));
    assert_eq!(holds(&w, "any(busy >= 0.9) and not all(busy >= 0.9)"), Some(true));
}

#[test]
fn a_window_holds_only_if_every_look_does() {
    let mut given = hot();
    given["series"]["subtask agg/2 busy"] = json!({ "0s..60s": 0.2, "60s..": 0.98 });
    let w = world(given.clone());
    assert_eq!(holds(&w, "busy of subtask with max(busy) >= 0.9 for 40s"), Some(true));
    assert_eq!(holds(&w, "busy of subtask with max(busy) >= 0.9 for 80s"), Some(false));
    given["series"]["subtask agg/2 busy"] = json!({ "0s..60s": 0.98, "60s..": "none" });
    let w = world(given);
    assert_eq!(holds(&w, "busy of subtask 2 >= 0.9 for 20s"), None);
    let missing = asked(&w, "busy of subtask 2 >= 0.9 for 20s").checks[0].missing.clone();
    assert_eq!(missing.as_deref(), Some("busy of subtask 2 of agg"));
    // one of four may be unseen where the others decide
    assert_eq!(holds(&w, "max(busy) >= 0.05"), Some(true));
    assert_eq!(holds(&w, "max(busy) >= 0.9"), None);
    assert_eq!(holds(&w, "min(busy) >= 0.9"), Some(false));
    assert_eq!(holds(&w, "busy of subtask 2 is unknown"), Some(true));
}

#[test]
fn before_is_the_quiet_time() {
    let mut given = hot();
    given["until"] = json!("300s");
    given["onset"] = json!("200s");
    given["series"]["subtask agg/2 rate_in"] = json!({ "0s..200s": 100, "200s..": 900 });
    let w = world(given.clone());
    near(number(&w, "before(sum(rate_in))"), 400.0);
    assert_eq!(holds(&w, "sum(rate_in) >= 1.3 * before(sum(rate_in)) for 30s"), Some(true));
    near(number(&w, "sum(rate_in) ago 2m"), 400.0);
    given["onset"] = json!("10s");
    assert_eq!(number(&world(given), "before(sum(rate_in))"), None);
    assert_eq!(number(&world(hot()), "before(sum(rate_in))"), None, "no onset");
}

#[test]
fn a_curve_for_the_plot_is_the_same_as_asking_then() {
    let mut given = hot();
    given["series"]["subtask agg/2 busy"] = json!({ "0s..60s": 0.2, "60s..": 0.98 });
    let w = world(given);
    let ctx = Ctx::new(&w.snapshot);
    let (to, s) = (w.snapshot.at, agg(&w));
    let of = |text| curve(text, &s, &ctx, to - Span::secs(100), to, 6).expect("a curve");
    let plain = of("max(busy)");
    let points = &plain.points;
    let seen: Vec<Option<f64>> = points.iter().map(|p| p.1.map(|v| (v * 100.0).round())).collect();
    assert_eq!(seen, [Some(20.0), Some(20.0), Some(46.0), Some(98.0), Some(98.0), Some(98.0)]);
    assert_eq!((&*plain.unit, plain.against.is_none()), ("ratio", true));
    let compared = of("max(busy) >= 2 * 0.45 for 20s");
    assert_eq!((&compared.points, compared.against), (points, Some((">=".into(), 0.9))));
    assert!(curve("is_source", &s, &ctx, Millis(0), to, 3).is_err());
}

fn fault(text: &str, kind: SubjectKind) -> String {
    let e = parse_check(text, kind).expect_err(text);
    let at: String = text.chars().skip(e.from).take(e.len).collect();
    format!("[{at}] {}; {}", e.message, e.todo)
}

#[test]
fn mistakes_are_told_where_they_stand() {
    use SubjectKind::{Job, Vertex};
    let starts = |text: &str, kind, want: &str| {
        let got = fault(text, kind);
        assert!(got.starts_with(want), "{text}\n got {got}\nwant {want}");
    };
    starts("bsuy >= 0.9", Vertex, "[bsuy] `bsuy` is no measure and no `let`; did you mean `busy`?");
    starts(
        "busy >= 0.9",
        Vertex,
        "[busy >= 0.9] several values are compared with one; say which: max(",
    );
    starts("max(busy) >= 20s", Vertex, "[20s] a number of ratio stands beside a number of s");
    starts("age >= 20", Job, "[20] a unit is missing");
    starts("age >= 1", Vertex, "[age] `age` is told of job, not of vertex; write `age of job`");
    starts("max(parallelism) > 1", Vertex, "[parallelism] this is one value already");
    starts("state >= \"RUNNING\"", Job, "[\"RUNNING\"] texts are equal or not");
    starts(
        "max(busy of downstrem) > 0.5",
        Vertex,
        "[downstrem] `downstrem` leads to no subject; did you mean `downstream`?",
    );
    starts("max(busy of inputs) > 0.5", Job, "[busy] `busy` is told of subtask, not of topic");
    starts("max(busy of readers) > 0.5", Job, "[readers] `readers` leads nowhere from a job");
    starts(
        "max(heap_share over 30s) > 0.5",
        Vertex,
        "[heap_share over 30s] `heap_share` has no window",
    );
    starts("max(busy) >= 0.9 for 20", Vertex, "[20] a length of time needs its unit; write 20s");
    starts("max(busy) >= 0.9 &&", Vertex, "[&] `&` means nothing here; write `and`");
    starts("max(busy >= 0.9", Vertex, "[] `)` is missing before the end");
    starts(
        "changed(\"pln\") > 0",
        Job,
        "[changed(\"pln\")] no change is called `pln`; did you mean `plan`?",
    );
    starts("exception_text matches \"(\"", Job, "[\"(\"] this pattern cannot be read");
    let deep = format!("{}true{}", "(".repeat(100), ")".repeat(100));
    assert!(fault(&deep, Job).contains("nested too deeply"));
    let long = format!("1{}", "+1".repeat(3000));
    assert!(parse_check(&long, Job).is_err());
}

fn rule() -> Json {
    json!({
        "cause": "code.data_skew_hot_key", "layer": "code", "at": "vertex with input hash",
        "let": { "hot": "subtask with max(busy)", "share": "share_of_rate of hot" },
        "needs": {
            "hot_is_busy": { "is": "busy of hot >= 0.9 for 20s", "en": "{hot} is busy {value:percent}", "zh": "{value:percent}" },
            "others_idle": "median(busy of others(hot)) < 0.5 for 20s"
        },
        "against": { "slow_host": "max(gc of taskmanager of hot) >= 100ms/s" },
        "says": { "en": "{vertex} of {job}: subtask {hot} gets {share:percent}", "zh": "{vertex} {hot}" },
        "advice": [{ "en": "salt the key", "zh": "打散" }]
    })
}

fn compiled(rule: &Json) -> Result<RuleSet, Vec<Mistake>> {
    RuleSet::compile(&[SourceFile { name: "hot.yaml".into(), root: node(rule) }], &[])
}

#[test]
fn a_rule_is_read_evaluated_and_says_what_it_saw() {
    let mut r = rule();
    r["against"]["slow_host"] = json!("gc of taskmanager of hot >= 100ms/s");
    let set = compiled(&r).unwrap_or_else(|e| panic!("{e:?}"));
    let w = world(hot());
    let ctx = Ctx::new(&w.snapshot);
    let rule = &set.rules()[0];
    let job = w.snapshot.estate.jobs.keys().next().expect("a job");
    let places = rule.subjects(&ctx, job);
    assert_eq!(places.iter().map(|s| ctx.label(s)).collect::<Vec<_>>(), ["agg"]);
    let e = rule.evaluate(&ctx, &places[0]);
    assert_eq!((e.truth, e.support, rule.holds(&ctx, &places[0])), (Truth::True, 1.0, Truth::True));
    assert_eq!(e.says.en, "agg of risk: subtask 2 gets 75 %");
    assert_eq!(e.needs[0].words.as_ref().map(|w| &*w.en), Some("2 is busy 98 %"));
    assert_eq!(e.missing, [("slow_host".into(), Name::from("gc of taskmanager tm-2"))]);
    let check = &e.needs[0].checks[0];
    assert_eq!(
        (&*check.expr, check.held_s, check.subject.kind()),
        ("busy", Some(20.0), SubjectKind::Subtask)
    );
    let check = &e.needs[1].checks[0];
    assert_eq!(&*check.expr, "median(busy of others(subtask 2))");
    // what the trace says can be asked again
    for check in e.needs.iter().flat_map(|n| &n.checks) {
        let again = ask(&check.expr, &check.subject, &ctx).unwrap_or_else(|e| panic!("{e:?}"));
        assert_eq!(again.value, check.value, "{}", check.expr);
    }
}

#[test]
fn all_mistakes_of_a_rule_come_at_once() {
    let mut r = rule();
    r["cuase"] = json!("x");
    r["layer"] = json!("cod");
    r["when"] = json!(["lte"]);
    r["lookalikes"] = json!({ "clu.slow_node": "rates_skewd", "nodot": "hot_is_busy" });
    r["needs"]["x"] = json!("busy of hott > 0.5");
    r["probes"] = json!(["thread_dmp"]);
    r["says"]["en"] = json!("{vertx} is slow {share:percnt}");
    r["advice"] =
        json!([{ "en": "only one language" }, { "en": "x", "zh": " " }, { "zh": "只有中文" }]);
    r["cures"] = json!(["rescle", "rescale"]);
    let told: Vec<String> = compiled(&r)
        .expect_err("mistakes")
        .iter()
        .map(|m| format!("{}; {}", m.message, m.todo))
        .collect();
    for want in [
        "unknown key `cuase` in a rule; did you mean `cause`?",
        "`cod` is none of the words for this; did you mean `code`?",
        "no symptom is called `lte`; did you mean `late`?",
        "`nodot` is not the name of a cause",
        "`hott` leads to no subject; did you mean `hot`?",
        "`thread_dmp` is none of the words for this; did you mean `thread_dump`?",
        "`vertx` is no measure and no `let`; did you mean `vertex`?",
        "`percnt` is no format; did you mean `percent`?",
        "`zh` is empty; say it; `zh` may be left away",
        "`en` is missing",
        "no playbook is called `rescle`; did you mean `rescale`?",
    ] {
        assert!(told.iter().any(|t| t.contains(want)), "{want} is not in\n{}", told.join("\n"));
    }
}

#[test]
fn what_is_wrong_in_a_let_is_told_once_and_hides_nothing() {
    let mut r = rule();
    r["let"] = json!({
        "hot": "subtask with max(bsy)", "cold": "subtask with min(rate_n) and", "share": "share_of_rte of hot"
    });
    r["needs"]["cold_too"] = json!("busy of cold > 0.5 and parallelsm > 1");
    r["needs"]["skewed"] = json!("share / 2 > 0.5");
    r["against"]["slow_host"] = json!("gc of taskmanager of hot >= 100ms/s");
    let told = compiled(&r).expect_err("mistakes");
    let told: Vec<String> = told.iter().map(|m| m.message.clone()).collect();
    let want = [
        "`and` is not expected here",
        "`bsy` is no measure and no `let`",
        "`share_of_rte` is no measure and no `let`",
        "`parallelsm` is no measure and no `let`",
    ];
    assert_eq!(told, want);
}

#[test]
fn what_only_follows_from_a_mistake_is_not_told() {
    let mut r = rule();
    r["against"] = json!({});
    r["needs"]["others_idle"] = json!("busy of hott > 0.5");
    r["lookalikes"] = json!({ "clu.slow_node": "others_idle" });
    let told = |r: &Json| -> Vec<String> {
        compiled(r).expect_err("mistakes").iter().map(|m| m.message.clone()).collect()
    };
    assert_eq!(told(&r), ["`hott` leads to no subject"]);
    let mut r = rule();
    r["at"] = json!("vertx");
    assert_eq!(told(&r), ["`vertx` is no kind of subject"]);
}

/// Without it there would be "grows by unknown records/s".
#[test]
fn a_clause_whose_figure_is_unknown_is_left_out() {
    let mut r = rule();
    r["against"] = json!({});
    let says = "{vertex} is slow[[, and garbage takes {gc of taskmanager of hot:percent}]][[ ({share:percent})]]";
    r["says"] = json!({ "en": says });
    let set = compiled(&r).unwrap_or_else(|e| panic!("{e:?}"));
    let w = world(hot());
    let ctx = Ctx::new(&w.snapshot);
    let job = w.snapshot.estate.jobs.keys().next().expect("a job");
    let place = set.rules()[0].subjects(&ctx, job).remove(0);
    let e = set.rules()[0].evaluate(&ctx, &place);
    assert_eq!(e.says.en, "agg is slow (75 %)");
    assert_eq!(set.rules()[0].says.written().en, says);
    r["says"] = json!({ "en": "a [[b {share}" });
    assert_eq!(compiled(&r).expect_err("open")[0].message, "`[[` without `]]`");
}

#[test]
fn what_can_never_hold_is_a_mistake() {
    let starts = |text: &str, want: &str| {
        let told = fault(text, SubjectKind::Vertex);
        assert!(told.starts_with(want), "{text}: {told}");
    };
    starts("max(busy) > 90", "[90] a share is 0 to 1, never more; write 90% or 0.9");
    starts("2 < max(busy over 30s) of upstream", "[2] a share is 0 to 1");
    starts("max(busy) > 0.9 for 999999h", "[999999h] nothing is kept for so long; at most 2h");
    starts("max(busy) / 0 > 2", "[0] this divides by 0");
    starts("parallelism / (2 - 2) > 2", "[(2 - 2)] this divides by 0");
    starts("max(busy over 3h) > 0.9", "[3h] nothing is kept for so long");
    assert!(parse_check("age_trend > 2", SubjectKind::Job).is_ok());
    assert!(parse_check("max(cpu_cores of taskmanagers) > 2", SubjectKind::Job).is_ok());
    assert!(parse_check("max(busy) / median(busy) > 2", SubjectKind::Vertex).is_ok());
}

/// Of several comparisons the first would be told, whichever decided.
#[test]
fn a_value_is_that_of_one_comparison() {
    let mut r = rule();
    r["against"]["slow_host"] = json!("gc of taskmanager of hot >= 100ms/s");
    r["needs"]["hot_is_busy"]["is"] = json!("busy of hot >= 0.9 and parallelism > 1 for 20s");
    let told = compiled(&r).expect_err("which one?");
    assert_eq!(told[0].message, "`{value}` is of one comparison, and here are several");
    assert_eq!(told.len(), 2, "in both languages");
    let is = json!({ "is": "busy of hot >= 0.9 for 20s", "en": "busy {value:percent}" });
    r["needs"]["hot_is_busy"] = is;
    let set = compiled(&r).unwrap_or_else(|e| panic!("{e:?}"));
    let says = set.rules()[0].needs[0].says.as_ref().map(Sentence::written);
    assert_eq!(says.map(|w| w.zh).as_deref(), Some("busy {value:percent}"), "English stands in");
}

#[test]
fn series_of_what_is_not_there_are_mistakes_and_a_star_is_all() {
    let mut given = hot();
    given["series"]["taskmanager * gc"] = json!(0.2);
    let w = world(given.clone());
    near(number(&w, "min(gc of taskmanagers)"), 0.2);
    for (n, key) in ["taskmanager tm-3 gc", "job x age", "vertex x queue_age", "partition o/* rate"]
        .into_iter()
        .enumerate()
    {
        let mut given = hot();
        given["series"][key] = json!(1);
        let mut out = Mistakes::of(&"world".into());
        assert!(build(&node(&given), &mut out).is_none(), "{n} {key}");
        assert!(out.found[0].message.starts_with("this world has no such"), "{key}");
    }
}
