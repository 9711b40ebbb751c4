//! `simulate [--seeds n] [--from k] [--mutant name] [--story] [--find] [--ledger file commit date]`

use simulate::sim::{Config, Outcome};
use simulate::{MUTANTS, Mutant, NONE, mutant, run};
use std::collections::BTreeMap;
use std::io::Write;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use streamwarden_core::plan::EndKind;

const USAGE: &str = "simulate [--seeds n] [--from k] [--mutant name] [--story] [--find] \
                     [--ledger file commit date]";

struct Args {
    seeds: u64,
    from: u64,
    mutant: &'static Mutant,
    story: bool,
    find: bool,
    ledger: Option<[String; 3]>,
}

fn args() -> Option<Args> {
    let mut all = std::env::args().skip(1);
    let mut out =
        Args { seeds: 500, from: 1, mutant: &NONE, story: false, find: false, ledger: None };
    while let Some(arg) = all.next() {
        match arg.as_str() {
            "--seeds" => out.seeds = all.next()?.parse().ok()?,
            "--from" => out.from = all.next()?.parse().ok()?,
            "--mutant" => out.mutant = mutant::named(&all.next()?)?,
            "--story" => out.story = true,
            "--find" => out.find = true,
            "--ledger" => out.ledger = Some([all.next()?, all.next()?, all.next()?]),
            _ => return None,
        }
    }
    Some(out)
}

fn main() -> ExitCode {
    let Some(args) = args() else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    if args.find { find(&args) } else { play(&args) }
}

/// What came of many seeds.
#[derive(Default)]
struct Sum {
    failed: u64,
    faults: u64,
    sent: u64,
    raced: u64,
    events: u64,
    ends: BTreeMap<EndKind, u64>,
    broken: BTreeMap<&'static str, u64>,
}

impl Sum {
    fn add(&mut self, seed: u64, out: &Outcome) {
        self.faults += out.count.faults;
        self.events += out.count.events;
        self.sent += out.sent;
        self.raced += out.raced;
        for (end, n) in &out.ends {
            *self.ends.entry(*end).or_default() += u64::from(*n);
        }
        if let Some(first) = out.violations.first() {
            self.failed += 1;
            *self.broken.entry(first.invariant).or_default() += 1;
            if self.failed <= 20 {
                println!("seed {seed}: {} at {} ms: {}", first.invariant, first.at, first.what);
            }
        }
    }
}

/// Each seed is a world of its own: as many at a time as there are cores, one where it tells its
/// story.
fn all(args: &Args) -> Sum {
    let (next, sum) = (AtomicU64::new(args.from), Mutex::new(Sum::default()));
    let work = || {
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= args.from + args.seeds {
                return;
            }
            let out = run(&Config { mutant: args.mutant, story: args.story, ..Config::of(seed) });
            sum.lock().unwrap_or_else(PoisonError::into_inner).add(seed, &out);
        }
    };
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..if args.story { 1 } else { cores } {
            scope.spawn(work);
        }
    });
    sum.into_inner().unwrap_or_else(PoisonError::into_inner)
}

#[expect(clippy::disallowed_methods, reason = "how fast it was; nothing is decided by it")]
fn play(args: &Args) -> ExitCode {
    let began = std::time::Instant::now();
    let Sum { failed, faults, sent, raced, events, ends, broken } = all(args);
    let speed = args.seeds as f64 / began.elapsed().as_secs_f64();
    println!(
        "{} seeds from {} ({}): {failed} violate {broken:?}; {speed:.1} seeds/s",
        args.seeds, args.from, args.mutant.name
    );
    println!(
        "{faults} faults, {events} events, {sent} requests sent, {raced} raced, ends {ends:?}"
    );
    if let Some([file, commit, date]) = &args.ledger {
        let last = args.from + args.seeds - 1;
        let line = format!("{date}\t{commit}\t{}\t{last}\t{failed}\t{speed:.1}\n", args.from);
        let opened = std::fs::OpenOptions::new().append(true).create(true).open(file);
        if let Err(e) = opened.and_then(|mut f| f.write_all(line.as_bytes())) {
            eprintln!("cannot write {file}: {e}");
            return ExitCode::FAILURE;
        }
    }
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// For each mutant the seed on which it is seen first, of the first three that see it.
fn find(args: &Args) -> ExitCode {
    let mut missed = false;
    let of = |m: &&Mutant| args.mutant.name == NONE.name || args.mutant.name == m.name;
    for mutant in MUTANTS.iter().filter(of) {
        let seeds = args.from..args.from + args.seeds;
        let seen = seeds.filter_map(|seed| {
            let out = run(&Config { mutant, stop: true, ..Config::of(seed) });
            let first = out.violations.iter().find(|v| mutant.seen_by(v));
            first.map(|v| (v.at, seed, v.invariant, v.what.clone()))
        });
        match seen.take(3).min() {
            Some((_, seed, invariant, what)) => {
                println!("{}\t{seed}", mutant.name);
                eprintln!("{}: {invariant} {what}", mutant.name);
            }
            None => {
                missed = true;
                eprintln!("{} is not seen in {} seeds", mutant.name, args.seeds);
            }
        }
    }
    if missed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}
