//! `/jobs/:id/config`, `/jobs/:id/checkpoints/config`, `/jobmanager/config`.

use super::{cut, name};
use crate::collect::http::parse_json;
use crate::secret::{MASK, is_secret, scrub};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use streamwarden_core::estate::{GapReason, Name};

type Entries = BTreeMap<String, String>;

/// Entries that are kept of one job, and the longest value. A user's own parameters come with them.
const ENTRIES: usize = 2000;
const VALUE: usize = 4096;

#[derive(Deserialize)]
struct JobConfig {
    #[serde(rename = "execution-config")]
    execution: Map<String, Value>,
}

/// The execution configuration, flattened; keys in Flink's words.
pub fn job_config(body: &[u8]) -> Result<Entries, GapReason> {
    let raw: JobConfig = parse_json(body)?;
    let mut out = Entries::new();
    flatten("", &Value::Object(raw.execution), &mut out);
    Ok(out)
}

/// The checkpoint configuration, flattened under `checkpoints.`.
pub fn checkpoint_config(body: &[u8]) -> Result<Entries, GapReason> {
    let raw: Map<String, Value> = parse_json(body)?;
    if !raw.contains_key("interval") {
        return Err(GapReason::NotUnderstood { detail: "missing field `interval`".into() });
    }
    let mut out = Entries::new();
    flatten("checkpoints", &Value::Object(raw), &mut out);
    Ok(out)
}

fn flatten(key: &str, value: &Value, out: &mut Entries) {
    if out.len() >= ENTRIES {
        return;
    }
    let text = match value {
        Value::Object(map) => {
            for (k, v) in map {
                let k = if key.is_empty() { k.clone() } else { format!("{key}.{k}") };
                flatten(&k, v, out);
            }
            return;
        }
        Value::Null => return,
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    // Flink masks its own; a user's parameters come as they are
    let text = if is_secret(key) { MASK.into() } else { scrub(cut(&text, VALUE)) };
    out.insert(cut(key, VALUE).to_owned(), text.into_owned());
}

#[derive(Deserialize)]
struct Entry {
    key: String,
    value: String,
}

/// What of a JobManager's configuration is kept: settings that tell how the cluster bears a
/// failure. Others are no one's business here, and may be secret.
const KEPT: [&str; 12] = [
    "high-availability",
    "heartbeat.",
    "pekko.ask.timeout",
    "akka.ask.timeout",
    "restart-strategy",
    "jobmanager.execution.failover-strategy",
    "jobmanager.scheduler",
    "taskmanager.load-balance.mode",
    "cluster.evenly-spread-out-slots",
    "taskmanager.memory.",
    "metrics.latency.",
    "state.checkpoints.num-retained",
];

/// The settings of [`KEPT`], as Flink words them.
pub fn jobmanager_config(body: &[u8]) -> Result<Entries, GapReason> {
    let entries: Vec<Entry> = parse_json(body)?;
    let kept = entries.into_iter().filter(|e| KEPT.iter().any(|k| e.key.starts_with(k)));
    let clean = kept.filter(|e| !is_secret(&e.key)).take(ENTRIES);
    Ok(clean
        .map(|e| (cut(&e.key, VALUE).to_owned(), scrub(cut(&e.value, VALUE)).into_owned()))
        .collect())
}

/// Which life of the JobManager answers. Flink's REST does not tell when the process began, but a
/// cluster entrypoint gives each process a `web.tmpdir` of its own (`flink-web-<random>`); one
/// that has no such name (a MiniCluster) is not told apart.
pub fn jobmanager_life(body: &[u8]) -> Result<Option<Name>, GapReason> {
    let entries: Vec<Entry> = parse_json(body)?;
    Ok(entries
        .iter()
        .find(|e| e.key == "web.tmpdir")
        .and_then(|e| e.value.rsplit('/').next())
        .filter(|dir| dir.starts_with("flink-web-"))
        .map(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_users_secrets_are_hidden() {
        let body = br#"{"execution-config":{"job-parallelism":2,"user-config":{
            "db.password":"p","api_key":"k","SASL.JAAS.config":"j","topic":"orders"}}}"#;
        let entries = job_config(body).unwrap();
        let wanted = [
            ("job-parallelism", "2"),
            ("user-config.SASL.JAAS.config", MASK),
            ("user-config.api_key", MASK),
            ("user-config.db.password", MASK),
            ("user-config.topic", "orders"),
        ];
        assert_eq!(entries, wanted.map(|(k, v)| (k.into(), v.into())).into());
    }

    #[test]
    fn of_a_jobmanager_what_tells_how_it_bears_a_failure_is_kept() {
        let body = br#"[{"key":"high-availability.type","value":"zookeeper"},
            {"key":"high-availability.zookeeper.client.password","value":"p"},
            {"key":"s3.access-key","value":"k"},{"key":"heartbeat.timeout","value":"50 s"}]"#;
        let entries = jobmanager_config(body).unwrap();
        let wanted = [("heartbeat.timeout", "50 s"), ("high-availability.type", "zookeeper")];
        assert_eq!(entries, wanted.map(|(k, v)| (k.into(), v.into())).into());
        assert!(jobmanager_config(b"{}").is_err());
    }

    #[test]
    fn a_missing_field_is_named() {
        let said = |r: Result<Entries, GapReason>| format!("{:?}", r.unwrap_err());
        assert!(said(job_config(b"{}")).contains("execution-config"));
        assert!(said(checkpoint_config(b"{}")).contains("interval"));
    }
}
