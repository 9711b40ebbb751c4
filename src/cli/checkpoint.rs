//! `checkpoint`: what a checkpoint or savepoint holds, and whether a job can go on from it.

mod inspect;
mod job;
mod list;
mod reuse;

use super::args::Estate;
use super::{Exit, Failure, Output};
use crate::checkpoint::{Error, Loaded, load};
use clap::Subcommand;
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub(super) enum CheckpointCommand {
    /// Its operators, their states and sizes, from the metadata file itself
    Inspect {
        /// Its folder or the _metadata file in it, on this machine
        path: String,
        /// It must lie below this folder; may be repeated [default: anywhere]
        #[arg(long, value_name = "DIR")]
        root: Vec<PathBuf>,
    },
    /// What a job could be restored from: whose, how old, how large, and whether it can be read
    List {
        /// A job of the estate by name, the id of a run, or its REST address
        job: String,
        /// They must lie below this folder to be read; may be repeated [default: anywhere]
        #[arg(long, value_name = "DIR")]
        root: Vec<PathBuf>,
        /// Those that are gone, too
        #[arg(long)]
        all: bool,
        #[command(flatten)]
        estate: Estate,
    },
    /// Whether a job can go on from a checkpoint: maps, maps with loss, does not map, cannot tell
    Reuse {
        /// A checkpoint's path, or a job: its newest completed one
        #[arg(long, value_name = "PATH|JOB")]
        from: String,
        /// A job of the estate by name or id, its REST address, or the path of a checkpoint of it
        #[arg(long, value_name = "JOB|PATH")]
        to: String,
        /// Checkpoints must lie below this folder; may be repeated [default: anywhere]
        #[arg(long, value_name = "DIR")]
        root: Vec<PathBuf>,
        #[command(flatten)]
        estate: Estate,
    },
}

pub(super) async fn run(
    command: CheckpointCommand,
    config: Option<PathBuf>,
    out: &Output,
) -> Result<Exit, Failure> {
    match command {
        CheckpointCommand::List { job, root, all, estate } => {
            list::run(&job, &root, &estate, (all, config), out).await
        }
        CheckpointCommand::Reuse { from, to, root, estate } => {
            reuse::run(reuse::Ask { from, to, roots: root, estate, config }, out).await
        }
        CheckpointCommand::Inspect { path, root } => {
            let loaded = read(&path, &root)?;
            if out.json {
                out.json(&inspect::as_json(&loaded));
            } else {
                out.text(&inspect::render(&loaded, out.lang, &out.screen));
            }
            Ok(inspect::exit(&loaded.saved))
        }
    }
}

fn read(path: &str, roots: &[PathBuf]) -> Result<Loaded, Failure> {
    load(path, roots).map_err(|e| {
        let todo = match &e {
            Error::Scheme(_) => "copy its folder to this machine and name that",
            Error::Missing(_) | Error::NoFile(_) => {
                "name the folder that holds _metadata, as Flink shows it (…/chk-7)"
            }
            Error::Link(_) => "name what it leads to, if that is meant",
            Error::Outside(_) => "name the folder with --root, if it may be read",
            Error::TooLarge { .. } => "is it a checkpoint's metadata?",
            Error::Read { .. } => "may this user read it?",
            Error::Metadata { .. } => {
                "take another checkpoint; Flink itself could not read this one either"
            }
        };
        let wrong = matches!(e, Error::Scheme(_) | Error::Missing(_) | Error::NoFile(_));
        let mut said = e.to_string();
        if let Error::Read { source, .. } = &e {
            said.push_str(&format!(": {source}"));
        }
        let failure = Failure::new(said, todo);
        if wrong { failure.wrong() } else { failure }
    })
}

#[cfg(test)]
mod tests;
