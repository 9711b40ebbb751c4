//! One ResourceManager's answers.

use super::parse::{self, Info, Nodes, Queues};
use crate::collect::http::ReadClient;
use crate::collect::jvm::{self, Figures};
use std::time::Duration;
use streamwarden_core::estate::{Application, GapReason};
use streamwarden_core::signals::Signal;

const DEADLINE: Duration = Duration::from_secs(4);
const CAP: u64 = 1 << 20;
/// 3,000 nodes are 4 MB, 1,000 applications as much.
const LIST_CAP: u64 = 32 << 20;
/// What goes on, and what ended badly; those that ended well are a cluster's whole past.
const GOES_ON: &str = "states=NEW,NEW_SAVING,SUBMITTED,ACCEPTED,RUNNING&limit=800";
const ENDED: &str = "states=FAILED,KILLED&limit=200";

pub struct Told {
    pub info: Info,
    pub metrics: Result<Vec<(Signal, f64)>, GapReason>,
    pub lists: Option<Lists>,
    pub jvm: Figures,
    pub bytes: u64,
}

pub struct Lists {
    pub nodes: Result<Nodes, GapReason>,
    pub queues: Result<Queues, GapReason>,
    pub applications: Result<Vec<Application>, GapReason>,
}

pub async fn manager(client: &ReadClient, base: &str, lists: bool) -> Result<Told, GapReason> {
    let url = |path: &str| format!("{base}/ws/v1/cluster/{path}");
    let info = client.get(&url("info"), DEADLINE, CAP).await?;
    let mut bytes = info.body.len() as u64;
    let info = parse::info(&info.body)?;
    if info.state != "active" {
        let metrics = Err(GapReason::NotConfigured { detail: "it is not active".into() });
        return Ok(Told { info, metrics, lists: None, jvm: Figures::new(), bytes });
    }
    let jvm = jvm::of_hadoop(client, base, "ResourceManager").await;
    let get = |path: &'static str, cap| async move {
        client.get(&format!("{base}/ws/v1/cluster/{path}"), DEADLINE, cap).await
    };
    let metrics = get("metrics", CAP).await.and_then(|a| {
        bytes += a.body.len() as u64;
        parse::metrics(&a.body)
    });
    if !lists {
        return Ok(Told { info, metrics, lists: None, jvm, bytes });
    }
    let (goes_on, ended) = (format!("apps?{GOES_ON}"), format!("apps?{ENDED}"));
    let (goes_on, ended) = (url(&goes_on), url(&ended));
    let (nodes, queues, goes_on, ended) = futures_util::future::join4(
        get("nodes", LIST_CAP),
        get("scheduler", LIST_CAP),
        client.get(&goes_on, DEADLINE, LIST_CAP),
        client.get(&ended, DEADLINE, LIST_CAP),
    )
    .await;
    let all = [&nodes, &queues, &goes_on, &ended].into_iter().flatten();
    bytes += all.map(|a| a.body.len() as u64).sum::<u64>();
    let applications = goes_on.and_then(|a| {
        let mut list = parse::applications(&a.body)?;
        list.extend(parse::applications(&ended?.body)?);
        Ok(list)
    });
    let lists = Lists {
        nodes: nodes.and_then(|a| parse::nodes(&a.body)),
        queues: queues.and_then(|a| parse::queues(&a.body)),
        applications,
    };
    Ok(Told { info, metrics, lists: Some(lists), jvm, bytes })
}
