//! A bed with the product on it, and questions to both.

use std::path::Path;
use std::time::{Duration, Instant};
use testbed::product::{Compared, Product, ProductOptions, Said, Tolerance, compare};
use testbed::{Bed, BedOptions, EstateSpec, Mode};

pub fn wanted(variable: &str) -> bool {
    let yes = std::env::var(variable).as_deref() == Ok("1");
    if !yes {
        eprintln!("skipped: set {variable}=1 to run it on real Flink and Kafka");
    }
    yes
}

/// Names, parallelism and keys are drawn; BED_SEED repeats a draw.
pub fn seed() -> u64 {
    let given = std::env::var("BED_SEED").ok().and_then(|s| s.parse().ok());
    given.unwrap_or_else(|| {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
        now.as_secs() % 1000
    })
}

pub struct Scene {
    pub bed: Bed,
    pub product: Product,
    options: ProductOptions,
}

impl Scene {
    pub fn start(seed: u64, mode: Mode, exactly_once: Option<testbed::Role>) -> Scene {
        eprintln!("bed with BED_SEED={seed}");
        let mut spec = EstateSpec::seeded(seed);
        spec.exactly_once = exactly_once;
        let mut options = BedOptions::new(spec, mode);
        options.progress.show = true;
        let mut bed = Bed::start(options).unwrap();
        bed.wait_flowing(Duration::from_secs(120)).unwrap();
        Scene::on(bed, ProductOptions::default())
    }

    /// The product on a bed that is up.
    pub fn on(bed: Bed, options: ProductOptions) -> Scene {
        let product = start(&bed, &options);
        Scene { bed, product, options }
    }

    /// Kills the product as `kill -9` does, and starts it anew on the same data.
    pub fn restart_product(&mut self) {
        self.product.kill();
        self.product = start(&self.bed, &self.options);
    }

    /// Each read edge of the chain that the spec knows of.
    pub fn read_edges(&self) -> Vec<(String, String)> {
        let s = self.bed.spec();
        vec![
            (s.orders_topic.clone(), s.dwd.job.clone()),
            (s.stats_topic.clone(), s.ads.job.clone()),
            (s.audit_in_topic.clone(), s.audit.job.clone()),
        ]
    }

    pub fn edge(&self, edge: &(String, String)) -> Option<Said> {
        self.product.read_edge(&edge.0, &edge.1).unwrap()
    }

    pub fn wait(
        &mut self,
        within_s: u64,
        what: &str,
        done: impl FnMut(&Product) -> bool,
    ) -> Duration {
        let took = self.product.wait(Duration::from_secs(within_s), what, done);
        took.unwrap_or_else(|e| panic!("{e:#}\n{}", self.now()))
    }

    /// What the product says now, for a failure's message.
    pub fn now(&self) -> String {
        let edges = self.product.edges().unwrap_or_default();
        edges.iter().map(|e| format!("{e:?}\n")).collect()
    }

    /// Readings of an edge over some time, each beside its truth.
    pub fn compare(&mut self, edge: &(String, String), seconds: u64) -> Vec<Compared> {
        let mut said: Vec<Said> = Vec::new();
        let end = Instant::now() + Duration::from_secs(seconds);
        while Instant::now() < end {
            std::thread::sleep(Duration::from_secs(1));
            if let Some(s) = self.edge(edge)
                && said.last().is_none_or(|l| l.at != s.at)
            {
                said.push(s);
            }
        }
        // what waited then must have left by now, or be known not to have
        std::thread::sleep(Duration::from_secs(1));
        let truth = self.bed.truth().unwrap();
        said.iter().filter_map(|s| compare(s, &truth)).collect()
    }
}

/// All readings but one in ten (or one) within a tenth or a second, none far off; at least so many
/// of them. A reading that falls into a burst between two scrapes may be off by a tick.
#[track_caller]
pub fn agree(what: &str, compared: &[Compared], at_least: usize) {
    let off = compared.iter().filter(|c| !c.within(Tolerance::default())).count();
    let worst = compared.iter().map(Compared::error).fold(0.0, f64::max);
    let n = compared.len();
    eprintln!("{what}: {} of {n} agree, the worst is off by {worst:.2} s", n - off);
    assert!(n >= at_least, "{what}: only {n} readings: {compared:?}");
    assert!(off <= (n / 10).max(1), "{what}: {compared:?}");
    let far = Tolerance { share: 0.3, seconds: 3.0 };
    assert!(compared.iter().all(|c| c.within(far)), "{what}: {compared:?}");
}

fn start(bed: &Bed, options: &ProductOptions) -> Product {
    let binary = Path::new(env!("CARGO_BIN_EXE_streamwarden"));
    Product::start(binary, bed, options).unwrap()
}
