//! ZooKeeper ensembles, by four-letter words or by their AdminServer. `ruok` is not asked: it says
//! `imok` after the quorum is lost.

mod fetch;
pub mod parse;
#[cfg(test)]
pub(crate) mod tests;

use super::Yield;
use super::base::{Base, Look, authority};
use super::http::ReadClient;
use parse::Told;
use std::collections::BTreeMap;
use streamwarden_core::estate::{GapReason, MemberRole, Millis, Target};
use streamwarden_core::signals::Signal;

/// How the servers are asked.
#[derive(Clone)]
pub enum Way {
    /// host:port of the clients' port each.
    Words(Vec<String>),
    /// Base URL of the AdminServer each.
    Admin(Vec<String>, ReadClient),
}

pub struct ZookeeperTarget {
    target: Target,
    base: Base,
    way: Way,
}

impl ZookeeperTarget {
    pub fn new(target: Target, base: Base, way: Way) -> ZookeeperTarget {
        ZookeeperTarget { target, base, way }
    }

    pub fn target(&self) -> &Target {
        &self.target
    }

    /// All servers side by side: one that is frozen holds up no other.
    pub async fn look(&mut self, at: Millis) -> Yield {
        let told: Vec<(String, Result<Told, GapReason>)> = match &self.way {
            Way::Words(servers) => {
                let asked = servers.iter().map(|s| async { (s.clone(), fetch::words(s).await) });
                futures_util::future::join_all(asked).await
            }
            Way::Admin(urls, client) => {
                let asked = urls.iter().map(|url| async {
                    (authority(url).to_owned(), fetch::admin(client, url).await)
                });
                futures_util::future::join_all(asked).await
            }
        };
        gathered(&self.target, &self.base, told, at)
    }
}

/// What all servers said, as one look.
fn gathered(
    target: &Target,
    base: &Base,
    told: Vec<(String, Result<Told, GapReason>)>,
    at: Millis,
) -> Yield {
    let mut look = Look::new(target, base, at);
    // two that both say that they lead: the one that more follow
    let mut lead: Option<BTreeMap<Signal, f64>> = None;
    for (server, told) in told {
        look.out.requests += 1;
        match told {
            Ok(told) => {
                look.out.bytes += told.bytes;
                look.asked(&server, MemberRole::Server, Some(told.state()), None);
                if let Some(version) = &told.version {
                    look.fact.notes.insert("version".into(), version.clone());
                }
                for (signal, value) in &told.figures {
                    let whole = matches!(signal, Signal::SyncedFollowers | Signal::QuorumSize);
                    if !whole {
                        look.of(&server, *signal, *value);
                    }
                }
                let follow = |f: &BTreeMap<Signal, f64>| f.get(&Signal::SyncedFollowers).copied();
                if told.leads() && lead.as_ref().and_then(follow) < follow(&told.figures) {
                    lead = Some(told.figures);
                }
                match told.less {
                    Some(reason) => look.gap(server, reason),
                    None => look.seen(server),
                }
            }
            Err(reason) => {
                look.asked(&server, MemberRole::Server, None, Some(&reason));
                look.gap(server, reason);
            }
        }
    }
    for signal in [Signal::SyncedFollowers, Signal::QuorumSize] {
        if let Some(value) = lead.as_ref().and_then(|l| l.get(&signal)) {
            look.whole(signal, *value);
        }
    }
    look.done()
}
