//! `bed reuse`: which versions of a job go on from a checkpoint: what the product says of it while the version runs
//! by itself, and what Flink then does.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;
use testbed::progress::Progress;
use testbed::{Bed, BedOptions, EstateSpec, Mode, Role};

use super::record::beside_us;

/// Of one step on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);
const POLL: Duration = Duration::from_millis(500);
/// An exception's text in the table.
const SHOWN: usize = 150;

/// A version of the job, and what is right to say of it.
struct Case {
    what: &'static str,
    name: &'static str,
    parallelism: u32,
    switches: &'static [&'static str],
    /// The writer had one subtask and one key group.
    narrow: bool,
    answer: &'static str,
    runs: bool,
}

const SAME: Case = Case {
    what: "the same job",
    name: "kept-b",
    parallelism: 2,
    switches: &[],
    narrow: false,
    answer: "maps",
    runs: true,
};

const CASES: [Case; 12] = [
    Case { what: "renamed", name: "another-name", ..SAME },
    Case { what: "operator with state added", switches: &["add=1"], ..SAME },
    Case {
        what: "operator with state removed",
        switches: &["drop=1"],
        answer: "maps_with_loss",
        runs: false,
        ..SAME
    },
    Case { what: "parallelism 2 to 1", parallelism: 1, ..SAME },
    Case { what: "parallelism 2 to 3", parallelism: 3, ..SAME },
    Case {
        what: "parallelism above the state's maximum",
        narrow: true,
        answer: "does_not_map",
        runs: false,
        ..SAME
    },
    Case {
        what: "another max parallelism set",
        switches: &["max=256"],
        answer: "does_not_map",
        runs: false,
        ..SAME
    },
    Case {
        what: "uid changed",
        switches: &["uid=keep-2"],
        answer: "maps_with_loss",
        runs: false,
        ..SAME
    },
    Case {
        what: "no uids any more",
        switches: &["unnamed=1"],
        answer: "does_not_map",
        runs: false,
        ..SAME
    },
    Case {
        what: "a state's type changed",
        switches: &["type=string"],
        answer: "does_not_map",
        runs: false,
        ..SAME
    },
    Case {
        what: "a value made a list",
        switches: &["kind=list"],
        answer: "does_not_map",
        runs: false,
        ..SAME
    },
    // Flink says nothing of it: what was kept is never read again
    Case {
        what: "a state renamed",
        switches: &["state=renamed"],
        answer: "maps_with_loss",
        runs: true,
        ..SAME
    },
];

/// `only`: versions whose name has this in it.
pub fn reuse(only: &str, progress: Progress) -> Result<()> {
    let binary = beside_us()?;
    let mut spec = EstateSpec::demo();
    spec.exactly_once = Some(Role::Dwd);
    let options = BedOptions { progress: progress.clone(), ..BedOptions::new(spec, Mode::Mini) };
    let mut bed = Bed::start(options)?;
    bed.wait_flowing(PATIENCE)?;
    let wide = written(&bed, 2, &[])?;
    let narrow = written(&bed, 1, &["max=1"])?;
    println!("| to a version with | said | Flink then | why it was said |\n|---|---|---|---|");
    let mut wrong = Vec::new();
    if only.is_empty() && !exactly_once(&bed, &binary)? {
        wrong.push("exactly once");
    }
    for case in CASES.iter().filter(|case| case.what.contains(only)) {
        progress.check()?;
        progress.say(case.what);
        let from = if case.narrow { &narrow } else { &wide };
        let verdict = said(&bed, case, from, &binary)?;
        let (runs, then) = tried(&bed, case, from)?;
        let answer = verdict["answer"].as_str().unwrap_or_default();
        println!("| {} | {} | {then} | {} |", case.what, answer.replace('_', " "), why(&verdict));
        if answer != case.answer || runs != case.runs {
            wrong.push(case.what);
        }
    }
    bed.stop();
    ensure!(wrong.is_empty(), "not as it should be: {}", wrong.join(", "));
    Ok(())
}

/// A checkpoint of the job as it was first.
fn written(bed: &Bed, parallelism: u32, switches: &[&str]) -> Result<String> {
    let id = bed.run_kept("kept-a", parallelism, switches, None)?;
    until(bed, &id, 3)?;
    bed.cancel_kept(&id)?.context("it left no checkpoint")
}

/// Until so many checkpoints are complete; what it failed with, if it does.
fn until(bed: &Bed, id: &str, completed: u64) -> Result<Option<String>> {
    let start = Instant::now();
    loop {
        let run = bed.kept_run(id)?;
        if run.failure.is_some() || run.state == "FAILED" {
            return Ok(Some(run.failure.unwrap_or(run.state)));
        }
        if run.completed >= completed {
            return Ok(None);
        }
        if start.elapsed() > PATIENCE {
            let told = bed.flink(&format!("/jobs/{id}/checkpoints"))?;
            bail!(
                "{id} is {} with {} checkpoints after {PATIENCE:?}: {}, {}",
                run.state,
                run.completed,
                told["counts"],
                told["latest"]["failed"]["failure_message"]
            );
        }
        std::thread::sleep(POLL);
    }
}

/// The product's verdict while the version runs from the start.
fn said(bed: &Bed, case: &Case, from: &str, binary: &Path) -> Result<Value> {
    let id = bed.run_kept(case.name, case.parallelism, case.switches, None)?;
    // metrics come some seconds after the start
    if let Some(failure) = until(bed, &id, 3)? {
        bail!("{} does not run by itself: {failure}", case.what);
    }
    let verdict = asked(bed, binary, from, &id)?;
    bed.cancel_kept(&id)?;
    Ok(verdict)
}

fn asked(bed: &Bed, binary: &Path, from: &str, to: &str) -> Result<Value> {
    let mut command = Command::new(binary);
    command.args(["checkpoint", "reuse", "--json", "--from", from, "--to", to]);
    command.args(["--flink", &bed.flink_url()]);
    for url in bed.prometheus_urls() {
        command.args(["--prometheus", &url]);
    }
    let output = command.stdin(Stdio::null()).output().context("cannot run the product")?;
    let answer: Value = serde_json::from_slice(&output.stdout)
        .with_context(|| String::from_utf8_lossy(&output.stderr).into_owned())?;
    ensure!(answer["verdict"].is_object(), "the product says {answer}");
    Ok(answer["verdict"].clone())
}

/// The job from Kafka to Kafka with windows, named by its name, from its own newest checkpoint.
fn exactly_once(bed: &Bed, binary: &Path) -> Result<bool> {
    let name = &bed.spec().dwd.job;
    let id = bed.job(Role::Dwd)?.id;
    if let Some(failure) = until(bed, &id, 3)? {
        bail!("{name} does not run by itself: {failure}");
    }
    let verdict = asked(bed, binary, name, name)?;
    let from = bed.cancel_job(Role::Dwd)?;
    let id = bed.run_job(Role::Dwd, Some(&from))?;
    let failure = until(bed, &id, 2)?;
    let then = failure.as_deref().map_or("runs from it".to_owned(), short);
    let answer = verdict["answer"].as_str().unwrap_or_default();
    println!("| itself: Kafka source, windows, exactly-once Kafka sink | {answer} | {then} | |");
    Ok(answer == "maps" && failure.is_none())
}

/// Whether it runs from the checkpoint, and that in words.
fn tried(bed: &Bed, case: &Case, from: &str) -> Result<(bool, String)> {
    let id = match bed.run_kept(case.name, case.parallelism, case.switches, Some(from)) {
        Ok(id) => id,
        Err(error) => return Ok((false, format!("refuses it: {}", short(&format!("{error:#}"))))),
    };
    let failure = until(bed, &id, 2)?;
    let run = bed.kept_run(&id)?;
    if run.state != "FAILED" {
        bed.cancel_kept(&id)?;
    }
    Ok(match failure {
        Some(failure) => (false, format!("fails at the restore: {}", short(&failure))),
        None => {
            let restored = run.restored.context("it runs, and from nothing")?;
            (true, format!("runs from checkpoint {restored}"))
        }
    })
}

/// The innermost cause, in one line.
fn short(text: &str) -> String {
    let inner = text.rsplit("Caused by: ").next().unwrap_or(text);
    let line = inner.split(['\n', '\\']).next().unwrap_or(inner);
    let line = line.replace('|', "/");
    let cut: String = line.chars().take(SHOWN).collect();
    if cut.len() < line.len() { cut + "…" } else { cut }
}

/// The first reason of each kind.
fn why(verdict: &Value) -> String {
    let parts = ["blocks", "losses", "open"].iter().filter_map(|part| {
        let all = verdict[part].as_array()?;
        let first = all.first()?["what"].as_str()?;
        let more = if all.len() > 1 { format!(" ({})", all.len()) } else { String::new() };
        Some(format!("{first}{more}"))
    });
    parts.collect::<Vec<_>>().join(", ").replace('_', " ")
}
