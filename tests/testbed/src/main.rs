//! `bed`: the test bed by hand. Addresses and answers are JSON lines on stdout, progress goes to stderr.

#![expect(
    clippy::disallowed_methods,
    reason = "the bed is the world that the product watches: its clock is the real one"
)]

mod cli;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Result;
use clap::{Args, Parser, Subcommand, ValueEnum};
use testbed::progress::Progress;
use testbed::{Bed, BedOptions, EstateSpec, Mode, Role, faults};

#[derive(Parser)]
#[command(
    name = "bed",
    about = "Real Kafka and Flink on loopback, with faults that can be switched on and off"
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Fetch and compile what a bed needs, and warm it up
    Prepare,
    /// Start a bed; commands on stdin: `fault NAME on|off [key=number]`, `control …`, `status`, `quit`
    Up(Up),
    /// The faults and controls with their labels, in an estate that each of them can strike
    List {
        #[arg(long)]
        seed: Option<u64>,
        /// The whole labels, one JSON object a line
        #[arg(long)]
        json: bool,
    },
    /// Record a fault as the product sees it, from health to health again, into a bundle
    Record(cli::Record),
    /// Which versions of a job go on from a checkpoint: what the product says, and what Flink then does
    Reuse {
        /// Only versions whose name has this in it
        #[arg(long, default_value = "")]
        only: String,
    },
    /// Resolve the poms anew and rewrite jars.lock (for whoever changes a pom)
    Lock,
}

#[derive(Args)]
struct Up {
    /// Draw names and sizes from a seed
    #[arg(long, conflicts_with = "demo")]
    seed: Option<u64>,
    /// The names of the documentation (the default)
    #[arg(long)]
    demo: bool,
    #[arg(long, value_enum, default_value = "mini")]
    mode: ModeArg,
    /// End by itself after this time
    #[arg(long)]
    seconds: Option<u64>,
    /// Make the estate one that this fault can strike, in the mode that it needs; may be given more than once
    #[arg(long = "for", value_name = "FAULT")]
    strikes: Vec<String>,
    /// The job whose sink is EXACTLY_ONCE
    #[arg(long, value_enum)]
    exactly_once: Option<RoleArg>,
    /// Keep everything here instead of in a temporary directory
    #[arg(long)]
    dir: Option<PathBuf>,
}

#[derive(Clone, Copy, ValueEnum)]
enum ModeArg {
    Mini,
    Processes,
}

#[derive(Clone, Copy, ValueEnum)]
enum RoleArg {
    Ods,
    Dwd,
    Ads,
    Audit,
}

fn main() -> Result<()> {
    let progress = Progress { show: true, ..Progress::default() };
    cli::cancel_on_signals(&progress)?;
    match Cli::parse().command {
        Command::Prepare => Bed::prepare(&progress),
        Command::Reuse { only } => cli::reuse(&only, progress),
        Command::Lock => testbed::jvm::write_lock(&progress),
        Command::List { seed, json } => {
            cli::list(&seed.map_or_else(EstateSpec::demo, EstateSpec::seeded), json)
        }
        Command::Record(record) => cli::record(&record, progress),
        Command::Up(up) => {
            let seconds = up.seconds.map(Duration::from_secs);
            cli::up(options(up, progress)?, seconds)
        }
    }
}

fn options(up: Up, progress: Progress) -> Result<BedOptions> {
    let mut spec = up.seed.map_or_else(EstateSpec::demo, EstateSpec::seeded);
    spec.exactly_once = up.exactly_once.map(|role| match role {
        RoleArg::Ods => Role::Ods,
        RoleArg::Dwd => Role::Dwd,
        RoleArg::Ads => Role::Ads,
        RoleArg::Audit => Role::Audit,
    });
    let mut mode = match up.mode {
        ModeArg::Mini => Mode::Mini,
        ModeArg::Processes => Mode::Processes,
    };
    for name in &up.strikes {
        let fault = faults::find(name)?;
        fault.fit(&mut spec);
        if fault.label(&spec).needs == Mode::Processes {
            mode = Mode::Processes;
        }
    }
    Ok(BedOptions { spec, mode, dir: up.dir, progress })
}
