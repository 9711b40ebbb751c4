//! Error codes of parts of an answer, gathered into one reason.

use super::super::conn::error_name;
use super::super::error::brief;
use kafka_protocol::ResponseError as E;
use std::collections::BTreeMap;
use streamwarden_core::estate::GapReason;

/// How many names a reason tells.
const TOLD: usize = 3;

/// Which parts failed, by error code.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Faults(BTreeMap<i16, (Vec<String>, usize)>);

impl Faults {
    pub fn add(&mut self, code: i16, label: impl FnOnce() -> String) {
        let (told, count) = self.0.entry(code).or_default();
        if told.len() < TOLD {
            told.push(label());
        }
        *count += 1;
    }

    /// Asked for but not in the answer.
    pub fn unanswered(&mut self, label: impl FnOnce() -> String) {
        self.add(E::UnknownServerError.code(), label);
    }

    pub fn merge(&mut self, other: Faults) {
        for (code, (told, count)) in other.0 {
            let mine = self.0.entry(code).or_default();
            let room = TOLD.saturating_sub(mine.0.len());
            mine.0.extend(told.into_iter().take(room));
            mine.1 += count;
        }
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn has(&self, error: E) -> bool {
        self.0.contains_key(&error.code())
    }

    /// Leaders or topics are not where we think: metadata must be read anew.
    pub fn stale(&self) -> bool {
        let moved = [
            E::UnknownTopicOrPartition,
            // rights were taken away: the list of topics no longer names it
            E::TopicAuthorizationFailed,
            E::LeaderNotAvailable,
            E::NotLeaderOrFollower,
            E::ReplicaNotAvailable,
            E::KafkaStorageError,
            E::FencedLeaderEpoch,
            E::UnknownLeaderEpoch,
            E::OffsetNotAvailable,
            E::NotCoordinator,
        ];
        moved.into_iter().any(|e| self.has(e))
    }

    /// One reason for all; `right`: what is missing where the broker denies, e.g. "DESCRIBE on
    /// topic".
    pub fn reason(&self, right: &str) -> Option<GapReason> {
        let told = |denied: bool| {
            let parts = self.0.iter().filter(|(code, _)| is_denied(**code) == denied);
            let parts: Vec<_> = parts
                .map(|(code, part)| match denied {
                    true => format!("{right} {}", names(part)),
                    false => format!("{}: {}", error_name(*code), names(part)),
                })
                .collect();
            parts.join("; ")
        };
        let (denied, other) = (told(true), told(false));
        match (denied.is_empty(), other.is_empty()) {
            (true, true) => None,
            (true, false) => Some(GapReason::Kafka { error: brief(&other) }),
            (false, true) => Some(GapReason::NoRights { detail: brief(&denied) }),
            (false, false) => {
                Some(GapReason::NoRights { detail: brief(&format!("{denied}; {other}")) })
            }
        }
    }
}

fn is_denied(code: i16) -> bool {
    [
        E::TopicAuthorizationFailed,
        E::GroupAuthorizationFailed,
        E::ClusterAuthorizationFailed,
        E::TransactionalIdAuthorizationFailed,
    ]
    .into_iter()
    .any(|e| e.code() == code)
}

fn names((told, count): &(Vec<String>, usize)) -> String {
    match count.saturating_sub(told.len()) {
        0 => told.join(", "),
        more => format!("{} and {more} more", told.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_names_a_few_and_counts_the_rest() {
        let mut faults = Faults::default();
        assert_eq!(faults.reason("DESCRIBE on topic"), None);
        for id in 0..5 {
            faults.add(E::NotLeaderOrFollower.code(), || format!("orders-{id}"));
        }
        assert!(faults.stale());
        let error = "NotLeaderOrFollower: orders-0, orders-1, orders-2 and 2 more".to_owned();
        assert_eq!(faults.reason(""), Some(GapReason::Kafka { error: error.clone() }));
        faults.add(E::TopicAuthorizationFailed.code(), || "pay\u{1b}".into());
        let detail = format!("DESCRIBE on topic pay\u{fffd}; {error}");
        assert_eq!(faults.reason("DESCRIBE on topic"), Some(GapReason::NoRights { detail }));
    }
}
