//! What the API answers about what the jobs stand on. As in `view`: times are ms since the epoch.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A ZooKeeper, an HDFS, a YARN or a component.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ComponentRow {
    /// `zookeeper:<name>`, `hdfs:<name>`, ...
    pub id: String,
    /// zookeeper | hdfs | yarn | component
    pub kind: String,
    /// As people call such a thing: of a component its own word.
    pub sort: String,
    pub name: String,
    pub version: Option<String>,
    /// well | ill | unknown
    pub standing: String,
    /// Since when it is ill.
    pub since: Option<i64>,
    /// not_serving | safe_mode | condition: why it is ill.
    pub why: Option<String>,
    /// The condition that does not hold, or its own words about its safe mode.
    pub detail: Option<String>,
    /// When one of those that are asked last answered.
    pub seen: Option<i64>,
    /// Of its members by role and state, so many.
    pub members: Vec<MemberCount>,
    pub figures: Vec<FigureRow>,
    /// Jobs that stand on it.
    pub jobs: u32,
    /// Topics that it takes records from, and puts records into, as configured.
    pub reads: Vec<String>,
    pub writes: Vec<String>,
    /// collection | queue | processing | warehouse
    pub stage: String,
    /// It is a node of the lineage.
    pub flows: bool,
}

/// What a job or a topic stands on, in short.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct StandRow {
    pub id: String,
    pub sort: String,
    pub name: String,
    /// well | ill | unknown
    pub standing: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct MemberCount {
    /// server | namenode | datanode | journalnode | resourcemanager | nodemanager | queue | endpoint
    pub role: String,
    /// leader, active, live, lost, ...; None: nobody says.
    pub state: Option<String>,
    pub count: u32,
}

/// A measure of the rules' language.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct FigureRow {
    pub name: String,
    /// As it can be asked again.
    pub ask: String,
    /// None: unknown.
    pub value: Option<f64>,
    pub unit: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ComponentList {
    pub at: i64,
    /// What is ill first.
    pub components: Vec<ComponentRow>,
    pub hosts_total: u32,
    /// Such as do not answer.
    pub hosts_silent: u32,
    /// Those that do not answer, then those with the fullest disks; at most `limit`.
    pub hosts: Vec<HostRow>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct HostRow {
    pub host: String,
    pub answers: bool,
    pub error: Option<String>,
    pub figures: Vec<FigureRow>,
}

/// One of them, with everybody who is in it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct BaseView {
    pub component: ComponentRow,
    /// Jobs that stand on it, by id; at most 1000.
    pub job_ids: Vec<String>,
    /// Before `members` was cut at 1000.
    pub members_total: u32,
    /// Those that do not answer or are in a bad state first.
    pub members: Vec<MemberRow>,
    /// Of YARN: newest first, at most 100; what goes wrong before what goes well.
    pub applications: Vec<ApplicationRow>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct MemberRow {
    pub name: String,
    pub role: String,
    pub state: Option<String>,
    /// Since when it is in that state, as far as we saw.
    pub since: i64,
    /// answers | silent | unreachable | refuses; None: it is not asked itself.
    pub answering: Option<String>,
    pub detail: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ApplicationRow {
    pub id: String,
    pub name: String,
    pub sort: String,
    pub queue: String,
    pub state: String,
    pub outcome: String,
    pub diagnostics: String,
    pub started: i64,
    pub finished: Option<i64>,
    /// Flink clusters whose TaskManagers live in it.
    pub flink: Vec<String>,
}
