//! `/jobs/:id/exceptions`: 1.20 has the history beside older fields, 2.3 only the history.

use super::{cut, lenient, name, named};
use crate::collect::http::parse_json;
use crate::secret::scrub;
use serde::Deserialize;
use streamwarden_core::estate::{ExceptionEntry, GapReason, Millis, TaskManagerId};

/// Bytes of a stack that are kept; the causes of a chain stand at its end and are kept by Flink's
/// own cut as well.
pub const STACK: usize = 16 * 1024;
/// Entries that are kept, of the history and of each entry's concurrent ones.
const ENTRIES: usize = 32;

#[derive(Deserialize)]
struct Exceptions {
    #[serde(default, rename = "exceptionHistory", deserialize_with = "lenient")]
    history: Option<History>,
    #[serde(default, rename = "root-exception", deserialize_with = "lenient")]
    root: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    timestamp: Option<i64>,
}

#[derive(Deserialize)]
struct History {
    entries: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    timestamp: i64,
    #[serde(default, deserialize_with = "lenient")]
    exception_name: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    stacktrace: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    task_name: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    endpoint: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    location: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    task_manager_id: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    concurrent_exceptions: Option<Vec<Entry>>,
}

/// Newest first, as Flink lists them.
pub fn exceptions(body: &[u8]) -> Result<Vec<ExceptionEntry>, GapReason> {
    let raw: Exceptions = parse_json(body)?;
    match (raw.history, raw.root, raw.timestamp) {
        (Some(history), _, _) => Ok(history.entries.into_iter().take(ENTRIES).map(entry).collect()),
        (None, Some(stack), Some(at)) => Ok(vec![plain_entry(&stack, at)]),
        (None, ..) => {
            Err(GapReason::NotUnderstood { detail: "missing field `exceptionHistory`".into() })
        }
    }
}

fn entry(raw: Entry) -> ExceptionEntry {
    let stack = raw.stacktrace.unwrap_or_default();
    let class = named(raw.exception_name).unwrap_or_else(|| class_of(&stack));
    ExceptionEntry {
        task: named(raw.task_name),
        endpoint: named(raw.endpoint).or_else(|| named(raw.location)),
        taskmanager: named(raw.task_manager_id).map(TaskManagerId),
        concurrent: raw
            .concurrent_exceptions
            .unwrap_or_default()
            .into_iter()
            .take(ENTRIES)
            .map(entry)
            .collect(),
        class,
        ..plain_entry(&stack, raw.timestamp)
    }
}

fn plain_entry(stack: &str, at: i64) -> ExceptionEntry {
    ExceptionEntry {
        at: Millis(at),
        class: class_of(stack),
        stack: scrub(cut(stack, STACK)).into(),
        task: None,
        endpoint: None,
        taskmanager: None,
        concurrent: Vec::new(),
    }
}

/// A stack begins with `class: message`.
fn class_of(stack: &str) -> streamwarden_core::estate::Name {
    name(stack.split([':', '\n', ' ']).next().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_history_the_root_exception_serves() {
        let body = br#"{"root-exception":"java.io.IOException: disk\n\tat x","timestamp":5}"#;
        let got = exceptions(body).unwrap();
        assert_eq!((got.len(), got[0].at, &*got[0].class), (1, Millis(5), "java.io.IOException"));
        assert!(exceptions(b"{}").is_err());
    }

    #[test]
    fn a_stack_is_cut() {
        let stack = "x".repeat(STACK + 1);
        let body = format!(
            r#"{{"exceptionHistory":{{"entries":[{{"timestamp":1,"stacktrace":"{stack}"}}]}}}}"#
        );
        assert_eq!(exceptions(body.as_bytes()).unwrap()[0].stack.len(), STACK);
    }
}
