//! Memory, disk and time of history: `cargo bench --bench history [-- series [minutes]]`.
//! Memory is what the process holds more than before (VmRSS); times are CPU time, on one thread.
#![expect(clippy::unwrap_used, reason = "a benchmark may fail loudly")]

use std::time::Duration;
use streamwarden::store::WINDOW;
use streamwarden::store::history::History;
use streamwarden_core::estate::{
    ClusterId, Entity, EntityId, Millis, RunId, SeriesTable, Span, VertexId,
};
use streamwarden_core::signals::Signal;

const T0: i64 = 1_763_700_000_000;
/// As in a scrape of a subtask: five constants, six counters, three counts, two ratios.
const SIGNALS: [(Signal, Kind); 16] = [
    (Signal::IsBackPressured, Kind::Constant),
    (Signal::CheckpointAlignmentTime, Kind::Constant),
    (Signal::OutputQueueLength, Kind::Constant),
    (Signal::AssignedPartitions, Kind::Constant),
    (Signal::RecordsSendErrors, Kind::Constant),
    (Signal::RecordsIn, Kind::Counter(5000.0)),
    (Signal::RecordsOut, Kind::Counter(4800.0)),
    (Signal::BytesIn, Kind::Counter(900_000.0)),
    (Signal::BytesOut, Kind::Counter(700_000.0)),
    (Signal::IdleTime, Kind::Counter(2500.0)),
    (Signal::BackPressuredTime, Kind::Counter(100.0)),
    (Signal::InputQueueLength, Kind::Count(8.0)),
    (Signal::PendingRecords, Kind::Count(4000.0)),
    (Signal::InputWatermark, Kind::Counter(5000.0)),
    (Signal::OutPoolUsage, Kind::Tenths),
    (Signal::EmitEventTimeLag, Kind::Noise),
];

#[derive(Clone, Copy)]
enum Kind {
    Constant,
    /// Grows by so much a scrape, give or take a tenth.
    Counter(f64),
    Count(f64),
    Tenths,
    /// All bits of the mantissa.
    Noise,
}

struct Load {
    ids: Vec<EntityId>,
    values: Vec<[f64; SIGNALS.len()]>,
    random: u64,
}

impl Load {
    fn new(series: usize, table: &mut SeriesTable) -> Load {
        let cluster = ClusterId::new("flink-prod");
        let entities = series.div_ceil(SIGNALS.len());
        let ids = (0..entities).map(|i| {
            table.intern(&Entity::Subtask {
                cluster: cluster.clone(),
                run: RunId::new(format!("{:032x}", i / 64)),
                vertex: VertexId::new(format!("{:032x}", i / 8)),
                index: (i % 8) as u32,
            })
        });
        let ids: Vec<_> = ids.collect();
        let values = vec![[0.0; SIGNALS.len()]; ids.len()];
        Load { ids, values, random: 0x9e37_79b9_7f4a_7c15 }
    }

    /// 0 to 1, xorshift.
    fn random(&mut self) -> f64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        (self.random >> 11) as f64 / (1u64 << 53) as f64
    }

    /// One scrape of everything: targets of 8 entities, each with its own jitter of 0-3 ms.
    fn scrape(&mut self, table: &mut SeriesTable, tick: i64) {
        let mut jitter = 0;
        for i in 0..self.ids.len() {
            if i % 8 == 0 {
                jitter = (i as i64 * 37) % 5000 + (self.random() * 4.0) as i64;
            }
            let at = Millis(T0 + tick * 5000 + jitter);
            for (s, (signal, kind)) in SIGNALS.iter().enumerate() {
                let r = self.random();
                let value = match kind {
                    Kind::Constant => 2.0,
                    Kind::Counter(step) => self.values[i][s] + (step * (0.9 + 0.2 * r)).round(),
                    Kind::Count(max) => (max * r).round(),
                    Kind::Tenths => (r * 10.0).round() / 10.0,
                    Kind::Noise => r,
                };
                self.values[i][s] = value;
                table.push(self.ids[i], *signal, at, value);
            }
        }
    }
}

/// CPU time of this process: unlike the clock it does not measure the neighbours.
fn cpu() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    let ticks: u64 = fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap();
    // USER_HZ is 100 on every Linux we run on
    Duration::from_millis(ticks * 10)
}

fn rss() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|l| l.starts_with("VmRSS")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 1024
}

fn main() {
    let mut args = std::env::args().skip(1).filter_map(|a| a.parse::<usize>().ok());
    let series = args.next().unwrap_or(100_000);
    let minutes = args.next().unwrap_or(120) as i64;
    let dir = tempfile::tempdir().unwrap();
    let (mut history, mut table, _) = History::open(dir.path(), Millis(T0), WINDOW).unwrap();
    let before = rss();
    let mut load = Load::new(series, &mut table);
    let (mut push, mut slowest, mut flush) = (Duration::ZERO, Duration::ZERO, Vec::new());
    let mut held = table.clone();
    for minute in 0..minutes {
        for tick in 0..12 {
            // somebody always reads: each scrape finds every row shared
            held = table.clone();
            let start = cpu();
            load.scrape(&mut table, minute * 12 + tick);
            slowest = slowest.max(cpu() - start);
            push += cpu() - start;
        }
        let start = cpu();
        let flushed = history.flush(&table, Millis(T0 + (minute + 1) * 60_000)).unwrap();
        flush.push(((cpu() - start), flushed.bytes));
        if [1, 10, 60, 120].contains(&(minute + 1)) {
            let n = table.series_count() as f64;
            println!(
                "{:>4} min: {:.0} B per series by RSS, {:.0} B by own estimate",
                minute + 1,
                (rss() - before) as f64 / n,
                table.bytes() as f64 / n,
            );
        }
    }
    let points = series as f64 * minutes as f64 * 12.0;
    println!(
        "push: {:.0} ns a value with its generation; slowest scrape of all {slowest:?}",
        push.as_nanos() as f64 / points
    );
    flush.remove(0);
    flush.sort();
    let bytes: u64 = flush.iter().map(|(_, b)| b).sum::<u64>() / flush.len() as u64;
    println!(
        "flush: median {:?}, worst {:?}; {:.1} B per series-minute, {:.0} MB on disk",
        flush[flush.len() / 2].0,
        flush[flush.len() - 1].0,
        bytes as f64 / series as f64,
        history.disk_bytes() as f64 / 1e6,
    );
    let start = cpu();
    for _ in 0..1000 {
        std::hint::black_box(table.clone());
    }
    println!("snapshot: {:?}", (cpu() - start) / 1000);
    let now = Millis(T0 + minutes * 60_000);
    drop((history, table, held));
    let start = cpu();
    let (_, table, report) = History::open(dir.path(), now, WINDOW + Span::secs(60)).unwrap();
    println!(
        "read back: {:?} for {} points of {} series",
        (cpu() - start),
        report.points,
        table.series_count()
    );
}
