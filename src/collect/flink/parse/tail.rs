//! The end of a log: which known things were said. Nothing else of the text is kept.

use super::cut;
use std::collections::BTreeMap;
use streamwarden_core::estate::{LogSaid, Name, plain};

/// What is looked for: our name of it, and a text that every line that says it holds.
const KNOWN: [(&str, &str); 24] = [
    ("heap_exhausted", "OutOfMemoryError: Java heap space"),
    ("gc_overhead", "GC overhead limit exceeded"),
    ("metaspace_exhausted", "OutOfMemoryError: Metaspace"),
    ("direct_memory_exhausted", "OutOfMemoryError: Direct buffer memory"),
    ("threads_exhausted", "unable to create native thread"),
    ("threads_exhausted", "unable to create new native thread"),
    ("files_exhausted", "Too many open files"),
    ("disk_full", "No space left on device"),
    ("task_does_not_end", "did not react to cancelling signal"),
    ("task_does_not_end", "Task did not exit gracefully within"),
    ("broker_disconnected", "disconnected."),
    ("broker_disconnected", "Cancelled in-flight"),
    ("broker_unreachable", "could not be established"),
    ("batch_expired", "record(s) for "),
    ("topic_unknown", "UNKNOWN_TOPIC_OR_PARTITION"),
    ("topic_unknown", "UnknownTopicOrPartitionException"),
    ("rights_missing", "AUTHORIZATION_FAILED"),
    ("rights_missing", "AuthorizationException"),
    ("login_refused", "SaslAuthenticationException"),
    ("login_refused", "SslAuthenticationException"),
    ("offset_out_of_range", "is out of range for partition"),
    ("record_unreadable", "Failed to deserialize"),
    ("jobmanager_lost", "JobManager for job"),
    ("heartbeat_lost", "eartbeat of"),
];

const LONGEST: usize = 300;
/// What follows one of these may be a secret.
const SECRETS: [&str; 7] =
    ["password", "passwd", "secret", "token", "credential", "api_key", "authorization:"];

pub fn log_tail(text: &[u8], bytes: usize) -> BTreeMap<Name, LogSaid> {
    let tail = &text[text.len().saturating_sub(bytes)..];
    let tail = String::from_utf8_lossy(tail);
    let mut said: BTreeMap<Name, LogSaid> = BTreeMap::new();
    for line in tail.lines() {
        let Some((what, _)) = KNOWN.iter().find(|(_, needle)| line.contains(needle)) else {
            continue;
        };
        let entry =
            said.entry(Name::from(*what)).or_insert_with(|| LogSaid { times: 0, last: "".into() });
        entry.times += 1;
        entry.last = shown(line);
    }
    said
}

fn shown(line: &str) -> Name {
    let lower = line.to_ascii_lowercase();
    let secret = SECRETS.iter().filter_map(|s| lower.find(s)).min();
    // lower case of ASCII moves no byte
    let kept = secret.and_then(|at| line.get(..at)).map(|kept| format!("{kept}…"));
    let line = kept.as_deref().unwrap_or(line);
    plain(cut(line.trim(), LONGEST)).into_owned().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_things_are_counted_and_secrets_stay_out() {
        let log = "2026-01-01 WARN  NetworkClient [] - [Consumer clientId=a] Node 1 disconnected.\n\
                   2026-01-01 WARN  NetworkClient [] - [Consumer clientId=b] Node 2 disconnected.\n\
                   2026-01-01 INFO  orders of Mrs. Smith\n\
                   2026-01-01 ERROR SaslAuthenticationException: user x, password=hunter2\n";
        let said = log_tail(log.as_bytes(), 64 << 10);
        assert_eq!(said.len(), 2);
        assert_eq!(said["broker_disconnected"].times, 2);
        assert!(said["broker_disconnected"].last.contains("Node 2"));
        let login = &said["login_refused"].last;
        assert!(!login.contains("hunter2") && login.ends_with('…'), "{login}");
        assert_eq!(log_tail(log.as_bytes(), 60).len(), 1, "only the end is read");
    }
}
