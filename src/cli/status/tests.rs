use super::*;

fn overview() -> Overview {
    serde_json::from_str(include_str!("../testdata/overview.json")).expect("fixture")
}

fn pipeline() -> PipelineView {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/api/pipeline.json");
    serde_json::from_str(&std::fs::read_to_string(file).expect("a recording"))
        .expect("the API's own recording")
}

fn shown(overview: Overview, lang: Lang) -> String {
    let server = "http://127.0.0.1:8470".to_owned();
    let planned: crate::web::view_planned::PlannedList =
        serde_json::from_str(include_str!("../../../tests/fixtures/api/planned.json"))
            .expect("the API's own recording");
    let bad = RuleError {
        file: "rules/x.yaml".into(),
        line: Some(5),
        column: Some(17),
        error: "`bsy` is no measure and no `let`".into(),
        todo: None,
    };
    let (planned, bad_rules) = (planned.open, vec![bad]);
    let incidents: crate::web::view_incident::IncidentList =
        serde_json::from_str(include_str!("../../../tests/fixtures/api/incidents.json"))
            .expect("the API's own recording");
    let switches: crate::web::view_repair::SwitchList =
        serde_json::from_str(include_str!("../../../tests/fixtures/api/switches.json"))
            .expect("the API's own recording");
    let stuck: crate::web::view_repair::ActionList =
        serde_json::from_str(include_str!("../../../tests/fixtures/api/actions.json"))
            .expect("the API's own recording");
    let seen = Seen {
        overview,
        pipeline: pipeline(),
        no_target: 1,
        unknown: 1,
        incidents: incidents.incidents,
        switches: switches.switches,
        stuck: stuck.actions.into_iter().filter(|a| a.look).collect(),
        planned,
        bad_rules,
        server,
    };
    let screen = Screen { width: 110, colour: false };
    render(&seen, 1_700_000_002_000, lang, &TimeZone::UTC, &screen)
}

#[test]
fn one_screen() {
    insta::assert_snapshot!("en", shown(overview(), Lang::En));
    insta::assert_snapshot!("zh", shown(overview(), Lang::Zh));
}

#[test]
fn unknown_is_never_good() {
    let mut view = overview();
    assert_eq!(exit(&view, &[]), Exit::Over);
    view.late.retain(|i| i.delay.status == Status::Unknown);
    view.targets_up = view.targets;
    assert_eq!(exit(&view, &[]), Exit::CannotTell);
    view.late.clear();
    assert_eq!(exit(&view, &[]), Exit::Fine);
    let first = |view: &Overview| {
        let seen = Seen {
            overview: view.clone(),
            pipeline: pipeline(),
            no_target: 1,
            unknown: 0,
            incidents: Vec::new(),
            switches: Vec::new(),
            stuck: Vec::new(),
            planned: Vec::new(),
            bad_rules: Vec::new(),
            server: String::new(),
        };
        sentence(&seen, Lang::En)
    };
    assert_eq!(
        first(&view),
        (
            "Cannot be judged: 1 job without a target. Nothing else is over its target.".to_owned(),
            Ink::Plain
        )
    );
    view.targets_up = 0;
    assert_eq!(exit(&view, &[]), Exit::CannotTell);
    assert_eq!(first(&view).0, "Blind: none of 4 targets answers.");
}

#[test]
fn what_is_wrong_is_not_told_as_calm_where_nobody_can_judge_how_late_it_is() {
    let mut view = overview();
    view.late.clear();
    (view.jobs.failed, view.jobs.lost) = (1, 2);
    let list: crate::web::view_incident::IncidentList =
        serde_json::from_str(include_str!("../../../tests/fixtures/api/incidents.json"))
            .expect("the API's own recording");
    let open = list.incidents.iter().find(|r| r.role != "hazard").expect("one that hurts");
    let seen = |row: IncidentRow| Seen {
        overview: view.clone(),
        pipeline: pipeline(),
        no_target: 1,
        unknown: 3,
        incidents: vec![row],
        switches: Vec::new(),
        stuck: Vec::new(),
        planned: Vec::new(),
        bad_rules: Vec::new(),
        server: String::new(),
    };
    let open = IncidentRow { state: IncidentStage::Confirmed, planned: None, ..open.clone() };
    let says = open.sentence.en.clone();
    assert_eq!(sentence(&seen(open.clone()), Lang::En), (says, Ink::Over));
    for calm in [
        IncidentRow { state: IncidentStage::Provisional, ..open.clone() },
        IncidentRow { role: "hazard".into(), ..open.clone() },
    ] {
        assert!(sentence(&seen(calm), Lang::En).0.starts_with("Cannot be judged: 1 job"));
    }
    // why something is late is told before that it is
    let late = Seen { overview: overview(), ..seen(open.clone()) };
    let first = |breach: bool| {
        let mut late = late.clone();
        late.incidents[0].harm.breach = breach;
        sentence(&late, Lang::En).0
    };
    assert_eq!(first(true), open.sentence.en);
    assert!(first(false).contains(" late"), "{}", first(false));
    let screen = Screen { width: 110, colour: false };
    let all = render(&seen(open), 1_700_000_002_000, Lang::En, &TimeZone::UTC, &screen);
    let head = all.lines().find(|l| l.contains("1 job has failed.")).expect("said");
    assert!(head.contains("2 jobs are lost: their JobManager"), "{head}");
}

#[test]
fn a_repair_that_nobody_goes_on_with_is_told_in_front() {
    let mut view = overview();
    let mut repair = crate::web::view::RepairNow {
        job: "job:prod/pay".into(),
        name: "pay".into(),
        action: "ac0100000000".into(),
        says: TextView { en: "restart it".into(), zh: "重启".into() },
        since: 1_700_000_000_000,
        let_go: None,
    };
    view.repairs = vec![repair.clone()];
    assert!(shown(view.clone(), Lang::En).contains("pay is under repair"));
    repair.let_go = Some(TextView { en: "no `act`".into(), zh: "没有 `act`".into() });
    view.repairs = vec![repair];
    let text = shown(view, Lang::En);
    let third = text.lines().filter(|l| !l.is_empty()).nth(2).unwrap_or_default();
    assert!(third.starts_with("Somebody has to look at pay: a repair was let go"), "{text}");
    assert!(!text.contains("is under repair"));
}
