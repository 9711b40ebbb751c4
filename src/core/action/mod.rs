//! The action protocol as a pure machine: [`next`] says what to do, [`ActionState::apply`] takes
//! what was journaled, [`Session`] holds what one process knows of an action under way. IO stands
//! outside: the shell and the simulator drive the same machine.
//!
//! What it holds to (S: the invariants that ARCHITECTURE.md lists):
//! - nothing is sent whose intent is not in the journal (S2), under ids that derive from (job,
//!   run that goes, generation, attempt): a repeated request is refused by Flink, or does nothing;
//! - in doubt it looks before anything else, and a request in doubt is repeated with the same ids;
//! - an id is left behind only when it was *seen* to be dead, or Flink says that it knows it, does
//!   not list it, and nothing can be under way any more; an absent one may still come (S1);
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

pub use entry::{ActionState, End, Entry, Intent, Left, Leg, Request, Why};
pub use judge::request as request_of;
pub use merge::merged;
pub use next::{Command, Observation, next};
pub use record::ActionRecord;
pub use session::{Around, Durable, Operation, Reply, Restored, RunSeen, Seen, Sent, Session};

use crate::case::{Plan, digest};
use crate::estate::{JobKey, Millis, Name, RunId};

/// Of the job's `generation`-th action; 32 hex digits. `began`, by the clock of the database: a
/// database that is new or restored counts from where it was, and a file that an action of its
/// former life left in the same place must not pass for one of the new.
pub fn action_id(job: &JobKey, generation: u64, began: Millis) -> Name {
    digest(&format!("action|{job}|{generation}|{}", began.0))
}

/// The Flink job id under which the `attempt`-th submission goes out that takes the place of the
/// plan's run.
///
/// The run that goes is in it, since generations may come again: in a new or restored data
/// directory they count from where they were, and Flink refuses an id that it has seen. What our
/// former life has started stands in the list of jobs, so that it is the run that goes next time,
/// and the ids are others. Where it is not listed any more, the same id comes again on purpose: two
/// actions that replace the same run in the same generation are the same, also where the two know
/// nothing of each other, and of two submissions only one can live. Is that id used up, the answer
/// says so ([`Reply::Duplicate`]), and the next attempt has another. Nothing else is in it: what
/// a person approved, what a dry run shows and what goes out have the same ids.
pub fn run_id(plan: &Plan, generation: u64, attempt: u32) -> RunId {
    let Plan { job, run, .. } = plan;
    RunId(digest(&format!("run|{job}|{run}|{generation}|{attempt}")))
}

/// Trigger id of a checkpoint or savepoint: Flink answers a repeated one with the first's result,
/// for some minutes.
pub fn trigger_id(plan: &Plan, generation: u64, leg: Leg, step: usize) -> Name {
    let Plan { job, run, .. } = plan;
    digest(&format!("trigger|{job}|{run}|{generation}|{leg:?}|{step}"))
}

#[cfg(test)]
mod tests;
