//! What is done, in words: steps, and the entries of the journal as a story.

use super::{ActionRecord, ActionState, Entry, Request, Why, say};
use crate::case::{Plan, RestorePoint, Step};
use crate::estate::{Estate, JobKey, Millis, Subject, VertexId, display, job_name};
use crate::plan::{What, Word};
use crate::rules::Words;
use crate::text::Tongue;
use std::collections::BTreeMap;

/// One entry of the journal as a line.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    pub at: Millis,
    pub says: Words,
    /// What goes out, where something does; a submission goes by the submitter that is configured.
    pub request: Option<String>,
}

/// An action from its beginning to its end.
pub fn story(record: &ActionRecord, estate: &Estate) -> Vec<Line> {
    let (id, plan) = (record.id.clone(), record.plan.clone());
    let mut state = ActionState::begun(id, plan, record.generation, record.began);
    let line = |(at, entry): &(Millis, Entry)| {
        let says = words(|t| said(entry, &state, *at, estate, t));
        let request = match entry {
            Entry::Intent { request } => Some(asked(request)),
            _ => None,
        };
        state.apply(entry);
        Line { at: *at, says, request }
    };
    record.entries.iter().map(line).collect()
}

pub fn step(step: &Step, plan: &Plan, estate: &Estate) -> Words {
    words(|t| step_in(step, plan, estate, t))
}

/// The request itself, as far as it does not depend on how the job is submitted.
pub fn asked(request: &Request) -> String {
    match request {
        Request::Checkpoint { run, trigger } => {
            format!("POST /jobs/{run}/checkpoints triggerId {trigger}")
        }
        Request::Savepoint { run, trigger } => {
            format!("POST /jobs/{run}/savepoints triggerId {trigger}")
        }
        Request::Cancel { run } => format!("PATCH /jobs/{run}?mode=cancel"),
        Request::Scale { run, parallelism } => {
            let all: Vec<String> = parallelism.iter().map(|(v, n)| format!("{v}: {n}")).collect();
            format!("PUT /jobs/{run}/resource-requirements {}", all.join(", "))
        }
        Request::Submit { run, point, parallelism } => {
            let wide = parallelism.map_or_else(String::new, |n| format!(" parallelism {n}"));
            format!("submit jobId {run} savepointPath {} NO_CLAIM{wide}", point.path)
        }
    }
}

fn words(of: impl Fn(Tongue) -> String) -> Words {
    Words { en: of(Tongue::En), zh: of(Tongue::Zh) }
}

fn step_in(step: &Step, plan: &Plan, estate: &Estate, t: Tongue) -> String {
    let Step::Scale { parallelism, wait_s } = step else { return bare(step, t) };
    let what = t
        .say("change the parallelism in place: {}", "原地调整并行度：{}")
        .replace("{}", &widths(parallelism, plan, estate));
    what + &most(*wait_s, t)
}

/// A step as its playbook has it, before anything is known of a job.
pub fn word(word: &Word) -> Words {
    words(|t| word_in(*word, t))
}

fn word_in(Word { what, wait_s }: Word, t: Tongue) -> String {
    match what {
        What::Checkpoint => bare(&Step::Checkpoint { wait_s }, t),
        What::Savepoint => bare(&Step::Savepoint { wait_s }, t),
        What::Stop => bare(&Step::Stop { wait_s }, t),
        What::Choose => bare(&Step::Choose, t),
        What::Submit => bare(&Step::Submit { parallelism: None, wait_s }, t),
        What::SubmitWider => {
            let what = t.say(
                "start it from that point as wide as it has to be",
                "从该恢复点启动，并行度按需要调整",
            );
            what.to_owned() + &most(wait_s, t)
        }
        What::Scale => bare(&Step::Scale { parallelism: BTreeMap::new(), wait_s }, t),
        What::ScaleBack => {
            t.say("back to the parallelism before", "恢复原并行度").to_owned() + &most(wait_s, t)
        }
        What::Watch => bare(&Step::Watch { wait_s }, t),
    }
}

/// What such a step sends; a submission goes by the submitter that is configured.
pub fn word_asks(what: What) -> Option<&'static str> {
    match what {
        What::Checkpoint => Some("POST /jobs/<run>/checkpoints"),
        What::Savepoint => Some("POST /jobs/<run>/savepoints"),
        What::Stop => Some("PATCH /jobs/<run>?mode=cancel"),
        What::Submit | What::SubmitWider => {
            Some("submit jobId <new run> savepointPath <chosen> NO_CLAIM")
        }
        What::Scale | What::ScaleBack => Some("PUT /jobs/<run>/resource-requirements"),
        What::Choose | What::Watch => None,
    }
}

fn most(wait_s: u32, t: Tongue) -> String {
    match wait_s {
        0 => String::new(),
        s => t.say(" (up to {})", "（最多 {}）").replace("{}", &t.seconds(f64::from(s))),
    }
}

fn bare(step: &Step, t: Tongue) -> String {
    let (what, wait_s) = match step {
        Step::Checkpoint { wait_s } => (
            t.say(
                "take a fresh checkpoint; it goes on without one",
                "触发一次新的检查点；未完成也继续",
            ),
            *wait_s,
        ),
        Step::Savepoint { wait_s } => (
            t.say("take a savepoint into the cluster's directory", "触发保存点，写入集群的目录"),
            *wait_s,
        ),
        Step::Stop { wait_s } => {
            (t.say("cancel the run and see it end", "取消当前运行并确认其结束"), *wait_s)
        }
        Step::Choose => (t.say("choose the newest restore point then", "此时选取最新的恢复点"), 0),
        Step::Submit { parallelism: None, wait_s } => {
            (t.say("start it from that point", "从该恢复点启动"), *wait_s)
        }
        Step::Submit { parallelism: Some(n), wait_s } => {
            let what =
                t.say("start it from that point with parallelism {}", "从该恢复点启动，并行度 {}");
            return what.replace("{}", &n.to_string()) + &most(*wait_s, t);
        }
        Step::Scale { wait_s, .. } => {
            (t.say("change the parallelism in place", "原地调整并行度"), *wait_s)
        }
        Step::Watch { wait_s } => (t.say("watch whether it helps", "观察是否有效"), *wait_s),
    };
    what.to_owned() + &most(wait_s, t)
}

/// Of the vertices whose parallelism changes; of all where none does.
fn widths(to: &BTreeMap<VertexId, u32>, plan: &Plan, estate: &Estate) -> String {
    let before = &plan.before.parallelism;
    let wide = plan.steps.iter().find_map(|s| match s {
        Step::Scale { parallelism, .. } => Some(parallelism),
        _ => None,
    });
    // the way back begins where the way to the goal has led
    let from = wide.filter(|_| to == before).unwrap_or(before);
    let changed: Vec<_> = to.iter().filter(|(v, n)| from.get(v) != Some(n)).collect();
    let shown = if changed.is_empty() { to.iter().collect() } else { changed };
    let one = |(v, n): (&VertexId, &u32)| {
        let name = vertex(&plan.job, v, estate);
        match from.get(v) {
            Some(old) if old != n => format!("{name} {old} → {n}"),
            _ => format!("{name} {n}"),
        }
    };
    shown.into_iter().map(one).collect::<Vec<_>>().join(", ")
}

fn vertex(job: &JobKey, vertex: &VertexId, estate: &Estate) -> String {
    let subject = Subject::Vertex { job: job.clone(), vertex: vertex.clone() };
    let name = display(&subject, estate);
    // the job is known from where it stands
    let of_job = format!("{} / ", job_name(job, estate));
    name.strip_prefix(&of_job).unwrap_or(&name).to_owned()
}

fn point(p: &RestorePoint, t: Tongue) -> String {
    let kind = if p.savepoint {
        t.say("savepoint", "保存点")
    } else {
        t.say("checkpoint", "检查点")
    };
    format!("{kind} {} ({})", p.checkpoint, p.path)
}

/// `state`: before it.
fn said(entry: &Entry, state: &ActionState, at: Millis, estate: &Estate, t: Tongue) -> String {
    let with = |en: &'static str, zh: &'static str, why: &Why| {
        let why = say::why(why, at, estate);
        t.say(en, zh).replace("{}", t.say(&why.en, &why.zh))
    };
    match entry {
        Entry::Intent { request } => intent(request, t),
        Entry::Done { started } => done(state, started.as_ref().map(|r| r.as_str()), t),
        Entry::Without { why } => with("none came about ({}); it goes on with the newest there is", "未能完成（{}）；以现有最新的继续", why),
        Entry::Failed { why, .. } => with("it did not come about: {}", "未能完成：{}", why),
        Entry::Dropped => t.say("not sent after all", "最终未发送").to_owned(),
        Entry::Chosen { point: p } => t.say("chosen: {}", "已选定：{}").replace("{}", &point(p, t)),
        Entry::Turned { why } => with("it is taken back: {}", "开始回退：{}", why),
        Entry::Narrower { asked, runs } => t
            .say(
                "it runs with {runs} where {asked} was asked for: slots lack, or the program has its own",
                "以并行度 {runs} 运行，而要求的是 {asked}：槽位不足，或程序自行设定了并行度",
            )
            .replace("{runs}", &runs.to_string())
            .replace("{asked}", &asked.to_string()),
        Entry::Measured { figures } => {
            let figures = say::measured(figures, &state.plan.before);
            t.say(&figures.en, &figures.zh).to_owned()
        }
        Entry::Paged { why } => {
            let why = say::paged(why, at, estate);
            let text = t.say("a person is called: {}", "已通知值班人员：{}");
            text.replace("{}", t.say(&why.en, &why.zh))
        }
        Entry::Closed { end } => {
            let end = say::end(end, at, estate);
            t.say(&end.en, &end.zh).to_owned()
        }
    }
}

fn intent(request: &Request, t: Tongue) -> String {
    let text = match request {
        Request::Checkpoint { .. } => t.say("asks for a checkpoint", "请求触发检查点"),
        Request::Savepoint { .. } => t.say("asks for a savepoint", "请求触发保存点"),
        Request::Cancel { .. } => t.say("cancels run {}", "取消运行 {}"),
        Request::Scale { .. } => t.say("asks for another parallelism", "请求调整并行度"),
        Request::Submit { point: p, .. } => {
            let text = t.say("starts it as {run} from {point}", "以 {run} 从 {point} 启动");
            return text.replace("{run}", request.run().as_str()).replace("{point}", &point(p, t));
        }
    };
    text.replace("{}", request.run().as_str())
}

fn done(state: &ActionState, started: Option<&str>, t: Tongue) -> String {
    let sent = state.open.is_some();
    let text = match (state.step(), sent) {
        (Some(Step::Stop { .. }), true) => t.say("the run is seen to have ended", "确认运行已结束"),
        (Some(Step::Stop { .. }), false) => t.say("the run had ended already", "运行早已结束"),
        (Some(Step::Submit { .. }), _) => t.say("it runs as {}", "已作为 {} 运行"),
        (Some(Step::Watch { .. }), _) => t.say("watched long enough", "观察结束"),
        (_, false) => t.say("nothing had to be done for it", "该步骤无需操作"),
        (Some(Step::Checkpoint { .. }), _) => t.say("the checkpoint completed", "检查点已完成"),
        (Some(Step::Savepoint { .. }), _) => t.say("the savepoint completed", "保存点已完成"),
        (Some(Step::Scale { .. }), _) => t.say("it runs at that parallelism", "已按该并行度运行"),
        _ => t.say("done", "完成"),
    };
    text.replace("{}", started.unwrap_or("?"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::action::End;
    use crate::case::{Before, Cure, Figures, IncidentId, Risk};
    use crate::estate::{ClusterId, RunId};

    fn record(entries: Vec<Entry>) -> ActionRecord {
        let plan = Plan {
            incident: IncidentId("i".into()),
            playbook: "restart-from-checkpoint".into(),
            risk: Risk::B,
            job: JobKey::new(&ClusterId::new("c"), "j"),
            run: RunId::new("r1"),
            generation: 3,
            made: Millis(0),
            steps: vec![
                Step::Stop { wait_s: 60 },
                Step::Choose,
                Step::Submit { parallelism: Some(2), wait_s: 120 },
                Step::Watch { wait_s: 300 },
            ],
            rollback: Vec::new(),
            jar: None,
            way: None,
            secured: None,
            preconditions: Vec::new(),
            before: Before::default(),
            says: Words::default(),
        };
        ActionRecord {
            id: "a".into(),
            plan_hash: plan.hash(),
            plan,
            failure_domain: "c".into(),
            generation: 4,
            by: "policy".into(),
            began: Millis(0),
            ended: None,
            end: None,
            entries: entries.into_iter().enumerate().map(|(i, e)| (Millis(i as i64), e)).collect(),
            seen: Vec::new(),
        }
    }

    #[test]
    fn a_story_tells_what_was_sent_and_what_was_seen() {
        let p = RestorePoint {
            run: RunId::new("r1"),
            checkpoint: 7,
            path: "s3://state/chk-7".into(),
            taken: Millis(0),
            savepoint: false,
        };
        let submit =
            Request::Submit { run: RunId::new("r2"), point: p.clone(), parallelism: Some(2) };
        let figures = Figures { gone: 0, unknown: 0, throughput: Some(3980.0), delay_s: Some(1.4) };
        let entries = vec![
            Entry::Intent { request: Request::Cancel { run: RunId::new("r1") } },
            Entry::Done { started: None },
            Entry::Chosen { point: p },
            Entry::Intent { request: submit },
            Entry::Done { started: Some(RunId::new("r2")) },
            Entry::Measured { figures },
            Entry::Closed { end: End::Helped { cure: Cure::Cured } },
        ];
        let mut record = record(entries);
        record.plan.before.throughput = Some(1950.0);
        let lines = story(&record, &Estate::default());
        let en: Vec<&str> = lines.iter().map(|l| l.says.en.as_str()).collect();
        assert_eq!(
            en,
            [
                "cancels run r1",
                "the run is seen to have ended",
                "chosen: checkpoint 7 (s3://state/chk-7)",
                "starts it as r2 from checkpoint 7 (s3://state/chk-7)",
                "it runs as r2",
                "read 3,980 records/s (before: 1,950 records/s); the oldest record waits 1.4 s (before: not known)",
                "cured",
            ]
        );
        assert_eq!(lines[0].request.as_deref(), Some("PATCH /jobs/r1?mode=cancel"));
        assert!(lines.iter().all(|l| !l.says.zh.is_empty() && l.says.zh != l.says.en));
    }

    #[test]
    fn only_what_changes_is_said_of_a_parallelism() {
        let mut plan = record(Vec::new()).plan;
        let width = |pairs: &[(&str, u32)]| -> BTreeMap<VertexId, u32> {
            pairs.iter().map(|(v, n)| (VertexId::new(*v), *n)).collect()
        };
        plan.before.parallelism = width(&[("src", 2), ("map", 1)]);
        let scale = Step::Scale { parallelism: width(&[("src", 2), ("map", 2)]), wait_s: 60 };
        let said = step(&scale, &plan, &Estate::default());
        assert!(said.en.contains("1 → 2") && !said.en.contains("src"), "{said:?}");
        assert!(
            said.en.ends_with("(up to 60 s)") && said.zh.ends_with("（最多 60 秒）"),
            "{said:?}"
        );
    }
}
