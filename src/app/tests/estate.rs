//! A JobManager and its metrics: one job, of which a subtask is stuck. It answers as Flink 1.20.5
//! does, carries nothing out, and keeps what it was asked.

use super::broker::{Broker, TOPICS};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use streamwarden_core::estate::{Millis, Span};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

pub const RUN: &str = "000000000000000000000000000000a1";
pub const JOB: &str = "pay-risk";
const TM: &str = "tm-1";
/// Vertices with their parallelism, in the order of the flow.
const VERTICES: [(&str, &str, u32); 2] = [
    ("f362c87ffabe89c8a91fa7d0a523ba6c", "Source: payments", 1),
    ("857f407b0f317b9a9f938362a2c2d026", "score -> out", 2),
];

/// Texts of its owners, put into every place where Flink hands such a text on.
#[derive(Clone, Debug, Default)]
pub struct Texts {
    /// Of `/jobmanager/config`: key and value.
    pub cluster: Vec<(String, String)>,
    /// Of the job's own configuration.
    pub job: Vec<(String, String)>,
    /// The text of the exception that it failed of a while ago.
    pub exception: String,
    /// What an operator is called in the plan.
    pub description: String,
    /// Value of a label of its metrics.
    pub label: String,
    /// Its JobManager has nothing to complain of, and its checkpoints go on: what is wrong is told
    /// by its own metrics alone.
    pub only_its_own_word: bool,
    /// What is asked of it is carried out, and a submission refused with this text.
    pub refuses: Option<String>,
    /// Asked for its jars it says nothing for half a minute.
    pub jars_hang: bool,
}

pub struct Estate {
    pub server: MockServer,
    pub kafka: Broker,
}

impl Estate {
    pub async fn start(texts: Texts) -> Estate {
        let server = MockServer::builder().start().await;
        let stopped = AtomicBool::new(false);
        let fake = Fake { began: crate::clock::now(), texts, stopped };
        Mock::given(any()).respond_with(fake).mount(&server).await;
        Estate { server, kafka: Broker::start().await }
    }

    pub fn url(&self) -> String {
        self.server.uri()
    }

    /// What a configuration says of it; `cluster` and `kafka` stand below its entries.
    pub fn yaml(&self, cluster: &str, kafka: &str) -> String {
        let (url, [from, to]) = (self.url(), TOPICS);
        let broker = &self.kafka.address;
        format!(
            "flink:\n  - name: prod\n    rest: {url}\n    prometheus: [{url}/metrics]\n    kafka: kafka\n\
             {cluster}kafka:\n  - name: kafka\n    bootstrap: [\"{broker}\"]\n{kafka}\
             edges: [{{ job: {JOB}, writes: {to} }}]\n\
             slas: [{{ edge: {{ topic: {from}, job: {JOB} }}, target: 5s }}]\n"
        )
    }

    /// Everything that it was asked: method and path.
    pub async fn asked(&self) -> Vec<(String, String)> {
        let all = self.server.received_requests().await.unwrap();
        all.iter().map(|r| (r.method.to_string(), r.url.path().to_owned())).collect()
    }

    /// What would have changed something.
    pub async fn changed(&self) -> Vec<(String, String)> {
        let all = self.asked().await;
        all.into_iter().filter(|(method, _)| method != "GET" && method != "HEAD").collect()
    }
}

struct Fake {
    began: Millis,
    texts: Texts,
    /// Somebody cancelled its job.
    stopped: AtomicBool,
}

impl Respond for Fake {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let path = request.url.path().trim_matches('/').to_owned();
        let parts: Vec<&str> = path.split('/').collect();
        if request.method.as_str() != "GET" {
            if let Some(text) = &self.texts.refuses {
                return self.change(request, &parts, text);
            }
            // taken, and nothing comes of it
            return ResponseTemplate::new(202).set_body_json(json!({ "request-id": "0f" }));
        }
        if parts == ["metrics"] {
            return ResponseTemplate::new(200).set_body_string(self.metrics());
        }
        match self.get(&parts) {
            Some(body) => {
                let hangs = self.texts.jars_hang && parts == ["jars"];
                let delay = Duration::from_secs(if hangs { 30 } else { 0 });
                ResponseTemplate::new(200).set_body_json(body).set_delay(delay)
            }
            None => ResponseTemplate::new(404).set_body_json(json!({ "errors": ["Not found."] })),
        }
    }
}

fn entries(of: &[(String, String)]) -> Vec<Value> {
    of.iter().map(|(key, value)| json!({ "key": key, "value": value })).collect()
}

impl Fake {
    fn started(&self) -> i64 {
        (self.began - Span::secs(3600)).0
    }

    fn get(&self, parts: &[&str]) -> Option<Value> {
        let now = crate::clock::now().0;
        let tasks = json!({ "running": 3, "total": 3 });
        let state = self.state();
        Some(match parts {
            ["jobs", RUN, "checkpoints", trigger] if *trigger != "config" => {
                let text = &self.texts.exception;
                json!({ "status": { "id": "COMPLETED" }, "operation": {
                    "failure-cause": { "class": "x.Failed", "stack-trace": text } } })
            }
            ["config"] => {
                json!({ "flink-version": "1.20.5", "timezone-offset": 0, "features": {} })
            }
            ["overview"] => json!({ "taskmanagers": 1, "slots-total": 4, "slots-available": 2,
                "jobs-running": 1, "jobs-finished": 0, "jobs-cancelled": 0, "jobs-failed": 0,
                "flink-version": "1.20.5", "flink-commit": "x" }),
            ["jobmanager", "config"] => {
                let mut all = entries(&self.texts.cluster);
                all.push(json!({ "key": "web.tmpdir", "value": "/tmp/flink-web-5508b609" }));
                json!(all)
            }
            ["taskmanagers"] => json!({ "taskmanagers": [{ "id": TM, "path": "pekko://flink/x",
                "dataPort": 1, "jmxPort": -1, "timeSinceLastHeartbeat": now, "slotsNumber": 4,
                "freeSlots": 2, "hardware": { "cpuCores": 2 } }] }),
            ["jobs", "overview"] => json!({ "jobs": [{ "jid": RUN, "name": JOB, "state": state,
                "start-time": self.started(), "end-time": -1, "duration": 3_600_000,
                "last-modification": self.started(), "tasks": tasks }] }),
            ["jobs", RUN] => self.job(now),
            ["jobs", RUN, "config"] => {
                let user: serde_json::Map<String, Value> =
                    self.texts.job.iter().map(|(k, v)| (k.clone(), json!(v))).collect();
                json!({ "jid": RUN, "name": JOB, "execution-config": { "job-parallelism": 1,
                    "user-config": user } })
            }
            ["jobs", RUN, "checkpoints", "config"] => json!({ "mode": "exactly_once",
                "interval": 2000, "timeout": 600_000,
                "externalization": { "enabled": true, "delete_on_cancellation": false } }),
            ["jobs", RUN, "checkpoints"] => {
                let at = match self.texts.only_its_own_word {
                    true => now - 1000,
                    false => (self.began - Span::secs(120)).0,
                };
                let done = json!({ "className": "completed", "id": 17, "status": "COMPLETED",
                    "is_savepoint": false, "trigger_timestamp": at, "latest_ack_timestamp": at + 5,
                    "state_size": 10, "checkpointed_size": 10, "end_to_end_duration": 5,
                    "num_subtasks": 3, "num_acknowledged_subtasks": 3, "tasks": {},
                    "external_path": format!("file:/state/{RUN}/chk-17"), "discarded": false });
                json!({ "counts": { "restored": 0, "total": 17, "in_progress": 0, "completed": 17,
                    "failed": 0 }, "latest": { "completed": done, "restored": null },
                    "history": [done] })
            }
            ["jobs", RUN, "exceptions"] if !self.texts.exception.is_empty() => {
                let at = (self.began - Span::secs(30)).0;
                let text = &self.texts.exception;
                json!({ "root-exception": text, "timestamp": at, "exceptionHistory": { "entries": [
                    { "exceptionName": "x.Failed", "stacktrace": text, "timestamp": at,
                      "taskName": VERTICES[1].1, "endpoint": "h:1" }], "truncated": false } })
            }
            ["jobs", RUN, "exceptions"] => {
                json!({ "exceptionHistory": { "entries": [], "truncated": false } })
            }
            ["jobs", RUN, "vertices", vertex] => {
                let of = VERTICES.iter().find(|v| v.0 == *vertex)?;
                let one = |i| {
                    json!({ "subtask": i, "status": "RUNNING", "attempt": 0,
                    "taskmanager-id": TM })
                };
                json!({ "id": of.0, "subtasks": (0..of.2).map(one).collect::<Vec<_>>() })
            }
            ["jars"] => json!({ "address": "x", "files": [
                { "id": "1_job.jar", "name": "job.jar", "uploaded": 1, "entry": [] }] }),
            _ => return None,
        })
    }

    fn state(&self) -> &'static str {
        if self.stopped.load(Ordering::SeqCst) { "CANCELED" } else { "RUNNING" }
    }

    fn change(&self, request: &Request, parts: &[&str], refuses: &str) -> ResponseTemplate {
        let body: Value = serde_json::from_slice(&request.body).unwrap_or(Value::Null);
        match parts {
            ["jobs", RUN, "checkpoints"] => {
                ResponseTemplate::new(202).set_body_json(json!({ "request-id": body["triggerId"] }))
            }
            ["jobs", RUN] => {
                self.stopped.store(true, Ordering::SeqCst);
                ResponseTemplate::new(202).set_body_json(json!({}))
            }
            ["jars", ..] => {
                ResponseTemplate::new(400).set_body_json(json!({ "errors": [refuses] }))
            }
            _ => ResponseTemplate::new(422).set_body_string(refuses),
        }
    }

    fn job(&self, now: i64) -> Value {
        let vertex = |v: &(&str, &str, u32)| {
            json!({ "id": v.0, "name": v.1, "maxParallelism": 128,
            "parallelism": v.2, "status": "RUNNING", "start-time": self.started(), "end-time": -1,
            "tasks": { "RUNNING": v.2 } })
        };
        let node = |i: usize| {
            let (id, name, parallelism) = VERTICES[i];
            let input = |j: usize| {
                json!({ "num": 0, "id": VERTICES[j].0,
                "ship_strategy": "HASH", "exchange": "pipelined_bounded" })
            };
            let inputs: Vec<Value> = i.checked_sub(1).map(input).into_iter().collect();
            let description = format!("{name} {}", self.texts.description);
            json!({ "id": id, "parallelism": parallelism, "operator": "",
                "description": description, "inputs": inputs })
        };
        json!({ "jid": RUN, "name": JOB, "state": self.state(), "job-type": "STREAMING",
            "start-time": self.started(), "end-time": -1, "now": now, "maxParallelism": -1,
            "vertices": VERTICES.iter().map(vertex).collect::<Vec<_>>(),
            "plan": { "jid": RUN, "name": JOB, "nodes": [node(1), node(0)] } })
    }

    /// The second subtask is busy with one record, and holds back what comes before it.
    fn metrics(&self) -> String {
        let mut out = String::new();
        let label = &self.texts.label;
        let tm = format!("host=\"{label}\",tm_id=\"{TM}\"");
        let of_tm = [("JVM_GarbageCollector_All_Time", 397.0), ("JVM_Memory_Heap_Used", 1e8)];
        for (name, value) in of_tm {
            out += &format!("flink_taskmanager_Status_{name}{{{tm},}} {value}\n");
        }
        for (v, (id, name, parallelism)) in VERTICES.iter().enumerate() {
            for i in 0..*parallelism {
                // shares of its time
                let (busy, held) = match (v, i) {
                    (0, _) => (0.0, 1.0),
                    (_, 1) => (1.0, 0.0),
                    _ => (0.0, 0.0),
                };
                let ran = (crate::clock::now().0 - self.started()) as f64;
                for (metric, value) in [
                    ("accumulateBusyTimeMs", ran * busy),
                    ("accumulateBackPressuredTimeMs", ran * held),
                    ("accumulateIdleTimeMs", ran * (1.0 - busy - held)),
                    ("isBackPressured", held),
                    ("numRecordsIn", 5000.0),
                    ("numRecordsOut", 5000.0),
                ] {
                    out += &format!(
                        "flink_taskmanager_job_task_{metric}{{{tm},job_id=\"{RUN}\",job_name=\"{JOB}\",\
                         task_id=\"{id}\",task_name=\"{name}\",task_attempt_id=\"a_{v}_{i}\",\
                         task_attempt_num=\"0\",subtask_index=\"{i}\",}} {value}\n"
                    );
                }
            }
        }
        out + &self.clients(&tm)
    }

    /// Its source stands where it stood; its sink is connected and not throttled.
    fn clients(&self, tm: &str) -> String {
        let mut out = String::new();
        let mut line = |vertex: usize, index: u32, name: &str, more: &str, value: f64| {
            let (id, task, _) = VERTICES[vertex];
            let operator = ["Source: payments", "out: Writer"][vertex];
            out += &format!(
                "flink_taskmanager_job_task_operator_{name}{{{tm},job_id=\"{RUN}\",job_name=\"{JOB}\",\
                 task_id=\"{id}\",task_name=\"{task}\",task_attempt_id=\"a_{vertex}_{index}\",\
                 task_attempt_num=\"0\",subtask_index=\"{index}\",operator_id=\"{vertex}\",\
                 operator_name=\"{operator}\"{more},}} {value}\n"
            );
        };
        let partition = format!(",topic=\"{}\",partition=\"0\"", TOPICS[0]);
        let at = "KafkaSourceReader_topic_partition_currentOffset";
        line(0, 0, at, &partition, 9_000.0);
        line(0, 0, "KafkaSourceReader_KafkaConsumer_connection_count", "", 2.0);
        for index in 0..VERTICES[1].2 {
            line(1, index, "KafkaProducer_connection_count", "", 2.0);
            line(1, index, "KafkaProducer_produce_throttle_time_max", "", 0.0);
        }
        out
    }
}
