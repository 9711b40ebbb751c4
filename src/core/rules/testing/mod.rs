//! Tests that stand beside a rule: small worlds written by hand (`given`), or recorded ones, and
//! what the rule must come to there.

mod checks;
mod curve;
mod facts;
mod weeks;
mod world;

pub use checks::judge_check;
pub use world::{World, build};

use super::ctx::Ctx;
use super::evidence::Truth;
use super::inspection::Level;
use super::rule::Rule;
use super::set::Evaluation;
use super::text::{At, Mistakes, Node, Value, did_you_mean};
use crate::estate::{JobKey, Millis, Name, Span, Subject, display};
use crate::snapshot::Snapshot;
use std::collections::BTreeMap;

/// One case of a test file.
#[derive(Clone, Debug)]
pub struct Case {
    pub name: Name,
    pub at: At,
    pub expect: Truth,
    /// Of a check: which risk it is; None: whichever.
    pub level: Option<Level>,
    /// `<kind> <path>` (`job <name>`: whatever is in it), or `fault`: where a recorded one struck;
    /// None: any place of the rule.
    pub subject: Option<Name>,
    pub evidence: Vec<(Name, Truth)>,
    /// What the words of a check contain, in either language.
    pub says: Vec<Name>,
    /// Weeks that are made up, for a check.
    pub past: Vec<weeks::Week>,
    /// Incidents within them.
    pub incidents: Vec<weeks::Incident>,
    pub scene: Scene,
}

#[derive(Clone, Debug)]
pub enum Scene {
    /// A world by hand; the file's own `given` is beneath it.
    Given(Node),
    Bundle(Recorded),
}

/// A recorded world, by name.
#[derive(Clone, Debug)]
pub struct Recorded {
    pub name: Name,
    /// Signals and kinds of facts that nobody sees, by name or glob; in order.
    pub without: Vec<Name>,
    /// The moment that is judged, from the fault; None: the last one before it was healed.
    pub at: Option<Span>,
    pub onset: Option<Span>,
    /// Between two looks at Flink; None: as most estates have it.
    pub tick: Option<Span>,
}

/// The moment of a world that is judged.
pub struct Moment<'a> {
    pub snapshot: &'a Snapshot,
    /// Since when something is the matter with this job, if it is known.
    pub onset: &'a dyn Fn(&JobKey) -> Option<Millis>,
    /// Of these places those where the recorded fault struck.
    pub struck: &'a dyn Fn(Vec<Subject>) -> Vec<Subject>,
}

const CASE_KEYS: [&str; 13] = [
    "name",
    "expect",
    "subject",
    "evidence",
    "given",
    "bundle",
    "without",
    "at",
    "onset",
    "tick",
    "past",
    "incidents",
    "says",
];

/// Every case of a file: a list of cases, or `given` (what all of them share) and `cases`.
pub fn cases(root: &Node, out: &mut Mistakes) -> Vec<Case> {
    let (shared, list) = match &root.value {
        Value::Map(entries) => {
            for (k, _) in entries {
                let word = k.text().unwrap_or_default();
                if !["given", "cases"].contains(&word) {
                    let message = format!("unknown key `{word}` in a test");
                    out.add(k.at, message, did_you_mean(word, ["given", "cases"]));
                }
            }
            (root.get("given"), root.get("cases").map(Node::items).unwrap_or_default())
        }
        _ => (None, root.items()),
    };
    if list.is_empty() {
        out.add(root.at, "no case is in this test", "add `cases: [{ name: …, expect: true, … }]`");
    }
    list.iter().filter_map(|n| case(n, shared, out)).collect()
}

fn case(n: &Node, shared: Option<&Node>, out: &mut Mistakes) -> Option<Case> {
    for (k, _) in n.entries() {
        let word = k.text().unwrap_or_default();
        if !CASE_KEYS.contains(&word) {
            let message = format!("unknown key `{word}` in a case");
            out.add(k.at, message, did_you_mean(word, CASE_KEYS));
        }
    }
    let text = |key: &str| n.get(key).and_then(Node::text).map(Name::from);
    let Some(expect) = n.get("expect") else {
        out.add(n.at, "a case has no `expect`", "true, false or unknown");
        return None;
    };
    let (expect, level) = match expect.text() {
        Some("high") => (Truth::True, Some(Level::High)),
        Some("low") => (Truth::True, Some(Level::Low)),
        _ => (truth(expect, out)?, None),
    };
    let past = weeks::weeks(n.get("past"), out);
    let incidents = weeks::incidents(n.get("incidents"), out);
    let evidence = n.get("evidence").map(Node::entries).unwrap_or_default().iter();
    let evidence: Vec<(Name, Truth)> =
        evidence.filter_map(|(k, v)| Some((k.text()?.into(), truth(v, out)?))).collect();
    let mut span = |key: &str| n.get(key).and_then(|v| curve::span(v, out));
    let (at, onset, tick) = (span("at"), span("onset"), span("tick"));
    let scene = match text("bundle") {
        Some(name) => {
            let without = n.get("without").map(Node::items).unwrap_or_default();
            let mut without: Vec<Name> =
                without.iter().filter_map(Node::text).map(Name::from).collect();
            without.sort();
            Scene::Bundle(Recorded { name, without, at, onset, tick })
        }
        None => {
            let empty = Node { at: n.at, value: Value::Null };
            let own = n.get("given").unwrap_or(&empty);
            let mut whole = shared.map_or_else(|| own.clone(), |s| over(s, own));
            for (key, value) in
                ["at", "onset", "tick"].map(|k| (if k == "at" { "until" } else { k }, n.get(k)))
            {
                if let Some(value) = value {
                    whole = over(&whole, &single(key, value));
                }
            }
            Scene::Given(whole)
        }
    };
    let mut name = text("name").unwrap_or_else(|| "a case".into());
    if !past.is_empty() {
        name = format!("{name} (weeks: generated)").into();
    }
    let says = n.get("says").map(Node::items).unwrap_or_default();
    let says = says.iter().filter_map(Node::text).map(Name::from).collect();
    let subject = text("subject");
    Some(Case { name, at: n.at, expect, level, subject, evidence, says, past, incidents, scene })
}

fn single(key: &str, value: &Node) -> Node {
    let key = Node { at: value.at, value: Value::Text(key.to_owned()) };
    Node { at: value.at, value: Value::Map(vec![(key, value.clone())]) }
}

fn truth(n: &Node, out: &mut Mistakes) -> Option<Truth> {
    match n.text() {
        Some("true") => Some(Truth::True),
        Some("false") => Some(Truth::False),
        Some("unknown") => Some(Truth::Unknown),
        _ => {
            out.add(n.at, "this is no outcome", "true, false or unknown");
            None
        }
    }
}

/// One block laid over another: keys of the upper one count, blocks go together.
fn over(lower: &Node, upper: &Node) -> Node {
    let (Value::Map(a), Value::Map(b)) = (&lower.value, &upper.value) else {
        return if matches!(upper.value, Value::Null) { lower.clone() } else { upper.clone() };
    };
    // lists and ranges are replaced whole: two half curves are none
    let ranges =
        |m: &[(Node, Node)]| m.iter().any(|(k, _)| k.text().is_some_and(|t| t.contains("..")));
    if ranges(a) || ranges(b) {
        return upper.clone();
    }
    let mut out = a.clone();
    for (k, v) in b {
        match out.iter_mut().find(|(x, _)| x.text() == k.text()) {
            Some((_, old)) if matches!(v.value, Value::Null) => old.value = Value::Null,
            Some((_, old)) => *old = over(old, v),
            None => out.push((k.clone(), v.clone())),
        }
    }
    Node { at: upper.at, value: Value::Map(out) }
}

/// What the rule comes to at the place that a case names, else at all of its places: one that holds
/// counts most, then one that is unknown.
pub fn evaluate(
    rule: &Rule,
    moment: &Moment<'_>,
    subject: Option<&str>,
) -> Option<(Subject, Evaluation)> {
    let ctx = Ctx::new(moment.snapshot);
    let mut places: BTreeMap<Subject, Ctx<'_>> = BTreeMap::new();
    for job in moment.snapshot.estate.jobs.keys() {
        let ctx = (moment.onset)(job).map_or_else(|| ctx.clone(), |onset| ctx.with_onset(onset));
        places.extend(rule.subjects(&ctx, job).into_iter().map(|s| (s, ctx.clone())));
    }
    match subject {
        Some("fault") => {
            let there = (moment.struck)(places.keys().cloned().collect());
            places.retain(|s, _| there.contains(s));
        }
        Some(wanted) => places.retain(|s, ctx| is_called(ctx, s, wanted)),
        None => {}
    }
    let rank = |e: &Evaluation| match e.truth {
        Truth::True => 2,
        Truth::Unknown => 1,
        Truth::False => 0,
    };
    let mut best: Option<(Subject, Evaluation)> = None;
    for (s, ctx) in places {
        let e = rule.evaluate(&ctx, &s);
        if best.as_ref().is_none_or(|(_, b)| rank(&e) > rank(b)) {
            best = Some((s, e));
        }
    }
    best
}

fn is_called(ctx: &Ctx<'_>, s: &Subject, wanted: &str) -> bool {
    let Some((kind, path)) = wanted.split_once(' ') else { return false };
    if kind == "job" {
        return s.job().is_some_and(|job| *job.key == *path);
    }
    let own = ctx.label(s);
    let path_of = match s {
        Subject::Subtask { job, vertex, index } => {
            let v = Subject::Vertex { job: job.clone(), vertex: vertex.clone() };
            format!("{}/{index}", ctx.label(&v))
        }
        Subject::Partition { topic, partition } => format!("{}/{partition}", topic.topic),
        _ => own,
    };
    let whole = s.job().map(|j| format!("{}/{path_of}", j.key));
    s.kind().name() == kind && (path_of == path || whole.as_deref() == Some(path))
}

/// Why the case fails; None: it holds.
pub fn judge(rule: &Rule, case: &Case, moment: &Moment<'_>) -> Option<String> {
    if case.level.is_some() || !case.past.is_empty() || !case.says.is_empty() {
        return Some("`high`, `low`, `says` and `past` are for checks of an inspection".to_owned());
    }
    let Some((place, found)) = evaluate(rule, moment, case.subject.as_deref()) else {
        let none =
            case.subject.is_some() || case.expect != Truth::False || !case.evidence.is_empty();
        return none.then(|| "the rule has no place there".to_owned());
    };
    let mut wrong = Vec::new();
    if found.truth != case.expect {
        let place = display(&place, &moment.snapshot.estate);
        wrong.push(format!("{} at {place}, not {}", word(found.truth), word(case.expect)));
        for e in found.needs.iter().chain(&found.against) {
            wrong.push(format!("  {} is {}: {}{}", e.name, word(e.truth), e.expr, figures(e)));
        }
    }
    for (name, expected) in &case.evidence {
        let all = || found.needs.iter().chain(&found.against);
        match all().find(|e| e.name == *name) {
            None => {
                let todo = did_you_mean(name, all().map(|e| &*e.name));
                wrong.push(format!("no evidence is called `{name}`: {todo}"));
            }
            Some(e) if e.truth != *expected => {
                let (is, not) = (word(e.truth), word(*expected));
                wrong.push(format!("{} is {is}, not {not}: {}{}", e.name, e.expr, figures(e)));
            }
            Some(_) => {}
        }
    }
    (!wrong.is_empty()).then(|| wrong.join("\n"))
}

pub fn word(truth: Truth) -> &'static str {
    match truth {
        Truth::True => "true",
        Truth::False => "false",
        Truth::Unknown => "unknown",
    }
}

fn figures(e: &super::Evidence) -> String {
    let checks = e.checks.iter().map(|c| {
        let value = c.value.as_ref().map(super::Figure::told);
        let missing = c.missing.as_ref().map(|m| format!("not seen: {m}"));
        format!("{} = {}", c.expr, value.or(missing).unwrap_or_else(|| "unknown".to_owned()))
    });
    let all: Vec<String> = checks.collect();
    if all.is_empty() { String::new() } else { format!("  [{}]", all.join("; ")) }
}
