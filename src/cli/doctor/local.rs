//! This machine: the configuration, the port, the data folder.

use super::{Config, Findings, check};
use crate::collect::http::{HttpAccess, ReadClient};
use crate::repair::KillFile;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::time::Duration;
use streamwarden_core::case::Mode;

pub const ABOUT: &str = "this machine";

pub async fn examine(config: &Config) -> Findings {
    let mut findings = Findings::new(ABOUT);
    findings.fine("configuration", check::summary(config, crate::cli::say::Lang::En));
    rules(config.rules.as_deref(), &mut findings);
    port(config.listen, &mut findings).await;
    data_dir(&config.data_dir, &mut findings);
    stopped(config, &mut findings);
    called(config, &mut findings);
    findings
}

fn rules(folder: Option<&Path>, findings: &mut Findings) {
    let Some(folder) = folder else { return };
    let shown = folder.display();
    match crate::rules::load_good(Some(folder)) {
        Ok((loaded, problems)) if problems.is_empty() => {
            let all = loaded.set.rules().len();
            findings.fine("rules", format!("{all} in force, {} of ours replaced", loaded.replaced));
        }
        Ok((_, problems)) | Err(problems) => {
            let first = problems.first().map_or("", |p| &p.message);
            let because = format!("{} mistakes in {shown}, the first: {first}", problems.len());
            let todo = format!("`streamwarden check {shown}`; until then those files are left out");
            findings.broken("rules", because, &todo);
        }
    }
}

/// What the kill-switch file stops, where anything may be done at all.
fn stopped(config: &Config, findings: &mut Findings) {
    let file = KillFile::of(&config.data_dir);
    // before the first start there is no folder to put one into
    let stops = if config.data_dir.is_dir() { file.read() } else { Vec::new() };
    if config.flink.iter().all(|f| f.act.is_none()) || stops.is_empty() {
        return;
    }
    let path = file.path().display();
    let because = match stops.len() {
        1 => format!("{path} stops actions"),
        n => format!("{n} lines of {path} stop actions"),
    };
    findings.blind("acting", because, "take out what is over: `streamwarden kill-switch list`");
}

/// Who acts needs somebody to call.
fn called(config: &Config, findings: &mut Findings) {
    if config.mode() < Mode::Approve {
        return;
    }
    match &config.webhook {
        Some(_) => findings.fine("who is called", "a webhook hears of a repair that gets stuck"),
        None => findings.blind(
            "who is called",
            "nobody, when a repair gets stuck: a job may be down by it",
            "add `notify: { webhook: { url: … } }`",
        ),
    }
}

async fn port(listen: SocketAddr, findings: &mut Findings) {
    let what = format!("port {}", listen.port());
    match TcpListener::bind(listen) {
        Ok(_) => findings.fine(&what, format!("{listen} is free")),
        Err(e) if e.kind() == io::ErrorKind::AddrInUse => {
            if ourselves(listen).await {
                findings.fine(&what, format!("streamwarden is running at {listen}"));
            } else {
                let because = format!("another process listens on {listen}");
                findings.broken(&what, because, "choose another port: `listen:` or --listen");
            }
        }
        Err(e) => {
            let because = format!("{listen}: {e}");
            findings.broken(&what, because, "listen on an address of this machine, port over 1023");
        }
    }
}

async fn ourselves(listen: SocketAddr) -> bool {
    let Ok(client) = ReadClient::new(HttpAccess::default()) else { return false };
    let url = format!("{}/api/v1/system", super::super::reachable(listen));
    let answer =
        client.get_json::<crate::web::view::SystemView>(&url, Duration::from_secs(2), 8 << 20);
    answer.await.is_ok()
}

/// Writes and removes a file where history would be kept; makes no folder.
fn data_dir(folder: &Path, findings: &mut Findings) {
    let shown = folder.display();
    let Some(exists) = folder.ancestors().find(|p| p.as_os_str().is_empty() || p.exists()) else {
        return;
    };
    let exists = if exists.as_os_str().is_empty() { Path::new(".") } else { exists };
    let probe = exists.join(format!(".streamwarden-doctor-{}", std::process::id()));
    let written = std::fs::write(&probe, b"can this be written?");
    let removed = written.and_then(|()| std::fs::remove_file(&probe));
    match removed {
        Ok(()) => findings.fine("data folder", format!("{shown} can be written")),
        Err(e) => {
            let because = format!("{}: {e}", exists.display());
            findings.broken("data folder", because, "give another with `data_dir:` or --data-dir");
        }
    }
}
