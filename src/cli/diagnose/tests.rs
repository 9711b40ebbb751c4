use super::verdict::{Because, sentence};
use super::*;
use crate::cli::say::Lang;
use crate::cli::table::Screen;
use crate::web::view::{BlindView, Status};
use crate::web::view_incident::{IncidentStage, VerdictKind};
use unicode_width::UnicodeWidthStr;

const WIDE: Screen = Screen { width: 120, colour: false };

fn incident() -> IncidentView {
    let mut view: IncidentView =
        serde_json::from_str(include_str!("../../../tests/fixtures/api/incident.json"))
            .expect("the API's own recording");
    view.says.en = "dwd-order-stats is 94 s late (5 s wanted). Cause: Window cannot keep up".into();
    view.says.zh = "dwd-order-stats 延迟 94 秒（目标 5 秒）。根因：Window 处理不过来".into();
    view.row.verdict.kind = VerdictKind::Root;
    view.row.verdict.causes = vec!["code.slow_udf_cpu".into()];
    view.row.verdict.family = None;
    view
}

/// Nothing is wrong and all of it is seen.
fn well() -> Diagnosed {
    let mut overview: Overview =
        serde_json::from_str(include_str!("../testdata/overview.json")).expect("fixture");
    overview.late.retain(|i| i.delay.seconds.is_some());
    for item in &mut overview.late {
        item.delay.status = Status::NoTarget;
        item.delay.seconds = Some(1.2);
        item.delay.target_s = None;
    }
    overview.blind.clear();
    overview.targets_up = overview.targets;
    Diagnosed {
        health: Health::Healthy,
        looked_s: 30.2,
        kafka_from: KafkaFrom::Log,
        wanted_s: Some(60.0),
        wanted_given: true,
        busiest: None,
        probes: false,
        topics_read: vec!["orders".into(), "order-stats".into()],
        overview,
        targets: Vec::new(),
        incidents: Vec::new(),
        thrown: std::collections::BTreeMap::new(),
        calm: Vec::new(),
        pending: Vec::new(),
    }
}

fn blind(kind: &str, node: &str) -> BlindView {
    BlindView {
        kind: kind.into(),
        node: Some(node.into()),
        what: "it".into(),
        why: "why".into(),
        since: 0,
        target: None,
        todo: None,
    }
}

fn flink(last_ok: Option<i64>) -> TargetView {
    TargetView {
        name: "flink jm:8081".into(),
        kind: "flink_rest".into(),
        address: "jm:8081".into(),
        up: Some(false),
        last_ok,
        last_try: Some(20_000),
        took_ms: None,
        samples: None,
        requests: None,
        bytes: None,
        error: Some("/jobs/overview: Connection refused".into()),
        since: Some(12_000),
    }
}

fn health(d: &Diagnosed) -> Health {
    judge(d).0
}

#[test]
fn the_answer_and_its_exit_code() {
    assert_eq!(health(&well()), Health::Healthy);
    let ill = |change: &dyn Fn(&mut IncidentView)| {
        let mut view = incident();
        change(&mut view);
        health(&Diagnosed { incidents: vec![view], ..well() })
    };
    assert_eq!(ill(&|_| ()), Health::Ill);
    assert_eq!(ill(&|v| v.row.verdict.kind = VerdictKind::Family), Health::Ill);
    assert_eq!(ill(&|v| v.row.verdict.kind = VerdictKind::Undetermined), Health::CannotTell);
    assert_eq!(ill(&|v| v.row.role = "hazard".into()), Health::Healthy);
    assert_eq!(ill(&|v| v.row.state = IncidentStage::Recovering), Health::Healthy);
    let codes = [Health::Healthy, Health::Ill, Health::CannotTell].map(Exit::from);
    assert_eq!(codes, [Exit::Fine, Exit::Over, Exit::CannotTell]);
}

#[test]
fn one_root_is_told_once_with_the_victims_of_all() {
    let (one, mut other) = (incident(), incident());
    other.victims[0].subject.id = "job:demo/other".into();
    let all = one_per_root(vec![one.clone(), other, one.clone()]);
    assert_eq!((all.len(), all[0].victims.len()), (1, one.victims.len() + 1));
    let mut elsewhere = one.clone();
    elsewhere.row.subject.id = "job:demo/elsewhere".into();
    assert_eq!(one_per_root(vec![one, elsewhere]).len(), 2);
}

#[test]
fn what_is_named_counts_before_what_is_open() {
    let mut open = incident();
    open.row.verdict.kind = VerdictKind::Undetermined;
    let both = Diagnosed { incidents: vec![open, incident()], ..well() };
    assert!(matches!(judge(&both), (Health::Ill, Because::Named(_))));
}

#[test]
fn what_works_as_hard_as_it_can_is_told_where_nobody_said_how_late_it_may_be() {
    let busiest = Some(("Slow of dwd".to_owned(), 0.998));
    let says = |wanted_given, busiest| {
        let d = Diagnosed { wanted_given, busiest, ..well() };
        sentence(&d, judge(&d).1, Lang::En)
    };
    let told = says(false, busiest.clone());
    assert!(told.contains("but Slow of dwd is 100 % busy") && told.contains("--sla"), "{told}");
    for quiet in [says(true, busiest), says(false, Some(("a".into(), 0.89))), says(false, None)] {
        assert!(!quiet.contains("busy"), "{quiet}");
    }
}

/// Nothing wrong was seen is not the same as nothing is wrong.
#[test]
fn unknown_is_never_healthy() {
    let with = |change: &dyn Fn(&mut Diagnosed)| {
        let mut d = well();
        change(&mut d);
        health(&d)
    };
    let unseen = Health::CannotTell;
    assert_eq!(with(&|d| d.overview.targets_up = 0), unseen);
    assert_eq!(with(&|d| d.overview.jobs.running = 0), unseen);
    assert_eq!(with(&|d| d.overview.blind.push(blind("no_metrics", "job:a/b"))), unseen);
    assert_eq!(with(&|d| d.overview.blind.push(blind("no_kafka", "job:a/b"))), unseen);
    assert_eq!(with(&|d| d.overview.blind.push(blind("delay", "job:a/b"))), unseen);
    let sink = |d: &mut Diagnosed| d.overview.blind.push(blind("sink_topic", "job:a/b"));
    assert_eq!(with(&sink), Health::Healthy);
    assert_eq!(with(&|d| d.overview.late[0].delay.status = Status::Over), unseen);
    let pending = incident().symptoms;
    assert_eq!(with(&|d| d.pending = pending.clone()), unseen);
}

#[test]
fn golden_answer() {
    let mut d = Diagnosed { incidents: vec![incident()], ..well() };
    for node in ["job:c/a", "job:c/b", "job:c/d", "job:c/e"] {
        d.overview.blind.push(blind("sink_topic", node));
    }
    insta::assert_snapshot!("ill", render::render(&d, Lang::En, &WIDE));
    let narrow = Screen { width: 60, colour: false };
    insta::assert_snapshot!("ill_zh", render::render(&d, Lang::Zh, &narrow));
    insta::assert_snapshot!("healthy", render::render(&well(), Lang::En, &WIDE));
    let mut open = incident();
    open.row.verdict.kind = VerdictKind::Undetermined;
    open.row.verdict.causes = vec!["code.slow_udf_cpu".into(), "code.sync_io_blocking".into()];
    let thrown =
        [(open.row.id.clone(), "JobMasterException: TaskManager tm-2 is gone\u{7}".into())];
    let d = Diagnosed { incidents: vec![open], thrown: thrown.into(), ..well() };
    insta::assert_snapshot!("cannot_tell", render::render(&d, Lang::En, &WIDE));
}

#[test]
fn no_line_is_wider_than_the_screen_and_no_control_character_passes() {
    let mut view = incident();
    view.row.subject.name = "\u{1b}[31mred".into();
    view.says.en = "\u{7}x is late. Cause: \u{202e}y".into();
    let mut d = Diagnosed { incidents: vec![view.clone(), view], ..well() };
    d.topics_read = vec!["\u{1b}]0;title\u{7}".into()];
    d.overview.clusters[0].name = "\u{1b}[2J".into();
    d.overview.blind.push(blind("sink_topic", "job:c/\u{1b}[1m"));
    for (lang, width) in [(Lang::En, 60), (Lang::Zh, 50), (Lang::En, 120)] {
        let text = render::render(&d, lang, &Screen { width, colour: false });
        assert!(!text.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{text:?}");
        let widest = text.lines().map(UnicodeWidthStr::width).max();
        assert!(widest <= Some(width), "{widest:?} > {width}:\n{text}");
    }
}

#[test]
fn what_is_wrong_is_said_in_both_languages() {
    let mut open = incident();
    open.row.verdict.kind = VerdictKind::Undetermined;
    let d = Diagnosed { incidents: vec![open], ..well() };
    let (_, because) = judge(&d);
    assert!(
        sentence(&d, because, Lang::En).starts_with("dwd-order-stats is 94 s late (5 s wanted)")
    );
    assert!(sentence(&d, because, Lang::Zh).starts_with("dwd-order-stats 延迟 94 秒（目标 5 秒）"));
}

#[test]
fn an_address_needs_no_scheme_and_a_mistake_is_the_persons() {
    let ask = |urls: &[&str], sla| Diagnose {
        flink: urls.iter().map(|u| (*u).to_owned()).collect(),
        prometheus: Vec::new(),
        kafka: Vec::new(),
        sla,
        look: Duration::from_secs(30),
        probe: false,
    };
    let (config, given) =
        ask(&["127.0.0.1:8081", "https://b:1/x"], None).configure(None).expect("two addresses");
    let rests: Vec<&str> = config.flink.iter().filter_map(|f| f.rest.at()).collect();
    assert_eq!(rests, ["http://127.0.0.1:8081", "https://b:1/x"]);
    assert!(!given && config.hasty && config.tick == TICK);
    assert_eq!(config.settings.slas[0].target_s, WANTED.as_secs_f64());
    let (config, given) =
        ask(&["a:1"], Some(Duration::from_secs(10))).configure(None).expect("one");
    assert!(given);
    assert_eq!((config.settings.slas.len(), config.settings.slas[0].target_s), (1, 10.0));
    let wrong = ask(&["ht!tp://x"], None).configure(None).expect_err("no address");
    assert_eq!(wrong.exit, Exit::Wrong);
    assert!(time_to_look("3s").is_err() && time_to_look("2m").is_ok() && time("-1s").is_err());
}

/// What was seen in part is not judged, whatever the rest looks like.
#[test]
fn a_flink_that_is_lost_on_the_way_is_said_first_and_decides_nothing() {
    let d = |last_ok| Diagnosed {
        incidents: vec![incident()],
        targets: vec![flink(last_ok)],
        ..well()
    };
    let (health, because) = (judge(&d(Some(10_000))).0, d(Some(10_000)));
    assert_eq!(Exit::from(health), Exit::CannotTell);
    let text = sentence(&because, judge(&because).1, Lang::En);
    assert!(text.starts_with("Flink was lost during the look: jm:8081 has not answered for 10 s"));
    assert_eq!(judge(&d(Some(20_000))).0, Health::Ill, "of its last look one answer is missing");
    let mut two = d(Some(10_000));
    two.targets.push(TargetView { up: Some(true), ..flink(Some(20_000)) });
    assert_eq!(judge(&two).0, Health::Ill, "the other one is seen");
}

#[test]
fn what_is_said_of_jobs_that_nobody_sees_any_more_is_left_out() {
    let blinded = Blinded::of(&[flink(Some(10_000))]);
    let silent = |clusters: &[&str], at| blinded.silent(clusters.iter().copied(), at);
    assert!(silent(&["jm:8081"], 12_000) && !silent(&["jm:8081"], 9_000));
    assert!(silent(&[], 12_000), "a broker, of no job");
    assert!(!silent(&["jm:8081", "other:8081"], 12_000));
    assert!(!Blinded::of(&[]).silent(std::iter::once("jm:8081"), 12_000));
}

#[test]
fn who_refuses_us_is_told_from_who_is_not_there() {
    use streamwarden_core::estate::{Gap, GapReason, Millis, Target, TargetKind};
    let of = |reason: GapReason| {
        let target =
            Target { name: "flink x".into(), kind: TargetKind::FlinkRest, address: "x:1".into() };
        nobody::failure(&[Gap { target, what: "/jobs/overview".into(), at: Millis(0), reason }])
    };
    let detail = "answered 401: set `bearer` or `basic` for this target, or correct it".into();
    let refused = of(GapReason::NoRights { detail });
    assert_eq!(refused.error, "Flink refuses us: x:1: answered 401");
    assert!(refused.todo.contains("auth:") && refused.exit == Exit::Wrong, "{refused:?}");
    let ill = of(GapReason::Status { code: 500 });
    assert_eq!(ill.error, "Flink's web server is there and fails: x:1: answered 500");
    assert_eq!(ill.exit, Exit::CannotTell);
    let gone = of(GapReason::Unreachable { detail: "Connection refused".into() });
    assert!(gone.error.starts_with("no Flink answers: x:1") && gone.exit == Exit::Wrong);
}
