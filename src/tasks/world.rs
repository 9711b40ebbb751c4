//! The one place that holds the estate, the series and the changes while the process runs.
//! Collectors hand in what they saw; an assessment takes a cheap copy and gives back what it
//! derived. Nothing waits while the lock is held.

use super::probe::{Desk, Order};
use super::{LoopHandle, TargetBook};
use crate::collect::Yield;
use crate::record::{Look as Seen, Recent, Recorder};
use crate::web::state::FlinkPages;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use streamwarden_core::case::Probe;
use streamwarden_core::estate::{
    Application, Change, ClusterId, Entity, Estate, Gap, JobKey, Millis, Name, PlannedWork, RunId,
    SeriesTable, Target, TopicId, UnderRepair,
};
use streamwarden_core::lineage::{Inferred, Settings};
use streamwarden_core::past::Seasons;
use streamwarden_core::signals::{Sample, Signal};

/// Changes kept in memory; all of them are in the database.
const MAX_CHANGES: usize = 2000;

#[derive(Clone)]
pub struct World(Arc<Inner>);

struct Inner {
    state: Mutex<State>,
    /// Everything that is taken in goes there as well.
    recorder: OnceLock<Recorder>,
    /// Where each Flink cluster that is looked at has its own page.
    pages: FlinkPages,
}

struct State {
    estate: Arc<Estate>,
    table: SeriesTable,
    settings: Settings,
    inferred: Inferred,
    changes: VecDeque<Change>,
    /// Not yet written to the database.
    unwritten: Vec<Change>,
    book: TargetBook,
    shared_changes: Arc<Vec<Change>>,
    planned: Arc<Vec<PlannedWork>>,
    repairs: Arc<Vec<UnderRepair>>,
    seasons: Arc<Seasons>,
    read: BTreeSet<TopicId>,
    hurried: BTreeSet<JobKey>,
    desk: Desk,
    /// What was told in the last quarter of an hour, for incidents.
    recent: Recent,
}

/// Topics and groups of a Kafka cluster that jobs are known to use.
#[derive(Clone, Debug, Default)]
pub struct Expected {
    pub topics: Vec<Name>,
    pub groups: Vec<Name>,
}

/// What an assessment reads, at one moment.
pub struct Look {
    pub estate: Arc<Estate>,
    pub table: SeriesTable,
    pub settings: Settings,
    pub inferred: Inferred,
    pub changes: Arc<Vec<Change>>,
    pub gaps: Arc<Vec<Gap>>,
    /// Announced, and not over.
    pub planned: Arc<Vec<PlannedWork>>,
    /// By us, now.
    pub repairs: Arc<Vec<UnderRepair>>,
    pub seasons: Arc<Seasons>,
}

impl World {
    pub fn new(
        mut estate: Estate,
        table: SeriesTable,
        changes: Vec<Change>,
        settings: Settings,
        identity: Vec<streamwarden_core::estate::Identity>,
    ) -> World {
        estate.identity = identity;
        let shared_changes = Arc::new(changes.clone());
        let state = Mutex::new(State {
            estate: Arc::new(estate),
            table,
            settings,
            inferred: Inferred::default(),
            changes: changes.into(),
            unwritten: Vec::new(),
            book: TargetBook::default(),
            shared_changes,
            planned: Arc::default(),
            repairs: Arc::default(),
            seasons: Arc::default(),
            read: BTreeSet::new(),
            hurried: BTreeSet::new(),
            desk: Desk::default(),
            recent: Recent::default(),
        });
        World(Arc::new(Inner { state, recorder: OnceLock::new(), pages: FlinkPages::default() }))
    }

    /// From now on; the first one stays.
    pub fn record_to(&self, recorder: Recorder) {
        let _ = self.0.recorder.set(recorder);
    }

    /// What a collector saw in a look that ended at `at`.
    pub fn take_in(&self, target: &Target, found: Yield, at: Millis, took_ms: f64) {
        if let Some(recorder) = self.0.recorder.get() {
            recorder.take(seen(target, &found, at, took_ms));
        }
        let mut state = self.lock();
        state.book.note(target, &found, at, took_ms);
        state.desk.ended(&found.probed);
        state.recent.note(target, at, took_ms, &found.facts, &found.gaps, &found.seen);
        let mut changes = Vec::new();
        for (seen, fact) in found.facts {
            changes.extend(Arc::make_mut(&mut state.estate).apply(fact, seen));
        }
        for sample in &found.samples {
            if let (Signal::Restarts, Entity::Run { cluster, run }) =
                (sample.signal, &sample.entity)
            {
                let estate = Arc::make_mut(&mut state.estate);
                changes.extend(estate.observe_restarts(cluster, run, sample.at, sample.value));
            }
        }
        state.put_of(target, &found.samples, at);
        if !changes.is_empty() {
            state.remember(changes);
        }
    }

    /// Which Kafka cluster the jobs of a Flink cluster use, once it is known.
    pub fn uses_kafka(&self, flink: &ClusterId, kafka: &ClusterId) {
        self.lock().settings.kafka_of.insert(flink.clone(), kafka.clone());
    }

    /// Addresses of Kafka that were read in logs, by Flink cluster.
    pub fn kafka_addresses(&self) -> BTreeMap<ClusterId, Vec<Name>> {
        let state = self.lock();
        let addresses = |f: &streamwarden_core::estate::FlinkCluster| {
            f.kafka_addresses.keys().cloned().collect()
        };
        state.estate.flink.iter().map(|(id, f)| (id.clone(), addresses(f))).collect()
    }

    /// What a YARN listed last; None: it has told nothing yet.
    pub fn applications(&self, yarn: &ClusterId) -> Option<Vec<Application>> {
        let state = self.lock();
        let listed = state.estate.bases.get(yarn)?.applications.as_ref()?;
        Some(listed.1.clone())
    }

    pub fn look(&self) -> Look {
        let state = self.lock();
        Look {
            estate: state.estate.clone(),
            table: state.table.clone(),
            settings: state.settings.clone(),
            inferred: state.inferred.clone(),
            changes: state.shared_changes.clone(),
            gaps: Arc::new(state.book.gaps()),
            planned: state.planned.clone(),
            repairs: state.repairs.clone(),
            seasons: state.seasons.clone(),
        }
    }

    /// What people announced; from the next look on.
    pub fn plan(&self, planned: Arc<Vec<PlannedWork>>) {
        self.lock().planned = planned;
    }

    /// On which jobs we are at work; from the next look on.
    pub fn repair(&self, repairs: Arc<Vec<UnderRepair>>) {
        self.lock().repairs = repairs;
    }

    /// What is usual at a time of day, from now on.
    pub fn usual(&self, seasons: Arc<Seasons>) {
        self.lock().seasons = seasons;
    }

    pub fn planned(&self) -> Arc<Vec<PlannedWork>> {
        self.lock().planned.clone()
    }

    pub fn expected(&self, kafka: &ClusterId) -> Expected {
        let state = self.lock();
        // groups come from logs, which do not say more than the Flink cluster
        let groups: BTreeSet<&Name> = state
            .estate
            .flink
            .values()
            .flat_map(|f| f.kafka_addresses.values().flatten())
            .collect();
        Expected {
            topics: state
                .read
                .iter()
                .filter(|t| t.cluster == *kafka)
                .map(|t| t.topic.clone())
                .collect(),
            groups: groups.into_iter().cloned().collect(),
        }
    }

    /// Jobs that have a symptom: what tells its cause is to be at most two ticks old.
    pub fn hurry(&self, jobs: BTreeSet<JobKey>) {
        self.lock().hurried = jobs;
    }

    /// From now on probes are asked; `board` shows the last one.
    pub fn allow_probes(&self, board: LoopHandle) {
        self.lock().desk.open(board);
    }

    /// What an assessment would like to ask. Without an effect unless probes are allowed.
    pub fn want_probes(&self, wanted: &[Probe], at: Millis) {
        let mut state = self.lock();
        let estate = state.estate.clone();
        state.desk.want(wanted, &estate, at);
    }

    /// The next probe for a target that can ask it now.
    pub(super) fn next_probe(
        &self,
        can: impl Fn(&Order) -> bool,
        at: Millis,
    ) -> Option<(Order, Name)> {
        self.lock().desk.next(can, at)
    }

    /// Runs of a cluster that are hurried.
    pub fn hurried(&self, flink: &ClusterId) -> BTreeSet<RunId> {
        let state = self.lock();
        let jobs = state.hurried.iter().filter(|k| k.cluster == *flink);
        jobs.filter_map(|k| state.estate.jobs.get(k)).map(|j| j.run.id.clone()).collect()
    }

    /// Runs of a cluster's jobs that we are at work on.
    pub fn watched(&self, flink: &ClusterId) -> BTreeSet<RunId> {
        let state = self.lock();
        let open = state.repairs.iter().filter(|r| r.let_go.is_none() && r.job.cluster == *flink);
        open.filter_map(|r| state.estate.jobs.get(&r.job)).map(|j| j.run.id.clone()).collect()
    }

    /// What an assessment derived; `read`: the topics that jobs read; `inferred` where it looked
    /// at that too.
    pub fn give_back(
        &self,
        samples: &[Sample],
        read: BTreeSet<TopicId>,
        inferred: Option<Inferred>,
    ) {
        let mut state = self.lock();
        state.read = read;
        state.put(samples);
        if let Some(inferred) = inferred {
            state.inferred = inferred;
        }
    }

    /// What was told of late, for the recording of an incident.
    pub fn recent(&self) -> Recent {
        self.lock().recent.clone()
    }

    /// Drops series points before `before`.
    pub fn trim(&self, before: Millis) {
        self.lock().table.trim(before);
    }

    /// Changes not yet in the database, and the estate they are about.
    pub fn take_unwritten(&self) -> (Vec<Change>, Arc<Estate>) {
        let mut state = self.lock();
        (std::mem::take(&mut state.unwritten), state.estate.clone())
    }

    /// Which topics are written, as it was inferred; the first of them when we last ran.
    pub fn inferred(&self) -> Inferred {
        self.lock().inferred.clone()
    }

    pub fn recall(&self, inferred: Inferred) {
        self.lock().inferred = inferred;
    }

    /// They could not be written: they stay due. Bounded: the oldest go first.
    pub fn still_unwritten(&self, mut changes: Vec<Change>) {
        let mut state = self.lock();
        changes.append(&mut state.unwritten);
        let over = changes.len().saturating_sub(MAX_CHANGES);
        changes.drain(..over);
        state.unwritten = changes;
    }

    pub fn table(&self) -> SeriesTable {
        self.lock().table.clone()
    }

    pub fn pages(&self) -> FlinkPages {
        self.0.pages.clone()
    }

    pub fn with_targets<T>(&self, f: impl FnOnce(&mut TargetBook) -> T) -> T {
        f(&mut self.lock().book)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn seen(target: &Target, found: &Yield, at: Millis, took_ms: f64) -> Seen {
    Seen {
        target: target.clone(),
        at,
        took_ms,
        samples: found.samples.clone(),
        facts: found.facts.clone(),
        gaps: found.gaps.clone(),
        seen: found.seen.clone(),
    }
}

impl State {
    /// Half of the table is for whoever comes first; the rest for targets that have begun few
    /// series, so that one whose labels explode leaves room for the others.
    fn put_of(&mut self, target: &Target, samples: &[Sample], at: Millis) {
        let (count, refused) = (self.table.series_count(), self.table.refused());
        let most = self.table.max_series();
        if count < most / 2 || self.book.began(&target.name, at) < (most / 8) as u64 {
            self.put(samples);
        } else {
            for s in samples {
                self.table.record_known(&s.entity, s.signal, s.at, s.value);
            }
        }
        let began = self.table.series_count().saturating_sub(count) as u64;
        self.book.note_kept(&target.name, began, self.table.refused() - refused, at);
    }

    fn put(&mut self, samples: &[Sample]) {
        for s in samples {
            self.table.record(&s.entity, s.signal, s.at, s.value);
        }
    }

    fn remember(&mut self, changes: Vec<Change>) {
        self.unwritten.extend(changes.iter().cloned());
        self.changes.extend(changes);
        let over = self.changes.len().saturating_sub(MAX_CHANGES);
        self.changes.drain(..over);
        self.shared_changes = Arc::new(self.changes.iter().cloned().collect());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use streamwarden_core::estate::{GapReason, TargetKind};

    fn look(world: &World, name: &str, series: std::ops::Range<u32>, at: i64) {
        let target =
            Target { name: name.into(), kind: TargetKind::Prometheus, address: name.into() };
        let samples = series.map(|i| Sample {
            entity: Entity::Target { name: format!("{name} {i}").into() },
            signal: Signal::TargetUp,
            at: Millis(at),
            value: 1.0,
        });
        let found = Yield { samples: samples.collect(), ..Yield::default() };
        world.take_in(&target, found, Millis(at), 1.0);
    }

    #[test]
    fn a_target_whose_labels_explode_leaves_room_for_the_others_and_is_named() {
        let table = SeriesTable::with_max(80);
        let world = World::new(Estate::default(), table, vec![], Settings::default(), vec![]);
        for at in 0..20 {
            let first = at as u32 * 20;
            look(&world, "wild", first..first + 20, at);
        }
        assert_eq!(world.table().series_count(), 40);
        look(&world, "calm", 0..5, 30);
        look(&world, "calm", 5..9, 31);
        assert_eq!(world.table().series_count(), 49);
        look(&world, "wild", 20..50, 32);
        let [gap] = &world.look().gaps[..] else { panic!("{:?}", world.look().gaps) };
        assert!(&*gap.target.name == "wild" && gap.at == Millis(2), "{gap:?}");
        assert!(matches!(gap.reason, GapReason::TooMany { cap: 20, seen: 30, .. }), "{gap:?}");
        look(&world, "wild", 20..40, 33);
        assert!(world.look().gaps.is_empty(), "all of it was kept");
    }
}
