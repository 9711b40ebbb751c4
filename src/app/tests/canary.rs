//! A secret of its own in every input that can hold one, and none of them in anything that goes out:
//! answers of every route, messages, log, and whatever lies on disk.

use super::estate::{Estate, JOB, RUN, Texts};
use super::process::Process;
use crate::config::Config;
use crate::web::described;
use serde_json::{Value, json};
use std::io::Read;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, ResponseTemplate};

const WITHIN: Duration = Duration::from_secs(90);
/// Every canary begins so, and goes on with a number.
const CANARY: &str = "canary-Zx9-";

fn canary(n: u32) -> String {
    format!("{CANARY}{n:02}")
}

/// What its owners put into texts that Flink hands on.
fn texts() -> Texts {
    let pairs =
        |of: &[(&str, String)]| of.iter().map(|(k, v)| ((*k).to_owned(), v.clone())).collect();
    Texts {
        cluster: pairs(&[
            ("s3.secret-key", canary(13)),
            ("env.java.opts", format!("-Dpassword={}", canary(14))),
        ]),
        job: pairs(&[
            ("db.password", canary(15)),
            ("url", format!("jdbc:mysql://root:{}@db/x?password={}", canary(16), canary(17))),
            (
                "kafka",
                format!("PlainLoginModule required username=\"u\" password=\"{}\";", canary(18)),
            ),
        ]),
        exception: format!(
            "java.lang.RuntimeException: cannot open jdbc:mysql://root:{}@db:3306/x\n\tat x.Y\n\
             Caused by: java.io.IOException: Authorization: Bearer {}, password={}, {{\"api_key\":\"{}\"}}\n",
            canary(19),
            canary(20),
            canary(21),
            canary(22),
        ),
        label: canary(23),
        ..Texts::default()
    }
}

fn yaml(estate: &Estate, hook: &str, dir: &Path, way: &str, sasl: &str) -> String {
    for (file, n) in [("admin-token", 0), ("hook-token", 2), ("flink-token", 5)] {
        std::fs::write(dir.join(file), canary(n)).unwrap();
    }
    let cluster = format!(
        "    auth: {{ basic: {{ user: x, password: {} }} }}\n    \
         act: {{ auth: {{ bearer_file: flink-token }}, roots: [\"file:///state\"] }}\n    \
         submit: [{{ job: \"*\", {way} }}]\n",
        canary(4)
    );
    let locked = format!(
        "  - name: locked\n    bootstrap: [\"{}\"]\n    \
         sasl: {{ mechanism: SCRAM-SHA-512, user: x, password: \"{sasl}\" }}\n",
        estate.kafka.address
    );
    estate.yaml(&cluster, &locked)
        + &format!(
            "token_file: admin-token\n\
             notify:\n  webhook: {{ url: {hook}/hook/{}, token_file: hook-token }}\n  \
             heartbeat: {{ url: {hook}/beat/{}, every: 10s }}\n\
             heal: {{ mode: suggest, debounce: 5s, hands_off: 5s }}\n",
            canary(1),
            canary(3)
        )
}

/// The ways in which a job is started, each with its secrets.
fn ways() -> [String; 3] {
    [
        format!(
            "session: {{ jar: job.jar, args: [--db-password, {}, \"--url=jdbc:mysql://u:{}@h/db\"], \
             configuration: {{ s3.secret-key: {} }} }}",
            canary(6),
            canary(7),
            canary(8)
        ),
        format!(
            "command: [/bin/false, \"{{job_id}}\", \"{{savepoint_path}}\", \"--token={}\", -p, \"-Dx.secret={}\"]",
            canary(9),
            canary(10)
        ),
        format!("webhook: {{ url: \"http://127.0.0.1:1/submit\", secret: {} }}", canary(11)),
    ]
}

/// Every canary that is in it.
fn found(bytes: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(bytes);
    let at = text.match_indices(CANARY).map(|(at, _)| {
        let before: String = text[..at].chars().rev().take(60).collect();
        let before: String = before.chars().rev().collect();
        format!("{before}{}", text[at..].chars().take(CANARY.len() + 2).collect::<String>())
    });
    at.take(5).collect()
}

#[track_caller]
fn clean(what: &str, bytes: &[u8]) {
    let found = found(bytes);
    assert!(found.is_empty(), "{what} tells {found:#?}");
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Everything that is logged, until the guard goes.
fn logged() -> (Log, tracing::subscriber::DefaultGuard) {
    let log = Log::default();
    let writer = log.clone();
    let to_log = tracing_subscriber::fmt()
        .with_env_filter("streamwarden=trace,info")
        .with_writer(move || writer.clone())
        .finish();
    (log, tracing::subscriber::set_default(to_log))
}

/// Takes every message.
async fn hook() -> MockServer {
    let hook = MockServer::builder().start().await;
    Mock::given(any()).respond_with(ResponseTemplate::new(200)).mount(&hook).await;
    hook
}

#[tokio::test]
async fn no_secret_that_is_put_in_comes_out() {
    let (log, _guard) = logged();
    let hook = hook().await;
    let [session, command, webhook] = ways();
    let to = hook.uri();
    tokio::join!(
        one(&to, &session, "/jars/"),
        one(&to, &command, "/bin/false"),
        one(&to, &webhook, "/submit"),
    );
    let messages = hook.received_requests().await.unwrap();
    assert!(messages.iter().any(|m| m.url.path().starts_with("/hook")), "somebody was told");
    for message in &messages {
        clean("a message", &message.body);
    }
    let log = log.0.lock().unwrap().clone();
    assert!(log.len() > 1000, "something was logged");
    clean("the log", &log);
}

/// One process with all of them; `shows`: what the last request of its plan is known by.
async fn one(hook: &str, way: &str, shows: &str) {
    let estate = Estate::start(texts()).await;
    let dir = tempfile::tempdir().unwrap();
    let yaml = yaml(&estate, hook, dir.path(), way, "${CANARY}");
    let env = |name: &str| (name == "CANARY").then(|| canary(12));
    let process = Process::recorded(dir.path(), &yaml, &env).await;
    let shown = |v: &Value| {
        v["proposals"].as_array().is_some_and(|p| {
            let requests = p.iter().filter_map(|p| p["requests"].as_array()?.last()?.as_str());
            requests.into_iter().any(|r| r.contains(shows))
        })
    };
    process.wait("/api/v1/plans", WITHIN, shown).await;
    let incidents = process.get("/api/v1/incidents").await;
    let incident = incidents["incidents"][0]["id"].as_str().unwrap().to_owned();
    let view = format!("/api/v1/incident?id={incident}");
    process.wait(&view, WITHIN, |v| v["recording"].is_string()).await;
    let token = canary(0);
    let ack = json!({ "id": incident, "by": "li", "note": "seen" });
    assert_eq!(process.post("/api/v1/incident/ack", &ack, &token).await.0, 200);
    let throw = json!({ "scope": "estate", "why": "storm", "until": null, "for_s": 60,
        "hard": false, "by": "li" });
    assert_eq!(process.post("/api/v1/kill-switch/throw", &throw, &token).await.0, 200);
    every_route(&process, &incident, "00", &token).await;
    process.end().await;
    drop(estate);
    clean_files(dir.path(), Some(dir.path().join("all.bundle")));
}

/// Whatever lies on disk.
fn clean_files(dir: &Path, more: Option<std::path::PathBuf>) {
    let data = files(&dir.join("data"));
    assert!(data.len() >= 5, "{data:?}");
    for file in data.into_iter().chain(more) {
        let bytes = match std::fs::read(&file) {
            Ok(bytes) => bytes,
            // the database lets go of it just now
            Err(_) if file.extension().is_some_and(|e| e == "db-wal" || e == "db-shm") => continue,
            Err(e) => panic!("{}: {e}", file.display()),
        };
        clean(&file.display().to_string(), &bytes);
        let mut plain = Vec::new();
        let unpacked = flate2::read::MultiGzDecoder::new(bytes.as_slice()).read_to_end(&mut plain);
        if unpacked.is_ok() {
            assert!(!plain.is_empty());
            clean(&format!("{}, unpacked,", file.display()), &plain);
        }
    }
}

/// Each route that reads, with what it wants; those that have no such thing here say so.
async fn every_route(process: &Process, incident: &str, action: &str, token: &str) {
    let by = serde_json::json!({ "by": "wang" });
    let (status, kept) = process.post("/api/v1/inspection/keep", &by, token).await;
    assert_eq!(status, 200, "{kept}");
    let kept: Value = serde_json::from_str(&kept).unwrap();
    // a report is not compared with itself: another one, of a later look
    for _ in 0..100 {
        let (status, next) = process.post("/api/v1/inspection/keep", &by, token).await;
        let next: Value = serde_json::from_str(&next).unwrap_or_default();
        if status == 200 && next["at"] != kept["at"] {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let document = described().to_openapi();
    let mut asked = 0;
    for (path, item) in &document.paths.paths {
        if item.get.is_none() || path == "/api/v1/events" {
            continue;
        }
        let subject = format!("job:prod/{JOB}");
        let query = match path.trim_start_matches("/api/v1/") {
            "incident" | "incident/recording" => format!("?id={incident}"),
            "job" | "levels" | "curves" => format!("?id={subject}"),
            "topic" => "?id=topic:kafka/payments".to_owned(),
            "component" => "?id=zookeeper:prod".to_owned(),
            "ask" | "evidence-curve" => format!("?subject={subject}&expr=state"),
            "inspection/compare" => format!("?a={}", kept["at"]),
            "history" | "availability/spent" => format!("?subject={subject}"),
            "rule" => "?cause=code.stuck_task".to_owned(),
            "action" => format!("?id={action}"),
            _ => String::new(),
        };
        let (status, body) = process.read(&format!("{path}{query}"), token).await;
        // no action and no base cluster is there, a state is no curve, and no minute is over
        let no = ["action", "component", "evidence-curve", "availability/spent"];
        let no = no.contains(&path.trim_start_matches("/api/v1/"));
        let fine = status == 200 || no;
        assert!(fine, "{path}{query}: {status} {}", String::from_utf8_lossy(&body));
        clean(path, &body);
        asked += 1;
    }
    assert!(asked >= 20, "{asked}");
    let job = format!("/api/v1/job?id=job:prod/{JOB}");
    let job = process.get(&job).await.to_string();
    assert!(job.contains(RUN) && job.contains("cannot open"), "what they wrote is shown: {job}");
}

/// What is said back of what was given to this way, and secrets of their own.
fn refusal(way: usize) -> String {
    let (arg, key) = if way == 2 { (canary(11), canary(54)) } else { (canary(6), canary(8)) };
    format!(
        "org.apache.flink.client.program.ProgramInvocationException: main method caused an error\n\
         \tat x.Y\nCaused by: java.lang.IllegalStateException: with [\"--db-password\",\"{}\"] and \
         s3.secret-key={} at jdbc:mysql://root:{}@db:3306/x: Authorization: Bearer {}, token={}",
        arg,
        key,
        canary(50),
        canary(51),
        canary(52),
    )
}

/// The same ways, on a job that is stopped and then cannot be started.
fn acted(estate: &Estate) -> [String; 3] {
    let [session, _, _] = ways();
    // its third argument, without its name
    let says = "echo \"no $(echo $2 | cut -c9-) and $2 password=$0\" >&2; exit 3";
    [
        session,
        format!(
            "command: [/bin/sh, \"-c\", {says:?}, \"{{job_id}}\", \"{{savepoint_path}}\", \"--token={}\"]",
            canary(9)
        ),
        format!("webhook: {{ url: \"{}/submit\", secret: {} }}", estate.url(), canary(11)),
    ]
}

#[tokio::test]
async fn no_secret_comes_out_of_an_action_that_ran_nor_of_a_command_line() {
    let (log, _guard) = logged();
    let hook = hook().await;
    tokio::join!(ran(&hook, 0, true), ran(&hook, 1, false), ran(&hook, 2, false));
    let messages = hook.received_requests().await.unwrap();
    messages.iter().for_each(|m| clean("a message", &m.body));
    let log = log.0.lock().unwrap().clone();
    assert!(String::from_utf8_lossy(&log).contains("an action sends"));
    clean("the log", &log);
}

/// One process whose action runs; `asked`: every command line too.
async fn ran(hook: &MockServer, way: usize, asked: bool) {
    let estate = Estate::start(Texts { refuses: Some(refusal(way)), ..texts() }).await;
    let dir = tempfile::tempdir().unwrap();
    let way = acted(&estate)[way].clone();
    let heal = "heal: { mode: auto, debounce: 5s, hands_off: 5s, restore_age: 1h }";
    let yaml = yaml(&estate, &hook.uri(), dir.path(), &way, &canary(12))
        .replace("heal: { mode: suggest, debounce: 5s, hands_off: 5s }", heal);
    let process = Process::start(dir.path(), &yaml).await;
    let begun = |v: &Value| v["actions"][0]["id"].is_string();
    let actions = process.wait("/api/v1/actions", WITHIN, begun).await;
    let action = actions["actions"][0]["id"].as_str().unwrap().to_owned();
    let incident = actions["actions"][0]["incident"].as_str().unwrap().to_owned();
    // it goes on trying: the job is down by us
    let refused = |v: &Value| v.to_string().contains("refused");
    let whole = process.wait(&format!("/api/v1/action?id={action}"), WITHIN, refused).await;
    let whole = whole.to_string();
    assert!(
        whole.contains("(hidden)") && whole.contains("refused"),
        "its words are there: {whole}"
    );
    called(hook, &action).await;
    every_route(&process, &incident, &action, &canary(0)).await;
    if asked {
        every_command(&process, dir.path(), &incident, &action).await;
    }
    process.end().await;
    drop(estate);
    clean_files(dir.path(), None);
}

/// Somebody is called: its job is down, and cannot be started.
async fn called(hook: &MockServer, action: &str) {
    let about = |m: &wiremock::Request| {
        let text = String::from_utf8_lossy(&m.body);
        text.contains("\"repair_stuck\"") && text.contains(action)
    };
    let end = tokio::time::Instant::now() + WITHIN;
    while !hook.received_requests().await.unwrap().iter().any(about) {
        assert!(tokio::time::Instant::now() < end, "nobody was called for {action}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// What each command writes, as text and as JSON.
async fn every_command(process: &Process, dir: &Path, incident: &str, action: &str) {
    let file = |name: &str| dir.join(name).display().to_string();
    let (config, token, data) = (file("streamwarden.yaml"), file("admin-token"), file("data"));
    let server = ["--server", &process.url];
    let job = format!("job:prod/{JOB}");
    for (line, running) in [
        (vec!["status"], true),
        (vec!["lineage", &job], true),
        (vec!["incidents", "--all"], true),
        (vec!["explain", incident], true),
        (vec!["plan", incident], true),
        (vec!["actions"], true),
        (vec!["actions", action], true),
        (vec!["playbooks"], true),
        (vec!["kill-switch", "list"], true),
        (vec!["planned-work", "list"], true),
        (vec!["audit", "--token-file", &token], true),
        (vec!["audit", "verify", "--data-dir", &data], false),
        (vec!["checkpoint", "list", JOB, "--config", &config], false),
        (vec!["doctor", "--config", &config], false),
        (vec!["check", &config], false),
    ] {
        for more in [&[][..], &["--json"][..]] {
            let server = if running { &server[..] } else { &[] };
            let line: Vec<&str> = line.iter().copied().chain(server.iter().copied()).collect();
            let line = [&line[..], more].concat();
            let written = crate::cli::told(&line).await;
            let text = String::from_utf8_lossy(&written);
            let failed = text.starts_with("error:") || text.starts_with("{\n  \"error\"");
            assert!(written.len() > 20 && !failed, "{line:?}: {text}");
            clean(&line.join(" "), &written);
        }
    }
}

fn files(dir: &Path) -> Vec<std::path::PathBuf> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { all.extend(files(&path)) } else { all.push(path) }
    }
    all
}

/// A mistake in the configuration shows the line that it is in.
#[test]
fn no_secret_stands_in_what_check_says() {
    let (a, b) = (canary(40), canary(41));
    for line in [
        format!("    rest: \"http://u:{a}@h:1\""),
        format!("    rest: \"http://h:1/?api={a}\""),
        format!(
            "    rest: http://h:1\n    auth: {{ bearer: {a}, basic: {{ user: x, password: {b} }} }}"
        ),
        format!("    rest: http://h:1\n    auth: {{ basic: {{ user: x, password: [{a}] }} }}"),
        format!(
            "    rest: http://h:1\n    submit: [{{ job: x, webhook: {{ url: ftp://h, secret: {a} }} }}]"
        ),
        format!(
            "    rest: http://h:1\n    submit: [{{ job: x, webhook: {{ url: \"https://h/s?sig={a}\", secret: {b} }} }}]"
        ),
    ] {
        let text = format!("flink:\n  - name: prod\n{line}\n");
        let problems = Config::parse("x.yaml", &text, Path::new(""), &|_| None).unwrap_err();
        let said: String = problems
            .iter()
            .map(|p| format!("{p}\n{}\n", serde_json::to_string(p).unwrap()))
            .collect();
        clean(&text, said.as_bytes());
    }
}
