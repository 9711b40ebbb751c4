//! Of anything: what was seen to change.

use super::{Ask, Measure, Scalar};
use crate::estate::{Change, Entity, Subject, SubjectKind, SubjectKind as K};
use crate::rules::types::*;

const ON: &[SubjectKind] = &[
    K::Job,
    K::TaskManager,
    K::FlinkCluster,
    K::Topic,
    K::Broker,
    K::KafkaCluster,
    K::Zookeeper,
    K::Hdfs,
    K::Yarn,
    K::Component,
    K::Member,
];

pub const MEASURES: &[Measure] = &[
    Measure::new("changed", ON, Base::number(COUNT), changed, "changes of this kind (configuration, plan, parallelism, new_run, job_manager_life, task_manager_gone, ...) that were seen of it").over(300).with_arg(),
    Measure::new("change_ago", ON, Base::number(TIME), change_ago, "how long ago the last change of this kind was; unknown where we saw none").with_arg(),
];

/// The words of `ChangeKind`, as `changed("…")` takes them.
pub const KINDS: [&str; 23] = [
    "job_appeared",
    "job_gone",
    "new_run",
    "job_state",
    "plan",
    "parallelism",
    "configuration",
    "restarted",
    "job_manager_life",
    "flink_version",
    "task_manager_appeared",
    "task_manager_gone",
    "task_manager_returned",
    "task_manager_replaced",
    "topic_appeared",
    "topic_gone",
    "topic_recreated",
    "partitions_added",
    "topic_configuration",
    "broker_appeared",
    "broker_gone",
    "controller_moved",
    "member_state",
];

fn word(c: &Change) -> Option<String> {
    serde_json::to_value(c.kind).ok()?.as_str().map(str::to_owned)
}

/// Is the change one of the subject's? Topics and brokers are named in the change of their
/// cluster.
fn about(c: &Change, s: &Subject) -> bool {
    let what = c.what.as_deref().unwrap_or("");
    match (&c.entity, s) {
        (Entity::Job { job }, Subject::Job { job: of }) => job == of,
        (Entity::TaskManager { cluster, id }, Subject::TaskManager { cluster: c, id: of }) => {
            (cluster, id) == (c, of)
        }
        (Entity::FlinkCluster { cluster }, Subject::FlinkCluster { cluster: of }) => cluster == of,
        (Entity::KafkaCluster { cluster }, Subject::KafkaCluster { cluster: of }) => cluster == of,
        (Entity::Base { cluster }, Subject::Base { cluster: of, .. }) => cluster == of,
        (Entity::Base { cluster }, Subject::Member { cluster: of, member }) => {
            cluster == of && what == &**member
        }
        (Entity::KafkaCluster { cluster }, Subject::Topic { topic }) => {
            let rest = what.strip_prefix(&*topic.topic);
            *cluster == topic.cluster && rest.is_some_and(|r| r.is_empty() || r.starts_with(' '))
        }
        (Entity::KafkaCluster { cluster }, Subject::Broker { cluster: of, id }) => {
            cluster == of && what.parse() == Ok(*id)
        }
        _ => false,
    }
}

pub fn all<'a>(q: &Ask<'_, 'a>, s: &Subject) -> impl Iterator<Item = &'a Change> + use<'a> {
    let s = s.clone();
    q.ctx.snapshot.changes.iter().filter(move |c| about(c, &s))
}

/// Within the window.
pub fn of<'a>(q: &Ask<'_, 'a>, s: &Subject) -> impl Iterator<Item = &'a Change> + use<'a> {
    let (from, to) = (q.from(), q.at);
    all(q, s).filter(move |c| c.at >= from && c.at <= to)
}

fn changed(q: &Ask<'_, '_>, s: &Subject) -> Option<Scalar> {
    let kind = q.arg?;
    let n = of(q, s).filter(|c| word(c).as_deref() == Some(kind)).count();
    Some((n as f64).into())
}

fn change_ago(q: &Ask<'_, '_>, s: &Subject) -> Option<Scalar> {
    let kind = q.arg?;
    let same = all(q, s).filter(|c| c.at <= q.at && word(c).as_deref() == Some(kind));
    super::job::since(q, same.map(|c| c.at).max())
}

#[cfg(test)]
mod tests {
    use super::KINDS;
    use crate::estate::ChangeKind;

    #[test]
    fn every_kind_has_its_word() {
        for kind in KINDS {
            assert!(serde_json::from_str::<ChangeKind>(&format!("\"{kind}\"")).is_ok(), "{kind}");
        }
        assert!(serde_json::from_str::<ChangeKind>("\"nothing\"").is_err());
    }
}
