//! What a person types.

use super::say::Lang;
use super::{
    Failure, act, ask, availability, diagnose, inspect, logging, planned, recordings, review,
    silence,
};
use crate::access::Role;
use crate::config::{Config, DEFAULT_FILE, DEFAULT_LISTEN, Problem};
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;

pub(super) const AFTER_HELP: &str = "\
Exit codes:
  0  all is well: nothing is over its target, no mistake found
  1  our own error: configuration, nothing answers at --server, a port taken, ...
  2  the command line is wrong; `diagnose`: no Flink answers at that address, or it refuses us
  3  something is over its target, an incident is open, `inspect`: a high risk stands
  4  cannot tell: a target does not answer, what has a target is not known, or a cause is open

Environment:
  STREAMWARDEN_CONFIG  the configuration file, where --config does not name one
  STREAMWARDEN_LOG     what is logged to stderr (info, debug, streamwarden=debug, ...)
  STREAMWARDEN_TOKEN   the bearer token for what changes something, where --token-file names none
  NO_COLOR             no colour unless --color always";

/// Sees every Flink job and Kafka topic of an estate, how they connect and how late the data is.
/// It only reads, except where the configuration says `act` and `heal`.
#[derive(Debug, Parser)]
#[command(name = "streamwarden", version, after_help = AFTER_HELP)]
pub struct Cli {
    #[command(subcommand)]
    pub(super) command: Command,
    #[command(flatten)]
    pub(super) common: Common,
}

#[derive(Debug, Args)]
pub(super) struct Common {
    /// Configuration file [default: ./streamwarden.yaml]
    #[arg(long, global = true, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
    /// Answer in JSON
    #[arg(long, global = true)]
    pub(super) json: bool,
    /// Language of the answer [default: from LANG]
    #[arg(long, global = true)]
    pub(super) lang: Option<Lang>,
    #[arg(long, global = true, value_enum, default_value = "auto")]
    pub(super) color: Colour,
    /// Log lines on stderr as text or JSON
    #[arg(long, global = true, value_enum, default_value = "text")]
    pub(super) log_format: logging::Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Colour {
    Auto,
    Always,
    Never,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// One look of half a minute, no configuration: is it ill, of what, what to do
    Diagnose(diagnose::Diagnose),
    /// Watch the estate and show it on a page
    Serve(Serve),
    /// What is late, by how much, where: one screen, from the running process
    Status(Running),
    /// What feeds a job and what it feeds, with delays, from the running process
    Lineage {
        /// Its name, or its id where several share the name
        job: String,
        #[command(flatten)]
        running: Running,
    },
    /// What is the matter now and why, worst first, from the running process
    Incidents {
        /// Closed ones too
        #[arg(long)]
        all: bool,
        #[command(flatten)]
        running: Running,
    },
    /// Minutes within the target over known minutes, by days and months: what is left of the error
    /// budget, and which incidents spent it
    Availability(availability::Availability),
    /// What months of incidents tell: causes, repeat offenders, time until we said it and until it
    /// was over, by cluster, team and place
    Review(review::Review),
    /// A token for one user, and the line for `users:` in the configuration
    Token {
        #[arg(long, value_name = "NAME")]
        name: String,
        /// viewer, operator, approver or admin
        #[arg(long, value_parser = role)]
        role: Role,
    },
    /// One incident with its evidence: what holds, what does not, what is unknown
    Explain {
        /// Its id, or enough of its beginning
        incident: String,
        #[command(flatten)]
        running: Running,
    },
    /// What will break next: a report on the whole estate, made now by the running process
    Inspect(Box<inspect::Inspect>),
    /// Say that you take care of an incident
    Ack(Ack),
    /// Say beforehand that you work somewhere: nobody is called for what goes wrong there meanwhile
    PlannedWork {
        #[command(subcommand)]
        command: planned::Command,
    },
    /// Say that you want no messages about something for a while; incidents and repair go on
    Silence {
        #[command(subcommand)]
        command: silence::Command,
    },
    /// What would be done now, as the exact requests, and why it is or is not; changes nothing
    Plan(act::plan::Plan),
    /// Let exactly this plan be carried out (good for 15 minutes; in mode approve or auto)
    Approve(act::plan::Answer),
    /// Say no to this plan's playbook for that job, in any mode, until the incident is closed or somebody
    /// approves
    Decline(act::plan::Answer),
    /// Stop all actions: everywhere, or on a cluster, a playbook, a job
    KillSwitch {
        #[command(subcommand)]
        command: act::switch::Command,
    },
    /// What was done and is being done, or one action with its journal
    Actions(act::actions::Actions),
    /// Your word on one action
    Action {
        #[command(subcommand)]
        command: act::actions::Action,
    },
    /// What may be done at all, by which steps, and what came of it so far
    Playbooks(Running),
    /// Let a playbook that failed twice be used again
    Playbook {
        #[command(subcommand)]
        command: act::books::Playbook,
    },
    /// Who did what; `audit verify` tells whether the log is the one that was written
    Audit(act::audit::Audit),
    /// What a recording tells: each event in seconds since the fault, or since an incident's onset.
    /// One that is cut is told as far as it goes, with what is missing; it is an error only where
    /// nothing of it can be read
    Replay {
        /// Written by `serve --record`, or when an incident opened
        bundle: PathBuf,
        /// As if Flink had been asked only every so many seconds
        #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(1..=3600))]
        tick: Option<u32>,
        /// As if this share of the series were not there, 0 to 1
        #[arg(long, value_name = "SHARE", value_parser = share)]
        drop: Option<f64>,
        /// As if the days before had been seen: made up from what the recording says of itself
        #[arg(long)]
        days: bool,
        /// Rules beside or instead of ours
        #[arg(long, value_name = "DIR")]
        rules: Option<PathBuf>,
    },
    /// What rules say of all that was recorded, and what changed ones would say instead
    Backtest {
        /// Rules beside or instead of ours
        #[arg(long, value_name = "DIR")]
        rules: Option<PathBuf>,
        /// Recordings [default: the incidents in the configured data_dir]
        #[arg(long, value_name = "DIR")]
        bundles: Option<PathBuf>,
        /// Write how often each of our rules was right into this file
        #[arg(long, value_name = "FILE")]
        record: Option<PathBuf>,
    },
    /// All mistakes of a configuration, a rule, a playbook or a folder of them at once
    Check {
        /// [default: as --config]
        file: Option<PathBuf>,
    },
    /// The experts' rules: which causes are known and how they are recognised
    Rules {
        #[command(subcommand)]
        command: RulesCommand,
    },
    /// What a checkpoint or savepoint of Flink holds, and whether a job can go on from it
    Checkpoint {
        #[command(subcommand)]
        command: super::checkpoint::CheckpointCommand,
    },
    /// What can be reached, with which rights, what stays blind and why
    Doctor(Estate),
}

#[derive(Debug, Subcommand)]
pub(super) enum RulesCommand {
    /// Run the tests that stand beside rules and playbooks: x.test.yaml beside x.yaml
    Test {
        /// [default: those that are built in]
        folder: Option<PathBuf>,
        /// Recordings that tests name
        #[arg(long, value_name = "DIR", default_value = recordings::FOLDER)]
        recordings: PathBuf,
    },
    /// What a rule would have said on recorded incidents
    Preview {
        /// A file, or the name of a cause
        rule: PathBuf,
        /// Recordings: files that end in .bundle
        #[arg(long, value_name = "DIR", default_value = recordings::FOLDER)]
        recordings: PathBuf,
    },
    /// What every rule that was asked came to at one moment of a recording, and by which figures
    Why {
        bundle: PathBuf,
        /// Seconds since the fault; of an incident's recording since its onset
        #[arg(long, value_name = "SECONDS", allow_negative_numbers = true, value_parser = clap::value_parser!(i64).range(-86_400..=86_400))]
        at: i64,
        /// Only rules whose cause has this in its name
        #[arg(long, value_name = "TEXT", default_value = "")]
        cause: String,
        /// Rules beside or instead of ours
        #[arg(long, value_name = "DIR")]
        rules: Option<PathBuf>,
        /// As if Flink had been asked only every so many seconds
        #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(1..=3600))]
        tick: Option<u32>,
    },
}

/// An estate without a configuration file.
#[derive(Debug, Args)]
pub(super) struct Estate {
    /// REST address of a Flink cluster; may be repeated; instead of a configuration file
    #[arg(long, value_name = "URL", conflicts_with = "config")]
    pub(super) flink: Vec<String>,
    /// Prometheus endpoint of that Flink cluster; may be repeated
    #[arg(long, value_name = "URL", requires = "flink")]
    pub(super) prometheus: Vec<String>,
    /// A Kafka cluster's bootstrap addresses, host:port,host:port; may be repeated
    #[arg(long, value_name = "ADDR", requires = "flink")]
    pub(super) kafka: Vec<String>,
}

#[derive(Debug, Args)]
pub(super) struct Serve {
    #[command(flatten)]
    pub(super) estate: Estate,
    /// Where the page and the API are; loopback only [default: 127.0.0.1:8470]
    #[arg(long, value_name = "IP:PORT", value_parser = loopback)]
    pub(super) listen: Option<SocketAddr>,
    /// Where history and records are kept [default: ./streamwarden-data]
    #[arg(long, value_name = "DIR")]
    pub(super) data_dir: Option<PathBuf>,
    /// Record all that is seen into this file, for `replay`; it grows every ten seconds
    #[arg(long, value_name = "FILE")]
    pub(super) record: Option<PathBuf>,
    /// Ask more where a cause is in doubt: thread dumps, flame graphs, log tails; few, and only read
    #[arg(long)]
    pub(super) probe: bool,
    /// End when stdin ends, for whoever starts it as a part of something else
    #[arg(long)]
    pub(super) end_with_stdin: bool,
}

#[derive(Debug, Args)]
pub(super) struct Ack {
    /// The incident's id, or enough of its beginning
    pub(super) incident: String,
    /// Your name; where users are configured, the name of the token counts
    #[arg(long, value_name = "NAME")]
    pub(super) by: String,
    #[arg(long, value_name = "TEXT")]
    pub(super) note: Option<String>,
    /// Holds your token (`users:`, or the configuration's `token_file`) [default: STREAMWARDEN_TOKEN]
    #[arg(long, value_name = "FILE")]
    pub(super) token_file: Option<PathBuf>,
    #[command(flatten)]
    pub(super) running: Running,
}

#[derive(Debug, Args)]
pub(super) struct Running {
    /// The running process [default: where the configuration listens]
    #[arg(long, value_name = "URL")]
    pub(super) server: Option<String>,
}

impl Serve {
    pub(super) fn configure(self, file: Option<PathBuf>) -> Result<Config, Failure> {
        let mut config = self.estate.config(file)?;
        config.listen = self.listen.unwrap_or(config.listen);
        config.data_dir = self.data_dir.unwrap_or(config.data_dir);
        config.probe |= self.probe;
        Ok(config)
    }
}

impl Estate {
    pub(super) fn config(&self, file: Option<PathBuf>) -> Result<Config, Vec<Problem>> {
        if self.flink.is_empty() {
            Config::load(&chosen(file))
        } else {
            Config::from_flags(&self.flink, &self.prometheus, &self.kafka)
        }
    }
}

impl Running {
    pub(super) fn server(&self, file: Option<PathBuf>) -> Result<ask::Server, Failure> {
        let named = file.is_some() || std::env::var_os("STREAMWARDEN_CONFIG").is_some();
        let file = chosen(file);
        let base = match &self.server {
            Some(url) => url.clone(),
            // the process may have been started by flags: then there is no file to read
            None if !named && !file.exists() => reachable(DEFAULT_LISTEN),
            None => reachable(Config::load(&file)?.listen),
        };
        ask::Server::new(&base)
    }
}

/// An address to connect to, for one to listen on.
pub(super) fn reachable(listen: SocketAddr) -> String {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    format!("http://{}", SocketAddr::new(ip, listen.port()))
}

pub(super) fn chosen(file: Option<PathBuf>) -> PathBuf {
    let named = || std::env::var_os("STREAMWARDEN_CONFIG").map(PathBuf::from);
    file.or_else(named).unwrap_or_else(|| PathBuf::from(DEFAULT_FILE))
}

pub(super) fn loopback(text: &str) -> Result<SocketAddr, String> {
    let address: SocketAddr =
        text.parse().map_err(|_| "write ip:port, for instance 127.0.0.1:8470".to_owned())?;
    if address.ip().to_canonical().is_loopback() {
        Ok(address)
    } else {
        Err("other machines could reach it, and nobody logs in: say `listen` and \
             `allow_remote: true` in a configuration file"
            .to_owned())
    }
}

fn role(text: &str) -> Result<Role, String> {
    let found = Role::ALL.iter().find(|(name, _)| *name == text).map(|(_, role)| *role);
    found.ok_or_else(|| format!("one of {}", Role::ALL.map(|(name, _)| name).join(", ")))
}

/// 0 to 1.
fn share(text: &str) -> Result<f64, String> {
    let share = text.parse().ok().filter(|s| (0.0..=1.0).contains(s));
    share.ok_or_else(|| "a share is 0 to 1, for instance 0.3".to_owned())
}
