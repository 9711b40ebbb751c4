//! Whether a job can go on from a checkpoint, and why not.

use super::super::args::Estate;
use super::super::say::Lang;
use super::super::table::{Ink, Screen};
use super::super::{Exit, Failure, Output};
use super::inspect::{bytes, kind};
use super::job::{Cluster, Found, Job};
use super::read;
use crate::checkpoint::load;
use std::path::{Path, PathBuf};
use streamwarden_core::checkpoint::*;
use streamwarden_core::estate::plain;

pub struct Ask {
    pub from: String,
    pub to: String,
    pub roots: Vec<PathBuf>,
    pub estate: Estate,
    pub config: Option<PathBuf>,
}

/// What one of the two names came to.
enum Side {
    /// A path.
    Path(String),
    Job(Box<Job>),
}

pub async fn run(ask: Ask, out: &Output) -> Result<Exit, Failure> {
    let mut silent = Vec::new();
    let path = match side(&ask.from, &ask, &mut silent).await? {
        Side::Path(path) => path,
        Side::Job(job) => job.newest().map(str::to_owned).ok_or_else(|| {
            let todo = "name the path of a checkpoint or savepoint with --from";
            Failure::new(format!("{} has no completed checkpoint", ask.from), todo)
        })?,
    };
    let from = read(&path, &ask.roots)?;
    let program = match side(&ask.to, &ask, &mut silent).await? {
        Side::Path(path) => Program::of(&read(&path, &ask.roots)?.saved),
        Side::Job(job) => program(&job, &path, &ask.roots),
    };
    let verdict = verdict(&from.saved, &program);
    if out.json {
        let (from, to) = (from.file, ask.to);
        out.json(
            &serde_json::json!({ "from": from, "to": to, "verdict": verdict, "silent": silent }),
        );
    } else {
        let told = render(&verdict, out.lang, &out.screen);
        out.text(&(told + &Found::told(&silent, out.lang)));
    }
    Ok(exit(verdict.answer))
}

async fn side(named: &str, ask: &Ask, silent: &mut Vec<String>) -> Result<Side, Failure> {
    let url = named.starts_with("http://") || named.starts_with("https://");
    if url {
        let (cluster, run) = Cluster::of_url(named, &ask.estate.prometheus)?;
        return Ok(Side::Job(Box::new(cluster.job(&run).await?)));
    }
    let is_path = named.contains('/') || Path::new(named).exists();
    if is_path {
        return Ok(Side::Path(named.to_owned()));
    }
    let config = ask.estate.config(ask.config.clone())?;
    // the newest run of each cluster
    let Found { mut jobs, silent: others } = Found::of(&config, named, 1).await?;
    silent.extend(others);
    match (jobs.len(), jobs.pop()) {
        (1, Some(job)) => Ok(Side::Job(Box::new(job))),
        _ => {
            let todo = "name it by its id, or by its REST address";
            Err(Failure::new(format!("several clusters have a job {named}"), todo).wrong())
        }
    }
}

/// The job as it runs, with the states that its own newest checkpoint shows.
fn program(job: &Job, from: &str, roots: &[PathBuf]) -> Program {
    let mut program = job.program();
    if job.knows(from) {
        program.states = KnownStates::Same;
    } else if let Some(own) = job.newest().and_then(|path| load(path, roots).ok()) {
        program.learn(&own.saved);
    }
    program
}

pub fn exit(answer: Answer) -> Exit {
    match answer {
        Answer::Maps => Exit::Fine,
        Answer::MapsWithLoss | Answer::DoesNotMap => Exit::Over,
        Answer::CannotTell => Exit::CannotTell,
    }
}

pub fn render(verdict: &Verdict, lang: Lang, screen: &Screen) -> String {
    let (ink, word) = match verdict.answer {
        Answer::Maps => (Ink::Good, lang.say("MAPS", "可以映射")),
        Answer::MapsWithLoss => (Ink::Near, lang.say("MAPS WITH LOSS", "可映射但有丢失")),
        Answer::DoesNotMap => (Ink::Over, lang.say("DOES NOT MAP", "不能映射")),
        Answer::CannotTell => (Ink::Near, lang.say("CANNOT TELL", "无法判断")),
    };
    let words = lang.say(
        "{n} operators with state ({bytes}) find their place",
        "{n} 个有状态算子（{bytes}）可对应",
    );
    let fits = words
        .replace("{n}", &verdict.fits.to_string())
        .replace("{bytes}", &bytes(lang, verdict.bytes));
    let mut text = format!("{}: {fits}\n", screen.ink(ink, word));
    let mut line = |said: String| text.push_str(&format!("  {}\n", plain(&said)));
    verdict.blocks.iter().for_each(|block| line(blocked(block, lang)));
    verdict.losses.iter().for_each(|loss| line(lost(loss, lang)));
    verdict.open.iter().for_each(|open| line(unknown(open, lang)));
    text
}

/// `{a}` and so on, filled in.
fn fill(words: &str, parts: &[(&str, &str)]) -> String {
    let mut text = words.to_owned();
    for (name, value) in parts {
        text = text.replace(&format!("{{{name}}}"), value);
    }
    text
}

fn blocked(block: &Block, lang: Lang) -> String {
    match block {
        Block::Parallelism { operator, parallelism, max } => fill(
            lang.say(
                "{o}: {p} subtasks, and its state is cut into {m} parts at most",
                "{o}：并行度 {p}，而其状态最多分为 {m} 份",
            ),
            &[("o", operator), ("p", &parallelism.to_string()), ("m", &max.to_string())],
        ),
        Block::MaxParallelism { operator, program, state } => fill(
            lang.say(
                "{o}: the program sets max parallelism {p}, its state has {s}",
                "{o}：程序设定最大并行度 {p}，而状态为 {s}",
            ),
            &[("o", operator), ("p", &program.to_string()), ("s", &state.to_string())],
        ),
        Block::NothingFits => lang
            .say("no operator with state is in the program", "程序中没有任何对应的有状态算子")
            .to_owned(),
        Block::Kind { operator, state, from, to } => fill(
            lang.say("{o}: {s} was a {a} and is a {b}", "{o}：{s} 原为{a}，现为{b}"),
            &[("o", operator), ("s", state), ("a", kind(*from, lang)), ("b", kind(*to, lang))],
        ),
        Block::Serializer { operator, state, from, to } => fill(
            lang.say(
                "{o}: {s} was written by {a}; {b} cannot read it",
                "{o}：{s} 由 {a} 写入，{b} 无法读取",
            ),
            &[("o", operator), ("s", state), ("a", from), ("b", to)],
        ),
        Block::Key { operator, from, to } => fill(
            lang.say(
                "{o}: its keys were written by {a}; {b} cannot read them",
                "{o}：键由 {a} 写入，{b} 无法读取",
            ),
            &[("o", operator), ("a", from), ("b", to)],
        ),
    }
}

fn lost(loss: &Loss, lang: Lang) -> String {
    match loss {
        Loss::Operator { operator, bytes: size, states } => {
            let named = match states.is_empty() {
                true => String::new(),
                false => lang.say(" ({})", "（{}）").replace("{}", &states.join(", ")),
            };
            fill(
            lang.say(
                "lost: {o}, {b}{s}: not in the program. Flink refuses without allowNonRestoredState, which is never set by itself",
                "丢失：{o}，{b}{s}：程序中没有该算子。未设 allowNonRestoredState 时 Flink 会拒绝，本程序绝不自行设置",
            ),
            &[("o", operator), ("b", &bytes(lang, *size)), ("s", &named)],
        )
        }
        Loss::State { operator, state } => fill(
            lang.say(
                "unread: {o} does not ask for {s}; Flink says nothing of it",
                "不再读取：{o} 不使用 {s}，Flink 不会提示",
            ),
            &[("o", operator), ("s", state)],
        ),
        Loss::Empty { operator } => fill(
            lang.say(
                "empty: {o} keeps state, and begins without any: this checkpoint has none of it",
                "空状态：{o} 有状态，但此检查点中没有，将从空开始",
            ),
            &[("o", operator)],
        ),
    }
}

fn unknown(open: &Open, lang: Lang) -> String {
    match open {
        Open::Operators { missing } => fill(
            lang.say(
                "not found, while not all operators of the program are known (a Prometheus endpoint tells them): {o}",
                "未找到，而程序的算子并非全部已知（Prometheus 端点可提供）：{o}",
            ),
            &[("o", &missing.join(", "))],
        ),
        Open::MaxParallelism { operator, program, state } => fill(
            lang.say(
                "{o}: max parallelism {p}, its state has {s}: refused if the program sets it",
                "{o}：最大并行度 {p}，状态为 {s}：若由程序设定则会被拒绝",
            ),
            &[
                ("o", operator),
                ("p", &program.map_or("?".to_owned(), |p| p.to_string())),
                ("s", &state.to_string()),
            ],
        ),
        Open::Serializers { operators } => fill(
            lang.say(
                "serializers are known only at the restore: {o}",
                "序列化器只有在恢复时才知道：{o}",
            ),
            &[("o", &operators.join(", "))],
        ),
        Open::Serializer { operator, state, from, to } => fill(
            lang.say(
                "{o}: {s} was written by another version of its serializer ({a}, now {b})",
                "{o}：{s} 由另一版本的序列化器写入（{a}，现为 {b}）",
            ),
            &[("o", operator), ("s", state), ("a", from), ("b", to)],
        ),
        Open::InFlight => lang
            .say("records in flight fit only the same graph", "在途记录只适用于相同的作业图")
            .to_owned(),
        Open::Finished => lang
            .say("operators that had ended fit only the same graph", "已结束的算子只适用于相同的作业图")
            .to_owned(),
    }
}
