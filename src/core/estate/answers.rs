//! Who answers: brokers and TaskManager processes. One that takes a connection and says nothing is
//! told apart from one that is not there, and a TaskManager that came back from a new one.

use super::*;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Kept after they are listed no more.
const KEPT: Span = Span::secs(24 * 3600);

/// How a process meets a question of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answering {
    Answers,
    /// Takes the connection and says nothing within the deadline: frozen, stopped, or drowned in
    /// work. The kernel takes connections for a process that does not run.
    Silent,
    /// No connection: nobody listens, or no way there.
    Unreachable,
    /// Answers, and does not let us in, or answers what we cannot use.
    Refuses,
}

impl Answering {
    /// What a failed question says of whom it was put to.
    pub fn of(reason: &GapReason) -> Answering {
        match reason {
            GapReason::TimedOut { .. } => Answering::Silent,
            GapReason::Unreachable { .. } => Answering::Unreachable,
            _ => Answering::Refuses,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BrokerAnswer {
    pub id: i32,
    pub answering: Answering,
    /// What was met, where it does not answer.
    pub error: Option<Name>,
}

/// How somebody has been answering.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answered {
    pub answering: Answering,
    /// Since when it does so.
    pub since: Millis,
    /// When it last answered.
    pub last_ok: Option<Millis>,
    pub at: Millis,
    pub error: Option<Name>,
}

impl Answered {
    pub(super) fn note(
        known: Option<Answered>,
        answering: Answering,
        error: Option<Name>,
        at: Millis,
    ) -> Answered {
        let ok = answering == Answering::Answers;
        let last_ok = if ok { Some(at) } else { known.as_ref().and_then(|k| k.last_ok) };
        let since = match known {
            Some(k) if k.answering == answering => k.since,
            _ => at,
        };
        Answered { answering, since, last_ok, at, error }
    }
}

/// One TaskManager id over time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskManagerLife {
    /// Listed by the JobManager without a break since then.
    pub registered: Millis,
    /// Since when it is not listed.
    pub gone: Option<Millis>,
    /// The JobManager had lost it, and it came back at the same addresses: the process lived on
    /// (unless all its ports are fixed: then `cpu_time` tells, which falls with a new process).
    pub returned: Option<Millis>,
    /// host:port of its RPC and its data port: with a new process they are others, unless fixed.
    pub rpc: Option<Name>,
    pub data_port: Option<u32>,
    /// How its metrics address answers, where one is known.
    pub answered: Option<Answered>,
}

impl Estate {
    pub(super) fn broker_answers(
        &mut self,
        cluster: ClusterId,
        brokers: Vec<BrokerAnswer>,
        at: Millis,
    ) {
        let known = &mut self.kafka.entry(cluster).or_default().answers;
        for b in brokers {
            let before = known.remove(&b.id);
            known.insert(b.id, Answered::note(before, b.answering, b.error, at));
        }
        known.retain(|_, a| at - a.at < KEPT);
    }

    pub(super) fn taskmanager_answers(
        &mut self,
        cluster: ClusterId,
        ids: Vec<TaskManagerId>,
        answering: Answering,
        error: Option<Name>,
        at: Millis,
    ) {
        let lives = &mut self.flink.entry(cluster).or_default().lives;
        for id in ids {
            if let Some(life) = lives.get_mut(&id) {
                let before = life.answered.take();
                life.answered = Some(Answered::note(before, answering, error.clone(), at));
            }
        }
    }

    /// Who of the list is new, came back or took another's id; to be called before the list is
    /// taken over.
    pub(super) fn lives(
        &mut self,
        cluster: &ClusterId,
        list: &BTreeMap<TaskManagerId, TaskManager>,
        at: Millis,
    ) -> Vec<(TaskManagerId, ChangeKind)> {
        let lives = &mut self.flink.entry(cluster.clone()).or_default().lives;
        let mut changes = Vec::new();
        for (id, tm) in list {
            let (rpc, data_port) = (tm.rpc.clone(), tm.data_port);
            let Some(life) = lives.get_mut(id) else {
                let life = TaskManagerLife {
                    registered: at,
                    gone: None,
                    returned: None,
                    rpc,
                    data_port,
                    answered: None,
                };
                lives.insert(id.clone(), life);
                continue;
            };
            let same = life.rpc == rpc && life.data_port == data_port;
            let was_gone = life.gone.take().is_some();
            if !same {
                life.returned = None;
                changes.push((id.clone(), ChangeKind::TaskManagerReplaced));
            } else if was_gone {
                life.returned = Some(at);
                changes.push((id.clone(), ChangeKind::TaskManagerReturned));
            }
            if was_gone || !same {
                life.registered = at;
            }
            (life.rpc, life.data_port) = (rpc, data_port);
        }
        let listed: BTreeSet<&TaskManagerId> = list.keys().collect();
        lives.retain(|id, life| {
            if listed.contains(id) {
                return true;
            }
            let gone = *life.gone.get_or_insert(at);
            at - gone < KEPT
        });
        changes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(ids: &[(&str, u32)]) -> Fact {
        let list = ids.iter().map(|(id, port)| TaskManager {
            id: TaskManagerId::new(*id),
            host: Some("h1".into()),
            rpc: Some(format!("h1:{port}").into()),
            data_port: Some(port + 1),
            slots: None,
            free_slots: None,
            last_heartbeat: None,
            cpu_cores: None,
            physical_memory: None,
        });
        Fact::TaskManagers { cluster: ClusterId::new("pay"), list: list.collect() }
    }

    fn kinds(e: &mut Estate, fact: Fact, at: i64) -> Vec<ChangeKind> {
        e.apply(fact, Millis(at)).into_iter().map(|c| c.kind).collect()
    }

    #[test]
    fn a_frozen_taskmanager_that_comes_back_is_not_a_new_one() {
        use ChangeKind::*;
        let mut e = Estate::default();
        assert_eq!(kinds(&mut e, list(&[("a", 10), ("b", 20)]), 0), []);
        assert_eq!(kinds(&mut e, list(&[("a", 10)]), 5), [TaskManagerGone]);
        let life = |e: &Estate, id: &str| {
            e.flink[&ClusterId::new("pay")].lives[&TaskManagerId::new(id)].clone()
        };
        assert_eq!(life(&e, "b").gone, Some(Millis(5)));
        let back = kinds(&mut e, list(&[("a", 10), ("b", 20)]), 9);
        assert_eq!(back, [TaskManagerAppeared, TaskManagerReturned]);
        let b = life(&e, "b");
        assert_eq!((b.returned, b.gone, b.registered), (Some(Millis(9)), None, Millis(9)));
        // the id is reused by another process, within one look
        assert_eq!(kinds(&mut e, list(&[("a", 30), ("b", 20)]), 14), [TaskManagerReplaced]);
        assert_eq!(life(&e, "a").registered, Millis(14));
        assert_eq!(life(&e, "b").registered, Millis(9));
    }

    #[test]
    fn silence_has_a_beginning_and_the_last_answer_stays() {
        let mut e = Estate::default();
        let answer = |answering| Fact::BrokerAnswers {
            cluster: ClusterId::new("k"),
            brokers: vec![BrokerAnswer { id: 1, answering, error: None }],
        };
        for (at, answering) in [
            (1, Answering::Answers),
            (2, Answering::Answers),
            (3, Answering::Silent),
            (4, Answering::Silent),
        ] {
            e.apply(answer(answering), Millis(at));
        }
        let known = &e.kafka[&ClusterId::new("k")].answers[&1];
        assert_eq!(
            (known.answering, known.since, known.last_ok, known.at),
            (Answering::Silent, Millis(3), Some(Millis(2)), Millis(4))
        );
    }

    #[test]
    fn a_topic_that_was_made_anew_is_another_one() {
        let mut e = Estate::default();
        let topics = |id: &str| Fact::Topics {
            cluster: ClusterId::new("k"),
            topics: vec![TopicFact {
                name: "orders".into(),
                id: (!id.is_empty()).then(|| id.into()),
                partitions: vec![],
                config: BTreeMap::new(),
            }],
        };
        assert_eq!(kinds(&mut e, topics("u1"), 1), []);
        assert_eq!(kinds(&mut e, topics(""), 2), [], "an old broker answered: not known");
        assert_eq!(kinds(&mut e, topics("u1"), 3), []);
        assert_eq!(kinds(&mut e, topics("u2"), 4), [ChangeKind::TopicRecreated]);
    }
}
