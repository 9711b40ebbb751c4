//! The loops: look (one per target), assess, keep. Ticks are level-triggered and idempotent, take
//! no input and do not retry: the next tick is the retry. Every loop shows its state.

mod assess;
mod eyes;
mod keep;
mod look;
mod loops;
mod probe;
mod replay;
mod targets;
mod watch;
mod world;

pub use assess::assess_loop;
use eyes::Eyes;
pub use keep::keep_loop;
pub use loops::{LoopHandle, Loops};
pub use replay::Replay;
pub use targets::{TargetBook, say};
pub use watch::watch_loop;
pub use world::World;
