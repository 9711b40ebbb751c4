//! A JobManager as its REST interface shows it, and the jobs behind it.

use super::{BY_ITSELF, Shared};
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{Method, StatusCode, Uri};
use axum::response::{IntoResponse, Json, Response};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};
use streamwarden::clock;

/// Since Kafka went: a job's client gives up, and its restart strategy after it.
const RESTARTS: Duration = Duration::from_secs(1);
const FAILS: Duration = Duration::from_secs(5);
const EACH_MS: i64 = 2000;
/// Records that a running job writes, per second.
const WRITES: i64 = 100;

#[derive(Debug)]
pub struct Run {
    name: String,
    /// By itself it goes on once Kafka is back.
    tough: bool,
    state: &'static str,
    start: i64,
    end: Option<i64>,
    /// When its newest checkpoint was triggered, and its number.
    checkpoint: (i64, u64),
    restored: Option<(u64, String)>,
    failed_at: Option<i64>,
}

#[derive(Debug, Default)]
pub struct JobManager {
    n: usize,
    pub asked: u64,
    runs: BTreeMap<String, Run>,
    /// End offsets by topic, and when they were counted.
    ends: BTreeMap<String, (i64, i64)>,
    /// Runs whose checkpoints, and whose configuration of them, were asked for.
    known: BTreeSet<(String, bool)>,
    down_since: Option<Instant>,
    pub submitted: Vec<(String, Instant)>,
    /// What must never be.
    pub wrong: Vec<String>,
}

pub fn name_of(job: usize) -> String {
    format!("job-{job:03}")
}

pub fn topic_of(name: &str) -> String {
    name.replace("job", "topic")
}

impl JobManager {
    pub fn new(n: usize, jobs: impl Iterator<Item = usize>) -> JobManager {
        let now = clock::now().0;
        let mut jm = JobManager { n, ..JobManager::default() };
        for job in jobs {
            let run = Run {
                name: name_of(job),
                tough: job.is_multiple_of(BY_ITSELF),
                state: "RUNNING",
                start: now - 3_600_000,
                end: None,
                checkpoint: (now - EACH_MS, 1000),
                restored: None,
                failed_at: None,
            };
            jm.ends.insert(topic_of(&run.name), (1_000_000, now));
            jm.runs.insert(format!("{job:032x}"), run);
        }
        jm
    }

    /// Somebody has read all that a plan needs.
    pub fn is_known(&self) -> bool {
        self.known.len() >= 2 * self.runs.len()
    }

    pub fn topics(&self) -> Vec<String> {
        self.ends.keys().cloned().collect()
    }

    pub fn kafka_is(&mut self, up: bool) {
        self.settle();
        self.down_since = (!up).then(Instant::now);
        let now = clock::now().0;
        for run in self.runs.values_mut().filter(|r| up && r.state == "RESTARTING") {
            (run.state, run.checkpoint.0) = ("RUNNING", now);
        }
    }

    pub fn down(&self) -> Vec<String> {
        let lives = |name: &str| {
            self.runs.values().any(|r| r.name == name && r.end.is_none() && r.state == "RUNNING")
        };
        let mut names: Vec<String> = self.runs.values().map(|r| r.name.clone()).collect();
        names.sort();
        names.dedup();
        names.retain(|n| !lives(n));
        names
    }

    pub fn end_offset(&mut self, topic: &str) -> Option<i64> {
        self.settle();
        self.ends.get(topic).map(|(end, _)| *end)
    }

    /// What has become of the jobs meanwhile.
    fn settle(&mut self) {
        let now = clock::now().0;
        let down = self.down_since.map(|t| t.elapsed());
        for run in self.runs.values_mut() {
            match (run.state, down) {
                ("RUNNING", None) => {
                    let topic = topic_of(&run.name);
                    if let Some((end, at)) = self.ends.get_mut(&topic) {
                        *end += WRITES * (now - *at) / 1000;
                    }
                    let more = (now - run.checkpoint.0) / EACH_MS;
                    run.checkpoint.0 += more * EACH_MS;
                    run.checkpoint.1 += more as u64;
                }
                ("RUNNING", Some(d)) if d >= RESTARTS => {
                    (run.state, run.failed_at) = ("RESTARTING", Some(now));
                }
                ("RESTARTING", Some(d)) if d >= FAILS && !run.tough => {
                    (run.state, run.end, run.failed_at) = ("FAILED", Some(now), Some(now));
                }
                _ => {}
            }
        }
        self.ends.values_mut().for_each(|(_, at)| *at = now);
    }

    fn overview(&self) -> Value {
        let now = clock::now().0;
        let one = |(id, r): (&String, &Run)| {
            let mut tasks = tasks(r.state);
            tasks["total"] = json!(1);
            json!({ "jid": id, "name": r.name, "start-time": r.start, "end-time": r.end.unwrap_or(-1),
                "duration": r.end.unwrap_or(now) - r.start, "state": r.state,
                "last-modification": r.failed_at.unwrap_or(r.start), "tasks": tasks })
        };
        json!({ "jobs": self.runs.iter().map(one).collect::<Vec<_>>() })
    }

    fn get(&self, parts: &[&str]) -> Option<Value> {
        let slots = self.runs.len() as u64 + 8;
        Some(match parts {
            ["config"] => {
                json!({ "flink-version": "1.20.5", "flink-revision": "0980485 @ 2026-06-08T09:21:06+02:00" })
            }
            ["overview"] => {
                let used = self.runs.values().filter(|r| r.state == "RUNNING").count() as u64;
                json!({ "taskmanagers": 1, "slots-total": slots, "slots-available": slots - used,
                    "flink-version": "1.20.5", "flink-commit": "0980485" })
            }
            ["jobs", "overview"] => self.overview(),
            ["jobmanager", "config"] => {
                json!([{ "key": "high-availability.type", "value": "NONE" }])
            }
            ["taskmanagers"] => json!({ "taskmanagers": [{ "id": format!("tm-{}", self.n),
                "path": format!("pekko.tcp://flink@127.0.0.1:{}/user/rpc/taskmanager_0", 41000 + self.n),
                "dataPort": 36000 + self.n, "timeSinceLastHeartbeat": clock::now().0,
                "slotsNumber": slots, "freeSlots": 8, "hardware": { "cpuCores": 4, "physicalMemory": 1 << 30 } }] }),
            ["jars"] => {
                json!({ "address": "x", "files": [{ "id": "1_job.jar", "name": "job.jar", "uploaded": 1, "entry": [] }] })
            }
            [.., "metrics"] => json!([]),
            ["jobs", id, rest @ ..] => self.job(id, self.runs.get(*id)?, rest)?,
            _ => return None,
        })
    }

    fn job(&self, id: &str, run: &Run, rest: &[&str]) -> Option<Value> {
        let now = clock::now().0;
        Some(match rest {
            [] => json!({ "jid": id, "name": run.name, "state": run.state, "start-time": run.start,
                "end-time": run.end.unwrap_or(-1), "duration": 1, "maxParallelism": 128, "now": now,
                "vertices": [{ "id": "a".repeat(32), "name": "Source: gen -> Sink: kafka", "maxParallelism": 128,
                    "parallelism": 1, "status": if run.state == "RUNNING" { "RUNNING" } else { "FAILED" },
                    "tasks": upper(&tasks(run.state)) }],
                "plan": { "jid": id, "name": run.name, "type": "STREAMING", "nodes": [{ "id": "a".repeat(32),
                    "parallelism": 1, "operator": "", "operator_strategy": "", "description": "Source: gen" }] } }),
            ["config"] => {
                json!({ "jid": id, "name": run.name, "execution-config": { "user-config": {} } })
            }
            ["checkpoints", "config"] => {
                json!({ "mode": "exactly_once", "interval": EACH_MS, "timeout": 600_000,
                "min_pause": 0, "max_concurrent": 1, "externalization": { "enabled": true, "delete_on_cancellation": false },
                "state_backend": "HashMapStateBackend", "checkpoint_storage": "FileSystemCheckpointStorage" })
            }
            ["checkpoints"] => self.checkpoints(id, run),
            ["exceptions"] => {
                let text = "org.apache.kafka.common.errors.TimeoutException: Topic not present in metadata after 60000 ms.\n\tat org.apache.kafka.clients.producer.KafkaProducer.send(KafkaProducer.java:1)";
                let entry = |at: &i64| {
                    json!({ "timestamp": at, "stacktrace": text,
                    "exceptionName": "org.apache.kafka.common.errors.TimeoutException" })
                };
                json!({ "exceptionHistory": { "entries": run.failed_at.iter().map(entry).collect::<Vec<_>>(), "truncated": false } })
            }
            ["vertices", _] => {
                json!({ "id": "a".repeat(32), "name": "x", "subtasks": [{ "subtask": 0,
                "status": run.state, "endpoint": "127.0.0.1:1", "taskmanager-id": format!("tm-{}", self.n) }] })
            }
            _ => return None,
        })
    }

    fn checkpoints(&self, id: &str, run: &Run) -> Value {
        let (at, newest) = run.checkpoint;
        let one = |back: u64| {
            let at = at - back as i64 * EACH_MS;
            json!({ "id": newest - back, "status": "COMPLETED", "is_savepoint": false,
                "trigger_timestamp": at, "latest_ack_timestamp": at + 50, "end_to_end_duration": 50,
                "state_size": 1000, "external_path": path_of(id, newest - back), "discarded": back > 0 })
        };
        let taken: Vec<Value> = (0..5)
            .filter(|b| newest > *b && at - *b as i64 * EACH_MS > run.start)
            .map(one)
            .collect();
        let restored = run.restored.as_ref().map(|(n, path)| {
            json!({ "id": n,
            "restore_timestamp": run.start, "is_savepoint": false, "external_path": path })
        });
        json!({ "counts": { "completed": newest, "failed": 0, "in_progress": 0, "restored": 0 },
            "latest": { "completed": taken.first(), "savepoint": null, "restored": restored },
            "history": taken })
    }

    fn submit(&mut self, body: &Value) -> (StatusCode, Value) {
        let id = body["jobId"].as_str().unwrap_or_default().to_owned();
        let path = body["savepointPath"].as_str().unwrap_or_default().to_owned();
        if self.runs.contains_key(&id) {
            return (
                StatusCode::BAD_REQUEST,
                json!({ "errors": ["DuplicateJobSubmissionException: Job has already been submitted."] }),
            );
        }
        let from = self.runs.iter().find(|(id, r)| path == path_of(id, r.checkpoint.1));
        let Some((_, old)) = from else {
            self.wrong.push(format!("{path} is the newest checkpoint of no run"));
            return (
                StatusCode::BAD_REQUEST,
                json!({ "errors": ["FileNotFoundException: Cannot find"] }),
            );
        };
        let (name, newest, now) = (old.name.clone(), old.checkpoint.1, clock::now().0);
        if self.down_since.is_some() {
            self.wrong.push(format!("{name} was started in the storm"));
        }
        if self.runs.values().any(|r| r.name == name && r.end.is_none()) {
            self.wrong.push(format!("{name} runs twice"));
        }
        let run = Run {
            name: name.clone(),
            tough: true,
            state: "RUNNING",
            start: now,
            end: None,
            checkpoint: (now, newest),
            restored: Some((newest, path)),
            failed_at: None,
        };
        self.runs.insert(id.clone(), run);
        self.submitted.push((name, Instant::now()));
        (StatusCode::OK, json!({ "jobid": id }))
    }
}

fn path_of(id: &str, n: u64) -> String {
    format!("s3://state/{id}/chk-{n}")
}

fn tasks(state: &str) -> Value {
    let running = u32::from(state == "RUNNING");
    json!({ "running": running, "failed": u32::from(state == "FAILED"), "created": 0,
        "scheduled": 0, "deploying": 0, "canceled": u32::from(state == "RESTARTING"), "initializing": 0 })
}

fn upper(tasks: &Value) -> Value {
    tasks.as_object().unwrap().iter().map(|(k, v)| (k.to_uppercase(), v.clone())).collect()
}

/// Its address.
pub async fn serve(world: &Shared, jm: JobManager) -> String {
    let n = jm.n;
    world.lock().unwrap().jms.push(jm);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let app = Router::new().fallback(answer).with_state((world.clone(), n));
    tokio::spawn(async move { axum::serve(listener, app).await });
    address
}

async fn answer(
    State((world, n)): State<(Shared, usize)>,
    method: Method,
    uri: Uri,
    body: Bytes,
) -> Response {
    let mut world = world.lock().unwrap();
    let jm = &mut world.jms[n];
    jm.settle();
    let parts: Vec<&str> = uri.path().trim_matches('/').split('/').collect();
    if parts == ["metrics"] {
        // its TaskManager's reporter
        let name = "flink_taskmanager_Status_JVM_Memory_Heap_Used";
        let tm = format!("{{host=\"127.0.0.1\",tm_id=\"tm-{n}\"}}");
        return format!("# TYPE {name} gauge\n{name}{tm} 100000000\n").into_response();
    }
    jm.asked += 1;
    if let ["jobs", id, "checkpoints", rest @ ..] = &parts[..] {
        jm.known.insert(((*id).to_owned(), rest.is_empty()));
    }
    if method == Method::GET {
        return match jm.get(&parts) {
            Some(found) => Json(found).into_response(),
            None => {
                (StatusCode::NOT_FOUND, Json(json!({ "errors": ["not found"] }))).into_response()
            }
        };
    }
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    match (method, &parts[..]) {
        (Method::POST, ["jars", _, "run"]) => {
            let (code, said) = jm.submit(&body);
            (code, Json(said)).into_response()
        }
        (method, _) => {
            jm.wrong.push(format!("{method} {uri}"));
            StatusCode::NOT_FOUND.into_response()
        }
    }
}
