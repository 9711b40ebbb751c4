//! Series that a configuration names, out of an exporter's text.

use crate::collect::http::ReadClient;
use crate::collect::jvm::{self, Figures};
use crate::collect::prometheus::{Lines, RawLabels};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use streamwarden_core::estate::{GapReason, Name};

const DEADLINE: Duration = Duration::from_secs(4);
const CAP: u64 = 16 << 20;

/// One series by name and labels: `redis_db_keys{db="db0"}`.
#[derive(Clone, Debug, PartialEq)]
pub struct Wanted {
    /// As it is asked for: `metric("…")`.
    pub text: Name,
    pub name: String,
    /// All of these must be there.
    pub labels: Vec<(String, String)>,
}

impl Wanted {
    /// None: not `name` or `name{label="value",…}`.
    pub fn parse(text: &str) -> Option<Wanted> {
        let line = format!("{text} 0\n");
        let mut lines = Lines::new(line.as_bytes(), |_| true);
        let line = lines.next()?;
        let read = line.read().ok()?;
        let labels = read.labels.iter().map(|(k, v)| (k.to_owned(), v.into_owned())).collect();
        Some(Wanted { text: text.into(), name: read.name.to_owned(), labels })
    }

    fn fits(&self, name: &str, labels: &RawLabels<'_>) -> bool {
        self.name == name
            && self.labels.iter().all(|(k, v)| labels.iter().any(|(n, is)| n == *k && is == **v))
    }
}

pub async fn scrape(
    client: &ReadClient,
    url: &str,
    wanted: &[Wanted],
) -> Result<(Vec<(Name, f64)>, Figures), GapReason> {
    let body = client.get(url, DEADLINE, CAP).await?.body;
    Ok((read(&body, wanted)?, jvm::of_exporter(&body)))
}

/// Of several series that fit, the highest value.
pub fn read(text: &[u8], wanted: &[Wanted]) -> Result<Vec<(Name, f64)>, GapReason> {
    if text.iter().find(|b| !b.is_ascii_whitespace()) == Some(&b'<') {
        let detail = "HTML, not exposition text: is this an exporter?".into();
        return Err(GapReason::NotUnderstood { detail });
    }
    let named = |name: &[u8]| wanted.iter().any(|w| w.name.as_bytes() == name);
    let mut found: BTreeMap<Name, f64> = BTreeMap::new();
    let mut not_a_number: BTreeSet<&Name> = BTreeSet::new();
    for line in Lines::new(text, named) {
        let Ok(sample) = line.read() else { continue };
        let fit = wanted.iter().filter(|w| w.fits(sample.name, &sample.labels));
        if !sample.value.is_finite() {
            not_a_number.extend(fit.map(|w| &w.text));
            continue;
        }
        for w in fit {
            let best = found.entry(w.text.clone()).or_insert(sample.value);
            *best = best.max(sample.value);
        }
    }
    if found.is_empty() && !wanted.is_empty() {
        let detail = match not_a_number.first() {
            Some(name) => format!("the value of {name} is not a number (NaN or Inf)"),
            None => "none of the series that `metrics` names is in its text".into(),
        };
        return Err(GapReason::NotUnderstood { detail });
    }
    Ok(found.into_iter().collect())
}
