//! Preconditions that are code: what each comes to now, and in which words.

use super::book::Ask;
use super::rate::Need;
use super::take::{answers, down, ends_at, interval, reads, still, writes};
use super::{PlanInput, View};
use crate::case::Precondition;
use crate::estate::{ChangeKind, Entity, Job, JobState, Span, Subject};
use crate::lineage::{EdgeKind, NodeRef};
use crate::rules::Words;

/// Absence is believed after so many looks (S5).
const LOOKS: i64 = 4;
/// Where the checkpoint interval is not known. Flink's own default timeout is 600 s; jobs that
/// commit more rarely than each minute are few.
const INTERVAL: Span = Span::secs(60);

/// Everything that an ask may look at.
pub struct Sight<'a> {
    pub input: &'a PlanInput<'a>,
    pub job: &'a Job,
    pub view: &'a View,
    pub need: Option<&'a Need>,
}

pub fn ask(ask: Ask, s: &Sight<'_>) -> Precondition {
    let (holds, now) = answer(ask, s);
    Precondition { name: ask.name().into(), holds, now }
}

fn answer(ask: Ask, s: &Sight<'_>) -> (Option<bool>, Words) {
    match ask {
        Ask::Live => {
            let live = s.view.job.run.is_some() && !s.job.run.state.is_terminal();
            (Some(live), state(s))
        }
        Ask::Running => (Some(s.view.job.state == Some(JobState::Running)), state(s)),
        Ask::Down => (Some(down(s.job)), state(s)),
        Ask::JobmanagerAnswers => {
            let yes = answers(s.input.snapshot, &s.job.key.cluster);
            (Some(yes), said(yes, ["it answers", "正常应答"], ["it does not answer", "无应答"]))
        }
        Ask::AbsenceSure => absence(s),
        Ask::NothingRecovers => {
            // what ended is not brought back
            let ended = s.job.gone.is_none() && s.job.run.state.is_terminal();
            let holds = if ended { Some(true) } else { s.input.told.ha.map(|ha| !ha) };
            let yes = ["no high availability brings it back", "没有高可用会恢复它"];
            (
                holds,
                told(holds, yes, ["high availability may bring it back", "高可用可能正在恢复它"]),
            )
        }
        // the other half of the proof: what it wrote stands still
        Ask::NothingReads if reads_nothing(s) => {
            let now = Words {
                en: "no topic is known that it reads".into(),
                zh: "未知其读取的主题".into(),
            };
            (Some(true), now)
        }
        Ask::NothingReads => {
            let still = still(s.input.snapshot, s.job, long(s));
            let yes = ["committed offsets stand still", "已提交位点不再前进"];
            (still, told(still, yes, ["committed offsets move", "已提交位点仍在前进"]))
        }
        Ask::NothingWrites => nothing_writes(s),
        Ask::RestorePoint => {
            let Some(p) = s.view.job.restore.first() else {
                let none = Words { en: "none is known".into(), zh: "未知".into() };
                return (Some(false), none);
            };
            let age = (s.view.at - p.taken).as_secs().round();
            let (en, zh) =
                if p.savepoint { ("savepoint", "保存点") } else { ("checkpoint", "检查点") };
            let now = Words {
                en: format!("{en} {}, {age} s old", p.checkpoint),
                zh: format!("{zh} {}，{age} 秒前", p.checkpoint),
            };
            (Some(true), now)
        }
        Ask::SavepointMissing => savepoint_missing(s),
        Ask::Retained => {
            let kept = s.view.job.retained;
            let yes = ["they outlive a cancel", "取消作业后保留"];
            (kept, told(kept, yes, ["they go with the job", "随作业删除"]))
        }
        Ask::TrueRate => match s.need {
            None => (None, unknown()),
            Some(n) => {
                let now = Words {
                    en: format!("{:.0} records/s each, {:.0} arrive", n.each, n.arrives),
                    zh: format!("每个子任务 {:.0} 条/秒，到达 {:.0} 条/秒", n.each, n.arrives),
                };
                (Some(true), now)
            }
        },
        Ask::TooNarrow => match s.need {
            None => (None, unknown()),
            Some(n) => {
                let limits = &s.input.policy.policy.limits;
                let once = f64::from(n.parallelism) * limits.factor_up;
                let (en, zh) = match f64::from(n.wanted) > once {
                    true => (
                        format!(" (in one step to {} at most)", once.floor()),
                        format!("（一步最多到 {} 个）", once.floor()),
                    ),
                    false => Default::default(),
                };
                let now = Words {
                    en: crate::text::singular(&format!(
                        "{} subtasks, {} needed{en}",
                        n.parallelism, n.wanted
                    )),
                    zh: format!("现有 {} 个子任务，需要 {} 个{zh}", n.parallelism, n.wanted),
                };
                (Some(n.wanted > n.parallelism), now)
            }
        },
    }
}

/// One that was taken since holds what there is: another one right behind it is only work.
fn savepoint_missing(s: &Sight<'_>) -> (Option<bool>, Words) {
    let known = s.job.run.checkpoints.as_ref().is_some_and(|(_, c)| c.run == s.job.run.id);
    let onset = s.input.incident.onset;
    let mut since = s.view.job.restore.iter().filter(|p| p.savepoint && p.taken >= onset);
    match since.next() {
        Some(p) => {
            let age = (s.view.at - p.taken).as_secs().round();
            let en = format!("savepoint {}, {age} s old", p.checkpoint);
            (Some(false), Words { en, zh: format!("保存点 {}，{age} 秒前", p.checkpoint) })
        }
        None if known => {
            (Some(true), Words { en: "none since it began".into(), zh: "故障开始后尚无".into() })
        }
        None => (None, unknown()),
    }
}

/// Two checkpoint intervals, and four looks (S5).
fn long(s: &Sight<'_>) -> Span {
    let interval = interval(s.job).map_or(INTERVAL, Span);
    Span(interval.0.saturating_mul(2)).max(looks(s))
}

/// So long four looks at its JobManager's jobs take.
fn looks(s: &Sight<'_>) -> Span {
    Span(s.input.snapshot.jobs_every().0.saturating_mul(LOOKS))
}

/// Listed as ended: that is said by the JobManager itself. Else forgotten by a new life of it, and
/// so for four looks.
fn absence(s: &Sight<'_>) -> (Option<bool>, Words) {
    let Some(gone) = s.job.gone else {
        return (Some(s.job.run.state.is_terminal()), state(s));
    };
    let snapshot = s.input.snapshot;
    let cluster = Entity::FlinkCluster { cluster: s.job.key.cluster.clone() };
    let known = snapshot.estate.flink.get(&s.job.key.cluster);
    let told = known.and_then(|f| f.overview.as_ref()).and_then(|(_, o)| o.jobmanager_started);
    let lives = snapshot
        .changes
        .iter()
        .filter(|c| c.kind == ChangeKind::JobManagerLife && c.entity == cluster);
    let newest = lives.map(|c| c.at).chain(told).max();
    let reborn = newest.is_some_and(|at| at > s.job.run.start);
    let held = snapshot.at - gone >= looks(s);
    let secs = (snapshot.at - gone).as_secs().round();
    let now = match reborn {
        true => Words {
            en: format!("forgotten by a new JobManager {secs} s ago"),
            zh: format!("{secs} 秒前被新的 JobManager 遗忘"),
        },
        false => Words {
            en: format!("not listed for {secs} s, by the same JobManager"),
            zh: format!("同一 JobManager 已 {secs} 秒未列出"),
        },
    };
    (Some(reborn && held), now)
}

/// A source that is no Kafka topic; only where what it writes is known, so that something shows a
/// second copy.
fn reads_nothing(s: &Sight<'_>) -> bool {
    let (snapshot, job) = (s.input.snapshot, &s.job.key);
    reads(snapshot, job).next().is_none() && writes(snapshot, job).next().is_some()
}

/// Of topics that others write too nobody can tell who writes. A job whose sinks are not known rests
/// on what it reads alone.
fn nothing_writes(s: &Sight<'_>) -> (Option<bool>, Words) {
    let snapshot = s.input.snapshot;
    let mut found = Some(true);
    let mut known = false;
    for (topic, _) in writes(snapshot, &s.job.key) {
        known = true;
        let shared = snapshot.lineage.edges.iter().any(|e| {
            e.kind == EdgeKind::Writes
                && matches!(&e.to, NodeRef::Topic { topic: to } if to == topic)
                && !matches!(&e.from, NodeRef::Job { job } if *job == s.job.key)
        });
        match ends_at(snapshot, topic, long(s)) {
            Some(true) => {}
            Some(false) if !shared => {
                let now = Words {
                    en: format!("something comes into {}", topic.topic),
                    zh: format!("{} 仍有数据写入", topic.topic),
                };
                return (Some(false), now);
            }
            _ => found = None,
        }
    }
    if !known {
        let en = "not asked: no topic is known that it writes; what it reads tells".into();
        let zh = "不判断：未知其写入的主题；以其读取情况为准".into();
        return (Some(true), Words { en, zh });
    }
    let yes = ["nothing comes into its topics", "其写入的主题没有新数据"];
    (found, told(found, yes, ["", ""]))
}

fn state(s: &Sight<'_>) -> Words {
    let state = s.job.run.state.as_str();
    match s.job.gone {
        Some(_) => Words { en: "not listed any more".into(), zh: "已不在列表中".into() },
        None => Words { en: state.to_owned(), zh: state.to_owned() },
    }
}

fn unknown() -> Words {
    Words { en: "unknown".into(), zh: "未知".into() }
}

fn said(yes: bool, y: [&str; 2], n: [&str; 2]) -> Words {
    let [en, zh] = if yes { y } else { n };
    Words { en: en.to_owned(), zh: zh.to_owned() }
}

fn told(holds: Option<bool>, yes: [&str; 2], no: [&str; 2]) -> Words {
    holds.map_or_else(unknown, |h| said(h, yes, no))
}

/// The subject that a playbook's own conditions are asked of.
pub fn subject(job: &Job) -> Subject {
    Subject::Job { job: job.key.clone() }
}
