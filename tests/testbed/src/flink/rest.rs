use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::net::request;
use crate::progress::Progress;

const POLL: Duration = Duration::from_millis(100);
pub const ENTRY_CLASS: &str = "bed.flink.Jobs";

/// The driver's own way to Flink, behind the gate.
#[derive(Debug, Clone)]
pub struct Rest {
    pub port: u16,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunningJob {
    pub id: String,
    pub state: String,
}

impl Rest {
    pub fn get(&self, path: &str) -> Result<Value> {
        request(self.port, "GET", path, None)
    }

    /// Whether a slot of the TaskManager is taken.
    pub fn has_work(&self, task_manager: &str) -> Result<bool> {
        let answer = self.get(&format!("/taskmanagers/{task_manager}"))?;
        let slots = |key: &str| answer[key].as_u64().with_context(|| format!("no {key}"));
        Ok(slots("freeSlots")? < slots("slotsNumber")?)
    }

    /// Until that many slots are registered.
    pub fn wait_slots(
        &self,
        slots: u32,
        within: Duration,
        progress: &Progress,
        mut alive: impl FnMut() -> Result<()>,
    ) -> Result<()> {
        let start = Instant::now();
        loop {
            let seen =
                self.get("/overview").ok().and_then(|overview| overview["slots-total"].as_u64());
            if seen == Some(u64::from(slots)) {
                return Ok(());
            }
            progress.check()?;
            alive()?;
            if start.elapsed() > within {
                bail!("Flink has {seen:?} of {slots} slots after {within:?}");
            }
            std::thread::sleep(POLL);
        }
    }

    /// Runs a job from a jar in the upload directory; the id of the run.
    pub fn run(&self, jar: &str, arguments: &[&str], restore: Option<&str>) -> Result<String> {
        let mut body = json!({ "entryClass": ENTRY_CLASS, "programArgsList": arguments });
        if let Some(path) = restore {
            body["savepointPath"] = json!(path);
        }
        let answer = request(self.port, "POST", &format!("/jars/{jar}/run"), Some(&body))?;
        Ok(answer["jobid"].as_str().context("no jobid in the answer")?.to_owned())
    }

    /// The newest run of that name.
    pub fn job(&self, name: &str) -> Result<RunningJob> {
        let overview = self.get("/jobs/overview")?;
        let runs = overview["jobs"].as_array().context("no jobs in the answer")?;
        let newest = runs
            .iter()
            .filter(|run| run["name"] == name)
            .max_by_key(|run| run["start-time"].as_i64())
            .with_context(|| format!("Flink has no job called {name}"))?;
        let text = |key: &str| newest[key].as_str().unwrap_or_default().to_owned();
        Ok(RunningJob { id: text("jid"), state: text("state") })
    }

    pub fn cancel(&self, id: &str, within: Duration) -> Result<()> {
        request(self.port, "PATCH", &format!("/jobs/{id}?mode=cancel"), None)?;
        let start = Instant::now();
        loop {
            let state = self.get(&format!("/jobs/{id}"))?["state"].clone();
            if state == "CANCELED" {
                return Ok(());
            }
            if start.elapsed() > within {
                bail!("job {id} is {state} and not CANCELED after {within:?}");
            }
            std::thread::sleep(POLL);
        }
    }

    /// Returns when the savepoint is there and the job has ended; the savepoint's path.
    pub fn stop_with_savepoint(&self, id: &str, within: Duration) -> Result<String> {
        let asked = request(
            self.port,
            "POST",
            &format!("/jobs/{id}/stop"),
            Some(&json!({ "drain": false })),
        )?;
        let trigger = asked["request-id"].as_str().context("no request-id in the answer")?;
        let start = Instant::now();
        loop {
            let answer = self.get(&format!("/jobs/{id}/savepoints/{trigger}"))?;
            // completed is also what failed
            if answer["status"]["id"] == "COMPLETED" {
                let path = answer["operation"]["location"].as_str();
                let failure = &answer["operation"]["failure-cause"]["class"];
                return Ok(path.with_context(|| format!("no savepoint: {failure}"))?.to_owned());
            }
            if start.elapsed() > within {
                bail!("job {id} has not stopped with a savepoint after {within:?}");
            }
            std::thread::sleep(POLL);
        }
    }

    /// Also of a job that has ended.
    pub fn last_checkpoint(&self, id: &str) -> Result<String> {
        let answer = self.get(&format!("/jobs/{id}/checkpoints"))?;
        let path = answer["latest"]["completed"]["external_path"].as_str();
        Ok(path.with_context(|| format!("job {id} has no completed checkpoint"))?.to_owned())
    }

    /// One subtask less for each vertex, or one more where it has only one; the adaptive scheduler's own way.
    pub fn rescale(&self, id: &str) -> Result<()> {
        let path = format!("/jobs/{id}/resource-requirements");
        let mut wanted = self.get(&path)?;
        for vertex in wanted.as_object_mut().context("no requirements in the answer")?.values_mut()
        {
            let upper = &mut vertex["parallelism"]["upperBound"];
            *upper = json!(match upper.as_u64().context("no upperBound")? {
                1 => 2,
                n => n - 1,
            });
        }
        request(self.port, "PUT", &path, Some(&wanted)).map(drop)
    }

    /// How many subtasks run a vertex whose name has this in it.
    pub fn parallelism(&self, id: &str, operator: &str) -> Result<u32> {
        let job = self.get(&format!("/jobs/{id}"))?;
        let vertices = job["vertices"].as_array().context("no vertices in the answer")?;
        let vertex = vertices
            .iter()
            .find(|v| v["name"].as_str().is_some_and(|name| name.contains(operator)));
        let parallelism = vertex.and_then(|v| v["parallelism"].as_u64());
        Ok(parallelism.with_context(|| format!("job {id} has no vertex {operator}"))? as u32)
    }
}
