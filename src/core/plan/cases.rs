//! The tests that stand beside a playbook: small worlds written by hand, and what it asks for there.

use super::{JobPolicy, Ledger, PlanInput, Playbook, Told, asked};
use crate::case::{
    CauseRole, Diagnosis, Incident, IncidentId, IncidentState, Precondition, Verdict,
};
use crate::estate::{JobKey, Millis, Subject};
use crate::know::Pass;
use crate::rules::testing::{Case, World, word};
use crate::rules::{RuleSet, Truth, Words};

/// Why the case fails; None: it holds. `subject: job <name>` names the job, else it is the first.
pub fn judge(book: &Playbook, rules: &RuleSet, case: &Case, world: &World) -> Option<String> {
    let s = &world.snapshot;
    let named = case.subject.as_deref().map(|n| n.strip_prefix("job ").unwrap_or(n));
    let mut jobs = s.estate.jobs.keys();
    let Some(job) = jobs.find(|j| named.is_none_or(|n| *j.key == *n)) else {
        return Some("its world has no such job".to_owned());
    };
    let asked = asked(
        book,
        &PlanInput {
            snapshot: s,
            pass: &Pass::default(),
            rules,
            incident: &incident(job, s.at, world.onset.unwrap_or(s.at)),
            job,
            ledger: &Ledger::default(),
            policy: &JobPolicy::default(),
            told: &Told::default(),
        },
    )?;
    let wrong = differences(&asked, case);
    (!wrong.is_empty()).then(|| wrong.join("\n"))
}

fn differences(asked: &[Precondition], case: &Case) -> Vec<String> {
    let mut wrong = Vec::new();
    let came = all(asked);
    if came != case.expect {
        wrong.push(format!("{}, not {}", word(came), word(case.expect)));
        let open = asked.iter().filter(|p| p.holds != Some(true));
        wrong.extend(open.map(|p| format!("  {} is {}: {}", p.name, word(truth(p)), p.now.en)));
    }
    for (name, expected) in &case.evidence {
        match asked.iter().find(|p| p.name == *name) {
            None => wrong.push(format!("it asks for no `{name}`")),
            Some(p) if truth(p) != *expected => {
                let (is, not) = (word(truth(p)), word(*expected));
                wrong.push(format!("{name} is {is}, not {not}: {}", p.now.en));
            }
            Some(_) => {}
        }
    }
    wrong
}

fn truth(p: &Precondition) -> Truth {
    match p.holds {
        Some(true) => Truth::True,
        Some(false) => Truth::False,
        None => Truth::Unknown,
    }
}

/// What is unknown holds it as well; but one that is false is told first.
fn all(asked: &[Precondition]) -> Truth {
    let some = |t: Truth| asked.iter().any(|p| truth(p) == t);
    if some(Truth::False) {
        Truth::False
    } else if some(Truth::Unknown) {
        Truth::Unknown
    } else {
        Truth::True
    }
}

/// About the job and nothing else: which cause it was is for the rules' own tests.
fn incident(job: &JobKey, at: Millis, onset: Millis) -> Incident {
    let diagnosis = Diagnosis {
        verdict: Verdict::Root { cause: "a test".into() },
        subject: Subject::Job { job: job.clone() },
        role: CauseRole::Root,
        onset,
        says: Words::default(),
        evidence: Vec::new(),
        considered: Vec::new(),
        missing: Vec::new(),
        consequences: Vec::new(),
        victims: Vec::new(),
        touches: std::collections::BTreeSet::new(),
        symptoms: Vec::new(),
        advice: Vec::new(),
        never: Vec::new(),
        cures: Vec::new(),
        support: 1.0,
    };
    Incident {
        id: IncidentId("test".into()),
        state: IncidentState::Confirmed,
        opened: onset,
        closed: None,
        onset,
        diagnosis,
        last_seen: at,
        said: Vec::new(),
        merged_into: None,
        split_from: None,
    }
}
