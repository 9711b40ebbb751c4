//! One fact into the estate; what changed by it.

use super::*;
use std::collections::{BTreeMap, BTreeSet};

impl Estate {
    /// Takes in one fact seen at `at` and returns what changed by it. The first list of a kind
    /// brings no "appeared" except for jobs (dated by their start): a start of ours is no change
    /// of theirs.
    pub fn apply(&mut self, fact: Fact, at: Millis) -> Vec<Change> {
        match fact {
            Fact::FlinkOverview(o) => self.flink_overview(o, at),
            Fact::Jobs { cluster, jobs } => self.jobs(cluster, jobs, at),
            Fact::JobDetail(d) => self.job_detail(d, at),
            Fact::JobConfig { cluster, run, entries } => {
                self.job_config(&cluster, &run, entries, at)
            }
            Fact::Checkpoints(c) => {
                if let Some(job) = self.job_of_run_mut(&c.cluster.clone(), &c.run.clone()) {
                    job.run.checkpoints = Some((at, c));
                }
                Vec::new()
            }
            Fact::Exceptions { cluster, run, entries } => {
                if let Some(job) = self.job_of_run_mut(&cluster, &run) {
                    job.run.exceptions = Some((at, entries));
                }
                Vec::new()
            }
            Fact::TaskManagers { cluster, list } => self.taskmanagers(cluster, list, at),
            Fact::Placement { cluster, run, vertex, index, taskmanager } => {
                // it may come before the job list does
                let placements = &mut self.flink.entry(cluster).or_default().placements;
                placements.insert((run, vertex, index), taskmanager);
                Vec::new()
            }
            Fact::KafkaAddress { cluster, bootstrap, groups } => {
                let known = self
                    .flink
                    .entry(cluster)
                    .or_default()
                    .kafka_addresses
                    .entry(bootstrap)
                    .or_default();
                for g in groups {
                    if !known.contains(&g) {
                        known.push(g);
                    }
                }
                Vec::new()
            }
            Fact::KafkaCluster(o) => self.kafka_overview(o, at),
            Fact::Topics { cluster, topics } => self.topics(cluster, topics, at),
            Fact::Groups { cluster, groups } => {
                let kafka = self.kafka.entry(cluster).or_default();
                kafka.groups = groups.into_iter().map(|g| (g.group.clone(), g)).collect();
                kafka.groups_seen = Some(at);
                Vec::new()
            }
            Fact::Transactions { cluster, list } => {
                self.kafka.entry(cluster).or_default().transactions = list;
                Vec::new()
            }
            Fact::OffsetsAt { topic, partition, mut points } => {
                points.sort_unstable();
                self.kafka
                    .entry(topic.cluster)
                    .or_default()
                    .offsets_at
                    .insert((topic.topic, partition), points);
                Vec::new()
            }
            Fact::DayFlows { topic, flows } => {
                self.kafka.entry(topic.cluster).or_default().days.insert(topic.topic, flows);
                Vec::new()
            }
            Fact::Base(fact) => self.base(fact, at),
            Fact::TopicsHidden { cluster, denied, unknown } => {
                let kafka = self.kafka.entry(cluster).or_default();
                kafka.denied = denied.into_iter().collect();
                kafka.unknown = unknown.into_iter().collect();
                Vec::new()
            }
            answer => {
                self.answer(answer, at);
                Vec::new()
            }
        }
    }

    /// Facts that bring no change.
    fn answer(&mut self, fact: Fact, at: Millis) {
        match fact {
            Fact::BrokerAnswers { cluster, brokers } => self.broker_answers(cluster, brokers, at),
            Fact::TaskManagerAnswers { cluster, taskmanagers, answering, error } => {
                self.taskmanager_answers(cluster, taskmanagers, answering, error, at);
            }
            Fact::ClusterConfig { cluster, entries } => {
                self.flink.entry(cluster).or_default().config = Some((at, entries));
            }
            Fact::LogDirs { cluster, brokers } => {
                let dirs = &mut self.kafka.entry(cluster).or_default().dirs;
                dirs.extend(brokers.into_iter().map(|b| (b.id, (at, b))));
            }
            Fact::ThreadDump(d) => self.thread_dump(d, at),
            Fact::FlameGraph(f) => self.flame_graph(f, at),
            Fact::CheckpointDetail(c) => self.checkpoint_detail(c, at),
            Fact::LogTail(l) => self.log_tail(l, at),
            Fact::Topic(t) => self.topic_answer(t, at),
            Fact::Applications { cluster, list } => self.applications(&cluster, list, at),
            Fact::Host(host) => self.host(host, at),
            // the others are taken in above
            _ => {}
        }
    }

    /// A job as it was known when we last ran: so that what changed while we were away is seen as
    /// a change, and what was lost meanwhile or shortly before is still known. `runs`: newest first,
    /// the current one first of all.
    pub fn recall(
        &mut self,
        key: JobKey,
        name: Name,
        (first_seen, last_seen, gone): (Millis, Millis, Option<Millis>),
        runs: &[JobSummary],
    ) {
        let Some(current) = runs.first() else { return };
        let job = Job {
            key: key.clone(),
            name,
            ambiguous: false,
            first_seen,
            last_seen,
            gone,
            run: JobRun::of(current),
            earlier: runs.iter().skip(1).take(EARLIER_RUNS).map(|r| r.run.clone()).collect(),
        };
        self.jobs.insert(key, job);
    }

    /// numRestarts as the metrics tell it: a rise is a change, a fall a new JobManager life.
    pub fn observe_restarts(
        &mut self,
        cluster: &ClusterId,
        run: &RunId,
        at: Millis,
        restarts: f64,
    ) -> Option<Change> {
        let job = self.job_of_run_mut(cluster, run)?;
        let before = job.run.restarts.replace(restarts);
        let from = before.filter(|b| *b < restarts)?;
        Some(job.change(
            at,
            at,
            ChangeKind::Restarted,
            None,
            Some(from.to_string()),
            Some(restarts.to_string()),
        ))
    }

    fn base_key(&self, cluster: &ClusterId, name: &Name) -> Name {
        let rule = self.identity.iter().find(|r| r.cluster == *cluster && glob(&r.job, name));
        rule.map_or_else(|| name.clone(), |r| r.key.clone())
    }

    pub fn job_of_run(&self, cluster: &ClusterId, run: &RunId) -> Option<&Job> {
        self.jobs.values().find(|j| j.key.cluster == *cluster && j.run.id == *run)
    }

    fn job_of_run_mut(&mut self, cluster: &ClusterId, run: &RunId) -> Option<&mut Job> {
        self.jobs.values_mut().find(|j| j.key.cluster == *cluster && j.run.id == *run)
    }

    fn flink_overview(&mut self, new: FlinkOverview, at: Millis) -> Vec<Change> {
        let entity = Entity::FlinkCluster { cluster: new.cluster.clone() };
        let known = self.flink.entry(new.cluster.clone()).or_default();
        let mut changes = Vec::new();
        if let Some((_, old)) = &known.overview {
            if old.version != new.version {
                changes.push(change(
                    &entity,
                    at,
                    ChangeKind::FlinkVersion,
                    None,
                    Some(&old.version),
                    Some(&new.version),
                ));
            }
            if let Some(b) = new.jobmanager_started
                && old.jobmanager_started != Some(b)
            {
                let mut life = change(&entity, at, ChangeKind::JobManagerLife, None, None, None);
                life.at = b;
                changes.push(life);
            }
        }
        known.overview = Some((at, new));
        changes
    }

    fn taskmanagers(
        &mut self,
        cluster: ClusterId,
        list: Vec<TaskManager>,
        at: Millis,
    ) -> Vec<Change> {
        let new: BTreeMap<_, _> = list.into_iter().map(|t| (t.id.clone(), t)).collect();
        let lives = self.lives(&cluster, &new, at);
        let known = self.flink.entry(cluster.clone()).or_default();
        let mut changes = Vec::new();
        if known.taskmanagers_seen.is_some() {
            let entity = |id: &TaskManagerId| Entity::TaskManager {
                cluster: cluster.clone(),
                id: id.clone(),
            };
            for id in known.taskmanagers.keys().filter(|id| !new.contains_key(*id)) {
                changes.push(change(
                    &entity(id),
                    at,
                    ChangeKind::TaskManagerGone,
                    None,
                    None,
                    None,
                ));
            }
            for id in new.keys().filter(|id| !known.taskmanagers.contains_key(*id)) {
                changes.push(change(
                    &entity(id),
                    at,
                    ChangeKind::TaskManagerAppeared,
                    None,
                    None,
                    None,
                ));
            }
            for (id, kind) in lives {
                changes.push(change(&entity(&id), at, kind, None, None, None));
            }
        }
        known.taskmanagers = new;
        known.taskmanagers_seen = Some(at);
        changes
    }

    fn jobs(&mut self, cluster: ClusterId, list: Vec<JobSummary>, at: Millis) -> Vec<Change> {
        let known = self.flink.entry(cluster.clone()).or_default();
        known.jobs_seen = Some(at);
        let runs: BTreeSet<&RunId> = list.iter().map(|j| &j.run).collect();
        known.placements.retain(|(run, _, _), _| runs.contains(run));
        let mut by_name: BTreeMap<Name, Vec<JobSummary>> = BTreeMap::new();
        for j in list {
            by_name.entry(self.base_key(&cluster, &j.name)).or_default().push(j);
        }
        let mut changes = Vec::new();
        let mut listed = BTreeSet::new();
        for (name, mut runs) in by_name {
            runs.sort_by_key(|r| (r.state.is_terminal(), std::cmp::Reverse(r.start)));
            let alive = runs.iter().filter(|r| !r.state.is_terminal()).count();
            let ambiguous = alive > 1;
            runs.truncate(alive.max(1));
            let plain_key = JobKey::new(&cluster, name.clone());
            // the run that had the plain key keeps it, so that its history stays whole
            let holder = self
                .jobs
                .get(&plain_key)
                .map(|j| j.run.id.clone())
                .filter(|id| runs.iter().any(|r| r.run == *id))
                .or_else(|| runs.last().map(|r| r.run.clone()));
            for run in runs {
                let key = if Some(&run.run) == holder.as_ref() {
                    plain_key.clone()
                } else {
                    let short: String = run.run.as_str().chars().take(8).collect();
                    JobKey::new(&cluster, format!("{name}#{short}"))
                };
                listed.insert(key.clone());
                self.job(key, run, ambiguous, at, &mut changes);
            }
        }
        for job in self.jobs.values_mut() {
            if job.key.cluster == cluster && !listed.contains(&job.key) && job.gone.is_none() {
                job.gone = Some(at);
                super::remember::left(&mut self.remembered, job);
                changes.push(job.change(
                    at,
                    at,
                    ChangeKind::JobGone,
                    None,
                    Some(job.run.state.as_str().into()),
                    None,
                ));
            }
        }
        changes
    }

    fn job(
        &mut self,
        key: JobKey,
        new: JobSummary,
        ambiguous: bool,
        at: Millis,
        changes: &mut Vec<Change>,
    ) {
        let Some(job) = self.jobs.get_mut(&key) else {
            let job = Job {
                key: key.clone(),
                name: new.name.clone(),
                ambiguous,
                first_seen: at,
                last_seen: at,
                gone: None,
                run: JobRun::of(&new),
                earlier: Vec::new(),
            };
            changes.push(job.change(
                new.start,
                at,
                ChangeKind::JobAppeared,
                None,
                None,
                Some(new.state.as_str().into()),
            ));
            self.jobs.insert(key, job);
            return;
        };
        job.last_seen = at;
        job.ambiguous = ambiguous;
        job.gone = None;
        if job.run.id != new.run {
            let old = std::mem::replace(&mut job.run, JobRun::of(&new));
            changes.push(job.change(
                new.start,
                at,
                ChangeKind::NewRun,
                None,
                Some(old.id.to_string()),
                Some(new.run.to_string()),
            ));
            job.earlier.insert(0, old.id);
            job.earlier.truncate(EARLIER_RUNS);
            // what is compared across runs
            job.run.detail = old.detail;
            job.run.config = old.config;
        } else if job.run.state != new.state {
            let when = new.last_modification.filter(|m| *m <= at).unwrap_or(at);
            changes.push(job.change(
                when,
                at,
                ChangeKind::JobState,
                None,
                Some(job.run.state.as_str().into()),
                Some(new.state.as_str().into()),
            ));
        }
        if job.run.id == new.run && job.run.start < new.start && job.run.start > Millis(0) {
            changes.push(job.change(new.start, at, ChangeKind::Restarted, None, None, None));
            job.run.taken_up = Some(new.start);
        }
        // nothing is told of the tasks of a run that is only remembered
        let all_ran = !job.run.tasks.is_empty() && job.run.tasks_waiting() == 0;
        job.run.state = new.state;
        job.run.start = new.start;
        job.run.end = new.end;
        job.run.tasks = new.tasks;
        if job.run.tasks_waiting() == 0 {
            job.run.waiting = None;
        } else if all_ran {
            job.run.waiting = Some(at);
        }
    }

    fn job_detail(&mut self, new: JobDetail, at: Millis) -> Vec<Change> {
        let Some(job) = self.job_of_run_mut(&new.cluster.clone(), &new.run.clone()) else {
            return Vec::new();
        };
        let mut changes = Vec::new();
        if let Some((_, old)) = &job.run.detail {
            let dated = if old.run == new.run { at } else { new.start };
            if old.plan_hash != new.plan_hash {
                let (a, b) = (old.plan_hash.to_string(), new.plan_hash.to_string());
                changes.push(job.change(dated, at, ChangeKind::Plan, None, Some(a), Some(b)));
            }
            for v in &new.vertices {
                if let Some(o) =
                    old.vertices.iter().find(|o| o.id == v.id && o.parallelism != v.parallelism)
                {
                    changes.push(job.change(
                        dated,
                        at,
                        ChangeKind::Parallelism,
                        Some(v.name.to_string()),
                        Some(o.parallelism.to_string()),
                        Some(v.parallelism.to_string()),
                    ));
                }
            }
        }
        job.run.detail = Some((at, new));
        changes
    }

    fn job_config(
        &mut self,
        cluster: &ClusterId,
        run: &RunId,
        entries: BTreeMap<String, String>,
        at: Millis,
    ) -> Vec<Change> {
        let Some(job) = self.job_of_run_mut(cluster, run) else { return Vec::new() };
        let mut changes = Vec::new();
        if let Some((_, old)) = &job.run.config {
            let keys: BTreeSet<&String> = old.keys().chain(entries.keys()).collect();
            for key in keys.into_iter().filter(|k| old.get(*k) != entries.get(*k)) {
                changes.push(job.change(
                    at,
                    at,
                    ChangeKind::Configuration,
                    Some(key.clone()),
                    old.get(key).cloned(),
                    entries.get(key).cloned(),
                ));
            }
        }
        job.run.config = Some((at, entries));
        changes
    }

    fn kafka_overview(&mut self, new: KafkaOverview, at: Millis) -> Vec<Change> {
        let entity = Entity::KafkaCluster { cluster: new.cluster.clone() };
        let known = self.kafka.entry(new.cluster.clone()).or_default();
        let mut changes = Vec::new();
        if let Some((_, old)) = &known.overview {
            let ids = |o: &KafkaOverview| o.brokers.iter().map(|b| b.id).collect::<BTreeSet<_>>();
            let (was, is) = (ids(old), ids(&new));
            for gone in was.difference(&is) {
                changes.push(change(
                    &entity,
                    at,
                    ChangeKind::BrokerGone,
                    Some(&gone.to_string()),
                    None,
                    None,
                ));
            }
            for come in is.difference(&was) {
                changes.push(change(
                    &entity,
                    at,
                    ChangeKind::BrokerAppeared,
                    Some(&come.to_string()),
                    None,
                    None,
                ));
            }
            if let (Some(a), Some(b)) = (old.controller, new.controller)
                && a != b
            {
                changes.push(change(
                    &entity,
                    at,
                    ChangeKind::ControllerMoved,
                    None,
                    Some(&a.to_string()),
                    Some(&b.to_string()),
                ));
            }
        }
        known.overview = Some((at, new));
        changes
    }

    fn topics(&mut self, cluster: ClusterId, list: Vec<TopicFact>, at: Millis) -> Vec<Change> {
        let entity = Entity::KafkaCluster { cluster: cluster.clone() };
        let known = self.kafka.entry(cluster).or_default();
        let mut new: BTreeMap<_, _> = list.into_iter().map(|t| (t.name.clone(), t)).collect();
        for (name, topic) in &mut new {
            // a broker that is too old to tell ids may have answered
            if topic.id.is_none() {
                topic.id = known.topics.get(name).and_then(|t| t.id.clone());
            }
        }
        let mut changes = Vec::new();
        if known.topics_seen.is_some() {
            for (name, old) in &known.topics {
                match new.get(name) {
                    None => changes.push(change(
                        &entity,
                        at,
                        ChangeKind::TopicGone,
                        Some(name),
                        None,
                        None,
                    )),
                    Some(t) => changes.extend(topic_changes(&entity, old, t, at)),
                }
            }
            for name in new.keys().filter(|n| !known.topics.contains_key(*n)) {
                changes.push(change(
                    &entity,
                    at,
                    ChangeKind::TopicAppeared,
                    Some(name),
                    None,
                    None,
                ));
            }
        }
        known.topics = new;
        known.topics_seen = Some(at);
        changes
    }
}

fn topic_changes(entity: &Entity, old: &TopicFact, new: &TopicFact, at: Millis) -> Vec<Change> {
    let mut changes = Vec::new();
    if let (Some(a), Some(b)) = (&old.id, &new.id)
        && a != b
    {
        let (kind, what) = (ChangeKind::TopicRecreated, Some(&*new.name));
        changes.push(change(entity, at, kind, what, Some(a), Some(b)));
    }
    if new.partitions.len() > old.partitions.len() {
        changes.push(change(
            entity,
            at,
            ChangeKind::PartitionsAdded,
            Some(&new.name),
            Some(&old.partitions.len().to_string()),
            Some(&new.partitions.len().to_string()),
        ));
    }
    // rights lost make the configuration empty: not a change of it
    if !old.config.is_empty() && !new.config.is_empty() {
        let keys: BTreeSet<&String> = old.config.keys().chain(new.config.keys()).collect();
        for key in keys.into_iter().filter(|k| old.config.get(*k) != new.config.get(*k)) {
            changes.push(change(
                entity,
                at,
                ChangeKind::TopicConfiguration,
                Some(&format!("{} {key}", new.name)),
                old.config.get(key).map(String::as_str),
                new.config.get(key).map(String::as_str),
            ));
        }
    }
    changes
}

fn change(
    entity: &Entity,
    at: Millis,
    kind: ChangeKind,
    what: Option<&str>,
    from: Option<&str>,
    to: Option<&str>,
) -> Change {
    Change {
        at,
        seen: at,
        entity: entity.clone(),
        kind,
        what: what.map(str::to_owned),
        from: from.map(str::to_owned),
        to: to.map(str::to_owned),
    }
}

impl Job {
    fn change(
        &self,
        at: Millis,
        seen: Millis,
        kind: ChangeKind,
        what: Option<String>,
        from: Option<String>,
        to: Option<String>,
    ) -> Change {
        Change { at, seen, entity: Entity::Job { job: self.key.clone() }, kind, what, from, to }
    }

    /// Listed, and RUNNING.
    pub fn running(&self) -> bool {
        self.gone.is_none() && self.run.state == JobState::Running
    }

    /// The current run and those before it, newest first.
    pub fn runs(&self) -> impl Iterator<Item = &RunId> {
        std::iter::once(&self.run.id).chain(&self.earlier)
    }
}

impl JobRun {
    fn of(s: &JobSummary) -> JobRun {
        JobRun {
            id: s.run.clone(),
            state: s.state.clone(),
            start: s.start,
            end: s.end,
            tasks: s.tasks.clone(),
            waiting: None,
            taken_up: None,
            detail: None,
            config: None,
            checkpoints: None,
            exceptions: None,
            restarts: None,
        }
    }

    /// Tasks that wait for slots or are being started.
    pub fn tasks_waiting(&self) -> u32 {
        const WAITING: [&str; 4] = ["created", "scheduled", "deploying", "initializing"];
        WAITING.iter().filter_map(|state| self.tasks.get(*state)).sum()
    }

    /// The plan of this very run (not one kept from the run before for comparison).
    pub fn plan(&self) -> Option<&JobDetail> {
        self.detail.as_ref().map(|(_, d)| d).filter(|d| d.run == self.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn summary(run: &str, name: &str, state: JobState, start: i64) -> JobSummary {
        JobSummary {
            run: RunId::new(run),
            name: name.into(),
            state,
            start: Millis(start),
            end: None,
            last_modification: None,
            tasks: BTreeMap::new(),
        }
    }

    fn see(estate: &mut Estate, at: i64, jobs: Vec<JobSummary>) -> Vec<ChangeKind> {
        let fact = Fact::Jobs { cluster: ClusterId::new("pay"), jobs };
        estate.apply(fact, Millis(at)).into_iter().map(|c| c.kind).collect()
    }

    #[test]
    fn a_job_stays_itself_across_flink_job_ids() {
        let mut e = Estate::default();
        assert_eq!(
            see(&mut e, 10, vec![summary("a1", "risk", JobState::Running, 1)]),
            [ChangeKind::JobAppeared]
        );
        assert_eq!(see(&mut e, 20, vec![summary("a1", "risk", JobState::Running, 1)]), []);
        // cancelled and run again under a new id: the old one is still listed
        let both = vec![
            summary("a1", "risk", JobState::Canceled, 1),
            summary("b2", "risk", JobState::Running, 25),
        ];
        assert_eq!(see(&mut e, 30, both), [ChangeKind::NewRun]);
        let job = e.jobs.values().next().unwrap();
        assert_eq!(e.jobs.len(), 1);
        assert_eq!(job.runs().map(RunId::as_str).collect::<Vec<_>>(), ["b2", "a1"]);
        assert!(!job.ambiguous);
        assert_eq!(see(&mut e, 40, vec![]), [ChangeKind::JobGone]);
        assert_eq!(see(&mut e, 50, vec![]), []);
    }

    #[test]
    fn what_changed_while_we_were_away_is_a_change() {
        let mut e = Estate::default();
        let key = JobKey::new(&ClusterId::new("pay"), "risk");
        let before = [summary("a1", "risk", JobState::Running, 1)];
        e.recall(key, "risk".into(), (Millis(1), Millis(5), None), &before);
        let kinds = see(&mut e, 100, vec![summary("b2", "risk", JobState::Running, 90)]);
        assert_eq!(kinds, [ChangeKind::NewRun]);
    }

    #[test]
    fn a_run_that_begins_anew_under_its_id_was_taken_up_by_a_job_manager() {
        let mut e = Estate::default();
        let running = |start| vec![summary("a1", "risk", JobState::Running, start)];
        see(&mut e, 10, running(1));
        assert_eq!(see(&mut e, 20, running(1)), []);
        assert_eq!(see(&mut e, 30, running(22)), [ChangeKind::Restarted]);
        assert_eq!(see(&mut e, 40, running(22)), []);
        assert_eq!(e.jobs.values().next().unwrap().run.taken_up, Some(Millis(22)));
        see(&mut e, 60, vec![summary("b2", "risk", JobState::Running, 50)]);
        assert_eq!(e.jobs.values().next().unwrap().run.taken_up, None, "a run of its own");
    }

    #[test]
    fn when_tasks_began_to_wait_is_known_where_they_were_seen_to_run() {
        let mut e = Estate::default();
        let mut look = |at, scheduled| {
            let mut job = summary("a1", "risk", JobState::Running, 1);
            job.tasks = [("running".to_owned(), 1), ("scheduled".to_owned(), scheduled)].into();
            see(&mut e, at, vec![job]);
            e.jobs.values().next().unwrap().run.waiting
        };
        assert_eq!(look(10, 1), None, "they waited before");
        assert_eq!(look(20, 0), None);
        assert_eq!(look(30, 1), Some(Millis(30)));
        assert_eq!(look(40, 2), Some(Millis(30)));
        assert_eq!(look(50, 0), None);
        let key = JobKey::new(&ClusterId::new("pay"), "told");
        let before = [summary("c3", "told", JobState::Running, 1)];
        e.recall(key.clone(), "told".into(), (Millis(1), Millis(5), None), &before);
        let mut job = summary("c3", "told", JobState::Running, 1);
        job.tasks = [("scheduled".to_owned(), 1)].into();
        see(&mut e, 60, vec![job]);
        assert_eq!(e.jobs[&key].run.waiting, None, "remembered only");
    }

    #[test]
    fn two_live_runs_of_one_name_are_ambiguous() {
        let mut e = Estate::default();
        see(&mut e, 10, vec![summary("a1", "risk", JobState::Running, 1)]);
        see(
            &mut e,
            20,
            vec![
                summary("b2", "risk", JobState::Running, 15),
                summary("a1", "risk", JobState::Running, 1),
            ],
        );
        let keys: Vec<_> = e
            .jobs
            .iter()
            .map(|(k, j)| (k.key.to_string(), j.run.id.to_string(), j.ambiguous))
            .collect();
        assert_eq!(
            keys,
            [("risk".into(), "a1".into(), true), ("risk#b2".into(), "b2".into(), true)]
        );
    }

    #[test]
    fn restarts_are_changes_and_a_new_life_is_not() {
        let mut e = Estate::default();
        see(&mut e, 10, vec![summary("a1", "risk", JobState::Running, 1)]);
        let (c, r) = (ClusterId::new("pay"), RunId::new("a1"));
        assert!(e.observe_restarts(&c, &r, Millis(11), 3.0).is_none(), "first sight");
        assert!(e.observe_restarts(&c, &r, Millis(12), 4.0).is_some());
        assert!(
            e.observe_restarts(&c, &r, Millis(13), 0.0).is_none(),
            "a new JobManager counts anew"
        );
    }
}
