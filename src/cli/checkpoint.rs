//! `checkpoint`: what a checkpoint or savepoint holds.

mod inspect;

use super::{Exit, Failure, Output};
use crate::checkpoint::{Error, Loaded, load};
use clap::Subcommand;
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub enum CheckpointCommand {
    /// Its operators, their states and sizes, from the metadata file itself
    Inspect {
        /// Its folder or the _metadata file in it, on this machine
        path: String,
        /// It must lie below this folder; may be repeated [default: anywhere]
        #[arg(long, value_name = "DIR")]
        root: Vec<PathBuf>,
    },
}

pub fn run(command: CheckpointCommand, out: &Output) -> Result<Exit, Failure> {
    match command {
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
