//! One target that is looked at again and again, whatever its kind.

use crate::clock;
use crate::collect::Yield;
use crate::collect::flink::FlinkTarget;
use crate::collect::kafka::KafkaTarget;
use crate::collect::prometheus::PrometheusTarget;
use std::collections::BTreeSet;
use streamwarden_core::estate::{ClusterId, Estate, Millis, Name, Span, Target};

/// A collector with the target it looks at. None of them can change anything.
pub enum Eyes {
    Flink(Target, Box<FlinkTarget>),
    Prometheus(Target, Box<PrometheusTarget>),
    Kafka { target: Target, cluster: ClusterId, kafka: Box<KafkaTarget>, filled: bool },
}

/// A cold start asks the broker what the past hour was like.
const PAST: Span = Span::secs(3600);

impl Eyes {
    pub fn target(&self) -> &Target {
        match self {
            Eyes::Flink(t, _) | Eyes::Prometheus(t, _) | Eyes::Kafka { target: t, .. } => t,
        }
    }

    pub async fn look(&mut self, at: Millis, estate: &Estate) -> Yield {
        match self {
            Eyes::Flink(_, flink) => flink.tick(at, &clock::now).await,
            Eyes::Prometheus(_, prometheus) => prometheus.scrape(at).await,
            Eyes::Kafka { cluster, kafka, filled, .. } => {
                let (topics, groups) = expected(estate, cluster);
                kafka.expect(topics, groups);
                let mut found = kafka.tick(at).await;
                // once, as soon as the broker answers
                if !*filled && found.gaps.is_empty() {
                    *filled = true;
                    found.merge(kafka.backfill(clock::now(), PAST).await);
                }
                found
            }
        }
    }
}

/// Topics that jobs read and groups that their logs name: where they cannot be seen, the broker
/// is asked whether rights are missing.
fn expected(estate: &Estate, kafka: &ClusterId) -> (Vec<Name>, Vec<Name>) {
    let _ = kafka;
    let groups: BTreeSet<Name> =
        estate.flink.values().flat_map(|f| f.kafka_addresses.values().flatten().cloned()).collect();
    (Vec::new(), groups.into_iter().collect())
}
