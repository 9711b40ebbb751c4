//! What the jobs stand on: one look by the collectors themselves, and what they could not see.

use super::Findings;
use crate::clock;
use crate::collect::Yield;
use crate::config::{BaseConfig, HostConfig, How};
use crate::tasks::{look_at_hosts, look_once, say};
use streamwarden_core::estate::{
    Answering, BaseFact, BaseKind, Estate, Fact, Gap, GapReason, Member, MemberRole, plain,
};

pub async fn examine(config: &BaseConfig) -> Findings {
    let mut findings = Findings::new(about(config));
    match look_once(config, clock::now()).await {
        Ok(found) => report(config, told(found), &mut findings),
        Err(e) => findings.broken("access", e, "correct `ca_file:`"),
    }
    findings
}

/// All machines together.
pub async fn machines(hosts: &[HostConfig]) -> Findings {
    let mut findings = Findings::new("machines");
    match look_at_hosts(hosts, clock::now()).await {
        Ok(found) => {
            let gaps = found.gaps;
            let there = hosts.len().saturating_sub(gaps.len());
            if there > 0 {
                findings.fine("exporters", format!("{there} of {} answer", hosts.len()));
            }
            for gap in gaps {
                let todo = "check the address in `machines:`, and that node_exporter runs there";
                findings.broken(&gap.what, say(&gap.reason), todo);
            }
        }
        Err(e) => findings.broken("access", e, "correct `machines:`"),
    }
    findings
}

fn about(config: &BaseConfig) -> String {
    let kind = match config.kind {
        BaseKind::Zookeeper => "ZooKeeper",
        BaseKind::Hdfs => "HDFS",
        BaseKind::Yarn => "YARN",
        BaseKind::Component => &config.sort,
    };
    format!("{kind} {}", config.name)
}

type Told = (Option<(BaseFact, Option<bool>)>, Vec<Gap>);

fn told(found: Yield) -> Told {
    // whether it serves is judged where a running process judges it
    let mut estate = Estate::default();
    let mut fact = None;
    for (at, found) in found.facts {
        if let Fact::Base(base) = &found {
            fact = Some(base.clone());
        }
        estate.apply(found, at);
    }
    let told = fact.map(|fact| {
        let serves = estate.bases.get(&fact.cluster).and_then(|b| b.serves);
        (fact, serves)
    });
    (told, found.gaps)
}

fn report(config: &BaseConfig, (told, gaps): Told, findings: &mut Findings) {
    let Some((fact, serves)) = told else { return };
    for member in fact.members.iter().filter(|m| m.answering.is_some()) {
        asked(config, member, &gaps, findings);
    }
    work(&fact, serves, findings);
    for gap in gaps.iter().filter(|gap| !is_of_member(gap, &fact)) {
        let (because, todo) = (say(&gap.reason), todo(config.kind, &gap.reason));
        match gap.reason {
            GapReason::Unreachable { .. } | GapReason::TimedOut { .. } => {
                findings.broken(&gap.what, because, todo);
            }
            _ => findings.blind(&gap.what, because, todo),
        }
    }
    blind(config, &fact, findings);
}

/// A member that does not answer is told of where it is asked.
fn is_of_member(gap: &Gap, fact: &BaseFact) -> bool {
    !matches!(gap.reason, GapReason::NoRights { .. })
        && fact.members.iter().any(|m| m.answering.is_some() && gap.what.ends_with(&*m.name))
}

fn asked(config: &BaseConfig, member: &Member, gaps: &[Gap], findings: &mut Findings) {
    let what = format!("{} {}", member.role.name(), member.name);
    if member.answering == Some(Answering::Answers) {
        let state = member.state.as_deref().unwrap_or("its state is not told");
        return findings.fine(&what, format!("answers: {}", plain(state)));
    }
    // one that its NameNode names otherwise than its page is told by that page
    if let Some(gap) = gaps.iter().find(|gap| gap.what.ends_with(&*member.name)) {
        findings.broken(&what, say(&gap.reason), todo(config.kind, &gap.reason));
    }
}

const REACH: &str = "is the process up, and its address reachable from here?";

fn todo(kind: BaseKind, reason: &GapReason) -> &'static str {
    match (kind, reason) {
        (BaseKind::Zookeeper, GapReason::NoRights { .. }) => {
            "set 4lw.commands.whitelist=mntr,srvr in zoo.cfg, or give `admin:` its AdminServers"
        }
        (_, GapReason::Status { code: 401 | 403 } | GapReason::NoRights { .. }) => {
            "give `auth:` a user that may read its pages; nothing more is asked"
        }
        (BaseKind::Hdfs, GapReason::NotUnderstood { .. }) => {
            "give the web address (dfs.namenode.http-address, 9870), not the one for clients"
        }
        (BaseKind::Yarn, GapReason::NotUnderstood { .. }) => {
            "give the web address (yarn.resourcemanager.webapp.address, 8088)"
        }
        (BaseKind::Zookeeper, GapReason::NotUnderstood { .. }) => {
            "`servers:` wants the clients' port (2181), `admin:` the AdminServer's (8080)"
        }
        (BaseKind::Yarn, GapReason::NotConfigured { .. }) => {
            "queues stay unseen; nodes, applications and what waits are read all the same"
        }
        _ => REACH,
    }
}

fn work(fact: &BaseFact, serves: Option<bool>, findings: &mut Findings) {
    let safe_mode = fact.notes.get("safe_mode");
    match (serves, safe_mode) {
        (Some(true), _) => findings.fine("work", "it does its work"),
        (Some(false), Some(text)) => {
            findings.broken("work", plain(text), "whoever runs it has to look at it");
        }
        (Some(false), None) => {
            let active = |m: &Member| m.state.as_deref() == Some("active");
            let because = match fact.members.iter().any(active) {
                true => "its NameNode is active, and all its DataNodes are dead",
                false => "those that could do its work say that they do not",
            };
            findings.broken("work", because, "whoever runs it has to look at it");
        }
        (None, _) => {
            let because = "too few of its members answer to tell whether it does its work";
            findings.blind("work", because, "make those above reachable");
        }
    }
}

/// What nobody asks for, because no address of it is given.
fn blind(config: &BaseConfig, fact: &BaseFact, findings: &mut Findings) {
    let place = &config.place;
    let (into, out_of) = place.flows();
    let used = !place.flink.is_empty() || !place.jobs.is_empty() || into || out_of;
    let nobody = "nothing says who stands on it: its trouble explains nobody's";
    match &config.how {
        How::Hdfs(pages) => {
            if pages.namenodes.len() == 1 {
                let todo = "give the standby in `namenodes:`, if there is one";
                findings.blind("the other NameNode", "only one is given", todo);
            }
            if pages.datanodes.is_empty() {
                let because = "only as their NameNode tells of them: no paths of failed volumes";
                findings.fine("DataNodes", because);
            }
            let told = fact.members.iter().any(|m| m.role == MemberRole::Journalnode);
            if !told && pages.journalnodes.is_empty() {
                let todo = "give `journalnodes:`, if it has any";
                findings.blind("JournalNodes", "no NameNode names one", todo);
            }
            if !used && pages.nameservice.is_none() {
                let because = "jobs are known by checkpoints under hdfs://<host:port>/ only";
                findings.blind("who uses it", because, "give `nameservice:` as paths write it");
            }
        }
        How::Component { .. } if !used => {
            findings.blind(
                "who uses it",
                nobody,
                "give `jobs:`, `flink:`, `upstream:` or `downstream:`",
            );
        }
        How::Component { exporter, http, tcp } => {
            if http.is_none() && tcp.is_none() && config.health.is_empty() && exporter.is_some() {
                let because = "an exporter alone says nothing of its health";
                findings.blind("health", because, "give `health:` conditions, `http:` or `tcp:`");
            }
        }
        How::Words(_) | How::Admin(_) if !used => {
            let because = "Flink clusters whose high-availability.zookeeper.quorum names it";
            findings.fine("who uses it", because);
        }
        How::Words(_) | How::Admin(_) | How::Yarn(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::doctor::Mark;
    use crate::config::Config;

    async fn found(yaml: &str) -> Vec<(Mark, String, String)> {
        crate::dial::install_crypto();
        let yaml = format!("flink: [{{ name: pay, rest: 'http://127.0.0.1:1' }}]\n{yaml}");
        let config = Config::parse("t", &yaml, std::path::Path::new(""), &|_| None).unwrap();
        let findings = examine(&config.bases.clusters[0]).await;
        findings.list.into_iter().map(|f| (f.mark, f.what, f.because)).collect()
    }

    #[tokio::test]
    async fn what_answers_what_does_not_and_what_stays_blind() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let component =
            format!("components: [{{ name: dim, kind: redis, tcp: '127.0.0.1:{port}' }}]");
        let all = found(&component).await;
        let marks: Vec<_> = all.iter().map(|(mark, what, _)| (*mark, what.as_str())).collect();
        let endpoint = format!("endpoint tcp 127.0.0.1:{port}");
        assert_eq!(
            marks,
            [(Mark::Fine, &*endpoint), (Mark::Fine, "work"), (Mark::Blind, "who uses it")]
        );
        let placed = component.replace("kind:", "upstream: ['job:a'], kind:");
        let all = found(&placed).await;
        assert!(all.iter().all(|f| f.0 == Mark::Fine), "it is placed: {all:?}");
        drop(listener);
        let all = found(&component).await;
        assert_eq!((all[0].0, all[1].0), (Mark::Broken, Mark::Broken), "{all:?}");
        assert!(all[0].2.contains("refused"), "{all:?}");
    }

    #[tokio::test]
    async fn a_namenode_that_is_away_leaves_the_work_unknown() {
        let all = found("hdfs: [{ name: lake, namenodes: ['http://127.0.0.1:1'] }]").await;
        let of = |what: &str| all.iter().find(|f| f.1 == what).map(|f| f.0);
        assert_eq!(of("namenode 127.0.0.1:1"), Some(Mark::Broken));
        for what in ["work", "the other NameNode", "JournalNodes", "who uses it"] {
            assert_eq!(of(what), Some(Mark::Blind), "{what}: {all:?}");
        }
    }

    #[test]
    fn a_namenode_without_datanodes_is_said_so() {
        let all_dead = "dn-dead-all-missing-blocks";
        let (_, found) = crate::collect::hdfs::tests::recorded(all_dead, clock::now());
        let (Some((fact, serves)), _) = told(found) else { panic!("no fact") };
        let mut findings = Findings::new("lake");
        work(&fact, serves, &mut findings);
        let said = &findings.list[0];
        assert_eq!(said.mark, Mark::Broken);
        assert!(said.because.contains("all its DataNodes are dead"), "{}", said.because);
    }
}
