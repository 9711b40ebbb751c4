//! `…/metrics`: the list of names, and the values of names that were asked for.

use super::lenient;
use crate::collect::http::parse_json;
use serde::Deserialize;
use streamwarden_core::estate::GapReason;

#[derive(Deserialize)]
struct Raw {
    id: String,
    #[serde(default, deserialize_with = "lenient")]
    value: Option<String>,
}

pub fn metric_names(body: &[u8]) -> Result<Vec<String>, GapReason> {
    let raw: Vec<Raw> = parse_json(body)?;
    Ok(raw.into_iter().map(|m| m.id).collect())
}

/// (id, value) as Flink prints them: all values are strings.
pub fn metric_values(body: &[u8]) -> Result<Vec<(String, String)>, GapReason> {
    let raw: Vec<Raw> = parse_json(body)?;
    Ok(raw.into_iter().filter_map(|m| Some((m.id, m.value?))).collect())
}
