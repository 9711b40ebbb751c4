//! `make demo`: a real estate, the product pointed at it, a fault, whether what the product says about
//! it is true, and what it does about it. Ends with 0 only if it named the root and the place that
//! were injected and nothing else, and repaired what it has a cure for, or left alone what it must.
//! Beside it stand the delays that were shown and those that were true.

#![expect(
    clippy::disallowed_methods,
    reason = "the bed is the world that the product watches: its clock is the real one"
)]

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail};
use clap::Parser;
use testbed::bed::Usage;
use testbed::product::{
    Compared, Heard, Product, ProductOptions, Repair, Said, Spoken, Standing, Told, Tolerance,
    compare,
};
use testbed::{Args, Bed, BedOptions, EstateSpec, Label, Place, Role};

#[derive(Parser)]
#[command(name = "demo", about = "A real estate, the product, a fault, and the truth")]
struct Cli {
    /// The fault that strikes; `bed list` names them
    #[arg(long, env = "FAULT", default_value = "slow-function")]
    fault: String,
    /// End by itself after this many seconds with the page up
    #[arg(long, env = "DEMO_SECONDS")]
    seconds: Option<u64>,
    /// Healthy seconds before the fault
    #[arg(long, default_value_t = 45)]
    healthy: u64,
    /// Where the page listens
    #[arg(long, env = "DEMO_PORT", default_value_t = 8470)]
    port: u16,
    /// The built streamwarden; by default the one beside this program
    #[arg(long)]
    binary: Option<PathBuf>,
}

/// Of a topic of which one partition gets nearly all: where one subtask reads all of them, that is
/// no fault.
const READERS: u32 = 4;

fn main() -> ExitCode {
    match run(&Cli::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(3),
        Err(error) => {
            eprintln!("demo: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: &Cli) -> Result<bool> {
    if cli.seconds.is_some_and(|s| s < cli.healthy + 30) {
        bail!(
            "the fault strikes after {} s: give DEMO_SECONDS at least {}",
            cli.healthy,
            cli.healthy + 30
        );
    }
    let stop = on_interrupt()?;
    let fault = testbed::faults::find(&cli.fault)?;
    let mut spec = EstateSpec::demo();
    fault.fit(&mut spec);
    if let Place::Partition { .. } = fault.label(&spec).place {
        spec.dwd.parallelism = READERS;
    }
    let lasts = cure(&cli.fault).lasts;
    // a job that does not come back by itself when what it needs does
    spec.audit.fragile = lasts.is_some();
    let label = fault.label(&spec);
    let mut options = BedOptions::new(spec, label.needs);
    options.progress.show = true;
    let mut bed = Bed::start(options)?;
    let took = bed.wait_flowing(Duration::from_secs(120))?;
    println!(
        "Estate: 4 Flink jobs and 5 topics; the first record came through after {:.1} s.",
        took.as_secs_f64()
    );

    let binary = cli.binary.clone().map_or_else(beside_us, Ok)?;
    let product_options =
        ProductOptions { listen: free_or_any(cli.port), heal: true, ..ProductOptions::default() };
    let mut product = Product::start(&binary, &bed, &product_options)?;
    println!("\n  The page: {}", product.url());
    println!("  Another look, without it: streamwarden diagnose {} --sla 5s\n", bed.flink_url());
    let began = Instant::now();
    let left = || cli.seconds.map(|s| Duration::from_secs(s).saturating_sub(began.elapsed()));
    let on = || !stop.load(Ordering::Relaxed) && left().is_none_or(|l| l > Duration::ZERO);

    println!("Healthy for {} s, then {} strikes in {}.", cli.healthy, label.name, label.place);
    println!(
        "It may repair by itself here, and sooner than elsewhere: mode auto, debounce 15 s, verify 20 s."
    );
    let healthy_until = Duration::from_secs(cli.healthy);
    let (mut figures, mut shown) = (Figures::default(), Shown::default());
    while on() && began.elapsed() < healthy_until {
        figures.note("healthy", &show(&mut product, began, &mut shown)?);
    }
    if !on() {
        bail!("ended before the fault");
    }
    let early = product.incidents()?;
    for said in early.iter().filter(|s| !s.closed) {
        println!("Before anything was wrong it said: {}", said.verdict());
    }
    let mut heard = Heard::before(&early);
    let struck = Instant::now();
    bed.on(&cli.fault, &Args::new())?;
    println!("\n*** {} strikes. {}", label.name, expected(&label));
    let (mut watch, mut told, mut over) = (Watch::default(), Told::default(), None);
    while on() {
        let edges = show(&mut product, began, &mut shown)?;
        figures.note(&cli.fault, &edges);
        watch.look(&bed, &edges, struck)?;
        for said in heard.take(&label, product.incidents()?, struck.elapsed()) {
            tell(&said, struck.elapsed());
        }
        for line in told.news(&product)? {
            println!("{:>6.1} s  {line}", struck.elapsed().as_secs_f64());
        }
        if lasts.is_some_and(|lasts| over.is_none() && struck.elapsed() > lasts) {
            println!("\n*** {} is over: others have mended it.", label.name);
            over = Some(now_ms()?);
            bed.off(&cli.fault)?;
        }
    }
    watch.tell(&label);
    let right = judge(&heard, &label, &product);
    let healed = judge_repairs(&cure(&cli.fault), over, &bed, &product)?;
    let good = right && healed;
    figures.tell(&bed, &product, began.elapsed())?;
    println!("\nEnding: the page, Flink, Kafka.");
    Ok(good)
}

/// What has been seen since the fault.
#[derive(Default)]
struct Watch {
    /// The first edges that were over their target, and when.
    red: Option<(Duration, Vec<(String, String)>)>,
    others: Vec<(String, String)>,
    /// Of the edge that the fault hit, while it was red.
    compared: Vec<Compared>,
    /// Readings whose truth is not settled yet.
    pending: Vec<Said>,
}

impl Watch {
    fn look(&mut self, bed: &Bed, edges: &[Said], struck: Instant) -> Result<()> {
        let red: Vec<&Said> = edges.iter().filter(|e| e.status == "over").collect();
        let name = |e: &Said| (e.from.clone(), e.to.clone());
        if !red.is_empty() && self.red.is_none() {
            self.red = Some((struck.elapsed(), red.iter().map(|e| name(e)).collect()));
        }
        let hit = (bed.spec().orders_topic.clone(), bed.spec().dwd.job.clone());
        for e in red {
            if name(e) == hit {
                self.pending.push(e.clone());
            } else if !self.others.contains(&name(e)) {
                self.others.push(name(e));
            }
        }
        // a record's fate is known when it has left: ask about what is some seconds past
        let truth = bed.truth()?;
        let settled = truth.horizon() - 500;
        let (ripe, rest) =
            self.pending.drain(..).partition(|e| e.at.is_some_and(|at| at <= settled));
        self.pending = rest;
        let ripe: Vec<Said> = ripe;
        self.compared.extend(ripe.iter().filter_map(|e| compare(e, &truth)));
        Ok(())
    }

    /// What turned red, and whether the delays shown were true.
    fn tell(&self, label: &Label) {
        let Some((after, first)) = &self.red else {
            println!("\nNo edge turned red after {}.", label.name);
            return;
        };
        println!(
            "\nThe first edge was red {:.1} s after the fault: {}.",
            after.as_secs_f64(),
            names(first)
        );
        if !self.others.is_empty() {
            println!("Red were also: {}.", names(&self.others));
        }
        let worst = self.compared.iter().copied().max_by(|a, b| a.error().total_cmp(&b.error()));
        let Some(worst) = worst else {
            println!("No reading of it could be held against the truth.");
            return;
        };
        let agreed = self.compared.iter().filter(|c| c.within(Tolerance::default())).count();
        println!(
            "Shown and true agree (10 % or 1 s) in {agreed} of {} readings; at worst {:.1} s was said and {:.1} s was true.",
            self.compared.len(),
            worst.said,
            worst.truth
        );
    }
}

fn expected(label: &Label) -> String {
    let Some(cause) = label.cause else {
        return "Nothing is wrong: it should say nothing.".to_owned();
    };
    let mut causes = vec![cause];
    causes.extend(&label.or_causes);
    let mut places = vec![label.place.to_string()];
    places.extend(label.or_places.iter().map(ToString::to_string));
    let victims = match label.victims.as_slice() {
        [] => "nobody else".to_owned(),
        all => all.join(", "),
    };
    format!(
        "The cause: {}, at {}; suffering only: {victims}.",
        causes.join(" or "),
        places.join(" or ")
    )
}

/// What Streamwarden says, as it comes.
fn tell(said: &Spoken, after: Duration) {
    let victims = match said.victims.as_slice() {
        [] => String::new(),
        all => format!("\n             suffering only: {}", all.join(", ")),
    };
    println!(
        "\n>>> {:>5.1} s    {}\n             {}{victims}\n",
        after.as_secs_f64(),
        said.sentence,
        said.verdict()
    );
}

/// What has to come of a fault.
struct Cure {
    /// The playbook that cures it; None: nothing may be done.
    playbook: Option<&'static str>,
    /// The jobs that need it.
    jobs: &'static [Role],
    /// How often more has to go through than before.
    faster: Option<f64>,
    /// What broke is mended by others after so long; nothing may be done before that.
    lasts: Option<Duration>,
}

fn cure(fault: &str) -> Cure {
    let nothing = Cure { playbook: None, jobs: &[Role::Dwd], faster: None, lasts: None };
    match fault {
        "slow-function" => Cure { playbook: Some("rescale"), faster: Some(1.6), ..nothing },
        "jobmanager-killed" => {
            Cure { playbook: Some("reuse-checkpoint"), jobs: &Role::ALL, ..nothing }
        }
        "broker-down" => Cure {
            playbook: Some("resume-in-waves"),
            jobs: &[Role::Audit],
            lasts: Some(Duration::from_secs(60)),
            ..nothing
        },
        _ => nothing,
    }
}

fn now_ms() -> Result<i64> {
    Ok(SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis() as i64)
}

/// Records per second that the middle job reads, over these ms.
fn through(bed: &Bed, from: i64, to: i64) -> Result<f64> {
    let n = bed.truth()?.read_between(&bed.spec().dwd.job, from, to);
    Ok(n as f64 * 1000.0 / (to - from) as f64)
}

/// Over so many ms the throughput before and after is taken.
const SPAN: i64 = 10_000;

/// `over`: when others had mended what broke, epoch ms.
fn judge_repairs(cure: &Cure, over: Option<i64>, bed: &Bed, product: &Product) -> Result<bool> {
    let all = product.repairs()?;
    let early = |r: &&Repair| cure.lasts.is_some() && over.is_none_or(|over| r.began < over);
    if let Some(r) = all.iter().find(early) {
        println!("WRONG: {} {} while what it needs was ill.", r.playbook, r.job);
        return Ok(false);
    }
    for r in &all {
        let took =
            r.ended.map_or_else(String::new, |e| format!(" after {} s", (e - r.began) / 1000));
        let verdict = r.verdict.as_deref().unwrap_or("under way");
        println!("Repair: {} {}{took}: {verdict}", r.playbook, r.job);
    }
    let Some(playbook) = cure.playbook else {
        let why: Vec<Standing> = product.standing()?;
        why.iter().for_each(|s| println!("Not done: {} {}: {}", s.says, s.job, s.why.join("; ")));
        let good = all.is_empty();
        println!(
            "{}",
            if good { "RIGHT: nothing was done." } else { "WRONG: something was done." }
        );
        return Ok(good);
    };
    let named = |r: &Repair| {
        cure.jobs.iter().any(|role| r.job.contains(bed.spec().job(*role).job.as_str()))
    };
    if let Some(r) = all.iter().find(|r| !named(r)) {
        println!("WRONG: {} {}, which did not need it.", r.playbook, r.job);
        return Ok(false);
    }
    for job in cure.jobs.iter().map(|role| &bed.spec().job(*role).job) {
        let mine: Vec<&Repair> = all.iter().filter(|r| r.job.contains(job.as_str())).collect();
        match mine.as_slice() {
            [one] if one.playbook == playbook && one.state == "helped" => {}
            [] => {
                println!("WRONG: {job} was not repaired.");
                return Ok(false);
            }
            _ => {
                println!("WRONG: {job} wants {playbook} once, and what it got is above.");
                return Ok(false);
            }
        }
    }
    if let (Some(times), Some(first)) = (cure.faster, all.first()) {
        // from the moment on that its last step before the watch was seen to be done
        let done = first.lines.iter().rev().nth(1).map_or(first.began, |(at, _)| *at);
        let before = through(bed, first.began - SPAN, first.began)?;
        let after = through(bed, done + 1000, done + 1000 + SPAN)?;
        let grew = after / before;
        println!("Throughput: {before:.0} records/s before, {after:.0} after, {grew:.2} times.");
        if grew.is_nan() || grew < times {
            println!("WRONG: {times} times was wanted.");
            return Ok(false);
        }
    }
    println!("RIGHT: repaired.");
    Ok(true)
}

/// The last word: what stands against what was done.
fn judge(heard: &Heard, label: &Label, product: &Product) -> bool {
    let standing = heard.standing(|s| product.was_merged(&s.id).unwrap_or(false));
    println!("\nDone: {}", expected(label));
    match standing.as_slice() {
        [] => println!("Said: nothing is wrong."),
        all => all.iter().for_each(|s| println!("Said: {}", s.verdict())),
    }
    match (heard.verdict(label, &standing), heard.right_after) {
        (Ok(()), Some(after)) => {
            println!("RIGHT: root and place, {:.1} s after the fault struck.", after.as_secs_f64());
            println!("{}", victims(heard.victims(label, &standing)));
            true
        }
        (Ok(()), None) => {
            println!("RIGHT: nothing was said, and nothing was wrong.");
            true
        }
        (Err(why), _) => {
            println!("WRONG: {why}.");
            false
        }
    }
}

/// That a victim is no root is a part of what is right; this is who else was named.
fn victims((missing, extra): (Vec<String>, Vec<String>)) -> String {
    let told = |word: &str, list: &[String]| match list {
        [] => None,
        list => Some(format!("{word} {}", list.join(", "))),
    };
    let wrong: Vec<String> =
        [told("not named:", &missing), told("named, but they do not suffer:", &extra)]
            .into_iter()
            .flatten()
            .collect();
    match wrong.as_slice() {
        [] => "Victims: all of them, and nobody else.".to_owned(),
        wrong => format!("Victims: {}.", wrong.join("; ")),
    }
}

/// For BENCHMARKS.md: every reading of every read edge against its truth, and what we cost.
#[derive(Default)]
struct Figures {
    said: Vec<(String, Said)>,
}

impl Figures {
    fn note(&mut self, phase: &str, edges: &[Said]) {
        let reads = edges.iter().filter(|e| e.kind == "reads");
        self.said.extend(reads.map(|e| (phase.to_owned(), e.clone())));
    }

    fn tell(&self, bed: &Bed, product: &Product, time: Duration) -> Result<()> {
        let truth = bed.truth()?;
        let mut errors: BTreeMap<(&str, String), Vec<Compared>> = BTreeMap::new();
        for (phase, said) in &self.said {
            if let Some(c) = compare(said, &truth) {
                let edge = format!("{} -> {}", said.from, said.to);
                errors.entry((phase, edge)).or_default().push(c);
            }
        }
        println!(
            "\nError of the delay, s (median, worst; of so many readings; longest true delay):"
        );
        for ((phase, edge), mut c) in errors {
            c.sort_by(|a, b| a.error().total_cmp(&b.error()));
            let longest = c.iter().map(|c| c.truth).fold(0.0, f64::max);
            println!(
                "  {phase:<14} {edge:<32} {:.2}  {:.2}  of {:>3}  {longest:.1}",
                c[c.len() / 2].error(),
                c[c.len() - 1].error(),
                c.len()
            );
        }
        if let Some(own) = Usage::of("streamwarden".into(), product.pid()) {
            let cores = own.cpu_s / time.as_secs_f64();
            println!("streamwarden: {cores:.3} cores, {:.0} MB", own.rss_mb);
        }
        for target in product.get("/api/v1/system")?["targets"].as_array().into_iter().flatten() {
            let rate = target["requests"].as_f64().unwrap_or(0.0) / time.as_secs_f64();
            let name = target["name"].as_str().unwrap_or_default();
            println!("  {name}: {rate:.2} requests/s");
        }
        Ok(())
    }
}

fn names(edges: &[(String, String)]) -> String {
    let all: Vec<String> = edges.iter().map(|(a, b)| format!("{a} -> {b}")).collect();
    all.join(", ")
}

/// The edges as they were printed last: status, seconds.
#[derive(Default)]
struct Shown(BTreeMap<(String, String), (String, Option<f64>)>);

impl Shown {
    /// Is it worth another line? A delay that moves by less than a quarter, or three seconds, is not.
    fn changed(&mut self, edges: &[Said]) -> bool {
        let reads = edges.iter().filter(|e| e.kind == "reads");
        let now: BTreeMap<_, _> = reads
            .map(|e| ((e.from.clone(), e.to.clone()), (e.status.clone(), e.seconds)))
            .collect();
        let same = |a: &(String, Option<f64>), b: &(String, Option<f64>)| {
            let close = match (a.1, b.1) {
                (Some(a), Some(b)) => (a - b).abs() <= (a.max(b) / 4.0).max(3.0),
                (a, b) => a.is_some() == b.is_some(),
            };
            a.0 == b.0 && close
        };
        let changed = now.len() != self.0.len()
            || now.iter().any(|(edge, new)| self.0.get(edge).is_none_or(|old| !same(old, new)));
        if changed {
            self.0 = now;
        }
        changed
    }
}

/// The edges as they are now; a line where they have changed.
fn show(product: &mut Product, began: Instant, shown: &mut Shown) -> Result<Vec<Said>> {
    std::thread::sleep(Duration::from_secs(2));
    let edges = product.edges()?;
    if !shown.changed(&edges) {
        return Ok(edges);
    }
    let mut line = format!("{:>4} s ", began.elapsed().as_secs());
    for e in edges.iter().filter(|e| e.kind == "reads") {
        let figure = match (e.seconds, e.at_least) {
            (Some(s), false) => format!("{s:.1} s"),
            (Some(s), true) => format!(">= {s:.1} s"),
            (None, _) => "unknown".to_owned(),
        };
        let parts = match (e.topic_wait, e.inside_wait) {
            (Some(t), Some(i)) if t + i >= 1.0 => format!(" (topic {t:.1}, inside {i:.1})"),
            _ => String::new(),
        };
        line += &format!("| {} -> {}: {figure}{parts} {} ", e.from, e.to, e.status);
    }
    println!("{line}");
    Ok(edges)
}

fn beside_us() -> Result<PathBuf> {
    let path = std::env::current_exe()?.with_file_name("streamwarden");
    if !path.exists() {
        bail!("{} is not built: cargo build --bin streamwarden", path.display());
    }
    Ok(path)
}

/// The wanted port where it is free; else any, and the page's address says which.
fn free_or_any(port: u16) -> Option<u16> {
    std::net::TcpListener::bind(("127.0.0.1", port)).ok().map(|_| port)
}

fn on_interrupt() -> Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    let seen = stop.clone();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    std::thread::Builder::new()
        .name("signals".into())
        .spawn(move || {
            runtime.block_on(async {
                let term =
                    tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate());
                match term {
                    Ok(mut term) => tokio::select! {
                        _ = tokio::signal::ctrl_c() => {}
                        _ = term.recv() => {}
                    },
                    Err(_) => {
                        let _ = tokio::signal::ctrl_c().await;
                    }
                }
            });
            seen.store(true, Ordering::Relaxed);
        })
        .context("no thread for signals")?;
    Ok(stop)
}
