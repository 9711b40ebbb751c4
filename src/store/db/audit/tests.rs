use super::*;
use proptest::prelude::*;
use sqlx::Executor;
use streamwarden_core::estate::Millis;

fn line<'a>(at: usize, what: &'a str, detail: String) -> Line<'a> {
    let covers = format!("{at:064x}");
    Line { at: Millis(at as i64), who: "li.wei", what, detail, covers }
}

fn log(rows: usize) -> Vec<AuditRow> {
    let mut head = Head::none();
    let mut all = Vec::new();
    for i in 0..rows {
        let detail = serde_json::json!({ "i": i, "why": "订单" }).to_string();
        let row = AuditRow::after(&head, line(i, "switch.on", detail));
        head = row.head();
        all.push(row);
    }
    all
}

fn faults(rows: &[AuditRow], known: &[Head]) -> Vec<Fault> {
    let mut chain = Chain::new(known);
    rows.iter().for_each(|r| chain.take(r));
    chain.end().faults
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]
    /// One byte of one field, one row out, two rows in each other's place, the end cut off.
    #[test]
    fn whatever_was_done_to_it_is_found(what in 0..10u8, at in 0..40usize, to in 0..40usize, bit in 0..7u8) {
        let rows = log(40);
        let known = [rows[39].head()];
        prop_assert!(faults(&rows, &known).is_empty());
        let mut bad = rows.clone();
        let flip = |text: &mut String| {
            let mut bytes = std::mem::take(text).into_bytes();
            let i = to % bytes.len();
            bytes[i] ^= 1 << bit;
            *text = String::from_utf8_lossy(&bytes).into_owned();
        };
        match what {
            0 => flip(&mut bad[at].who),
            1 => flip(&mut bad[at].what),
            2 => flip(&mut bad[at].detail),
            3 => flip(&mut bad[at].prev),
            4 => flip(&mut bad[at].hash),
            5 => bad[at].at.0 ^= 1 << bit,
            6 => drop(bad.remove(at)),
            7 => bad.truncate(at),
            8 => flip(&mut bad[at].covers),
            _ => {
                bad.swap(at, to);
                // with numbers mended, as who moves rows would
                for (i, row) in bad.iter_mut().enumerate() {
                    row.n = i as i64 + 1;
                }
            }
        }
        prop_assert!(bad == rows || !faults(&bad, &known).is_empty());
    }
}

/// As somebody who knows how it is made would do it.
#[test]
fn a_history_that_was_made_up_does_not_fit_a_head_kept_elsewhere() {
    let rows = log(40);
    let mut other: Vec<AuditRow> = rows[..20].to_vec();
    for i in 20..40 {
        let last = other[i - 1].head();
        other.push(AuditRow::after(&last, line(i, "switch.off", "{}".into())));
    }
    assert!(faults(&other, &[]).is_empty(), "in itself it is whole");
    assert_eq!(faults(&other, &[rows[30].head()]), [Fault::CutShort { head: 31, rows: 40 }]);
}

#[tokio::test]
async fn the_database_refuses_changes_and_a_start_tells_of_a_cut_log_for_good() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("streamwarden.db");
    let db = Db::open(&path).await.unwrap();
    db.take_epoch("one").await.unwrap();
    for i in 0..5 {
        db.audit("li.wei", "token.made", &serde_json::json!({ "i": i })).await.unwrap();
    }
    let report = db.audit_verify(&[]).await.unwrap();
    assert_eq!((report.rows, report.faults), (6, vec![]));
    for sql in ["UPDATE audit SET who = 'x'", "DELETE FROM audit WHERE n = 6"] {
        let error = db.pool.execute(sql).await.unwrap_err();
        assert!(error.to_string().contains("only added to"), "{error}");
    }
    let keep = "CREATE TRIGGER audit_is_kept BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit log is only added to'); END";
    db.pool.execute("DROP TRIGGER audit_is_kept; DELETE FROM audit WHERE n > 4").await.unwrap();
    db.pool.execute(keep).await.unwrap();
    let cut = Fault::CutShort { head: 6, rows: 4 };
    assert_eq!(db.audit_verify(&[]).await.unwrap().faults, [cut]);
    db.close().await;

    let db = Db::open(&path).await.unwrap();
    db.take_epoch("two").await.unwrap();
    for _ in 0..5 {
        db.audit("li.wei", "token.made", &serde_json::json!({})).await.unwrap();
    }
    let faults = db.audit_verify(&[]).await.unwrap().faults;
    assert_eq!(faults, [Fault::FoundBroken { n: 5 }]);
    std::fs::remove_file(dir.path().join("audit.head")).unwrap();
    assert!(db.audit_verify(&[]).await.unwrap().faults.contains(&Fault::NoHead));
}

#[tokio::test]
async fn a_stop_between_commit_and_head_is_no_fault() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("streamwarden.db");
    let db = Db::open(&path).await.unwrap();
    db.take_epoch("one").await.unwrap();
    let old = std::fs::read(dir.path().join("audit.head")).unwrap();
    db.audit("x", "y", &serde_json::json!({})).await.unwrap();
    std::fs::write(dir.path().join("audit.head"), old).unwrap();
    assert_eq!(db.audit_verify(&[]).await.unwrap().faults, []);
    db.close().await;
    let db = Db::open(&path).await.unwrap();
    db.take_epoch("two").await.unwrap();
    assert_eq!(db.audit_verify(&[]).await.unwrap().faults, []);
}

#[tokio::test]
async fn whatever_a_person_says_stands_in_it() {
    use crate::store::db::journal::Thrown;
    use crate::store::db::journal::testing::{begin, plan};
    use crate::store::db::{Batch, Findable, incidents_tests};
    use streamwarden_core::case::{Ack, Correction, Scope};
    use streamwarden_core::estate::{EndedEarly, PlannedWork, Scope as Place, Silence};
    let dir = tempfile::tempdir().unwrap();
    let db = Db::open(&dir.path().join("streamwarden.db")).await.unwrap();
    db.take_epoch("one").await.unwrap();
    let (at, by, plan) = (Millis(1), "li.wei", plan("orders", "rescale"));
    let incident = incidents_tests::incident("aa11", "code.slow_udf_cpu", at);
    let incidents = vec![(incident.clone(), Findable::default())];
    db.save(&Batch { incidents, ..Batch::default() }, at).await.unwrap();
    db.ack(&incident.id, &Ack { at, by: by.into(), note: None }).await.unwrap();
    let (cause, subject, note) = (Some("code.hot_key".into()), None, None);
    let wrong = Correction { at, by: by.into(), right: false, cause, subject, note };
    db.correct(&incident.id, &wrong).await.unwrap();
    let (id, who, why) = ("w1".into(), by.into(), "racks".into());
    let (scope, from, until, made, ended) = (Place::Estate, at, Millis(9), at, None);
    let silence = None;
    let work = PlannedWork { id, scope, from, until, who, why, made, ended, silence };
    db.plan(&work).await.unwrap();
    let ended = EndedEarly { at: Millis(2), by: by.into() };
    db.end_work("w1", &ended).await.unwrap();
    let silence = Some(Silence::NoRemediate);
    db.plan(&PlannedWork { id: "s1".into(), silence, ..work }).await.unwrap();
    db.end_work("s1", &ended).await.unwrap();
    db.approve(&plan, by, false).await.unwrap();
    db.approve(&plan, by, true).await.unwrap();
    let action = begin(&db, &plan).await.unwrap().id;
    db.look_at(&action, by, "seen").await.unwrap();
    let (scope, until, hard) = (&Scope::Estate, None, false);
    let (why, said, filed) = ("storm", at, false);
    db.throw_switch(&Thrown { scope, by, why, until, hard, said, filed }).await.unwrap();
    db.end_switch(scope, by).await.unwrap();
    db.playbook_on("rescale", by, "looked").await.unwrap();
    db.file_stops(&[]).await.unwrap();
    let rows = db.audit_rows(0, 100).await.unwrap();
    let ours: Vec<&str> = rows.iter().filter(|r| r.who == by).map(|r| &*r.what).collect();
    let all = "incident.acknowledged incident.corrected planned_work.added planned_work.ended \
               silence.added silence.ended plan.declined plan.approved action.seen kill_switch.on kill_switch.off playbook.on";
    assert_eq!(ours.join(" "), all);
    let last = rows.last().map(|r| (&*r.who, &*r.what));
    assert_eq!(last, Some(("kill-switch file", "kill_switch.file")));
    assert!(rows[2].detail.contains("code.hot_key") && rows[3].detail.contains("racks"));
    assert_eq!(db.audit_verify(&[]).await.unwrap().faults, []);
}
