//! A TaskManager's log: where Kafka is, as its clients say when they start. Nothing else of the
//! text is kept, least of all `sasl.*` lines.

use super::lenient;
use crate::collect::http::parse_json;
use serde::Deserialize;
use std::collections::BTreeMap;
use streamwarden_core::estate::{GapReason, Name};

/// Addresses and groups kept of one log.
const ADDRESSES: usize = 16;
const GROUPS: usize = 256;

#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct LogFile {
    pub name: String,
    /// Bytes.
    #[serde(default, deserialize_with = "lenient")]
    pub size: Option<u64>,
}

#[derive(Deserialize)]
struct List {
    logs: Vec<LogFile>,
}

/// `/taskmanagers/:id/logs`.
pub fn log_list(body: &[u8]) -> Result<Vec<LogFile>, GapReason> {
    let raw: List = parse_json(body)?;
    Ok(raw.logs)
}

/// `bootstrap.servers` (`host:port,host:port`) of every client dump (`ConsumerConfig values:`,
/// `ProducerConfig values:`, ...), with the groups named beside it. The text may be cut anywhere.
pub fn kafka_addresses(text: &[u8]) -> BTreeMap<Name, Vec<Name>> {
    let text = String::from_utf8_lossy(text);
    let mut found: BTreeMap<Name, Vec<Name>> = BTreeMap::new();
    let mut bootstrap: Option<Name> = None;
    for line in text.lines() {
        if line.contains("Config values:") {
            bootstrap = None;
            continue;
        }
        match line.trim().split_once(" = ") {
            Some(("bootstrap.servers", list)) => {
                bootstrap = servers(list);
                if let Some(servers) = &bootstrap
                    && found.len() < ADDRESSES
                {
                    found.entry(servers.clone()).or_default();
                }
            }
            Some(("group.id", group)) if group != "null" && !group.is_empty() => {
                let groups = bootstrap.as_ref().and_then(|b| found.get_mut(b));
                if let Some(groups) = groups
                    && groups.len() < GROUPS
                    && !groups.iter().any(|g| **g == *group)
                {
                    groups.push(super::name(group));
                }
            }
            _ => {}
        }
    }
    found
}

/// `[a:9092, b:9092]` as `a:9092,b:9092`; None where it is not a list of host and port.
fn servers(list: &str) -> Option<Name> {
    let list = list.strip_prefix('[')?.strip_suffix(']')?;
    let all: Vec<_> = list.split(',').map(str::trim).collect();
    all.iter().all(|s| host_and_port(s)).then(|| all.join(",").into())
}

fn host_and_port(text: &str) -> bool {
    // a client may name a listener's protocol in front
    let text = text.split_once("://").map_or(text, |(_, t)| t);
    let host = |c: char| c.is_ascii_alphanumeric() || "-._:[]".contains(c);
    text.rsplit_once(':').is_some_and(|(name, port)| {
        !name.is_empty()
            && name.len() < 256
            && name.chars().all(host)
            && port.parse::<u16>().is_ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOG: &str = "\
2026-01-01 10:00:00,123 INFO  org.apache.kafka.clients.consumer.ConsumerConfig [] - ConsumerConfig values: \n\
\tallow.auto.create.topics = true\n\
\tbootstrap.servers = [kafka-1.prod:9092, kafka-2.prod:9092]\n\
\tclient.dns.lookup = use_all_dns_ips\n\
\tclient.id = dwd-order-stats-0\n\
\tgroup.id = dwd-order-stats\n\
\tsasl.jaas.config = org.apache.kafka.Plain required password=\"hunter2\";\n\
2026-01-01 10:00:01,123 INFO  o.a.k.ProducerConfig [] - Idempotence will be disabled\n\
2026-01-01 10:00:01,124 INFO  o.a.k.ProducerConfig [] - ProducerConfig values: \n\
\tbootstrap.servers = [[::1]:9093]\n\
2026-01-01 10:00:02,124 INFO  o.a.k.ConsumerConfig [] - ConsumerConfig values: \n\
\tbootstrap.servers = [kafka-1.prod:9092, kafka-2.prod:9092]\n\
\tgroup.id = null\n\
2026-01-01 10:00:02,124 INFO  o.a.k.ConsumerConfig [] - ConsumerConfig values: \n\
\tbootstrap.servers = [<script>:1]\n\
\tgroup.id = lost\n\
2026-01-01 10:00:02,124 INFO  o.a.k.ConsumerConfig [] - ConsumerConfig values: \n\
\tbootstrap.servers = [kafka-1.prod:9092, kafka-2.pr";

    #[test]
    fn client_dumps_tell_address_and_group_and_nothing_else() {
        let found = kafka_addresses(LOG.as_bytes());
        let wanted: BTreeMap<Name, Vec<Name>> = [
            ("[::1]:9093".into(), vec![]),
            ("kafka-1.prod:9092,kafka-2.prod:9092".into(), vec!["dwd-order-stats".into()]),
        ]
        .into();
        assert_eq!(found, wanted);
        assert!(kafka_addresses(b"\xff\xfe bootstrap.servers = []\n").is_empty());
    }
}
