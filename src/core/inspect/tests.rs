use super::*;
use crate::estate::{ClusterId, EndedEarly, Gap, GapReason, JobKey, Span, Target, TargetKind};
use crate::past::{HOUR, Hour, Past};
use crate::rules::SourceFile;
use crate::rules::read_inspection;
use crate::rules::testing::World;
use crate::rules::tests::{node, world};
use serde_json::{Value as Json, json};
use std::sync::Arc;

fn check(json: Json) -> Inspection {
    let file = SourceFile { name: "check.yaml".into(), root: node(&json) };
    read_inspection(&file).unwrap_or_else(|m| panic!("{m:?}"))
}

/// Free slots: below 3 a low risk, none a high one.
fn slots(name: &str) -> Inspection {
    check(json!({
        "inspection": name, "component": "flink", "at": "flink_cluster",
        "looks_at": "slots_free over 24h",
        "high": { "none_left": "floor(\"slots_free\") over 24h < 1" },
        "low": { "few_left": "floor(\"slots_free\") over 24h < 3" },
        "says": { "en": "{floor(\"slots_free\") over 24h} slots were free", "zh": "空闲" },
        "advice": [{ "en": "add a TaskManager" }],
        "prevents": ["clu.slots_exhausted"], "source": "a test"
    }))
}

fn seen(free: Option<f64>) -> World {
    let mut w = world(json!({ "jobs": { "a": { "plan": "src(1)" } } }));
    let subject = Subject::FlinkCluster { cluster: crate::estate::ClusterId::new("flink") };
    let mut past = Past::default();
    if let Some(v) = free {
        let start = Millis((w.snapshot.at.0 / HOUR.0 - 2) * HOUR.0);
        let hour = |n| {
            let start = start - Span(n * HOUR.0);
            Hour { start, known: 60, min: v, mean: v, max: v, last: v }
        };
        past.put(subject, "slots_free", (0..6).rev().map(hour).collect());
    }
    w.snapshot.past = Arc::new(past);
    w
}

fn report(checks: &[Inspection], free: Option<f64>, before: Option<&Report>) -> Report {
    inspect(checks, &seen(free).snapshot, before, &[], &|_| None)
}

#[test]
fn risks_are_told_with_figures_and_compared() {
    let checks = [slots("flink.slots")];
    let first = report(&checks, Some(2.0), None);
    let [f] = &first.findings[..] else { panic!("{first:#?}") };
    assert_eq!((f.level, f.standing), (Level::Low, Standing::Still), "nothing to compare with");
    let all = [slots("flink.slots"), slots("flink.another")];
    let second = report(&all, Some(2.0), Some(&first));
    let standing: Vec<_> = second.findings.iter().map(|f| f.standing).collect();
    assert_eq!(standing, [Standing::New, Standing::Still]);
    assert_eq!(f.says.en, "2 slots were free");
    assert_eq!((first.checks, first.judged), (1, 1));

    let worse = report(&checks, Some(0.0), Some(&first));
    assert_eq!(worse.findings[0].standing, Standing::Worse);
    assert_eq!(worse.findings[0].since, first.at);
    let still = report(&checks, Some(0.0), Some(&worse));
    assert_eq!(still.findings[0].standing, Standing::Still);
    let fixed = report(&checks, Some(8.0), Some(&still));
    assert_eq!((fixed.findings.len(), fixed.gone[0].why), (0, GoneWhy::Fixed));

    let blind = report(&checks, None, Some(&still));
    assert_eq!(blind.gone[0].why, GoneWhy::NotSeen, "what nobody saw is not fixed");
    assert_eq!((blind.findings.len(), blind.blind.len()), (0, 1));
    assert_eq!(&*blind.blind[0].missing, "floor of flink_cluster flink (needs 6 h, has 0 min)");
    let other = report(&[slots("flink.other")], Some(8.0), Some(&still));
    assert_eq!(other.gone[0].why, GoneWhy::Left);
}

/// Silent for a minute: high.
fn silence() -> Inspection {
    check(json!({
        "inspection": "sight.flink_silent", "component": "streamwarden", "at": "flink_cluster",
        "looks_at": "silent_for", "high": { "a_minute": "silent_for >= 1m" },
        "low": { "ten_seconds": "silent_for >= 10s" },
        "says": { "en": "no answer for {silent_for:duration}", "zh": "无应答" },
        "advice": [{ "en": "look" }], "prevents": ["obs.metrics_missing"], "source": "a test"
    }))
}

#[test]
fn who_does_not_answer_has_no_score_and_nothing_in_it_is_gone() {
    let checks = [slots("flink.slots"), silence()];
    let before = report(&checks, Some(2.0), None);
    assert_eq!(before.scores.subjects["flink_cluster:flink"].points, Some(96.0));
    let mut w = seen(Some(2.0));
    let (name, kind, address) = ("flink pay".into(), TargetKind::FlinkRest, "http://h:1".into());
    // it is configured, and never answered
    let missed = Gap {
        target: Target { name, kind, address },
        what: "/jobs/overview".into(),
        at: w.snapshot.at - Span::secs(61),
        reason: GapReason::Unreachable { detail: "refused".into() },
    };
    w.snapshot.gaps = Arc::new(vec![missed]);
    let gone = Finding {
        check: "job.uid".into(),
        subject: Subject::Job { job: JobKey::new(&ClusterId::new("pay"), "orders") },
        ..before.findings[0].clone()
    };
    let before = Report { findings: vec![gone], ..before };
    let report = inspect(&checks, &w.snapshot, Some(&before), &[], &|_| None);
    let pay = Subject::FlinkCluster { cluster: ClusterId::new("pay") };
    let high = report.findings.iter().find(|f| f.subject == pay).unwrap();
    assert_eq!((high.level, high.is_silence()), (Level::High, true), "{}", high.says.en);
    assert_eq!(report.scores.subjects[&pay.to_string()].points, None);
    assert_eq!(report.gone[0].why, GoneWhy::NotSeen, "its jobs are not gone");
    assert_eq!(report.scores.subjects["flink_cluster:flink"].points, Some(96.0), "it answers");
}

#[test]
fn two_checks_of_one_signal_count_once_and_a_waiver_takes_no_points() {
    let mut mild = slots("flink.a_mild");
    mild.high.clear();
    let checks = [slots("flink.slots"), mild];
    let both = report(&checks, Some(0.0), None);
    assert_eq!(both.findings.len(), 2);
    let counted: Vec<_> = both.findings.iter().map(|f| f.counted_by.as_deref()).collect();
    assert_eq!(counted, [None, Some("flink.slots")]);
    let cluster = &both.scores.subjects["flink_cluster:flink"];
    assert_eq!((cluster.points, cluster.deductions.len()), (Some(85.0), 1));
    // nobody looked at the job: no points, and in no mean
    let (estate, job) = (&both.scores.estate, &both.scores.subjects["job:flink/a"]);
    assert_eq!((job.points, job.unscored), (None, 1));
    assert_eq!((estate.points, estate.of, estate.unscored), (Some(85.0), 1, 1));
    assert_eq!(both.scores.clusters["flink"].points, Some(85.0));
    let blind = report(&checks, None, None);
    assert_eq!((blind.scores.estate.points, blind.scores.estate.unscored), (None, 2));

    let waiver = |until: i64| Waiver {
        id: "w1".into(),
        made: Millis(0),
        ended: None,
        check: "flink.slots".into(),
        subject: "flink_cluster:*".into(),
        owner: "zhou".into(),
        reason: "moves next week".into(),
        until: Millis(until),
    };
    let w = seen(Some(0.0));
    let waived = |until| inspect(&checks[..1], &w.snapshot, None, &[waiver(until)], &|_| None);
    assert_eq!(waived(i64::MAX).scores.estate.points, Some(100.0));
    assert_eq!(waived(i64::MAX).findings.len(), 1, "it is shown all the same");
    assert_eq!(waived(w.snapshot.at.0).scores.estate.points, Some(85.0), "its time is over");
    let w = seen(Some(0.0));
    let one_taken = inspect(&checks, &w.snapshot, None, &[waiver(i64::MAX)], &|_| None);
    let counts: Vec<_> = one_taken.findings.iter().map(|f| (&*f.check, f.points())).collect();
    assert_eq!(counts, [("flink.slots", 0), ("flink.a_mild", 4)], "nobody took the mild one");
    let taken_back = Waiver {
        ended: Some(EndedEarly { at: w.snapshot.at, by: "li".into() }),
        ..waiver(i64::MAX)
    };
    let after = inspect(&checks[..1], &w.snapshot, None, &[taken_back], &|_| None);
    assert_eq!(after.scores.estate.points, Some(85.0));
}

#[test]
fn mistakes_in_a_check_are_told_at_their_place() {
    let wrong = |json: Json| {
        let file = SourceFile { name: "check.yaml".into(), root: node(&json) };
        let found = read_inspection(&file).expect_err("mistakes");
        found.iter().map(|m| m.message.to_string()).collect::<Vec<_>>().join("; ")
    };
    let mut json = json!({
        "inspection": "flink.x", "component": "flnk", "at": "job", "looks_at": "delay over 1d",
        "high": { "late": "peak(\"deley\") over 24h > 1m" }, "says": { "en": "x" }, "source": "s"
    });
    let told = wrong(json.clone());
    assert!(told.contains("flnk") && told.contains("nothing called `deley`"), "{told}");
    json["component"] = json!("flink");
    json["high"] = json!({ "late": "peak(\"delay\") over 40d > 1m" });
    assert!(wrong(json.clone()).contains("nothing is kept for so long"));
    json["high"] = json!({ "late": "peak(\"delay\") over 24h > 5" });
    assert!(!wrong(json.clone()).is_empty(), "a time without its unit");
    json.as_object_mut().expect("a map").remove("high");
    assert!(wrong(json).contains("neither"));
}

#[test]
fn a_report_says_who_it_speaks_of_and_what_it_comes_to() {
    let checks = [slots("flink.slots")];
    let first = report(&checks, Some(2.0), None);
    assert_eq!(first.names["flink_cluster:flink"].as_ref(), "Flink flink");
    assert_eq!(first.names["job:flink/a"].as_ref(), "a");
    let worse = report(&checks, Some(0.0), Some(&first));
    let s = worse.summary();
    assert_eq!((s.high, s.high_new, s.low, s.fixed), (1, 1, 0, 0), "worse is new among the high");
    let fixed = report(&checks, Some(8.0), Some(&worse));
    assert_eq!((fixed.summary().high, fixed.summary().fixed), (0, 1));
    assert_eq!(fixed.names["flink_cluster:flink"].as_ref(), "Flink flink");
}

#[test]
fn any_two_reports_are_compared() {
    let checks = [slots("flink.a"), slots("flink.b")];
    let calm = report(&checks[..1], Some(8.0), None);
    let low = report(&checks, Some(2.0), None);
    let high = report(&checks[..1], Some(0.0), None);
    let blind = report(&checks, None, None);
    let c = compare(&low, &high);
    assert_eq!((c.new.len(), c.worse.len(), c.still.len()), (0, 1, 0));
    assert_eq!(c.gone[0].check.as_ref(), "flink.b");
    let back = compare(&high, &low);
    assert_eq!((back.better.len(), back.new.len()), (1, 1));
    assert_eq!(compare(&low, &low).still.len(), 2);
    let why = |a: &Report, b: &Report| compare(a, b).gone.iter().map(|g| g.why).collect::<Vec<_>>();
    assert_eq!(why(&high, &calm), [GoneWhy::Fixed]);
    assert_eq!(why(&high, &blind), [GoneWhy::NotSeen], "nobody looked");
    let mut gone = calm.clone();
    gone.scores.subjects.clear();
    assert_eq!(why(&high, &gone), [GoneWhy::Left], "the cluster is no more");
}

#[test]
fn what_has_no_room_is_neither_new_nor_fixed_the_day_after() {
    let one = slots("flink.x");
    let many = |n: usize| -> Vec<Inspection> {
        (0..n).map(|i| Inspection { name: format!("flink.{i:05}").into(), ..one.clone() }).collect()
    };
    let (few, most) = (many(10), many(MAX_FINDINGS + 20));
    let first = report(&few, Some(2.0), None);
    let mut today = report(&most, Some(2.0), Some(&first));
    let new = |r: &Report| r.findings.iter().filter(|f| f.standing == Standing::New).count();
    assert_eq!((new(&today), today.left_out), (MAX_FINDINGS, 20), "all but ten are new");
    for _ in 0..3 {
        let tomorrow = report(&most, Some(2.0), Some(&today));
        assert_eq!((new(&tomorrow), tomorrow.left_out, tomorrow.gone.len()), (0, 20, 0));
        let c = compare(&today, &tomorrow);
        assert_eq!((c.new.len(), c.still.len(), c.gone.len()), (0, MAX_FINDINGS, 0));
        today = tomorrow;
    }
    let fixed = report(&most, Some(8.0), Some(&today));
    assert_eq!(fixed.summary().fixed as usize, MAX_FINDINGS + 20, "those without room, too");
    assert!(fixed.carried.is_empty());
}

#[test]
fn what_could_not_be_looked_at_stands_until_somebody_sees_it() {
    let checks = [slots("flink.slots")];
    let on = |day: i64, r: Report| Report { at: Millis(day), ..r };
    let first = on(1, report(&checks, Some(2.0), None));
    let mut low = first.clone();
    low.findings[0].since = Millis(1);
    let blind = report(&checks, None, Some(&low));
    assert_eq!((blind.gone.len(), blind.carried.len()), (1, 1));
    let again = report(&checks, None, Some(&blind));
    assert_eq!((again.gone.len(), again.carried.len()), (0, 1), "told once, remembered still");
    assert!(compare(&blind, &again).gone.is_empty());

    let back = report(&checks, Some(2.0), Some(&again));
    let [f] = &back.findings[..] else { panic!("{back:#?}") };
    assert_eq!((f.standing, f.since), (Standing::Still, Millis(1)));
    assert!(back.carried.is_empty());
    let c = compare(&again, &back);
    assert_eq!((c.new.len(), c.still.len()), (0, 1));
    let worse = report(&checks, Some(0.0), Some(&again));
    assert_eq!((worse.findings[0].standing, worse.findings[0].since), (Standing::Worse, Millis(1)));
    let fixed = report(&checks, Some(8.0), Some(&again));
    assert_eq!((fixed.gone[0].why, &*fixed.gone[0].says.en), (GoneWhy::Fixed, "2 slots were free"));
    let left = report(&[], None, Some(&again));
    assert_eq!((left.gone[0].why, left.carried.len()), (GoneWhy::Left, 0));
}

#[test]
fn two_minutes_of_a_day_fix_nothing() {
    let checks = [slots("flink.slots")];
    let two_minutes = |free: f64, before: Option<&Report>| {
        let mut w = seen(None);
        let subject = Subject::FlinkCluster { cluster: crate::estate::ClusterId::new("flink") };
        let start = Millis(w.snapshot.at.0 / HOUR.0 * HOUR.0);
        let hour = Hour { start, known: 2, min: free, mean: free, max: free, last: free };
        let mut past = Past::default();
        past.put(subject, "slots_free", vec![hour]);
        w.snapshot.past = Arc::new(past);
        inspect(&checks, &w.snapshot, before, &[], &|_| None)
    };
    let first = report(&checks, Some(0.0), None);
    let lost = two_minutes(8.0, Some(&first));
    assert_eq!((lost.gone[0].why, lost.summary().fixed), (GoneWhy::NotSeen, 0));
    assert_eq!(&*lost.blind[0].missing, "floor of flink_cluster flink (needs 6 h, has 2 min)");
    let seen_none = two_minutes(0.0, None);
    assert_eq!(seen_none.findings[0].level, Level::High, "it was so, however short it was looked");
    assert_eq!(seen_none.findings[0].says.en, "≤ 0 slots were free");
}
