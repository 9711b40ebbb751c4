//! `serve`: the process itself, from its first line to its last.

use super::{Exit, Failure, Output, check};
use crate::app::{App, Error};
use crate::config::Config;
use std::io::Read;
use std::path::PathBuf;
use std::time::Duration;
use streamwarden_core::case::Mode;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// For loops to end and history to be written; what hangs longer is cut off.
const SOFT: Duration = Duration::from_secs(15);

/// How this process runs, beside what it watches.
pub struct Run {
    pub end_with_stdin: bool,
    pub record: Option<PathBuf>,
}

pub async fn run(config: Config, how: Run, out: &Output) -> Result<Exit, Failure> {
    let (watched, mode) = (check::summary(&config, super::say::Lang::En), config.mode());
    for w in &config.warnings {
        tracing::warn!(file = %w.file, line = w.line, todo = %w.todo, "{}", w.message);
    }
    let mut app = App::build(config).await.map_err(|e| failure(&e))?;
    if let Some(file) = how.record {
        app.record(file).map_err(|e| failure(&e))?;
    }
    let address = app.address().map_err(|e| Failure::new(e.to_string(), "start it again"))?;
    tracing::info!("{}", app.restored);
    greet(address, &watched, mode, out);
    let stop = CancellationToken::new();
    if how.end_with_stdin {
        end_with(stop.clone());
    }
    let mut running = std::pin::pin!(app.run(stop.clone()));
    let ended = tokio::select! {
        ended = &mut running => ended,
        () = asked_to_end(&stop) => {
            stop.cancel();
            tracing::info!("ending: the last history is being written");
            tokio::select! {
                ended = &mut running => ended,
                () = asked_again() => Err(Error::Loop("cut off by a second signal".to_owned())),
                () = tokio::time::sleep(SOFT) => {
                    Err(Error::Loop(format!("not all ended within {} s", SOFT.as_secs())))
                }
            }
        }
    };
    ended.map(|()| Exit::Fine).map_err(|e| failure(&e))
}

/// The first line says where the page is; scripts read it.
fn greet(address: std::net::SocketAddr, watched: &str, mode: Mode, out: &Output) {
    let page = format!("http://{address}");
    if out.json {
        out.json_line(&serde_json::json!({ "page": page, "mode": mode }));
        return;
    }
    let words = match mode {
        Mode::Suggest => out.lang.say(
            "The page: {}\nSays what it would do, and does nothing: nothing in your estate is changed. Ctrl-C ends it.\n",
            "网页：{}\n仅给出修复建议，不会改动任何集群。按 Ctrl-C 结束。\n",
        ),
        Mode::Observe => out.lang.say(
            "The page: {}\nOnly observes: nothing in your estate is changed. Ctrl-C ends it.\n",
            "网页：{}\n仅观察，不会改动任何集群。按 Ctrl-C 结束。\n",
        ),
        Mode::Approve => out.lang.say(
            "The page: {}\nRepairs where `act` allows it, and only after a person's yes. Ctrl-C ends it.\n",
            "网页：{}\n仅在 `act` 允许且经人批准后执行修复。按 Ctrl-C 结束。\n",
        ),
        Mode::Auto => out.lang.say(
            "The page: {}\nRepairs by itself where `act` and `heal` allow it. Ctrl-C ends it.\n",
            "网页：{}\n在 `act` 与 `heal` 允许的范围内自动修复。按 Ctrl-C 结束。\n",
        ),
    };
    out.text(&words.replace("{}", &page));
    tracing::info!("watching {watched}");
}

/// Whoever started us holds our stdin: when they are gone, however that came, so are we.
fn end_with(stop: CancellationToken) {
    std::thread::spawn(move || {
        let mut stdin = std::io::stdin().lock();
        let mut buffer = [0; 256];
        while matches!(stdin.read(&mut buffer), Ok(n) if n > 0) {}
        stop.cancel();
    });
}

async fn asked_to_end(stop: &CancellationToken) {
    tokio::select! {
        () = stop.cancelled() => {}
        () = asked_again() => {}
    }
}

/// SIGINT or SIGTERM; never, where signals cannot be listened to.
async fn asked_again() {
    let (Ok(mut int), Ok(mut term)) =
        (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
    else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = int.recv() => {}
        _ = term.recv() => {}
    }
}

/// The error with its sources, each once.
fn failure(error: &Error) -> Failure {
    let mut told = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        let cause_told = cause.to_string();
        if !told.contains(&cause_told) {
            told.push_str(&format!(": {cause_told}"));
        }
        source = cause.source();
    }
    Failure::new(told, "`streamwarden doctor` tells more of port, data folder and targets")
}
