//! What the jobs stand on: how it stands, its figures, its members.

use super::{Error, convert};
use crate::web::view_base::*;
use std::collections::BTreeMap;
use streamwarden_core::estate::{
    Answering, Application, BaseCluster, BaseKind, BaseMember, ClusterId, Estate, JobKey, Name,
    Span, Subject, TopicId,
};
use streamwarden_core::rules::standing::{Standing, Why, standing};
use streamwarden_core::rules::{Ctx, Figure, ask};
use streamwarden_core::snapshot::Snapshot;

const MAX_ROWS: usize = 1000;
const MAX_APPLICATIONS: usize = 100;

/// What is shown of each kind, in the rules' language.
const ZOOKEEPER: &[(&str, &str)] = &[
    ("synced_followers", "zk_synced_followers"),
    ("may_lose", "zk_may_lose"),
    ("latency", "max(zk_latency of members where (answers))"),
    ("outstanding", "max(zk_outstanding of members where (answers))"),
    ("sessions", "max(zk_sessions of members where (answers))"),
    ("data_size", "max(zk_data_size of members where (answers))"),
    ("open_files", "max(open_files_share of members where (answers))"),
];
const HDFS: &[(&str, &str)] = &[
    ("active_namenodes", "hdfs_active_namenodes"),
    ("free_share", "hdfs_free_share"),
    ("missing_blocks", "hdfs_missing_blocks"),
    ("under_replicated", "hdfs_under_replicated"),
    ("datanodes_dead", "hdfs_datanodes_dead"),
    ("datanodes_stale", "hdfs_datanodes_stale"),
];
const YARN: &[(&str, &str)] = &[
    ("nodes_active", "yarn_nodes_active"),
    ("nodes_lost", "yarn_nodes_lost"),
    ("nodes_unhealthy", "yarn_nodes_unhealthy"),
    ("containers_pending", "yarn_containers_pending"),
    ("apps_pending", "yarn_apps_pending"),
    ("memory_free_share", "yarn_memory_free_share"),
    ("fullest_queue", "max(yarn_queue_used of members where (role = \"queue\"))"),
];
const COMPONENT: &[(&str, &str)] = &[("probe_time", "max(probe_time of members where (answers))")];
const HOST: &[(&str, &str)] = &[
    ("disk_free_share", "host_disk_free_share"),
    ("cpu", "host_cpu"),
    ("memory_free_share", "host_memory_free_share"),
    ("clock_skew", "host_clock_skew"),
    ("open_files", "open_files_share"),
];

/// One that was not asked for so long is configured no more.
const LEFT: Span = Span::secs(3600);

pub fn there(s: &Snapshot) -> impl Iterator<Item = (&ClusterId, &BaseCluster)> {
    s.estate.bases.iter().filter(|(_, b)| s.at - b.looked < LEFT)
}

pub fn rows(s: &Snapshot) -> Vec<ComponentRow> {
    let ctx = Ctx::new(s);
    let mut rows: Vec<ComponentRow> = there(s).map(|(id, base)| row(&ctx, id, base)).collect();
    let rank = |r: &ComponentRow| match r.standing.as_str() {
        "ill" => 0,
        "unknown" => 1,
        _ => 2,
    };
    rows.sort_by_key(rank);
    rows
}

/// What a job stands on.
pub fn under_job(s: &Snapshot, job: &JobKey) -> Vec<StandRow> {
    let ctx = Ctx::new(s);
    ctx.stands().under_job(job).filter_map(|b| in_short(&ctx, b)).collect()
}

/// Components that read or write a topic.
pub fn at_topic(s: &Snapshot, topic: &TopicId) -> Vec<StandRow> {
    let ctx = Ctx::new(s);
    ctx.stands().at_topic(topic).filter_map(|b| in_short(&ctx, b)).collect()
}

/// How one of them stands in the snapshot.
pub fn standing_at(s: &Snapshot, id: &ClusterId) -> Option<String> {
    let ctx = Ctx::new(s);
    let base = s.estate.bases.get(id)?;
    Some(standing_word(&standing(&ctx, id, base)).to_owned())
}

/// well | ill | unknown
pub fn standing_word(standing: &Standing) -> &'static str {
    match standing {
        Standing::Well => "well",
        Standing::Ill { .. } => "ill",
        Standing::Unknown => "unknown",
    }
}

fn in_short(ctx: &Ctx<'_>, subject: &Subject) -> Option<StandRow> {
    let id = subject.cluster()?;
    let base = ctx.estate().bases.get(id)?;
    let word = standing_word(&standing(ctx, id, base));
    Some(StandRow {
        id: subject.to_string(),
        sort: base.sort.to_string(),
        name: id.to_string(),
        standing: word.into(),
    })
}

fn row(ctx: &Ctx<'_>, id: &ClusterId, base: &BaseCluster) -> ComponentRow {
    let subject = base.subject(id);
    let (word, since, why, detail) = match standing(ctx, id, base) {
        Standing::Well => ("well", None, None, None),
        Standing::Unknown => ("unknown", None, None, None),
        Standing::Ill { since, why, .. } => {
            let (why, detail) = match why {
                Why::NotServing => ("not_serving", None),
                Why::SafeMode(text) => ("safe_mode", Some(text)),
                Why::Condition(text) => ("condition", Some(text)),
            };
            ("ill", Some(since.0), Some(why), detail)
        }
    };
    let texts = |all: &[Name]| all.iter().map(|t| t.to_string()).collect();
    ComponentRow {
        id: subject.to_string(),
        kind: base.base.name().into(),
        sort: base.sort.to_string(),
        name: id.to_string(),
        version: base.notes.get("version").map(|v| v.to_string()),
        standing: word.into(),
        since,
        why: why.map(Into::into),
        detail: detail.map(|d| d.to_string()),
        seen: base.answered.map(|t| t.0),
        members: counts(base),
        figures: figures(ctx, &subject, of_kind(base.base)),
        jobs: ctx.stands().over(&subject).count() as u32,
        reads: texts(&base.place.reads),
        writes: texts(&base.place.writes),
        stage: base.place.stage().name().into(),
        flows: base.place.flows() != (false, false),
    }
}

fn of_kind(kind: BaseKind) -> &'static [(&'static str, &'static str)] {
    match kind {
        BaseKind::Zookeeper => ZOOKEEPER,
        BaseKind::Hdfs => HDFS,
        BaseKind::Yarn => YARN,
        BaseKind::Component => COMPONENT,
    }
}

fn figures(ctx: &Ctx<'_>, subject: &Subject, asked: &[(&str, &str)]) -> Vec<FigureRow> {
    let of = |(name, text): &(&str, &str)| {
        let (value, unit) = match ask(text, subject, ctx).ok().and_then(|a| a.value) {
            Some(Figure::Number { value, unit }) => (Some(value), unit.to_string()),
            _ => (None, String::new()),
        };
        FigureRow { name: (*name).into(), ask: (*text).into(), value, unit }
    };
    asked.iter().map(of).collect()
}

fn counts(base: &BaseCluster) -> Vec<MemberCount> {
    let mut all: BTreeMap<(&str, Option<&str>), u32> = BTreeMap::new();
    for m in base.members.values() {
        *all.entry((m.is.role.name(), m.is.state.as_deref())).or_default() += 1;
    }
    let of = |((role, state), count): ((&str, Option<&str>), u32)| MemberCount {
        role: role.into(),
        state: state.map(Into::into),
        count,
    };
    all.into_iter().map(of).collect()
}

pub fn component_list(s: &Snapshot, limit: usize) -> ComponentList {
    let ctx = Ctx::new(s);
    let mut hosts: Vec<HostRow> = s
        .estate
        .hosts
        .iter()
        .map(|(name, host)| {
            let answers = host.answered.answering == Answering::Answers;
            HostRow {
                host: name.to_string(),
                answers,
                error: host.answered.error.as_ref().map(|e| e.to_string()),
                figures: figures(&ctx, &Subject::Host { host: name.clone() }, HOST),
            }
        })
        .collect();
    let free = |h: &HostRow| h.figures.first().and_then(|f| f.value).unwrap_or(f64::INFINITY);
    hosts.sort_by(|a, b| a.answers.cmp(&b.answers).then(free(a).total_cmp(&free(b))));
    let silent = hosts.iter().filter(|h| !h.answers).count() as u32;
    let total = hosts.len() as u32;
    hosts.truncate(limit);
    ComponentList {
        at: s.at.0,
        components: rows(s),
        hosts_total: total,
        hosts_silent: silent,
        hosts,
    }
}

/// By its id, or by its name alone.
pub fn component(s: &Snapshot, id: &str) -> Result<BaseView, Error> {
    let found = s
        .estate
        .bases
        .iter()
        .find(|(name, base)| base.subject(name).to_string() == id || name.as_str() == id);
    let Some((name, base)) = found else {
        let nearest = s.estate.bases.iter().map(|(n, b)| b.subject(n).to_string()).take(5);
        return Err(Error::NotFound {
            what: "component",
            id: id.into(),
            nearest: nearest.collect(),
        });
    };
    let ctx = Ctx::new(s);
    let subject = base.subject(name);
    let jobs = ctx.stands().over(&subject).map(|job| Subject::Job { job: job.clone() });
    let mut members: Vec<&BaseMember> = base.members.values().collect();
    members.sort_by_key(|m| (badness(m), m.is.role));
    let total = members.len() as u32;
    Ok(BaseView {
        component: row(&ctx, name, base),
        job_ids: jobs.take(MAX_ROWS).map(|j| j.to_string()).collect(),
        members_total: total,
        members: members.into_iter().take(MAX_ROWS).map(member).collect(),
        applications: applications(&s.estate, base),
    })
}

/// What somebody wants to read first.
fn badness(m: &BaseMember) -> u8 {
    let state = m.is.state.as_deref().unwrap_or("");
    match (m.is.answering, state) {
        (Some(a), _) if a != Answering::Answers => 0,
        (_, "dead" | "lost" | "unhealthy" | "not_serving" | "volume_failed" | "out_of_sync") => 0,
        (_, "stale" | "shutdown" | "rebooted" | "stopped") => 1,
        _ => 2,
    }
}

fn member(m: &BaseMember) -> MemberRow {
    MemberRow {
        name: m.is.name.to_string(),
        role: m.is.role.name().into(),
        state: m.is.state.as_ref().map(|s| s.to_string()),
        since: m.since.0,
        answering: m.is.answering.map(|a| convert::word(&a)),
        detail: m.is.detail.as_ref().map(|d| d.to_string()),
    }
}

fn applications(estate: &Estate, base: &BaseCluster) -> Vec<ApplicationRow> {
    let Some((_, all)) = &base.applications else { return Vec::new() };
    let mut all: Vec<&Application> = all.iter().collect();
    let goes_well = |a: &Application| &*a.state == "RUNNING";
    all.sort_by_key(|a| (goes_well(a), std::cmp::Reverse(a.started)));
    let of = |a: &Application| ApplicationRow {
        id: a.id.to_string(),
        name: a.name.to_string(),
        sort: a.sort.to_string(),
        queue: a.queue.to_string(),
        state: a.state.to_string(),
        outcome: a.outcome.to_string(),
        diagnostics: a.diagnostics.to_string(),
        started: a.started.0,
        finished: a.finished.map(|t| t.0),
        flink: lives_in(estate, base, a),
    };
    all.into_iter().take(MAX_APPLICATIONS).map(of).collect()
}

fn lives_in(estate: &Estate, base: &BaseCluster, app: &Application) -> Vec<String> {
    let of = |flink: &&ClusterId| estate.applications_of(base, flink).any(|a| a.id == app.id);
    estate.flink.keys().filter(of).map(|f| f.to_string()).collect()
}
