mod command;
mod record;
mod reuse;
mod status;

use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use serde_json::{Value, json};
use testbed::progress::Progress;
use testbed::{Bed, BedOptions, EstateSpec, Label, faults};
use tokio::signal::unix::{SignalKind, signal};

use self::command::Command;
pub use self::record::{Record, record};
pub use self::reuse::reuse;

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

pub fn list(spec: &EstateSpec, json: bool) -> Result<()> {
    let labels = faults::all().map(|fault| {
        let mut fitted = spec.clone();
        fault.fit(&mut fitted);
        fault.label(&fitted)
    });
    let labels: Vec<Label> = labels.collect();
    if json {
        for label in labels {
            println!("{}", serde_json::to_string(&label)?);
        }
    } else {
        print!("{}", table(&labels));
    }
    Ok(())
}

/// What strikes, the cause that is right, where, and who only suffers.
fn table(labels: &[Label]) -> String {
    let head = ["fault", "cause", "place", "suffering only"].map(str::to_owned);
    let row = |l: &Label| {
        let cause = l.cause.unwrap_or("nothing is wrong").to_owned();
        [l.name.to_owned(), cause, l.place.to_string(), l.victims.join(", ")]
    };
    let rows: Vec<[String; 4]> = std::iter::once(head).chain(labels.iter().map(row)).collect();
    let width = |i: usize| rows.iter().map(|r| r[i].chars().count()).max().unwrap_or(0);
    let widths = [width(0), width(1), width(2)];
    let line = |r: &[String; 4]| {
        let [a, b, c] = widths;
        let text = format!("{:a$}  {:b$}  {:c$}  {}", r[0], r[1], r[2], r[3]);
        text.trim_end().to_owned() + "\n"
    };
    rows.iter().map(line).collect()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_a_line_whose_columns_stand_below_one_another() {
        let spec = EstateSpec::demo();
        let label = |name| faults::find(name).unwrap().label(&spec);
        let text = table(&[label("slow-function"), label("quiet-night")]);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 3);
        assert!(lines[1].starts_with("slow-function  code.sync_io_blocking  "), "{text}");
        assert!(lines[2].starts_with("quiet-night    nothing is wrong      "), "{text}");
        assert!(lines[1].ends_with(&spec.ads.job));
    }
}
