//! Each tick: one snapshot out of what is known, the lineage of it, and what is the matter.

use super::cases::Pass as News;
use super::{Beat, Cases, Finding, Freezing, LoopHandle, World};
use crate::clock;
use crate::web::state::Tick;
use arc_swap::ArcSwap;
use std::sync::Arc;
use std::time::Duration;
use streamwarden_core::estate::Millis;
use streamwarden_core::incident::Book;
use streamwarden_core::know::{Pass, pass};
use streamwarden_core::lineage::{Input, NodeRef, assess, infer_writes};
use streamwarden_core::rules::RuleSet;
use streamwarden_core::snapshot::Snapshot;
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// Which topics sinks write is asked again this often (in ticks): it looks at an hour of rates.
pub(super) const INFER_EVERY: u64 = 3;

/// What an assessment reads beside the world, and where it tells what it found.
pub struct Desk {
    pub rules: Arc<ArcSwap<RuleSet>>,
    pub cases: Cases,
    pub snapshot: Arc<ArcSwap<Snapshot>>,
    pub ticks: watch::Sender<Tick>,
    pub freezing: Freezing,
    /// For whoever plans.
    pub findings: watch::Sender<Option<Arc<Finding>>>,
}

/// Runs until `stop`. Assessments never overlap; what they read is a cheap copy.
pub async fn assess_loop(
    world: World,
    mut desk: Desk,
    period: Duration,
    handle: LoopHandle,
    stop: CancellationToken,
) -> Result<(), String> {
    let mut beat = Beat::every(period, &stop);
    let mut n = 0u64;
    let mut book = Book::of(desk.cases.incidents());
    while beat.comes().await {
        handle.begin();
        let began = Instant::now();
        let (w, infer) = (world.clone(), n.is_multiple_of(INFER_EVERY));
        let rules = desk.rules.load_full();
        let used = rules.clone();
        // pure CPU work: off the threads that serve requests
        let work = move || told(&w, clock::now(), infer, &rules, &book);
        let (taken, told) = tokio::task::spawn_blocking(work)
            .await
            .map_err(|e| format!("the assessment broke down: {e}"))?;
        book = told.book.clone();
        let news = News {
            found: &told.assessment,
            open: &book.incidents,
            events: told.events.clone(),
            snapshot: &taken,
        };
        desk.cases.take(news).await;
        let changes = taken.changes.len().saturating_sub(desk.snapshot.load().changes.len());
        let outcome = format!(
            "{} nodes, {} edges, {} blind spots, {} incidents, {} symptoms not explained yet",
            taken.lineage.nodes.len(),
            taken.lineage.edges.len(),
            taken.lineage.blind.len() + taken.gaps.len(),
            book.incidents.len(),
            told.assessment.pending.len()
        );
        let tick = Tick { at: taken.at, changes: u32::try_from(changes).unwrap_or(u32::MAX) };
        let taken = Arc::new(taken);
        desk.freezing.look(&told.events, &book, &taken, &world);
        desk.snapshot.store(taken.clone());
        let found = Finding { snapshot: taken, pass: told, rules: used };
        desk.findings.send_replace(Some(Arc::new(found)));
        desk.ticks.send_replace(tick);
        let took = began.elapsed();
        handle.end(outcome, took);
        handle.late((took.as_millis() / period.as_millis().max(1)) as u64);
        n += 1;
    }
    Ok(())
}

/// What is known at `at` and what is the matter; whoever has a symptom is looked at more closely
/// from now on, and probes are wanted where they would settle something.
pub fn told(
    world: &World,
    at: Millis,
    infer: bool,
    rules: &RuleSet,
    book: &Book,
) -> (Snapshot, Pass) {
    told_by(pass, world, at, infer, rules, book)
}

/// The same with another pass.
pub(super) fn told_by(
    pass: impl Fn(&RuleSet, &Snapshot, &Book) -> Pass,
    world: &World,
    at: Millis,
    infer: bool,
    rules: &RuleSet,
    book: &Book,
) -> (Snapshot, Pass) {
    let snapshot = one(world, at, infer);
    let told = pass(rules, &snapshot, book);
    world.hurry(told.seen.symptoms.iter().filter_map(|s| s.job.clone()).collect());
    world.want_probes(&told.assessment.wanted, at);
    (snapshot, told)
}

/// What is known at `at`. A replay does the same.
pub(super) fn one(world: &World, at: Millis, infer: bool) -> Snapshot {
    let look = world.look();
    let input = Input {
        at,
        estate: &look.estate,
        signals: &look.table,
        settings: &look.settings,
        inferred: &look.inferred,
    };
    let inferred = infer.then(|| infer_writes(&input));
    let input = Input { inferred: inferred.as_ref().unwrap_or(&look.inferred), ..input };
    let assessed = assess(&input);
    let read = assessed.lineage.edges.iter().filter_map(|e| match &e.from {
        NodeRef::Topic { topic } => Some(topic.clone()),
        NodeRef::Job { .. } | NodeRef::Base { .. } => None,
    });
    world.give_back(&assessed.samples, read.collect(), inferred);
    Snapshot {
        at,
        tick: streamwarden_core::estate::Span(look.settings.fresh.0 / 3),
        estate: look.estate,
        signals: world.table(),
        lineage: Arc::new(assessed.lineage),
        changes: look.changes,
        gaps: look.gaps,
        past: Arc::default(),
        seasons: look.seasons,
        planned: look.planned,
        repairs: look.repairs,
    }
}
