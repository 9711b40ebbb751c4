//! A Flink cluster: its REST interface and its metrics.

use super::Findings;
use crate::clock;
use crate::collect::http::{Answer, ReadClient};
use crate::config::{Bases, Flink};
use crate::tasks::{rest_once, say};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::time::Duration;
use streamwarden_core::estate::GapReason;

/// As the collector has it: a JobManager that needs longer is ill.
const REQUEST: Duration = Duration::from_secs(5);
const CAP: u64 = 16 << 20;
/// Delays that are read from record times are wrong by what the clocks differ.
const SKEW_MS: i64 = 1000;

pub async fn examine(flink: &Flink, bases: &Bases, kafka_known: bool, probe: bool) -> Findings {
    let mut findings = Findings::new(format!("Flink {}", flink.name));
    let client = match ReadClient::new(flink.access.clone()) {
        Ok(client) => client,
        Err(e) => {
            findings.broken("access", e.to_string(), "correct `auth` or `ca_file`");
            return findings;
        }
    };
    match rest_once(flink, bases, clock::now()).await {
        Ok(base) => {
            let rest = Rest { base: &base, client: &client };
            if rest.overview(&mut findings).await {
                rest.jobs(&mut findings).await;
                rest.probes(probe, &mut findings).await;
            }
        }
        Err(why) => {
            let todo = "is that the name or id of its application? `yarn application -list` tells";
            findings.broken("REST", why, todo);
        }
    }
    super::act::examine(flink, &mut findings).await;
    if flink.kafka.is_none() && !kafka_known {
        let because = "no Kafka cluster is given: its address is read in a TaskManager's log, \
                       where that tells it";
        findings.blind("Kafka", because, "give it: `kafka:` or --kafka host:port");
    }
    super::prometheus::examine(flink, &client, &mut findings).await;
    findings
}

struct Rest<'a> {
    base: &'a str,
    client: &'a ReadClient,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Overview {
    flink_version: Option<String>,
    taskmanagers: Option<u32>,
    slots_total: Option<u32>,
}

#[derive(Deserialize)]
struct Jobs {
    jobs: Vec<Job>,
}

#[derive(Deserialize)]
struct Job {
    jid: String,
    #[serde(default)]
    name: String,
    state: String,
}

#[derive(Deserialize)]
struct Entry {
    key: String,
    value: String,
}

#[derive(Deserialize)]
struct Clock {
    now: Option<i64>,
}

impl Rest<'_> {
    async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<(T, Answer), GapReason> {
        self.client.get_json(&format!("{}{path}", self.base), REQUEST, CAP).await
    }

    async fn overview(&self, findings: &mut Findings) -> bool {
        let (overview, answer) = match self.get::<Overview>("/overview").await {
            Ok(answered) => answered,
            Err(reason) => {
                let because = format!("{}: {}", self.base, say(&reason));
                findings.broken("REST", because, "check `rest:`, the network and `auth:`");
                return false;
            }
        };
        let Some(version) = overview.flink_version else {
            let because = format!("{} answers, but not as Flink does", self.base);
            findings.broken("REST", because, "check `rest:`: it is the JobManager's web address");
            return false;
        };
        let known = |n: Option<u32>| n.map_or("an unknown number of".to_owned(), |n| n.to_string());
        let what = format!(
            "{} answers within {} ms: Flink {version}, {} TaskManagers, {} slots",
            self.base,
            answer.took.as_millis(),
            known(overview.taskmanagers),
            known(overview.slots_total),
        );
        if crate::collect::flink::parse::claimed(&version) {
            findings.fine("REST", what);
        } else {
            let todo = "figures may be missing; claimed are 1.20, 2.2 and 2.3";
            findings.blind("REST", format!("{what}; this version is read, but not claimed"), todo);
        }
        true
    }

    async fn jobs(&self, findings: &mut Findings) {
        let jobs = match self.get::<Jobs>("/jobs/overview").await {
            Ok((jobs, _)) => jobs.jobs,
            Err(reason) => {
                findings.broken("jobs", say(&reason), "may this credential read /jobs/overview?");
                return;
            }
        };
        findings.names = Some(jobs.iter().map(|j| j.name.clone()).collect());
        let running: Vec<&Job> = jobs.iter().filter(|j| j.state == "RUNNING").collect();
        findings.fine("jobs", format!("{} known, {} running", jobs.len(), running.len()));
        if let Some(job) = running.first() {
            self.clock(&job.jid, findings).await;
        }
    }

    /// What probes would need; only flame graphs need anything.
    async fn probes(&self, allowed: bool, findings: &mut Findings) {
        const FLAMES: &str = "rest.flamegraph.enabled";
        let Ok((entries, _)) = self.get::<Vec<Entry>>("/jobmanager/config").await else { return };
        let flames = entries.iter().any(|e| e.key == FLAMES && e.value.trim() == "true");
        match (allowed, flames) {
            (false, _) => findings.fine(
                "probes",
                "off: with `probe: true` or --probe, thread dumps and the like are read where a \
                 cause is in doubt",
            ),
            (true, true) => findings.fine("probes", "on: few, each place once in ten minutes"),
            (true, false) => findings.blind(
                "probes",
                "on, but without flame graphs: what computes is not told from what waits",
                "set rest.flamegraph.enabled: true in Flink's configuration",
            ),
        }
    }

    /// The JobManager's clock against ours, at the middle of the request.
    async fn clock(&self, job: &str, findings: &mut Findings) {
        let path = format!("/jobs/{job}");
        let Ok((Clock { now: Some(theirs) }, answer)) = self.get::<Clock>(&path).await else {
            let todo = "compare the clocks of both machines yourself";
            return findings.blind("clock", "a job's detail tells no time", todo);
        };
        let half = i64::try_from(answer.took.as_millis() / 2).unwrap_or(0);
        let skew = theirs - (clock::now().0 - half);
        let said = format!("the JobManager's is {skew:+} ms from ours");
        if skew.abs() <= SKEW_MS.max(half) {
            findings.fine("clock", said);
        } else {
            let because = format!("{said}: delays read from record times are wrong by as much");
            findings.blind("clock", because, "synchronise the clocks of both machines (NTP)");
        }
    }
}
