use super::*;
use crate::web::testdata::{self, flink_urls};
use std::sync::Arc;
use streamwarden_core::snapshot::Snapshot;

fn rows(f: &IncidentFilter) -> Vec<IncidentRow> {
    let (s, flink) = (testdata::snapshot(), flink_urls());
    open_rows(&Scene { s: &s, flink: &flink }, &testdata::book(), f)
}

fn ids(f: IncidentFilter) -> Vec<String> {
    rows(&f).into_iter().map(|r| r.id).collect()
}

const SLOW: &str = "7f3a9c01d2e4b586";
const HAZARD: &str = "0b1c2d3e4f506172";

#[test]
fn what_hurts_most_comes_first_and_says_who_suffers() {
    let rows = rows(&IncidentFilter::default());
    assert_eq!(rows.iter().map(|r| &*r.id).collect::<Vec<_>>(), [SLOW, HAZARD]);
    let slow = &rows[0];
    assert_eq!(
        slow.sentence.en,
        "dwd-order-stats is 94 s late (5 s wanted). Cause: Window of dwd-order-stats cannot keep \
         up: each record takes 9.6 ms of its time, 12 times the mean of this attempt."
    );
    assert!(slow.sentence.zh.starts_with("dwd-order-stats 数据延迟 94 秒（目标 5 秒）。根因："));
    assert!(slow.harm.breach);
    // orders keeps 6 h and is read 94.1 s late
    assert_eq!(slow.harm.data_loss_s, Some(21_600.0 - 94.1));
    assert_eq!(slow.harm.data_loss_topic.as_deref(), Some("orders"));
    assert_eq!((slow.duration_s, rows[1].harm.breach), (102.0, false));
    assert_eq!(rows[1].harm.data_loss_s, None, "nothing waits for long");
}

#[test]
fn an_incident_is_found_by_job_cause_and_words() {
    let job = |job: &str| IncidentFilter { job: Some(job.into()), ..IncidentFilter::default() };
    assert_eq!(ids(job("job:demo/ads-risk")), [SLOW], "a victim's too");
    assert_eq!(ids(job("ods-orders")), [HAZARD]);
    let cause = |c: &str| IncidentFilter { cause: Some(c.into()), ..IncidentFilter::default() };
    assert_eq!(ids(cause("operator_slow")), [SLOW]);
    assert_eq!(ids(cause("code.sync_io_blocking")), [SLOW]);
    let text = |t: &str| IncidentFilter { text: Some(t.into()), ..IncidentFilter::default() };
    assert_eq!(ids(text("WITHOUT end")), [HAZARD]);
    assert_eq!(ids(text("处理不过来")), [SLOW]);
    assert!(ids(text("nothing")).is_empty());
}

#[test]
fn what_recovers_stands_behind_what_hurts_and_what_is_worked_on_last() {
    let (mut s, flink) = (testdata::snapshot(), flink_urls());
    let mut book = testdata::book();
    let mut better = testdata::record();
    better.incident.state = IncidentState::Recovering;
    book.open[1] = Arc::new(better);
    let ids = |s: &Snapshot| -> Vec<String> {
        let rows = open_rows(&Scene { s, flink: &flink }, &book, &IncidentFilter::default());
        rows.into_iter().map(|r| r.id).collect()
    };
    assert_eq!(ids(&s), [SLOW, HAZARD], "somebody works on the job of the hazard");
    s.planned = Arc::default();
    assert_eq!(ids(&s), [HAZARD, SLOW]);
}

/// A diagnosis says who suffers as well: the sentence says it once.
#[test]
fn who_suffers_is_said_once() {
    let (s, flink) = (testdata::snapshot(), flink_urls());
    let scene = Scene { s: &s, flink: &flink };
    let mut i = testdata::record().incident;
    i.diagnosis.says.en = "dwd-order-stats is 93 s late (5 s wanted). Cause: it is slow".into();
    let said = row(&scene, &i, None).sentence.en;
    assert_eq!(said, "dwd-order-stats is 94 s late (5 s wanted). Cause: it is slow");
    i.diagnosis.verdict = Verdict::Undetermined { between: Vec::new() };
    i.diagnosis.says.en = "dwd-order-stats is 93 s late (5 s wanted). Undetermined: why".into();
    let said = row(&scene, &i, None).sentence.en;
    assert_eq!(said, "dwd-order-stats is 94 s late (5 s wanted). Undetermined: why");
}
