//! HDFS by the JMX pages of its NameNodes, and of DataNodes and JournalNodes where they are given.
//! What the active NameNode says of all others counts; two that are standby are nobody active, and
//! nothing else says so.

mod fetch;
pub mod parse;
#[cfg(test)]
pub(crate) mod tests;

use super::Yield;
use super::base::{Base, Look, authority, host_of};
use super::http::ReadClient;
use futures_util::future::{join_all, join3};
use parse::{DataNode, Journal, NameNode};
use streamwarden_core::estate::{Answering, GapReason, MemberRole, Millis, Target};
use streamwarden_core::signals::Signal;

/// A DataNode that its NameNode has not heard of for so long is stale: HDFS's own default.
const STALE_S: f64 = 30.0;

/// Base URLs of the pages.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pages {
    pub namenodes: Vec<String>,
    pub datanodes: Vec<String>,
    pub journalnodes: Vec<String>,
    /// As paths write it: `hdfs://<name>/...`.
    pub nameservice: Option<String>,
}

pub struct HdfsTarget {
    target: Target,
    base: Base,
    pages: Pages,
    client: ReadClient,
}

impl HdfsTarget {
    pub fn new(target: Target, base: Base, pages: Pages, client: ReadClient) -> HdfsTarget {
        HdfsTarget { target, base, pages, client }
    }

    pub fn target(&self) -> &Target {
        &self.target
    }

    /// All side by side: one that is frozen holds up no other.
    pub async fn look(&mut self, at: Millis) -> Yield {
        let client = &self.client;
        let names = self.pages.namenodes.iter().map(|url| fetch::namenode(client, url));
        let data = self.pages.datanodes.iter().map(|url| fetch::datanode(client, url));
        let journals = self.pages.journalnodes.iter().map(|url| fetch::journalnode(client, url));
        let (names, data, journals) =
            join3(join_all(names), join_all(data), join_all(journals)).await;
        let (p, called) = (&self.pages, |url: &String| authority(url).to_owned());
        let told = Told {
            nameservice: p.nameservice.clone(),
            names: p.namenodes.iter().map(called).zip(names).collect(),
            data: p.datanodes.iter().map(called).zip(data).collect(),
            journals: p.journalnodes.iter().map(called).zip(journals).collect(),
        };
        told.gathered(&self.target, &self.base, at)
    }
}

type Answers<T> = Vec<(String, Result<T, GapReason>)>;

/// What everybody said.
#[derive(Default)]
pub struct Told {
    pub nameservice: Option<String>,
    pub names: Answers<NameNode>,
    pub data: Answers<DataNode>,
    pub journals: Answers<Journal>,
}

impl Told {
    pub fn gathered(self, target: &Target, base: &Base, at: Millis) -> Yield {
        let mut look = Look::new(target, base, at);
        let mut active = 0u32;
        let mut silent = false;
        let mut leading: Option<NameNode> = None;
        let mut rpc = Vec::new();
        for (name, told) in self.names {
            look.out.requests += fetch::NAMENODE_PAGES;
            match told {
                Ok(told) => {
                    look.out.bytes += told.bytes;
                    look.asked(&name, MemberRole::Namenode, told.state.as_deref(), None);
                    look.seen(name.clone());
                    rpc.extend(told.rpc.clone());
                    told.own(&name, &mut look);
                    if told.state.as_deref() == Some("active") {
                        active += 1;
                        leading = Some(told);
                    }
                }
                Err(reason) => {
                    // a process that is not there is not active; one that is silent may be
                    silent |= Answering::of(&reason) != Answering::Unreachable;
                    look.asked(&name, MemberRole::Namenode, None, Some(&reason));
                    look.gap(name, reason);
                }
            }
        }
        if active > 0 || !silent {
            look.whole(Signal::NameNodesActive, f64::from(active));
        }
        let mut known = Known::default();
        if let Some(told) = leading {
            known = told.whole(&mut look);
        }
        let notes = &mut look.fact.notes;
        if let Some(name) = self.nameservice {
            notes.insert("nameservice".into(), name.into());
        }
        if !rpc.is_empty() {
            notes.insert("rpc".into(), rpc.join(" ").into());
        }
        datanodes(self.data, &known, &mut look);
        journals(self.journals, &known, &mut look);
        look.done()
    }
}

/// Whom the active NameNode named, so that nobody is counted twice who also has a page.
#[derive(Default)]
struct Known {
    /// Page and name of each DataNode.
    data: Vec<(String, String)>,
    journals: Vec<String>,
}

impl Known {
    /// By the page that it told its NameNode; else by its host and that page's port, for people write names where it
    /// tells addresses.
    fn datanode(&self, page: &str) -> Option<&str> {
        let named = |name: &str| format!("{}:{}", host_of(name), port_of(page));
        let same = self.data.iter().find(|(told, _)| told == page);
        let alike = || {
            self.data
                .iter()
                .find(|(told, name)| port_of(told) == port_of(page) && named(name) == page)
        };
        same.or_else(alike).map(|(_, name)| name.as_str())
    }

    /// By the address that it says of itself; else by that port on its page's host, or where only one has that port.
    fn journalnode(&self, page: &str, told: Option<&Journal>) -> Option<&str> {
        let own = &told?.name;
        let beside = format!("{}:{}", host_of(page), port_of(own));
        let exact = self.journals.iter().find(|j| *j == own || **j == beside);
        let mut alike = self.journals.iter().filter(|j| port_of(j) == port_of(own));
        let alone = alike.next().filter(|_| alike.next().is_none());
        exact.or(alone).map(String::as_str)
    }
}

fn port_of(address: &str) -> &str {
    address.rsplit_once(':').map_or("", |(_, port)| port)
}

/// Their own pages tell which volumes failed; whether they live, their NameNode says.
fn datanodes(all: Answers<DataNode>, known: &Known, look: &mut Look<'_>) {
    for (page, told) in all {
        look.out.requests += fetch::DATANODE_PAGES;
        let name = known.datanode(&page).map(str::to_owned);
        match told {
            Ok(told) => {
                look.seen(format!("DataNode {page}"));
                look.all_of(name.as_deref().unwrap_or(&page), &told.jvm);
                let detail = told.failed.join(" ");
                if let Some(name) = name {
                    look.met(&name, Answering::Answers, &detail);
                    continue;
                }
                look.of(&page, Signal::VolumeFailures, told.failed_volumes);
                look.of(&page, Signal::CapacityTotal, told.capacity);
                look.of(&page, Signal::CapacityRemaining, told.remaining);
                let state = if told.failed_volumes > 0.0 { "volume_failed" } else { "up" };
                let answers = Some(Answering::Answers);
                look.member(&page, MemberRole::Datanode, Some(state), answers, Some(&detail));
            }
            Err(reason) => {
                match name {
                    Some(name) => look.met(&name, Answering::of(&reason), &reason.brief()),
                    None => look.asked(&page, MemberRole::Datanode, None, Some(&reason)),
                }
                look.gap(format!("DataNode {page}"), reason);
            }
        }
    }
}

/// Where a NameNode writes to them, it says how far each is behind. One that cannot be told apart from those it names
/// is left out: three of them are no six.
fn journals(all: Answers<Journal>, known: &Known, look: &mut Look<'_>) {
    let unclear = all.len() <= known.journals.len();
    for (page, told) in all {
        look.out.requests += 1;
        let name = known.journalnode(&page, told.as_ref().ok()).map(str::to_owned);
        match told {
            Ok(told) => {
                look.seen(format!("JournalNode {page}"));
                if let Some(name) = name {
                    look.met(&name, Answering::Answers, "");
                } else if !unclear {
                    look.of(&page, Signal::JournalLag, told.lag);
                    let state = if told.lag > 0.0 { "lagging" } else { "in_sync" };
                    look.asked(&page, MemberRole::Journalnode, Some(state), None);
                }
            }
            Err(reason) => {
                if !unclear {
                    look.asked(&page, MemberRole::Journalnode, None, Some(&reason));
                }
                look.gap(format!("JournalNode {page}"), reason);
            }
        }
    }
}

impl NameNode {
    /// Of the NameNode itself.
    fn own(&self, name: &str, look: &mut Look<'_>) {
        look.all_of(name, &self.jvm);
        let figures = [
            (Signal::RpcQueueTime, self.rpc_queue_ms),
            (Signal::RpcProcessingTime, self.rpc_ms),
            (Signal::CallQueue, self.call_queue),
        ];
        for (signal, value) in figures {
            if let Some(value) = value {
                look.of(name, signal, value);
            }
        }
    }

    /// What the active one says of the file system.
    fn whole(self, look: &mut Look<'_>) -> Known {
        let mut known = Known::default();
        for (signal, value) in &self.figures {
            look.whole(*signal, *value);
        }
        if let Some(text) = self.safe_mode {
            look.fact.notes.insert("safe_mode".into(), text.into());
        }
        if let Some(version) = self.version {
            look.fact.notes.insert("version".into(), version.into());
        }
        for node in self.nodes {
            let state = match (node.live, node.last_contact_s) {
                (false, _) => "dead",
                (true, Some(s)) if s > STALE_S => "stale",
                (true, _) => "live",
            };
            look.member(&node.name, MemberRole::Datanode, Some(state), None, None);
            known.data.extend(node.page.map(|page| (page, node.name.clone())));
            if let Some(s) = node.last_contact_s {
                look.of(&node.name, Signal::LastContact, s * 1e3);
            }
            if let Some(n) = node.failed_volumes {
                look.of(&node.name, Signal::VolumeFailures, n);
            }
            if let (Some(all), Some(free)) = (node.capacity, node.remaining) {
                look.of(&node.name, Signal::CapacityTotal, all);
                look.of(&node.name, Signal::CapacityRemaining, free);
            }
        }
        for j in self.journals {
            let state = if j.out_of_sync { "out_of_sync" } else { "in_sync" };
            look.member(&j.name, MemberRole::Journalnode, Some(state), None, None);
            look.of(&j.name, Signal::JournalLag, j.lag);
            known.journals.push(j.name);
        }
        if let Some(why) = self.nodes_unread {
            look.gap("DataNodes by name", why);
        } else {
            look.seen("DataNodes by name");
        }
        known
    }
}
