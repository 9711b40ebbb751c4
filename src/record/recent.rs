//! What was told of late, apart from figures: those are in the series. Bounded by time and bytes.

use super::bundle::key;
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use streamwarden_core::estate::{Fact, Gap, Millis, Name, Span, Target};

/// How far back answers are kept: an incident of up to three quarters of this is kept whole.
const KEPT: Span = Span::secs(60 * 60);
/// Of facts, about; the oldest looks go first.
const MAX_BYTES: usize = 32 << 20;
/// Things that were told of once, long ago: a job's configuration, an address.
const MAX_OLD: usize = 20_000;

/// A look without its samples.
#[derive(Clone, Debug)]
pub struct Told {
    pub target: Arc<Target>,
    pub at: Millis,
    pub took_ms: f64,
    pub facts: Vec<(Millis, Arc<Fact>)>,
    pub gaps: Vec<Gap>,
    pub seen: Vec<Name>,
    bytes: usize,
}

/// A clone shares what was told.
#[derive(Clone, Debug, Default)]
pub struct Recent {
    looks: VecDeque<Arc<Told>>,
    /// The newest of each thing: what is told again in the same words is kept once.
    newest: HashMap<String, Arc<Fact>>,
    /// The newest of each thing that has left the window.
    old: HashMap<String, (Millis, Arc<Target>, Arc<Fact>)>,
    targets: HashMap<Name, Arc<Target>>,
    bytes: usize,
}

impl Recent {
    pub fn note(
        &mut self,
        target: &Target,
        at: Millis,
        took_ms: f64,
        facts: &[(Millis, Fact)],
        gaps: &[Gap],
        seen: &[Name],
    ) {
        let known = self.targets.entry(target.name.clone());
        let target = known.or_insert_with(|| Arc::new(target.clone())).clone();
        let mut bytes = size_of::<Told>() + size_of_val(gaps) + size_of_val(seen);
        let mut kept = Vec::with_capacity(facts.len());
        for (moment, fact) in facts {
            let key = key(fact);
            let shared = match self.newest.get(&key) {
                Some(same) if **same == *fact => same.clone(),
                _ => {
                    bytes += weight(fact) + key.len();
                    let fact = Arc::new(fact.clone());
                    self.newest.insert(key, fact.clone());
                    fact
                }
            };
            kept.push((*moment, shared));
        }
        let (gaps, seen) = (gaps.to_vec(), seen.to_vec());
        self.bytes += bytes;
        let told = Told { target, at, took_ms, facts: kept, gaps, seen, bytes };
        self.looks.push_back(Arc::new(told));
        while self.bytes > MAX_BYTES || self.looks.front().is_some_and(|l| at - l.at > KEPT) {
            let Some(gone) = self.looks.pop_front() else { break };
            self.leave(&gone);
        }
    }

    fn leave(&mut self, gone: &Told) {
        self.bytes = self.bytes.saturating_sub(gone.bytes);
        for (moment, fact) in &gone.facts {
            let entry = (*moment, gone.target.clone(), fact.clone());
            self.old.insert(key(fact), entry);
        }
        if self.old.len() > MAX_OLD {
            let mut moments: Vec<Millis> = self.old.values().map(|o| o.0).collect();
            moments.sort_unstable();
            let middle = moments.get(MAX_OLD / 2).copied().unwrap_or_default();
            self.old.retain(|_, o| o.0 > middle);
            self.newest.retain(|k, _| self.old.contains_key(k));
        }
    }

    /// What was known before the window, oldest first.
    pub fn before(&self) -> Vec<(Millis, Arc<Target>, Arc<Fact>)> {
        let mut out: Vec<_> = self.old.values().cloned().collect();
        out.sort_by_key(|o| o.0);
        out
    }

    pub fn looks(&self) -> impl Iterator<Item = &Arc<Told>> {
        self.looks.iter()
    }

    /// Of what the window holds, about; at most 32 MiB.
    pub fn bytes(&self) -> usize {
        self.bytes
    }
}

/// Bytes on the heap, about: what is large is counted, the rest guessed.
fn weight(fact: &Fact) -> usize {
    const SMALL: usize = 160;
    SMALL
        + match fact {
            Fact::Jobs { jobs, .. } => jobs.len() * 400,
            Fact::JobDetail(d) => {
                d.vertices.iter().map(|v| 500 + v.name.len() + v.description.len()).sum()
            }
            Fact::JobConfig { entries, .. } | Fact::ClusterConfig { entries, .. } => {
                entries.iter().map(|(k, v)| 80 + k.len() + v.len()).sum()
            }
            Fact::Checkpoints(c) => (c.history.len() + 2) * 300,
            Fact::Exceptions { entries, .. } => entries
                .iter()
                .flat_map(|e| std::iter::once(e).chain(&e.concurrent))
                .map(|e| 200 + e.stack.len())
                .sum(),
            Fact::TaskManagers { list, .. } => list.len() * 200,
            Fact::Topics { topics, .. } => {
                topics.iter().map(|t| 400 + t.partitions.len() * 120).sum()
            }
            Fact::Groups { groups, .. } => groups.iter().map(|g| 150 + g.topics.len() * 16).sum(),
            Fact::Transactions { list, .. } => list.len() * 200,
            Fact::LogDirs { brokers, .. } => {
                brokers.iter().map(|b| 60 + b.dirs.len() * 100 + b.topics.len() * 80).sum()
            }
            Fact::OffsetsAt { points, .. } => points.len() * 16,
            Fact::DayFlows { flows, .. } => flows.len() * 16,
            Fact::ThreadDump(d) => d.threads.iter().map(|t| 200 + t.frames.len() * 60).sum(),
            _ => 0,
        }
}

#[cfg(test)]
mod tests {
    use super::*;
    use streamwarden_core::estate::{ClusterId, KafkaOverview, TargetKind};

    fn fact(controller: i32) -> Fact {
        Fact::KafkaCluster(KafkaOverview {
            cluster: ClusterId::new("pay"),
            kafka_id: None,
            controller: Some(controller),
            brokers: Vec::new(),
            kraft: None,
            release: None,
        })
    }

    #[test]
    fn repeats_are_kept_once_and_what_is_old_is_known_still() {
        let target = Target { name: "pay".into(), kind: TargetKind::Kafka, address: "a:1".into() };
        let mut recent = Recent::default();
        let mut note = |at: i64, controller| {
            recent.note(&target, Millis(at), 1.0, &[(Millis(at), fact(controller))], &[], &[]);
        };
        note(0, 1);
        note(1000, 1);
        note(2000, 2);
        note(KEPT.0 + 1500, 2);
        let looks: Vec<_> = recent.looks().collect();
        assert_eq!(looks.len(), 2);
        assert!(Arc::ptr_eq(&looks[0].facts[0].1, &looks[1].facts[0].1));
        let before = recent.before();
        let [(at, _, old)] = &before[..] else { panic!("{before:?}") };
        assert_eq!((at.0, &**old), (1000, &fact(1)));
    }
}
