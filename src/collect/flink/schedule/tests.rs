use super::*;
use streamwarden_core::estate::VertexId;

fn job(id: usize, state: JobState) -> JobSummary {
    let task = if state == JobState::Running { "running" } else { "scheduled" };
    JobSummary {
        run: RunId::new(format!("{id:03}")),
        name: format!("job-{id}").into(),
        state,
        start: Millis(1),
        end: None,
        last_modification: Some(Millis(2)),
        tasks: [(task.to_owned(), 4)].into(),
    }
}

fn all(n: usize, state: JobState) -> Vec<JobSummary> {
    (0..n).map(|i| job(i, state.clone())).collect()
}

/// Two requests a second, of which one in ten is the list of jobs, as a tick of 5 s has it.
fn run(schedule: &mut Schedule, from: i64, secs: i64) -> Vec<(i64, Ask)> {
    let mut asked = Vec::new();
    for half in (from * 2..(from + secs) * 2).filter(|half| half % 10 != 0) {
        let now = Millis(half * 500);
        if let Some(ask) = schedule.next(now).cloned() {
            schedule.done(&ask, now, true);
            asked.push((half / 2, ask));
        }
    }
    asked
}

fn times(asked: &[(i64, Ask)], wanted: &Ask) -> Vec<i64> {
    asked.iter().filter(|(_, a)| a == wanted).map(|(t, _)| *t).collect()
}

fn widest(times: &[i64], until: i64) -> i64 {
    let mut all = vec![0];
    all.extend(times);
    all.push(until);
    all.windows(2).map(|w| w[1] - w[0]).max().unwrap_or(until)
}

#[test]
fn one_healthy_job_costs_little() {
    let mut schedule = Schedule::new(false, Millis(0));
    let list = all(1, JobState::Running);
    assert_eq!(schedule.jobs(&list, Millis(0)).new.len(), 1);
    let asked = run(&mut schedule, 0, 600);
    let of = |ask| times(&asked, &ask).len();
    assert_eq!(of(Ask::Versions), 1);
    assert_eq!(of(Ask::JobConfig(list[0].run.clone())), 1);
    assert!((19..=21).contains(&of(Ask::Overview)));
    assert!((2..=3).contains(&of(Ask::Detail(list[0].run.clone()))));
    assert!((35..=41).contains(&of(Ask::Checkpoints(list[0].run.clone()))));
    assert!(asked.len() < 110, "{} of 1080 possible", asked.len());
}

#[test]
fn what_changed_comes_first_among_five_hundred() {
    let mut schedule = Schedule::new(false, Millis(0));
    let mut list = all(500, JobState::Running);
    schedule.jobs(&list, Millis(0));
    run(&mut schedule, 0, 60);
    list[77].state = JobState::Restarting;
    assert_eq!(schedule.jobs(&list, Millis(60_000)), Moved::default());
    let asked = run(&mut schedule, 60, 5);
    let wanted = list[77].run.clone();
    let at = |ask: Ask| times(&asked, &ask).first().copied();
    for ask in [Ask::Detail(wanted.clone()), Ask::Exceptions(wanted.clone())] {
        assert!(at(ask.clone()).is_some_and(|t| t < 65), "{ask:?} {asked:?}");
    }
    // and stays closely watched
    let asked = run(&mut schedule, 65, 300);
    let times = times(&asked, &Ask::Exceptions(wanted));
    assert!(times.windows(2).all(|w| w[1] - w[0] <= 13) && times.len() > 25, "{times:?}");
}

/// Late, though RUNNING: what tells why is never older than two ticks, and no one else starves.
#[test]
fn a_late_job_is_hurried_within_the_budget() {
    let mut schedule = Schedule::new(false, Millis(0));
    let list = all(50, JobState::Running);
    schedule.jobs(&list, Millis(0));
    run(&mut schedule, 0, 120);
    let late = list[7].run.clone();
    schedule.hurry(BTreeSet::from([late.clone()]), Millis(120_000));
    let asked = run(&mut schedule, 120, 300);
    for ask in [Ask::Exceptions(late.clone()), Ask::Checkpoints(late.clone())] {
        let times = times(&asked, &ask);
        assert!(times[0] <= 124 && times.len() > 20, "{ask:?} {times:?}");
        assert!(times.windows(2).all(|w| w[1] - w[0] <= 13), "{ask:?} {times:?}");
    }
    assert!(times(&asked, &Ask::Checkpoints(list[8].run.clone())).len() >= 5);
    schedule.hurry(BTreeSet::new(), Millis(420_000));
    let asked = run(&mut schedule, 430, 300);
    assert!(times(&asked, &Ask::Exceptions(late)).len() <= 2);
}

/// Twenty jobs fail at once: what tells whether the first repair has helped is asked first.
#[test]
fn a_job_that_we_are_at_work_on_comes_before_a_storm_of_failed_ones() {
    let mut schedule = Schedule::new(false, Millis(0));
    let mut list = all(25, JobState::Running);
    schedule.jobs(&list, Millis(0));
    run(&mut schedule, 0, 120);
    for job in &mut list[..20] {
        job.state = JobState::Failed;
    }
    schedule.jobs(&list, Millis(120_000));
    let mut ours = list[3].clone();
    (ours.run, ours.state) = (RunId::new("ours"), JobState::Running);
    list.push(ours.clone());
    schedule.jobs(&list, Millis(120_000));
    let ill = list[..20].iter().map(|j| j.run.clone()).collect();
    schedule.hurry(ill, Millis(120_000));
    schedule.watch(BTreeSet::from([ours.run.clone()]), Millis(120_000));
    let asked = run(&mut schedule, 120, 60);
    for ask in [Ask::Detail(ours.run.clone()), Ask::Checkpoints(ours.run.clone())] {
        let times = times(&asked, &ask);
        assert!(times[0] <= 124 && times.len() >= 5, "{ask:?} {times:?}");
    }
    assert!(asked.iter().any(|(_, ask)| ask.run() == Some(&list[0].run)), "nobody starves");
}

/// Where metrics have no labels: on which TaskManagers an ill job runs, and of nobody else.
#[test]
fn where_a_hurried_job_runs_is_asked() {
    let mut schedule = Schedule::new(true, Millis(0));
    let list = all(3, JobState::Running);
    schedule.jobs(&list, Millis(0));
    let vertex = streamwarden_core::estate::VertexId::new("v");
    let subjects = list.iter().map(|j| Subject::Vertex(j.run.clone(), vertex.clone()));
    schedule.vertices(subjects, Millis(0));
    run(&mut schedule, 0, 60);
    let late = list[1].run.clone();
    schedule.hurry(BTreeSet::from([late.clone()]), Millis(60_000));
    let asked = run(&mut schedule, 60, 100);
    let placed: Vec<&Ask> =
        asked.iter().map(|(_, ask)| ask).filter(|a| matches!(a, Ask::Placed(..))).collect();
    assert_eq!(placed, [&Ask::Placed(late, vertex)]);
}

#[test]
fn nothing_starves_and_the_cluster_is_seen() {
    for state in [JobState::Running, JobState::Restarting] {
        let mut schedule = Schedule::new(false, Millis(0));
        let list = all(500, state.clone());
        schedule.jobs(&list, Millis(0));
        let secs = 1500;
        let asked = run(&mut schedule, 0, secs);
        assert!(asked.len() as i64 <= 2 * secs);
        assert!(widest(&times(&asked, &Ask::TaskManagers), secs) <= 32);
        let seen: BTreeSet<&Ask> = asked.iter().map(|(_, ask)| ask).collect();
        let kinds: [fn(RunId) -> Ask; 4] =
            [Ask::Detail, Ask::Exceptions, Ask::Checkpoints, Ask::JobConfig];
        for ask in list.iter().flat_map(|j| kinds.map(|kind| kind(j.run.clone()))) {
            assert!(seen.contains(&ask), "{state:?} {ask:?}");
        }
        let plans = times(&asked, &Ask::Detail(list[499].run.clone()));
        assert!(plans[0] < 300, "the last plan is known at {} s", plans[0]);
    }
}

#[test]
fn an_ended_job_is_looked_at_once_more_and_a_gone_one_never() {
    let mut schedule = Schedule::new(false, Millis(0));
    schedule.jobs(&all(2, JobState::Running), Millis(0));
    run(&mut schedule, 0, 60);
    let list = [job(0, JobState::Failed)];
    let gone = schedule.jobs(&list, Millis(60_000)).gone;
    assert_eq!(gone, [RunId::new("001")]);
    let asked = run(&mut schedule, 60, 600);
    assert!(asked.iter().all(|(_, a)| a.run() != Some(&gone[0])));
    assert_eq!(times(&asked, &Ask::Exceptions(list[0].run.clone())).len(), 1);
    assert_eq!(times(&asked, &Ask::Detail(list[0].run.clone())).len(), 1);
}

#[test]
fn what_fails_is_asked_ever_less_often() {
    let mut schedule = Schedule::new(false, Millis(0));
    let mut at = Vec::new();
    for s in 0..1000 {
        while let Some(ask) = schedule.next(Millis(s * 1000)).cloned() {
            schedule.done(&ask, Millis(s * 1000), ask != Ask::Versions);
            if ask == Ask::Versions {
                at.push(s);
            }
        }
    }
    assert_eq!(at, [0, 10, 30, 70, 150, 310, 610, 910]);
}

#[test]
fn metrics_follow_plans_and_processes() {
    let mut schedule = Schedule::new(true, Millis(0));
    let list = all(1, JobState::Running);
    schedule.jobs(&list, Millis(0));
    let vertex = Subject::Vertex(list[0].run.clone(), VertexId::new("v"));
    schedule.vertices([vertex.clone()].into_iter(), Millis(0));
    schedule.values(&vertex, 3, Millis(0));
    let asked = run(&mut schedule, 0, 120);
    let n = |part| times(&asked, &Ask::MetricValues(vertex.clone(), part)).len();
    assert!(n(0) > 15 && (5..=7).contains(&n(2)), "{} {}", n(0), n(2));
    schedule.values(&vertex, 1, Millis(120_000));
    schedule.taskmanagers(&BTreeSet::from([TaskManagerId::new("a")]), Millis(120_000));
    schedule.taskmanagers(&BTreeSet::new(), Millis(121_000));
    let asked = run(&mut schedule, 121, 60);
    assert!(asked.iter().all(|(_, a)| a.taskmanager().is_none()));
    assert!(times(&asked, &Ask::MetricValues(vertex, 2)).is_empty());
}
