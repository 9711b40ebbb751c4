//! A JobManager that answers as Flink 1.20.5 was measured to.

use super::support::FIRST;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

#[derive(Clone, Debug, Default)]
pub struct Job {
    pub state: String,
    pub parallelism: u32,
    pub checkpoints: Vec<u64>,
    pub restored: Option<(u64, String)>,
}

/// What becomes of the next request that changes something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Next {
    #[default]
    Works,
    /// It is carried out, and the answer never comes.
    DoneAndSilent,
    /// It is lost, and so is the answer.
    Lost,
    Status(u16),
}

#[derive(Debug, Default)]
pub struct Flink {
    pub jobs: BTreeMap<String, Job>,
    pub triggers: BTreeMap<String, Value>,
    pub next: Next,
    pub version: &'static str,
    /// Every request that is no GET: method, path, body.
    pub sent: Vec<(String, String, Value)>,
    /// Restored from this path it fails.
    pub poison: Option<String>,
    pub silent: bool,
    /// No jar lies there.
    pub no_jars: bool,
    /// So long it thinks about what jars there are.
    pub jars_take: Duration,
}

#[derive(Clone)]
pub struct Fake(pub Arc<Mutex<Flink>>);

impl Fake {
    pub async fn start() -> (MockServer, Fake) {
        let job = Job {
            state: "RUNNING".into(),
            parallelism: 2,
            checkpoints: vec![5, 6],
            restored: None,
        };
        let flink =
            Flink { jobs: [(FIRST.to_owned(), job)].into(), version: "1.20.5", ..Flink::default() };
        let fake = Fake(Arc::new(Mutex::new(flink)));
        let server = MockServer::builder().start().await;
        Mock::given(any()).respond_with(fake.clone()).mount(&server).await;
        (server, fake)
    }

    pub fn live(&self) -> Vec<String> {
        let flink = self.0.lock().unwrap();
        let live = flink.jobs.iter().filter(|(_, j)| !terminal(&j.state));
        live.map(|(id, _)| id.clone()).collect()
    }

    pub fn sent(&self) -> Vec<(String, String, Value)> {
        self.0.lock().unwrap().sent.clone()
    }
}

fn terminal(state: &str) -> bool {
    matches!(state, "CANCELED" | "FAILED" | "FINISHED")
}

fn path_of(id: &str, n: u64) -> String {
    format!("s3://b/c/{id}/chk-{n}")
}

fn ok(code: u16, body: Value) -> ResponseTemplate {
    ResponseTemplate::new(code).set_body_json(body)
}

fn error(code: u16, text: &str) -> ResponseTemplate {
    ok(code, json!({ "errors": [text] }))
}

impl Respond for Fake {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let mut flink = self.0.lock().unwrap();
        if flink.silent {
            return ok(200, json!({})).set_delay(Duration::from_secs(30));
        }
        let path = request.url.path().trim_matches('/').to_owned();
        let parts: Vec<&str> = path.split('/').collect();
        if request.method.as_str() == "GET" {
            return flink.get(&parts);
        }
        let body: Value = serde_json::from_slice(&request.body).unwrap_or(Value::Null);
        let target = match request.url.query() {
            Some(query) => format!("/{path}?{query}"),
            None => format!("/{path}"),
        };
        flink.sent.push((request.method.to_string(), target, body.clone()));
        let late = Duration::from_secs(30);
        match std::mem::take(&mut flink.next) {
            Next::Works => flink.change(request.method.as_str(), &parts, &body),
            Next::DoneAndSilent => {
                flink.change(request.method.as_str(), &parts, &body).set_delay(late)
            }
            Next::Lost => ok(200, json!({})).set_delay(late),
            Next::Status(code) => error(code, "broken"),
        }
    }
}

impl Flink {
    fn get(&self, parts: &[&str]) -> ResponseTemplate {
        match parts {
            ["config"] => ok(200, json!({ "flink-version": self.version })),
            ["jars"] if self.no_jars => ok(200, json!({ "address": "x", "files": [] })),
            ["jars"] => {
                let jar = |id: &str, at: i64| json!({ "id": id, "name": "job.jar", "uploaded": at, "entry": [] });
                let files = [jar("1_job.jar", 1), jar("2_job.jar", 2)];
                ok(200, json!({ "address": "x", "files": files })).set_delay(self.jars_take)
            }
            ["jobs", "overview"] => {
                let one = |(id, j): (&String, &Job)| json!({ "jid": id, "name": "orders", "state": j.state });
                ok(200, json!({ "jobs": self.jobs.iter().map(one).collect::<Vec<_>>() }))
            }
            ["jobs", id, rest @ ..] => match self.jobs.get(*id) {
                None => error(
                    404,
                    &format!("org.apache.flink.runtime.rest.NotFoundException: Job {id} not found"),
                ),
                Some(job) => self.job(id, job, rest),
            },
            _ => error(404, "Unable to load requested file"),
        }
    }

    fn job(&self, id: &str, job: &Job, rest: &[&str]) -> ResponseTemplate {
        match rest {
            [] => {
                let tasks = json!({ "RUNNING": job.parallelism, "total": job.parallelism });
                let vertex = json!({ "id": "v", "name": "v", "parallelism": job.parallelism, "tasks": tasks });
                ok(
                    200,
                    json!({ "jid": id, "name": "orders", "state": job.state, "vertices": [vertex] }),
                )
            }
            ["checkpoints"] => {
                let newest = job.checkpoints.iter().max();
                let one = |n: &u64| {
                    json!({ "id": n, "status": "COMPLETED", "is_savepoint": false,
                    "trigger_timestamp": 1000 * n, "external_path": path_of(id, *n),
                    "discarded": Some(n) != newest })
                };
                let restored = job.restored.as_ref().map(|(n, path)| json!({ "id": n,
                    "restore_timestamp": 1000 * n + 1, "is_savepoint": false, "external_path": path }));
                let latest = json!({ "completed": newest.map(one), "savepoint": null, "restored": restored });
                let history: Vec<_> = job.checkpoints.iter().map(one).collect();
                ok(200, json!({ "counts": {}, "latest": latest, "history": history }))
            }
            ["checkpoints" | "savepoints", trigger] => match self.triggers.get(*trigger) {
                Some(t) => ok(200, t.clone()),
                None => error(404, "Operation not found under key"),
            },
            _ => error(404, "not found"),
        }
    }

    fn change(&mut self, method: &str, parts: &[&str], body: &Value) -> ResponseTemplate {
        match (method, parts) {
            ("POST", ["jobs", id, "checkpoints" | "savepoints"]) => {
                let Some(job) = self.jobs.get_mut(*id) else { return error(404, "Job not found") };
                let trigger = body["triggerId"].as_str().unwrap().to_owned();
                if !self.triggers.contains_key(&trigger) {
                    let n = job.checkpoints.iter().max().unwrap_or(&0) + 1;
                    job.checkpoints.push(n);
                    let done = json!({ "status": { "id": "COMPLETED" }, "operation": { "checkpointId": n } });
                    self.triggers.insert(trigger.clone(), done);
                }
                ok(202, json!({ "request-id": trigger }))
            }
            ("PATCH", ["jobs", id]) => match self.jobs.get_mut(*id) {
                None => error(404, "Job not found"),
                Some(job) if terminal(&job.state) => error(409, "already in a terminal state"),
                Some(job) => {
                    job.state = "CANCELED".into();
                    ok(202, json!({}))
                }
            },
            ("PUT", ["jobs", id, "resource-requirements"]) => match self.jobs.get_mut(*id) {
                None => error(404, "Job not found"),
                Some(job) => {
                    let upper = body["v"]["parallelism"]["upperBound"].as_u64();
                    let Some(n) = upper else { return error(400, "a vertex is missing") };
                    job.parallelism = n as u32;
                    ok(200, json!({}))
                }
            },
            ("POST", ["jars", _, "run"]) => self.run(body),
            _ => error(404, "not found"),
        }
    }

    fn run(&mut self, body: &Value) -> ResponseTemplate {
        let field = if self.version.starts_with("1.19") { "restoreMode" } else { "claimMode" };
        if body[field] != "NO_CLAIM" || body["allowNonRestoredState"] != false {
            return error(400, "Request did not match expected format JarRunRequestBody.");
        }
        let id = body["jobId"].as_str().unwrap().to_owned();
        if self.jobs.contains_key(&id) {
            return error(400, "DuplicateJobSubmissionException: Job has already been submitted.");
        }
        let path = body["savepointPath"].as_str().unwrap().to_owned();
        let n: u64 = path.rsplit('-').next().unwrap().parse().unwrap();
        let fails = self.poison.as_ref() == Some(&path);
        let state = if fails { "FAILED" } else { "RUNNING" };
        let restored = (!fails).then_some((n, path));
        let job = Job { state: state.into(), parallelism: 2, checkpoints: Vec::new(), restored };
        self.jobs.insert(id.clone(), job);
        match fails {
            true => error(400, "Could not execute\nCaused by: FileNotFoundException: Cannot find"),
            false => ok(200, json!({ "jobid": id })),
        }
    }
}
