//! HDFS by the JMX pages of its NameNodes, and of DataNodes and JournalNodes where they are given.
//! What the active NameNode says of all others counts; two that are standby are nobody active, and
//! nothing else says so.

mod fetch;
pub mod parse;
#[cfg(test)]
pub(crate) mod tests;

use super::Yield;
use super::base::{Base, Look, authority};
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
        let mut journals_told = false;
        if let Some(told) = leading {
            journals_told = !told.journals.is_empty();
            told.whole(&mut look);
        }
        let notes = &mut look.fact.notes;
        if let Some(name) = self.nameservice {
            notes.insert("nameservice".into(), name.into());
        }
        if !rpc.is_empty() {
            notes.insert("rpc".into(), rpc.join(" ").into());
        }
        datanodes(self.data, &mut look);
        journals(self.journals, journals_told, &mut look);
        look.done()
    }
}

/// Their own pages tell which volumes failed; whether they live, their NameNode says.
fn datanodes(all: Answers<DataNode>, look: &mut Look<'_>) {
    for (name, told) in all {
        look.out.requests += 1;
        match told {
            Ok(told) => {
                look.seen(format!("DataNode {name}"));
                look.of(&name, Signal::VolumeFailures, told.failed_volumes);
                look.of(&name, Signal::CapacityTotal, told.capacity);
                look.of(&name, Signal::CapacityRemaining, told.remaining);
                let detail = told.failed.join(" ");
                let state = if told.failed_volumes > 0.0 { "volume_failed" } else { "up" };
                let answers = Some(Answering::Answers);
                look.member(&name, MemberRole::Datanode, Some(state), answers, Some(&detail));
            }
            Err(reason) => {
                look.asked(&name, MemberRole::Datanode, None, Some(&reason));
                look.gap(format!("DataNode {name}"), reason);
            }
        }
    }
}

fn journals(all: Answers<Journal>, told_by_namenode: bool, look: &mut Look<'_>) {
    for (name, told) in all {
        look.out.requests += 1;
        match told {
            Ok(told) => {
                look.seen(format!("JournalNode {name}"));
                if !told_by_namenode {
                    look.of(&name, Signal::JournalLag, told.lag);
                }
                look.asked(&name, MemberRole::Journalnode, Some("up"), None);
            }
            Err(reason) => {
                look.asked(&name, MemberRole::Journalnode, None, Some(&reason));
                look.gap(format!("JournalNode {name}"), reason);
            }
        }
    }
}

impl NameNode {
    /// Of the NameNode itself.
    fn own(&self, name: &str, look: &mut Look<'_>) {
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
    fn whole(self, look: &mut Look<'_>) {
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
        }
        if let Some(why) = self.nodes_unread {
            look.gap("DataNodes by name", why);
        } else {
            look.seen("DataNodes by name");
        }
    }
}
