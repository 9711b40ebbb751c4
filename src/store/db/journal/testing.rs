//! A plan, and an action that begins.

use super::*;
use streamwarden_core::case::{Before, IncidentId, Risk, Step};
use streamwarden_core::estate::{ClusterId, RunId};
use streamwarden_core::rules::Words;

pub const AT: Millis = Millis(1_763_700_000_000);

pub fn plan(job: &str, playbook: &str) -> Plan {
    Plan {
        incident: IncidentId("aa11".into()),
        playbook: playbook.into(),
        risk: Risk::B,
        job: JobKey::new(&ClusterId::new("prod"), job),
        run: RunId::new("r1"),
        generation: 0,
        made: AT,
        steps: vec![Step::Stop { wait_s: 60 }, Step::Choose],
        rollback: Vec::new(),
        jar: None,
        way: None,
        secured: None,
        preconditions: Vec::new(),
        before: Before::default(),
        says: Words { en: "'; DROP TABLE actions; --".into(), zh: "重启".into() },
    }
}

pub async fn begin(db: &Db, plan: &Plan) -> Result<ActionState, JournalError> {
    let what = Beginning { plan, failure_domain: "prod", by: "policy" };
    db.begin(what, |_| Ok(())).await
}
