//! Who stands beside an ill component and is not down because of it.

use super::trouble::{TOLERANCE, Trouble, Troubles};
use crate::case::{Symptom, SymptomKind};
use crate::estate::{ClusterId, Span, Subject};
use crate::rules::Ctx;
use crate::rules::exceptions::primary;
use crate::rules::stand::only_feeds;

/// What a sink cannot hand on fails it within this: Kafka's `delivery.timeout.ms`, the most patient
/// of the usual clients.
const PATIENCE: Span = Span::secs(120);

/// The job fails, only feeds this component, ran well for longer than a sink bears while that was
/// ill, and what Flink says of the failure does not name it.
pub fn aside(ctx: &Ctx<'_>, troubles: &Troubles<'_>, trouble: &Trouble<'_>, s: &Subject) -> bool {
    use SymptomKind::{NotRunning, Restarted};
    let Subject::Base { cluster, .. } = s else { return false };
    let ill = |x: &&&Symptom| x.kind == SymptomKind::BaseIll && x.subject == *s;
    let Some(ill) = troubles.shared.iter().find(ill) else { return false };
    // how long it was so before we came nobody knows: not near
    let near = if ill.onset_at_least { TOLERANCE } else { PATIENCE };
    trouble.symptoms.iter().any(|x| matches!(x.kind, NotRunning | Restarted))
        && trouble.onset > ill.onset + near
        && only_feeds(ctx, trouble.job, s)
        && !named(ctx, trouble, cluster).unwrap_or(false)
}

/// Flink's words name it, what it is, or an address at which it is asked.
fn named(ctx: &Ctx<'_>, trouble: &Trouble<'_>, id: &ClusterId) -> Option<bool> {
    let (_, entries) = ctx.job(trouble.job)?.run.exceptions.as_ref()?;
    let thrown = primary(entries, trouble.onset - TOLERANCE)?;
    let base = ctx.estate().bases.get(id)?;
    let hosts = base.members.values().filter_map(|m| m.is.host.as_deref());
    let words = base.members.keys().map(|m| &**m).chain(hosts).chain([id.as_str(), &*base.sort]);
    Some(words.into_iter().any(|w| has_word(&thrown.chain, w)))
}

/// Not as a part of another word: `ck` is none in `checkpoint`.
fn has_word(text: &str, word: &str) -> bool {
    let joins = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    !word.is_empty()
        && text.match_indices(word).any(|(at, _)| {
            let (before, after) = (text.get(..at), text.get(at + word.len()..));
            !joins(before.and_then(|b| b.chars().next_back()))
                && !joins(after.and_then(|a| a.chars().next()))
        })
}
