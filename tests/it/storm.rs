//! The storm drill: many jobs behind JobManagers that speak Flink's REST, one Kafka that all of them
//! write to. It dies and every job fails; it comes back and most jobs stay down. While it is down
//! nothing may be done; then the jobs are started again in waves. The built product is watched from
//! outside: by what the JobManagers were asked.
//!
//! `STORM_JOBS=n` (24: two minutes), `STORM_FULL=1` (until all run; `make storm`).

mod flink;
mod kafka;
mod product;

use product::Product;
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// So many jobs behind one JobManager, or a fourth of all where that is less.
const EACH: usize = 25;
/// Jobs that fail are down for good, but for one in so many: those recover by themselves.
pub const BY_ITSELF: usize = 5;

/// Everything that is true.
#[derive(Debug, Default)]
pub struct World {
    pub jms: Vec<flink::JobManager>,
    pub kafka: kafka::Kafka,
}

pub type Shared = Arc<Mutex<World>>;

#[test]
fn nothing_is_done_in_a_storm_and_waves_come_after_it() {
    let Some(jobs) = wanted("STORM_JOBS") else {
        eprintln!("skipped: set STORM_JOBS=24 to run it (two minutes)");
        return;
    };
    let clusters = jobs.div_ceil(EACH).max(4);
    let full = std::env::var("STORM_FULL").is_ok();
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let world = Shared::default();
    let (kafka, rests) = runtime.block_on(async {
        let address = kafka::Server::start(&world).await;
        let mut rests = Vec::new();
        for n in 0..clusters {
            let jm = flink::JobManager::new(n, (n..jobs).step_by(clusters));
            rests.push(flink::serve(&world, jm).await);
        }
        (address, rests)
    });
    let mut product = Product::start(&kafka.address, &rests, jobs);
    product.wait(300, "look at every job and topic", |_| {
        let world = world.lock().unwrap();
        world.kafka.asked && world.jms.iter().all(flink::JobManager::is_known)
    });
    std::thread::sleep(Duration::from_secs(6));
    assert_eq!(product.actions(), Vec::<Value>::new(), "nothing is wrong, and nothing is done");

    // the storm
    let began = Instant::now();
    let before = asked(&world);
    kafka.kill();
    product.wait(60, "a plan for every job that is down", |p| {
        let plans = p.plans();
        let down = world.lock().unwrap().down();
        down.len() * BY_ITSELF >= jobs * (BY_ITSELF - 1) && plans.len() >= down.len()
    });
    let mut looked = 0;
    while began.elapsed() < Duration::from_secs(if full { 60 } else { 20 }) || looked == 0 {
        for (job, why) in product.plans() {
            let ill = |w: &String| w.contains("what it depends on is");
            assert!(why.iter().any(ill), "{job}: {why:?}");
        }
        looked += 1;
        std::thread::sleep(Duration::from_secs(2));
    }
    assert_eq!(product.actions(), Vec::<Value>::new(), "not one action while Kafka is down");
    let inside = began.elapsed();
    let load = rate(&before, &asked(&world), inside);

    // it is over
    let over = Instant::now();
    runtime.block_on(kafka.start_again(&world));
    let mut widest = 0;
    let mut first = None;
    let patience = if full { 3600 } else { 90 };
    product.wait(patience, "the waves", |p| {
        let open: Vec<Value> = p.actions().into_iter().filter(|a| a["state"] == "open").collect();
        let mut at_once = BTreeSet::new();
        for action in &open {
            first.get_or_insert_with(|| over.elapsed());
            let job = action["job"]["id"].as_str().unwrap_or_default().to_owned();
            assert!(at_once.insert(job), "two actions on one job: {open:#?}");
        }
        widest = widest.max(open.len());
        let left = world.lock().unwrap().down().len();
        if full { left == 0 && open.is_empty() } else { widest >= 2 }
    });
    let took = over.elapsed();
    let world = world.lock().unwrap();
    for jm in &world.jms {
        assert_eq!(jm.wrong, Vec::<String>::new());
    }
    waves_doubled(&world);
    let all = product.actions();
    for action in all.iter().filter(|a| a["state"] != "open") {
        assert_eq!(action["state"], "helped", "{action:#}");
    }
    let (cpu, peak) = product.cost();
    eprintln!(
        "storm: {jobs} jobs behind {clusters} JobManagers, {} s without Kafka: 0 actions, {load:.2} requests/s to each JobManager; first action {:.0} s after its return, {} actions, {widest} side by side at most, {} of {jobs} run after {:.0} s; {cpu:.0} s of CPU, {peak} MB at most",
        inside.as_secs(),
        first.map_or(f64::NAN, |d| d.as_secs_f64()),
        all.len(),
        jobs - world.down().len(),
        took.as_secs_f64(),
    );
}

impl World {
    /// Jobs of which no run lives.
    pub fn down(&self) -> Vec<String> {
        self.jms.iter().flat_map(|jm| jm.down()).collect()
    }
}

/// One alone, and no two before it had proved itself; then two.
fn waves_doubled(world: &World) {
    let mut at: Vec<Instant> =
        world.jms.iter().flat_map(|jm| jm.submitted.iter().map(|(_, at)| *at)).collect();
    at.sort();
    let gap = |n: usize| at[n].duration_since(at[n - 1]);
    // a wave's job is watched for 5 s at least
    assert!(at.len() >= 2, "{} submissions", at.len());
    assert!(gap(1) >= Duration::from_secs(5), "the second came {:?} after the first", gap(1));
    if at.len() < 4 {
        return;
    }
    assert!(gap(2) < Duration::from_secs(3), "the third beside the second: {:?}", gap(2));
    assert!(gap(3) >= Duration::from_secs(2), "the fourth in the next wave: {:?}", gap(3));
}

fn asked(world: &Shared) -> Vec<u64> {
    world.lock().unwrap().jms.iter().map(|jm| jm.asked).collect()
}

fn rate(before: &[u64], after: &[u64], over: Duration) -> f64 {
    let most = before.iter().zip(after).map(|(a, b)| b - a).max().unwrap_or(0);
    most as f64 / over.as_secs_f64()
}

fn wanted(name: &str) -> Option<usize> {
    std::env::var(name).ok()?.parse().ok()
}
