use super::*;
use crate::web::testdata::{self, flink_urls};
use streamwarden_core::estate::Span;

fn view(r: &Record) -> IncidentView {
    let (s, flink) = (testdata::snapshot(), flink_urls());
    incident(&Scene { s: &s, flink: &flink }, r)
}

#[test]
fn the_timeline_goes_from_the_onset_to_what_people_did() {
    let v = view(&testdata::record());
    let told: Vec<&str> = v.timeline.iter().map(|e| &*e.event).collect();
    assert_eq!(told, ["onset", "opened", "revised", "confirmed", "spread", "acknowledged"]);
    let revised = &v.timeline[2];
    assert_eq!(revised.from.as_ref().unwrap().verdict.kind, VerdictKind::Undetermined);
    assert_eq!(revised.says.as_ref().unwrap().verdict.family.as_deref(), Some("operator_slow"));
    assert_eq!(v.timeline[4].victims, ["ads-risk"]);
    let closed = view(&testdata::closed());
    let last: Vec<_> = closed.timeline.iter().rev().take(2).collect();
    assert_eq!((&*last[0].event, last[0].why.as_deref()), ("corrected", Some("right")));
    assert_eq!((&*last[1].event, last[1].why.as_deref()), ("closed", Some("over")));
    assert!(closed.row.harm.breach, "as it was said then, not as it is now");
}

#[test]
fn who_is_no_victim_any_more_is_told() {
    let mut r = testdata::record();
    let other = Victim { job: testdata::job("audit-log"), late_s: None, target_s: None };
    let (victims, consequences) = (vec![other], Vec::new());
    let what = EventKind::Spread { victims, consequences };
    let at = testdata::NOW - Span::secs(20);
    r.events.push(IncidentEvent { at, id: r.incident.id.clone(), what });
    let told = view(&r).timeline;
    let eased: Vec<_> =
        told.iter().filter(|e| e.event == "eased").map(|e| (e.at, &*e.victims[0])).collect();
    let now = r.incident.last_seen.0;
    assert_eq!(eased, [(at.0, "ads-risk"), (now, "audit-log")], "and now it is ads-risk again");
}

#[test]
fn the_path_leads_from_the_root_to_its_victims_with_what_it_reads() {
    let path = view(&testdata::record()).path.unwrap();
    let nodes: Vec<_> = path.nodes.iter().map(|n| (&*n.name, &*n.part, n.column)).collect();
    assert_eq!(
        nodes,
        [
            ("orders", "upstream", 0),
            ("dwd-order-stats", "root", 1),
            ("order-stats", "between", 2),
            ("ads-risk", "victim", 3),
        ]
    );
    assert_eq!(path.edges.len(), 3);
    assert_eq!(path.edges[0].delay.seconds, Some(94.1));
    assert!(path.edges[1].inferred);
    // a broker is no node: what its jobs read is shown
    let path = view(&testdata::closed()).path.unwrap();
    let nodes: Vec<_> = path.nodes.iter().map(|n| (&*n.name, &*n.part)).collect();
    assert!(nodes.contains(&("ads-risk", "victim")) && nodes.contains(&("order-stats", "between")));
}

#[test]
fn unknown_evidence_is_unknown_and_says_why() {
    let v = view(&testdata::record());
    let unknown = v.evidence.iter().find(|e| e.truth == Truth::Unknown).unwrap();
    let check = &unknown.checks[0];
    assert_eq!((check.value.clone(), check.missing.is_some()), (None, true));
    let nan = figure(&Figure::Number { value: f64::NAN, unit: "s".into() });
    assert_eq!(nan.value, None);
    assert_eq!(v.missing[0].probe.as_deref(), Some("flame_graph"));
}
