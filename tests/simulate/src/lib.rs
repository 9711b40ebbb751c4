//! A hostile world around the action protocol, played from one number: several processes of ours
//! with a lease in one database, jobs on several Flink clusters, a network that loses and repeats,
//! people who do as they like. The processes run the real guards and the real machine
//! ([`streamwarden_core::plan::guard`], [`streamwarden_core::action`]); [`oracle`] judges them by
//! the truth of the world.

pub mod backup;
pub mod database;
pub mod driver;
pub mod faults;
pub mod flink;
pub mod jobs;
pub mod mutant;
pub mod network;
pub mod oracle;
pub mod plans;
pub mod process;
pub mod rng;
pub mod sim;

pub use mutant::{MUTANTS, Mutant, NONE};
pub use sim::{Config, Outcome, Script, run};
