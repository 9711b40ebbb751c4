//! A kept report into what the API answers. What it speaks of may be gone: its names are in it.

use super::convert::word;
use super::incident::text;
use super::report_line::rounded;
use super::subject::node_of;
use crate::web::inspections::Head;
use crate::web::view_incident::TextView;
use crate::web::view_inspection::*;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use streamwarden_core::estate::{Millis, Name, Subject, SubjectKind};
use streamwarden_core::inspect::{
    Deduction, Finding, Gone, GoneWhy, Incidents, Inspected, Occurred, Report, Score, Standing,
    Waiver, compare,
};
use streamwarden_core::rules::{Evidence, Figure, Level};
use streamwarden_core::text::Tongue;

/// Deductions that a score lists.
const MOST_DEDUCTIONS: usize = 50;
/// Scores that a report tells.
const MOST_SCORES: usize = 1000;
/// Where nothing else decides: what stands below comes first.
const ORDER: [&str; 6] = ["zookeeper", "yarn", "hdfs", "kafka", "flink", "host"];

pub fn inspection_row(h: &Head) -> InspectionRow {
    let s = &h.summary;
    InspectionRow {
        at: h.at.0,
        due: h.due.map(|d| d.0),
        by: h.by.as_ref().map(ToString::to_string),
        points: s.scored().map(rounded),
        unscored: s.unscored,
        high: s.high,
        high_new: s.high_new,
        low: s.low,
        low_new: s.low_new,
        fixed: s.fixed,
        waived: s.waived,
        checks: s.checks,
        judged: s.judged,
        not_judged: s.not_judged,
        took_ms: h.took_ms,
    }
}

fn row(i: &Inspected) -> InspectionRow {
    let summary = i.report.summary();
    let (at, due, by, took_ms) = (i.report.at, i.due, i.by.clone(), i.took_ms);
    inspection_row(&Head { at, due, by, summary, took_ms })
}

/// `kept`: it is in the store.
pub fn inspection(i: &Inspected, kept: bool) -> InspectionView {
    let r = &i.report;
    let risks = || r.findings.iter().filter(|f| f.waived.is_none());
    let seen = Seen { r, first: i.before.is_none() };
    InspectionView {
        row: row(i),
        estate: i.estate.to_string(),
        zone: i.zone.to_string(),
        kept,
        before: i.before.map(|b| BeforeView { at: b.at.0, points: b.points.map(rounded) }),
        says: super::inspection_says(i),
        incidents: i.incidents.as_ref().map(happened),
        components: components(&seen, risks().collect()),
        gone: r.gone.iter().map(|g| seen.gone(g)).collect(),
        waived: r.findings.iter().filter(|f| f.waived.is_some()).map(|f| seen.risk(f)).collect(),
        unseen: r.blind.iter().map(|b| seen.unseen(b)).collect(),
        scores: scores(&seen),
        left_out: r.left_out,
    }
}

fn happened(of: &Incidents) -> HappenedView {
    let one = |o: &Occurred| OccurredView {
        id: o.id.0.to_string(),
        onset: o.onset.0,
        closed: o.closed.map(|at| at.0),
        says: text(&o.says),
    };
    let told = of.told.iter().map(one).collect();
    HappenedView { from: of.from.0, all: of.all, open: of.open, told }
}

pub fn compared(a: &Inspected, b: &Inspected) -> ComparedView {
    let c = compare(&a.report, &b.report);
    let of = |i: &'_ Inspected| i.before.is_none();
    let (was, is) = (Seen { r: &a.report, first: of(a) }, Seen { r: &b.report, first: of(b) });
    let risks = |all: Vec<&Finding>| all.into_iter().map(|f| is.risk(f)).collect();
    ComparedView {
        a: row(a),
        b: row(b),
        zone: b.zone.to_string(),
        new: risks(c.new),
        worse: risks(c.worse),
        better: risks(c.better),
        gone: c.gone.iter().map(|g| was.gone(g)).collect(),
        still: risks(c.still),
        moved: moved(&was, &is),
    }
}

pub fn waiver(w: &Waiver) -> WaiverView {
    WaiverView {
        id: w.id.to_string(),
        check: w.check.to_string(),
        subject: w.subject.to_string(),
        owner: w.owner.to_string(),
        reason: w.reason.to_string(),
        made: w.made.0,
        until: w.until.0,
    }
}

/// As people call it.
pub fn component_name(component: &str) -> TextView {
    let (en, zh) = match component {
        "flink" => ("Flink", "Flink"),
        "kafka" => ("Kafka", "Kafka"),
        "zookeeper" => ("ZooKeeper", "ZooKeeper"),
        "yarn" => ("YARN", "YARN"),
        "hdfs" => ("HDFS", "HDFS"),
        "host" => ("Hosts", "主机"),
        "component" => ("Components", "其他组件"),
        "streamwarden" => ("Streamwarden itself", "Streamwarden 自身"),
        other => (other, other),
    };
    TextView { en: en.to_owned(), zh: zh.to_owned() }
}

/// Under which kind a report tells of a subject that has a score.
fn component_of(kind: SubjectKind) -> Option<&'static str> {
    Some(match kind {
        SubjectKind::Job | SubjectKind::FlinkCluster => "flink",
        SubjectKind::KafkaCluster => "kafka",
        SubjectKind::Zookeeper => "zookeeper",
        SubjectKind::Hdfs => "hdfs",
        SubjectKind::Yarn => "yarn",
        SubjectKind::Component => "component",
        _ => return None,
    })
}

/// The kinds that a report speaks of, worst first; our own blind spots last.
fn components(seen: &Seen<'_>, risks: Vec<&Finding>) -> Vec<ComponentView> {
    let mut kinds: BTreeSet<String> = risks.iter().map(|f| word(&f.component)).collect();
    kinds.extend(seen.r.blind.iter().map(|b| word(&b.component)));
    // what was looked at and is well is told, too
    let scored = seen.r.scores.subjects.keys().filter_map(|id| id.parse::<Subject>().ok());
    kinds.extend(scored.filter_map(|s| component_of(s.kind())).map(str::to_owned));
    let mut out: Vec<ComponentView> = Vec::new();
    for component in kinds {
        let of = |level| {
            let mine = risks.iter().filter(|f| word(&f.component) == component);
            mine.filter(|f| f.level == level).map(|f| seen.risk(f)).collect()
        };
        let blind = seen.r.blind.iter().filter(|b| word(&b.component) == component);
        let blind: u64 = blind.map(|b| u64::from(b.subjects)).sum();
        out.push(ComponentView {
            name: component_name(&component),
            high: of(Level::High),
            low: of(Level::Low),
            unseen: u32::try_from(blind).unwrap_or(u32::MAX),
            component,
        });
    }
    let place = |c: &ComponentView| {
        let at = ORDER.iter().position(|o| *o == c.component);
        at.unwrap_or(ORDER.len() + usize::from(c.component == "streamwarden"))
    };
    out.sort_by_key(|c| (Reverse(c.high.len()), Reverse(c.low.len()), place(c)));
    out
}

fn scores(seen: &Seen<'_>) -> ScoresView {
    let all = &seen.r.scores;
    let named = |scores: &BTreeMap<Name, Score>| {
        let views = scores.iter().map(|(name, s)| seen.score(name, name, s));
        worst_first(views.collect())
    };
    let of = |(id, s): (&String, &Score)| {
        let name = seen.r.names.get(id).map_or(id.as_str(), |n| n);
        seen.score(id, name, s)
    };
    let listed = |s: &Score| !s.deductions.is_empty() || s.points.is_none();
    let taken = all.subjects.iter().filter(|(_, s)| listed(s));
    let mut subjects = worst_first(taken.map(of).collect());
    let whole = all.subjects.len() - subjects.len();
    subjects.truncate(MOST_SCORES);
    ScoresView {
        estate: seen.score("estate", "estate", &all.estate),
        clusters: named(&all.clusters),
        teams: named(&all.teams),
        subjects,
        whole: u32::try_from(whole).unwrap_or(u32::MAX),
    }
}

/// Those of which nothing is known come last.
fn worst_first(mut all: Vec<ScoreView>) -> Vec<ScoreView> {
    let of = |s: &ScoreView| s.points.unwrap_or(f64::INFINITY);
    all.sort_by(|a, b| of(a).total_cmp(&of(b)).then_with(|| a.name.cmp(&b.name)));
    all
}

fn moved(was: &Seen<'_>, is: &Seen<'_>) -> Vec<MovedView> {
    let mut out = Vec::new();
    let (a, b) = (&was.r.scores, &is.r.scores);
    let mut put = |id: &str, name: &str, from: &Score, to: &Score| {
        let (from, to) = (from.points.map(rounded), to.points.map(rounded));
        if from != to {
            out.push(MovedView { id: id.to_owned(), name: name.to_owned(), from, to });
        }
    };
    put("estate", "estate", &a.estate, &b.estate);
    for (old, new) in [(&a.clusters, &b.clusters), (&a.teams, &b.teams)] {
        for (name, to) in new {
            old.get(name).iter().for_each(|from| put(name, name, from, to));
        }
    }
    for (id, to) in &b.subjects {
        let name = is.r.names.get(id).map_or(id.as_str(), |n| n);
        a.subjects.get(id).iter().for_each(|from| put(id, name, from, to));
    }
    let far = |m: &MovedView| match (m.from, m.to) {
        (Some(from), Some(to)) => (to - from).abs(),
        _ => 0.0,
    };
    out.sort_by(|a, b| far(b).total_cmp(&far(a)).then_with(|| a.name.cmp(&b.name)));
    out.truncate(MOST_SCORES);
    out
}

/// A report, to look names up in.
struct Seen<'a> {
    r: &'a Report,
    /// There was none before it to compare with.
    first: bool,
}

impl Seen<'_> {
    fn place(&self, subject: &Subject) -> PlaceView {
        let id = subject.to_string();
        PlaceView {
            kind: subject.kind().name().to_owned(),
            name: self.r.names.get(&id).map_or_else(|| id.clone(), ToString::to_string),
            cluster: subject.cluster().map(ToString::to_string),
            node: node_of(subject).map(|n| n.id()),
            id,
        }
    }

    fn risk(&self, f: &Finding) -> RiskView {
        RiskView {
            check: f.check.to_string(),
            component: word(&f.component),
            level: word(&f.level),
            standing: match self.first && f.standing == Standing::Still && f.since >= self.r.at {
                true => String::new(),
                false => word(&f.standing),
            },
            since: f.since.0,
            subject: self.place(&f.subject),
            team: f.team.as_ref().map(ToString::to_string),
            says: text(&f.says),
            advice: f.advice.iter().map(text).collect(),
            evidence: f.evidence.iter().map(proof).collect(),
            prevents: f.prevents.iter().map(ToString::to_string).collect(),
            source: text(&f.source),
            points: f.points(),
            counted_by: f.counted_by.as_ref().map(ToString::to_string),
            waived: f.waived.as_ref().map(waiver),
        }
    }

    fn gone(&self, g: &Gone) -> GoneView {
        GoneView {
            check: g.check.to_string(),
            subject: self.place(&g.subject),
            level: word(&g.level),
            says: text(&g.says),
            why: word::<GoneWhy>(&g.why),
        }
    }

    fn unseen(&self, b: &streamwarden_core::inspect::Blind) -> UnseenView {
        UnseenView {
            check: b.check.to_string(),
            component: word(&b.component),
            subjects: b.subjects,
            first: b.first.iter().map(|s| self.place(s)).collect(),
            missing: b.missing.to_string(),
        }
    }

    fn score(&self, id: &str, name: &str, s: &Score) -> ScoreView {
        let deduction = |d: &Deduction| DeductionView {
            check: d.check.to_string(),
            subject: self.place(&d.subject),
            points: d.points,
        };
        let more = s.deductions.len().saturating_sub(MOST_DEDUCTIONS);
        ScoreView {
            id: id.to_owned(),
            name: name.to_owned(),
            points: s.points.filter(|_| s.of > 0 && self.r.judged_some()).map(rounded),
            of: s.of,
            unscored: s.unscored,
            deductions: s.deductions.iter().take(MOST_DEDUCTIONS).map(deduction).collect(),
            more: u32::try_from(more).unwrap_or(u32::MAX),
        }
    }
}

/// What decided, as figures: `12 min (> 10 min)`.
fn proof(e: &Evidence) -> ProofView {
    let one = |t: Tongue| {
        let checks = e.checks.iter().filter_map(|c| {
            let value = c.value.as_ref()?;
            let wanted = c.op.as_ref().zip(c.threshold.as_ref());
            Some(match wanted {
                // what a text is held against is a pattern, or the text itself
                Some((_, Figure::Text { .. })) | None => figure(t, value),
                Some((op, limit)) => {
                    let (value, limit) = beside(t, value, limit);
                    format!("{value} ({op} {limit})")
                }
            })
        });
        let mut checks: Vec<String> = checks.collect();
        checks.dedup();
        let figures = checks.join(t.say(", ", "，"));
        let words = e.words.as_ref().map(|w| t.say(&w.en, &w.zh).to_owned());
        let words = words.unwrap_or_else(|| e.name.replace('_', " "));
        let colon = t.say(": ", "：");
        if figures.is_empty() { words } else { format!("{words}{colon}{figures}") }
    };
    let says = TextView { en: one(Tongue::En), zh: one(Tongue::Zh) };
    ProofView { name: e.name.to_string(), says, expr: e.expr.to_string() }
}

/// A figure and what it is held against, alike, and told apart where they differ.
fn beside(t: Tongue, value: &Figure, limit: &Figure) -> (String, String) {
    let plainly = || (figure(t, value), figure(t, limit));
    let (Figure::Number { value: v, unit }, Figure::Number { value: l, unit: other }) =
        (value, limit)
    else {
        return plainly();
    };
    let (v, l) = (*v, *l);
    // a share of something, unless it says how many times as much
    if unit == other && &**unit == "ratio" && l < 1.0 && v.abs() <= 1.0 {
        let percent = |digits: usize| {
            let one = |x: f64| format!("{:.digits$} %", x * 100.0);
            (one(v), one(l))
        };
        let (a, b) = percent(0);
        return if a == b && v != l { percent(2) } else { (a, b) };
    }
    let whole = |x: f64, unit: &str| match unit {
        "ratio" if x.fract() == 0.0 => t.figure(x, "count"),
        _ => figure(t, &Figure::Number { value: x, unit: unit.into() }),
    };
    let (a, b) = (whole(v, unit), whole(l, other));
    if a != b || v == l {
        return (a, b);
    }
    match &**unit {
        "s" if v < 1.0 && l < 1.0 => (t.small(v), t.small(l)),
        "s" => (format!("{v:.2} {}", t.say("s", "秒")), b),
        "ratio" | "count" => (format!("{v:.4}"), b),
        _ => (a, b),
    }
}

fn figure(t: Tongue, f: &Figure) -> String {
    match f {
        // beside its threshold: `< 0.1 s` of both tells nothing
        Figure::Number { value, unit } if &**unit == "s" && value.abs() < 0.1 => t.small(*value),
        Figure::Number { value, unit } => t.figure(*value, unit),
        Figure::Text { text } if text.is_empty() => t.say("not set", "未设置").to_owned(),
        Figure::Text { text } => text.to_string(),
        Figure::Truth { truth: true } => t.say("yes", "是").to_owned(),
        Figure::Truth { truth: false } => t.say("no", "否").to_owned(),
    }
}

/// The subject that a waiver is to be about: a pattern as it is, an id or a name of what is there.
///
/// # Errors
/// Nothing is called so, or several are.
pub fn waived_subject(
    kind: streamwarden_core::estate::SubjectKind,
    s: &streamwarden_core::snapshot::Snapshot,
    told: &str,
) -> Result<String, super::Error> {
    if told.contains(['*', '?']) {
        return Ok(told.to_owned());
    }
    let all: Vec<(String, String, String)> = streamwarden_core::rules::all_of(s, kind)
        .into_iter()
        .map(|subject| {
            let id = subject.to_string();
            let name = streamwarden_core::estate::display(&subject, &s.estate);
            (id.clone(), name, id)
        })
        .collect();
    // `tcp-closed` as it is configured, beside `Pulsar tcp-closed`
    let configured = |id: &str| id.split_once(':').is_some_and(|(_, name)| name == told);
    let mut called = all.iter().filter(|(id, name, _)| configured(id) && name != told);
    if let (Some((id, _, _)), None) = (called.next(), called.next()) {
        return Ok(id.clone());
    }
    super::planned::pick(&all, "subject of this check", told)
}

/// In force at a moment, for a list.
pub fn waiver_list(all: &[Waiver], at: Millis) -> WaiverList {
    WaiverList { at: at.0, waivers: all.iter().map(waiver).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_and_its_bound_are_told_apart_and_in_the_same_words() {
        let told = |v: f64, l: f64, unit: &str, limits: &str| {
            let of = |value, unit: &str| Figure::Number { value, unit: unit.into() };
            let (a, b) = beside(Tongue::En, &of(v, unit), &of(l, limits));
            format!("{a} ({b})")
        };
        assert_eq!(told(0.16, 0.2, "ratio", "ratio"), "16 % (20 %)");
        assert_eq!(told(0.8996, 0.9, "ratio", "ratio"), "89.96 % (90.00 %)");
        assert_eq!(told(1.0, 1.0, "count", "ratio"), "1 (1)");
        assert_eq!(told(5.0, 2.0, "ratio", "ratio"), "5 (2)");
        assert_eq!(told(0.124, 0.1, "s", "s"), "124 ms (100 ms)");
        assert_eq!(told(0.1, 0.1, "s", "s"), "0.1 s (0.1 s)");
        assert_eq!(told(30.04, 30.0, "s", "s"), "30.04 s (30 s)");
    }
}
