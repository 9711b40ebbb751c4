//! Requests as Flink's REST has them: the whole set of what is ever sent to a JobManager.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value, json};
use streamwarden_core::action::Request;

/// Never DELETE: nothing of ours takes away what others may need.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verb {
    Post,
    Patch,
    Put,
}

impl Verb {
    pub fn word(self) -> &'static str {
        match self {
            Verb::Post => "POST",
            Verb::Patch => "PATCH",
            Verb::Put => "PUT",
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Wire {
    pub verb: Verb,
    /// Below the REST address.
    pub path: String,
    pub body: Option<Value>,
}

/// None: a submission, which goes by its submitter.
pub(super) fn wire(request: &Request) -> Option<Wire> {
    let job = |below: &str| format!("/jobs/{}{below}", segment(request.run().as_str()));
    let post = |path, body| Wire { verb: Verb::Post, path, body: Some(body) };
    Some(match request {
        Request::Checkpoint { trigger, .. } => {
            let body = json!({ "checkpointType": "CONFIGURED", "triggerId": trigger });
            post(job("/checkpoints"), body)
        }
        Request::Savepoint { trigger, .. } => {
            post(job("/savepoints"), json!({ "cancel-job": false, "triggerId": trigger }))
        }
        Request::Cancel { .. } => Wire { verb: Verb::Patch, path: job("?mode=cancel"), body: None },
        Request::Scale { parallelism, .. } => {
            // the lower bound is 1: a job that asks for more slots than there are runs at what fits
            let bounds = |n: &u32| json!({ "parallelism": { "lowerBound": 1, "upperBound": n } });
            let all = parallelism.iter().map(|(v, n)| (v.to_string(), bounds(n)));
            let body = Value::Object(all.collect::<Map<_, _>>());
            Wire { verb: Verb::Put, path: job("/resource-requirements"), body: Some(body) }
        }
        Request::Submit { .. } => return None,
    })
}

/// Ids come from the estate: nothing in them may leave its segment of the path.
pub(super) fn segment(text: &str) -> String {
    const KEPT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'~');
    utf8_percent_encode(text, KEPT).to_string()
}
