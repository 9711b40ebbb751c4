//! CPU from exposition text to queryable history: `cargo bench --bench ingest [-- rounds]`.
//! One thread; CPU time of that thread; recorded texts (tests/fixtures/exposition/full).
#![expect(clippy::unwrap_used, reason = "a benchmark may fail loudly")]

mod load;

use load::{Texts, samples};
use std::hint::black_box;
use streamwarden::collect::prometheus::{Lines, Slots};
use streamwarden_core::estate::{ClusterId, Millis, SeriesTable};

const TARGETS: usize = 8;
/// Different texts per target; then they come again with later times and higher values.
const VARIANTS: usize = 6;
const T0: i64 = 1_795_240_000_000;

fn main() {
    let rounds = std::env::args().filter_map(|a| a.parse().ok()).next().unwrap_or(120);
    let texts = Texts::new();
    let all: Vec<Vec<String>> =
        (0..TARGETS).map(|t| (0..VARIANTS).map(|r| texts.at(t, r)).collect()).collect();
    let told: usize = all.iter().map(|v| samples(&v[0])).sum();
    let bytes: usize = all.iter().map(|v| v[0].len()).sum();
    println!("{TARGETS} texts, {bytes} bytes, {told} samples; {rounds} scrapes of each");
    history(&all, told * rounds, rounds);
    parsers(&all, told);
}

fn history(all: &[Vec<String>], told: usize, rounds: usize) {
    let mut table = SeriesTable::default();
    let mut targets: Vec<Slots> = (0..TARGETS)
        .map(|t| Slots::new(ClusterId::new("prod"), format!("tm-{t}").into(), "".into(), 50_000))
        .collect();
    let (mut kept, mut read) = (0usize, 0.0);
    let begun = cpu();
    for round in 0..rounds {
        let at = Millis(T0 + 5000 * round as i64);
        for (slots, texts) in targets.iter_mut().zip(all) {
            let before = cpu();
            let reading = slots.read(texts[round % VARIANTS].as_bytes(), at);
            read += cpu() - before;
            for s in reading.samples {
                kept += usize::from(table.record(&s.entity, s.signal, s.at, s.value));
            }
        }
    }
    let used = cpu() - begun;
    let series = table.series_count();
    println!(
        "streamwarden, text to queryable history: {:.3} CPU s per million samples in the text, \
         {:.3} per million kept ({series} series, {kept} samples kept; {:.0} % of it is reading)",
        used / told as f64 * 1e6,
        used / kept as f64 * 1e6,
        read / used * 100.0,
    );
    println!("history: {:.0} bytes per series", table.bytes() as f64 / series as f64);
}

/// All names and labels of all lines, by both parsers.
fn parsers(all: &[Vec<String>], told: usize) {
    let begun = cpu();
    let mut n = 0;
    for text in all.iter().map(|t| &t[0]) {
        for line in Lines::new(text.as_bytes(), |_| true) {
            let sample = line.read().unwrap();
            n += 1;
            for (name, value) in sample.labels.iter() {
                black_box((name, &value));
            }
            black_box(sample.value);
        }
    }
    assert_eq!(n, told);
    let ours = cpu() - begun;
    let begun = cpu();
    for text in all.iter().map(|t| &t[0]) {
        let lines = text.lines().map(|l| Ok(l.to_owned()));
        black_box(prometheus_parse::Scrape::parse(lines).unwrap());
    }
    let theirs = cpu() - begun;
    let per_million = 1e6 / told as f64;
    println!(
        "parsing alone, every line and label: streamwarden {:.3}, prometheus-parse {:.3} CPU s per \
         million samples",
        ours * per_million,
        theirs * per_million
    );
}

/// CPU seconds of this thread so far.
fn cpu() -> f64 {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    stat.split(' ').next().unwrap().parse::<f64>().unwrap() / 1e9
}
