//! `make bench-repair`: how soon a fault is over with the product in `auto`, with nobody, and with a plain
//! restart on alarm; and whether the state came through it. One row per run, also the bad ones.

#![expect(
    clippy::disallowed_methods,
    reason = "the bed is the world that the product watches: its clock is the real one"
)]

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use clap::{Parser, ValueEnum};
use testbed::product::{Product, ProductOptions};
use testbed::progress::Progress;
use testbed::{Args, Bed, BedOptions, EstateSpec, Figures, FlinkLine, Role, faults};

#[derive(Parser)]
#[command(name = "repairs", about = "Time to recovery and the state: auto, nobody, plain restart")]
struct Cli {
    #[arg(long, value_delimiter = ',', default_values = CURABLE)]
    faults: Vec<String>,
    #[arg(long, value_delimiter = ',', value_enum, default_values = ["auto", "nobody", "restart"])]
    ways: Vec<Way>,
    #[arg(long, value_delimiter = ',', value_enum, default_values = ["1.20", "2.2"])]
    flink: Vec<Line>,
    #[arg(long, value_delimiter = ',', value_enum, default_values = ["exactly-once", "at-least-once"])]
    sinks: Vec<Sink>,
    /// Watched so long after the fault
    #[arg(long, default_value_t = 240)]
    seconds: u64,
    /// The rows are added to this file as well
    #[arg(long)]
    out: Option<PathBuf>,
}

/// What a playbook may cure, and a bed can make.
const CURABLE: [&str; 7] = [
    "slow-function",
    "slow-function-cpu",
    "parallelism-too-low",
    "stuck-subtask",
    "partitions-added",
    "jobmanager-killed",
    "broker-down",
];

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum Way {
    Auto,
    Nobody,
    /// What a script does on an alarm: cancel, and run again from the newest checkpoint that Flink names.
    Restart,
}

#[derive(Clone, Copy, ValueEnum)]
enum Line {
    #[value(name = "1.20")]
    One,
    #[value(name = "2.2")]
    Two,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum Sink {
    ExactlyOnce,
    AtLeastOnce,
}

const HEALTHY: Duration = Duration::from_secs(45);
/// An edge is late from here on, as in the product's configuration there.
const LATE_S: f64 = 5.0;
/// It is over when nothing was late for so long.
const CALM: Duration = Duration::from_secs(15);
/// A script's alarm rings when something was wrong for so long, and is heard again so long after.
const ALARM: Duration = Duration::from_secs(15);
const SNOOZE: Duration = Duration::from_secs(90);
/// Others mend the broker after so long: long enough that a job without restarts has given up.
const MENDED: Duration = Duration::from_secs(60);
/// For the product's own verdict on what it did.
const JUDGED: Duration = Duration::from_secs(90);
/// The whole truth is read anew each time.
const LOOK: Duration = Duration::from_secs(3);

fn main() -> Result<()> {
    let cli = Cli::parse();
    let head = "| fault | Flink | sink | way | first late | all well again | repairs | figures: keys, all, lost, doubled, windows without | restored |\n|---|---|---|---|---|---|---|---|---|";
    row(&cli, head)?;
    for fault in &cli.faults {
        for line in &cli.flink {
            for sink in &cli.sinks {
                for way in &cli.ways {
                    let told = one(&cli, fault, *line, *sink, *way).unwrap_or_else(|e| {
                        let text = format!("{e:#}").replace(['|', '\n'], " ");
                        format!("the run failed: {text} | | | | |")
                    });
                    let name = |v: Option<clap::builder::PossibleValue>| {
                        v.map(|v| v.get_name().to_owned()).unwrap_or_default()
                    };
                    row(
                        &cli,
                        &format!(
                            "| {fault} | {} | {} | {} | {told}",
                            name(line.to_possible_value()),
                            name(sink.to_possible_value()),
                            name(way.to_possible_value())
                        ),
                    )?;
                }
            }
        }
    }
    Ok(())
}

fn row(cli: &Cli, text: &str) -> Result<()> {
    println!("{text}");
    let Some(path) = &cli.out else { return Ok(()) };
    let mut file = std::fs::OpenOptions::new().create(true).append(true).open(path)?;
    Ok(writeln!(file, "{text}")?)
}

/// The rest of its row.
fn one(cli: &Cli, fault: &str, line: Line, sink: Sink, way: Way) -> Result<String> {
    let known = faults::find(fault)?;
    let mut spec = EstateSpec::demo();
    known.fit(&mut spec);
    spec.flink.line = match line {
        Line::One => FlinkLine::One,
        Line::Two => FlinkLine::Two,
    };
    spec.exactly_once = (sink == Sink::ExactlyOnce).then_some(Role::Dwd);
    // one that does not come back by itself when its broker does
    spec.audit.fragile = fault == "broker-down";
    let needs = known.label(&spec).needs;
    let progress = Progress { show: true, ..Progress::default() };
    let mut bed = Bed::start(BedOptions { progress, ..BedOptions::new(spec, needs) })?;
    bed.wait_flowing(Duration::from_secs(120))?;
    let binary = std::env::current_exe()?.with_file_name("streamwarden");
    let options = ProductOptions { heal: true, ..ProductOptions::default() };
    let product =
        (way == Way::Auto).then(|| Product::start(&binary, &bed, &options)).transpose()?;
    std::thread::sleep(HEALTHY);

    let struck = Instant::now();
    bed.on(fault, &Args::new())?;
    let mut seen = Seen::default();
    let mut script = Script::default();
    while struck.elapsed() < Duration::from_secs(cli.seconds) && !seen.over() {
        std::thread::sleep(LOOK);
        if fault == "broker-down" && struck.elapsed() > MENDED && !seen.mended {
            seen.mended = true;
            bed.off(fault)?;
        }
        let wrong = wrong(&bed, &mut seen)?;
        seen.look(struck.elapsed(), &wrong, fault != "broker-down" || seen.mended);
        if way == Way::Restart {
            script.look(&bed, &wrong)?;
        }
    }
    if let Some(product) = &product {
        let until = Instant::now() + JUDGED;
        while Instant::now() < until && product.repairs()?.iter().any(|r| r.state == "open") {
            std::thread::sleep(LOOK);
        }
    }
    let repairs = match &product {
        Some(product) => product
            .repairs()?
            .iter()
            .map(|r| format!("{} {} {}", r.playbook, r.job, r.state))
            .collect::<Vec<_>>()
            .join("; "),
        None if way == Way::Restart => format!("{} restarts", script.restarts),
        None => String::new(),
    };
    drop(product);
    // its last transaction is committed with its next checkpoint
    std::thread::sleep(Duration::from_secs(5));
    let figures = bed.figures().map_or_else(
        |e| format!("{e:#}").replace('|', " "),
        |Figures { keys, all, lost, doubled, missing }| {
            format!("{keys}, {all}, {lost}, {doubled}, {missing}")
        },
    );
    let restored = restored(&bed).unwrap_or_else(|e| format!("{e:#}"));
    let s = |d: Option<Duration>| d.map(|d| format!("{:.0} s", d.as_secs_f64()));
    let never = || format!("not within {} s", cli.seconds);
    Ok(format!(
        "{} | {}{} | {repairs} | {figures} | {restored} |",
        s(seen.late).unwrap_or_else(|| "never".to_owned()),
        if seen.late.is_none() { "-".to_owned() } else { s(seen.well()).unwrap_or_else(never) },
        if seen.two_at_once { ", TWO RUNS AT ONCE" } else { "" },
    ))
}

/// What an outsider saw.
#[derive(Default)]
struct Seen {
    late: Option<Duration>,
    /// since when nothing is wrong
    calm: Option<Duration>,
    now: Duration,
    mended: bool,
    two_at_once: bool,
}

impl Seen {
    fn look(&mut self, now: Duration, wrong: &[Role], may_end: bool) {
        self.now = now;
        if wrong.is_empty() && may_end {
            self.calm.get_or_insert(now);
        } else {
            self.calm = None;
            if !wrong.is_empty() {
                self.late.get_or_insert(now);
            }
        }
    }

    fn well(&self) -> Option<Duration> {
        self.calm.filter(|calm| self.now - *calm >= CALM)
    }

    fn over(&self) -> bool {
        self.late.is_some() && self.well().is_some()
    }
}

/// The jobs that do not run, or are late by the truth.
fn wrong(bed: &Bed, seen: &mut Seen) -> Result<Vec<Role>> {
    let mut alive: BTreeMap<String, u32> = BTreeMap::new();
    if let Ok(overview) = bed.flink("/jobs/overview") {
        for job in overview["jobs"].as_array().context("no jobs in the answer")? {
            if job["state"] == "RUNNING" {
                *alive.entry(job["name"].as_str().unwrap_or_default().to_owned()).or_default() += 1;
            }
        }
    }
    seen.two_at_once |= alive.values().any(|n| *n > 1);
    let truth = bed.truth()?;
    let at = truth.horizon() - 500;
    let wrong = |role: &Role| {
        let job = &bed.spec().job(*role).job;
        let late = bed.spec().input(*role).and_then(|topic| truth.topic_wait(job, topic, at));
        !alive.contains_key(job) || late.is_some_and(|late| late > LATE_S)
    };
    Ok(Role::ALL.into_iter().filter(wrong).collect())
}

/// A script that knows nothing but its alarm.
#[derive(Default)]
struct Script {
    since: BTreeMap<String, (Role, Instant)>,
    last: BTreeMap<String, Instant>,
    restarts: u32,
}

impl Script {
    fn look(&mut self, bed: &Bed, wrong: &[Role]) -> Result<()> {
        self.since.retain(|_, (role, _)| wrong.contains(role));
        for &role in wrong {
            let job = bed.spec().job(role).job.clone();
            let (_, since) = *self.since.entry(job.clone()).or_insert((role, Instant::now()));
            let rings = since.elapsed() > ALARM;
            if rings && self.last.get(&job).is_none_or(|last| last.elapsed() > SNOOZE) {
                self.last.insert(job, Instant::now());
                // of a job that Flink has forgotten nobody tells the script a checkpoint
                let point = bed.cancel_job(role).or_else(|_| bed.newest_checkpoint(role)).ok();
                if bed.run_job(role, point.as_deref()).is_ok() {
                    self.restarts += 1;
                }
            }
        }
        Ok(())
    }
}

/// From which checkpoint the newest run of the middle job went on.
fn restored(bed: &Bed) -> Result<String> {
    let id = bed.job(Role::Dwd)?.id;
    let answer = bed.flink(&format!("/jobs/{id}/checkpoints"))?;
    let n = answer["latest"]["restored"]["id"].as_u64();
    Ok(n.map_or("from nothing, or its first run".to_owned(), |n| format!("checkpoint {n}")))
}
