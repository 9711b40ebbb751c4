//! What was within its target, by days and months.

use super::subject::Scene;
use super::{harm_jobs, incidents::record_row};
use crate::web::view_availability::*;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan, Zoned};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use streamwarden_core::availability::{
    Share, budget, path_name, planned as planned_minutes, shares, spenders, unseen, wanted, without,
};
use streamwarden_core::case::Record;
use streamwarden_core::estate::{JobKey, Millis, Name};
use streamwarden_core::lineage::{NodeRef, Settings, SlaScope};
use streamwarden_core::past::Hour;
use streamwarden_core::snapshot::Snapshot;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum By {
    #[default]
    Day,
    Month,
}

impl By {
    pub const ALL: [(&'static str, By); 2] = [("day", By::Day), ("month", By::Month)];

    fn word(self) -> &'static str {
        match self {
            By::Day => "day",
            By::Month => "month",
        }
    }
}

/// Where days (months) begin in `zone`, from the one that `days` days ago lies in; the last is now.
/// Empty: the moment is outside the calendar.
pub fn edges(now: Millis, days: i64, by: By, zone: &TimeZone) -> Vec<Millis> {
    let made = || -> Result<Vec<Millis>, jiff::Error> {
        let now = Timestamp::from_millisecond(now.0)?.to_zoned(zone.clone());
        let first = now.checked_sub((days - 1).days())?;
        let mut next = match by {
            By::Day => first.start_of_day()?,
            By::Month => first.first_of_month()?.start_of_day()?,
        };
        let mut edges = Vec::new();
        while next < now {
            edges.push(of(&next));
            next = match by {
                By::Day => next.checked_add(1.day())?.start_of_day()?,
                By::Month => next.checked_add(1.month())?.start_of_day()?,
            };
        }
        edges.push(of(&now));
        Ok(edges)
    };
    made().unwrap_or_default()
}

fn of(z: &Zoned) -> Millis {
    Millis(z.timestamp().as_millisecond())
}

pub struct AvailabilityAsk<'a> {
    pub now: Millis,
    /// So long we have looked, at least.
    pub since: Millis,
    pub by: By,
    pub zone: &'a str,
    pub edges: &'a [Millis],
    /// Hours of minutes that were out under announced work.
    pub planned: &'a BTreeMap<String, Vec<Hour>>,
    /// path, job, topic, layer, component, ...
    pub kind: Option<String>,
    pub limit: usize,
}

/// `hours` of [`streamwarden_core::availability::WITHIN`], by what they are of.
pub fn availability(
    settings: &Settings,
    s: &Snapshot,
    hours: &BTreeMap<String, Vec<Hour>>,
    ask: &AvailabilityAsk<'_>,
) -> AvailabilityView {
    let kind = |subject: &str| subject.split(':').next().unwrap_or_default().to_owned();
    // a topic's minutes are those of its readers, which stand in the list by themselves
    let asked = |subject: &str| match &ask.kind {
        Some(asked) => *asked == kind(subject),
        None => kind(subject) != "topic",
    };
    let row = |subject: &String| {
        let all = match hours.get(subject) {
            Some(hours) => shares(hours, ask.edges, ask.since),
            None => unseen(ask.since, ask.edges),
        };
        let works = ask.planned.get(subject).map_or(&[][..], Vec::as_slice);
        let works = planned_minutes(works, ask.edges);
        let all = match settings.exclude_planned {
            true => without(&all, &works),
            false => all,
        };
        let objective = objective(settings, s, subject);
        let budget = budget(&all, objective);
        let sum = |of: fn(&Share) -> u32| all.iter().map(of).fold(0, u32::saturating_add);
        let (known, within, unknown) = (sum(|s| s.known), sum(|s| s.within), sum(|s| s.unknown));
        let whole = Share { from: Millis(0), to: Millis(0), known, within, unknown };
        AvailabilityRow {
            subject: subject.clone(),
            kind: kind(subject),
            name: name(s, subject),
            objective,
            share: whole.share(),
            known,
            within,
            unknown,
            planned: works.iter().fold(0, |sum, n| sum.saturating_add(*n)),
            budget: budget.minutes,
            left: budget.left(),
            overspent: budget.overspent(),
            periods: all.iter().zip(works).map(period).collect(),
        }
    };
    let never_known = promised(settings, s).into_iter().map(|name| name.to_string());
    let all: BTreeSet<String> = hours.keys().cloned().chain(never_known).collect();
    let mut rows: Vec<AvailabilityRow> = all.iter().filter(|s| asked(s)).map(row).collect();
    rows.sort_by(|a, b| a.left.total_cmp(&b.left).then_with(|| a.subject.cmp(&b.subject)));
    let total = u32::try_from(rows.len()).unwrap_or(u32::MAX);
    rows.truncate(ask.limit);
    AvailabilityView {
        at: s.at.0,
        by: ask.by.word().to_owned(),
        zone: ask.zone.to_owned(),
        from: ask.edges.first().map_or(ask.now.0, |e| e.0),
        to: ask.now.0,
        exclude_planned: settings.exclude_planned,
        total,
        rows,
    }
}

/// All that a target was declared for: what is seen now, and paths and layers that nobody sees.
pub fn promised(settings: &Settings, s: &Snapshot) -> BTreeSet<Name> {
    let named = |scope: &SlaScope| match scope {
        SlaScope::Path { from, to } => Some(path_name(from, to)),
        SlaScope::Layer(layer) => Some(format!("layer:{layer}").into()),
        SlaScope::Edge { .. } | SlaScope::Job(_) | SlaScope::Default => None,
    };
    wanted(s).into_iter().chain(settings.slas.iter().filter_map(|sla| named(&sla.scope))).collect()
}

fn period((s, planned): (&Share, u32)) -> AvailabilityPeriod {
    AvailabilityPeriod {
        from: s.from.0,
        to: s.to.0,
        share: s.share(),
        known: s.known,
        within: s.within,
        unknown: s.unknown,
        planned,
    }
}

fn name(s: &Snapshot, subject: &str) -> String {
    let job = s.estate.jobs.values().find(|j| id_of(&j.key) == subject);
    match (job, subject.split_once(':')) {
        (Some(job), _) => job.name.to_string(),
        (None, Some((_, rest))) => rest.to_owned(),
        (None, None) => subject.to_owned(),
    }
}

fn id_of(job: &JobKey) -> String {
    NodeRef::Job { job: job.clone() }.id()
}

/// What was declared for it: its own, its layer's, that of every edge.
fn objective(settings: &Settings, s: &Snapshot, subject: &str) -> f64 {
    let of = |scope: &dyn Fn(&SlaScope) -> bool| {
        settings.slas.iter().find(|sla| scope(&sla.scope)).map(|sla| sla.objective)
    };
    let own = of(&|scope| match scope {
        SlaScope::Path { from, to } => *path_name(from, to) == *subject,
        SlaScope::Layer(layer) => subject.strip_prefix("layer:") == Some(&**layer),
        _ => false,
    });
    let job = || {
        let node = s.lineage.nodes.iter().find(|n| n.node.id() == subject)?;
        settings.job_sla(node.node.name(), node.layer.as_deref()).map(|sla| sla.objective)
    };
    let any = || of(&|scope| *scope == SlaScope::Default);
    own.or_else(job).or_else(any).unwrap_or(Settings::OBJECTIVE)
}

/// The jobs that have to do with it, as the lineage is now. None: nobody knows any more, and every
/// incident may have been it.
pub fn jobs_of(s: &Snapshot, subject: &str) -> Option<BTreeSet<JobKey>> {
    let job = |n: &NodeRef| match n {
        NodeRef::Job { job } => Some(job.clone()),
        NodeRef::Topic { .. } | NodeRef::Base { .. } => None,
    };
    let jobs: BTreeSet<JobKey> = match subject.split_once(':')? {
        ("layer", layer) => {
            let nodes = s.lineage.nodes.iter().filter(|n| n.layer.as_deref() == Some(layer));
            nodes.filter_map(|n| job(&n.node)).collect()
        }
        ("path", _) => {
            let ends = |p: &&streamwarden_core::lineage::Path| {
                let (first, last) = (p.nodes.first(), p.nodes.last());
                first.zip(last).is_some_and(|(a, b)| *path_name(a.name(), b.name()) == *subject)
            };
            let path = s.lineage.paths.iter().find(ends);
            path.map(|p| p.nodes.iter().filter_map(job).collect()).unwrap_or_default()
        }
        _ => s
            .lineage
            .nodes
            .iter()
            .filter(|n| n.node.id() == subject)
            .filter_map(|n| job(&n.node))
            .collect(),
    };
    Some(jobs).filter(|j| !j.is_empty())
}

/// `out`: minutes that were not within. `records`: incidents of that time.
pub fn spent(
    scene: &Scene,
    subject: &str,
    (from, to): (Millis, Millis),
    out: &BTreeSet<Millis>,
    records: &[Arc<Record>],
) -> SpentView {
    let jobs = jobs_of(scene.s, subject);
    let touches = |r: &&Arc<Record>| match &jobs {
        None => true,
        Some(jobs) => harm_jobs(&r.incident).into_iter().any(|j| jobs.contains(j)),
    };
    let on: Vec<(Name, Millis, Option<Millis>)> = records
        .iter()
        .filter(touches)
        .map(|r| (r.incident.id.0.clone(), r.incident.onset, r.incident.closed))
        .collect();
    let sentence = |id: &Name| {
        let record = records.iter().find(|r| r.incident.id.0 == *id)?;
        Some(record_row(scene, record).sentence)
    };
    let rows = spenders(out, &on).into_iter().map(|s| SpentRow {
        sentence: s.of.as_ref().and_then(sentence),
        incident: s.of.map(|id| id.to_string()),
        minutes: s.minutes,
        first: s.first.0,
    });
    SpentView {
        subject: subject.to_owned(),
        from: from.0,
        to: to.0,
        out: u32::try_from(out.len()).unwrap_or(u32::MAX),
        planned: 0,
        rows: rows.collect(),
        cut: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use streamwarden_core::lineage::Sla;

    #[test]
    fn a_declared_path_of_which_nothing_is_seen_is_listed_as_unknown() {
        let mut settings = crate::web::testdata::settings();
        let scope = SlaScope::Path { from: "nowhere".into(), to: "ads-risk".into() };
        let sla = Sla { scope, target_s: 10.0, near: 0.8, objective: 0.99 };
        settings.slas.push(sla);
        let now = Millis(36_000_000);
        let ask = AvailabilityAsk {
            now,
            since: Millis(now.0 - 600_000),
            by: By::Day,
            zone: "UTC",
            edges: &[Millis(0), now],
            planned: &BTreeMap::new(),
            kind: Some("path".into()),
            limit: 100,
        };
        let s = crate::web::testdata::snapshot();
        let view = availability(&settings, &s, &BTreeMap::new(), &ask);
        let row = view.rows.iter().find(|r| r.name == "nowhere→ads-risk").expect("listed");
        assert_eq!((row.share, row.known, row.unknown, row.objective), (None, 0, 10, 0.99));
    }

    #[test]
    fn days_and_months_begin_where_people_live() {
        let shanghai = TimeZone::get("Asia/Shanghai").unwrap();
        // 2026-03-02T01:30+08:00
        let now = Millis(1_772_386_200_000);
        let text = |edges: Vec<Millis>| -> Vec<String> {
            let one = |m: &Millis| Timestamp::from_millisecond(m.0).unwrap().to_string();
            edges.iter().map(one).collect()
        };
        assert_eq!(
            text(edges(now, 2, By::Day, &shanghai)),
            ["2026-02-28T16:00:00Z", "2026-03-01T16:00:00Z", "2026-03-01T17:30:00Z"]
        );
        assert_eq!(
            text(edges(now, 30, By::Month, &shanghai)),
            ["2026-01-31T16:00:00Z", "2026-02-28T16:00:00Z", "2026-03-01T17:30:00Z"]
        );
        // the day of 23 hours
        let berlin = TimeZone::get("Europe/Berlin").unwrap();
        let days = edges(Millis(1_774_828_800_000), 3, By::Day, &berlin);
        let hours: Vec<i64> = days.windows(2).map(|w| (w[1] - w[0]).0 / 3_600_000).collect();
        assert_eq!(hours, [24, 23, 2]);
    }
}
