//! Asking the running process over its API.

use super::Failure;
use crate::collect::http::{HttpAccess, ReadClient};
use crate::config::did_you_mean;
use crate::dial::Auth;
use crate::notify::{PostClient, PostError};
use crate::secret::Secret;
use crate::web::view::{ApiError, JobList};
use crate::web::view_incident::{IncidentList, IncidentView};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::path::Path;
use std::time::Duration;
use streamwarden_core::estate::{GapReason, plain};

/// The process answers from memory: what takes longer will not come.
const DEADLINE: Duration = Duration::from_secs(10);
const CAP: u64 = 64 << 20;

/// A request that was not taken.
pub struct NotTaken {
    pub failure: Failure,
    /// It is not the request: the server, or what it keeps its data in, does not work.
    pub down: bool,
}

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
        match self.client.get_json(&url, DEADLINE, CAP).await {
            Ok((value, _)) => Ok(value),
            Err(reason @ GapReason::Status { code: 503 }) => {
                Err(self.refused(&url).await.unwrap_or_else(|| self.failed(&reason)))
            }
            Err(reason) => Err(self.failed(&reason)),
        }
    }

    /// In its own words what it cannot do, and what to do about it.
    async fn refused(&self, url: &str) -> Option<Failure> {
        let body = self.client.get_refusal(url, DEADLINE, CAP).await?;
        let told: ApiError = serde_json::from_slice(&body).ok()?;
        let todo = in_commands(told.todo.as_deref().unwrap_or_default());
        Some(Failure::new(plain(&told.error).into_owned(), plain(&todo).into_owned()))
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

    /// By its id or the beginning of one.
    pub async fn get_of_incident(&self, id: &str) -> Result<IncidentView, Failure> {
        let url = format!("{}/api/v1/incident?id={}", self.base, encode(id));
        match self.client.get_json(&url, DEADLINE, CAP).await {
            Ok((view, _)) => Ok(view),
            Err(GapReason::Status { code: 400 | 404 }) => Err(self.no_such_incident(id).await),
            Err(reason) => Err(self.failed(&reason)),
        }
    }

    /// A list as a whole, or of one incident: one that is not known is told with the nearest.
    pub async fn get_list<T: DeserializeOwned>(
        &self,
        list: &str,
        incident: Option<&str>,
    ) -> Result<T, Failure> {
        let Some(id) = incident else { return self.get(list).await };
        let known = self.get_of_incident(id).await?;
        self.get(&format!("{list}?incident={}", encode(&known.row.id))).await
    }

    /// About one thing: one that is not known is told by `unknown`.
    pub async fn get_known<T: DeserializeOwned>(
        &self,
        path: &str,
        unknown: impl FnOnce() -> Failure,
    ) -> Result<T, Failure> {
        let url = format!("{}/api/v1/{path}", self.base);
        match self.client.get_json(&url, DEADLINE, CAP).await {
            Ok((value, _)) => Ok(value),
            Err(GapReason::Status { code: 400 | 404 }) => Err(unknown()),
            Err(reason) => Err(self.failed(&reason)),
        }
    }

    /// What names people needs the bearer token, too.
    pub async fn get_with<T: DeserializeOwned>(
        &self,
        path: &str,
        token: Secret,
    ) -> Result<T, Failure> {
        let access = HttpAccess { auth: Some(Auth::Bearer(token)), ..HttpAccess::default() };
        let client = ReadClient::new(access)
            .map_err(|e| Failure::new(e.to_string(), "check this machine's TLS set-up"))?;
        let url = format!("{}/api/v1/{path}", self.base);
        match client.get_json(&url, DEADLINE, CAP).await {
            Ok((value, _)) => Ok(value),
            Err(GapReason::NoRights { .. } | GapReason::Status { code: 401 | 403 }) => {
                let error = format!("{} does not take this token", plain(&self.base));
                let todo = "it is one of `users` of its configuration, and not over";
                Err(Failure::new(error, todo))
            }
            Err(reason) => Err(self.failed(&reason)),
        }
    }

    async fn no_such_incident(&self, id: &str) -> Failure {
        let known: IncidentList = match self.get("incidents?state=all&limit=1000").await {
            Ok(known) => known,
            Err(failure) => return failure,
        };
        let all = known.incidents.iter().map(|r| r.id.as_str());
        let several: Vec<&str> = all.filter(|i| i.starts_with(id)).collect();
        let todo = match several.as_slice() {
            [] => "`streamwarden incidents --all` names those that are known".to_owned(),
            _ => format!("give more of one of {}", plain(&several.join(", "))),
        };
        Failure::new(format!("no incident is `{}`", plain(id)), todo)
    }

    /// What changes something needs the bearer token.
    pub async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        token: &Secret,
        body: &impl Serialize,
    ) -> Result<T, Failure> {
        self.try_post(path, token, body).await.map_err(|r| r.failure)
    }

    /// Tells a server that does not work from one that does not want it.
    pub async fn try_post<T: DeserializeOwned>(
        &self,
        path: &str,
        token: &Secret,
        body: &impl Serialize,
    ) -> Result<T, NotTaken> {
        let down = |failure| NotTaken { failure, down: true };
        let broken = |e: &dyn std::fmt::Display| {
            down(Failure::new(e.to_string(), "run it again; if it stays so, this is a bug"))
        };
        let client = PostClient::new(Some(token.clone()), None).map_err(|e| broken(&e))?;
        let json = serde_json::to_string(body).map_err(|e| broken(&e))?;
        let url = format!("{}/api/v1/{path}", self.base);
        let answer = match client.post(&url, None, json).await {
            Ok(answer) => answer,
            Err(PostError::Unreachable(detail)) => {
                return Err(down(self.failed(&GapReason::Unreachable { detail })));
            }
            Err(e) => return Err(broken(&e)),
        };
        if answer.status == 200 {
            return serde_json::from_slice(&answer.body).map_err(|e| broken(&e));
        }
        let failure = match serde_json::from_slice::<ApiError>(&answer.body) {
            Ok(told) => Failure::new(
                plain(&told.error).into_owned(),
                plain(&in_commands(told.todo.as_deref().unwrap_or_default())).into_owned(),
            ),
            Err(_) => self.failed(&GapReason::Status { code: answer.status }),
        };
        Err(NotTaken { failure, down: answer.status >= 500 })
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

/// The API tells programs what to ask; a person at a terminal types commands.
fn in_commands(todo: &str) -> String {
    const SAID: [(&str, &str); 10] = [
        (
            "ask for the list: /api/v1/incidents?state=all",
            "`streamwarden incidents --all` lists them",
        ),
        (
            "ask for the list: /api/v1/planned-work",
            "`streamwarden planned-work list` and `silence list` list it",
        ),
        ("ask for the list: /api/v1/inspections", "`streamwarden inspect list` lists them"),
        ("ask for the list: /api/v1/waivers", "`streamwarden inspect waivers` lists them"),
        ("ask for the list: /api/v1/kill-switches", "`streamwarden kill-switch list` lists them"),
        (
            "ask for a list: /api/v1/plans, /api/v1/actions",
            "`streamwarden plan` and `streamwarden actions` list them",
        ),
        (
            "look at what would be done now: /api/v1/plans",
            "`streamwarden plan` shows what would be done now",
        ),
        ("look at /api/v1/system", "`streamwarden status` shows what does not work"),
        ("see /api/v1/openapi.json", "is the server of the same version as this command?"),
        (
            "send `authorization: Bearer <token>`",
            "give --token-file FILE, or set STREAMWARDEN_TOKEN",
        ),
    ];
    SAID.iter().fold(todo.to_owned(), |text, (api, command)| text.replace(api, command))
}

/// From the file, else from the environment: never from the command line, where others see it.
pub fn token(file: Option<&Path>) -> Result<Secret, Failure> {
    let Some(path) = file else {
        let env = std::env::var("STREAMWARDEN_TOKEN").unwrap_or_default();
        let todo = "give --token-file FILE, or set STREAMWARDEN_TOKEN; where the server has no `users`, nobody can: add them, `streamwarden token` makes one";
        return match env.trim() {
            "" => Err(Failure::new("this needs a token", todo)),
            token => Ok(Secret::new(token)),
        };
    };
    let text = std::fs::read_to_string(path).map_err(|e| {
        Failure::new(
            format!("cannot read {}: {e}", path.display()),
            "check the path and its rights",
        )
    })?;
    match text.trim() {
        "" => {
            let todo = "put the token alone into it";
            Err(Failure::new(format!("{} is empty", path.display()), todo))
        }
        token => Ok(Secret::new(token)),
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
