//! A session cluster's own REST: a jar that lies there already is run.

use super::super::client::{ActClient, Answer};
use super::super::wire::{Verb, Wire, segment};
use super::{Submission, Words, with_job};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::time::Duration;
use streamwarden_core::estate::Millis;
use streamwarden_core::plan::Upload;

/// A jar on the JobManager.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Jar {
    /// Its id there; also one that Flink does not list.
    Id(String),
    /// What was uploaded under this name, and is the one that the plan names.
    Name(String),
}

/// How it is run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    pub jar: Jar,
    pub entry_class: Option<String>,
    pub args: Vec<String>,
    /// `flinkConfiguration` of the run.
    pub configuration: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Jars {
    files: Vec<Listed>,
}

#[derive(Deserialize)]
struct Listed {
    id: String,
    name: String,
    uploaded: i64,
}

#[derive(Deserialize)]
struct Versions {
    #[serde(rename = "flink-version")]
    flink: String,
}

impl Session {
    pub(super) async fn wire(
        &self,
        client: &ActClient,
        s: &Submission<'_>,
        deadline: Duration,
    ) -> Result<Wire, Words> {
        let jar = match &self.jar {
            Jar::Id(id) => id.clone(),
            Jar::Name(name) => named(get(client, "/jars", deadline).await?, name, s.jar)?,
        };
        let versions: Versions = get(client, "/config", deadline).await?;
        let path = format!("/jars/{}/run", segment(&jar));
        let body = self.body(s, claim_field(&versions.flink))?;
        Ok(Wire { verb: Verb::Post, path, body: Some(body) })
    }

    /// Never with `allowNonRestoredState`; NO_CLAIM leaves the point to whoever else may need it.
    fn body(&self, s: &Submission<'_>, claim_field: &str) -> Result<Value, Words> {
        let args = self.args.iter().map(|a| with_job(a, s.job)).collect::<Result<Vec<_>, _>>()?;
        let configuration = self.configuration.iter();
        let configuration = configuration
            .map(|(key, value)| Ok((key.clone(), with_job(value, s.job)?)))
            .collect::<Result<BTreeMap<_, _>, Words>>()?;
        let mut body = Map::new();
        let mut put = |key: &str, value: Value| body.insert(key.to_owned(), value);
        put("jobId", json!(s.run));
        put("savepointPath", json!(s.point.path));
        put("allowNonRestoredState", json!(false));
        put(claim_field, json!("NO_CLAIM"));
        put("programArgsList", json!(args));
        if let Some(class) = &self.entry_class {
            put("entryClass", json!(class));
        }
        if let Some(parallelism) = s.parallelism {
            put("parallelism", json!(parallelism));
        }
        if !configuration.is_empty() {
            put("flinkConfiguration", json!(configuration));
        }
        Ok(Value::Object(body))
    }
}

/// The one that the plan names; a plan of an earlier version names none, and means the newest.
fn named(jars: Jars, name: &str, wanted: Option<&str>) -> Result<String, Words> {
    let mut all = jars.files.into_iter().filter(|j| j.name == name);
    match wanted {
        Some(id) => all.find(|j| j.id == id).map(|j| j.id).ok_or_else(|| {
            let todo = "put it back into its web.upload.dir, or start the job yourself";
            format!("the jar `{id}` lies on the JobManager no more: {todo}").into()
        }),
        None => all
            .max_by_key(|j| j.uploaded)
            .map(|j| j.id)
            .ok_or_else(|| format!("no jar `{name}` lies on the JobManager: upload it").into()),
    }
}

/// What lies there; None: it does not say.
pub(in super::super) async fn jars(client: &ActClient, deadline: Duration) -> Option<Vec<Upload>> {
    let listed: Jars = get(client, "/jars", deadline).await.ok()?;
    let one = |j: Listed| Upload { id: j.id.into(), name: j.name.into(), at: Millis(j.uploaded) };
    Some(listed.files.into_iter().map(one).collect())
}

/// 1.20 renamed the field and 2.0 dropped the old name; an unknown field is refused.
fn claim_field(version: &str) -> &'static str {
    let mut parts = version.split(['.', '-']).map(|p| p.parse::<u32>().unwrap_or(u32::MAX));
    let (major, minor) = (parts.next().unwrap_or(u32::MAX), parts.next().unwrap_or(0));
    if (major, minor) >= (1, 20) { "claimMode" } else { "restoreMode" }
}

async fn get<T: for<'de> Deserialize<'de>>(
    client: &ActClient,
    path: &str,
    deadline: Duration,
) -> Result<T, Words> {
    let later = |why: String| Words { in_doubt: true, ..format!("{path}: {why}").into() };
    match client.get(path, deadline).await {
        Answer::Status { code: 200, body } => {
            serde_json::from_slice(&body).map_err(|_| later("not understood".to_owned()))
        }
        Answer::Status { code: code @ (401 | 403 | 404), .. } => {
            Err(format!("{path}: answered {code}").into())
        }
        Answer::Status { code, .. } => Err(later(format!("answered {code}"))),
        Answer::Lost(why) => Err(later(why)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_field_goes_by_the_version() {
        for (version, want) in [
            ("1.18.1", "restoreMode"),
            ("1.19.3", "restoreMode"),
            ("1.20.5", "claimMode"),
            ("2.2.1", "claimMode"),
            ("2.3-SNAPSHOT", "claimMode"),
            ("nonsense", "claimMode"),
        ] {
            assert_eq!(claim_field(version), want, "{version}");
        }
    }

    #[test]
    fn the_one_that_the_plan_names() {
        let jar = |id: &str, uploaded| Listed { id: id.into(), name: "job.jar".into(), uploaded };
        let jars = || Jars { files: vec![jar("a_job.jar", 5), jar("b_job.jar", 9), jar("c", 7)] };
        let of = |name, wanted| named(jars(), name, wanted).map_err(|w| w.text.to_string());
        assert_eq!(of("job.jar", Some("a_job.jar")).as_deref(), Ok("a_job.jar"), "the plan's");
        assert!(of("job.jar", Some("d_job.jar")).unwrap_err().contains("no more"));
        assert_eq!(of("job.jar", None).as_deref(), Ok("b_job.jar"), "of a plan that names none");
        assert!(of("other.jar", None).unwrap_err().contains("upload it"));
    }
}
