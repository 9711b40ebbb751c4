//! ListTransactions, DescribeTransactions, DescribeProducers.

use super::{Faults, ID_MOST};
use kafka_protocol::messages::{
    DescribeProducersResponse, DescribeTransactionsResponse, ListTransactionsResponse,
};
use std::collections::BTreeMap;
use streamwarden_core::estate::{Millis, Name, TransactionFact};

pub fn listed_transactions(raw: &ListTransactionsResponse) -> (Vec<TransactionFact>, Faults) {
    let mut faults = Faults::default();
    if raw.error_code != 0 {
        faults.add(raw.error_code, || "the transactions of one broker".into());
    }
    let known = raw.transaction_states.iter().filter(|t| t.transactional_id.len() <= ID_MOST);
    let list = known.map(|t| TransactionFact {
        transactional_id: Name::from(&**t.transactional_id),
        state: Name::from(&*t.transaction_state),
        producer_id: t.producer_id.0,
        topics: Vec::new(),
        started: None,
    });
    (list.collect(), faults)
}

/// Adds topics and start to the listed ones. One that ended in between keeps what was listed.
pub fn described_transactions(
    raw: &DescribeTransactionsResponse,
    list: &mut [TransactionFact],
) -> Faults {
    let mut faults = Faults::default();
    let by_id: BTreeMap<&str, _> =
        raw.transaction_states.iter().map(|t| (&**t.transactional_id, t)).collect();
    for fact in list {
        let Some(raw) = by_id.get(&*fact.transactional_id) else { continue };
        if raw.error_code != 0 {
            faults.add(raw.error_code, || fact.transactional_id.to_string());
            continue;
        }
        fact.state = Name::from(&*raw.transaction_state);
        fact.started = Some(raw.transaction_start_time_ms).filter(|t| *t >= 0).map(Millis);
        let topics = raw.topics.iter().map(|t| Name::from(&**t.topic));
        fact.topics = topics.filter(|t| !t.starts_with("__")).collect();
        fact.topics.sort();
    }
    faults
}

/// Producers with state on each partition.
pub fn producers(raw: &DescribeProducersResponse) -> (BTreeMap<(Name, i32), u32>, Faults) {
    let mut found = BTreeMap::new();
    let mut faults = Faults::default();
    for topic in &raw.topics {
        let name = Name::from(&**topic.name);
        for p in &topic.partitions {
            match p.error_code {
                0 => {
                    let count = u32::try_from(p.active_producers.len()).unwrap_or(u32::MAX);
                    found.insert((name.clone(), p.partition_index), count);
                }
                code => faults.add(code, || format!("{name}-{}", p.partition_index)),
            }
        }
    }
    (found, faults)
}
