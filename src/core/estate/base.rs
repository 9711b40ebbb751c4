//! What streaming jobs stand on: ZooKeeper, HDFS, YARN, and whatever else somebody names as a
//! component. One shape for all: a cluster of a kind, its members with role and state, and who uses
//! it. Figures are series; here is what is said in words.

use super::*;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Members of one cluster that are kept; a larger one is told in numbers all the same.
pub const MAX_MEMBERS: usize = 5_000;
/// Applications of one YARN that are kept, newest first.
pub const MAX_APPLICATIONS: usize = 1_000;
/// Changes of members that one look may bring: a rack that is lost is one thing to read.
const MAX_CHANGES: usize = 20;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BaseKind {
    Zookeeper,
    Hdfs,
    Yarn,
    /// Anything else: what it is called is its own word.
    Component,
}

impl BaseKind {
    pub const fn name(self) -> &'static str {
        match self {
            BaseKind::Zookeeper => "zookeeper",
            BaseKind::Hdfs => "hdfs",
            BaseKind::Yarn => "yarn",
            BaseKind::Component => "component",
        }
    }

    pub const fn subject(self) -> SubjectKind {
        match self {
            BaseKind::Zookeeper => SubjectKind::Zookeeper,
            BaseKind::Hdfs => SubjectKind::Hdfs,
            BaseKind::Yarn => SubjectKind::Yarn,
            BaseKind::Component => SubjectKind::Component,
        }
    }

    /// The kind that a subject's word stands for.
    pub fn parse(word: &str) -> Option<BaseKind> {
        let all = [BaseKind::Zookeeper, BaseKind::Hdfs, BaseKind::Yarn, BaseKind::Component];
        all.into_iter().find(|k| k.name() == word)
    }
}

/// What a member is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MemberRole {
    /// A ZooKeeper server.
    Server,
    Namenode,
    Datanode,
    Journalnode,
    Resourcemanager,
    Nodemanager,
    Queue,
    /// Where a component is asked: an exporter or a probe.
    Endpoint,
}

impl MemberRole {
    pub const fn name(self) -> &'static str {
        match self {
            MemberRole::Server => "server",
            MemberRole::Namenode => "namenode",
            MemberRole::Datanode => "datanode",
            MemberRole::Journalnode => "journalnode",
            MemberRole::Resourcemanager => "resourcemanager",
            MemberRole::Nodemanager => "nodemanager",
            MemberRole::Queue => "queue",
            MemberRole::Endpoint => "endpoint",
        }
    }
}

/// One member, as a look saw it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    pub name: Name,
    pub role: MemberRole,
    /// In lower case, of what it says or another says of it: leader, follower, not_serving, active,
    /// standby, live, stale, dead, running, lost, unhealthy. None: nobody says.
    pub state: Option<Name>,
    /// How it met our question; None: it is not asked itself.
    pub answering: Option<Answering>,
    /// Beside the state: a health report, why it does not answer. Hostile.
    pub detail: Option<Name>,
    pub host: Option<Name>,
}

/// What a part of the pipeline is for, in the order in which data flows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    Collection,
    Queue,
    Processing,
    Warehouse,
}

impl Stage {
    pub const ALL: [(&'static str, Stage); 4] = [
        ("collection", Stage::Collection),
        ("queue", Stage::Queue),
        ("processing", Stage::Processing),
        ("warehouse", Stage::Warehouse),
    ];

    pub fn name(self) -> &'static str {
        Stage::ALL.iter().find(|(_, s)| *s == self).map_or("", |(n, _)| n)
    }
}

/// How old the oldest record is that waits in it, by a figure of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnDelay {
    /// In the rules' language; comes to seconds.
    pub ask: Name,
    pub target: Option<Span>,
}

/// Who uses it, as far as somebody says so.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Place {
    /// Flink clusters that stand on it.
    pub flink: Vec<ClusterId>,
    /// Globs over the names of jobs.
    pub jobs: Vec<Name>,
    /// Topics that it takes records from, and such that it puts records into.
    pub reads: Vec<Name>,
    pub writes: Vec<Name>,
    /// What hands data to it and what it hands data to: globs over jobs and topics (`job:` or
    /// `topic:` limits one), or `component:<name>`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub upstream: Vec<Name>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub downstream: Vec<Name>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stage: Option<Stage>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delay: Option<OwnDelay>,
}

impl Place {
    /// Data goes into it, and out of it.
    pub fn flows(&self) -> (bool, bool) {
        let some = |a: &[Name], b: &[Name]| !a.is_empty() || !b.is_empty();
        (some(&self.reads, &self.upstream), some(&self.writes, &self.downstream))
    }

    /// As declared; else by the way that data goes through it, and with what only stands below the
    /// jobs among the processing.
    pub fn stage(&self) -> Stage {
        self.stage.unwrap_or(match self.flows() {
            (false, true) => Stage::Collection,
            (true, true) => Stage::Queue,
            (true, false) => Stage::Warehouse,
            (false, false) => Stage::Processing,
        })
    }
}

/// One look at a base cluster: everybody who is in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BaseFact {
    pub cluster: ClusterId,
    pub base: BaseKind,
    /// What people call such a thing: `zookeeper`; of a component its own word, `redis`.
    pub sort: Name,
    pub members: Vec<Member>,
    /// What it says of itself in words: `version`, `safe_mode`.
    pub notes: BTreeMap<String, Name>,
    /// Whether it does its work, where the look itself says so; None: by its members.
    #[serde(default)]
    pub serves: Option<bool>,
    #[serde(default)]
    pub place: Place,
    /// Conditions of the rules' language that hold while it is well.
    #[serde(default)]
    pub health: Vec<Name>,
}

/// One application of YARN.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Application {
    /// `application_<start>_<n>`.
    pub id: Name,
    pub name: Name,
    /// `Apache Flink`, ...
    pub sort: Name,
    pub queue: Name,
    /// NEW, SUBMITTED, ACCEPTED, RUNNING, FINISHED, FAILED, KILLED.
    pub state: Name,
    pub outcome: Name,
    /// In YARN's own words, cut. Hostile.
    pub diagnostics: Name,
    pub started: Millis,
    pub finished: Option<Millis>,
    pub containers: Option<u32>,
    pub pending_mb: Option<u64>,
    /// Address of the JobManager, where it is one.
    pub rpc: Option<Name>,
}

/// What is known of a machine beside its figures.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostFact {
    pub host: Name,
    pub mounts: Vec<Name>,
    pub answering: Answering,
    pub error: Option<Name>,
}

#[derive(Clone, Debug)]
pub struct BaseMember {
    pub is: Member,
    /// Since when it is in this state, as far as we saw.
    pub since: Millis,
    pub answered: Option<Answered>,
}

#[derive(Clone, Debug)]
pub struct BaseCluster {
    pub base: BaseKind,
    pub sort: Name,
    pub members: BTreeMap<Name, BaseMember>,
    pub notes: BTreeMap<String, Name>,
    pub place: Place,
    pub health: Vec<Name>,
    /// When it was last asked, and when one of those that are asked last answered.
    pub looked: Millis,
    pub answered: Option<Millis>,
    /// Whether it does its work; None: that cannot be told.
    pub serves: Option<bool>,
    /// Since when that is so.
    pub serves_since: Millis,
    pub applications: Option<(Millis, Vec<Application>)>,
}

#[derive(Clone, Debug)]
pub struct Host {
    pub mounts: Vec<Name>,
    pub answered: Answered,
}

impl BaseCluster {
    pub fn of_role(&self, role: MemberRole) -> impl Iterator<Item = &BaseMember> {
        self.members.values().filter(move |m| m.is.role == role)
    }

    pub fn subject(&self, cluster: &ClusterId) -> Subject {
        Subject::Base { base: self.base, cluster: cluster.clone() }
    }
}

/// Does it do its work? True where one member shows it; false only where those that could do it say
/// that they do not, or are not there and another one of them says the same.
fn serves(fact: &BaseFact) -> Option<bool> {
    if fact.serves.is_some() {
        return fact.serves;
    }
    let (role, works): (MemberRole, &[&str]) = match fact.base {
        BaseKind::Zookeeper => {
            (MemberRole::Server, &["leader", "follower", "observer", "standalone"])
        }
        BaseKind::Hdfs => (MemberRole::Namenode, &["active"]),
        BaseKind::Yarn => (MemberRole::Resourcemanager, &["active"]),
        BaseKind::Component => (MemberRole::Endpoint, &["up"]),
    };
    let all: Vec<&Member> = fact.members.iter().filter(|m| m.role == role).collect();
    let is = |m: &Member| m.state.as_deref().is_some_and(|s| works.contains(&s));
    if all.iter().any(|m| is(m)) {
        // who is active and in safe mode refuses every write
        return if fact.notes.contains_key("safe_mode") { Some(false) } else { has_disks(fact) };
    }
    let idle = |m: &&&Member| m.answering == Some(Answering::Answers) && m.state.is_some();
    let absent = |m: &&&Member| m.answering == Some(Answering::Unreachable);
    let told = all.iter().filter(idle).count();
    (told > 0 && told + all.iter().filter(absent).count() == all.len()).then_some(false)
}

/// A NameNode alone holds no block: false where all DataNodes that are known are dead, None where
/// none is live and some are stale.
fn has_disks(fact: &BaseFact) -> Option<bool> {
    let all = || fact.members.iter().filter(|m| m.role == MemberRole::Datanode);
    let dead = |m: &Member| m.state.as_deref() == Some("dead");
    let doubtful = |m: &Member| dead(m) || m.state.as_deref() == Some("stale");
    match all().count() {
        n if n > 0 && all().all(dead) => Some(false),
        n if n > 0 && all().all(doubtful) => None,
        _ => Some(true),
    }
}

impl Estate {
    pub(super) fn base(&mut self, fact: BaseFact, at: Millis) -> Vec<Change> {
        let now = serves(&fact);
        let entity = Entity::Base { cluster: fact.cluster.clone() };
        let known = self.bases.remove(&fact.cluster);
        let mut changes = Vec::new();
        let mut before = known.as_ref().map(|k| k.members.clone()).unwrap_or_default();
        let mut members = BTreeMap::new();
        for mut is in fact.members.into_iter().take(MAX_MEMBERS) {
            let old = before.remove(&is.name);
            let same = old.as_ref().filter(|o| is.state.is_none() || o.is.state == is.state);
            let since = same.map_or(at, |o| o.since);
            if let (Some(o), Some(to)) = (&old, &is.state)
                && let Some(from) = o.is.state.as_ref().filter(|f| *f != to)
                && changes.len() < MAX_CHANGES
            {
                changes.push(moved(&entity, at, &is.name, from, to));
            }
            // what it was last is kept for what it was, not for what it is
            if is.state.is_none() && is.answering.is_none() {
                is.state = old.as_ref().and_then(|o| o.is.state.clone());
            }
            let earlier = old.and_then(|o| o.answered);
            let answered = is.answering.map(|a| Answered::note(earlier, a, is.detail.clone(), at));
            members.insert(is.name.clone(), BaseMember { is, since, answered });
        }
        let answers = members.values().any(|m| m.is.answering == Some(Answering::Answers));
        let same = known.as_ref().filter(|k| k.serves == now);
        let cluster = BaseCluster {
            base: fact.base,
            sort: fact.sort,
            members,
            notes: fact.notes,
            place: fact.place,
            health: fact.health,
            looked: at,
            answered: if answers { Some(at) } else { known.as_ref().and_then(|k| k.answered) },
            serves: now,
            serves_since: same.map_or(at, |k| k.serves_since),
            applications: known.and_then(|k| k.applications),
        };
        self.bases.insert(fact.cluster, cluster);
        changes
    }

    pub(super) fn applications(
        &mut self,
        cluster: &ClusterId,
        mut list: Vec<Application>,
        at: Millis,
    ) {
        list.sort_by_key(|a| std::cmp::Reverse(a.started));
        list.truncate(MAX_APPLICATIONS);
        if let Some(known) = self.bases.get_mut(cluster) {
            known.applications = Some((at, list));
        }
    }

    pub(super) fn host(&mut self, fact: HostFact, at: Millis) {
        let before = self.hosts.remove(&fact.host);
        let mounts = match (&before, fact.answering) {
            (Some(b), a) if a != Answering::Answers => b.mounts.clone(),
            _ => fact.mounts,
        };
        let answered = Answered::note(before.map(|b| b.answered), fact.answering, fact.error, at);
        self.hosts.insert(fact.host, Host { mounts, answered });
    }

    /// Base clusters that a Flink cluster stands on: as somebody says, as its TaskManagers' container
    /// ids name an application, its checkpoints' paths a file system, or its high availability a ZooKeeper.
    pub fn bases_of<'a>(
        &'a self,
        flink: &'a ClusterId,
    ) -> impl Iterator<Item = (&'a ClusterId, &'a BaseCluster)> {
        self.bases.iter().filter(move |(_, b)| {
            b.place.flink.contains(flink)
                || self.runs_in(b, flink)
                || self.saves_to(b, flink)
                || self.elects_by(b, flink)
        })
    }

    /// Applications of a YARN in which the TaskManagers of a Flink cluster live.
    pub fn applications_of<'a>(
        &'a self,
        yarn: &'a BaseCluster,
        flink: &ClusterId,
    ) -> impl Iterator<Item = &'a Application> {
        let ids: Vec<String> = self
            .flink
            .get(flink)
            .into_iter()
            .flat_map(|f| f.taskmanagers.keys())
            .filter_map(|t| application_of(t.as_str()))
            .collect();
        let list = yarn.applications.as_ref().map_or(&[][..], |(_, list)| list);
        list.iter().filter(move |a| ids.iter().any(|id| **id == *a.id))
    }

    fn runs_in(&self, base: &BaseCluster, flink: &ClusterId) -> bool {
        base.base == BaseKind::Yarn && self.applications_of(base, flink).next().is_some()
    }

    /// Its high availability is kept there: one of the servers that it names is a member. Members
    /// that are asked by another port (AdminServer) are known by all of its hosts.
    fn elects_by(&self, base: &BaseCluster, flink: &ClusterId) -> bool {
        if base.base != BaseKind::Zookeeper {
            return false;
        }
        let config = self.flink.get(flink).and_then(|f| f.config.as_ref());
        let Some(quorum) = config.and_then(|(_, c)| c.get("high-availability.zookeeper.quorum"))
        else {
            return false;
        };
        let servers: Vec<&str> =
            quorum.split(',').map(str::trim).filter(|s| !s.is_empty()).collect();
        let host = |server: &str| server.rsplit_once(':').map_or(server, |(h, _)| h).to_owned();
        let on_host =
            |s: &&str| base.members.values().any(|m| m.is.host.as_deref() == Some(&host(s)));
        // several ensembles may share a machine, and differ by their ports
        let elsewhere = || {
            base.members.len() == servers.len()
                && servers.iter().all(on_host)
                && self.bases.values().filter(|b| b.base == BaseKind::Zookeeper).count() == 1
        };
        servers.iter().any(|s| base.members.contains_key(*s))
            || (!servers.is_empty() && elsewhere())
    }

    fn saves_to(&self, base: &BaseCluster, flink: &ClusterId) -> bool {
        if base.base != BaseKind::Hdfs {
            return false;
        }
        let jobs = self.jobs.values().filter(|j| j.key.cluster == *flink);
        let paths = jobs.filter_map(|j| {
            let (_, stats) = j.run.checkpoints.as_ref()?;
            stats.latest_completed.as_ref()?.external_path.as_deref()
        });
        let named = |name: &str| {
            let said = |key: &str| base.notes.get(key).into_iter().flat_map(|n| n.split(' '));
            said("nameservice").chain(said("rpc")).any(|n| n == name)
        };
        paths.filter_map(file_system_of).any(named)
    }
}

/// `container_<start>_<application>_<attempt>_<n>`, with an epoch after the first word after a
/// restart of the ResourceManager, is of `application_<start>_<application>`.
fn application_of(container: &str) -> Option<String> {
    let rest = container.strip_prefix("container_")?;
    let mut parts = rest.split('_').peekable();
    parts.next_if(|p| p.starts_with('e'));
    let (start, n) = (parts.next()?, parts.next()?);
    let digits = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_digit());
    (digits(start) && digits(n)).then(|| format!("application_{start}_{n}"))
}

/// The authority of a path in HDFS: a name service, or a NameNode's host and port.
fn file_system_of(path: &str) -> Option<&str> {
    path.strip_prefix("hdfs://")?.split('/').next().filter(|a| !a.is_empty())
}

fn moved(entity: &Entity, at: Millis, member: &str, from: &str, to: &str) -> Change {
    Change {
        at,
        seen: at,
        entity: entity.clone(),
        kind: ChangeKind::MemberState,
        what: Some(member.to_owned()),
        from: Some(from.to_owned()),
        to: Some(to.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(name: &str, role: MemberRole, state: &str, answering: Answering) -> Member {
        Member {
            name: name.into(),
            role,
            state: (!state.is_empty()).then(|| state.into()),
            answering: Some(answering),
            detail: None,
            host: None,
        }
    }

    fn zookeeper(states: &[(&str, Answering)]) -> BaseFact {
        let of = |(i, (s, a)): (usize, &(&str, Answering))| {
            member(&format!("z{i}"), MemberRole::Server, s, *a)
        };
        BaseFact {
            cluster: ClusterId::new("zk"),
            base: BaseKind::Zookeeper,
            sort: "zookeeper".into(),
            members: states.iter().enumerate().map(of).collect(),
            notes: BTreeMap::new(),
            serves: None,
            place: Place::default(),
            health: Vec::new(),
        }
    }

    #[test]
    fn it_serves_where_one_shows_it_and_not_where_all_that_could_say_so() {
        use Answering::{Answers, Silent, Unreachable};
        let of = |states: &[(&str, Answering)]| serves(&zookeeper(states));
        assert_eq!(of(&[("leader", Answers), ("", Silent), ("follower", Answers)]), Some(true));
        assert_eq!(of(&[("not_serving", Answers), ("", Unreachable)]), Some(false));
        assert_eq!(of(&[("not_serving", Answers), ("", Silent)]), None, "the silent one may lead");
        assert_eq!(of(&[("", Unreachable), ("", Unreachable)]), None, "our sight, or theirs");
        assert_eq!(of(&[]), None);
    }

    #[test]
    fn an_active_namenode_in_safe_mode_does_not_serve() {
        let mut fact = zookeeper(&[]);
        fact.base = BaseKind::Hdfs;
        fact.members = vec![member("nn1", MemberRole::Namenode, "active", Answering::Answers)];
        assert_eq!(serves(&fact), Some(true));
        fact.notes.insert("safe_mode".into(), "Safe mode is ON".into());
        assert_eq!(serves(&fact), Some(false));
    }

    #[test]
    fn an_active_namenode_without_datanodes_does_not_serve() {
        let of = |states: &[&str]| {
            let mut fact = zookeeper(&[]);
            fact.base = BaseKind::Hdfs;
            fact.members = vec![member("nn1", MemberRole::Namenode, "active", Answering::Answers)];
            let data = |(i, s): (usize, &&str)| Member {
                answering: None,
                ..member(&format!("d{i}"), MemberRole::Datanode, s, Answering::Answers)
            };
            fact.members.extend(states.iter().enumerate().map(data));
            serves(&fact)
        };
        assert_eq!(of(&["dead", "dead"]), Some(false));
        assert_eq!(of(&["dead", "live"]), Some(true));
        assert_eq!(of(&["dead", "stale"]), None, "HDFS still sends clients to a stale one");
        assert_eq!(of(&["", ""]), Some(true), "nobody says how they are");
    }

    #[test]
    fn a_new_leader_is_a_change_and_silence_is_none() {
        use Answering::{Answers, Silent};
        let mut e = Estate::default();
        let see = |e: &mut Estate, at: i64, states: &[(&str, Answering)]| -> Vec<String> {
            let changes = e.apply(Fact::Base(zookeeper(states)), Millis(at));
            changes.into_iter().filter_map(|c| Some(format!("{} {}", c.what?, c.to?))).collect()
        };
        assert!(see(&mut e, 1, &[("leader", Answers), ("follower", Answers)]).is_empty());
        assert!(see(&mut e, 2, &[("", Silent), ("follower", Answers)]).is_empty());
        assert_eq!(see(&mut e, 3, &[("", Silent), ("leader", Answers)]), ["z1 leader"]);
        let zk = &e.bases[&ClusterId::new("zk")];
        assert_eq!((zk.serves, zk.serves_since), (Some(true), Millis(1)));
        assert_eq!(zk.members["z0"].answered.as_ref().unwrap().since, Millis(2));
    }

    #[test]
    fn a_configuration_names_the_zookeeper_that_a_cluster_stands_on() {
        use Answering::Answers;
        let pay = ClusterId::new("pay");
        let stands_on = |quorum: &str, members: &[&str]| -> usize {
            let mut e = Estate::default();
            let mut fact = zookeeper(&vec![("follower", Answers); members.len()]);
            for (member, name) in fact.members.iter_mut().zip(members) {
                member.name = (*name).into();
                member.host = name.rsplit_once(':').map(|(host, _)| host.into());
            }
            e.apply(Fact::Base(fact), Millis(1));
            let key = "high-availability.zookeeper.quorum".to_owned();
            let config = Some((Millis(1), BTreeMap::from([(key, quorum.to_owned())])));
            e.flink.entry(pay.clone()).or_default().config = config;
            e.bases_of(&pay).count()
        };
        assert_eq!(stands_on("z1:2181, z2:2181", &["z1:2181", "z3:2181"]), 1);
        // asked by its AdminServers: the same hosts, other ports
        assert_eq!(stands_on("z1:2181,z2:2181", &["z1:8080", "z2:8080"]), 1);
        assert_eq!(stands_on("z1:2181,z2:2181", &["z1:8080", "z9:8080"]), 0);
        assert_eq!(stands_on("", &[]), 0);
    }

    #[test]
    fn containers_and_paths_name_what_a_cluster_stands_on() {
        let of = application_of("container_1795235431931_0001_01_000002");
        assert_eq!(of.as_deref(), Some("application_1795235431931_0001"));
        let after = application_of("container_e17_1795235431931_0001_01_000002");
        assert_eq!(after, of);
        assert_eq!(application_of("container_x_1"), None);
        assert_eq!(application_of("tm-1"), None);
        assert_eq!(file_system_of("hdfs://ns1/flink/chk-7"), Some("ns1"));
        assert_eq!(file_system_of("file:/tmp/chk-7"), None);
    }
}
