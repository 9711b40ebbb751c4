//! How much an incident hurts, and the sentence that says so.

use super::subject::{Scene, node_of};
use crate::web::view_incident::{HarmView, TextView, VictimView};
use std::cmp::Ordering;
use std::collections::BTreeSet;
use streamwarden_core::case::{Against, Incident, IncidentState, SymptomKind, Verdict};
use streamwarden_core::diagnose::headline_and_cause;
use streamwarden_core::estate::{Job, JobKey, JobState};
use streamwarden_core::lineage::{Delay, Edge, EdgeKind, NodeRef, Status};
use streamwarden_core::text::Tongue;

/// A delay that grows by less than this hardly moves, s/s.
const GROWS: f64 = 0.05;
/// Less than this is no delay that hurts, s.
const LATE: f64 = 0.05;
/// Victims that the lineage marks.
const MAX_NODES: usize = 50;

/// Every job that an incident touches: the root's own, the victims, who has a symptom.
pub fn jobs(i: &Incident) -> BTreeSet<&JobKey> {
    let d = &i.diagnosis;
    let symptoms = d.symptoms.iter().filter_map(|s| s.job.as_ref().or(s.subject.job()));
    let others = d.consequences.iter().filter_map(|f| f.subject.job());
    let victims = d.victims.iter().map(|v| &v.job);
    d.subject.job().into_iter().chain(victims).chain(symptoms).chain(others).collect()
}

pub fn harm(scene: &Scene, i: &Incident) -> HarmView {
    let worst = sufferers(scene, i).into_iter().min_by(worse);
    let over = |v: &VictimView| matches!((v.late_s, v.target_s), (Some(l), Some(t)) if l > t);
    let declared = i.diagnosis.symptoms.iter().any(|s| {
        s.against == Against::Target
            && matches!((s.value, s.threshold), (Some(v), Some(t)) if v >= t)
    });
    let loss = data_loss(scene, i);
    HarmView {
        breach: declared || worst.as_ref().is_some_and(over),
        worst,
        victims: u32::try_from(i.diagnosis.victims.len()).unwrap_or(u32::MAX),
        victim_nodes: i.diagnosis.victims.iter().take(MAX_NODES).map(|v| node(&v.job)).collect(),
        data_loss_s: loss.as_ref().map(|(s, _)| *s),
        data_loss_topic: loss.map(|(_, topic)| topic),
    }
}

fn node(job: &JobKey) -> String {
    NodeRef::Job { job: job.clone() }.id()
}

/// Who has victims first, then SLA, then victims, then how soon data is lost, then how late.
pub fn worst_first(a: &HarmView, b: &HarmView) -> Ordering {
    let soon = |h: &HarmView| h.data_loss_s.unwrap_or(f64::INFINITY);
    let late = |h: &HarmView| h.worst.as_ref().and_then(|w| w.late_s).unwrap_or(0.0);
    let hurts = |h: &HarmView| h.victims > 0;
    hurts(b)
        .cmp(&hurts(a))
        .then(b.breach.cmp(&a.breach))
        .then(b.victims.cmp(&a.victims))
        .then(soon(a).total_cmp(&soon(b)))
        .then(late(b).total_cmp(&late(a)))
}

/// While it is open, delays are those of now; of a closed one, those that were said.
fn sufferers(scene: &Scene, i: &Incident) -> Vec<VictimView> {
    let open = i.state != IncidentState::Closed;
    let mut all: Vec<VictimView> = Vec::new();
    for v in &i.diagnosis.victims {
        all.push(victim(scene, &v.job, v.late_s, v.target_s, open));
    }
    for s in &i.diagnosis.symptoms {
        let late =
            matches!(s.kind, SymptomKind::Late | SymptomKind::EdgeLate | SymptomKind::PathLate);
        let job = s.job.as_ref().or(s.subject.job());
        if let (true, Some(job)) = (late, job) {
            let target = s.threshold.filter(|_| s.against == Against::Target);
            all.push(victim(scene, job, s.value, target, open));
        }
    }
    // a job that is gone is not "0.0 s late": what is wrong with it is said elsewhere
    all.retain(|v| v.late_s.is_some_and(|late| late >= LATE));
    all
}

pub fn victim(
    scene: &Scene,
    job: &JobKey,
    late_s: Option<f64>,
    target_s: Option<f64>,
    now: bool,
) -> VictimView {
    let seen = now.then(|| total(scene, job)).flatten();
    VictimView {
        subject: scene.job(job),
        late_s: seen.and_then(Delay::seconds).or(late_s),
        target_s: seen.and_then(|d| d.target_s).or(target_s),
    }
}

fn total<'a>(scene: &Scene<'a>, job: &JobKey) -> Option<&'a Delay> {
    let wanted = |n: &NodeRef| matches!(n, NodeRef::Job { job: j } if j == job);
    scene.s.lineage.nodes.iter().find(|n| wanted(&n.node))?.total.as_ref()
}

fn worse(a: &VictimView, b: &VictimView) -> Ordering {
    let ratio = |v: &VictimView| match (v.late_s, v.target_s) {
        (Some(late), Some(target)) if target > 0.0 => late / target,
        _ => 0.0,
    };
    let late = |v: &VictimView| v.late_s.unwrap_or(0.0);
    ratio(b).total_cmp(&ratio(a)).then(late(b).total_cmp(&late(a)))
}

/// Retention minus age over the edges that its jobs read and that are late or getting later; the
/// soonest, s, and its topic.
fn data_loss(scene: &Scene, i: &Incident) -> Option<(f64, String)> {
    if i.state == IncidentState::Closed {
        return None;
    }
    let jobs = jobs(i);
    let root = node_of(&i.diagnosis.subject);
    let touched = |e: &&Edge| {
        let reader = matches!(&e.to, NodeRef::Job { job } if jobs.contains(job));
        e.kind == EdgeKind::Reads && (reader || root.as_ref() == Some(&e.from))
    };
    let late = |d: &Delay| {
        matches!(d.status, Status::Over | Status::Near) || d.trend.is_some_and(|t| t > GROWS)
    };
    let edges = scene.s.lineage.edges.iter().filter(touched).filter(|e| late(&e.delay));
    let left = edges.filter_map(|e| {
        let NodeRef::Topic { topic } = &e.from else { return None };
        let told = scene.s.estate.kafka.get(&topic.cluster)?.topics.get(&topic.topic)?;
        let keeps: f64 = told.config.get("retention.ms")?.parse().ok()?;
        let age = e.delay.seconds()?;
        (keeps > 0.0).then(|| ((keeps / 1000.0 - age).max(0.0), topic.topic.to_string()))
    });
    left.min_by(|a, b| a.0.total_cmp(&b.0))
}

/// `ads-risk is 94 s late (10 s wanted). Cause: ...`
pub fn sentence(scene: &Scene, i: &Incident, harm: &HarmView) -> TextView {
    let over = i.state == IncidentState::Closed;
    let down = if over { Vec::new() } else { down(scene, i) };
    let one = |tongue: Tongue| {
        let who = match down.as_slice() {
            [] => harm.worst.as_ref().map(|w| suffers(w, over, tongue)).unwrap_or_default(),
            down => stopped(down, tongue),
        };
        let cause = cause(i, tongue, !who.is_empty());
        match (over, who.is_empty()) {
            (true, true) => format!("{}{cause}", tongue.say(IT_WAS.0, IT_WAS.1)),
            _ => format!("{who}{cause}"),
        }
    };
    TextView { en: one(Tongue::En), zh: one(Tongue::Zh) }
}

/// Its jobs that do not run now, and are not to run again by themselves: worse than any delay.
fn down(scene: &Scene, i: &Incident) -> Vec<String> {
    let jobs = jobs(i).into_iter().filter_map(|key| scene.s.estate.jobs.get(key));
    let lost = |j: &&Job| match j.gone {
        Some(_) => !j.run.state.is_terminal(),
        None => j.run.state == JobState::Failed,
    };
    jobs.filter(lost).map(|j| scene.job(&j.key).name).collect()
}

fn stopped(down: &[String], tongue: Tongue) -> String {
    let [first, rest @ ..] = down else { return String::new() };
    match (tongue, rest.len()) {
        (Tongue::En, 0) => format!("{first} does not run. "),
        (Tongue::En, n) => format!("{first} and {n} more do not run. "),
        (Tongue::Zh, 0) => format!("{first} 未在运行。"),
        (Tongue::Zh, n) => format!("{first} 等 {} 个作业未在运行。", n + 1),
    }
}

/// What a rule says of a fault speaks of now: of one that is over this stands in front.
pub const IT_WAS: (&str, &str) = ("It was: ", "原为：");

fn suffers(w: &VictimView, over: bool, tongue: Tongue) -> String {
    let Some(late) = w.late_s.map(|s| tongue.seconds(s)) else { return String::new() };
    let name = &w.subject.name;
    let wanted = w.target_s.map(|t| target(tongue, t));
    if let (false, Some(now), Some(most), Some(t)) = (over, w.late_s, w.target_s, &wanted)
        && now <= most
    {
        return match tongue {
            Tongue::En => format!("{name} is in time again ({late}, {t} wanted). "),
            Tongue::Zh => format!("{name} 已恢复及时（{late}，目标 {t}）。"),
        };
    }
    let is = match over {
        true => tongue.say("was", "数据曾延迟"),
        false => tongue.say("is", "数据延迟"),
    };
    match (tongue, wanted) {
        (Tongue::En, Some(t)) => format!("{name} {is} {late} late ({t} wanted). "),
        (Tongue::En, None) => format!("{name} {is} {late} late. "),
        (Tongue::Zh, Some(t)) => format!("{name} {is} {late}（目标 {t}）。"),
        (Tongue::Zh, None) => format!("{name} {is} {late}。"),
    }
}

/// As it was declared: `5 s`, not `5.0 s`.
fn target(tongue: Tongue, s: f64) -> String {
    if s < 10.0 && s.fract() == 0.0 {
        format!("{s:.0} {}", tongue.say("s", "秒"))
    } else {
        tongue.seconds(s)
    }
}

fn cause(i: &Incident, tongue: Tongue, after: bool) -> String {
    let says = tongue.say(&i.diagnosis.says.en, &i.diagnosis.says.zh);
    let known = !matches!(i.diagnosis.verdict, Verdict::Undetermined { .. });
    // who suffers was said already: once is enough
    let why = match headline_and_cause(says) {
        (_, why) if after && !why.is_empty() => why,
        _ => says,
    };
    match (says.is_empty(), known, after) {
        (true, _, _) => open_causes(&i.diagnosis.verdict, tongue),
        (false, true, true) => format!("{}{why}", tongue.say("Cause: ", "根因：")),
        (false, false, true) => why.to_owned(),
        (false, _, _) => says.to_owned(),
    }
}

fn open_causes(verdict: &Verdict, tongue: Tongue) -> String {
    let causes: Vec<&str> = verdict.causes().iter().map(|c| &**c).collect();
    match (verdict, causes.as_slice()) {
        (Verdict::Root { .. }, [one]) => format!("{}{one}", tongue.say("Cause: ", "根因：")),
        (_, []) => tongue.say("Cause not known.", "原因未知。").to_owned(),
        (_, several) => {
            let list = several.join(tongue.say(" and ", " 与 "));
            format!("{}{list}", tongue.say("Undetermined between ", "无法判定："))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_has_victims_comes_first() {
        let of = |breach, victims| HarmView { breach, victims, ..HarmView::default() };
        let mut all = [of(true, 0), of(false, 0), of(false, 4), of(true, 1)];
        all.sort_by(worst_first);
        let told = all.each_ref().map(|h| (h.breach, h.victims));
        assert_eq!(told, [(true, 1), (false, 4), (true, 0), (false, 0)]);
    }
}
