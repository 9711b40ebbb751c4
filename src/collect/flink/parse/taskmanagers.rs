//! `/taskmanagers`.

use super::{lenient, moment, name};
use crate::collect::http::parse_json;
use serde::Deserialize;
use streamwarden_core::estate::{GapReason, Name, TaskManager, TaskManagerId};

#[derive(Deserialize)]
struct List {
    taskmanagers: Vec<Raw>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Raw {
    id: String,
    #[serde(default, deserialize_with = "lenient")]
    path: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    data_port: Option<u32>,
    /// A moment, in spite of its name.
    #[serde(default, deserialize_with = "lenient")]
    time_since_last_heartbeat: Option<i64>,
    #[serde(default, deserialize_with = "lenient")]
    slots_number: Option<u32>,
    #[serde(default, deserialize_with = "lenient")]
    free_slots: Option<u32>,
    #[serde(default, deserialize_with = "lenient")]
    hardware: Option<Hardware>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Hardware {
    #[serde(default, deserialize_with = "lenient")]
    cpu_cores: Option<f64>,
    #[serde(default, deserialize_with = "lenient")]
    physical_memory: Option<u64>,
}

pub fn taskmanagers(body: &[u8]) -> Result<Vec<TaskManager>, GapReason> {
    let raw: List = parse_json(body)?;
    Ok(raw.taskmanagers.into_iter().map(taskmanager).collect())
}

fn taskmanager(raw: Raw) -> TaskManager {
    TaskManager {
        id: TaskManagerId(name(&raw.id)),
        host: raw.path.as_deref().and_then(host),
        rpc: raw.path.as_deref().and_then(rpc).map(name),
        data_port: raw.data_port,
        slots: raw.slots_number,
        free_slots: raw.free_slots,
        last_heartbeat: moment(raw.time_since_last_heartbeat),
        cpu_cores: raw.hardware.as_ref().and_then(|h| h.cpu_cores),
        physical_memory: raw.hardware.as_ref().and_then(|h| h.physical_memory),
    }
}

/// The host of `pekko.tcp://flink@host:port/user/...` (also `akka.`, `.ssl.`, `[::1]`); None for
/// the `pekko://flink/...` of a TaskManager within the JobManager's process.
fn host(path: &str) -> Option<Name> {
    let (host, _port) = rpc(path)?.rsplit_once(':')?;
    let host = host.trim_start_matches('[').trim_end_matches(']');
    (!host.is_empty()).then(|| name(host))
}

fn rpc(path: &str) -> Option<&str> {
    let (_, rest) = path.split_once("://")?;
    rest.split('/').next()?.split_once('@').map(|(_, at)| at)
}

#[cfg(test)]
mod tests {
    use super::host;

    #[test]
    fn hosts_of_rpc_paths() {
        for (path, wanted) in [
            ("pekko.tcp://flink@127.0.0.1:41151/user/rpc/taskmanager_0", Some("127.0.0.1")),
            ("pekko.ssl.tcp://flink@tm-1.flink:6122/user/rpc/taskmanager_0", Some("tm-1.flink")),
            ("akka.tcp://flink@[::1]:6122/user/rpc/taskmanager_0", Some("::1")),
            ("pekko://flink/user/rpc/taskmanager_1", None),
            ("nonsense", None),
        ] {
            assert_eq!(host(path).as_deref(), wanted, "{path}");
        }
    }
}
