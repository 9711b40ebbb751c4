//! `rules why`: every rule that was asked at one moment of a recording, and what it came to.

use super::say::{Lang, clock};
use super::table::{Ink, Screen};
use super::{Exit, Failure, Output, replay, words};
use crate::record::{Derive, Since};
use crate::tasks::replay_to;
use std::path::PathBuf;
use std::sync::Arc;
use streamwarden_core::case::Symptom;
use streamwarden_core::detect::detect;
use streamwarden_core::diagnose::{Candidate, asked};
use streamwarden_core::estate::{Estate, Millis, Span, display, plain};
use streamwarden_core::rules::{Check, Evidence, Figure, Rule, Truth, did_you_mean};

pub struct Ask {
    pub bundle: PathBuf,
    pub at: i64,
    /// A part of the causes' names.
    pub cause: String,
    pub tick: Option<u32>,
    pub rules: Option<PathBuf>,
}

pub fn run(ask: &Ask, out: &Output) -> Result<Exit, Failure> {
    let rules = crate::rules::load(ask.rules.as_deref())?.set;
    let is_meant = |r: &&Rule| r.cause.contains(&ask.cause);
    if !rules.rules().iter().any(|r| is_meant(&r)) {
        let near = did_you_mean(&ask.cause, rules.rules().iter().map(|r| &*r.cause));
        let error = format!("no rule is loaded whose cause has `{}` in its name", ask.cause);
        return Err(Failure::new(error, format!("{near} --rules DIR adds others")).wrong());
    }
    let bundle = replay::salvaged(&ask.bundle)?;
    let ((zero, since), cut) = (bundle.header.zero(), bundle.cut.clone());
    let tick = ask.tick.map(|s| Span::secs(i64::from(s)));
    let derive = Derive { tick, days: true, ..Derive::default() };
    let moment = zero + Span::secs(ask.at);
    let snapshot = replay_to(Arc::new(bundle), derive, moment).ok_or_else(|| {
        Failure::new("the recording ends before that".to_owned(), "give an earlier --at")
    })?;
    let seen = detect(&snapshot);
    let mut found = asked(&rules, &snapshot, &seen);
    found.retain(|c| is_meant(&c.rule));
    found.sort_by(|a, b| {
        let rank = |c: &Candidate<'_>| (order(c.found.truth), !c.open());
        rank(a).cmp(&rank(b)).then(b.found.support.total_cmp(&a.found.support))
    });
    let none = |r: &&Rule| found.iter().all(|c| c.rule.cause != r.cause);
    let silent: Vec<&Rule> = rules.rules().iter().filter(is_meant).filter(none).collect();
    let told = Told { at: snapshot.at, zero, since, estate: &snapshot.estate };
    if out.json {
        out.json(&told.json(&seen.symptoms, &found, &silent, cut.as_deref()));
        return Ok(Exit::Fine);
    }
    let mut text = told.head(out, cut.as_deref());
    text.extend(seen.symptoms.iter().map(|s| told.symptom(s, out.lang)));
    text.extend(found.iter().map(|c| told.candidate(c, out.lang, &out.screen)));
    // of all rules most are not asked at any moment
    if !ask.cause.is_empty() {
        text.extend(silent.iter().map(|r| not_asked(r, out.lang)));
    }
    out.text(&text);
    Ok(Exit::Fine)
}

/// The moment that is told of.
struct Told<'a> {
    at: Millis,
    zero: Millis,
    since: Since,
    estate: &'a Estate,
}

impl Told<'_> {
    fn head(&self, out: &Output, cut: Option<&str>) -> String {
        let seconds = (self.at - self.zero).as_secs();
        let mut text = format!("{}, {}\n", signed(seconds, out.lang), clock(self.at.0, &out.zone));
        text += replay::since(self.since, out.lang);
        text += &cut.map_or_else(String::new, |why| replay::cut(why, out.lang));
        text
    }

    fn symptom(&self, s: &Symptom, lang: Lang) -> String {
        let place = display(&s.subject, self.estate);
        let onset = signed((s.onset - self.zero).as_secs(), lang);
        let since = lang.say("since {}", "始于 {}").replace("{}", &onset);
        let title = lang.say("symptom", "症状");
        format!("{title}  {}: {}, {since}\n", plain(&place), words::symptom(lang, s.kind))
    }

    fn candidate(&self, c: &Candidate<'_>, lang: Lang, screen: &Screen) -> String {
        let (word, ink) = match c.found.truth {
            Truth::True => (lang.say("HOLDS", "成立"), Ink::Over),
            Truth::False => (lang.say("no", "不成立"), Ink::Dim),
            Truth::Unknown => (lang.say("unknown", "未知"), Ink::Near),
        };
        let place = display(&c.subject, self.estate);
        let mut text =
            format!("\n{} {} · {}\n", screen.ink(ink, word), c.rule.cause, plain(&place));
        for e in &c.found.needs {
            text += &evidence(e, mark(e.truth), "", lang);
        }
        for e in c.found.against.iter().filter(|e| e.truth != Truth::False) {
            let mark = if e.truth == Truth::True { "✗" } else { "?" };
            text += &evidence(e, mark, lang.say("against: ", "反证："), lang);
        }
        text
    }

    fn json(
        &self,
        symptoms: &[Symptom],
        found: &[Candidate<'_>],
        silent: &[&Rule],
        cut: Option<&str>,
    ) -> serde_json::Value {
        let rules: Vec<_> = found
            .iter()
            .map(|c| {
                serde_json::json!({
                    "cause": c.rule.cause, "place": display(&c.subject, self.estate),
                    "subject": c.subject.to_string(), "truth": c.found.truth,
                    "needs": c.found.needs, "against": c.found.against,
                })
            })
            .collect();
        let silent: Vec<_> = silent.iter().map(|r| &r.cause).collect();
        serde_json::json!({
            "at": self.at, "zero": self.zero, "since": self.since, "cut": cut,
            "symptoms": symptoms, "rules": rules, "not_asked": silent,
        })
    }
}

fn signed(seconds: f64, lang: Lang) -> String {
    format!("{seconds:+.0} {}", lang.say("s", "秒"))
}

fn order(truth: Truth) -> u8 {
    match truth {
        Truth::True => 0,
        Truth::Unknown => 1,
        Truth::False => 2,
    }
}

fn not_asked(rule: &Rule, lang: Lang) -> String {
    let words = lang.say(
        "\nnot asked {cause}: it is loaded, and no place of it ({place}) suffers what it is for ({when})\n",
        "\n未询问 {cause}：规则已加载，但没有符合的位置（{place}）出现其适用的症状（{when}）\n",
    );
    let when: Vec<&str> = rule.when.iter().map(|w| &**w).collect();
    let any = lang.say("any symptom", "任意症状");
    let when = if when.is_empty() { any.to_owned() } else { when.join(", ") };
    let words = words.replace("{cause}", &rule.cause).replace("{when}", &when);
    words.replace("{place}", &plain(&rule.place()))
}

fn mark(truth: Truth) -> &'static str {
    match truth {
        Truth::True => "✓",
        Truth::False => "✗",
        Truth::Unknown => "?",
    }
}

fn evidence(e: &Evidence, mark: &str, kind: &str, lang: Lang) -> String {
    // of several each has its own truth
    let several = e.checks.len() > 1;
    let one = |c: &Check| match several {
        true => format!("{} {}", self::mark(c.truth), check(c, lang)),
        false => check(c, lang),
    };
    let checks: Vec<String> = e.checks.iter().map(one).collect();
    let checks = checks.join(lang.say("; ", "；"));
    format!("  {mark} {kind}{}: {}\n", plain(&e.name), plain(&checks))
}

fn check(c: &Check, lang: Lang) -> String {
    let value = match (&c.value, &c.missing) {
        (Some(value), _) => value.told(),
        (None, Some(what)) => lang.say("not seen: {}", "未见：{}").replace("{}", what),
        (None, None) => lang.say("unknown", "未知").to_owned(),
    };
    let bound = match (&c.op, &c.threshold) {
        (Some(op), Some(bound)) => format!(" {op} {}", bound.told()),
        (Some(op), None) => format!(" {op} ?"),
        _ => String::new(),
    };
    let held = c.held_s.map_or_else(String::new, |s| {
        lang.say(" for {}", " 持续 {}").replace("{}", &lang.tongue().figure(s, "s"))
    });
    let limit = format!("{bound}{held}");
    match (limit.trim(), &c.value) {
        ("", Some(Figure::Truth { .. })) => c.expr.to_string(),
        ("", _) => format!("{} {value}", c.expr),
        (limit, _) => format!("{} {value} ({limit})", c.expr),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use streamwarden_core::estate::{ClusterId, JobKey, Subject};

    #[test]
    fn a_check_is_told_with_its_figure_and_its_bound() {
        let job = JobKey::new(&ClusterId::new("c"), "j");
        let number = |value| Some(Figure::Number { value, unit: "ratio".into() });
        let mut c = Check {
            truth: Truth::True,
            subject: Subject::Job { job },
            expr: "min(busy)".into(),
            value: number(0.984_44),
            op: Some(">=".into()),
            threshold: number(0.9),
            held_s: Some(20.0),
            missing: None,
        };
        assert_eq!(check(&c, Lang::En), "min(busy) 0.9844 (>= 0.9 for 20 s)");
        (c.value, c.missing) = (None, Some("busy of subtask 2".into()));
        assert_eq!(check(&c, Lang::Zh), "min(busy) 未见：busy of subtask 2 (>= 0.9 持续 20 秒)");
    }
}
