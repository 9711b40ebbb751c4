//! Flink's REST answers into facts: pure functions of bytes, tested on recorded ones.
//!
//! Tolerant: unknown fields and states are read over, a field of an unexpected type counts as
//! absent; only what a fact cannot do without is an error that names it.

mod checkpoint;
mod checkpoints;
mod config;
mod detail;
mod exceptions;
mod flame;
mod frames;
mod jobs;
mod log;
mod metrics;
mod overview;
mod placed;
mod plan;
#[cfg(test)]
mod recorded;
mod tail;
mod taskmanagers;
mod threads;

pub use checkpoint::{checkpoint_detail, checkpoint_subtasks, worth_asking};
pub use checkpoints::checkpoints;
pub use config::{checkpoint_config, job_config, jobmanager_config, jobmanager_life};
pub use detail::detail;
pub use exceptions::exceptions;
pub use flame::{Flame, Shares, flame};
pub use jobs::{Jobs, jobs};
pub use log::{LogFile, kafka_addresses, log_list};
pub use metrics::{metric_names, metric_values};
pub use overview::{Versions, overview, versions};
pub use placed::placed;
pub use tail::log_tail;
pub use taskmanagers::taskmanagers;
pub use threads::{compare, thread_dump};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use std::collections::BTreeMap;
use streamwarden_core::estate::{Millis, Name};

/// Versions whose answers were recorded and are tested. Others are read as well, without a claim.
pub fn claimed(version: &str) -> bool {
    ["1.20.", "2.2.", "2.3."].iter().any(|v| version.starts_with(v))
}

/// Longest name that is kept; longer ones are cut.
const NAME: usize = 4096;

/// A field that counts as absent when it is not what it should be.
fn lenient<'de, D: Deserializer<'de>, T: DeserializeOwned>(from: D) -> Result<Option<T>, D::Error> {
    Ok(serde_json::from_value(serde_json::Value::deserialize(from)?).ok())
}

/// A moment in ms; Flink says -1 or 0 for "not yet".
fn moment(ms: Option<i64>) -> Option<Millis> {
    ms.filter(|ms| *ms > 0).map(Millis)
}

fn name(text: &str) -> Name {
    cut(text, NAME).into()
}

fn named(text: Option<String>) -> Option<Name> {
    text.filter(|t| !t.is_empty()).map(|t| name(&t))
}

/// At most `bytes` of the text, at a character's border.
fn cut(text: &str, bytes: usize) -> &str {
    let mut end = bytes.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// Task counts by execution state, lower case; "total" is left out.
fn task_counts(raw: Option<BTreeMap<String, i64>>) -> BTreeMap<String, u32> {
    raw.unwrap_or_default()
        .into_iter()
        .filter(|(state, _)| state != "total")
        .filter_map(|(state, n)| Some((state.to_lowercase(), u32::try_from(n).ok()?)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_recorded_versions_are_claimed() {
        for (version, wanted) in [
            ("1.20.5", true),
            ("2.2.1", true),
            ("2.3.0", true),
            ("1.2.0", false),
            ("2.30.0", false),
        ] {
            assert_eq!(claimed(version), wanted, "{version}");
        }
    }

    #[test]
    fn text_is_cut_at_a_character() {
        assert_eq!(cut("订单", 4), "订");
        assert_eq!(cut("ab", 4), "ab");
    }
}
