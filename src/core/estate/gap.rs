//! Not seeing is a fact.

use super::{Millis, Name};
use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TargetKind {
    FlinkRest,
    Prometheus,
    Kafka,
    Zookeeper,
    Hdfs,
    Yarn,
    /// A machine's exporter.
    Host,
    /// What a component is asked by.
    Component,
}

impl TargetKind {
    /// What the jobs stand on: one target asks several members.
    pub const fn is_base(self) -> bool {
        use TargetKind::*;
        matches!(self, Zookeeper | Hdfs | Yarn | Host | Component)
    }

    pub const fn name(self) -> &'static str {
        match self {
            TargetKind::FlinkRest => "flink_rest",
            TargetKind::Prometheus => "prometheus",
            TargetKind::Kafka => "kafka",
            TargetKind::Zookeeper => "zookeeper",
            TargetKind::Hdfs => "hdfs",
            TargetKind::Yarn => "yarn",
            TargetKind::Host => "host",
            TargetKind::Component => "component",
        }
    }
}

/// One thing we ask: its name in every list, and the address we use.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Target {
    pub name: Name,
    pub kind: TargetKind,
    /// Without user info or query: safe to show.
    pub address: Name,
}

/// Why something was not seen. Closed: shown in the API and on the page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum GapReason {
    /// No TCP connection, DNS or TLS failure.
    Unreachable { detail: String },
    /// Connected, and the deadline passed.
    TimedOut { after_ms: u64 },
    /// An HTTP status other than 200.
    Status { code: u16 },
    /// The body is not what the target should answer (HTML, wrong JSON, bad UTF-8, ...).
    NotUnderstood { detail: String },
    /// The body went over its cap (also after decompression).
    TooLarge { cap_bytes: u64 },
    /// More series, jobs, topics than we keep of one target; what is over is not kept.
    TooMany { what: String, cap: u64, seen: u64 },
    /// Rights are missing, or an answer is empty in the way that missing rights look.
    NoRights { detail: String },
    /// Kafka answered with an error code.
    Kafka { error: String },
    /// Not asked, because something that is needed first is not known.
    NotConfigured { detail: String },
}

impl GapReason {
    /// In short, for beside a state; user-facing views word it themselves.
    pub fn brief(&self) -> Name {
        match self {
            GapReason::Unreachable { detail }
            | GapReason::NotUnderstood { detail }
            | GapReason::NoRights { detail }
            | GapReason::NotConfigured { detail } => detail.as_str().into(),
            GapReason::TimedOut { after_ms } => format!("no answer within {after_ms} ms").into(),
            GapReason::Status { code } => format!("HTTP {code}").into(),
            GapReason::TooLarge { cap_bytes } => format!("more than {cap_bytes} bytes").into(),
            GapReason::TooMany { what, cap, seen } => format!("{seen} {what}, cap {cap}").into(),
            GapReason::Kafka { error } => error.as_str().into(),
        }
    }
}

impl Target {
    /// The cluster that is asked here.
    pub fn cluster(&self) -> Option<super::ClusterId> {
        let prefix = match self.kind {
            TargetKind::FlinkRest => "flink ",
            TargetKind::Kafka => "kafka ",
            _ => return None,
        };
        self.name.strip_prefix(prefix).map(super::ClusterId::new)
    }

    /// Whether this is how the cluster itself is asked: `flink <name>`, `kafka <name>`.
    pub fn is_cluster(&self, kind: TargetKind, cluster: &super::ClusterId) -> bool {
        self.kind == kind && self.cluster().as_ref() == Some(cluster)
    }
}

/// What could not be seen, of which target, when. Open until the same `what` is seen again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    pub target: Target,
    /// What was asked for, in the target's own terms: "/jobs/overview", "end offsets", "series".
    pub what: Name,
    pub at: Millis,
    pub reason: GapReason,
}
