//! Asking the running process over its API.

use super::Failure;
use crate::collect::http::{HttpAccess, ReadClient};
use crate::config::did_you_mean;
use crate::web::view::JobList;
use serde::de::DeserializeOwned;
use std::time::Duration;
use streamwarden_core::estate::{GapReason, plain};

/// The process answers from memory: what takes longer will not come.
const DEADLINE: Duration = Duration::from_secs(10);
const CAP: u64 = 64 << 20;

pub struct Server {
    base: String,
    client: ReadClient,
}

impl Server {
    pub fn new(base: &str) -> Result<Server, Failure> {
        let base = if base.contains("://") { base.to_owned() } else { format!("http://{base}") };
        let client = ReadClient::new(HttpAccess::default())
            .map_err(|e| Failure::new(e.to_string(), "check this machine's TLS set-up"))?;
        Ok(Server { base: base.trim_end_matches('/').to_owned(), client })
    }

    pub fn base(&self) -> &str {
        &self.base
    }

    /// `path` begins behind `/api/v1/`.
    pub async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Failure> {
        let url = format!("{}/api/v1/{path}", self.base);
        let answer = self.client.get_json(&url, DEADLINE, CAP).await;
        answer.map(|(value, _)| value).map_err(|reason| self.failed(&reason))
    }

    /// About one job: one that is not known gets the nearest that is.
    pub async fn get_of_job<T: DeserializeOwned>(
        &self,
        path: &str,
        job: &str,
    ) -> Result<T, Failure> {
        let url = format!("{}/api/v1/{path}", self.base);
        match self.client.get_json(&url, DEADLINE, CAP).await {
            Ok((value, _)) => Ok(value),
            Err(GapReason::Status { code: 400..=499 }) => Err(self.no_such_job(job).await),
            Err(reason) => Err(self.failed(&reason)),
        }
    }

    async fn no_such_job(&self, job: &str) -> Failure {
        let known: JobList = match self.get("jobs?limit=1000").await {
            Ok(known) => known,
            Err(failure) => return failure,
        };
        let same: Vec<&str> =
            known.jobs.iter().filter(|j| j.name == job).map(|j| j.id.as_str()).collect();
        if same.len() > 1 {
            let todo = format!("give one of {}", plain(&same.join(", ")));
            return Failure::new(format!("several jobs are named `{}`", plain(job)), todo);
        }
        let nearest = did_you_mean(job, known.jobs.iter().map(|j| j.name.as_str()));
        Failure::new(format!("no job is named `{}`", plain(job)), plain(&nearest).into_owned())
    }

    fn failed(&self, reason: &GapReason) -> Failure {
        let base = plain(&self.base).into_owned();
        let start = "start it with `streamwarden serve`, or say where it is with --server URL";
        match reason {
            GapReason::Unreachable { .. } => {
                Failure::new(format!("nothing answers at {base}: is streamwarden running?"), start)
            }
            GapReason::TimedOut { after_ms } => Failure::new(
                format!("{base} did not answer within {} s", after_ms / 1000),
                "look at its log; `curl -m 5 <address>/healthz` tells if it lives",
            ),
            GapReason::Status { code } => Failure::new(
                format!("{base} answered {code}"),
                format!("is this streamwarden, in the same version as this command? {start}"),
            ),
            other => Failure::new(
                format!("{base} is no streamwarden: {}", crate::tasks::say(other)),
                format!("is this streamwarden, in the same version as this command? {start}"),
            ),
        }
    }
}

/// A value in a query string.
pub fn encode(value: &str) -> String {
    let keep = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'~');
    value
        .bytes()
        .map(|b| if keep(b) { char::from(b).to_string() } else { format!("%{b:02X}") })
        .collect()
}
