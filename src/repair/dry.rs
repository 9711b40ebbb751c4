//! What would be sent, as a person reads it: the requests themselves, secrets hidden.

use super::wire::Wire;
use crate::secret::{MASK, is_secret, scrub};
use serde::Serialize;
use serde_json::Value;
use streamwarden_core::action::{ActionState, Entry, Request, action_id, request_of};
use streamwarden_core::case::{Plan, RestorePoint, Step};
use streamwarden_core::estate::Millis;

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum Shown {
    /// To the JobManager.
    Rest { method: &'static str, url: String, body: Option<Value> },
    /// The administrator's command, each element by itself.
    Command { argv: Vec<String> },
    /// To the platform.
    Webhook { url: String, body: Value },
    /// It would not be sent.
    Refused { why: super::submit::Words },
}

impl Shown {
    pub(super) fn rest(url: &str, wire: &Wire) -> Shown {
        let body = wire.body.clone().map(|mut b| {
            mask("", &mut b);
            b
        });
        Shown::Rest { method: wire.verb.word(), url: url.to_owned(), body }
    }

    pub(super) fn command(argv: &[String]) -> Shown {
        Shown::Command { argv: masked(argv) }
    }
}

/// Every request of a plan in order, as it would go out now: ids of the next generation, and the
/// newest restore point that is known (it is chosen anew after the stop). Only `plan.steps`.
pub fn requests_of(plan: &Plan, newest: Option<&RestorePoint>) -> Vec<Request> {
    let generation = plan.generation.saturating_add(1);
    let id = action_id(&plan.job, generation, plan.made);
    let mut state = ActionState::begun(id, plan.clone(), generation, Millis(0));
    let mut requests = Vec::new();
    while let Some(step) = state.step().cloned() {
        let request = request_of(&state, &step);
        let entry = match (&step, newest.or(plan.secured.as_ref())) {
            (Step::Choose, Some(point)) => Entry::Chosen { point: point.clone() },
            (Step::Choose, None) => break,
            (Step::Submit { .. }, _) => Entry::Done { started: Some(state.next_run()) },
            _ => Entry::Done { started: None },
        };
        requests.extend(request);
        state.apply(&entry);
    }
    requests
}

/// Values under keys that sound like a secret, and arguments behind such a switch.
fn mask(key: &str, value: &mut Value) {
    match value {
        Value::Object(map) => map.iter_mut().for_each(|(k, v)| mask(k, v)),
        Value::Array(list) => {
            let texts: Option<Vec<String>> =
                list.iter().map(|v| v.as_str().map(str::to_owned)).collect();
            match texts {
                Some(texts) => *value = masked(&texts).into(),
                None => list.iter_mut().for_each(|v| mask(key, v)),
            }
        }
        Value::String(text) if is_secret(key) => *text = MASK.to_owned(),
        Value::String(text) => *text = scrub(text).into_owned(),
        _ => {}
    }
}

/// `--token x`, `--token=x`, `-Da.token=x`.
fn masked(argv: &[String]) -> Vec<String> {
    let mut after_secret = false;
    let one = |arg: &String| {
        let hide = std::mem::take(&mut after_secret);
        if hide && !arg.starts_with('-') {
            return MASK.to_owned();
        }
        match arg.split_once('=') {
            Some((name, _)) if is_secret(name) => format!("{name}={MASK}"),
            _ => {
                after_secret = arg.starts_with('-') && is_secret(arg);
                scrub(arg).into_owned()
            }
        }
    };
    argv.iter().map(one).collect()
}

/// What [`mask`] would hide in a request: whoever answers it may say it back.
pub(super) fn hidden(key: &str, value: &Value) -> Vec<String> {
    match value {
        Value::Object(map) => map.iter().flat_map(|(k, v)| hidden(k, v)).collect(),
        Value::Array(list) => {
            let texts: Vec<String> =
                list.iter().filter_map(|v| v.as_str().map(str::to_owned)).collect();
            hidden_args(&texts)
        }
        Value::String(text) if is_secret(key) => vec![text.clone()],
        _ => Vec::new(),
    }
}

pub(super) fn hidden_args(argv: &[String]) -> Vec<String> {
    let hides = argv.iter().zip(masked(argv)).filter(|(arg, shown)| *arg != shown);
    let value = |(arg, shown): (&String, String)| {
        let name = shown.strip_suffix(MASK).unwrap_or_default();
        arg.strip_prefix(name).unwrap_or(arg).to_owned()
    };
    hides.map(value).collect()
}

/// As text, for those who only have a line.
impl std::fmt::Display for Shown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Shown::Rest { method, url, body: None } => write!(f, "{method} {url}"),
            Shown::Rest { method, url, body: Some(body) } => write!(f, "{method} {url} {body}"),
            Shown::Command { argv } => write!(f, "{}", argv.join(" ")),
            Shown::Webhook { url, body } => write!(f, "POST {url} {body}"),
            Shown::Refused { why } => write!(f, "{}", why.text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::support::{plan, point};
    use super::*;
    use serde_json::json;

    #[test]
    fn the_requests_of_a_plan_are_those_that_go_out() {
        let plan = plan();
        let requests = requests_of(&plan, Some(&point(9)));
        let id = streamwarden_core::action::run_id(&plan, 1, 1);
        let [
            Request::Checkpoint { .. },
            Request::Cancel { run },
            Request::Submit { run: new, point, .. },
        ] = &requests[..]
        else {
            panic!("{requests:?}")
        };
        assert_eq!((run, new, point.checkpoint), (&plan.run, &id, 9));
        assert_eq!(requests_of(&plan, None).len(), 2, "no point, no submission");
    }

    #[test]
    fn secrets_are_hidden() {
        let mut body = json!({
            "programArgsList": ["--topic", "orders", "--db-password", "hunter2", "--api.token=abc",
                "--verbose", "-Dx.secret=y", "--token", "--next"],
            "flinkConfiguration": { "s3.access-key": "AKIA", "s3.endpoint": "x" },
        });
        mask("", &mut body);
        let text = body.to_string();
        for canary in ["hunter2", "abc", "=y", "AKIA"] {
            assert!(!text.contains(canary), "{text}");
        }
        assert!(text.contains("orders") && text.contains("--next") && text.contains("s3.endpoint"));
    }

    #[test]
    fn what_is_hidden_is_known_where_it_is_said_back() {
        let body = json!({
            "programArgsList": ["--topic", "orders", "--db-password", "hunter2", "-Dx.secret=y1"],
            "flinkConfiguration": { "s3.access-key": "AKIA", "s3.endpoint": "x" },
        });
        let mut all = hidden("", &body);
        all.sort();
        assert_eq!(all, ["AKIA", "hunter2", "y1"]);
    }
}
