//! What one broker is asked in one tick, over its own connection; brokers run side by side.

use super::access::Door;
use super::client::{Link, Pace};
use super::conn::Answered;
use super::error::Error;
use super::parse::{self, Faults, Found};
use super::reads::Read;
use super::requests::{self, Partitions, Wanted};
use kafka_protocol::messages::{ListGroupsRequest, ListOffsetsRequest, OffsetFetchRequest};
use std::collections::BTreeMap;
use streamwarden_core::estate::{
    BrokerDirs, GapReason, GroupFact, Millis, Name, Span, TransactionFact,
};
use tokio::time::Instant;

/// Ties the monotonic clock to the moment that the caller gave.
#[derive(Clone, Copy, Debug)]
pub struct Timebase {
    pub at: Millis,
    pub started: Instant,
}

impl Timebase {
    /// The middle of a request: an offset was read somewhere in it.
    pub fn middle<T>(&self, answered: &Answered<T>) -> Millis {
        let since = |t: Instant| t.saturating_duration_since(self.started).as_millis();
        let middle = (since(answered.sent) + since(answered.received)) / 2;
        self.at + Span(i64::try_from(middle).unwrap_or(0))
    }
}

/// What is due at one broker.
#[derive(Clone, Debug, Default)]
pub struct Ask {
    pub broker: i32,
    pub partitions: Partitions,
    pub wanted: Vec<Wanted>,
    pub groups: bool,
    /// At most this many groups.
    pub most_groups: usize,
    pub transactions: bool,
    pub most_transactions: usize,
    pub producers: Partitions,
    pub disks: bool,
    /// At most this many topics of a broker's disks.
    pub most_topics: usize,
}

impl Ask {
    pub fn is_empty(&self) -> bool {
        self.partitions.is_empty() && !self.groups && !self.transactions && !self.disks
    }
}

/// What a broker told. What is not in `whole` was not asked or not answered in full.
#[derive(Debug, Default)]
pub struct Harvest {
    pub offsets: Vec<(Wanted, Millis, Vec<Found>)>,
    pub groups: Option<Vec<GroupFact>>,
    pub commits: Vec<Commit>,
    pub transactions: Option<Vec<TransactionFact>>,
    pub producers: BTreeMap<(Name, i32), u32>,
    pub disks: Option<BrokerDirs>,
    pub faults: BTreeMap<&'static str, Faults>,
    pub issues: BTreeMap<&'static str, GapReason>,
    /// The connection was lost or never came to be; nothing more was asked.
    pub down: Option<GapReason>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Commit {
    pub at: Millis,
    pub group: Name,
    pub topic: Name,
    pub partition: i32,
    pub offset: i64,
}

pub struct Round<'a> {
    pub link: &'a mut Link,
    pub door: &'a Door,
    pub pace: Pace,
    pub until: Instant,
    pub time: Timebase,
    pub harvest: Harvest,
}

/// The connection is gone; the reason is in the harvest.
struct Down;
type Step<T> = Result<T, Down>;

impl Round<'_> {
    pub async fn run(mut self, ask: &Ask) -> Harvest {
        // Down: the reason is kept already
        let _ = self.all(ask).await;
        self.harvest
    }

    async fn all(&mut self, ask: &Ask) -> Step<()> {
        if let Err(reason) = self.link.open(self.door, self.pace, self.until).await {
            self.harvest.down = Some(reason);
            return Err(Down);
        }
        if !ask.partitions.is_empty() {
            for wanted in &ask.wanted {
                self.offsets(&ask.partitions, *wanted).await?;
            }
        }
        if ask.groups {
            self.groups(ask.most_groups).await?;
        }
        if ask.transactions {
            self.transactions(ask.most_transactions).await?;
        }
        if !ask.producers.is_empty() {
            self.producers(&ask.producers).await?;
        }
        if ask.disks {
            self.disks(ask.broker, ask.most_topics).await?;
        }
        Ok(())
    }

    /// None: this broker cannot be asked that; told under `what`.
    async fn call<R: Read>(
        &mut self,
        what: &'static str,
        build: impl FnOnce(i16) -> R,
    ) -> Step<Option<Answered<R::Answer>>> {
        match self.link.call(self.door, self.pace, self.until, build).await {
            Ok(answered) => Ok(Some(answered)),
            Err(reason) if self.link.is_open() => {
                self.harvest.issues.insert(what, reason);
                Ok(None)
            }
            Err(reason) => {
                self.harvest.down = Some(reason);
                Err(Down)
            }
        }
    }

    fn note(&mut self, what: &'static str, faults: Faults) {
        self.harvest.faults.entry(what).or_default().merge(faults);
    }

    async fn offsets(&mut self, partitions: &Partitions, wanted: Wanted) -> Step<()> {
        let what = wanted.what();
        let version = self.link.offer.common::<ListOffsetsRequest>();
        if let Some(reason) = cannot_say(wanted, version) {
            self.harvest.issues.insert(what, reason);
            return Ok(());
        }
        let build = |_| requests::list_offsets(partitions, wanted);
        let Some(answered) = self.call(what, build).await? else { return Ok(()) };
        let (found, faults) = parse::offsets(&answered.answer, partitions, wanted);
        self.note(what, faults);
        self.harvest.offsets.push((wanted, self.time.middle(&answered), found));
        Ok(())
    }

    async fn groups(&mut self, most: usize) -> Step<()> {
        const WHAT: &str = "groups";
        let Some(answered) = self.call(WHAT, |_| ListGroupsRequest::default()).await? else {
            return Ok(());
        };
        let (mut listed, faults) = parse::listed(&answered.answer);
        let failed = !faults.is_empty();
        self.note(WHAT, faults);
        if failed {
            return Ok(());
        }
        if listed.len() > most {
            let (what, cap, seen) = (WHAT.to_owned(), most as u64, listed.len() as u64);
            self.harvest.issues.insert(WHAT, GapReason::TooMany { what, cap, seen });
            listed.sort_by(|a, b| a.group.cmp(&b.group));
            listed.truncate(most);
        }
        let states = self.describe(&listed).await?;
        let names: Vec<Name> = listed.iter().map(|g| g.group.clone()).collect();
        let mut topics = self.commits(&names).await?;
        let facts = listed.into_iter().map(|g| {
            let described = states.get(&g.group);
            let empty = g.state.as_deref() == Some("Empty");
            GroupFact {
                topics: topics.remove(&g.group).unwrap_or_default(),
                members: described.map(|d| d.1).or(empty.then_some(0)),
                state: described.map(|d| d.0.clone()).or(g.state).unwrap_or("Unknown".into()),
                group: g.group,
            }
        });
        self.harvest.groups = Some(facts.collect());
        Ok(())
    }

    /// Only of groups that may have members: an Empty one has none.
    async fn describe(&mut self, groups: &[parse::Listed]) -> Step<BTreeMap<Name, (Name, u32)>> {
        const AT_ONCE: usize = 50;
        let open = groups.iter().filter(|g| g.state.as_deref() != Some("Empty"));
        let names: Vec<Name> = open.map(|g| g.group.clone()).collect();
        let mut all = BTreeMap::new();
        for some in names.chunks(AT_ONCE) {
            let build = |version| requests::describe_groups(version, some);
            let Some(answered) = self.call("groups", build).await? else { break };
            let (states, faults) = parse::described(&answered.answer);
            all.extend(states);
            self.note("groups", faults);
        }
        Ok(all)
    }

    async fn commits(&mut self, groups: &[Name]) -> Step<BTreeMap<Name, Vec<Name>>> {
        const WHAT: &str = "committed offsets";
        let mut topics: BTreeMap<Name, Vec<Name>> = BTreeMap::new();
        let at_once = match self.link.offer.common::<OffsetFetchRequest>() {
            Ok(version) => requests::groups_per_fetch(version),
            Err(e) => {
                self.harvest.issues.insert(WHAT, e.reason());
                return Ok(topics);
            }
        };
        for some in groups.chunks(at_once) {
            let build = |version| requests::offset_fetch(version, some);
            let Some(answered) = self.call(WHAT, build).await? else { break };
            let (found, faults) = parse::committed(&answered.answer, answered.version, some);
            self.note(WHAT, faults);
            let at = self.time.middle(&answered);
            for (group, commits) in found {
                let of_group = topics.entry(group.clone()).or_default();
                of_group.extend(commits.iter().map(|(topic, ..)| topic.clone()));
                of_group.sort();
                of_group.dedup();
                self.harvest.commits.extend(commits.into_iter().map(
                    |(topic, partition, offset)| Commit {
                        at,
                        group: group.clone(),
                        topic,
                        partition,
                        offset,
                    },
                ));
            }
        }
        Ok(topics)
    }

    /// A broker lists the transactions that it coordinates, so it can describe them as well.
    async fn transactions(&mut self, most: usize) -> Step<()> {
        const WHAT: &str = "transactions";
        const AT_ONCE: usize = 500;
        let build = |_| requests::list_transactions();
        let Some(answered) = self.call(WHAT, build).await? else { return Ok(()) };
        let (mut list, faults) = parse::listed_transactions(&answered.answer);
        self.note(WHAT, faults);
        // what is going on first, should there be too many
        list.sort_by(|a, b| {
            let rank = |t: &TransactionFact| (&*t.state != "Ongoing", t.transactional_id.clone());
            rank(a).cmp(&rank(b))
        });
        if list.len() > most {
            let (what, cap, seen) = (WHAT.to_owned(), most as u64, list.len() as u64);
            self.harvest.issues.insert(WHAT, GapReason::TooMany { what, cap, seen });
            list.truncate(most);
        }
        let going_on = list.iter().take_while(|t| &*t.state == "Ongoing").count();
        let mut faults = Faults::default();
        for some in list[..going_on].chunks_mut(AT_ONCE) {
            let ids: Vec<Name> = some.iter().map(|t| t.transactional_id.clone()).collect();
            let build = |_| requests::describe_transactions(&ids);
            let Some(answered) = self.call(WHAT, build).await? else { break };
            faults.merge(parse::described_transactions(&answered.answer, some));
        }
        self.note(WHAT, faults);
        self.harvest.transactions = Some(list);
        Ok(())
    }

    async fn disks(&mut self, broker: i32, most_topics: usize) -> Step<()> {
        const WHAT: &str = "disks";
        let Some(answered) = self.call(WHAT, |_| requests::describe_log_dirs()).await? else {
            return Ok(());
        };
        let (found, faults) = parse::log_dirs(broker, &answered.answer, most_topics);
        self.note(WHAT, faults);
        self.harvest.disks = found;
        Ok(())
    }

    async fn producers(&mut self, partitions: &Partitions) -> Step<()> {
        const WHAT: &str = "producers";
        let build = |_| requests::describe_producers(partitions);
        let Some(answered) = self.call(WHAT, build).await? else { return Ok(()) };
        let (found, faults) = parse::producers(&answered.answer);
        self.note(WHAT, faults);
        self.harvest.producers = found;
        Ok(())
    }
}

/// The newest record can be asked for from version 7 on.
fn cannot_say(wanted: Wanted, version: Result<i16, Error>) -> Option<GapReason> {
    match (wanted, version) {
        (Wanted::Newest, Ok(..7)) => Some(GapReason::NotConfigured {
            detail: "this broker cannot tell its newest record: that takes Kafka 3.0".into(),
        }),
        (_, Err(e)) => Some(e.reason()),
        _ => None,
    }
}
