//! Nouns of the world: who is there, what was seen of it, what could not be seen, what changed.

mod answers;
mod apply;
mod base;
mod change;
mod chunk;
mod entity;
mod facts;
mod gap;
mod ids;
mod model;
mod naming;
mod planned;
mod probed;
mod remember;
mod repaired;
mod slots;
mod subject;
mod table;
mod text;
mod time;

pub use answers::{Answered, Answering, BrokerAnswer, TaskManagerLife};
pub use base::{
    Application, BaseCluster, BaseFact, BaseKind, BaseMember, Host, HostFact, MAX_APPLICATIONS,
    MAX_MEMBERS, Member, MemberRole, OwnDelay, Place, Stage,
};
pub use change::{Change, ChangeKind};
pub use chunk::{Chunk, ChunkError, Series};
pub use entity::{Entity, EntityId};
pub use facts::*;
pub use gap::{Gap, GapReason, Target, TargetKind};
pub use ids::{ClusterId, GroupId, JobKey, Name, RunId, TaskManagerId, TopicId, VertexId};
pub use model::{EARLIER_RUNS, Estate, FlinkCluster, Identity, Job, JobRun, KafkaCluster};
pub use naming::{display, job_name};
pub use planned::{
    EndedEarly, LONGEST_WORK, PlannedWork, Scope, Silence, hushed_on, silence_on, work_on,
};
pub use probed::*;
pub use remember::Remembered;
pub use repaired::UnderRepair;
pub use slots::NOBODY;
pub use subject::{Subject, SubjectKind};
pub use table::{MAX_SERIES, Row, SeriesTable};
pub use text::{glob, plain};
pub use time::{Millis, Span};
