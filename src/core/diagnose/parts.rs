//! Parts of a diagnosis: what a candidate's evidence says for it or against it, and which of the
//! symptoms of its jobs it explains.

use super::candidates::Candidate;
use super::trouble::TOLERANCE;
use crate::case::*;
use crate::estate::{Millis, Subject};
use crate::rules::{Evidence, ProbeKind, Role, Rule, Truth};

pub fn is_failover(s: &Symptom) -> bool {
    matches!(s.kind, SymptomKind::Restarted | SymptomKind::NotRunning)
}

pub fn tells_of_failures(rule: &Rule) -> bool {
    rule.when.is_empty() || rule.when.iter().any(|w| matches!(&**w, "restarted" | "not_running"))
}

pub fn speaks_of(rule: &Rule, s: &Symptom) -> bool {
    rule.when.is_empty() || rule.when.iter().any(|w| &**w == s.kind.name())
}

pub fn role(r: Role) -> CauseRole {
    match r {
        Role::Root => CauseRole::Root,
        Role::Relation => CauseRole::Relation,
        Role::Consequence => CauseRole::Consequence,
        Role::Hazard => CauseRole::Hazard,
        Role::NotAFault => CauseRole::NotAFault,
    }
}

pub fn finding(c: &Candidate<'_>) -> Finding {
    Finding { cause: c.rule.cause.clone(), subject: c.subject.clone(), says: c.found.says.clone() }
}

/// What holds first; what does not, and what is not known, after it.
pub fn telling(needs: &[Evidence], against: &[Evidence]) -> Vec<Evidence> {
    let order = |t: Truth| match t {
        Truth::True => 0,
        Truth::Unknown => 1,
        Truth::False => 2,
    };
    let mut all: Vec<Evidence> = needs.to_vec();
    all.sort_by_key(|e| order(e.truth));
    all.extend(against.iter().cloned());
    all
}

pub fn why_not(c: &Candidate<'_>) -> (WhyNot, Vec<Evidence>) {
    let of = |list: &[Evidence], t: Truth| -> Vec<Evidence> {
        list.iter().filter(|e| e.truth == t).take(2).cloned().collect()
    };
    match c.found.truth {
        Truth::True => (WhyNot::ExplainedAway, Vec::new()),
        _ => {
            let spoken = of(&c.found.against, Truth::True);
            if !spoken.is_empty() {
                return (WhyNot::SpokenAgainst, spoken);
            }
            let fails = of(&c.found.needs, Truth::False);
            if !fails.is_empty() {
                return (WhyNot::NeedFails, fails);
            }
            (WhyNot::Unknown, of(&c.found.needs, Truth::Unknown))
        }
    }
}

pub fn shared<T: Clone + PartialEq>(lists: impl Iterator<Item = impl AsRef<[T]>>) -> Vec<T> {
    let mut lists = lists;
    let Some(first) = lists.next() else { return Vec::new() };
    let mut out: Vec<T> = first.as_ref().to_vec();
    for list in lists {
        out.retain(|x| list.as_ref().contains(x));
    }
    out
}

pub fn probe(kind: ProbeKind, subject: &Subject) -> Probe {
    let subject = subject.clone();
    match kind {
        ProbeKind::ThreadDump => Probe::ThreadDump { subject },
        ProbeKind::FlameGraph => Probe::FlameGraph { subject: vertex_of(subject) },
        ProbeKind::CheckpointDetail => Probe::CheckpointDetail { subject },
        ProbeKind::LogTail => Probe::LogTail { subject },
        ProbeKind::DescribeTopic => Probe::DescribeTopic { subject },
    }
}

/// A flame graph is of a vertex.
fn vertex_of(subject: Subject) -> Subject {
    match subject {
        Subject::Subtask { job, vertex, .. } => Subject::Vertex { job, vertex },
        other => other,
    }
}

/// Which of the symptoms of its jobs a root explains: what its rule, or that of what follows from it,
/// is for, and what began with that. What was so before has another reason.
pub fn explained(
    root: &Candidate<'_>,
    follows: &[&Candidate<'_>],
    all: Vec<Symptom>,
) -> Vec<Symptom> {
    let spoken =
        |s: &Symptom| speaks_of(root.rule, s) || follows.iter().any(|f| speaks_of(f.rule, s));
    let first = |of: &dyn Fn(&Symptom) -> bool| -> Option<Millis> {
        all.iter().filter(|s| of(s)).map(|s| s.onset).min()
    };
    // its own place says best when it began
    let began = first(&|s| spoken(s) && s.subject == root.subject).or_else(|| first(&spoken));
    let Some(began) = began else { return all };
    all.into_iter().filter(|s| s.onset >= began - TOLERANCE).collect()
}
