//! `rules why`: every rule that was asked at one moment of a recording, and what it came to.

use super::{Exit, Failure, Output, replay};
use crate::record::Derive;
use crate::tasks::replay_to;
use std::sync::Arc;
use streamwarden_core::detect::detect;
use streamwarden_core::diagnose::{Candidate, asked};
use streamwarden_core::estate::{Span, display, plain};
use streamwarden_core::rules::{Check, Evidence, Figure, Truth};

pub fn run(
    file: &std::path::Path,
    at: i64,
    cause: &str,
    tick: Option<u32>,
    out: &Output,
) -> Result<Exit, Failure> {
    let bundle = Arc::new(replay::open(file)?);
    let zero = bundle.header.story.as_ref().and_then(|s| s.injected).unwrap_or(bundle.header.from);
    let tick = tick.map(|s| Span::secs(i64::from(s)));
    let derive = Derive { tick, days: true, ..Derive::default() };
    let snapshot = replay_to(bundle, derive, zero + Span::secs(at)).ok_or_else(|| {
        Failure::new("the recording ends before that".to_owned(), "give an earlier --at")
    })?;
    let rules = crate::rules::load(None)?.set;
    let seen = detect(&snapshot);
    for symptom in &seen.symptoms {
        let place = display(&symptom.subject, &snapshot.estate);
        let onset = (symptom.onset - zero).as_secs();
        let text = format!("symptom  {place}: {} since {onset:+.0} s\n", symptom.kind.name());
        out.text(&plain_lines(&text));
    }
    let mut found = asked(&rules, &snapshot, &seen);
    found.retain(|c| c.rule.cause.contains(cause));
    found.sort_by(|a, b| {
        let rank = |c: &Candidate<'_>| (c.found.truth, !c.open());
        rank(a).cmp(&rank(b)).then(b.found.support.total_cmp(&a.found.support))
    });
    for candidate in found {
        let place = display(&candidate.subject, &snapshot.estate);
        let mut text =
            format!("{:<8} {} · {place}\n", word(candidate.found.truth), candidate.rule.cause);
        for evidence in &candidate.found.needs {
            text += &line("needs", evidence);
        }
        for evidence in candidate.found.against.iter().filter(|e| e.truth != Truth::False) {
            text += &line("against", evidence);
        }
        out.text(&plain_lines(&text));
    }
    Ok(Exit::Fine)
}

fn plain_lines(text: &str) -> String {
    text.lines().map(|l| plain(l).into_owned() + "\n").collect()
}

fn word(truth: Truth) -> &'static str {
    match truth {
        Truth::True => "HOLDS",
        Truth::False => "no",
        Truth::Unknown => "unknown",
    }
}

fn line(kind: &str, e: &Evidence) -> String {
    let checks: Vec<String> = e.checks.iter().map(check).collect();
    format!("  {kind:<8}{:<8}{}: {}\n", word(e.truth), e.name, checks.join("; "))
}

fn check(c: &Check) -> String {
    let value = c.value.as_ref().map_or_else(|| "?".to_owned(), figure);
    let bound = c.threshold.as_ref().map_or_else(|| "?".to_owned(), figure);
    let op = c.op.as_deref().unwrap_or("");
    let missing = c.missing.as_ref().map_or(String::new(), |m| format!(" ({m})"));
    format!("{} = {value} {op} {bound}{missing}", c.expr)
}

fn figure(f: &Figure) -> String {
    match f {
        Figure::Number { value, unit } => format!("{value:.4} {unit}"),
        Figure::Text { text } => text.to_string(),
        Figure::Truth { truth } => truth.to_string(),
    }
}
