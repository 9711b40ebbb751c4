//! `flink[].act` and `flink[].submit` – how a cluster is acted on, and how its jobs are started.

use super::flink::{access_ca, auth, secret};
use super::never::{self, Never};
use super::notify::word;
use super::read::{Map, Put, Reader};
use super::values;
use super::yaml::{At, Node};
use crate::repair::{Access, Command, Jar, Roots, Rule, Session, Submitter, Webhook};
use streamwarden_core::estate::{Name, glob};
use streamwarden_core::plan::Tier;

/// More subtasks than any job has.
const MAX_PARALLELISM: u32 = 32_768;
/// From where a job is restored.
const FROM: [&str; 2] = ["execution.savepoint.path", "execution.state-recovery.path"];
const WAYS: [&str; 3] = ["session", "command", "webhook"];

/// How a cluster is acted on; without it nothing of it is touched.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Act {
    /// A credential of its own: the collectors' one may only read.
    pub access: Access,
    /// Where restore points may lie.
    pub roots: Roots,
    /// Clusters of one domain fail together: one rack, one region, one Kubernetes. None: alone.
    pub domain: Option<Name>,
    /// What is said in plain http to another machine may lead to an action that nobody approves.
    pub plain_http: bool,
    /// The first that names a job counts.
    pub rules: Vec<Rule>,
}

pub(super) fn read(reader: &mut Reader, cluster: &mut Map) -> Option<Act> {
    let submit = cluster.get("submit");
    let Some(node) = cluster.get("act") else {
        if let Some(node) = submit {
            let todo = "add `act: { roots: [file:///checkpoints] }`: where its checkpoints lie";
            reader.problem(node.at, "`submit` without `act`", todo);
        }
        return None;
    };
    let mut map = reader.map(node, "`act`")?;
    let access = Access {
        auth: map.get("auth").and_then(|node| auth(reader, node)),
        ca_file: access_ca(reader, &mut map),
    };
    let roots = map.need(reader, "roots").and_then(|node| roots(reader, node));
    let domain = map.text(reader, "failure_domain").map(|text| text.value.into());
    let plain_http = map.get("plain_http").and_then(|n| reader.yes_no(n)).unwrap_or(false);
    map.finish(reader);
    let rules: Vec<_> = reader.list(submit).iter().filter_map(|item| rule(reader, item)).collect();
    reached(reader, &rules);
    let rules = rules.into_iter().map(|(rule, _)| rule).collect();
    Some(Act { access, roots: roots.unwrap_or_default(), domain, plain_http, rules })
}

/// The first that names a job counts: one behind a wider one never does.
fn reached(reader: &mut Reader, rules: &[(Rule, At)]) {
    for (i, (rule, at)) in rules.iter().enumerate() {
        let before = rules.iter().take(i);
        let Some((wider, _)) = before.into_iter().find(|(w, _)| covers(&w.job, &rule.job)) else {
            continue;
        };
        let message = format!("never reached: `{}` above names each of its jobs", wider.job);
        reader.warn(*at, message, "the first rule that names a job counts: move this one up");
    }
}

/// Each job that `narrow` names is named by `wide` too.
fn covers(wide: &str, narrow: &str) -> bool {
    let stars = narrow.contains('*') && wide.contains('?');
    wide == "*" || wide == narrow || (!stars && glob(wide, narrow))
}

fn roots(reader: &mut Reader, node: &Node) -> Option<Roots> {
    let mut all = Vec::new();
    let items = reader.list(Some(node));
    if items.is_empty() {
        let todo = "name where checkpoints lie, as Flink has it: file:///checkpoints";
        reader.problem(node.at, "no root: nothing could be started again", todo);
    }
    for item in items {
        let Some(text) = reader.text(item) else { continue };
        match Roots::new([text.value.as_str()]) {
            Ok(_) => {
                if !text.value.contains(':') {
                    let message = format!("`{}` has no scheme: it is read as file://", text.value);
                    let todo = "write it as Flink has it: file:///checkpoints, hdfs://nn/flink";
                    reader.warn(text.at, message, todo);
                }
                all.push(text.value);
            }
            Err(message) => {
                let todo = match text.value.contains(',') {
                    true => "write a list: [file:///checkpoints, s3://bucket/flink]",
                    false => {
                        "write a directory as Flink has it: file:///checkpoints, s3://bucket/flink"
                    }
                };
                reader.problem(text.at, message, todo);
            }
        }
    }
    Roots::new(all.iter().map(String::as_str)).ok()
}

fn rule(reader: &mut Reader, item: &Node) -> Option<(Rule, At)> {
    let mut map = reader.map(item, "a rule of `submit`")?;
    let job = map.need_text(reader, "job");
    let at = job.as_ref().map_or(map.at, |text| text.at);
    let job = job.and_then(|text| values::pattern(reader, text));
    let tier = map.text(reader, "tier").and_then(|text| word(reader, &text, &TIERS));
    let (min, max) = match map.get("parallelism") {
        Some(node) => parallelism(reader, node),
        None => (None, None),
    };
    let stateless = map.get("stateless").and_then(|n| reader.yes_no(n)).unwrap_or(false);
    if let [_, second, ..] = map.present(&WAYS)[..] {
        let message = "a job is submitted in one way";
        reader.problem(second.at, message, "keep one of session, command and webhook");
    }
    let session = map.get("session").and_then(|n| session(reader, n)).map(Submitter::Session);
    let command = map.get("command").and_then(|n| command(reader, n)).map(Submitter::Command);
    let webhook = map.get("webhook").and_then(|n| webhook(reader, n)).map(Submitter::Webhook);
    map.finish(reader);
    let rule = Rule {
        job: job?.into(),
        submitter: session.or(command).or(webhook),
        tier: tier.unwrap_or_default(),
        min_parallelism: min,
        max_parallelism: max,
        stateless,
    };
    Some((rule, at))
}

const TIERS: [(&str, Tier); 3] =
    [("critical", Tier::Critical), ("standard", Tier::Standard), ("best_effort", Tier::BestEffort)];

fn parallelism(reader: &mut Reader, node: &Node) -> (Option<u32>, Option<u32>) {
    let Some(mut map) = reader.map(node, "`parallelism`") else { return (None, None) };
    let min = map.text(reader, "min").and_then(|text| count(reader, &text));
    let max = map.text(reader, "max").and_then(|text| count(reader, &text));
    map.finish(reader);
    if min.zip(max).is_some_and(|(min, max)| min > max) {
        reader.problem(node.at, "`min` is more than `max`", "swap them");
    }
    (min, max)
}

fn count(reader: &mut Reader, text: &Put<String>) -> Option<u32> {
    let n = text.value.parse().ok().filter(|n| (1..=MAX_PARALLELISM).contains(n));
    if n.is_none() {
        let message = format!("`{}` is no parallelism", text.value);
        reader.problem(text.at, message, format!("a number from 1 to {MAX_PARALLELISM}"));
    }
    n
}

fn session(reader: &mut Reader, node: &Node) -> Option<Session> {
    let mut map = reader.map(node, "`session`")?;
    if map.present(&["jar", "jar_id"]).len() != 1 {
        let todo = "`jar` is the name under which it was uploaded, `jar_id` its id there";
        reader.problem(map.at, "`session` wants one of jar and jar_id", todo);
    }
    let id = map.text(reader, "jar_id").map(|text| Jar::Id(text.value));
    let jar = map.text(reader, "jar").map(|text| Jar::Name(text.value)).or(id);
    let entry_class = map.text(reader, "entry_class").map(|text| text.value);
    let args = map.get("args");
    if let Some(Node { value: super::yaml::Value::Text(text), at, .. }) = args
        && text.trim().contains(char::is_whitespace)
    {
        let todo = "write a list, each argument by itself: [--topic, orders]";
        reader.problem(*at, "`args` is one string: the program would get it as one argument", todo);
    }
    let args: Vec<Put<String>> = texts(reader, args);
    never(reader, &args, never::in_args);
    let mut configuration = std::collections::BTreeMap::new();
    if let Some(node) = map.get("configuration") {
        configuration.extend(entries(reader, node));
    }
    map.finish(reader);
    let args = args.into_iter().map(|a| a.value).collect();
    Some(Session { jar: jar?, entry_class, args, configuration })
}

fn texts(reader: &mut Reader, node: Option<&Node>) -> Vec<Put<String>> {
    reader.list(node).iter().filter_map(|item| reader.text(item)).collect()
}

/// What `found` finds in them is told at its place.
fn never(
    reader: &mut Reader,
    args: &[Put<String>],
    found: fn(&[String]) -> Option<(usize, Never)>,
) {
    let words: Vec<String> = args.iter().map(|a| a.value.clone()).collect();
    let Some((at, never)) = found(&words) else { return };
    if let Some(arg) = args.get(at) {
        let message = format!("`{}` is not for a rule to say", arg.value);
        reader.problem(arg.at, message, never.todo());
    }
}

/// Flink's own keys: any.
fn entries(reader: &mut Reader, node: &Node) -> Vec<(String, String)> {
    let super::yaml::Value::Map(entries) = &node.value else {
        reader.problem(node.at, "`configuration` is a block of keys", "write `key: value` pairs");
        return Vec::new();
    };
    let mut read = Vec::new();
    for (key, value) in entries {
        // what a restore must never do by itself, and what we say ourselves
        let never = never::setting(&key.name, None).map(Never::todo);
        let ours = FROM.contains(&key.name.as_str()).then_some("take it out: we say from where");
        if let Some(todo) = never.or(ours) {
            let message = format!("`{}` is not for a rule to say", key.name);
            reader.problem(key.at, message, todo);
            continue;
        }
        read.extend(reader.text(value).map(|text| (key.name.clone(), text.value)));
    }
    read
}

fn command(reader: &mut Reader, node: &Node) -> Option<Command> {
    let args = texts(reader, Some(node));
    never(reader, &args, never::in_command);
    if let Some(program) = args.first()
        && let Err(message) = values::program(&program.value)
    {
        let todo = "name a program that is there and that we may execute, by its whole path";
        reader.problem(program.at, message, todo);
    }
    let command = Command { argv: args.into_iter().map(|a| a.value).collect() };
    match command.lacks() {
        None => Some(command),
        Some(what) => {
            let todo =
                "write a list: [/opt/submit, --id, \"{job_id}\", --from, \"{savepoint_path}\"]";
            reader.problem(node.at, format!("the command line lacks {what}"), todo);
            None
        }
    }
}

fn webhook(reader: &mut Reader, node: &Node) -> Option<Webhook> {
    let mut map = reader.map(node, "`webhook`")?;
    let url = map.need_text(reader, "url").and_then(|text| values::url(reader, &text));
    let given = map.present(&["secret", "secret_file"]).len();
    if given != 1 {
        let message = "`webhook` wants one of secret_file and secret";
        reader.problem(map.at, message, "add `secret_file: …`: the request is signed with it");
    }
    let secret = secret(reader, &mut map, "secret", "secret_file");
    let ca_file = access_ca(reader, &mut map);
    map.finish(reader);
    Some(Webhook { url: url?.into(), secret: secret?, ca_file })
}
