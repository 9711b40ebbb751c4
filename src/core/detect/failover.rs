//! Restarts, jobs that do not run, and jobs that their JobManager forgot.

use super::Seen;
use super::scene::Scene;
use crate::case::{Against, Calm, NoTrouble, Symptom, SymptomKind};
use crate::estate::{Change, ChangeKind, Job, JobState, Millis, Span, Subject};
use crate::lineage::KEEP_LOST;

/// A restart stays a symptom so long after the last of its burst: what it was is asked then.
const REMEMBERED: Span = Span::secs(90);
/// Restarts closer together than this are one burst.
const BURST: Span = Span::secs(60);
/// Deploying takes seconds; a job that is not RUNNING for longer, or whose tasks are not, waits for
/// something. (Measured: a restart takes 1 to 4 s, a JobManager failover 8.5 s.)
const STARTING: Span = Span::secs(12);
/// A job that somebody ended is missed for so long.
const MISSED: Span = Span::secs(1800);

pub fn look(scene: &Scene<'_>, job: &Job, seen: &mut Seen) {
    if let Some(since) = scene.planned(job)
        && (job.run.state != JobState::Running || scene.announced(job).is_some())
    {
        let subject = Subject::Job { job: job.key.clone() };
        if scene.at() - since < MISSED {
            let why = Calm::PlannedRestart;
            seen.calm.push(NoTrouble { subject, why, since, eta_s: None, usual: None });
        }
        return;
    }
    if let Some(since) = scene.under_repair(job) {
        let subject = Subject::Job { job: job.key.clone() };
        let why = Calm::UnderRepair;
        seen.calm.push(NoTrouble { subject, why, since, eta_s: None, usual: None });
        return;
    }
    if let Some((since, _)) = scene.stopped_by_us(job) {
        seen.symptoms.push(symptom(job, SymptomKind::NotRunning, since));
        return;
    }
    seen.symptoms.extend(restarted(scene, job));
    seen.symptoms.extend(forgotten(scene, job).or_else(|| not_running(scene, job)));
}

fn failing(change: &Change) -> bool {
    let to = change.to.as_deref();
    match change.kind {
        ChangeKind::Restarted => true,
        ChangeKind::JobState => matches!(to, Some("RESTARTING" | "FAILING" | "FAILED")),
        _ => false,
    }
}

/// The burst of failures that the last one belongs to: its beginning, its end, how many.
fn burst(moments: &mut [Millis]) -> Option<(Millis, Millis, usize)> {
    moments.sort_unstable();
    let last = *moments.last()?;
    let (mut first, mut count) = (last, 0);
    for t in moments.iter().rev() {
        if first - *t > BURST {
            break;
        }
        (first, count) = (*t, count + 1);
    }
    Some((first, last, count))
}

/// numRestarts alone is not enough: a rescale raises it without any exception.
fn restarted(scene: &Scene<'_>, job: &Job) -> Option<Symptom> {
    let started = job.run.start;
    let exceptions = job.run.exceptions.iter().flat_map(|(_, e)| e).map(|e| e.at);
    let mut thrown: Vec<Millis> = exceptions.filter(|t| *t >= started).collect();
    let counted: Vec<&Change> =
        scene.job_changes(&job.key).iter().copied().filter(|c| failing(c)).collect();
    // one that a JobManager took up anew has no exception to tell
    let dated = |c: &&&Change| c.kind == ChangeKind::JobState || c.to.is_none();
    thrown.extend(counted.iter().filter(dated).map(|c| c.at));
    let (first, last, _) = burst(&mut thrown)?;
    if scene.at() - last > REMEMBERED {
        return None;
    }
    let restarts = counted
        .iter()
        .filter(|c| c.kind == ChangeKind::Restarted && c.at >= first - BURST)
        .filter_map(|c| {
            Some(c.to.as_ref()?.parse::<f64>().ok()? - c.from.as_ref()?.parse::<f64>().ok()?)
        })
        .sum::<f64>();
    Some(Symptom { value: Some(restarts.max(1.0)), ..symptom(job, SymptomKind::Restarted, first) })
}

fn not_running(scene: &Scene<'_>, job: &Job) -> Option<Symptom> {
    if job.gone.is_some() {
        return None;
    }
    let since = |wanted: &dyn Fn(&Change) -> bool| {
        scene.job_changes(&job.key).iter().rev().find(|c| wanted(c)).map(|c| c.at)
    };
    let state = since(&|c| matches!(c.kind, ChangeKind::JobState | ChangeKind::NewRun))
        .unwrap_or(job.run.start);
    match job.run.state {
        JobState::Failed => Some(symptom(job, SymptomKind::NotRunning, state)),
        // RUNNING is said of a job whose tasks wait for slots
        JobState::Running => {
            let began = since(&|c| failing(c)).map_or(state, |t| t.max(state));
            // a part of a job fails over without a change of the job's state
            let onset = job.run.waiting.map_or(began, |t| t.max(began));
            (job.run.tasks_waiting() > 0 && scene.at() - began > STARTING)
                .then(|| symptom(job, SymptomKind::NotRunning, onset))
        }
        JobState::Canceled | JobState::Finished | JobState::Cancelling => None,
        _ => (scene.at() - state > STARTING).then(|| symptom(job, SymptomKind::NotRunning, state)),
    }
}

fn forgotten(scene: &Scene<'_>, job: &Job) -> Option<Symptom> {
    let gone = job.gone.filter(|t| scene.at() - *t < KEEP_LOST)?;
    (!job.run.state.is_terminal()).then(|| symptom(job, SymptomKind::NotRunning, gone))
}

fn symptom(job: &Job, kind: SymptomKind, onset: Millis) -> Symptom {
    Symptom {
        kind,
        subject: Subject::Job { job: job.key.clone() },
        job: Some(job.key.clone()),
        what: None,
        onset,
        onset_at_least: false,
        value: None,
        threshold: None,
        usual: None,
        season: None,
        against: Against::Bound,
        trend: None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::detect;
    use super::*;
    use crate::estate::*;
    use crate::lineage::Lineage;
    use crate::snapshot::Snapshot;
    use std::collections::BTreeMap;
    use std::sync::Arc;

    const NOW: Millis = Millis(1_763_700_000_000);

    fn ago(s: i64) -> Millis {
        NOW - Span::secs(s)
    }

    /// A job that went into `state` a minute ago, and work on it that began so long ago.
    fn seen(state: JobState, work: Option<i64>) -> (Vec<SymptomKind>, Vec<Calm>) {
        told(&snapshot(state, work))
    }

    fn told(s: &Snapshot) -> (Vec<SymptomKind>, Vec<Calm>) {
        let seen = detect(s);
        let symptoms = seen.symptoms.iter().map(|s| s.kind).collect();
        (symptoms, seen.calm.iter().map(|c| c.why).collect())
    }

    fn snapshot(state: JobState, work: Option<i64>) -> Snapshot {
        let key = JobKey::new(&ClusterId::new("demo"), "orders");
        let run = JobRun {
            id: RunId::new("r1"),
            state,
            start: ago(60),
            end: None,
            tasks: BTreeMap::new(),
            waiting: None,
            taken_up: None,
            detail: None,
            config: None,
            checkpoints: None,
            exceptions: None,
            restarts: None,
        };
        let job = Job {
            key: key.clone(),
            name: "orders".into(),
            ambiguous: false,
            first_seen: ago(900),
            last_seen: NOW,
            gone: None,
            run,
            earlier: Vec::new(),
        };
        let planned = work.map(|began| PlannedWork {
            id: "w".into(),
            scope: Scope::Job { job: key.clone() },
            from: ago(began),
            until: NOW + Span::secs(600),
            who: "li.wei".into(),
            why: "new version".into(),
            made: ago(began),
            ended: None,
            silence: None,
        });
        Snapshot {
            at: NOW,
            tick: Span::secs(5),
            estate: Arc::new(Estate { jobs: [(key, job)].into(), ..Estate::default() }),
            signals: SeriesTable::default(),
            lineage: Arc::new(Lineage { at: NOW, ..Lineage::default() }),
            changes: Arc::default(),
            gaps: Arc::default(),
            past: Arc::default(),
            seasons: Arc::default(),
            planned: Arc::new(planned.into_iter().collect()),
            repairs: Arc::default(),
        }
    }

    #[test]
    fn what_an_action_of_ours_stopped_is_no_planned_restart_of_anybodys() {
        let mut s = snapshot(JobState::Canceled, None);
        assert_eq!(told(&s), (Vec::new(), vec![Calm::PlannedRestart]));
        let ended = |s: &mut Snapshot, end: Millis| {
            let estate = Arc::make_mut(&mut s.estate);
            estate.jobs.values_mut().for_each(|job| job.run.end = Some(end));
        };
        let job = s.estate.jobs.keys().next().cloned().unwrap();
        let ours = UnderRepair {
            job,
            incident: "i".into(),
            action: "a".into(),
            en: "restart".into(),
            zh: "重启".into(),
            since: ago(100),
            stopped: Some(vec![RunId::new("r1")]),
            let_go: None,
        };
        s.repairs = Arc::new(vec![ours.clone()]);
        let down = (vec![SymptomKind::NotRunning], Vec::new());
        ended(&mut s, ago(10));
        assert_eq!(told(&s), (Vec::new(), vec![Calm::UnderRepair]));
        ended(&mut s, ago(61));
        assert_eq!(told(&s), down, "for too long");
        ended(&mut s, ago(10));
        let let_go = Some(("no act".into(), "无 act".into()));
        s.repairs = Arc::new(vec![UnderRepair { let_go: let_go.clone(), ..ours.clone() }]);
        assert_eq!(told(&s), down, "nobody goes on with it");
        s.repairs = Arc::new(vec![UnderRepair { let_go, stopped: None, ..ours.clone() }]);
        assert_eq!(told(&s), down, "nobody can tell what it did");
        // a person ended what it never touched
        s.repairs = Arc::new(vec![UnderRepair { stopped: Some(Vec::new()), ..ours }]);
        assert_eq!(told(&s), (Vec::new(), vec![Calm::PlannedRestart]));
    }

    #[test]
    fn a_run_that_was_taken_up_anew_has_restarted_without_an_exception() {
        let mut s = snapshot(JobState::Running, None);
        let job = s.estate.jobs.keys().next().cloned().unwrap();
        let taken_up = Change {
            at: ago(20),
            seen: ago(15),
            entity: Entity::Job { job },
            kind: ChangeKind::Restarted,
            what: None,
            from: None,
            to: None,
        };
        s.changes = Arc::new(vec![taken_up.clone()]);
        assert_eq!(told(&s), (vec![SymptomKind::Restarted], Vec::new()));
        s.changes = Arc::new(vec![Change { at: ago(100), ..taken_up }]);
        assert_eq!(told(&s).0, [], "long ago");
    }

    #[test]
    fn a_running_job_whose_tasks_wait_is_down_since_they_do() {
        let onset = |waiting: Option<Millis>| {
            let mut s = snapshot(JobState::Running, None);
            for job in Arc::make_mut(&mut s.estate).jobs.values_mut() {
                job.run.tasks = [("scheduled".to_owned(), 2), ("running".to_owned(), 1)].into();
                job.run.waiting = waiting;
            }
            detect(&s).symptoms.iter().map(|s| (s.kind, s.onset)).collect::<Vec<_>>()
        };
        assert_eq!(onset(Some(ago(20))), [(SymptomKind::NotRunning, ago(20))]);
        assert_eq!(onset(None), [(SymptomKind::NotRunning, ago(60))], "since the run began");
    }

    #[test]
    fn a_restart_under_announced_work_is_no_symptom_and_a_failure_is() {
        let down = (vec![SymptomKind::NotRunning], Vec::new());
        assert_eq!(seen(JobState::Created, None), down);
        let planned = (Vec::new(), vec![Calm::PlannedRestart]);
        assert_eq!(seen(JobState::Created, Some(120)), planned);
        assert_eq!(seen(JobState::Created, Some(30)), down, "it was down before");
        assert_eq!(seen(JobState::Failed, Some(120)), down, "nobody plans that");
    }
}
