//! Names in the configuration that nothing bears: most often a slip of the pen.

use super::Findings;
use crate::config::Config;
use std::collections::BTreeSet;
use streamwarden_core::lineage::{Pattern, PatternKind, SlaScope};

/// What the targets showed; None: not all of it was seen.
pub struct Seen {
    pub jobs: Option<Vec<String>>,
    pub topics: Option<Vec<String>>,
}

impl Seen {
    /// None: that cannot be told.
    fn any(&self, pattern: &Pattern) -> Option<bool> {
        let of = |kind: PatternKind, all: &Option<Vec<String>>| match pattern.kind {
            Some(k) if k != kind => Some(false),
            _ => all.as_ref().map(|all| all.iter().any(|name| pattern.matches(kind, name))),
        };
        match (of(PatternKind::Job, &self.jobs), of(PatternKind::Topic, &self.topics)) {
            (Some(true), _) | (_, Some(true)) => Some(true),
            (Some(false), Some(false)) => Some(false),
            _ => None,
        }
    }
}

pub fn examine(config: &Config, seen: &Seen) -> Findings {
    let mut findings = Findings::new("names in the configuration");
    let mut told = BTreeSet::new();
    for (place, text) in wanted(config) {
        if seen.any(&Pattern::new(&text)) == Some(false)
            && told.insert((place.clone(), text.clone()))
        {
            let because = format!("no job or topic that is seen now is called so: `{text}`");
            findings.blind(&place, because, "correct the name, or leave it if it comes later");
        }
    }
    findings
}

/// Where it stands, and the name with what it is of.
fn wanted(config: &Config) -> Vec<(String, String)> {
    let mut all = Vec::new();
    for sla in &config.settings.slas {
        match &sla.scope {
            SlaScope::Path { from, to } => {
                let place = format!("SLA of path {from} -> {to}");
                all.extend([(place.clone(), from.to_string()), (place, to.to_string())]);
            }
            SlaScope::Edge { topic, job } => {
                let place = format!("SLA of edge {topic} -> {job}");
                all.push((place.clone(), format!("topic:{topic}")));
                all.push((place, format!("job:{job}")));
            }
            SlaScope::Job(job) => all.push((format!("SLA of job {job}"), format!("job:{job}"))),
            SlaScope::Layer(_) | SlaScope::Default => {}
        }
    }
    for base in &config.bases.clusters {
        let (name, place) = (&base.name, &base.place);
        let ends = place.upstream.iter().map(|e| ("upstream", e.to_string()));
        let ends = ends.chain(place.downstream.iter().map(|e| ("downstream", e.to_string())));
        let ends = ends.filter(|(_, end)| !end.starts_with("component:"));
        let jobs = place.jobs.iter().map(|j| ("jobs", format!("job:{j}")));
        let reads = place.reads.iter().map(|t| ("reads", format!("topic:{t}")));
        let writes = place.writes.iter().map(|t| ("writes", format!("topic:{t}")));
        let given = ends.chain(jobs).chain(reads).chain(writes);
        all.extend(given.map(|(key, text)| (format!("{key} of {name}"), text)));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(jobs: Option<&[&str]>, topics: Option<&[&str]>) -> Vec<String> {
        let yaml = "flink: [{ name: pay, rest: 'http://127.0.0.1:1' }]\n\
            slas: [{ job: nosuch, target: 5s }, { path: { from: orders, to: ads }, target: 5s }]\n\
            components: [{ name: ck, kind: c, tcp: 'c:1', upstream: ['job:adx-*', 'ads*'] }]\n";
        let config = Config::parse("t", yaml, std::path::Path::new(""), &|_| None).unwrap();
        let names = |all: &[&str]| all.iter().map(|n| (*n).to_owned()).collect();
        let seen = Seen { jobs: jobs.map(names), topics: topics.map(names) };
        examine(&config, &seen).list.into_iter().map(|f| f.what).collect()
    }

    #[test]
    fn a_name_that_nothing_bears_is_told_where_all_was_seen() {
        let all = told(Some(&["ads", "dwd"]), Some(&["orders"]));
        assert_eq!(all, ["SLA of job nosuch", "upstream of ck"]);
        assert_eq!(told(Some(&["dwd"]), Some(&["orders"])).len(), 4, "{all:?}");
        // a topic may be called so, and no Kafka is seen
        assert_eq!(told(Some(&["dwd"]), None), ["SLA of job nosuch", "upstream of ck"]);
        assert!(told(None, None).is_empty(), "not seen is not absent");
    }
}
