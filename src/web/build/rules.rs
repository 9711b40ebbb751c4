//! Rules as the page shows them, with what became of their diagnoses.

use super::Error;
use super::convert::word;
use super::incident::text;
use crate::web::casebook::Judged;
use crate::web::state::RuleShelf;
use crate::web::view_incident::*;
use streamwarden_core::rules::{Condition, Proof, Rule};

/// How many near names an error offers.
const NEAREST: usize = 3;

pub fn rules(shelf: &RuleShelf, judged: &Judged) -> RuleList {
    RuleList {
        loaded: shelf.loaded.map(|t| t.0),
        rules: shelf.set.rules().iter().map(|r| row(shelf, r, judged)).collect(),
        errors: shelf.errors.clone(),
        scored: shelf.scored.as_ref().map(|s| ScoredView {
            at: s.at.0,
            recordings: s.recordings,
            same_rules: s.same_rules,
        }),
    }
}

/// One rule by its cause.
///
/// # Errors
/// No rule has this cause.
pub fn rule(shelf: &RuleShelf, judged: &Judged, cause: &str) -> Result<RuleView, Error> {
    let Some(rule) = shelf.set.get(cause) else { return Err(unknown(shelf, cause)) };
    let lookalike = |l: &streamwarden_core::rules::Lookalike| Lookalike {
        cause: l.cause.to_string(),
        told_apart_by: format!("{}{}", if l.not { "not " } else { "" }, l.by),
    };
    Ok(RuleView {
        row: row(shelf, rule, judged),
        needs: rule.needs.iter().map(condition).collect(),
        against: rule.against.iter().map(condition).collect(),
        lookalikes: rule.lookalikes.iter().map(lookalike).collect(),
        advice: rule.advice.iter().map(|s| text(&s.written())).collect(),
        never: rule.never.iter().map(|s| text(&s.written())).collect(),
        cures: rule.cures.iter().map(|c| c.to_string()).collect(),
        text: shelf.texts.get(&*rule.file).cloned().unwrap_or_default(),
    })
}

fn unknown(shelf: &RuleShelf, cause: &str) -> Error {
    let names = shelf.set.rules().iter().map(|r| &*r.cause);
    let mut near: Vec<_> = names.map(|n| (strsim::jaro_winkler(n, cause), n)).collect();
    near.retain(|(score, _)| *score > 0.7);
    near.sort_by(|a, b| b.0.total_cmp(&a.0));
    let nearest = near.into_iter().take(NEAREST).map(|(_, n)| n.to_owned()).collect();
    Error::NotFound { what: "rule of cause", id: cause.to_owned(), nearest }
}

pub fn condition(c: &Condition) -> RuleCondition {
    RuleCondition { name: c.name.to_string(), expr: c.text.to_string() }
}

fn row(shelf: &RuleShelf, r: &Rule, judged: &Judged) -> RuleRow {
    let said = |want: bool| {
        let of = judged
            .iter()
            .filter(|(causes, right)| *right == want && causes.iter().any(|c| **c == *r.cause));
        u32::try_from(of.count()).unwrap_or(u32::MAX)
    };
    let scored = shelf.scored.as_ref().and_then(|s| s.causes.get(&*r.cause));
    RuleRow {
        cause: r.cause.to_string(),
        role: word(&r.role),
        layer: word(&r.layer),
        family: r.family.as_ref().map(|f| f.to_string()),
        at: r.place(),
        says: text(&r.says.written()),
        proof: (r.proof != Proof::None).then(|| word(&r.proof)),
        source: Some(r.source.to_string()).filter(|s| !s.is_empty()),
        record: RuleRecord {
            right: scored.map(|c| c.right),
            wrong: scored.map(|c| c.wrong),
            undetermined: scored.map(|c| c.undetermined),
            said_right: said(true),
            said_wrong: said(false),
        },
        file: r.file.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::testdata;

    #[test]
    fn a_rule_is_shown_as_it_is_written_with_what_people_said_of_it() {
        let shelf = testdata::shelf();
        let of = |cause: &str, right| (vec![cause.to_owned()], right);
        let hot = "code.data_skew_hot_key";
        let judged = vec![of(hot, true), of(hot, false), of(hot, true), of("other", true)];
        let view = rule(&shelf, &judged, hot).unwrap();
        assert_eq!((view.row.record.right, view.row.record.wrong), (Some(6), Some(0)));
        assert_eq!((view.row.record.said_right, view.row.record.said_wrong), (2, 1));
        assert_eq!(view.row.says.en, "{vertex}: subtask {hot} is hot");
        assert!(view.row.at.starts_with("vertex where "), "{}", view.row.at);
        assert_eq!(view.needs[0].expr, "busy of hot >= 0.9 for 20s");
        assert_eq!(view.lookalikes[0].told_apart_by, "not others_busy");
        assert_eq!(
            (view.row.proof.as_deref(), view.row.source.as_deref()),
            (Some("bed"), Some("Heron"))
        );
        assert!(view.text.starts_with("cause:"));
        assert_eq!(rules(&shelf, &judged).rules.len(), 1);
    }
}
