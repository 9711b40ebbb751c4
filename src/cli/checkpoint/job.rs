//! A job as a JobManager and Prometheus show it now: what a checkpoint is to be restored into.

use super::super::Failure;
use super::super::say::Lang;
use crate::clock;
use crate::collect::flink::parse;
use crate::collect::http::{HttpAccess, ReadClient, safe_address};
use crate::collect::prometheus::Lines;
use crate::config::{Config, Flink};
use crate::tasks::settled;
use std::collections::BTreeMap;
use std::time::Duration;
use streamwarden_core::checkpoint::{MaxParallelism, OperatorId, Program, ProgramVertex};
use streamwarden_core::estate::{CheckpointStats, ClusterId, JobDetail, Name, RunId, plain};
use streamwarden_core::plan::outlive;
use streamwarden_core::signals::resolve::Labels;

const DEADLINE: Duration = Duration::from_secs(10);
const REST_MAX: u64 = 16 << 20;
const TEXT_MAX: u64 = 64 << 20;

/// One JobManager and the endpoints of its processes.
pub struct Cluster {
    name: ClusterId,
    base: String,
    prometheus: Vec<String>,
    client: ReadClient,
}

/// A job that was found.
pub struct Job {
    pub detail: JobDetail,
    pub stats: CheckpointStats,
    /// Its checkpoints outlive a cancel; None: its configuration does not say.
    pub retained: Option<bool>,
    /// By vertex, the operators that run in it; empty where no Prometheus tells.
    operators: BTreeMap<Name, BTreeMap<OperatorId, Option<Name>>>,
}

/// Where a job was looked for.
#[derive(Default)]
pub struct Found {
    pub jobs: Vec<Job>,
    /// Clusters that did not answer, and why: they may have it too.
    pub silent: Vec<String>,
}

impl Found {
    /// The newest `most` runs of that job, of every cluster: one that is down does not keep the
    /// others from being told.
    ///
    /// # Errors
    /// No cluster that answers has it.
    pub async fn of(config: &Config, named: &str, most: usize) -> Result<Found, Failure> {
        let mut found = Found::default();
        for (flink, rest) in settled(config, clock::now()).await {
            let asked = match rest {
                Ok(rest) => {
                    Cluster::of(&flink, rest)?.newest_of(named, most, &mut found.jobs).await
                }
                Err(why) => Err(Failure::new(why, "")),
            };
            if let Err(e) = asked {
                found.silent.push(format!("{}: {}", flink.name, e.error()));
            }
        }
        if !found.jobs.is_empty() {
            return Ok(found);
        }
        let todo = "name a job that is listed, a run's id, its REST address, or a checkpoint's path; what a forgotten job would go on from: `streamwarden plan`";
        let error = match found.silent.is_empty() {
            true => format!("no cluster has a job {named}"),
            false => {
                let silent = found.silent.join("; ");
                format!("no cluster that answers has a job {named}; not asked: {silent}")
            }
        };
        Err(Failure::new(error, todo))
    }

    /// One line for each that did not answer.
    pub fn told(silent: &[String], lang: Lang) -> String {
        let words = lang.say("not asked, and may have it too: {}", "未能查询，也可能有此作业：{}");
        let line = |s: &String| words.replace("{}", &plain(s)) + "\n";
        silent.iter().map(line).collect()
    }
}

impl Cluster {
    async fn newest_of(
        &self,
        named: &str,
        most: usize,
        into: &mut Vec<Job>,
    ) -> Result<(), Failure> {
        for run in self.runs(named).await?.iter().take(most) {
            into.push(self.job(run).await?);
        }
        Ok(())
    }

    fn of(flink: &Flink, rest: String) -> Result<Cluster, Failure> {
        Ok(Cluster {
            name: flink.name.clone(),
            base: rest,
            prometheus: flink.prometheus.clone(),
            client: client(flink.access.clone())?,
        })
    }

    /// For a job named by its address alone: `http://host:8081/jobs/<id>`, or as the web page has it.
    pub fn of_url(url: &str, prometheus: &[String]) -> Result<(Cluster, RunId), Failure> {
        let id = url.split(['/', '?', '#']).find(|part| OperatorId::parse(part).is_some());
        let base = url.split("/jobs/").next().and_then(|base| base.split("/#").next());
        let (Some(id), Some(base)) = (id, base) else {
            let todo = "write it as http://host:8081/jobs/<32 hexadecimal digits>";
            return Err(Failure::new(format!("no job in {}", safe_address(url)), todo).wrong());
        };
        // credentials in it are taken as they are from a configuration
        let config = Config::from_flags(&[base.trim_end_matches('/').to_owned()], prometheus, &[])?;
        let no_cluster = || Failure::new("no cluster in that address", "write http://host:8081/…");
        let flink = config.flink.last().ok_or_else(no_cluster)?;
        let rest = flink.rest.at().ok_or_else(no_cluster)?;
        Ok((Cluster::of(flink, rest.to_owned())?, RunId::new(id)))
    }

    async fn get(&self, path: &str) -> Result<Vec<u8>, Failure> {
        let url = format!("{}{path}", self.base.trim_end_matches('/'));
        match self.client.get(&url, DEADLINE, REST_MAX).await {
            Ok(answer) => Ok(answer.body.to_vec()),
            Err(reason) => {
                let said = format!("{}: {}", safe_address(&url), reason.brief());
                Err(Failure::new(said, "does the JobManager know this job, and answer?"))
            }
        }
    }

    /// Runs of that name (`orders`, `demo/orders`), or the run of that id, newest first.
    pub async fn runs(&self, named: &str) -> Result<Vec<RunId>, Failure> {
        let named = self.own(named);
        let jobs = parse::jobs(&self.get("/jobs/overview").await?).map_err(not_understood)?;
        let mut fits: Vec<_> =
            jobs.jobs.iter().filter(|j| &*j.name == named || j.run.as_str() == named).collect();
        fits.sort_by_key(|job| std::cmp::Reverse((job.end.is_none(), job.start)));
        Ok(fits.into_iter().map(|job| job.run.clone()).collect())
    }

    /// Without this cluster in front.
    fn own<'a>(&self, named: &'a str) -> &'a str {
        let bare = named.strip_prefix("job:").unwrap_or(named);
        let own = bare.strip_prefix(self.name.as_str()).and_then(|rest| rest.strip_prefix('/'));
        own.unwrap_or(named)
    }

    pub async fn job(&self, run: &RunId) -> Result<Job, Failure> {
        // it may come from the estate, and goes into a path
        if OperatorId::parse(run.as_str()).is_none() {
            let todo = "a job's id has 32 hexadecimal digits";
            return Err(Failure::new(format!("{run} is no job's id"), todo).wrong());
        }
        let at = format!("/jobs/{run}");
        let detail = parse::detail(&self.get(&at).await?, &self.name).map_err(not_understood)?;
        let stats = self.get(&format!("{at}/checkpoints")).await?;
        let stats = parse::checkpoints(&stats, &self.name, run).map_err(not_understood)?;
        let kept = self.get(&format!("{at}/checkpoints/config")).await;
        let kept = kept.and_then(|body| parse::checkpoint_config(&body).map_err(not_understood));
        let retained = kept.ok().and_then(|entries| outlive(&entries));
        let mut operators: BTreeMap<Name, BTreeMap<_, _>> = BTreeMap::new();
        for url in &self.prometheus {
            // what does not answer leaves operators unknown, and that is said
            if let Ok(answer) = self.client.get(url, DEADLINE, TEXT_MAX).await {
                for (vertex, id, name) in labelled(&answer.body, run.as_str()) {
                    operators.entry(vertex).or_default().insert(id, name);
                }
            }
        }
        Ok(Job { detail, stats, retained, operators })
    }
}

fn client(access: HttpAccess) -> Result<ReadClient, Failure> {
    ReadClient::new(access).map_err(|e| Failure::new(e.to_string(), "see the certificate files"))
}

fn not_understood(reason: streamwarden_core::estate::GapReason) -> Failure {
    Failure::new(reason.brief().to_string(), "is this the REST address of a Flink 1.20 or 2?")
}

/// Of a job's metrics: vertex, operator and its name.
fn labelled(text: &[u8], run: &str) -> Vec<(Name, OperatorId, Option<Name>)> {
    let wanted = |name: &[u8]| name.starts_with(b"flink_taskmanager_job_task_operator_");
    let mut out = BTreeMap::new();
    for line in Lines::new(text, wanted) {
        let Ok((_, _, labels)) = line.split() else { continue };
        let label = |name| labels.get(name);
        if label("job_id").as_deref() != Some(run) {
            continue;
        }
        let id = label("operator_id").and_then(|id| OperatorId::parse(&id));
        if let (Some(vertex), Some(id)) = (label("task_id"), id) {
            let name = label("operator_name").map(|name| Name::from(&*name));
            out.insert((Name::from(&*vertex), id), name);
        }
    }
    out.into_iter().map(|((vertex, id), name)| (vertex, id, name)).collect()
}

impl Job {
    /// A vertex is called by its first operator's id; those behind it are known from Prometheus.
    pub fn program(&self) -> Program {
        let vertex = |v: &streamwarden_core::estate::Vertex| {
            let mut operators = self.operators.get(v.id.as_str()).cloned().unwrap_or_default();
            if let Some(head) = OperatorId::parse(v.id.as_str()) {
                operators.entry(head).or_default();
            }
            let job = self.detail.max_parallelism;
            let max = MaxParallelism::of(v.max_parallelism, job, v.parallelism);
            ProgramVertex { name: v.name.clone(), parallelism: v.parallelism, max, operators }
        };
        let vertices = &self.detail.vertices;
        Program {
            vertices: vertices.iter().map(vertex).collect(),
            complete: vertices.iter().all(|v| self.operators.contains_key(v.id.as_str())),
            ..Program::default()
        }
    }

    /// Where its newest completed checkpoint lies.
    pub fn newest(&self) -> Option<&str> {
        self.stats.latest_completed.as_ref()?.external_path.as_deref()
    }

    /// Whether this run wrote it, or went on from it.
    pub fn knows(&self, path: &str) -> bool {
        let restored = self.stats.latest_restored.as_ref().and_then(|r| r.external_path.as_deref());
        let trimmed =
            |path: &str| path.trim_end_matches("/_metadata").trim_end_matches('/').to_owned();
        let own = path.split('/').any(|part| part == self.detail.run.as_str());
        let same = |other: &str| {
            let plain = |p: &str| trimmed(p.trim_start_matches("file:").trim_start_matches("//"));
            plain(other) == plain(path)
        };
        own || restored.is_some_and(same)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operators_by_their_labels() {
        let text = b"# TYPE flink_taskmanager_job_task_operator_numRecordsIn gauge\n\
            flink_taskmanager_job_task_operator_numRecordsIn{job_id=\"j\",task_id=\"t\",operator_id=\"b9306f835fc194e9fd24bb7e9c29e111\",operator_name=\"keep\",} 1.0\n\
            flink_taskmanager_job_task_operator_numRecordsIn{job_id=\"other\",task_id=\"t\",operator_id=\"ca88eee0095684d687a1b6495617f957\",} 1.0\n\
            flink_taskmanager_job_task_numRecordsIn{job_id=\"j\",task_id=\"t\",} 1.0\n";
        let found = labelled(text, "j");
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].2.as_deref(), Some("keep"));
    }

    #[tokio::test]
    async fn a_cluster_that_is_down_keeps_no_job_of_another_from_being_found() {
        use wiremock::matchers::path;
        use wiremock::{Mock, MockServer, ResponseTemplate};
        let server = MockServer::start().await;
        let id = "b9306f835fc194e9fd24bb7e9c29e111";
        let run = serde_json::json!({ "jid": id, "name": "orders", "state": "RUNNING",
            "start-time": 1, "end-time": -1, "duration": 1, "last-modification": 1,
            "now": 2, "vertices": [] });
        for (at, body) in [
            ("/jobs/overview".to_owned(), serde_json::json!({ "jobs": [run] })),
            (format!("/jobs/{id}"), run.clone()),
            (format!("/jobs/{id}/checkpoints"), serde_json::json!({ "counts": {} })),
        ] {
            let answer = ResponseTemplate::new(200).set_body_json(body);
            Mock::given(path(at)).respond_with(answer).mount(&server).await;
        }
        // nobody listens on the port of a server that has gone
        let down = MockServer::start().await.uri();
        let config = Config::from_flags(&[down, server.uri()], &[], &[]).unwrap();
        let Ok(found) = Found::of(&config, "orders", 9).await else { panic!("it is there") };
        assert_eq!((found.jobs.len(), found.silent.len()), (1, 1), "{:?}", found.silent);
        let error = Found::of(&config, "ordres", 9).await.err().expect("not there");
        assert!(error.error().contains("not asked: "), "{}", error.error());
    }

    #[test]
    fn a_job_by_its_address() {
        for url in [
            "http://jm:8081/jobs/b9306f835fc194e9fd24bb7e9c29e111",
            "http://jm:8081/jobs/b9306f835fc194e9fd24bb7e9c29e111/checkpoints",
            "http://jm:8081/#/job/running/b9306f835fc194e9fd24bb7e9c29e111/overview",
        ] {
            let (cluster, run) = Cluster::of_url(url, &[]).ok().unwrap();
            assert_eq!(
                (cluster.base.as_str(), run.as_str()),
                ("http://jm:8081", "b9306f835fc194e9fd24bb7e9c29e111")
            );
        }
        assert!(Cluster::of_url("http://jm:8081/jobs/x", &[]).is_err());
    }
}
