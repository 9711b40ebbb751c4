//! The loops: look (one per target), assess, keep, notify. Ticks are level-triggered and
//! idempotent, take no input and do not retry: the next tick is the retry. Every loop shows its
//! state.

mod assess;
mod bases;
mod cases;
mod eyes;
mod fill;
mod follow;
mod freeze;
mod glance;
mod heartbeat;
mod inspect;
mod journal;
mod keep;
mod look;
mod loops;
mod minutes;
mod notify;
mod plans;
mod probe;
mod remedy;
mod replay;
mod rules;
mod season;
mod tale;
mod targets;
mod telling;
mod unsaved;
mod watch;
mod watcher;
mod world;

pub use assess::{Desk, assess_loop, told};
pub use bases::{look_at_hosts, look_once};
pub use cases::{Cases, Pass, Telling, write_loop};
use eyes::Eyes;
pub use fill::{EVERY as FILL_EVERY, fill_loop};
pub use follow::{rest_once, settled};
pub use freeze::Freezing;
pub use glance::{Glance, Patience, Progress, glance, lost};
pub use heartbeat::heartbeat_loop;
pub use inspect::{
    Bench, EVERY as INSPECT_EVERY, Inspector, Source, incidents, inspect_loop, judge, past,
};
pub use journal::{JournalPort, taken_up};
pub use keep::keep_loop;
use loops::Beat;
pub use loops::{LoopHandle, Loops};
pub use minutes::{EVERY as MINUTES_EVERY, Weeks, minutes_loop};
pub use notify::{LOOK as NOTIFY_LOOK, notify_loop};
pub use plans::PlanBook;
pub use remedy::{Allowed, Error as RemedyError, Finding, Parts, Remedy, tell_loop};
pub use replay::{Replay, replay_to};
pub use rules::rules_loop;
pub use season::{EVERY as SEASON_EVERY, Memory, season_loop};
pub use tale::{Tale, Told, What, tell, tell_beside};
pub use targets::{TargetBook, say};
pub use unsaved::Unsaved;
pub use watch::watch_loop;
pub use watcher::Watcher;
pub use world::World;
