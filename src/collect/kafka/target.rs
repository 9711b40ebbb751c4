//! One Kafka cluster as a target: what is asked when, and answers into a [`Yield`].

use super::access::{Door, KafkaAccess};
use super::client::{self, Client, Pace};
use super::gather::{Gathered, Out};
use super::options::KafkaOptions;
use super::parse::{self, Faults, Topology};
use super::requests::{self, Partitions, Wanted};
use super::rights::Rights;
use super::round::{Ask, Harvest, Round, Timebase};
use crate::collect::{Probed, Yield};
use futures_util::future::join_all;
use kafka_protocol::ResponseError;
use kafka_protocol::messages::{ApiKey, DescribeClusterRequest};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use streamwarden_core::estate::*;
use tokio::time::Instant;

/// A cluster being watched. Each method looks once; nothing runs in between.
pub struct KafkaTarget {
    target: Target,
    pub(super) cluster: ClusterId,
    pub(super) options: KafkaOptions,
    pub(super) client: Client,
    pub(super) topology: Option<Topology>,
    pub(super) rights: Rights,
    pub(super) configs: BTreeMap<Name, BTreeMap<String, String>>,
    pub(super) producers: BTreeMap<(Name, i32), u32>,
    /// By coordinator, so that one broker's silence does not look like its groups' end.
    pub(super) groups: BTreeMap<i32, Vec<GroupFact>>,
    /// Topics written in transactions, as far as seen.
    pub(super) transactional: BTreeSet<Name>,
    /// Topics whose end was ahead of what is stable at the last look.
    pub(super) held: BTreeSet<Name>,
    last: BTreeMap<&'static str, Millis>,
    /// Metadata is known to be out of date.
    stale: bool,
    expected: Expected,
    broker_gaps: BTreeSet<Name>,
    /// How each broker met its last question, as it was told.
    answering: BTreeMap<i32, Answering>,
    /// A topic to be asked for by name, and what the question is called.
    describing: Option<(Name, Name)>,
}

/// What the rest of the estate says that there must be.
#[derive(Clone, Debug, Default)]
struct Expected {
    topics: Vec<Name>,
    groups: Vec<Name>,
}

impl KafkaTarget {
    /// `bootstrap`: host:port each. Errors: the CA file; says what to do.
    pub fn new(
        target: Target,
        cluster: ClusterId,
        bootstrap: Vec<String>,
        access: KafkaAccess,
        options: KafkaOptions,
    ) -> Result<KafkaTarget, String> {
        let pace = Pace { connect: options.connect, request: options.request };
        Ok(KafkaTarget {
            target,
            cluster,
            options,
            client: Client::new(Door::new(access)?, pace, bootstrap),
            topology: None,
            rights: Rights::default(),
            configs: BTreeMap::new(),
            producers: BTreeMap::new(),
            groups: BTreeMap::new(),
            transactional: BTreeSet::new(),
            held: BTreeSet::new(),
            last: BTreeMap::new(),
            stale: true,
            expected: Expected::default(),
            broker_gaps: BTreeSet::new(),
            answering: BTreeMap::new(),
            describing: None,
        })
    }

    /// Partitions that it has to be asked about; 0 until it has answered.
    pub fn partitions(&self) -> usize {
        self.topology.as_ref().map_or(0, |t| t.topics.iter().map(|t| t.partitions.len()).sum())
    }

    /// Topics and groups that jobs are known to use. Where they are not to be seen, the broker is
    /// asked whether that is for want of rights, which it tells of named ones only.
    pub fn expect(&mut self, topics: Vec<Name>, groups: Vec<Name>) {
        self.expected = Expected { topics, groups };
        self.expected.topics.truncate(EXPECTED);
        self.expected.groups.truncate(EXPECTED);
    }

    /// Asks for one topic by its name with the next look; `name` is what is told of the end.
    pub fn describe(&mut self, topic: Name, name: Name) {
        self.describing.get_or_insert((topic, name));
    }

    /// Whether that is still to be done.
    pub fn describing(&self) -> bool {
        self.describing.is_some()
    }

    /// One look. `at`: now; times of samples are counted from it. Ends within about twice
    /// `round`.
    pub async fn tick(&mut self, at: Millis) -> Yield {
        let time = Timebase { at, started: Instant::now() };
        let mut out = self.out(at);
        let every = match self.stale {
            true => STALE_EVERY,
            false => self.options.topology_every,
        };
        if self.due("topology", every, at) {
            self.refresh(time, &mut out).await;
        }
        if self.topology.is_some() {
            self.look(time, &mut out).await;
        }
        if let Some((topic, name)) = self.describing.take() {
            let missed = self.describe_topic(topic, time, &mut out).await.err();
            out.it.probed.push(Probed { name, missed });
        }
        self.finish(out)
    }

    pub(super) fn out(&self, at: Millis) -> Out {
        Out::new(self.target.clone(), at)
    }

    pub(super) fn finish(&mut self, mut out: Out) -> Yield {
        (out.it.bytes, out.it.requests) = self.client.take_counts();
        out.it
    }

    /// All that has its own rhythm is due at the next look.
    pub(super) fn forget_rhythm(&mut self) {
        self.last.clear();
    }

    fn due(&mut self, what: &'static str, every: Span, at: Millis) -> bool {
        // a tick that comes a little early is not put off to the next
        const EARLY: Span = Span(500);
        match self.last.get(what) {
            Some(last) if at - *last < Span(every.0 - EARLY.0) => false,
            _ => {
                self.last.insert(what, at);
                true
            }
        }
    }

    /// Metadata, configurations, rights.
    pub(super) async fn refresh(&mut self, time: Timebase, out: &mut Out) {
        let until = time.started + self.options.round;
        let all = |version| requests::metadata(version, None, false);
        let (answered, offer) = match self.client.any(until, all).await {
            Ok(answered) => answered,
            Err(reason) => {
                self.stale = true;
                return out.gap("metadata", reason);
            }
        };
        // only KRaft brokers offer DescribeQuorum to clients
        let kraft = offer.versions.contains_key(&(ApiKey::DescribeQuorum as i16));
        let caps = self.options.caps();
        let mut topology = parse::topology(&self.cluster, answered.answer, kraft, caps);
        topology.overview.release = self.releases(offer.metadata_level);
        out.settle("metadata", topology.left_out.first().cloned());
        self.client.follow(&topology.overview.brokers);
        self.forget_gone_brokers(&topology, out);
        self.stale = topology.faults.stale();
        self.rights = Rights(topology.cluster_rights);
        self.ask_cluster_rights(until).await;
        let names: Vec<Name> = topology.topics.iter().map(|t| t.name.clone()).collect();
        if self.due("configs", self.options.topology_every, time.at) {
            self.configs(&names, until, out).await;
        }
        let denied = self.denied_topics(&names, until, out).await;
        let none = names.is_empty() && !self.rights.sees_all();
        out.settle("topics", denied.or_else(|| none.then(no_topics)));
        self.tell_topology(&topology, time.at, out);
        self.topology = Some(topology);
    }

    /// Of the broker that has just answered, and of those that we have spoken to.
    fn releases(&self, level: Option<i16>) -> Option<Name> {
        let levels = self.client.links.values().filter_map(|l| l.offer.metadata_level);
        let all: BTreeSet<i16> = levels.chain(level).collect();
        let mut named: Vec<&str> = all.into_iter().filter_map(super::reach::release).collect();
        named.dedup();
        (!named.is_empty()).then(|| named.join(", ").into())
    }

    fn forget_gone_brokers(&mut self, topology: &Topology, out: &mut Out) {
        let there: BTreeSet<Name> = topology
            .overview
            .brokers
            .iter()
            .map(|b| broker_gap(b.id, &client::address(b)))
            .collect();
        for gone in self.broker_gaps.difference(&there) {
            out.seen(gone.clone());
        }
        self.broker_gaps.retain(|gap| there.contains(gap));
        self.groups.retain(|id, _| topology.overview.brokers.iter().any(|b| b.id == *id));
    }

    /// From DescribeCluster where there is one; Metadata told it before.
    async fn ask_cluster_rights(&mut self, until: Instant) {
        let build = |_| requests::describe_cluster();
        let answered = self.client.any::<DescribeClusterRequest>(until, build).await;
        if let Ok((answered, _)) = answered
            && answered.answer.error_code == 0
        {
            self.rights = Rights::of(answered.answer.cluster_authorized_operations);
        }
    }

    async fn configs(&mut self, topics: &[Name], until: Instant, out: &mut Out) {
        const WHAT: &str = "topic configuration";
        const AT_ONCE: usize = 500;
        let mut all = BTreeMap::new();
        let mut faults = Faults::default();
        for some in topics.chunks(AT_ONCE) {
            match self.client.any(until, |_| requests::describe_configs(some)).await {
                Ok((answered, _)) => {
                    let (found, more) = parse::configs(&answered.answer);
                    all.extend(found);
                    faults.merge(more);
                }
                Err(reason) => return out.gap(WHAT, reason),
            }
        }
        self.configs = all;
        out.settle(WHAT, faults.reason("DESCRIBE_CONFIGS on topic"));
    }

    /// Topics that jobs use and that we are denied. One that does not exist is no gap: it may be
    /// another cluster's.
    async fn denied_topics(
        &mut self,
        seen: &[Name],
        until: Instant,
        out: &mut Out,
    ) -> Option<GapReason> {
        let hidden = self.expected.topics.iter().filter(|t| seen.binary_search(t).is_err());
        let hidden: Vec<Name> = hidden.cloned().collect();
        let answer = match hidden.is_empty() {
            true => None,
            false => {
                let named = |version| requests::metadata(version, Some(&hidden), false);
                Some(self.client.any(until, named).await.ok()?.0.answer)
            }
        };
        let named = |error: ResponseError| {
            let all = answer.iter().flat_map(|a| &a.topics);
            let those = all.filter(move |t| t.error_code == error.code());
            those.filter_map(|t| t.name.as_ref().map(|n| Name::from(&***n))).collect::<Vec<_>>()
        };
        let denied = named(ResponseError::TopicAuthorizationFailed);
        let unknown = named(ResponseError::UnknownTopicOrPartition);
        let mut faults = Faults::default();
        for name in &denied {
            faults.add(ResponseError::TopicAuthorizationFailed.code(), || name.to_string());
        }
        out.fact(Fact::TopicsHidden { cluster: self.cluster.clone(), denied, unknown });
        faults.reason("DESCRIBE on topic")
    }

    /// Groups that jobs use and that we are denied: the broker says so of named ones.
    pub(super) async fn denied_groups(
        &mut self,
        seen: &BTreeMap<Name, GroupFact>,
        time: Timebase,
    ) -> Option<GapReason> {
        let hidden = self.expected.groups.iter().filter(|g| !seen.contains_key(*g));
        let hidden: Vec<Name> = hidden.cloned().collect();
        if hidden.is_empty() {
            return None;
        }
        let until = time.started + 2 * self.options.round;
        let named = |version| requests::describe_groups(version, &hidden);
        let (answered, _) = self.client.any(until, named).await.ok()?;
        let denied = ResponseError::GroupAuthorizationFailed.code();
        let mut faults = Faults::default();
        for group in answered.answer.groups.iter().filter(|g| g.error_code == denied) {
            faults.add(denied, || group.group_id.to_string());
        }
        faults.reason("DESCRIBE on group")
    }

    /// What is due, from every broker at once.
    async fn look(&mut self, time: Timebase, out: &mut Out) {
        let at = time.at;
        let o = self.options;
        let mut wanted = vec![Wanted::End, Wanted::Stable];
        let extra = [
            (o.begin_every, "begin offsets", Wanted::Begin),
            (o.newest_every, "newest records", Wanted::Newest),
        ];
        for (every, what, extra) in extra {
            if self.due(what, every, at) {
                wanted.push(extra);
            }
        }
        let due = Due {
            groups: self.due("groups", o.groups_every, at),
            transactions: self.due("transactions", o.transactions_every, at),
            producers: !self.transactional.is_empty()
                && self.due("producers", o.producers_every, at),
            disks: self.disks_due(at),
        };
        let asks = self.asks(&wanted, due);
        let harvests = self.rounds(&asks, o.round, time).await;
        let whole = !harvests.values().any(|h| h.down.is_some());
        let leads = |id: &i32| asks.get(id).is_some_and(|a| !a.partitions.is_empty());
        let led = !harvests.iter().any(|(id, h)| h.down.is_some() && leads(id));
        self.tell_brokers(&harvests, out);
        self.tell_answers(&harvests, at, out);
        let mut gathered = Gathered::of(harvests);
        if let Some(topology) = &self.topology {
            gathered.faults.entry(Wanted::End.what()).or_default().merge(topology.faults.clone());
        }
        self.stale |= gathered.faults.values().any(Faults::stale);
        self.tell_offsets(&gathered, out);
        if due.groups {
            self.tell_groups(&mut gathered, whole, time, out).await;
        }
        if due.transactions {
            self.tell_transactions(&mut gathered, whole, out);
        }
        let brokers = std::mem::take(&mut gathered.disks);
        if !brokers.is_empty() {
            out.fact(Fact::LogDirs { cluster: self.cluster.clone(), brokers });
        }
        let producers = std::mem::take(&mut gathered.producers);
        if !producers.is_empty() {
            self.producers.extend(producers);
            // they say how many offsets can be markers: that does not wait for the next metadata
            if let Some(topology) = self.topology.take() {
                self.tell_topology(&topology, at, out);
                self.topology = Some(topology);
            }
        }
        gathered.settle(wanted.iter().map(|w| w.what()), led, out);
        gathered.settle(due.whats(), whole, out);
    }

    /// Not at once: a first look has enough to ask.
    fn disks_due(&mut self, at: Millis) -> bool {
        const WHAT: &str = "disks";
        let every = self.options.disks_every;
        self.last.entry(WHAT).or_insert(at - every + DISKS_AFTER);
        self.due(WHAT, every, at)
    }

    fn asks(&self, wanted: &[Wanted], due: Due) -> BTreeMap<i32, Ask> {
        let Some(topology) = &self.topology else { return BTreeMap::new() };
        let ids = topology.overview.brokers.iter().map(|b| b.id);
        let ask = |id: i32| {
            let partitions = topology.leaders.get(&id).cloned().unwrap_or_default();
            Ask {
                broker: id,
                disks: due.disks,
                most_topics: self.options.most_topics,
                producers: if due.producers { self.transactional(&partitions) } else { Vec::new() },
                wanted: wanted.to_vec(),
                partitions,
                groups: due.groups,
                most_groups: self.options.most_groups,
                transactions: due.transactions,
                most_transactions: self.options.most_transactions,
            }
        };
        ids.map(|id| (id, ask(id))).collect()
    }

    fn transactional(&self, partitions: &Partitions) -> Partitions {
        partitions.iter().filter(|(t, _)| self.transactional.contains(t)).cloned().collect()
    }

    /// Every broker by itself, each with the same end.
    pub(super) async fn rounds(
        &mut self,
        asks: &BTreeMap<i32, Ask>,
        round: Duration,
        time: Timebase,
    ) -> BTreeMap<i32, Harvest> {
        let until = Instant::now() + round;
        let (door, pace) = (&self.client.door, self.client.pace);
        let rounds = self.client.links.iter_mut().filter_map(|(id, link)| {
            let ask = asks.get(id).filter(|a| !a.is_empty())?;
            let round = Round { link, door, pace, until, time, harvest: Harvest::default() };
            Some(async move { (*id, round.run(ask).await) })
        });
        join_all(rounds).await.into_iter().collect()
    }

    /// At once when somebody's way of answering changes.
    fn tell_answers(&mut self, harvests: &BTreeMap<i32, Harvest>, at: Millis, out: &mut Out) {
        let now: BTreeMap<i32, Answering> = harvests
            .iter()
            .map(|(id, h)| (*id, h.down.as_ref().map_or(Answering::Answers, Answering::of)))
            .collect();
        let changed = now.iter().any(|(id, a)| self.answering.get(id) != Some(a));
        if now.is_empty() || !(changed | self.due("answers", ANSWERS_EVERY, at)) {
            return;
        }
        let brokers = now.iter().map(|(id, answering)| BrokerAnswer {
            id: *id,
            answering: *answering,
            error: harvests.get(id).and_then(|h| h.down.as_ref()).map(GapReason::brief),
        });
        out.fact(Fact::BrokerAnswers { cluster: self.cluster.clone(), brokers: brokers.collect() });
        self.answering.extend(now);
    }

    pub(super) fn tell_brokers(&mut self, harvests: &BTreeMap<i32, Harvest>, out: &mut Out) {
        for (id, harvest) in harvests {
            let Some(link) = self.client.links.get(id) else { continue };
            let what = broker_gap(*id, &link.address);
            match &harvest.down {
                Some(reason) => {
                    self.stale = true;
                    self.broker_gaps.insert(what.clone());
                    out.gap(what, reason.clone());
                }
                None => {
                    self.broker_gaps.remove(&what);
                    out.seen(what);
                }
            }
        }
    }
}

/// How often metadata is read while it is known to be out of date.
const STALE_EVERY: Span = Span::secs(5);

/// Disks are asked for so long after the first look.
const DISKS_AFTER: Span = Span::secs(30);

/// How often it is told that brokers answer as before.
const ANSWERS_EVERY: Span = Span::secs(5);

/// At most so many names are asked for by name.
const EXPECTED: usize = 200;

#[derive(Clone, Copy, Debug)]
struct Due {
    groups: bool,
    transactions: bool,
    producers: bool,
    disks: bool,
}

impl Due {
    fn whats(self) -> impl Iterator<Item = &'static str> {
        let all = [
            (self.disks, "disks"),
            (self.groups, "groups"),
            (self.groups, "committed offsets"),
            (self.transactions, "transactions"),
            (self.producers, "producers"),
        ];
        all.into_iter().filter(|(due, _)| *due).map(|(_, what)| what)
    }
}

fn broker_gap(id: i32, address: &str) -> Name {
    format!("broker {id} at {}", plain(address)).into()
}

fn no_topics() -> GapReason {
    let detail = "no topic is to be seen: DESCRIBE on TOPIC missing, or there is none".into();
    GapReason::NoRights { detail }
}
