//! Where an action of ours is under way.

use crate::web::view::RepairNow;
use crate::web::view_incident::TextView;
use streamwarden_core::case::{Incident, IncidentState};
use streamwarden_core::estate::{JobKey, UnderRepair, job_name};
use streamwarden_core::lineage::NodeRef;
use streamwarden_core::snapshot::Snapshot;

pub fn of_job(s: &Snapshot, job: &JobKey) -> Option<RepairNow> {
    s.repairs.iter().find(|r| r.job == *job).map(|r| view(s, r))
}

pub fn of_node(s: &Snapshot, node: &NodeRef) -> Option<RepairNow> {
    match node {
        NodeRef::Job { job } => of_job(s, job),
        NodeRef::Topic { .. } | NodeRef::Base { .. } => None,
    }
}

pub fn all(s: &Snapshot) -> Vec<RepairNow> {
    s.repairs.iter().map(|r| view(s, r)).collect()
}

/// Of an open incident: the first of what is done about it.
pub fn of_incident(s: &Snapshot, i: &Incident) -> Option<RepairNow> {
    let open = i.state != IncidentState::Closed;
    s.repairs.iter().find(|r| open && *r.incident == *i.id.0).map(|r| view(s, r))
}

/// What is done stands behind what is the matter.
pub fn told(sentence: TextView, repair: Option<&RepairNow>) -> TextView {
    let Some(repair) = repair else { return sentence };
    let ended = |text: &str, end: &str| match text.ends_with(end) {
        true => text.to_owned(),
        false => format!("{text}{end}"),
    };
    let (en, zh) = match repair.let_go {
        None => ("Under repair", "正在修复"),
        Some(_) => ("A repair was let go, somebody has to look", "修复无人继续，需要人工处理"),
    };
    TextView {
        en: format!("{} {en}: {}", ended(&sentence.en, "."), repair.says.en),
        zh: format!("{}{zh}：{}", ended(&sentence.zh, "。"), repair.says.zh),
    }
}

fn view(s: &Snapshot, r: &UnderRepair) -> RepairNow {
    RepairNow {
        job: NodeRef::Job { job: r.job.clone() }.id(),
        name: job_name(&r.job, &s.estate),
        action: r.action.to_string(),
        says: TextView { en: r.en.to_string(), zh: r.zh.to_string() },
        since: r.since.0,
        let_go: let_go(r),
    }
}

/// Why nobody goes on with it.
pub fn let_go(r: &UnderRepair) -> Option<TextView> {
    let (en, zh) = r.let_go.as_ref()?;
    Some(TextView { en: en.to_string(), zh: zh.to_string() })
}
