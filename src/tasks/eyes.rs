//! One target that is looked at again and again, whatever its kind.

use super::probe::Order;
use super::world::{Expected, World};
use crate::clock;
use crate::collect::Yield;
use crate::collect::component::ComponentTarget;
use crate::collect::flink::FlinkTarget;
use crate::collect::hdfs::HdfsTarget;
use crate::collect::host::{self, HostTarget};
use crate::collect::kafka::KafkaTarget;
use crate::collect::prometheus::PrometheusTarget;
use crate::collect::prometheus::api::ApiTarget;
use crate::collect::yarn::YarnTarget;
use crate::collect::zookeeper::ZookeeperTarget;
use std::collections::BTreeSet;
use std::time::Duration;
use streamwarden_core::estate::{ClusterId, Millis, Name, RunId, Span, Target};
use streamwarden_core::signals::Signal;

/// A collector with the target it looks at. None of them can change anything.
pub enum Eyes {
    Flink(Target, Box<FlinkTarget>),
    Prometheus(Target, Box<PrometheusTarget>),
    Api(Target, Box<ApiTarget>),
    Kafka {
        target: Target,
        cluster: ClusterId,
        kafka: Box<KafkaTarget>,
        filled: bool,
        days: Option<Millis>,
    },
    Zookeeper(Box<ZookeeperTarget>),
    Hdfs(Box<HdfsTarget>),
    Yarn(Box<YarnTarget>),
    Component(Box<ComponentTarget>),
    Hosts(Box<HostTarget>),
}

/// What an assessment of ours wants to be looked at.
#[derive(Default)]
pub struct Wishes {
    /// Runs to be looked at closely, though they are RUNNING.
    hurried: BTreeSet<RunId>,
    /// Runs of jobs that we are at work on.
    watched: BTreeSet<RunId>,
    /// Topics and groups that jobs are known to use; where they cannot be seen, the broker is
    /// asked whether rights are missing.
    expected: Expected,
    probe: Option<(Order, Name)>,
}

/// Up to so many partitions: 2 kB of history each in ten minutes.
const OFTEN: usize = 500;
const ENDS_EVERY: Duration = Duration::from_millis(930);
/// A cold start asks the broker what the past hour was like.
const PAST: Span = Span::secs(3600);
/// The finest step of it; it doubles going back.
const STEP: Span = Span::secs(5);
/// What was usual around this time of day is asked so often: less than half of what counts as it.
const DAYS_EVERY: Span = Span::secs(600);

impl Eyes {
    pub fn target(&self) -> &Target {
        match self {
            Eyes::Flink(t, _)
            | Eyes::Prometheus(t, _)
            | Eyes::Api(t, _)
            | Eyes::Kafka { target: t, .. } => t,
            Eyes::Zookeeper(t) => t.target(),
            Eyes::Hdfs(t) => t.target(),
            Eyes::Yarn(t) => t.target(),
            Eyes::Component(t) => t.target(),
            Eyes::Hosts(t) => t.target(),
        }
    }

    /// How often it is to be looked at. End offsets of a cluster that is not large are read each
    /// second, for they cost 3 ms and the error of a delay is at most the time between two of
    /// them; not in step with checkpoints, or an open transaction would never be seen.
    pub fn period(&self, tick: Duration) -> Duration {
        match self {
            Eyes::Kafka { kafka, .. } if kafka.partitions() <= OFTEN => tick.min(ENDS_EVERY),
            Eyes::Api(_, api) => api.period(tick),
            Eyes::Hosts(_) => tick.max(host::EVERY),
            _ => tick,
        }
    }

    /// What the rest of us would like it to look at.
    pub fn wishes(&self, world: &World, at: Millis) -> Wishes {
        match self {
            Eyes::Flink(_, flink) => {
                let ours = |o: &Order| matches!(o, Order::Flink(c, _) if c == flink.cluster());
                Wishes {
                    hurried: world.hurried(flink.cluster()),
                    watched: world.watched(flink.cluster()),
                    probe: world.next_probe(|o| !flink.probing() && ours(o), at),
                    ..Wishes::default()
                }
            }
            Eyes::Kafka { cluster, kafka, .. } => {
                let ours = |o: &Order| matches!(o, Order::Topic(t) if t.cluster == *cluster);
                Wishes {
                    expected: world.expected(cluster),
                    probe: world.next_probe(|o| !kafka.describing() && ours(o), at),
                    ..Wishes::default()
                }
            }
            _ => Wishes::default(),
        }
    }

    pub async fn look(&mut self, at: Millis, wishes: Wishes) -> Yield {
        match self {
            Eyes::Flink(_, flink) => {
                flink.hurry(wishes.hurried, at);
                flink.watch(wishes.watched, at);
                if let Some((Order::Flink(_, probe), name)) = wishes.probe {
                    flink.probe(probe, name, at);
                }
                flink.tick(&clock::now).await
            }
            Eyes::Prometheus(_, prometheus) => prometheus.scrape(at).await,
            Eyes::Api(_, api) => api.look(at).await,
            Eyes::Zookeeper(zookeeper) => zookeeper.look(at).await,
            Eyes::Hdfs(hdfs) => hdfs.look(at).await,
            Eyes::Yarn(yarn) => yarn.look(at).await,
            Eyes::Component(component) => component.look(at).await,
            Eyes::Hosts(hosts) => hosts.look(at).await,
            Eyes::Kafka { kafka, filled, days, .. } => {
                if let Some((Order::Topic(topic), name)) = wishes.probe {
                    kafka.describe(topic.topic, name);
                }
                kafka.expect(wishes.expected.topics, wishes.expected.groups);
                let mut found = kafka.tick(at).await;
                // once, as soon as a broker tells offsets; some gaps stay (rights, old brokers)
                let answers = found.samples.iter().any(|s| s.signal == Signal::EndOffset);
                if !*filled && answers {
                    *filled = true;
                    found.merge(kafka.backfill(clock::now(), PAST, STEP).await);
                }
                if answers && days.is_none_or(|asked| at - asked >= DAYS_EVERY) {
                    *days = Some(at);
                    found.merge(kafka.days(clock::now()).await);
                }
                found
            }
        }
    }
}
