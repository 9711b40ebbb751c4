//! YARN by the REST interface of its ResourceManagers. The active one tells of nodes, queues and
//! applications; a standby answers `/ws/v1/cluster/info` only.

mod fetch;
pub mod parse;
#[cfg(test)]
pub(crate) mod tests;

use super::Yield;
use super::base::{Base, Look, authority};
use super::http::ReadClient;
use fetch::Told;
use parse::{Nodes, Queues};
use streamwarden_core::estate::{Application, Fact, GapReason, MemberRole, Millis, Span, Target};

/// Lists of nodes, queues and applications are megabytes in a large cluster.
const LISTS_EVERY: Span = Span::secs(14);

pub struct YarnTarget {
    target: Target,
    base: Base,
    managers: Vec<String>,
    client: ReadClient,
    /// Kept between lists: a look names everybody.
    nodes: Option<Nodes>,
    queues: Option<Queues>,
    listed: Option<Millis>,
}

impl YarnTarget {
    pub fn new(
        target: Target,
        base: Base,
        managers: Vec<String>,
        client: ReadClient,
    ) -> YarnTarget {
        YarnTarget { target, base, managers, client, nodes: None, queues: None, listed: None }
    }

    pub fn target(&self) -> &Target {
        &self.target
    }

    pub async fn look(&mut self, at: Millis) -> Yield {
        let lists = self.listed.is_none_or(|t| at - t >= LISTS_EVERY);
        let asked = self.managers.iter().map(|url| fetch::manager(&self.client, url, lists));
        let told = futures_util::future::join_all(asked).await;
        let names = self.managers.iter().map(|url| authority(url).to_owned());
        let told = names.zip(told).collect();
        self.gathered(told, at)
    }

    fn gathered(&mut self, told: Vec<(String, Result<Told, GapReason>)>, at: Millis) -> Yield {
        let target = self.target.clone();
        let mut look = Look::new(&target, &self.base.clone(), at);
        let mut apps = None;
        for (name, told) in told {
            look.out.requests += 1;
            match told {
                Ok(told) => {
                    look.asked(&name, MemberRole::Resourcemanager, Some(&told.info.state), None);
                    look.out.bytes += told.bytes;
                    look.all_of(&name, &told.jvm);
                    look.seen(name);
                    if told.info.state == "active" {
                        // figures, and of the JVM
                        look.out.requests += 2;
                        look.fact.notes.insert("version".into(), told.info.version.as_str().into());
                        apps = self.active(told, &mut look);
                    }
                }
                Err(reason) => {
                    look.asked(&name, MemberRole::Resourcemanager, None, Some(&reason));
                    look.gap(name, reason);
                }
            }
        }
        members(self.nodes.as_ref(), self.queues.as_ref(), &mut look);
        let cluster = self.base.cluster.clone();
        let mut out = look.done();
        let apps = apps.map(|list| (at, Fact::Applications { cluster, list }));
        out.facts.extend(apps);
        out
    }

    fn active(&mut self, told: Told, look: &mut Look<'_>) -> Option<Vec<Application>> {
        match told.metrics {
            Ok(figures) => {
                for (signal, value) in figures {
                    look.whole(signal, value);
                }
                look.seen("metrics");
            }
            Err(reason) => look.gap("metrics", reason),
        }
        let lists = told.lists?;
        look.out.requests += 4;
        self.listed = Some(look.at);
        self.nodes = settle(look, "nodes", lists.nodes);
        self.queues = settle(look, "queues", lists.queues);
        let queues = self.queues.iter().flatten();
        for (queue, figures) in queues.map(|q| (q.name.clone(), q.figures())) {
            for (signal, value) in figures {
                look.of(&queue, signal, value);
            }
        }
        settle(look, "applications", lists.applications)
    }
}

fn settle<T>(look: &mut Look<'_>, what: &'static str, found: Result<T, GapReason>) -> Option<T> {
    match found {
        Ok(found) => {
            look.seen(what);
            Some(found)
        }
        Err(reason) => {
            look.gap(what, reason);
            None
        }
    }
}

fn members(nodes: Option<&Nodes>, queues: Option<&Queues>, look: &mut Look<'_>) {
    for n in nodes.into_iter().flatten() {
        let detail = Some(n.report.as_str());
        look.member(&n.id, MemberRole::Nodemanager, Some(&n.state), None, detail);
        if let Some(m) = look.fact.members.last_mut() {
            m.host = Some(n.host.as_str().into());
        }
    }
    for q in queues.into_iter().flatten() {
        look.member(&q.name, MemberRole::Queue, q.state.as_deref(), None, None);
        if let Some(m) = look.fact.members.last_mut() {
            m.host = None;
        }
    }
}
