//! `prometheus_api:` of a Flink cluster – a server with Prometheus' HTTP API that scrapes it.

use super::flink::access;
use super::read::Reader;
use super::values;
use super::yaml::{Node, Value};
use crate::collect::http::HttpAccess;
use crate::collect::prometheus::api::Selection;
use std::collections::BTreeMap;
use std::time::Duration;

/// Prometheus' own configuration file has it so.
const EVERY: Duration = Duration::from_secs(15);
const LEAST: Duration = Duration::from_secs(1);
/// Older than that, rates of a minute have no two samples.
const MOST: Duration = Duration::from_secs(60);

#[derive(Clone, Debug, PartialEq)]
pub struct PrometheusApi {
    pub of: Selection,
    /// How often that server scrapes the cluster.
    pub every: Duration,
    pub access: HttpAccess,
}

pub(super) fn read(reader: &mut Reader, node: &Node) -> Option<PrometheusApi> {
    let mut map = reader.map(node, "`prometheus_api`")?;
    let text = map.need_text(reader, "url");
    let base = text.and_then(|text| values::url(reader, &text));
    let labels = map.get("labels").map(|node| labels(reader, node)).unwrap_or_default();
    let every = map.get("every").and_then(|node| reader.duration(node, LEAST, MOST));
    let access = access(reader, &mut map);
    map.finish(reader);
    let base = base?.as_str().trim_end_matches('/').to_owned();
    let of = Selection { base, labels };
    Some(PrometheusApi { of, every: every.unwrap_or(EVERY), access })
}

/// `name: value`, both as that server has them.
fn labels(reader: &mut Reader, node: &Node) -> BTreeMap<String, String> {
    let mut out = BTreeMap::new();
    let Value::Map(entries) = &node.value else {
        let message = format!("`labels` is a block of names and values, not {}", node.kind());
        reader.problem(node.at, message, "write { job: flink-pay }");
        return out;
    };
    for (key, node) in entries {
        let letter = |c: char| c.is_ascii_alphabetic() || c == '_';
        let good = key.name.starts_with(letter)
            && key.name.chars().all(|c| letter(c) || c.is_ascii_digit());
        if !good {
            let message = format!("`{}` is no name of a label", key.name);
            reader.problem(key.at, message, "letters, digits and `_`, as in { job: flink-pay }");
            continue;
        }
        let value = reader.text(node);
        out.extend(value.map(|text| (key.name.clone(), text.value)));
    }
    out
}
