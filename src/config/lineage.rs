//! `layers`, `groups`, `edges`, `slas` – what a team declares about its lineage.

use super::problem::did_you_mean;
use super::read::{Map, Reader, parse_duration};
use super::values;
use super::yaml::{At, Node};
use std::time::Duration;
use streamwarden_core::estate::Name;
use streamwarden_core::lineage::{DeclaredEdge, Pattern, Rule, Settings, Sla, SlaScope};

/// A target beyond this is no target for a stream.
const MAX_TARGET: Duration = Duration::from_secs(7 * 24 * 3600);
const SCOPES: [&str; 5] = ["path", "edge", "layer", "job", "default"];

pub(super) fn read(reader: &mut Reader, map: &mut Map) -> Settings {
    let layers = rules(reader, map.get("layers"), "a layer", "layers");
    let groups = rules(reader, map.get("groups"), "a group", "groups");
    let declared = edges(reader, map.get("edges"));
    let slas = slas(reader, map.get("slas"), &layers);
    let exclude_planned = exclude_planned(reader, map.get("availability"));
    Settings { layers, groups, declared, slas, exclude_planned, ..Settings::default() }
}

fn exclude_planned(reader: &mut Reader, node: Option<&Node>) -> bool {
    let Some(mut map) = node.and_then(|node| reader.map(node, "`availability`")) else {
        return false;
    };
    let said = map.get("exclude_planned").and_then(|node| reader.yes_no(node));
    map.finish(reader);
    said.unwrap_or(false)
}

pub(super) fn rules(
    reader: &mut Reader,
    node: Option<&Node>,
    one: &'static str,
    many: &str,
) -> Vec<Rule> {
    let mut names = Vec::new();
    let mut rules = Vec::new();
    for item in reader.list(node) {
        let Some(mut map) = reader.map(item, one) else { continue };
        let name = map.need_text(reader, "name");
        let name = values::name(reader, name);
        let patterns = match map.need(reader, "match") {
            Some(node) => patterns(reader, node),
            None => Vec::new(),
        };
        map.finish(reader);
        if let Some(name) = name {
            names.push((name.value.clone(), name.at));
            rules.push(Rule { name: name.value.into(), patterns });
        }
    }
    values::unique(reader, many, &names);
    rules
}

fn patterns(reader: &mut Reader, node: &Node) -> Vec<Pattern> {
    let items = reader.list(Some(node));
    if items.is_empty() {
        reader.problem(node.at, "nothing is matched", "give patterns: [\"ods-*\", topic:orders]");
    }
    let mut patterns = Vec::new();
    for item in items {
        let pattern = reader.text(item).and_then(|text| values::pattern(reader, text));
        patterns.extend(pattern.map(|text| Pattern::new(&text)));
    }
    patterns
}

fn edges(reader: &mut Reader, node: Option<&Node>) -> Vec<DeclaredEdge> {
    let mut edges = Vec::new();
    for item in reader.list(node) {
        let Some(mut map) = reader.map(item, "an edge") else { continue };
        let job = map.need_text(reader, "job");
        let operator: Option<Name> = map.text(reader, "operator").map(|o| o.value.into());
        let reads = map.get("reads");
        let writes = map.get("writes");
        if reads.is_none() && writes.is_none() {
            let todo = "add `writes: topic` or `reads: topic`";
            reader.problem(map.at, "an edge needs a topic", todo);
        }
        map.finish(reader);
        for (node, writes) in [(reads, false), (writes, true)] {
            for topic in reader.list(node) {
                let (Some(job), Some(topic)) = (&job, reader.text(topic)) else { continue };
                edges.push(DeclaredEdge {
                    job: job.value.as_str().into(),
                    operator: operator.clone(),
                    topic: topic.value.into(),
                    writes,
                });
            }
        }
    }
    edges
}

fn slas(reader: &mut Reader, node: Option<&Node>, layers: &[Rule]) -> Vec<Sla> {
    let mut seen: Vec<(SlaScope, At)> = Vec::new();
    let mut slas = Vec::new();
    for item in reader.list(node) {
        let Some(mut map) = reader.map(item, "an SLA") else { continue };
        let scope = scope(reader, &mut map, layers);
        let target_s = map.need(reader, "target").and_then(|node| target(reader, node));
        let near = map.get("near").map_or(Some(Settings::NEAR), |node| near(reader, node));
        let objective = map.get("objective");
        let objective = objective.map_or(Some(Settings::OBJECTIVE), |n| percent(reader, n));
        let at = map.at;
        map.finish(reader);
        let Some(scope) = scope else { continue };
        if let Some((_, first)) = seen.iter().find(|(s, _)| *s == scope) {
            let todo = format!("keep one; the first is in line {}", first.line);
            reader.problem(at, "a second target for the same thing", todo);
        }
        seen.push((scope.clone(), at));
        if let (Some(target_s), Some(near), Some(objective)) = (target_s, near, objective) {
            slas.push(Sla { scope, target_s, near, objective });
        }
    }
    slas
}

fn scope(reader: &mut Reader, map: &mut Map, layers: &[Rule]) -> Option<SlaScope> {
    let given = map.present(&SCOPES);
    if given.len() != 1 {
        let message = "an SLA is about one of path, edge, layer, job and default";
        let todo = "write for instance { job: ads-risk, target: 10s }";
        reader.problem(given.last().map_or(map.at, |key| key.at), message, todo);
    }
    let mut found = Vec::new();
    if let Some((from, to)) = pair(reader, map.get("path"), "`path`", "from", "to") {
        found.push(SlaScope::Path { from, to });
    }
    if let Some((topic, job)) = pair(reader, map.get("edge"), "`edge`", "topic", "job") {
        found.push(SlaScope::Edge { topic, job });
    }
    if let Some(layer) = map.text(reader, "layer") {
        let known = layers.iter().map(|l| &*l.name);
        if known.clone().any(|l| l == layer.value) {
            found.push(SlaScope::Layer(layer.value.into()));
        } else {
            let message = format!("no layer is named `{}`", layer.value);
            let todo = match layers.is_empty() {
                true => "declare it under `layers:`".to_owned(),
                false => did_you_mean(&layer.value, known),
            };
            reader.problem(layer.at, message, todo);
        }
    }
    if let Some(job) = map.text(reader, "job") {
        found.push(SlaScope::Job(job.value.into()));
    }
    if let Some(node) = map.get("default") {
        match reader.yes_no(node) {
            Some(true) => found.push(SlaScope::Default),
            Some(false) => {
                reader.problem(node.at, "`default: false` says nothing", "remove this SLA")
            }
            None => {}
        }
    }
    if given.len() == 1 { found.pop() } else { None }
}

fn pair(
    reader: &mut Reader,
    node: Option<&Node>,
    what: &'static str,
    first: &'static str,
    second: &'static str,
) -> Option<(Name, Name)> {
    let mut map = reader.map(node?, what)?;
    let a = map.need_text(reader, first);
    let b = map.need_text(reader, second);
    map.finish(reader);
    Some((a?.value.into(), b?.value.into()))
}

fn target(reader: &mut Reader, node: &Node) -> Option<f64> {
    if let super::yaml::Value::Text(text) = &node.value
        && (text.starts_with('-') || parse_duration(text).is_some_and(|d| d.is_zero()))
    {
        let todo = "give how old the data may be, for instance 10s";
        reader.problem(node.at, "a target is more than zero", todo);
        return None;
    }
    let least = Duration::from_millis(1);
    reader.duration(node, least, MAX_TARGET).map(|d| d.as_secs_f64())
}

/// Of minutes: `99.9` or `99.9%`, from 50 to under 100 (at 100 no minute may ever be out). As a
/// share, 0 to 1.
fn percent(reader: &mut Reader, node: &Node) -> Option<f64> {
    let text = reader.text(node)?;
    let number = text.value.strip_suffix('%').unwrap_or(&text.value).trim_end();
    match number.parse::<f64>() {
        Ok(percent) if (50.0..100.0).contains(&percent) => Some(percent / 100.0),
        _ => {
            let message = format!("`objective: {}` is no percentage of minutes", text.value);
            let todo = "write a number from 50 to under 100, for instance 99.9";
            reader.problem(node.at, message, todo);
            None
        }
    }
}

/// A share of the target: over 0, at most 1.
fn near(reader: &mut Reader, node: &Node) -> Option<f64> {
    let text = reader.text(node)?;
    match text.value.parse::<f64>() {
        Ok(share) if share > 0.0 && share <= 1.0 => Some(share),
        _ => {
            let message = format!("`near: {}` is no share of the target", text.value);
            reader.problem(node.at, message, "write a number over 0 and up to 1, for instance 0.8");
            None
        }
    }
}
