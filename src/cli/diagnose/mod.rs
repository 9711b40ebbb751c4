//! `diagnose`: somebody points it at a Flink cluster and has an answer in under a minute, with no
//! configuration and nothing kept.

mod blind;
mod nobody;
mod render;
#[cfg(test)]
mod tests;
mod verdict;

use super::progress::over;
use super::{Exit, Failure, Output, chosen};
use crate::app;
use crate::config::{Config, parse_duration};
use crate::tasks::{Glance, Patience, Progress, glance, lost};
use crate::web::build::{self, IncidentFilter, Scene};
use crate::web::state::{FlinkUrls, IncidentBook, SystemInfo};
use crate::web::view::{Overview, StoreView, TargetView};
use crate::web::view_incident::{CalmView, IncidentView, SymptomView};
use clap::Args;
use serde::Serialize;
use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use streamwarden_core::case::{Incident, Record, Verdict};
use streamwarden_core::estate::{Span, Subject};
use streamwarden_core::lineage::{EdgeKind, NodeRef, Settings, Sla, SlaScope};
use streamwarden_core::snapshot::Snapshot;
use verdict::{Health, judge};

/// Assessments come so often: a person waits.
const TICK: Duration = Duration::from_secs(2);
const LEAST: Duration = Duration::from_secs(10);
const MOST: Duration = Duration::from_secs(600);
/// Where nobody has said how old data may be: a stream that is a minute behind is looked into.
const WANTED: Duration = Duration::from_secs(60);
/// A failure before this has nothing to do with what is the matter now.
const LAST_FAILURE: Span = Span::secs(600);
/// Of the text of an exception.
const LONGEST_LINE: usize = 300;
/// So much longer while it is not clear what is the matter.
const LONGER: Duration = Duration::from_secs(20);

#[derive(Debug, Args)]
pub struct Diagnose {
    /// REST address of a Flink cluster, http://jobmanager:8081; several may be given
    #[arg(value_name = "FLINK-URL", conflicts_with = "config")]
    flink: Vec<String>,
    /// Prometheus endpoint of that cluster, where it has one: finer figures, sooner
    #[arg(long, value_name = "URL", requires = "flink")]
    prometheus: Vec<String>,
    /// A Kafka cluster's bootstrap addresses [default: read in a TaskManager's log]
    #[arg(long, value_name = "ADDR", requires = "flink")]
    kafka: Vec<String>,
    /// How old what waits for a job may be at most, 10s [default: as declared, else 60s]
    #[arg(long, value_name = "TIME", value_parser = time)]
    sla: Option<Duration>,
    /// How long to look; 20 s longer while it is not clear what is the matter
    #[arg(long = "for", value_name = "TIME", value_parser = time_to_look, default_value = "30s")]
    look: Duration,
    /// Ask more where a cause is in doubt: thread dumps, flame graphs, log tails; few, and only read
    #[arg(long)]
    probe: bool,
}

/// What a look brought; `--json` prints it.
#[derive(Clone, Debug, Serialize)]
pub struct Diagnosed {
    pub health: Health,
    pub looked_s: f64,
    pub kafka_from: KafkaFrom,
    /// What nobody else declared was held against, s.
    pub wanted_s: Option<f64>,
    /// Somebody has said how late something may be.
    #[serde(skip)]
    pub wanted_given: bool,
    /// What works hardest, and which share of its time (0 to 1).
    #[serde(skip)]
    pub busiest: Option<(String, f64)>,
    /// Probes were allowed.
    #[serde(skip)]
    pub probes: bool,
    pub topics_read: Vec<String>,
    pub overview: Overview,
    pub targets: Vec<TargetView>,
    /// Worst first.
    pub incidents: Vec<IncidentView>,
    /// What Flink has written of the last failure, by incident, where its cause is open.
    pub thrown: BTreeMap<String, String>,
    /// Looks like trouble and is none.
    pub calm: Vec<CalmView>,
    /// Seen, and too young to be explained.
    pub pending: Vec<SymptomView>,
}

/// How the address of Kafka came to us.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum KafkaFrom {
    Given,
    Log,
}

pub async fn run(ask: Diagnose, file: Option<PathBuf>, out: &Output) -> Result<Exit, Failure> {
    let patience = Patience { look: ask.look, longest: ask.look + LONGER };
    let (config, wanted_given) = ask.configure(file)?;
    let kafka_from = if config.kafka.is_empty() { KafkaFrom::Log } else { KafkaFrom::Given };
    let page = |f: &crate::config::Flink| Some((f.name.clone(), f.rest.at()?.to_owned()));
    let flink: FlinkUrls = config.flink.iter().filter_map(page).collect();
    let ours = config.settings.slas.iter().find(|s| s.scope == SlaScope::Default);
    let wanted_s = ours.map(|s| s.target_s);
    let probes = config.probe;
    let (loaded, left_out) = crate::rules::load_good(config.rules.as_deref())?;
    if let Some(first) = left_out.first() {
        tracing::error!("rules: {} mistakes, those files are left out\n{first}", left_out.len());
    }
    let rules = loaded.set;
    let identity = app::identity(&config);
    let progress = Ticker::start(out, ask.look);
    let looked = glance(config, identity, rules, patience, |p| progress.tell(p)).await;
    progress.end();
    let glance = looked.map_err(|e| {
        Failure::new(e, "run it again; `streamwarden doctor` tells more of targets")
    })?;
    if glance.nobody {
        return Err(nobody::failure(&glance.gaps));
    }
    let diagnosed = Diagnosed::of(glance, &flink, kafka_from);
    let diagnosed = Diagnosed { wanted_s, wanted_given, probes, ..diagnosed };
    if out.json {
        out.json(&diagnosed);
    } else {
        out.text(&render::render(&diagnosed, out.lang, &out.screen));
    }
    Ok(diagnosed.health.into())
}

impl Diagnose {
    /// And whether somebody has said how late something may be.
    fn configure(&self, file: Option<PathBuf>) -> Result<(Config, bool), Failure> {
        let mut config = self.base(file)?;
        config.hasty = true;
        config.probe |= self.probe;
        config.tick = config.tick.min(TICK);
        let slas = &mut config.settings.slas;
        let given = self.sla.is_some() || !slas.is_empty();
        if self.sla.is_some() {
            slas.retain(|s| s.scope != SlaScope::Default);
        }
        if !slas.iter().any(|s| s.scope == SlaScope::Default) {
            let target_s = self.sla.unwrap_or(WANTED).as_secs_f64();
            slas.push(Sla {
                scope: SlaScope::Default,
                target_s,
                near: Settings::NEAR,
                objective: Settings::OBJECTIVE,
            });
        }
        Ok((config, given))
    }

    fn base(&self, file: Option<PathBuf>) -> Result<Config, Failure> {
        if !self.flink.is_empty() {
            let urls: Vec<String> = self.flink.iter().map(|u| with_scheme(u)).collect();
            let config = Config::from_flags(&urls, &self.prometheus, &self.kafka);
            return config.map_err(|problems| {
                let todo = "correct it: streamwarden diagnose http://jobmanager:8081";
                let error = "the command line has mistakes";
                Failure { problems, ..Failure::new(error, todo) }.wrong()
            });
        }
        let named = file.is_some() || std::env::var_os("STREAMWARDEN_CONFIG").is_some();
        let file = chosen(file);
        if !named && !file.exists() {
            let todo = "give one: streamwarden diagnose http://jobmanager:8081";
            return Err(Failure::new("no Flink cluster is given", todo).wrong());
        }
        Ok(Config::load(&file)?)
    }
}

fn with_scheme(url: &str) -> String {
    if url.contains("://") { url.to_owned() } else { format!("http://{url}") }
}

fn time(text: &str) -> Result<Duration, String> {
    let good = |d: &Duration| *d > Duration::ZERO;
    parse_duration(text).filter(good).ok_or_else(|| "write a time: 10s, 2m".to_owned())
}

fn time_to_look(text: &str) -> Result<Duration, String> {
    let fits = |d: &Duration| (LEAST..=MOST).contains(d);
    time(text).and_then(|d| Some(d).filter(fits).ok_or_else(|| "from 10s to 10m".to_owned()))
}

impl Diagnosed {
    fn of(glance: Glance, flink: &FlinkUrls, kafka_from: KafkaFrom) -> Diagnosed {
        let Glance { took, snapshot, pass, targets, .. } = glance;
        let scene = Scene { s: &snapshot, flink };
        let system = SystemInfo {
            started: snapshot.at,
            targets: targets.clone(),
            loops: Vec::new(),
            store: no_store(),
            no_minutes: None,
            assessed: true,
            loops_moving: true,
            mode: streamwarden_core::case::Mode::Observe,
            tick: Span(i64::try_from(TICK.as_millis()).unwrap_or(0)),
        };
        // what was found once and is on its way down in the last look is no trouble any more
        let calm: Vec<&Subject> = pass.assessment.calm.iter().map(|c| &c.subject).collect();
        let stays = |i: &Incident| {
            let job = |s: &Subject| s.job().is_some() && s.job() == i.diagnosis.subject.job();
            i.last_seen == snapshot.at || !calm.iter().any(|c| job(c))
        };
        let blinded = Blinded::of(&targets);
        let incidents = pass.book.incidents.into_values().filter(stays);
        let incidents = incidents.filter(|i| !blinded.said(i));
        let records = incidents.map(|incident| {
            let (events, acks, corrections) = (Vec::new(), Vec::new(), Vec::new());
            Arc::new(Record { incident, events, acks, corrections })
        });
        let book = IncidentBook {
            at: snapshot.at,
            open: records.collect(),
            calm: pass.assessment.calm,
            pending: pass.assessment.pending,
        };
        let rows = build::open_rows(&scene, &book, &IncidentFilter::default());
        let by_id = |id: &str| book.open.iter().find(|r| *r.incident.id.0 == *id);
        let incidents =
            rows.iter().filter_map(|row| Some(build::incident(&scene, by_id(&row.id)?)));
        let incidents = one_per_root(incidents.collect());
        let open = book
            .open
            .iter()
            .filter(|r| matches!(r.incident.diagnosis.verdict, Verdict::Undetermined { .. }));
        let thrown = open.filter_map(|r| thrown(&r.incident, &snapshot)).collect();
        let list = build::incident_list(&scene, &book, Vec::new(), 0);
        let mut topics: Vec<String> = snapshot
            .lineage
            .edges
            .iter()
            .filter(|e| e.kind == EdgeKind::Reads)
            .filter_map(|e| match &e.from {
                NodeRef::Topic { topic } => Some(topic.topic.to_string()),
                NodeRef::Job { .. } | NodeRef::Base { .. } => None,
            })
            .collect();
        topics.sort();
        topics.dedup();
        let mut diagnosed = Diagnosed {
            health: Health::CannotTell,
            looked_s: took.as_secs_f64(),
            kafka_from,
            wanted_s: None,
            wanted_given: false,
            busiest: build::busiest(&snapshot),
            probes: false,
            topics_read: topics,
            overview: build::overview(&snapshot, &system),
            targets,
            incidents,
            thrown,
            calm: list.calm,
            pending: list.pending,
        };
        diagnosed.health = judge(&diagnosed).0;
        diagnosed
    }
}

/// Flinks that answered at first and then did not, and until when they did. What is concluded from
/// their silence alone is not worth saying.
struct Blinded(BTreeMap<String, i64>);

impl Blinded {
    fn of(targets: &[TargetView]) -> Blinded {
        let gone = targets.iter().filter(|t| lost(t));
        let cluster = |t: &TargetView| t.name.strip_prefix("flink ").unwrap_or(&t.name).to_owned();
        Blinded(gone.filter_map(|t| Some((cluster(t), t.last_ok?))).collect())
    }

    fn said(&self, i: &Incident) -> bool {
        let jobs = i.diagnosis.symptoms.iter().filter_map(|s| s.job.as_ref());
        let jobs = jobs.chain(i.diagnosis.subject.job());
        self.silent(jobs.map(|j| j.cluster.as_str()), i.opened.0)
    }

    /// Did nobody answer any more for any of these clusters at that time?
    fn silent<'c>(&self, clusters: impl Iterator<Item = &'c str>, at: i64) -> bool {
        let latest = self.0.values().max().copied();
        let until = clusters.map(|c| self.0.get(c).copied());
        // None: one of them is still seen
        let until = until.reduce(|a, b| Some(a?.max(b?))).unwrap_or(latest);
        until.is_some_and(|until| at > until)
    }
}

/// Of those that came to the same answer at the same place one, with the victims of all.
fn one_per_root(all: Vec<IncidentView>) -> Vec<IncidentView> {
    let mut out: Vec<IncidentView> = Vec::new();
    for view in all {
        let same = |v: &&mut IncidentView| {
            v.row.subject.id == view.row.subject.id && v.row.verdict == view.row.verdict
        };
        match out.iter_mut().find(same) {
            Some(known) => {
                let new = view.victims.into_iter();
                let new: Vec<_> = new
                    .filter(|n| known.victims.iter().all(|k| k.subject.id != n.subject.id))
                    .collect();
                known.victims.extend(new);
            }
            None => out.push(view),
        }
    }
    out
}

/// The first line of the newest failure of the job that an incident is about.
fn thrown(i: &Incident, s: &Snapshot) -> Option<(String, String)> {
    let job = s.estate.jobs.get(i.diagnosis.subject.job()?)?;
    let newest = job.run.exceptions.iter().flat_map(|(_, list)| list).max_by_key(|e| e.at)?;
    let line = newest.stack.lines().next().unwrap_or(&newest.class);
    let text = line.chars().take(LONGEST_LINE).collect();
    (s.at - newest.at < LAST_FAILURE).then(|| (i.id.0.to_string(), text))
}

/// Nothing is kept.
fn no_store() -> StoreView {
    StoreView {
        path: String::new(),
        series: 0,
        memory_bytes: 0,
        disk_bytes: 0,
        oldest: None,
        last_flush: None,
        error: None,
    }
}

/// A line on stderr that is written over while we look; on a terminal only.
struct Ticker {
    on: bool,
    look: Duration,
    lang: super::say::Lang,
}

impl Ticker {
    fn start(out: &Output, look: Duration) -> Ticker {
        let terminal = std::io::stderr().is_terminal();
        if !terminal && !out.json {
            let words = out.lang.say("looking for {} …", "正在观察 {} …");
            eprintln!("{}", words.replace("{}", &out.lang.seconds(look.as_secs_f64())));
        }
        Ticker { on: terminal && !out.json, look, lang: out.lang }
    }

    fn tell(&self, p: &Progress) {
        if !self.on {
            return;
        }
        let words = self.lang.say(
            "looking, {now} of {all} s: {up} of {targets} targets answer, {jobs} jobs, {delays} delays known, {wrong} wrong",
            "正在观察，{now}/{all} 秒：{up}/{targets} 个目标有响应，{jobs} 个作业，已知延迟 {delays} 处，异常 {wrong} 处",
        );
        let now = p.elapsed.as_secs();
        let text = words
            .replace("{now}", &now.to_string())
            .replace("{all}", &now.max(self.look.as_secs()).to_string())
            .replace("{up}", &p.targets_up.to_string())
            .replace("{targets}", &p.targets.to_string())
            .replace("{jobs}", &p.jobs.to_string())
            .replace("{delays}", &p.delays.to_string())
            .replace("{wrong}", &p.wrong.to_string());
        over(&text);
    }

    fn end(&self) {
        if self.on {
            over("");
        }
    }
}
