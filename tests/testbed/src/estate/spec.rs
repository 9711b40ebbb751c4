use serde::{Deserialize, Serialize};

use crate::controls;

/// What a job is in the estate, whatever it is called there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// generator -> orders
    Ods,
    /// orders -> event-time windows -> stats
    Dwd,
    /// stats -> alerts
    Ads,
    /// a topic of its own -> another; nothing to do with the chain
    Audit,
}

impl Role {
    pub const ALL: [Role; 4] = [Role::Ods, Role::Dwd, Role::Ads, Role::Audit];

    /// As the Java side calls it.
    pub fn key(self) -> &'static str {
        match self {
            Role::Ods => "ods",
            Role::Dwd => "dwd",
            Role::Ads => "ads",
            Role::Audit => "audit",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobSpec {
    /// the job's name in Flink
    pub job: String,
    /// the consumer group; the generator has none
    pub group: Option<String>,
    pub source: String,
    /// the function in the middle (`Enrich`, `Score`)
    pub operator: Option<String>,
    pub window: Option<String>,
    pub sink: String,
    pub parallelism: u32,
    /// the sink is a vertex of its own, not chained to what comes before
    #[serde(default)]
    pub sink_alone: bool,
    /// it fails for good once its sink has been refused for 15 s
    #[serde(default)]
    pub fragile: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeySet {
    pub prefix: String,
    pub count: u32,
}

/// Two levels in turn, so that rates of topics and jobs can be told apart from outside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Load {
    pub low: u32,
    pub high: u32,
    pub swing_s: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EstateSpec {
    pub seed: Option<u64>,
    pub partitions: u32,
    pub brokers: u32,
    /// of each topic
    pub copies: u32,
    pub keys: KeySet,
    pub load: Load,
    pub audit_load: Load,
    /// orders per second that the middle job can do in health; its function takes that much time per record
    pub capacity: u32,
    pub ods: JobSpec,
    pub dwd: JobSpec,
    pub ads: JobSpec,
    pub audit: JobSpec,
    pub orders_topic: String,
    pub stats_topic: String,
    pub alerts_topic: String,
    pub audit_in_topic: String,
    pub audit_out_topic: String,
    /// the group of the reader at the end, outside Flink
    pub last_group: String,
    /// the job whose sink is EXACTLY_ONCE, if any
    pub exactly_once: Option<Role>,
    /// the name of a job that is not there, until a fault submits it
    pub backfill: String,
    /// length of the middle job's windows
    pub window_s: u32,
    /// records per second that the window of the middle job can do in health; `None`: as many as there are
    pub keyed_capacity: Option<u32>,
    /// a second, small topic that the last job joins in event time, if any
    pub side: Option<SideSpec>,
    pub flink: FlinkSpec,
    /// settings that nobody looked after, and jobs, topics and groups beside the four; see `controls::ill_kept`
    #[serde(default)]
    pub ill_kept: bool,
    /// what the jobs stand on, beside Kafka
    #[serde(default)]
    pub bases: BaseSpec,
}

/// What the jobs stand on; each is started only where somebody asks for it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BaseSpec {
    /// three servers, and a Flink whose high availability is theirs
    pub zookeeper: bool,
    /// two NameNodes, three JournalNodes and three DataNodes, with the checkpoints of every job
    pub hdfs: bool,
    /// a ResourceManager and two NodeManagers
    pub yarn: bool,
    /// Flink is an application of that YARN, with a TaskManager on each node
    #[serde(default)]
    pub flink_on_yarn: bool,
    /// a service over HTTP that the middle job asks
    pub lookup: bool,
    /// DataNodes and brokers have a second disk each; some fail before anybody looks, see `controls::worn_out`
    #[serde(default)]
    pub worn: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SideSpec {
    pub topic: String,
    pub group: String,
    pub source: String,
    pub load: Load,
}

/// Which Flink runs: the two lines that the product is for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum FlinkLine {
    #[default]
    #[serde(rename = "1.20")]
    One,
    #[serde(rename = "2.2")]
    Two,
}

impl FlinkLine {
    /// Its jars, and its pom's folder.
    pub fn set(self) -> &'static str {
        match self {
            FlinkLine::One => "flink",
            FlinkLine::Two => "flink-2",
        }
    }
}

/// How the Flink cluster is set up, where faults need it to differ.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlinkSpec {
    #[serde(default)]
    pub line: FlinkLine,
    /// of every job; a minute if `None`
    pub checkpoint_timeout_s: Option<u32>,
    /// of each TaskManager of its own
    pub task_heap_mb: Option<u32>,
    /// a TaskManager beside the two that has no work
    pub spare_task_manager: bool,
    /// a ZooKeeper, and a JobManager that finds its jobs again
    pub high_availability: bool,
}

/// Half as much again as the highest load: easy in health, far too little for ten times the orders, and too little for
/// one subtask of several that gets nine tenths of them.
pub(super) const CAPACITY: u32 = 675;

impl EstateSpec {
    /// The names that the documentation uses. `dwd` runs at 1 so that a rescale to 2 cures a slow function.
    pub fn demo() -> Self {
        EstateSpec {
            seed: None,
            partitions: 4,
            brokers: 1,
            copies: 1,
            keys: KeySet { prefix: "user-".into(), count: 2000 },
            load: Load { low: 300, high: 480, swing_s: 15 },
            audit_load: Load { low: 60, high: 140, swing_s: 12 },
            capacity: CAPACITY,
            ods: JobSpec::new("ods-orders", None, 2),
            dwd: JobSpec {
                window: Some("Window".into()),
                ..JobSpec::new("dwd-order-stats", Some("Enrich"), 1)
            },
            ads: JobSpec::new("ads-risk", Some("Score"), 2),
            audit: JobSpec::new("audit-log", Some("Copy"), 1),
            orders_topic: "orders".into(),
            stats_topic: "order-stats".into(),
            alerts_topic: "risk-alerts".into(),
            audit_in_topic: "audit-events".into(),
            audit_out_topic: "audit-out".into(),
            last_group: "last-reader".into(),
            exactly_once: None,
            backfill: "archive-backfill".into(),
            window_s: 1,
            keyed_capacity: None,
            side: None,
            flink: FlinkSpec::default(),
            ill_kept: false,
            bases: BaseSpec::default(),
        }
    }

    /// Gives the last job a second topic to join, by names of its own.
    pub fn with_side(&mut self) {
        self.side.get_or_insert_with(|| SideSpec {
            topic: format!("{}-rates", self.stats_topic),
            group: format!("{}-rates", self.ads.job),
            source: format!("{}-rates", self.ads.job),
            load: Load { low: 30, high: 45, swing_s: 11 },
        });
    }

    pub fn job(&self, role: Role) -> &JobSpec {
        match role {
            Role::Ods => &self.ods,
            Role::Dwd => &self.dwd,
            Role::Ads => &self.ads,
            Role::Audit => &self.audit,
        }
    }

    pub(crate) fn job_mut(&mut self, role: Role) -> &mut JobSpec {
        match role {
            Role::Ods => &mut self.ods,
            Role::Dwd => &mut self.dwd,
            Role::Ads => &mut self.ads,
            Role::Audit => &mut self.audit,
        }
    }

    /// The jobs that get what this one makes.
    pub fn behind(&self, role: Role) -> Vec<String> {
        let roles: &[Role] = match role {
            Role::Ods => &[Role::Dwd, Role::Ads],
            Role::Dwd => &[Role::Ads],
            Role::Ads | Role::Audit => &[],
        };
        roles.iter().map(|&role| self.job(role).job.clone()).collect()
    }

    /// About what one record of the job's output takes in its topic, bytes.
    pub fn output_bytes(&self, role: Role) -> f64 {
        if role == Role::Ods { 300.0 } else { 62.0 }
    }

    /// The topic that the job reads; the generator reads none.
    pub fn input(&self, role: Role) -> Option<&str> {
        match role {
            Role::Ods => None,
            Role::Dwd => Some(&self.orders_topic),
            Role::Ads => Some(&self.stats_topic),
            Role::Audit => Some(&self.audit_in_topic),
        }
    }

    pub fn output(&self, role: Role) -> &str {
        match role {
            Role::Ods => &self.orders_topic,
            Role::Dwd => &self.stats_topic,
            Role::Ads => &self.alerts_topic,
            Role::Audit => &self.audit_out_topic,
        }
    }

    pub fn topics(&self) -> Vec<&str> {
        let mut topics: Vec<&str> = vec![
            &self.orders_topic,
            &self.stats_topic,
            &self.alerts_topic,
            &self.audit_in_topic,
            &self.audit_out_topic,
        ];
        topics.extend(self.side.as_ref().map(|side| side.topic.as_str()));
        topics
    }

    pub fn job_names(&self) -> Vec<String> {
        Role::ALL.iter().map(|&role| self.job(role).job.clone()).collect()
    }

    /// How long the function of the middle job takes per record, to have that capacity at its parallelism.
    pub fn work_ms(&self) -> f64 {
        f64::from(self.dwd.parallelism) * 1000.0 / f64::from(self.capacity)
    }

    /// The same for its window.
    pub fn keyed_ms(&self) -> f64 {
        let share = |capacity| f64::from(self.dwd.parallelism) * 1000.0 / f64::from(capacity);
        self.keyed_capacity.map_or(0.0, share)
    }

    /// Either TaskManager alone holds all jobs, with two slots to spare: losing one must not change the estate. In YARN
    /// there is none to spare: the middle job has the second to itself.
    pub fn slots_per_task_manager(&self) -> u32 {
        let all = Role::ALL.iter().map(|&role| self.job(role).parallelism).sum::<u32>();
        let middle = self.dwd.parallelism;
        if self.bases.flink_on_yarn {
            (all - middle).max(middle)
        } else if self.ill_kept {
            all + 2 + controls::ill_kept::SLOTS
        } else {
            all + 2
        }
    }

    /// YARN with Flink in it, and HDFS with what both of them keep.
    pub fn on_yarn(&mut self) {
        (self.bases.hdfs, self.bases.yarn, self.bases.flink_on_yarn) = (true, true, true);
    }
}

impl JobSpec {
    /// The function in the middle; empty for a job without one.
    pub fn operator(&self) -> &str {
        self.operator.as_deref().unwrap_or_default()
    }

    /// The window; empty for a job without one.
    pub fn window(&self) -> &str {
        self.window.as_deref().unwrap_or_default()
    }

    pub(super) fn new(job: &str, operator: Option<&str>, parallelism: u32) -> Self {
        JobSpec {
            job: job.into(),
            group: operator.map(|_| job.into()),
            source: format!("{job}-source"),
            operator: operator.map(Into::into),
            window: None,
            sink: format!("{job}-sink"),
            parallelism,
            sink_alone: false,
            fragile: false,
        }
    }
}
