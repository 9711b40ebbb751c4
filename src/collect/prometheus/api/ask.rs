//! What a server is asked.

use reqwest::Url;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use streamwarden_core::estate::{GapReason, Millis, Span};

/// A question stands in the address, which proxies in front of a server cut at 8 kB; a `|` takes
/// three bytes there.
const LONGEST: usize = 4000;
/// Metrics that were there within this time count.
const NAMES_BACK: Span = Span::secs(3600);
/// The server's own, of each endpoint.
const OWN: [&str; 2] = ["up", "scrape_duration_seconds"];

/// What of a server is one cluster's.
#[derive(Clone, Debug, PartialEq)]
pub struct Selection {
    /// The server's address, without `/api/v1` and without `/` at its end.
    pub base: String,
    /// Labels that all of it has, and no other cluster's.
    pub labels: BTreeMap<String, String>,
}

impl Selection {
    /// `name="value",…` behind a first matcher, with the comma before it.
    pub fn and(&self) -> String {
        let mut out = String::new();
        for (name, value) in &self.labels {
            let value = value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
            // writing to a String cannot fail
            let _ = write!(out, ",{name}=\"{value}\"");
        }
        out
    }

    /// Raw samples of the last `back`, in as few questions as their length allows.
    pub fn queries(&self, names: &BTreeSet<String>, back: Span) -> Vec<String> {
        let and = self.and();
        let seconds = back.0.div_euclid(1000).max(1);
        let mut all = Vec::new();
        let mut part = String::new();
        for name in names.iter().map(String::as_str).chain(OWN) {
            if !part.is_empty() && part.len() + name.len() > LONGEST {
                all.push(std::mem::take(&mut part));
            }
            part.push_str(if part.is_empty() { "" } else { "|" });
            part.push_str(name);
        }
        all.push(part);
        all.iter().map(|part| format!("{{__name__=~\"{part}\"{and}}}[{seconds}s]")).collect()
    }

    pub(super) fn names_url(&self, at: Millis) -> Result<String, GapReason> {
        let of = format!("{{__name__=~\".*flink_.*\"{}}}", self.and());
        let second = |at: Millis| at.0.div_euclid(1000).to_string();
        let (from, to) = (second(at - NAMES_BACK), second(at));
        let path = "label/__name__/values";
        url(&self.base, path, &[("match[]", &of), ("start", &from), ("end", &to)])
    }
}

/// # Errors
/// The base is no address.
pub fn url(base: &str, path: &str, query: &[(&str, &str)]) -> Result<String, GapReason> {
    let bad = |_| GapReason::NotConfigured { detail: "`url` is no address".into() };
    let mut url = Url::parse(&format!("{base}/api/v1/{path}")).map_err(bad)?;
    url.query_pairs_mut().extend_pairs(query);
    Ok(url.into())
}
