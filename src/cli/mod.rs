//! The command line: what a person types, what they see, and what the exit code means.

mod ask;
mod backtest;
mod check;
mod diagnose;
mod doctor;
mod explain;
mod incidents;
mod lineage;
mod logging;
pub(crate) mod recordings;
mod replay;
mod rules;
mod say;
mod serve;
mod status;
mod story;
mod table;
mod why;
mod words;

use crate::clock;
use crate::config::{Config, DEFAULT_FILE, DEFAULT_LISTEN, Problem};
use clap::{Args, Parser, Subcommand, ValueEnum};
use say::Lang;
use serde::Serialize;
use std::io::{IsTerminal, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;
use table::Screen;

const AFTER_HELP: &str = "\
Exit codes:
  0  all is well: nothing is over its target, no mistake found
  1  our own error: configuration, nothing answers at --server, a port taken, ...
  2  the command line is wrong; `diagnose`: no Flink answers at that address, or it refuses us
  3  something is over its target, or an incident is open
  4  cannot tell: a target does not answer, what has a target is not known, or a cause is open

Environment:
  STREAMWARDEN_CONFIG  the configuration file, where --config does not name one
  STREAMWARDEN_LOG     what is logged to stderr (info, debug, streamwarden=debug, ...)
  STREAMWARDEN_TOKEN   the bearer token for `ack`, where --token-file names none
  NO_COLOR             no colour unless --color always";

/// Sees every Flink job and Kafka topic of an estate, how they connect and how late the data is.
/// It only reads: nothing in your estate is changed.
#[derive(Debug, Parser)]
#[command(name = "streamwarden", version, after_help = AFTER_HELP)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Args)]
struct Common {
    /// Configuration file [default: ./streamwarden.yaml]
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Answer in JSON
    #[arg(long, global = true)]
    json: bool,
    /// Language of the answer [default: from LANG]
    #[arg(long, global = true)]
    lang: Option<Lang>,
    #[arg(long, global = true, value_enum, default_value = "auto")]
    color: Colour,
    /// Log lines on stderr as text or JSON
    #[arg(long, global = true, value_enum, default_value = "text")]
    log_format: logging::Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Colour {
    Auto,
    Always,
    Never,
}

#[derive(Debug, Subcommand)]
enum Command {
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
    /// One incident with its evidence: what holds, what does not, what is unknown
    Explain {
        /// Its id, or enough of its beginning
        incident: String,
        #[command(flatten)]
        running: Running,
    },
    /// Say that you take care of an incident
    Ack(Ack),
    /// What a recording tells: each event in seconds since the fault
    Replay {
        /// Written by `serve --record`, or when an incident opened
        bundle: PathBuf,
        /// As if Flink had been asked only every so many seconds
        #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(1..=3600))]
        tick: Option<u32>,
        /// As if this share of the series were not there, 0 to 1
        #[arg(long, value_name = "SHARE")]
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
    /// All mistakes of a configuration, a rule or a folder of rules at once
    Check {
        /// [default: as --config]
        file: Option<PathBuf>,
    },
    /// The experts' rules: which causes are known and how they are recognised
    Rules {
        #[command(subcommand)]
        command: RulesCommand,
    },
    /// What can be reached, with which rights, what stays blind and why
    Doctor(Estate),
}

#[derive(Debug, Subcommand)]
enum RulesCommand {
    /// Run the tests that stand beside rules: x.test.yaml beside x.yaml
    Test {
        /// [default: the rules that are built in]
        folder: Option<PathBuf>,
        /// Recordings that tests name
        #[arg(long, value_name = "DIR", default_value = recordings::FOLDER)]
        recordings: PathBuf,
    },
    /// What a rule would have said on recorded incidents
    Preview {
        rule: PathBuf,
        /// Recordings: files that end in .bundle
        #[arg(long, value_name = "DIR", default_value = recordings::FOLDER)]
        recordings: PathBuf,
    },
    /// What every rule that was asked came to at one moment of a recording, and by which figures
    Why {
        bundle: PathBuf,
        /// Seconds since the fault
        #[arg(long, value_name = "SECONDS", allow_negative_numbers = true, value_parser = clap::value_parser!(i64).range(-86_400..=86_400))]
        at: i64,
        /// Only rules whose cause has this in its name
        #[arg(long, value_name = "TEXT", default_value = "")]
        cause: String,
        /// As if Flink had been asked only every so many seconds
        #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(1..=3600))]
        tick: Option<u32>,
    },
}

/// An estate without a configuration file.
#[derive(Debug, Args)]
struct Estate {
    /// REST address of a Flink cluster; may be repeated; instead of a configuration file
    #[arg(long, value_name = "URL", conflicts_with = "config")]
    flink: Vec<String>,
    /// Prometheus endpoint of that Flink cluster; may be repeated
    #[arg(long, value_name = "URL", requires = "flink")]
    prometheus: Vec<String>,
    /// A Kafka cluster's bootstrap addresses, host:port,host:port; may be repeated
    #[arg(long, value_name = "ADDR", requires = "flink")]
    kafka: Vec<String>,
}

#[derive(Debug, Args)]
struct Serve {
    #[command(flatten)]
    estate: Estate,
    /// Where the page and the API are; loopback only [default: 127.0.0.1:8470]
    #[arg(long, value_name = "IP:PORT", value_parser = loopback)]
    listen: Option<SocketAddr>,
    /// Where history and records are kept [default: ./streamwarden-data]
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Record all that is seen into this file, for `replay`; it grows every ten seconds
    #[arg(long, value_name = "FILE")]
    record: Option<PathBuf>,
    /// Ask more where a cause is in doubt: thread dumps, flame graphs, log tails; few, and only read
    #[arg(long)]
    probe: bool,
    /// End when stdin ends, for whoever starts it as a part of something else
    #[arg(long)]
    end_with_stdin: bool,
}

#[derive(Debug, Args)]
struct Ack {
    /// The incident's id, or enough of its beginning
    incident: String,
    /// Your name
    #[arg(long, value_name = "NAME")]
    by: String,
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
    /// Holds the token that the configuration's `token_file` holds [default: STREAMWARDEN_TOKEN]
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    #[command(flatten)]
    running: Running,
}

#[derive(Debug, Args)]
struct Running {
    /// The running process [default: where the configuration listens]
    #[arg(long, value_name = "URL")]
    server: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    Fine,
    Ours,
    Over,
    CannotTell,
    /// What was asked for cannot be: the command line.
    Wrong,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(match exit {
            Exit::Fine => 0,
            Exit::Ours => 1,
            Exit::Wrong => 2,
            Exit::Over => 3,
            Exit::CannotTell => 4,
        })
    }
}

/// Why a command cannot answer, and what to do.
#[derive(Debug, Serialize)]
pub struct Failure {
    error: String,
    todo: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    problems: Vec<Problem>,
    #[serde(skip)]
    exit: Exit,
}

impl Failure {
    fn new(error: impl Into<String>, todo: impl Into<String>) -> Failure {
        let (error, todo) = (error.into(), todo.into());
        Failure { error, todo, problems: Vec::new(), exit: Exit::Ours }
    }

    /// The person who typed it can mend it.
    fn wrong(self) -> Failure {
        Failure { exit: Exit::Wrong, ..self }
    }
}

impl From<Vec<Problem>> for Failure {
    fn from(problems: Vec<Problem>) -> Failure {
        let error = "the configuration has mistakes".to_owned();
        let todo = "correct them; `streamwarden check` looks again".to_owned();
        Failure { error, todo, problems, exit: Exit::Ours }
    }
}

/// Where and how the answer is written.
struct Output {
    json: bool,
    lang: Lang,
    zone: jiff::tz::TimeZone,
    screen: Screen,
}

/// Runs the command and says how it ended.
pub fn run(cli: Cli) -> ExitCode {
    logging::start(cli.common.log_format, matches!(cli.command, Command::Serve(_)));
    let out = Output::new(&cli.common);
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(e) => return out.fail(&Failure::new(e.to_string(), "are threads or files used up?")),
    };
    let exit = runtime.block_on(answer(cli.command, cli.common.config, &out));
    // a name that is still being looked up must not hold the process
    runtime.shutdown_background();
    exit.map_or_else(|failure| out.fail(&failure), ExitCode::from)
}

async fn answer(command: Command, file: Option<PathBuf>, out: &Output) -> Result<Exit, Failure> {
    match command {
        Command::Diagnose(diagnose) => diagnose::run(diagnose, file, out).await,
        Command::Serve(serve) => {
            let run =
                serve::Run { end_with_stdin: serve.end_with_stdin, record: serve.record.clone() };
            serve::run(serve.configure(file)?, run, out).await
        }
        Command::Status(running) => show_status(&running.server(file)?, out).await,
        Command::Lineage { job, running } => show_lineage(&running.server(file)?, &job, out).await,
        Command::Incidents { all, running } => {
            show_incidents(&running.server(file)?, all, out).await
        }
        Command::Explain { incident, running } => {
            explain_one(&running.server(file)?, &incident, out).await
        }
        Command::Ack(ack) => acknowledge(ack, file, out).await,
        Command::Replay { bundle, tick, drop, days, rules } => {
            replay::run(&bundle, &replay::How { tick, drop, days, rules }, out)
        }
        Command::Backtest { rules: changed, bundles, record } => {
            let kept = || Config::load(&chosen(file)).map(|c| c.data_dir.join("incidents"));
            let bundles = bundles.map_or_else(kept, Ok)?;
            backtest::run(&backtest::How { changed, bundles, record }, out)
        }
        Command::Check { file: named } => {
            let path = named.unwrap_or_else(|| chosen(file));
            Ok(if rules::is_rules(&path) {
                rules::check(&path, out)
            } else {
                check::run(&path, out)
            })
        }
        Command::Rules { command } => match command {
            RulesCommand::Test { folder, recordings } => {
                rules::test(folder.as_deref(), &recordings, out)
            }
            RulesCommand::Preview { rule, recordings } => {
                recordings::preview(&rule, &recordings, out)
            }
            RulesCommand::Why { bundle, at, cause, tick } => {
                why::run(&bundle, at, &cause, tick, out)
            }
        },
        Command::Doctor(estate) => doctor::run(estate.config(file), out).await,
    }
}

async fn show_status(server: &ask::Server, out: &Output) -> Result<Exit, Failure> {
    let overview = server.get("overview").await?;
    let exit = status::exit(&overview);
    if out.json {
        out.json(&overview);
        return Ok(exit);
    }
    let none: crate::web::view::JobList = server.get("jobs?status=no_target&limit=1").await?;
    let unknown: crate::web::view::JobList = server.get("jobs?status=unknown&limit=1").await?;
    let (no_target, unknown) = (none.total, unknown.total);
    let seen = status::Seen { overview, no_target, unknown, server: server.base().to_owned() };
    out.text(&status::render(&seen, clock::now().0, out.lang, &out.zone, &out.screen));
    Ok(exit)
}

async fn show_lineage(server: &ask::Server, job: &str, out: &Output) -> Result<Exit, Failure> {
    let id = ask::encode(job);
    let levels = server.get_of_job(&format!("levels?id={id}"), job).await?;
    let view = server.get_of_job(&format!("lineage?focus={id}&hops=8"), job).await?;
    let exit = lineage::exit(&view, &levels);
    if out.json {
        out.json(&serde_json::json!({ "lineage": view, "levels": levels }));
        return Ok(exit);
    }
    let now = clock::now().0;
    out.text(&lineage::render(&view, &levels, now, out.lang, &out.zone, &out.screen));
    Ok(exit)
}

async fn show_incidents(server: &ask::Server, all: bool, out: &Output) -> Result<Exit, Failure> {
    let which = if all { "all" } else { "open" };
    let list = server.get(&format!("incidents?state={which}")).await?;
    let exit = incidents::exit(&list);
    if out.json {
        out.json(&list);
    } else {
        let now = clock::now().0;
        out.text(&incidents::render(&list, now, out.lang, &out.zone, &out.screen));
    }
    Ok(exit)
}

async fn explain_one(server: &ask::Server, id: &str, out: &Output) -> Result<Exit, Failure> {
    let view = server.get_of_incident(id).await?;
    let exit = explain::exit(&view);
    if out.json {
        out.json(&view);
    } else {
        let now = clock::now().0;
        out.text(&explain::render(&view, now, out.lang, &out.zone, &out.screen));
    }
    Ok(exit)
}

async fn acknowledge(ack: Ack, file: Option<PathBuf>, out: &Output) -> Result<Exit, Failure> {
    let token = ask::token(ack.token_file.as_deref())?;
    let server = ack.running.server(file)?;
    let request =
        crate::web::view_incident::AckRequest { id: ack.incident, by: ack.by, note: ack.note };
    let view: crate::web::view_incident::AckView =
        server.post("incident/ack", &token, &request).await?;
    if out.json {
        out.json(&view);
    } else {
        out.text(&incidents::acked(&request, out.lang));
    }
    Ok(Exit::Fine)
}

impl Serve {
    fn configure(self, file: Option<PathBuf>) -> Result<Config, Failure> {
        let mut config = self.estate.config(file)?;
        config.listen = self.listen.unwrap_or(config.listen);
        config.data_dir = self.data_dir.unwrap_or(config.data_dir);
        config.probe |= self.probe;
        Ok(config)
    }
}

impl Estate {
    fn config(&self, file: Option<PathBuf>) -> Result<Config, Vec<Problem>> {
        if self.flink.is_empty() {
            Config::load(&chosen(file))
        } else {
            Config::from_flags(&self.flink, &self.prometheus, &self.kafka)
        }
    }
}

impl Running {
    fn server(&self, file: Option<PathBuf>) -> Result<ask::Server, Failure> {
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
fn reachable(listen: SocketAddr) -> String {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    format!("http://{}", SocketAddr::new(ip, listen.port()))
}

fn chosen(file: Option<PathBuf>) -> PathBuf {
    let named = || std::env::var_os("STREAMWARDEN_CONFIG").map(PathBuf::from);
    file.or_else(named).unwrap_or_else(|| PathBuf::from(DEFAULT_FILE))
}

fn loopback(text: &str) -> Result<SocketAddr, String> {
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

impl Output {
    fn new(common: &Common) -> Output {
        let terminal = std::io::stdout().is_terminal();
        let colour = match common.color {
            Colour::Always => true,
            Colour::Never => false,
            Colour::Auto => terminal && std::env::var_os("NO_COLOR").is_none(),
        };
        let lang = common.lang.unwrap_or_else(|| Lang::of_environment(|n| std::env::var(n).ok()));
        let width = table::terminal_width(terminal);
        let zone = jiff::tz::TimeZone::system();
        Output { json: common.json, lang, zone, screen: Screen { width, colour } }
    }

    /// A reader that went away (`| head`) is no error.
    fn text(&self, text: &str) {
        let mut stdout = std::io::stdout().lock();
        let _ = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
    }

    fn json(&self, value: &impl Serialize) {
        match serde_json::to_string_pretty(value) {
            Ok(text) => self.text(&(text + "\n")),
            Err(e) => tracing::error!("the answer cannot be written as JSON: {e}"),
        }
    }

    /// One line: for what is read while the command goes on.
    fn json_line(&self, value: &serde_json::Value) {
        self.text(&format!("{value}\n"));
    }

    fn fail(&self, failure: &Failure) -> ExitCode {
        if self.json {
            self.json(failure);
        } else {
            let mut text: String = failure.problems.iter().map(|p| format!("{p}\n\n")).collect();
            text.push_str(&format!("error: {}\n   = {}\n", failure.error, failure.todo));
            let _ = std::io::stderr().write_all(text.as_bytes());
        }
        failure.exit.into()
    }
}

#[cfg(test)]
mod tests;
