//! The command line: what a person types, what they see, and what the exit code means.

mod act;
mod args;
mod ask;
mod availability;
mod backtest;
mod check;
mod checkpoint;
mod diagnose;
mod doctor;
mod explain;
mod incidents;
mod inspect;
mod lineage;
mod logging;
mod output;
mod planned;
mod preview;
mod progress;
pub(crate) mod recordings;
mod replay;
mod review;
mod rules;
mod say;
mod serve;
mod silence;
mod status;
mod story;
mod table;
mod token;
mod unseen;
mod why;
mod words;

pub use args::Cli;
use args::{Ack, Command, RulesCommand, chosen, reachable};
use output::Output;
pub use output::{Exit, Failure};

use crate::clock;
use crate::config::Config;
use std::path::PathBuf;
use std::process::ExitCode;

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

/// What a command line writes.
#[cfg(test)]
pub async fn told(line: &[&str]) -> Vec<u8> {
    use clap::Parser;
    let line = std::iter::once("streamwarden").chain(line.iter().copied());
    let cli = Cli::try_parse_from(line).unwrap();
    let kept = std::sync::Arc::default();
    let out = Output { kept: Some(std::sync::Arc::clone(&kept)), ..Output::new(&cli.common) };
    if let Err(failure) = answer(cli.command, cli.common.config, &out).await {
        out.fail(&failure);
    }
    let written: Vec<u8> = kept.lock().unwrap().clone();
    written
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
        Command::Availability(a) => availability::run(a, file, out).await,
        Command::Review(r) => review::run(r, file, out).await,
        Command::Explain { incident, running } => {
            explain_one(&running.server(file)?, &incident, out).await
        }
        Command::Token { name, role } => token::run(&name, role, out),
        Command::Inspect(ask) => inspect::run(*ask, file, out).await,
        Command::Ack(ack) => acknowledge(ack, file, out).await,
        Command::PlannedWork { command } => planned::run(command, file, out).await,
        Command::Silence { command } => silence::run(command, file, out).await,
        Command::Plan(plan) => act::plan::run(plan, file, out).await,
        Command::Approve(answer) => act::plan::answer(answer, true, file, out).await,
        Command::Decline(answer) => act::plan::answer(answer, false, file, out).await,
        Command::KillSwitch { command } => act::switch::run(command, file, out).await,
        Command::Actions(actions) => act::actions::run(actions, file, out).await,
        Command::Action { command } => act::actions::action(command, file, out).await,
        Command::Playbooks(running) => act::books::list(running, file, out).await,
        Command::Playbook { command } => act::books::on(command, file, out).await,
        Command::Audit(audit) => act::audit::run(audit, file, out).await,
        Command::Replay { bundle, tick, drop, days, rules } => {
            replay::run(&bundle, &replay::How { tick, drop, days, rules }, out)
        }
        Command::Backtest { rules: changed, bundles, record } => {
            let bundles = bundles.map_or_else(|| kept_incidents(file), Ok)?;
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
            RulesCommand::Preview { rule, recordings } => preview::run(&rule, &recordings, out),
            RulesCommand::Why { bundle, at, cause, rules, tick } => {
                why::run(&why::Ask { bundle, at, cause, tick, rules }, out)
            }
        },
        Command::Checkpoint { command } => checkpoint::run(command, file, out).await,
        Command::Doctor(estate) => doctor::run(estate.config(file), out).await,
    }
}

/// Where a running process keeps the recordings of its incidents.
fn kept_incidents(file: Option<PathBuf>) -> Result<PathBuf, Failure> {
    let named = file.is_some() || std::env::var_os("STREAMWARDEN_CONFIG").is_some();
    let file = chosen(file);
    if !named && !file.exists() {
        let todo = "name their folder with --bundles DIR, or with --config the configuration in \
                    whose data_dir they are kept";
        return Err(Failure::new("no recordings are named", todo).wrong());
    }
    Ok(Config::load(&file)?.data_dir.join("incidents"))
}

async fn show_status(server: &ask::Server, out: &Output) -> Result<Exit, Failure> {
    let overview = server.get("overview").await?;
    let open: crate::web::view_incident::IncidentList = server.get("incidents?state=open").await?;
    let exit = status::exit(&overview, &open.incidents);
    if out.json {
        out.json(&overview);
        return Ok(exit);
    }
    let none: crate::web::view::JobList = server.get("jobs?status=no_target&limit=1").await?;
    let unknown: crate::web::view::JobList = server.get("jobs?status=unknown&limit=1").await?;
    let planned: crate::web::view_planned::PlannedList = server.get("planned-work").await?;
    let (no_target, unknown, planned) = (none.total, unknown.total, planned.open);
    let rules: crate::web::view_incident::RuleList = server.get("rules").await?;
    // with the database dead all the rest is told still, and that nobody knows what is stopped
    let done = server.get::<crate::web::view_repair::ActionList>("actions").await;
    let stuck = done.map_or_else(|_| Vec::new(), |list| list.actions);
    let stops: crate::web::view_repair::SwitchList = server.get("kill-switches").await?;
    let pipeline = server.get("pipeline").await?;
    let seen = status::Seen {
        overview,
        pipeline,
        no_target,
        unknown,
        incidents: open.incidents,
        switches: stops.switches,
        stuck: stuck.into_iter().filter(|a| a.look).collect(),
        planned,
        bad_rules: rules.errors,
        server: server.base().to_owned(),
    };
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
    let seen = server.get("overview").await?;
    let exit = incidents::exit(&list, &seen);
    if out.json {
        out.json(&list);
    } else {
        let now = clock::now().0;
        out.text(&incidents::render(&list, &seen, now, out.lang, &out.zone, &out.screen));
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
        let of = |list: &str| format!("{list}?incident={}", ask::encode(&view.row.id));
        let done = server.get(&of("actions")).await?;
        let plans = server.get(&of("plans")).await?;
        let text = act::plan::of_incident(&done, &plans, (out.lang, &out.zone), &out.screen);
        out.text(&format!("\n{text}"));
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
        out.text(&incidents::acked(&request.id, &view, out.lang));
    }
    Ok(Exit::Fine)
}

#[cfg(test)]
mod tests;
