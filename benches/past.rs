//! What is remembered of weeks and of incidents: `cargo bench --bench past [-- minutes | incidents | usual]`.
//! All of it is generated: values with a day's swing and 10 % noise, incidents of 40 causes at 500
//! places. CPU is of the whole process; a query is timed as the page waits for it.
#![expect(clippy::unwrap_used, reason = "a benchmark may fail loudly")]

use std::time::Duration;
use streamwarden::store::db::{Batch, ClosedFilter, Db, Findable};
use streamwarden::store::minutes::{Filling, Minutes};
use streamwarden_core::case::*;
use streamwarden_core::estate::{ClusterId, JobKey, Millis, Subject, SubjectKind};
use streamwarden_core::keep::Minute;
use streamwarden_core::past::{
    DELAY, INPUT_DELAY, KEPT, Limits, LocalTime, MINUTE, PRODUCED, Season, Seasons, rounded,
};
use tokio::time::Instant;

const T0: i64 = 20_000 * 86_400_000;
const DAY: i64 = 1440;

fn main() {
    let words: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with('-')).collect();
    let wanted = |word: &str| words.is_empty() || words.iter().any(|w| w == word);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    if wanted("minutes") {
        println!(
            "| jobs | days | series | bytes per series and day | CPU per minute kept | one job's day | whole estate by the hour, one measure |"
        );
        println!("|---|---|---|---|---|---|---|");
        runtime.block_on(minutes(1000, 1));
        runtime.block_on(minutes(100, 30));
    }
    if wanted("usual") {
        runtime.block_on(usual(1000, 28));
    }
    if wanted("incidents") {
        runtime.block_on(incidents(100_000));
    }
}

fn at(minute: i64) -> Millis {
    Millis(T0 + minute * MINUTE.0)
}

async fn minutes(jobs: usize, days: i64) {
    let dir = tempfile::tempdir().unwrap();
    let store = Minutes::open(&dir.path().join("minutes.db"), Limits::default()).await.unwrap();
    let names: Vec<&'static str> =
        KEPT.iter().filter(|k| k.of == SubjectKind::Job).map(|k| k.name).collect();
    let mut random = 1u64;
    let mut points: Vec<Minute> = (0..jobs)
        .flat_map(|j| {
            let of = format!("job:prod/job-{j:04}");
            names.iter().map(move |name| Minute { of: of.as_str().into(), name, value: 0.0 })
        })
        .collect();
    let begun = cpu();
    for minute in 0..days * DAY {
        for (i, point) in points.iter_mut().enumerate() {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let noise = (random >> 40) as f64 / f64::from(1 << 24);
            let swing = 1.0 + (minute as f64 / DAY as f64 * std::f64::consts::TAU).sin() * 0.5;
            // a third of what is kept hardly ever moves: widths, shares of memory, counts
            point.value = match i % 3 {
                0 => 4.0,
                _ => rounded((i % 50) as f64 * swing * (0.95 + noise / 10.0)),
            };
        }
        store.write(at(minute), &points).await.unwrap();
    }
    let kept = cpu() - begun;
    let bytes = store.bytes().await.unwrap() as f64;
    let last = days * DAY;
    let begun = Instant::now();
    let mut found = 0;
    for name in &names {
        let one = store.series("job:prod/job-0007", name, at(last - DAY), at(last)).await.unwrap();
        found += one.len();
    }
    let day = begun.elapsed();
    assert_eq!(found, names.len() * DAY as usize);
    let begun = Instant::now();
    let all = store.hours("delay", at(0), at(last)).await.unwrap();
    let estate = begun.elapsed();
    assert_eq!(all.len(), jobs);
    println!(
        "| {jobs} | {days} | {} | {:.0} | {:.1} ms | {} (all {} measures) | {} |",
        points.len(),
        bytes / (points.len() as f64 * days as f64),
        kept / (days * DAY) as f64 * 1e3,
        ms(day),
        names.len(),
        ms(estate),
    );
}

/// What is usual at a time of day: three measures of each job, every weekday another day.
async fn usual(jobs: usize, days: i64) {
    let dir = tempfile::tempdir().unwrap();
    let store = Minutes::open(&dir.path().join("minutes.db"), Limits::default()).await.unwrap();
    let mut random = 1u64;
    let mut subjects = Vec::new();
    for name in [DELAY, INPUT_DELAY, PRODUCED] {
        let of = |j: usize| match name {
            PRODUCED => format!("topic:kafka/topic-{j:04}"),
            _ => format!("job:prod/job-{j:04}"),
        };
        subjects.extend((0..jobs).map(|j| (of(j), name)));
        for day in 0..days {
            let mut told = Vec::with_capacity(jobs);
            for j in 0..jobs {
                let points = (day * DAY..(day + 1) * DAY).map(|minute| {
                    random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                    let noise = (random >> 40) as f64 / f64::from(1 << 24);
                    let busy = if day % 7 < 5 && minute % DAY > 570 { 20.0 } else { 1.0 };
                    (at(minute), busy * (1.0 + (j % 9) as f64) * (0.95 + noise / 10.0))
                });
                told.push((of(j).as_str().into(), points.collect()));
            }
            let what = Filling { cluster: "prod", name, day: at(day * DAY), server: "generated" };
            store.fill(what, &told, at(days * DAY)).await.unwrap();
        }
    }
    let (now, local) = (at(days * DAY), LocalTime::default());
    let (rss, mut seasons) = (resident(), Seasons::new(local.clone()));
    let (mut read, mut folded) = (Duration::ZERO, Duration::ZERO);
    let (begun, mut parsed) = (cpu(), Vec::new());
    for (id, name) in &subjects {
        let begun = Instant::now();
        let minutes = store.series(id, name, at(0), now).await.unwrap();
        read += begun.elapsed();
        assert_eq!(minutes.len(), (days * DAY) as usize);
        let begun = Instant::now();
        let season = Season::of(&minutes, &local, &[], now);
        folded += begun.elapsed();
        assert!(season.is_some());
        let subject: Subject = id.parse().unwrap();
        parsed.push((subject.clone(), *name));
        seasons.put(subject, name, season);
    }
    let (known, bytes) = seasons.size();
    assert_eq!(known, jobs * 3);
    let took = cpu() - begun;
    let begun = Instant::now();
    let found = parsed.iter().filter(|(s, name)| seasons.at(s, name, now).is_some()).count();
    assert_eq!(found, known);
    println!(
        "\n| jobs | weeks of measures | read | folded | CPU | memory (the process grew by) | one look-up |"
    );
    println!("|---|---|---|---|---|---|---|");
    println!(
        "| {jobs} | {known} of {days} days | {:.1} s | {:.1} s | {took:.1} s | {:.1} MB ({:.0} MB) | {:.2} us |",
        read.as_secs_f64(),
        folded.as_secs_f64(),
        bytes as f64 / 1e6,
        (resident() - rss) / 1e6,
        begun.elapsed().as_secs_f64() * 1e6 / known as f64,
    );
}

/// Bytes of the process in memory.
fn resident() -> f64 {
    let status = std::fs::read_to_string("/proc/self/statm").unwrap();
    status.split_whitespace().nth(1).and_then(|n| n.parse::<f64>().ok()).unwrap() * 4096.0
}

async fn incidents(n: usize) {
    let dir = tempfile::tempdir().unwrap();
    let db = Db::open(&dir.path().join("streamwarden.db")).await.unwrap();
    let begun = Instant::now();
    for chunk in (0..n).collect::<Vec<_>>().chunks(1000) {
        let incidents = chunk.iter().map(|i| incident(*i)).collect();
        db.save(&Batch { incidents, ..Batch::default() }, at(90 * DAY)).await.unwrap();
    }
    println!("\n{n} incidents written in {:.0} s\n", begun.elapsed().as_secs_f64());
    println!("| found by | how many | took |");
    println!("|---|---|---|");
    let none = || ClosedFilter { limit: 100, ..ClosedFilter::default() };
    let asks = [
        ("nothing: the newest", none()),
        ("a job", ClosedFilter { job: Some("job-0042".into()), ..none() }),
        ("a cause", ClosedFilter { cause: Some("code.cause-07".into()), ..none() }),
        ("a rare word", ClosedFilter { text: Some("operator-421 of job-0421".into()), ..none() }),
        (
            "a word of every incident",
            ClosedFilter { text: Some("cannot keep up".into()), ..none() },
        ),
        ("Chinese", ClosedFilter { text: Some("处理不过来".into()), ..none() }),
        ("two letters (no index)", ClosedFilter { text: Some("过来".into()), ..none() }),
        ("its id", ClosedFilter { text: Some(format!("{:016x}", 77_777)), ..none() }),
    ];
    for (name, filter) in asks {
        let begun = Instant::now();
        let (total, _) = db.closed(&filter).await.unwrap();
        println!("| {name} | {total} | {} |", ms(begun.elapsed()));
    }
    let begun = Instant::now();
    let all = db.lessons(Millis(T0)).await.unwrap();
    println!("| all of 90 days in short | {} | {} |", all.len(), ms(begun.elapsed()));
}

fn incident(i: usize) -> (Incident, Findable) {
    let place = i * 7919 % 500;
    let job = JobKey::new(&ClusterId::new("prod"), format!("job-{place:04}"));
    let onset = at((i as i64) * 90 * DAY / 100_000);
    let cause = format!("code.cause-{:02}", i * 31 % 40);
    let body = serde_json::json!({
        "verdict": { "verdict": "root", "cause": cause },
        "subject": Subject::Job { job: job.clone() }, "role": "root", "onset": onset,
        "says": {
            "en": format!("operator-{place} of job-{place:04} cannot keep up: each record takes {} ms", i % 97),
            "zh": format!("job-{place:04} 的 operator-{place} 处理不过来：每条耗时 {} 毫秒", i % 97),
        },
        "evidence": [], "considered": [], "missing": [], "consequences": [], "victims": [],
        "symptoms": [], "advice": [], "never": [], "cures": [], "support": 1.0
    });
    let diagnosis: Diagnosis = serde_json::from_value(body).unwrap();
    let closed = onset + streamwarden_core::estate::Span::secs(60 + (i % 3000) as i64);
    let incident = Incident {
        id: IncidentId(format!("{i:016x}").into()),
        state: IncidentState::Closed,
        opened: onset + streamwarden_core::estate::Span::secs(8),
        closed: Some(closed),
        onset,
        diagnosis,
        last_seen: closed,
        said: Vec::new(),
        merged_into: None,
        split_from: None,
    };
    let name = format!("job-{place:04}");
    let jobs = vec![format!("job:{job}"), name.clone()];
    (incident, Findable { jobs, words: name.clone(), place: name })
}

fn ms(d: Duration) -> String {
    format!("{:.1} ms", d.as_secs_f64() * 1e3)
}

/// User and system time of the process, s.
fn cpu() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    let ticks = |i: usize| fields.get(i).and_then(|f| f.parse::<f64>().ok()).unwrap_or(0.0);
    (ticks(11) + ticks(12)) / 100.0
}
