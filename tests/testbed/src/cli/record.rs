use std::path::PathBuf;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use testbed::product::{Product, ProductOptions};
use testbed::progress::Progress;
use testbed::{Args, Bed, BedOptions, recording};

use super::FLOWING;

/// Declared of each read edge for even seeds; for odd ones nothing is.
const TARGET_S: f64 = 5.0;

#[derive(clap::Args)]
pub struct Record {
    /// The fault or control; `bed list` names them
    fault: String,
    /// Names, sizes and how hard it strikes are drawn from it
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Where <fault>.<seed>.bundle is written
    #[arg(long, default_value = "tests/incidents")]
    out: PathBuf,
    /// Healthy seconds before it strikes
    #[arg(long, default_value_t = 40)]
    warm: u64,
    /// Seconds that it holds
    #[arg(long = "for", default_value_t = 60)]
    hold: u64,
    /// Seconds after it was healed
    #[arg(long, default_value_t = 20)]
    after: u64,
    /// Seconds between two looks
    #[arg(long, default_value_t = 1)]
    tick: u32,
    /// The built streamwarden; by default the one beside this program
    #[arg(long)]
    binary: Option<PathBuf>,
}

pub fn record(how: &Record, progress: Progress) -> Result<()> {
    let binary = how.binary.clone().map_or_else(beside_us, Ok)?;
    let (spec, mode) = recording::estate(&how.fault, how.seed)?;
    let mut story = recording::story(&how.fault, how.seed)?;
    let options = BedOptions { spec, mode, dir: None, progress: progress.clone() };
    let mut bed = Bed::start(options)?;
    bed.wait_flowing(FLOWING)?;
    let raw = bed.dir().join("recorded.bundle");
    let product = Product::start(
        &binary,
        &bed,
        &ProductOptions {
            tick_s: how.tick,
            target_s: how.seed.is_multiple_of(2).then_some(TARGET_S),
            record: Some(raw.clone()),
            ..ProductOptions::default()
        },
    )?;
    progress.say(format!("recording {}: {} s of health", how.fault, how.warm));
    wait(&progress, how.warm)?;
    story["injected"] = json!(now()?);
    bed.on(&how.fault, &Args::new())?;
    progress.say(format!("{} is on for {} s", how.fault, how.hold));
    wait(&progress, how.hold)?;
    story["healed"] = json!(now()?);
    bed.off(&how.fault)?;
    wait(&progress, how.after)?;
    product.finish().context("the recording")?;
    let bundle = recording::with_story(&std::fs::read(&raw)?, story)?;
    std::fs::create_dir_all(&how.out)?;
    let path = how.out.join(format!("{}.{}.bundle", how.fault, how.seed));
    std::fs::write(&path, &bundle).with_context(|| format!("cannot write {}", path.display()))?;
    println!("{}", line(&path.display().to_string(), bundle.len()));
    bed.stop();
    Ok(())
}

fn line(path: &str, bytes: usize) -> Value {
    json!({ "bundle": path, "bytes": bytes })
}

fn wait(progress: &Progress, seconds: u64) -> Result<()> {
    let until = Instant::now() + Duration::from_secs(seconds);
    while Instant::now() < until {
        progress.check()?;
        std::thread::sleep(Duration::from_millis(100));
    }
    Ok(())
}

fn now() -> Result<i64> {
    Ok(i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis())?)
}

pub fn beside_us() -> Result<PathBuf> {
    let path = std::env::current_exe()?.with_file_name("streamwarden");
    if !path.exists() {
        bail!("{} is not built: cargo build --bin streamwarden", path.display());
    }
    Ok(path)
}
