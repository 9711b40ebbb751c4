//! What the administrator allows for a job.

use crate::config::{Act, Config};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use streamwarden_core::case::{Hold, Mode};
use streamwarden_core::estate::{ClusterId, Job, JobKey, JobState, Name, glob};
use streamwarden_core::plan::{JobPolicy, Ownership, Policy};
use streamwarden_core::snapshot::Snapshot;

/// `heal:` and the `act:` of each cluster.
#[derive(Clone, Debug)]
pub struct Allowed {
    pub policy: Policy,
    clusters: BTreeMap<ClusterId, Act>,
    /// With and without `act`.
    configured: BTreeSet<ClusterId>,
    /// Whoever stands between could speak for the JobManager.
    exposed: BTreeSet<ClusterId>,
    pub kill_file: PathBuf,
    /// There is somebody to call.
    pub calls: bool,
}

impl Allowed {
    pub fn of(config: &Config, kill_file: PathBuf) -> Allowed {
        let acts = config.flink.iter().filter_map(|f| Some((f.name.clone(), f.act.clone()?)));
        let exposed = config.flink.iter().filter(|f| f.exposed()).map(|f| f.name.clone());
        let (exposed, clusters) = (exposed.collect(), acts.collect());
        let configured = config.flink.iter().map(|f| f.name.clone()).collect();
        let (policy, calls) = (config.heal.clone(), config.webhook.is_some());
        Allowed { policy, clusters, configured, exposed, kill_file, calls }
    }

    /// Those that may be acted on; all others are only observed.
    pub fn clusters(&self) -> impl Iterator<Item = &ClusterId> {
        self.clusters.keys()
    }

    /// Of the configuration: others are found in target files.
    pub fn configured(&self) -> &BTreeSet<ClusterId> {
        &self.configured
    }

    pub fn job(&self, job: &JobKey) -> JobPolicy {
        let mut policy = self.policy.clone();
        let Some(act) = self.clusters.get(&job.cluster) else {
            (policy.a, policy.b, policy.c) = (Mode::Observe, Mode::Observe, Mode::Observe);
            return JobPolicy { policy, ..JobPolicy::default() };
        };
        let roots = act.roots.names();
        let Some(rule) = act.rules.iter().find(|r| glob(&r.job, &job.key)) else {
            return JobPolicy { policy, roots, ..JobPolicy::default() };
        };
        let limits = &mut policy.limits;
        limits.min_parallelism = rule.min_parallelism.unwrap_or(limits.min_parallelism);
        limits.max_parallelism = rule.max_parallelism.unwrap_or(limits.max_parallelism);
        JobPolicy { tier: rule.tier, policy, stateless: rule.stateless, roots }
    }

    pub fn exposed(&self, cluster: &ClusterId) -> bool {
        self.exposed.contains(cluster)
    }

    /// Of a jar that its rule names by its name alone.
    pub fn jar(&self, job: &JobKey) -> Option<Name> {
        let act = self.clusters.get(&job.cluster)?;
        act.rules.iter().find(|r| glob(&r.job, &job.key))?.jar().map(Name::from)
    }

    /// Its rule starts one and the same whatever it is asked for, and names another job of `s` too.
    pub fn shared(&self, job: &JobKey, s: &Snapshot) -> Option<Hold> {
        let act = self.clusters.get(&job.cluster)?;
        let of = |key: &JobKey| act.rules.iter().position(|r| glob(&r.job, &key.key));
        let mine = of(job)?;
        act.rules.get(mine).filter(|rule| rule.starts_one())?;
        let alive = |j: &Job| !matches!(j.run.state, JobState::Finished | JobState::Canceled);
        let others = s.estate.jobs.values().filter(|j| j.key.cluster == job.cluster && alive(j));
        let other = others.map(|j| &j.key).find(|key| *key != job && of(key) == Some(mine))?;
        let why = format!(
            "one rule of `submit` is for {} and for {}, and starts the same for both: put `{{job}}` where the program is told its name, or write a rule for each",
            job.key, other.key
        );
        Some(Hold::CannotSubmit { why: why.into() })
    }

    /// Digest of how its rule submits it.
    pub fn way(&self, job: &JobKey) -> Option<Name> {
        let act = self.clusters.get(&job.cluster)?;
        act.rules.iter().find(|r| glob(&r.job, &job.key))?.way()
    }

    /// What fails together with this cluster; None: nothing else.
    pub fn domain(&self, cluster: &ClusterId) -> Option<Name> {
        self.clusters.get(cluster)?.domain.clone()
    }

    /// Who starts and stops it.
    pub fn owner(&self, job: &JobKey) -> Ownership {
        let act = self.clusters.get(&job.cluster);
        let rule = act.and_then(|a| a.rules.iter().find(|r| glob(&r.job, &job.key)));
        match rule.filter(|r| r.submitter.is_some()) {
            Some(rule) => Ownership::Submitter(rule.job.clone()),
            None => Ownership::Unknown,
        }
    }
}
