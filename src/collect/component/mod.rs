//! Anything that somebody names in the configuration: asked by its exporter, by an HTTP address or
//! by a TCP port. What is healthy of it, its rules say.

mod metrics;
mod probe;
#[cfg(test)]
mod tests;

use super::Yield;
use super::base::{Base, Look, authority, host_of};
use super::http::ReadClient;
pub use metrics::Wanted;
pub use probe::HttpProbe;
use streamwarden_core::estate::{Entity, MemberRole, Millis, Name, Target};
use streamwarden_core::signals::{Sample, Signal};
use tokio::time::Instant;

/// One way to ask it.
#[derive(Clone)]
pub enum Way {
    Exporter {
        url: String,
        client: ReadClient,
        metrics: Vec<Wanted>,
    },
    Http {
        probe: HttpProbe,
        client: ReadClient,
    },
    /// host:port; whoever takes the connection is there.
    Tcp {
        address: String,
    },
}

impl Way {
    /// What it is called among the component's members: an HTTP address and a port may be the same service's.
    fn name(&self) -> String {
        match self {
            Way::Exporter { url, .. } => format!("exporter {}", authority(url)),
            Way::Http { probe, .. } => format!("http {}", authority(&probe.url)),
            Way::Tcp { address } => format!("tcp {address}"),
        }
    }

    fn host(&self) -> &str {
        match self {
            Way::Exporter { url, .. } => host_of(authority(url)),
            Way::Http { probe, .. } => host_of(authority(&probe.url)),
            Way::Tcp { address } => host_of(address),
        }
    }
}

pub struct ComponentTarget {
    target: Target,
    base: Base,
    ways: Vec<Way>,
}

impl ComponentTarget {
    pub fn new(target: Target, base: Base, ways: Vec<Way>) -> ComponentTarget {
        ComponentTarget { target, base, ways }
    }

    pub fn target(&self) -> &Target {
        &self.target
    }

    pub async fn look(&mut self, at: Millis) -> Yield {
        let asked = self.ways.iter().map(|way| async move {
            let began = Instant::now();
            let found = match way {
                Way::Exporter { url, client, metrics } => {
                    metrics::scrape(client, url, metrics).await
                }
                Way::Http { probe, client } => {
                    probe::http(client, probe).await.map(|told| (told, Vec::new()))
                }
                Way::Tcp { address } => probe::tcp(address).await.map(|told| (told, Vec::new())),
            };
            (way, found, began.elapsed())
        });
        let all = futures_util::future::join_all(asked).await;
        let mut look = Look::new(&self.target, &self.base, at);
        let mut values: Vec<(Name, f64)> = Vec::new();
        let mut probed = None;
        for (way, found, took) in all {
            let name = way.name();
            let (up, error) = match found {
                Ok((told, jvm)) => {
                    values.extend(told);
                    look.all_of(&name, &jvm);
                    look.of(&name, Signal::ProbeTime, took.as_secs_f64() * 1e3);
                    look.seen(name.clone());
                    (true, None)
                }
                Err(reason) => {
                    look.gap(name.clone(), reason.clone());
                    (false, Some(reason))
                }
            };
            look.out.requests += 1;
            look.of(&name, Signal::ProbeUp, if up { 1.0 } else { 0.0 });
            let state = up.then_some("up");
            look.asked(&name, MemberRole::Endpoint, state, error.as_ref());
            if let Some(member) = look.fact.members.last_mut() {
                member.host = Some(way.host().into());
            }
            // that an exporter does not answer says nothing of what it tells about
            if !matches!(way, Way::Exporter { .. }) {
                probed = Some(probed.unwrap_or(true) && up);
            }
        }
        look.fact.serves = probed;
        let cluster = self.base.cluster.clone();
        let mut out = look.done();
        out.samples.extend(values.into_iter().map(|(name, value)| Sample {
            entity: Entity::Metric { cluster: cluster.clone(), name },
            signal: Signal::Value,
            at,
            value,
        }));
        out
    }
}
