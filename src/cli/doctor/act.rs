//! A cluster that may be acted on: could its jobs be stopped and started again? Everything is asked
//! by reading; nothing is sent that changes anything.

use super::Findings;
use crate::collect::http::{HttpAccess, ReadClient};
use crate::config::{Act, Flink, program};
use crate::repair::{Jar, Rule, Submitter};
use crate::tasks::say;
use reqwest::Url;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;
use streamwarden_core::estate::{GapReason, Identity, glob};
use streamwarden_core::plan::outlive;

const REQUEST: Duration = Duration::from_secs(5);
const CONNECT: Duration = Duration::from_secs(3);
const CAP: u64 = 16 << 20;
/// Jobs whose checkpoints are asked for.
const MOST: usize = 50;
/// Jobs that a finding names.
const NAMED: usize = 5;

pub async fn examine(flink: &Flink, findings: &mut Findings) {
    let (Some(act), Some(rest)) = (&flink.act, flink.rest.at()) else { return };
    act.roots.names().iter().for_each(|root| look_at(root, findings));
    let access = HttpAccess { auth: act.access.auth.clone(), ca_file: act.access.ca_file.clone() };
    let client = match ReadClient::new(access) {
        Ok(client) => client,
        Err(e) => {
            let todo = "correct `auth` or `ca_file` of `act`";
            return findings.broken("acting: access", e.to_string(), todo);
        }
    };
    let asks = Asks { base: rest, client: &client };
    let jobs = match asks.get::<Jobs>("/jobs/overview").await {
        Ok(jobs) => {
            let because = format!("{rest} answers the credential of `act`");
            findings.fine("acting: REST", because);
            jobs.jobs.into_iter().filter(|j| !ENDED.contains(&j.state.as_str())).collect()
        }
        Err(reason) => {
            let todo = "may the credential of `act` read /jobs/overview?";
            findings.broken("acting: REST", say(&reason), todo);
            Vec::new()
        }
    };
    asks.jars(act, &flink.identity, &jobs, findings).await;
    for rule in &act.rules {
        match &rule.submitter {
            Some(Submitter::Command(c)) => started(c.argv.first(), findings),
            Some(Submitter::Webhook(w)) => reachable(&w.url, findings).await,
            Some(Submitter::Session(_)) | None => {}
        }
    }
    submitters(act, &flink.identity, &jobs, findings);
    asks.retained(&jobs, findings).await;
}

const ENDED: [&str; 3] = ["FINISHED", "CANCELED", "FAILED"];

#[derive(Deserialize)]
struct Jobs {
    jobs: Vec<Job>,
}

#[derive(Deserialize)]
struct Job {
    jid: String,
    name: String,
    state: String,
    /// Milliseconds, by the JobManager's clock, as `uploaded` of a jar.
    #[serde(rename = "start-time")]
    start: Option<i64>,
}

#[derive(Deserialize)]
struct Jars {
    files: Vec<Listed>,
}

#[derive(Deserialize)]
struct Listed {
    id: String,
    name: String,
    uploaded: Option<i64>,
}

/// Where restore points lie; `file:/x` is said as `file:///x` too.
fn look_at(root: &str, findings: &mut Findings) {
    let what = format!("restore points in {root}");
    match root.strip_prefix("file://") {
        Some(path) => match std::fs::read_dir(Path::new(path)) {
            Ok(found) => {
                findings.fine(&what, format!("listed from here: {} entries", found.count()));
            }
            Err(e) => findings.blind(
                &what,
                format!("cannot be listed from here ({e}): metadata is not read, and a job that its JobManager forgot goes on only from what was told before"),
                "mount it on this machine at the same path, readable",
            ),
        },
        None if root.starts_with("file:") => {}
        None => findings.blind(
            &what,
            "this file system is not read from here: metadata is not read, and a job that its JobManager forgot goes on only from what was told before",
            "nothing, if that is enough",
        ),
    }
}

fn started(given: Option<&String>, findings: &mut Findings) {
    let name = given.map_or("", String::as_str);
    let what = format!("submitter {name}");
    match program(name) {
        Ok(()) => findings.fine(&what, "is there and may be executed"),
        Err(why) => findings.broken(&what, why, "put it there, executable by this user"),
    }
}

/// A connection alone: a request might start something.
async fn reachable(url: &str, findings: &mut Findings) {
    let what = format!("submitter {url}");
    let place = Url::parse(url).ok().and_then(|u| {
        let host = u.host_str()?.trim_matches(['[', ']']).to_owned();
        Some((host, u.port_or_known_default()?))
    });
    let Some((host, port)) = place else {
        return findings.broken(&what, "is no address", "correct `url` of `webhook`");
    };
    let todo = "check `url` of `webhook`, the network and the platform";
    match tokio::time::timeout(CONNECT, tokio::net::TcpStream::connect((host, port))).await {
        Ok(Ok(_)) => findings.fine(&what, "takes a connection; nothing was sent"),
        Ok(Err(e)) => findings.broken(&what, e.to_string(), todo),
        Err(_) => findings.broken(&what, format!("silent for {} s", CONNECT.as_secs()), todo),
    }
}

fn key(identity: &[Identity], name: &str) -> String {
    let rule = identity.iter().find(|r| glob(&r.job, name));
    rule.map_or_else(|| name.to_owned(), |r| r.key.to_string())
}

fn rule<'a>(act: &'a Act, identity: &[Identity], name: &str) -> Option<&'a Rule> {
    let key = key(identity, name);
    act.rules.iter().find(|r| glob(&r.job, &key))
}

/// Jobs that could not be started again.
fn submitters(act: &Act, identity: &[Identity], jobs: &[Job], findings: &mut Findings) {
    let none = |name: &&str| rule(act, identity, name).is_none_or(|r| r.submitter.is_none());
    let all: BTreeSet<&str> = jobs.iter().map(|j| &*j.name).collect();
    let left: Vec<&str> = all.iter().copied().filter(none).collect();
    // one way that starts the same for several would start another's second copy
    let mut one: BTreeMap<usize, Vec<&str>> = BTreeMap::new();
    for name in &all {
        let rule = act.rules.iter().position(|r| glob(&r.job, &key(identity, name)));
        if let Some(n) = rule.filter(|n| act.rules.get(*n).is_some_and(Rule::starts_one)) {
            one.entry(n).or_default().push(name);
        }
    }
    for names in one.values().filter(|names| names.len() > 1) {
        let because = format!("one rule starts the same for each of: {}", named(names));
        let todo = "put `{job}` where the program is told its name, or write a rule for each; until then they are held";
        findings.broken("submitters", because, todo);
    }
    match left.len() {
        _ if all.is_empty() => findings.blind(
            "submitters",
            "no job is listed there now: nothing can be said of how they are started",
            "run it again while the jobs run",
        ),
        0 => findings.fine("submitters", format!("each of {} jobs has one", all.len())),
        n => {
            let because =
                format!("no way to start {n} of {} jobs again: {}", all.len(), named(&left));
            let todo =
                "add a rule that names them under `submit:`; until then they are never stopped";
            findings.blind("submitters", because, todo);
        }
    }
}

fn named(names: &[&str]) -> String {
    let more = names.len().saturating_sub(NAMED);
    let some = names.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ");
    if more == 0 { some } else { format!("{some} and {more} more") }
}

struct Asks<'a> {
    base: &'a str,
    client: &'a ReadClient,
}

impl Asks<'_> {
    async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, GapReason> {
        let url = format!("{}{path}", self.base);
        self.client.get_json(&url, REQUEST, CAP).await.map(|(read, _)| read)
    }

    /// Jars that are to be run, each told once.
    async fn jars(&self, act: &Act, identity: &[Identity], jobs: &[Job], findings: &mut Findings) {
        let mut wanted: Vec<&Jar> = Vec::new();
        for rule in &act.rules {
            match &rule.submitter {
                Some(Submitter::Session(s)) if !wanted.contains(&&s.jar) => wanted.push(&s.jar),
                _ => {}
            }
        }
        if wanted.is_empty() {
            return;
        }
        let listed = match self.get::<Jars>("/jars").await {
            Ok(jars) => jars.files,
            Err(reason) => {
                let todo = "web.submit.enable: true, and may the credential of `act` read /jars?";
                return findings.broken("jars", say(&reason), todo);
            }
        };
        for jar in wanted {
            let (name, there) = match jar {
                Jar::Name(name) => (name, listed.iter().any(|l| l.name == *name)),
                Jar::Id(id) => (id, listed.iter().any(|l| l.id == *id)),
            };
            let what = format!("jar {name}");
            // of a name the newest counts that was there when the run began
            let later = |job: &&Job| {
                let Some(Rule { submitter: Some(Submitter::Session(s)), .. }) =
                    rule(act, identity, &job.name)
                else {
                    return false;
                };
                let mut uploads = listed.iter().filter(|l| l.name == *name);
                s.jar == *jar && uploads.all(|l| l.uploaded > job.start && job.start.is_some())
            };
            let later: Vec<&str> = match jar {
                Jar::Name(_) if there => jobs.iter().filter(later).map(|job| &*job.name).collect(),
                _ => Vec::new(),
            };
            if !later.is_empty() {
                let because = format!(
                    "was uploaded after these were started, so nobody ever started it: {}",
                    named(&later)
                );
                let todo = "name it by `jar_id` if it is the right one for them, or start them from it once by hand; until then their plans are held";
                findings.broken(&what, because, todo);
                continue;
            }
            match (there, jar) {
                (true, _) => findings.fine(&what, "lies on the JobManager"),
                (false, Jar::Name(_)) => findings.broken(
                    &what,
                    "does not lie on the JobManager: its jobs could not be started again",
                    "upload it; with web.upload.dir it outlives the JobManager",
                ),
                (false, Jar::Id(_)) => findings.blind(
                    &what,
                    "is not listed by the JobManager",
                    "nothing, if it is one that Flink does not list; else upload it",
                ),
            }
        }
    }

    /// Jobs that may not be stopped, since nothing would be left of their state.
    async fn retained(&self, jobs: &[Job], findings: &mut Findings) {
        let mut told: Vec<(&str, Option<bool>)> = Vec::new();
        for job in jobs.iter().take(MOST) {
            let path = format!("/jobs/{}/checkpoints/config", job.jid);
            let config = self.get::<serde_json::Value>(&path).await.ok();
            told.push((&job.name, config.and_then(|c| kept(&c))));
        }
        if told.is_empty() {
            return;
        }
        let those = |is: Option<bool>| -> Vec<&str> {
            told.iter().filter(|(_, kept)| *kept == is).map(|(name, _)| *name).collect()
        };
        let (lost, unknown) = (those(Some(false)), those(None));
        if lost.is_empty() && unknown.is_empty() {
            return findings
                .fine("checkpoints", format!("those of {} jobs outlive a cancel", told.len()));
        }
        let todo =
            "execution.checkpointing.externalized-checkpoint-retention: RETAIN_ON_CANCELLATION";
        if !lost.is_empty() {
            let because =
                format!("deleted when the job is cancelled, so it never is: {}", named(&lost));
            findings.blind("checkpoints", because, todo);
        }
        if !unknown.is_empty() {
            let because =
                format!("nobody can tell whether they outlive a cancel: {}", named(&unknown));
            findings.blind("checkpoints", because, "does the job take checkpoints?");
        }
    }
}

/// Checkpoints outlive a cancel, as `/jobs/:id/checkpoints/config` says.
fn kept(config: &serde_json::Value) -> Option<bool> {
    let outside = config.get("externalization")?;
    let flag = |key: &str| outside.get(key)?.as_bool();
    let flat = ["enabled", "delete_on_cancellation"].into_iter().filter_map(|key| {
        Some((format!("checkpoints.externalization.{key}"), flag(key)?.to_string()))
    });
    outlive(&flat.collect())
}

#[cfg(test)]
mod tests {
    use super::super::{Finding, Mark};
    use super::*;
    use crate::config::Config;
    use serde_json::json;
    use wiremock::matchers::{header, method, path};
    use wiremock::{Mock, MockServer, ResponseTemplate};

    async fn answer(server: &MockServer, at: &str, body: serde_json::Value) {
        let response = ResponseTemplate::new(200).set_body_json(body);
        let asked = Mock::given(path(at)).and(method("GET"));
        asked.and(header("authorization", "Bearer act")).respond_with(response).mount(server).await;
    }

    async fn doctor(rest: &str, roots: &str, submit: &str) -> Vec<Finding> {
        let text = format!(
            "flink:\n  - name: pay\n    rest: {rest}\n    act: {{ auth: {{ bearer: act }}, roots: [{roots}] }}\n    submit: [{submit}]\n"
        );
        let config = Config::parse("c.yaml", &text, Path::new("/"), &|_| None).expect("good");
        let mut findings = Findings::new("x");
        examine(&config.flink[0], &mut findings).await;
        findings.list
    }

    fn mark(found: &[Finding], what: &str) -> (Mark, String) {
        let one = found.iter().find(|f| f.what == what);
        let one = one.unwrap_or_else(|| panic!("{what}: {found:#?}"));
        (one.mark, format!("{} {}", one.because, one.todo.as_deref().unwrap_or_default()))
    }

    #[tokio::test]
    async fn what_would_stop_a_repair_is_told_before_one_is_needed() {
        let server = MockServer::start().await;
        let jobs = ["orders-v2", "risk", "ads"]
            .map(|n| json!({ "jid": n, "name": n, "state": "RUNNING", "start-time": 5 }));
        answer(&server, "/jobs/overview", json!({ "jobs": jobs })).await;
        let jar = |name: &str| json!({ "id": format!("1_{name}"), "name": name, "uploaded": 1 });
        let late = json!({ "id": "9_late.jar", "name": "late.jar", "uploaded": 9 });
        answer(&server, "/jars", json!({ "files": [jar("orders.jar"), late] })).await;
        for (job, deleted) in [("orders-v2", false), ("risk", true)] {
            let config = json!({ "interval": 5000, "externalization": { "enabled": true, "delete_on_cancellation": deleted } });
            answer(&server, &format!("/jobs/{job}/checkpoints/config"), config).await;
        }
        let root = tempfile::tempdir().expect("a folder");
        std::fs::create_dir(root.path().join("ab")).expect("made");
        let roots = format!("\"file://{}\", /no/such/place, s3://b/flink", root.path().display());
        let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let hook = format!("http://{}", taken.local_addr().expect("bound"));
        let submit = format!(
            "{{ job: \"orders-*\", session: {{ jar: orders.jar }} }}, \
             {{ job: risk, session: {{ jar: gone.jar }} }}, \
             {{ job: ads, session: {{ jar: late.jar }} }}, \
             {{ job: a, command: [sh, \"{{job_id}}\", \"{{savepoint_path}}\"] }}, \
             {{ job: b, webhook: {{ url: \"{hook}\", secret: s }} }}, \
             {{ job: c, webhook: {{ url: \"http://127.0.0.1:1/\", secret: s }} }}"
        );
        let found = doctor(&server.uri(), &roots, &submit).await;
        let told = |what: &str, want: Mark, says: &str| {
            let (mark, text) = mark(&found, what);
            assert!(mark == want && text.contains(says), "{what}: {mark:?} {text}");
        };
        told(
            &format!("restore points in file://{}", root.path().display()),
            Mark::Fine,
            "1 entries",
        );
        told("restore points in file:///no/such/place", Mark::Blind, "mount it");
        told("restore points in s3://b/flink", Mark::Blind, "not read from here");
        told("acting: REST", Mark::Fine, "answers the credential of `act`");
        told("jar orders.jar", Mark::Fine, "lies on");
        told(
            "jar late.jar",
            Mark::Broken,
            "after these were started, so nobody ever started it: ads",
        );
        told("jar gone.jar", Mark::Broken, "upload it");
        told("submitter sh", Mark::Fine, "may be executed");
        told(&format!("submitter {hook}/"), Mark::Fine, "nothing was sent");
        told("submitter http://127.0.0.1:1/", Mark::Broken, "refused");
        told("submitters", Mark::Fine, "each of 3 jobs");
        let lost: Vec<&Finding> = found.iter().filter(|f| f.what == "checkpoints").collect();
        assert!(lost[0].because.ends_with("so it never is: risk"), "{lost:?}");
        assert!(lost[1].because.ends_with("outlive a cancel: ads"), "{lost:?}");
    }

    #[tokio::test]
    async fn a_credential_that_is_not_let_in_is_told() {
        let server = MockServer::start().await;
        let found = doctor(&server.uri(), "s3://b/x", "").await;
        assert_eq!(mark(&found, "acting: REST").0, Mark::Broken);
    }
}
