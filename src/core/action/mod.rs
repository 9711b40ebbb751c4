//! The action protocol as a pure machine: [`next`] says what to do, [`ActionState::apply`] takes
//! what was journaled, [`Session`] holds what one process knows of an action under way. IO stands
//! outside: the shell and the simulator drive the same machine.
//!
//! What it holds to (S: the invariants that ARCHITECTURE.md lists):
//! - nothing is sent whose intent is not in the journal (S2), under ids that derive from (job,
//!   generation, attempt): a repeated request is refused by Flink, or does nothing;
//! - in doubt it looks before anything else, and a request in doubt is repeated with the same ids;
//! - an id is left behind only when it was *seen* to be dead; an absent one may still come (S1);
//! - the restore point is chosen after the stop is seen to be over (S3), and what was restored must
//!   be what was chosen, else everything stops and a person is called (S9);
//! - before the stop any hold ends it; after it the job is started again whatever holds (S10b);
//! - a state that is not in the table ends as stuck, never in a guess (S14).

mod entry;
mod judge;
mod merge;
mod next;
mod record;
pub mod say;
mod session;
pub mod story;

pub use entry::{ActionState, End, Entry, Intent, Leg, Request, Why};
pub use judge::request as request_of;
pub use merge::merged;
pub use next::{Command, Observation, next};
pub use record::ActionRecord;
pub use session::{Around, Durable, Operation, Reply, Restored, RunSeen, Seen, Sent, Session};

use crate::case::digest;
use crate::estate::{JobKey, Name, RunId};

/// Of the job's `generation`-th action; 32 hex digits.
pub fn action_id(job: &JobKey, generation: u64) -> Name {
    digest(&format!("action|{job}|{generation}"))
}

/// The Flink job id under which the `attempt`-th submission of that action goes out.
pub fn run_id(job: &JobKey, generation: u64, attempt: u32) -> RunId {
    RunId(digest(&format!("run|{job}|{generation}|{attempt}")))
}

/// Trigger id of a checkpoint or savepoint: Flink answers a repeated one with the first's result.
pub fn trigger_id(job: &JobKey, generation: u64, leg: Leg, step: usize) -> Name {
    digest(&format!("trigger|{job}|{generation}|{leg:?}|{step}"))
}
