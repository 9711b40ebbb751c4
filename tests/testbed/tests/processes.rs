//! Faults that kill, on real processes. Needs STREAMWARDEN_BED=1, for it costs a minute.

#![expect(
    clippy::disallowed_methods,
    reason = "the bed is the world that the product watches: its clock is the real one"
)]

use std::time::{Duration, Instant};

use testbed::{Args, Bed, BedOptions, EstateSpec, Mode};

#[test]
fn the_estate_survives_the_loss_of_a_task_manager_and_of_the_broker() {
    if std::env::var("STREAMWARDEN_BED").as_deref() != Ok("1") {
        eprintln!("skipped: set STREAMWARDEN_BED=1 to start a real bed");
        return;
    }
    let mut options = BedOptions::new(EstateSpec::seeded(23), Mode::Processes);
    options.progress.show = true;
    let mut bed = Bed::start(options).unwrap();
    bed.wait_flowing(Duration::from_secs(90)).unwrap();
    assert_eq!(bed.pids().len(), 5);
    assert_eq!(bed.prometheus_urls().len(), 3);
    assert!(bed.listeners().unwrap().iter().all(|listener| listener.loopback));

    for fault in ["taskmanager-killed", "broker-down"] {
        bed.on(fault, &Args::new()).unwrap();
        assert_eq!(bed.pids().len(), 4, "{fault}");
        bed.off(fault).unwrap();
        assert_eq!(bed.pids().len(), 5, "{fault}");
        let back = bed.truth().unwrap().horizon();
        wait(Duration::from_secs(60), || arrives_since(&bed, back));
        bed.check_alive().unwrap();
    }
}

/// Fresh data, made after the repair, has come through the whole chain.
fn arrives_since(bed: &Bed, moment: i64) -> bool {
    let truth = bed.truth().unwrap();
    let at = truth.horizon();
    truth
        .sink_age(&bed.spec().alerts_topic, at)
        .is_some_and(|age| at - (age * 1000.0) as i64 > moment)
}

#[track_caller]
fn wait(within: Duration, mut done: impl FnMut() -> bool) {
    let start = Instant::now();
    while !done() {
        assert!(start.elapsed() < within, "not so after {within:?}");
        std::thread::sleep(Duration::from_millis(500));
    }
}
