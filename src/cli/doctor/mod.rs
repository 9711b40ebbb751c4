//! `doctor`: what can be reached, with which rights, what stays blind and why, and what would open
//! the eye. A list of ticks, crosses and "because".

mod act;
mod bases;
mod flink;
mod kafka;
mod local;
mod named;
mod prometheus;
mod prometheus_api;

use super::table::{Ink, Screen};
use super::{Exit, Failure, Output, check};
use crate::config::{Config, Flink, Problem};
use crate::discover::file_sd::FileSd;
use crate::tasks::say;
use futures_util::future::join_all;
use serde::Serialize;
use std::time::Duration;
use streamwarden_core::estate::{ClusterId, Millis, Target, TargetKind, plain};

/// For all that is asked of one target together; a Kafka cluster is given two rounds per broker.
const DEADLINE: Duration = Duration::from_secs(45);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Mark {
    Fine,
    /// It works, but something stays unseen.
    Blind,
    /// It does not work.
    Broken,
}

#[derive(Clone, Debug, Serialize)]
pub struct Finding {
    /// "this machine", or a target's name.
    pub about: String,
    pub mark: Mark,
    pub what: String,
    pub because: String,
    pub todo: Option<String>,
}

/// Findings about one thing.
pub struct Findings {
    about: String,
    list: Vec<Finding>,
    /// Names of jobs or topics that it shows; None: they were not seen.
    names: Option<Vec<String>>,
}

impl Findings {
    fn new(about: impl Into<String>) -> Findings {
        Findings { about: about.into(), list: Vec::new(), names: None }
    }
    fn add(&mut self, mark: Mark, what: &str, because: impl Into<String>, todo: Option<&str>) {
        self.list.push(Finding {
            about: self.about.clone(),
            mark,
            what: what.to_owned(),
            because: because.into(),
            todo: todo.map(str::to_owned),
        });
    }
    fn fine(&mut self, what: &str, because: impl Into<String>) {
        self.add(Mark::Fine, what, because, None);
    }
    fn blind(&mut self, what: &str, because: impl Into<String>, todo: &str) {
        self.add(Mark::Blind, what, because, Some(todo));
    }
    fn broken(&mut self, what: &str, because: impl Into<String>, todo: &str) {
        self.add(Mark::Broken, what, because, Some(todo));
    }
}

pub async fn run(config: Result<Config, Vec<Problem>>, out: &Output) -> Result<Exit, Failure> {
    let config = config?;
    let targets =
        config.flink.iter().map(|f| 1 + f.prometheus.len()).sum::<usize>() + config.kafka.len();
    let targets = targets + config.bases.clusters.len() + config.bases.hosts.len();
    if !out.json {
        let words = out.lang.say("targets to ask: {} …", "正在询问 {} 个目标 …");
        eprintln!("{}", words.replace("{}", &targets.to_string()));
    }
    let findings = examine(&config).await;
    if out.json {
        out.json(&findings);
    } else {
        out.text(&render(&findings, out));
    }
    Ok(exit(&findings))
}

/// This machine's crosses are ours to mend; a target's mean that part of the estate is not seen.
fn exit(findings: &[Finding]) -> Exit {
    let broken_here = findings.iter().any(|f| f.mark == Mark::Broken && f.about == local::ABOUT);
    if broken_here {
        Exit::Ours
    } else if findings.iter().any(|f| f.mark != Mark::Fine) {
        Exit::CannotTell
    } else {
        Exit::Fine
    }
}

/// This machine first, then all targets at once, each within its deadline.
async fn examine(config: &Config) -> Vec<Finding> {
    let mut findings = local::examine(config).await.list;
    let kafka_known = !config.kafka.is_empty();
    findings.extend(machine_files(config).list);
    let mut clusters = config.flink.clone();
    clusters.extend(named_by_files(config, &mut findings));
    let flink = clusters
        .iter()
        .map(|f| within(&f.name, flink::examine(f, &config.bases, kafka_known, config.probe)));
    let kafka = config.kafka.iter().map(|k| within(&k.name, kafka::examine(k)));
    let bases = config.bases.clusters.iter().map(|b| within(&b.name, bases::examine(b)));
    let hosts = &config.bases.hosts;
    let machines = async {
        let asked = (!hosts.is_empty()).then(|| bases::machines(hosts));
        futures_util::future::OptionFuture::from(asked).await
    };
    let (flink, kafka, bases, machines) =
        tokio::join!(join_all(flink), join_all(kafka), join_all(bases), machines);
    let seen = named::Seen { jobs: names(&flink), topics: names(&kafka) };
    findings.extend(named::examine(config, &seen).list);
    let all = flink.into_iter().chain(kafka).chain(bases).chain(machines);
    findings.extend(all.flat_map(|found| found.list));
    findings
}

/// Of all of them together; None where one does not show its own, or there is none.
fn names(all: &[Findings]) -> Option<Vec<String>> {
    if all.is_empty() {
        return None;
    }
    let each: Option<Vec<Vec<String>>> = all.iter().map(|f| f.names.clone()).collect();
    each.map(|each| each.concat())
}

/// Files that name machines.
fn machine_files(config: &Config) -> Findings {
    let mut about = Findings::new(local::ABOUT);
    for (what, reason) in FileSd::wrong(&config.bases.hosts_file_sd) {
        let what = format!("target file {what}");
        about.broken(&what, say(&reason), "correct `machines_file_sd:` or the file");
    }
    about
}

fn named_by_files(config: &Config, findings: &mut Vec<Finding>) -> Vec<Flink> {
    if config.flink_file_sd.is_empty() {
        return Vec::new();
    }
    let address = "file_sd".into();
    let target = Target { name: "flink".into(), kind: TargetKind::FlinkRest, address };
    let mut files = FileSd::new(target, config.flink_file_sd.clone(), "");
    let mut about = Findings::new(local::ABOUT);
    for gap in files.look(Millis(0)).gaps {
        let what = format!("target file {}", gap.what);
        about.broken(&what, say(&gap.reason), "correct `flink_file_sd:` or the file");
    }
    findings.append(&mut about.list);
    let found = files.found();
    found.iter().map(|f| Flink::discovered(&f.url, &f.labels, &config.kafka)).collect()
}

async fn within(name: &ClusterId, examined: impl Future<Output = Findings>) -> Findings {
    tokio::time::timeout(DEADLINE, examined).await.unwrap_or_else(|_| {
        let mut late = Findings::new(name.as_str());
        let because = format!("not all of it answered within {} s", DEADLINE.as_secs());
        late.broken("deadline", because, "ask again; if it stays so, the network or it is ill");
        late
    })
}

fn render(findings: &[Finding], out: &Output) -> String {
    let mut text = String::new();
    let mut about = "";
    for finding in findings {
        if finding.about != about {
            about = &finding.about;
            text.push_str(&format!("{}\n", out.screen.ink(Ink::Strong, &plain(about))));
        }
        text.push_str(&line(finding, &out.screen));
    }
    text
}

fn line(finding: &Finding, screen: &Screen) -> String {
    let (sign, ink) = match finding.mark {
        Mark::Fine => ("✓", Ink::Good),
        Mark::Blind => ("?", Ink::Near),
        Mark::Broken => ("✗", Ink::Over),
    };
    let sign = screen.ink(ink, sign);
    let mut text = format!("  {sign} {}: {}\n", plain(&finding.what), plain(&finding.because));
    if let Some(todo) = &finding.todo {
        text.push_str(&format!("    → {}\n", plain(todo)));
    }
    text
}

#[cfg(test)]
mod tests;
