//! A machine by its exporter: a closed list of names out of a text of a thousand series.

mod read;
#[cfg(test)]
mod tests;

use super::Yield;
use super::http::ReadClient;
use super::prometheus::Caps;
use futures_util::StreamExt;
use read::Reading;
use std::time::Duration;
use streamwarden_core::estate::{
    Answering, Entity, Fact, Gap, GapReason, HostFact, Millis, Name, Target,
};
use streamwarden_core::signals::Sample;

/// How often a machine is looked at: its figures change slowly, and there are thousands.
pub const EVERY: Duration = Duration::from_secs(15);
/// node_exporter tells 100 kB of a usual machine.
const CAP: u64 = 8 << 20;

/// Machines that are asked at once: the text of each is read on our own processor.
const AT_ONCE: usize = 64;

/// One machine.
#[derive(Clone)]
pub struct Host {
    /// Its name in the addresses of TaskManagers, brokers and nodes.
    pub name: Name,
    pub url: String,
}

pub struct HostTarget {
    target: Target,
    hosts: Vec<Host>,
    client: ReadClient,
}

impl HostTarget {
    pub fn new(target: Target, hosts: Vec<Host>, client: ReadClient) -> HostTarget {
        HostTarget { target, hosts, client }
    }

    pub fn target(&self) -> &Target {
        &self.target
    }

    /// All of them, a number at once.
    pub async fn look(&mut self, at: Millis) -> Yield {
        let mut out = Yield::default();
        // no closure: its lifetime would be one that no spawned task can have
        let mut asked = Vec::with_capacity(self.hosts.len());
        for host in &self.hosts {
            asked.push(self.one(host, at));
        }
        let mut found = futures_util::stream::iter(asked).buffer_unordered(AT_ONCE);
        while let Some(one) = found.next().await {
            out.merge(one);
        }
        out
    }

    async fn one(&self, host: &Host, at: Millis) -> Yield {
        let deadline = Caps::default().deadline;
        let answer = self.client.get(&host.url, deadline, CAP).await;
        let mut out = Yield { requests: 1, ..Yield::default() };
        let found = answer.and_then(|a| {
            out.bytes = a.body.len() as u64;
            // its clock was read half way
            let took = i64::try_from(a.took.as_millis()).unwrap_or(i64::MAX);
            read::read(&a.body, at, took / 2)
        });
        let mut fact = HostFact {
            host: host.name.clone(),
            mounts: Vec::new(),
            answering: Answering::Answers,
            error: None,
        };
        match found {
            Ok(reading) => {
                fact.mounts = reading.mounts();
                out.samples = samples(&host.name, reading, at);
                out.seen.push(host.name.clone());
            }
            Err(reason) => {
                (fact.answering, fact.error) = (Answering::of(&reason), Some(reason.brief()));
                let (target, what) = (self.target.clone(), host.name.clone());
                out.gaps.push(Gap { target, what, at, reason });
            }
        }
        out.facts.push((at, Fact::Host(fact)));
        out
    }
}

fn samples(host: &Name, reading: Reading, at: Millis) -> Vec<Sample> {
    let host = || host.clone();
    let whole = reading.whole.into_iter().map(|(signal, value)| Sample {
        entity: Entity::Host { host: host() },
        signal,
        at,
        value,
    });
    let mounts = reading.mounts.into_iter().flat_map(|(mount, figures)| {
        figures.into_iter().map(move |(signal, value)| Sample {
            entity: Entity::Mount { host: host(), mount: mount.clone() },
            signal,
            at,
            value,
        })
    });
    whole.chain(mounts).filter(|s| s.value.is_finite()).collect()
}

/// Why a text is of no use.
fn not_understood(detail: &str) -> GapReason {
    GapReason::NotUnderstood { detail: detail.into() }
}
