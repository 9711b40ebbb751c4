//! One look of half a minute by the loops of the running process, without store and page.

use super::assess::{INFER_EVERY, told_by};
use super::{Loops, World, watch_loop};
use crate::clock;
use crate::config::Config;
use crate::web::view::TargetView;
use std::sync::Arc;
use std::time::Duration;
use streamwarden_core::case::{CauseRole, IncidentState, Verdict};
use streamwarden_core::detect::gets_later;
use streamwarden_core::estate::{Gap, Identity, JobState, SeriesTable};
use streamwarden_core::incident::Book;
use streamwarden_core::know::{self, Pass};
use streamwarden_core::rules::RuleSet;
use streamwarden_core::snapshot::Snapshot;
use tokio::time::{Instant, MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

/// A JobManager that has answered nothing for so long is not there: a request may take five.
const NOBODY: Duration = Duration::from_secs(8);
/// Less shows neither a trend nor what an answer rests on.
const LEAST: Duration = Duration::from_secs(20);

/// How long to look.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    pub look: Duration,
    /// While it is not clear what is the matter.
    pub longest: Duration,
}

/// What the look brought so far.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Progress {
    pub elapsed: Duration,
    pub targets: usize,
    pub targets_up: usize,
    pub jobs: usize,
    /// Edges and jobs whose delay is known.
    pub delays: usize,
    /// Things that are wrong, explained or not.
    pub wrong: usize,
}

/// What the look brought.
#[derive(Debug)]
pub struct Glance {
    pub took: Duration,
    pub snapshot: Snapshot,
    pub pass: Pass,
    pub targets: Vec<TargetView>,
    /// What could not be asked in the end.
    pub gaps: Vec<Gap>,
    /// Not one JobManager answered.
    pub nobody: bool,
}

/// Looks at what `config` names. `tell` hears of each pass.
///
/// # Errors
/// A loop broke down.
pub async fn glance(
    config: Config,
    identity: Vec<Identity>,
    rules: RuleSet,
    patience: Patience,
    tell: impl Fn(&Progress),
) -> Result<Glance, String> {
    let settings = config.settings.clone();
    let table = SeriesTable::default();
    let world = World::new(Default::default(), table, Vec::new(), settings, identity);
    let loops = Loops::default();
    let stop = CancellationToken::new();
    let _ends_with_us = stop.clone().drop_guard();
    if config.probe {
        world.allow_probes(loops.register("probes", patience.longest));
    }
    let tick = config.tick;
    let mut watching = tokio::spawn(watch_loop(config, world.clone(), loops, stop));
    let assessing = assess(world, Arc::new(rules), tick, patience, tell);
    tokio::select! {
        looked = assessing => looked,
        ended = &mut watching => Err(match ended {
            Ok(Ok(())) => "the collectors ended".to_owned(),
            Ok(Err(error)) => error,
            Err(error) => format!("the collectors broke down: {error}"),
        }),
    }
}

async fn assess(
    world: World,
    rules: Arc<RuleSet>,
    tick: Duration,
    patience: Patience,
    tell: impl Fn(&Progress),
) -> Result<Glance, String> {
    let began = Instant::now();
    let mut timer = interval(tick);
    timer.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let mut book = Book::default();
    for n in 0u64.. {
        timer.tick().await;
        let (w, r, before) = (world.clone(), rules.clone(), book);
        let infer = n.is_multiple_of(INFER_EVERY);
        let work = move || told_by(know::glance, &w, clock::now(), infer, &r, &before);
        let (snapshot, pass) = tokio::task::spawn_blocking(work)
            .await
            .map_err(|e| format!("the assessment broke down: {e}"))?;
        book = pass.book.clone();
        let (targets, gaps) = world.with_targets(|book| (book.views(), book.gaps()));
        let took = began.elapsed();
        tell(&progress(took, &targets, &snapshot, &pass));
        let nobody = took >= NOBODY && nobody(&targets);
        if nobody || patience.over(took, clear(&snapshot, &pass, &targets)) {
            return Ok(Glance { took, snapshot, pass, targets, gaps, nobody });
        }
    }
    Err("time has no end".to_owned())
}

impl Patience {
    fn over(self, took: Duration, clear: Clear) -> bool {
        match clear {
            Clear::Ill => took >= LEAST.min(self.look),
            Clear::Nothing => took >= self.look,
            Clear::No => took >= self.longest,
        }
    }
}

/// Whether looking on would tell more.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Clear {
    /// A root was said and has stood.
    Ill,
    /// All that runs is seen, and nothing is wrong.
    Nothing,
    No,
}

fn clear(snapshot: &Snapshot, pass: &Pass, targets: &[TargetView]) -> Clear {
    // it may come back
    if targets.iter().any(lost) {
        return Clear::No;
    }
    let trouble = |r: CauseRole| !matches!(r, CauseRole::Hazard | CauseRole::NotAFault);
    let ill: Vec<_> = pass.book.incidents.values().filter(|i| trouble(i.diagnosis.role)).collect();
    let stands = ill.iter().all(|i| {
        let root = matches!(i.diagnosis.verdict, Verdict::Root { .. });
        root && i.state != IncidentState::Provisional
    });
    if !stands || !pass.assessment.pending.is_empty() {
        return Clear::No;
    }
    if !ill.is_empty() {
        return Clear::Ill;
    }
    let jobs = snapshot.estate.jobs.values().filter(|j| j.gone.is_none());
    let runs = jobs.filter(|j| j.run.state == JobState::Running).count();
    let seen = runs > 0 && snapshot.lineage.edges.iter().all(|e| e.delay.now.is_some());
    // what is late and gets later has only not been seen for long enough
    let grows = snapshot
        .lineage
        .edges
        .iter()
        .any(|e| e.delay.now.as_ref().is_some_and(|n| gets_later(n.seconds, e.delay.trend)));
    if seen && !grows { Clear::Nothing } else { Clear::No }
}

/// A Flink that answered at first and does not any more.
pub fn lost(t: &TargetView) -> bool {
    t.kind == "flink_rest" && t.up == Some(false) && t.last_ok.is_some() && t.last_ok < t.last_try
}

fn nobody(targets: &[TargetView]) -> bool {
    let rest = "flink_rest";
    let mut flink = targets.iter().filter(|t| t.kind == rest).peekable();
    flink.peek().is_some() && flink.all(|t| t.up == Some(false) && t.last_ok.is_none())
}

fn progress(
    elapsed: Duration,
    targets: &[TargetView],
    snapshot: &Snapshot,
    pass: &Pass,
) -> Progress {
    Progress {
        elapsed,
        targets: targets.len(),
        targets_up: targets.iter().filter(|t| t.up == Some(true)).count(),
        jobs: snapshot.estate.jobs.values().filter(|j| j.gone.is_none()).count(),
        delays: snapshot.lineage.edges.iter().filter(|e| e.delay.now.is_some()).count(),
        wrong: pass.book.incidents.len() + pass.assessment.pending.len(),
    }
}
