//! Recordings: everything that collectors handed in, in a file, and back again.
//!
//! A *bundle* is one such file. It holds what was seen, not what was concluded: a replay concludes
//! anew, with the code and the rules of today.

pub mod bundle;
mod days;
mod derive;
mod freeze;
mod look;
mod recent;
mod recorder;
mod scope;
mod score;
mod skew;
mod story;

pub use bundle::{Bundle, Column, Error, Header, Seen, Since};
pub use days::made_up;
pub use derive::{Derive, Player, Unscraped};
pub use freeze::{Freezer, Frozen, Kept};
pub use look::Look;
pub use recent::Recent;
pub use recorder::{Recorder, Recording};
pub use score::{Counts, Outcome, Score, score, tally};
pub use story::{Place, Story};
