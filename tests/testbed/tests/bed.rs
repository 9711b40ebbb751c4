//! The bed against itself, with real Kafka and Flink. Needs STREAMWARDEN_BED=1, for it costs half a minute.

#![expect(
    clippy::disallowed_methods,
    reason = "the bed is the world that the product watches: its clock is the real one"
)]

use std::path::Path;
use std::time::{Duration, Instant};

use testbed::{Args, Bed, BedOptions, EstateSpec, Mode, Truth};

/// The truth is on disk after 100 ms; half a second ago is settled.
const SETTLED_MS: i64 = 500;

#[test]
fn a_fault_shows_in_the_truth_and_nothing_is_left_behind() {
    if std::env::var("STREAMWARDEN_BED").as_deref() != Ok("1") {
        eprintln!("skipped: set STREAMWARDEN_BED=1 to start a real bed");
        return;
    }
    let seed = std::env::var("BED_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(11);
    let mut options = BedOptions::new(EstateSpec::seeded(seed), Mode::Mini);
    options.progress.show = true;
    let mut bed = Bed::start(options).unwrap();
    bed.wait_flowing(Duration::from_secs(90)).unwrap();

    let listeners = bed.listeners().unwrap();
    assert!(listeners.len() >= 5, "{listeners:?}");
    assert!(listeners.iter().all(|listener| listener.loopback), "{listeners:?}");

    let delay = |truth: &Truth, bed: &Bed, at: i64| {
        let (job, topic) = (&bed.spec().dwd.job, &bed.spec().orders_topic);
        Some(truth.topic_wait(job, topic, at)? + truth.inside(job, at)?)
    };
    let now = |bed: &Bed| {
        let truth = bed.truth().unwrap();
        let at = truth.horizon() - SETTLED_MS;
        delay(&truth, bed, at).unwrap()
    };
    wait(Duration::from_secs(30), || now(&bed) < 1.0);
    bed.on("slow-function", &Args::new()).unwrap();
    wait(Duration::from_secs(40), || now(&bed) > 4.0);
    bed.off("slow-function").unwrap();
    wait(Duration::from_secs(40), || now(&bed) < 1.0);

    let dir = bed.dir().to_owned();
    let pids: Vec<u32> = bed.pids().into_iter().map(|(_, pid)| pid).collect();
    assert_eq!(pids.len(), 3);
    bed.stop();
    assert!(!dir.exists());
    assert!(pids.iter().all(|pid| !Path::new(&format!("/proc/{pid}")).exists()));
}

#[track_caller]
fn wait(within: Duration, mut done: impl FnMut() -> bool) {
    let start = Instant::now();
    while !done() {
        assert!(start.elapsed() < within, "not so after {within:?}");
        std::thread::sleep(Duration::from_millis(500));
    }
}
