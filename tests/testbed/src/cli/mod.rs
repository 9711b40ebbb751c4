mod command;
mod record;
mod status;

use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use serde_json::{Value, json};
use testbed::progress::Progress;
use testbed::{Bed, BedOptions, EstateSpec, faults};
use tokio::signal::unix::{SignalKind, signal};

use self::command::Command;
pub use self::record::{Record, record};

/// Ten seconds on a quiet machine; a busy one gets much more.
const FLOWING: Duration = Duration::from_secs(180);
const INTERRUPTED: i32 = 130;
const TICK: Duration = Duration::from_millis(200);

/// Ctrl-C, SIGTERM and a closed terminal end the bed in order, also while it starts.
pub fn cancel_on_signals(progress: &Progress) -> Result<()> {
    let cancel = progress.cancel.clone();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (mut int, mut term, mut hup) = {
        let _inside = runtime.enter();
        (
            signal(SignalKind::interrupt())?,
            signal(SignalKind::terminate())?,
            signal(SignalKind::hangup())?,
        )
    };
    std::thread::spawn(move || {
        let mut next = || {
            runtime.block_on(async {
                tokio::select! { _ = int.recv() => {}, _ = term.recv() => {}, _ = hup.recv() => {} }
            });
        };
        next();
        cancel.store(true, Ordering::Relaxed);
        // whoever insists does not have to wait: the JVMs end by their leash
        next();
        std::process::exit(INTERRUPTED);
    });
    Ok(())
}

pub fn list(spec: &EstateSpec) -> Result<()> {
    for fault in faults::all() {
        let mut fitted = spec.clone();
        fault.fit(&mut fitted);
        println!("{}", serde_json::to_string(&fault.label(&fitted))?);
    }
    Ok(())
}

pub fn up(options: BedOptions, seconds: Option<Duration>) -> Result<()> {
    let progress = options.progress.clone();
    let mut bed = Bed::start(options)?;
    let first = bed.wait_flowing(FLOWING)?;
    progress.say(format!(
        "the first record came through the whole chain {:.1} s after the start",
        first.as_secs_f64()
    ));
    println!("{}", addresses(&bed, first));
    let ended = obey(&mut bed, &lines(), seconds.map(|seconds| Instant::now() + seconds));
    progress.say("stopping");
    bed.stop();
    ended
}

fn addresses(bed: &Bed, first: Duration) -> Value {
    json!({
        "flink": bed.flink_url(),
        "prometheus": bed.prometheus_urls(),
        "kafka": bed.kafka_bootstrap(),
        "mode": bed.mode(),
        "dir": bed.dir(),
        "pids": bed.pids(),
        "first_record_s": first.as_secs_f64(),
        "spec": bed.spec(),
    })
}

/// Until `quit`, a signal or the end of the time; the end of stdin alone ends nothing.
fn obey(bed: &mut Bed, lines: &Receiver<String>, until: Option<Instant>) -> Result<()> {
    loop {
        if bed.progress().check().is_err() || until.is_some_and(|until| Instant::now() >= until) {
            return Ok(());
        }
        let line = match lines.recv_timeout(TICK) {
            Ok(line) => line,
            Err(RecvTimeoutError::Timeout) => {
                bed.check_alive()?;
                continue;
            }
            Err(RecvTimeoutError::Disconnected) => {
                std::thread::sleep(TICK);
                bed.check_alive()?;
                continue;
            }
        };
        match answer(bed, &line) {
            Ok(None) => return Ok(()),
            Ok(Some(answer)) => println!("{answer}"),
            Err(error) => println!("{}", json!({ "command": line, "error": format!("{error:#}") })),
        }
    }
}

/// `None` to the wish to end.
fn answer(bed: &mut Bed, line: &str) -> Result<Option<Value>> {
    match command::parse(line)? {
        Command::Quit => return Ok(None),
        Command::Status => return status::status(bed).context("status").map(Some),
        Command::On { name, args } => {
            bed.on(&name, &args)?;
            let label = faults::find(&name)?.label(bed.spec());
            return Ok(Some(json!({ "command": line, "done": true, "label": label })));
        }
        Command::Off { name } => bed.off(&name)?,
    }
    Ok(Some(json!({ "command": line, "done": true })))
}

fn lines() -> Receiver<String> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        for line in std::io::stdin().lines().map_while(Result::ok) {
            let line = line.trim();
            if !line.is_empty() && sender.send(line.to_owned()).is_err() {
                return;
            }
        }
    });
    receiver
}
