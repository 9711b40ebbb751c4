//! `silence`: no messages about something until a time; incidents and, unless said otherwise, repair
//! go on. Announced as planned work is.

use super::args::Running;
use super::planned::{Add, End, Kind, announce, end, list};
use super::{Exit, Failure, Output};
use clap::{Args, Subcommand};
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Messages about what is there wait; what is still open when it is over is told then
    Add(Silence),
    /// What is silenced, and what was not long ago
    List(Running),
    /// It is over before its time
    End(End),
}

#[derive(Debug, Args)]
pub struct Silence {
    #[command(flatten)]
    add: Add,
    /// Repair nothing there meanwhile, either
    #[arg(long)]
    no_remediate: bool,
}

pub async fn run(command: Command, file: Option<PathBuf>, out: &Output) -> Result<Exit, Failure> {
    match command {
        Command::Add(s) => {
            let kind = Kind::Silence { no_remediate: s.no_remediate };
            announce(s.add, kind, file, out).await
        }
        Command::List(running) => list(running, true, file, out).await,
        Command::End(args) => end(args, file, out).await,
    }
}
