//! The views of the demo estate as files: what the page is developed and tested against.
//! `BLESS=1 cargo test --lib golden` writes them anew.

use super::{
    NOW, TICK, answer, book, closed, evidence_curve, flink_urls, info, inspected, planned, record,
    repairs, rule, rules, settings, snapshot, under_work, waivers, with_warehouse, within,
    yesterday,
};
use crate::web::build::*;
use crate::web::inspections::Head;
use crate::web::view_inspection::InspectionList;
use serde::Serialize;
use std::path::{Path, PathBuf};
use streamwarden_core::availability::minute_of;
use streamwarden_core::estate::Span;
use streamwarden_core::inspect::Inspected;
use streamwarden_core::snapshot::Snapshot;

pub fn check_golden(path: &str, text: &str) {
    let file: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    if std::env::var_os("BLESS").is_some() {
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, text).unwrap();
    }
    let kept = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(kept == text, "{path} differs: look, and if it is right run BLESS=1 cargo test golden");
}

fn view(name: &str, view: &impl Serialize) {
    let text = serde_json::to_string_pretty(view).unwrap() + "\n";
    check_golden(&format!("tests/fixtures/api/{name}.json"), &text);
}

#[test]
fn golden_views() {
    let s = snapshot();
    view("overview", &overview(&s, &info()));
    let q = LineageQuery {
        focus: Some("job:demo/dwd-order-stats".into()),
        hops: 2,
        ..LineageQuery::default()
    };
    view("lineage", &lineage(&s, &q).unwrap());
    view("levels", &levels(&s, "job:demo/dwd-order-stats").unwrap());
    view("jobs", &jobs(&s, &JobFilter { limit: 100, ..JobFilter::default() }));
    view("job", &job(&s, &flink_urls(), "job:demo/dwd-order-stats").unwrap());
    view("topic", &topic(&s, "topic:pay-1/orders").unwrap());
    view("changes", &changes(&s, &ChangeFilter { limit: 100, ..ChangeFilter::default() }));
    let q = CurveQuery { from: NOW - Span::secs(600), to: NOW, max_points: 40, tick: TICK };
    view("curves", &curves(&s, "job:demo/dwd-order-stats", &q).unwrap());
    view("system", &system(&s, &info()));
    incidents(&s);
}

fn incidents(s: &Snapshot) {
    let flink = flink_urls();
    let scene = Scene { s, flink: &flink };
    let mut rows = open_rows(&scene, &book(), &IncidentFilter::default());
    rows.push(record_row(&scene, &closed()));
    view("incidents", &incident_list(&scene, &book(), rows, 3));
    view("incident", &incident(&scene, &record()));
    view("incident-closed", &incident(&scene, &closed()));
    view("planned", &planned_list(s, &planned(), NOW));
    inspections();
    view("answer", &answer());
    view("evidence_curve", &evidence_curve());
    view("rules", &rules());
    view("rule", &rule());
    available(&scene);
    reviewed();
    repair(&scene);
}

fn reviewed() {
    let to = (NOW - Span::secs(90 * 86_400), NOW);
    view("review", &review(&settings(), super::lessons(), &ReviewFilter::default(), to, "UTC"));
}

fn available(scene: &Scene) {
    let utc = jiff::tz::TimeZone::UTC;
    let first = |by| edges(NOW, 1, by, &utc)[0];
    let months = Months::of(&within(), &under_work(), first(By::Day), first(By::Month), (NOW, NOW));
    let placed = with_warehouse(scene.s);
    view("pipeline", &pipeline(&placed, &months, "UTC"));
    view("component", &component(&placed, "component:ck").unwrap());
    view("placed", &lineage(&placed, &LineageQuery::default()).unwrap());
    let edges = edges(NOW, 3, By::Day, &utc);
    let from = edges[0];
    let ask = AvailabilityAsk {
        now: NOW,
        since: NOW - Span::secs(3600),
        by: By::Day,
        zone: "UTC",
        edges: &edges,
        planned: &under_work(),
        kind: None,
        limit: 9,
    };
    view("availability", &availability(&settings(), scene.s, &within(), &ask));
    let path = "path:orders→ads-risk";
    // before the incident that is open, and in it
    let out = [-3000, -2900, 0].map(|s| minute_of(record().incident.onset + Span::secs(s)));
    view("spent", &spent(scene, path, (from, NOW), &out.into(), &[record().into()]));
}

fn inspections() {
    let (today, before) = (inspected(), yesterday());
    view("inspection", &inspection(&today, true));
    view("compared", &compared(&before, &today));
    view("waivers", &waiver_list(&waivers(), NOW));
    let head = |i: &Inspected| {
        let (at, due, by, took_ms) = (i.report.at, i.due, i.by.clone(), i.took_ms);
        inspection_row(&Head { at, due, by, summary: i.report.summary(), took_ms })
    };
    let list = InspectionList {
        at: NOW.0,
        schedule: Some("0 8 * * *".into()),
        zone: "Asia/Shanghai".into(),
        next: Some(1_768_521_600_000),
        most: 400,
        checks: 41,
        inspections: vec![head(&today), head(&before)],
    };
    view("inspections", &list);
}

fn repair(scene: &Scene) {
    let (reach, all) = (repairs::reach(), repairs::actions());
    let plans = proposal_list(scene, &reach, &repairs::proposals(), None, Ok(repairs::held()));
    view("plans", &plans);
    view("actions", &action_list(scene, &[], &all, 10));
    view("action", &action(scene, &all[0], true));
    view("switches", &switch_list(scene, &reach, &repairs::switches(), None));
    view("playbooks", &playbook_list(&reach, scene.s.at, &repairs::books()));
}
