//! `flink:` – clusters by their REST address, with where their metrics are and how to get in.

use super::act::{self, Act};
use super::bases::Bases;
use super::kafka::Kafka;
use super::problem::did_you_mean;
use super::prometheus_api::{self, PrometheusApi};
use super::read::{Map, Put, Reader};
use super::values;
use super::yaml::{At, Node};
use crate::collect::http::HttpAccess;
use crate::dial::Auth;
use crate::secret::Secret;
use std::collections::BTreeMap;
use streamwarden_core::estate::{BaseKind, ClusterId, Identity};

#[derive(Clone, Debug)]
pub struct Flink {
    pub name: ClusterId,
    pub rest: Rest,
    /// Metric endpoints, in full.
    pub prometheus: Vec<String>,
    /// Globs of Prometheus-style target files.
    pub prometheus_file_sd: Vec<String>,
    /// A server that scrapes them, in their place.
    pub prometheus_api: Option<PrometheusApi>,
    /// The Kafka cluster that its jobs use; None: read it from a TaskManager's log.
    pub kafka: Option<ClusterId>,
    pub access: HttpAccess,
    pub identity: Vec<Identity>,
    /// None: nothing of it is touched.
    pub act: Option<Act>,
}

/// Where its JobManager is asked.
#[derive(Clone, Debug, PartialEq)]
pub enum Rest {
    /// Base of the REST interface, no `/` at the end.
    At(String),
    /// Wherever YARN has started it.
    InYarn(InYarn),
}

#[derive(Clone, Debug, PartialEq)]
pub struct InYarn {
    /// One of `yarn`.
    pub cluster: ClusterId,
    /// Name or id of the application.
    pub application: String,
}

impl Rest {
    /// The address that is configured.
    pub fn at(&self) -> Option<&str> {
        match self {
            Rest::At(rest) => Some(rest),
            Rest::InYarn(_) => None,
        }
    }

    pub fn in_yarn(&self) -> Option<&InYarn> {
        match self {
            Rest::At(_) => None,
            Rest::InYarn(how) => Some(how),
        }
    }
}

impl Flink {
    /// Who stands between hears and forges what its JobManager says, and nobody said that nobody
    /// does.
    pub fn exposed(&self) -> bool {
        let host = self.rest.at().and_then(|rest| rest.strip_prefix("http://"));
        let host = host.map(authority_host);
        let trusted = self.act.as_ref().is_some_and(|act| act.plain_http);
        host.is_some_and(|host| !values::is_this_machine(host)) && !trusted
    }

    /// A cluster that a target file names by its REST base. Its labels may say `name` (else host
    /// and port), `kafka` (one of `kafka`; else the only one) and `prometheus` (URLs, separated by
    /// commas).
    pub fn discovered(rest: &str, labels: &BTreeMap<String, String>, kafka: &[Kafka]) -> Flink {
        let name = labels.get("name").map_or_else(|| authority(rest), String::as_str);
        let uses = match (labels.get("kafka"), kafka) {
            (Some(named), _) => kafka.iter().find(|k| k.name.as_str() == named),
            (None, [only]) => Some(only),
            (None, _) => None,
        };
        let endpoints = labels.get("prometheus").map(String::as_str).unwrap_or_default();
        let urls = endpoints.split(',').map(str::trim).filter(|url| url.contains("://"));
        Flink {
            name: ClusterId::new(name.replace('/', "_")),
            rest: Rest::At(rest.to_owned()),
            prometheus: urls.map(str::to_owned).collect(),
            prometheus_file_sd: Vec::new(),
            prometheus_api: None,
            kafka: uses.map(|k| k.name.clone()),
            access: HttpAccess::default(),
            identity: Vec::new(),
            act: None,
        }
    }
}

fn authority_host(rest: &str) -> &str {
    let place = rest.split('/').next().unwrap_or(rest);
    let place = place.rsplit_once('@').map_or(place, |(_, host)| host);
    match place.strip_prefix('[').and_then(|v6| v6.split_once(']')) {
        Some((v6, _)) => v6,
        None => place.split_once(':').map_or(place, |(host, _)| host),
    }
}

/// host:port of a URL.
pub(super) fn authority(url: &str) -> &str {
    url.split_once("://").map_or(url, |(_, rest)| rest.split('/').next().unwrap_or(rest))
}

/// With the YARNs that they name.
pub(super) fn read(
    reader: &mut Reader,
    node: Option<&Node>,
    kafka: &[Kafka],
) -> (Vec<Flink>, Vec<(String, At)>) {
    let mut names = Vec::new();
    let mut yarns = Vec::new();
    let mut rests: Vec<(String, At)> = Vec::new();
    let mut clusters = Vec::new();
    for item in reader.list(node) {
        let Some(mut map) = reader.map(item, "a Flink cluster") else { continue };
        let name = map.need_text(reader, "name");
        let name = values::name(reader, name);
        let in_yarn = in_yarn(reader, &mut map, &mut yarns);
        let rest = match in_yarn {
            Some(_) => map.text(reader, "rest"),
            None => map.need_text(reader, "rest"),
        };
        let address = rest.as_ref().and_then(|text| rest_url(reader, text));
        let at = Rest::At(address.clone().unwrap_or_default());
        let id = ClusterId::new(name.as_ref().map_or("", |n| n.value.as_str()));
        let cluster = Flink {
            rest: in_yarn.flatten().map_or(at, Rest::InYarn),
            prometheus: endpoints(reader, map.get("prometheus")),
            prometheus_file_sd: file_globs(reader, map.get("prometheus_file_sd")),
            prometheus_api: map.get("prometheus_api").and_then(|n| prometheus_api::read(reader, n)),
            kafka: kafka_of(reader, &mut map, kafka),
            access: access(reader, &mut map),
            identity: identities(reader, map.get("identity"), &id),
            act: act::read(reader, &mut map),
            name: id,
        };
        twice(reader, &map);
        map.finish(reader);
        names.extend(name.map(|n| (n.value, n.at)));
        rests.extend(address.zip(rest).map(|(url, text)| (url, text.at)));
        clusters.push(cluster);
    }
    values::unique(reader, "Flink clusters", &names);
    one_cluster_each(reader, &rests);
    (clusters, yarns)
}

/// Some: `yarn` is there, be it right or wrong. What YARN names as its address is another's word:
/// neither a credential nor an action is sent to it.
fn in_yarn(
    reader: &mut Reader,
    map: &mut Map,
    yarns: &mut Vec<(String, At)>,
) -> Option<Option<InYarn>> {
    let node = map.get("yarn")?;
    for other in map.present(&["rest", "act", "auth"]) {
        let (message, todo) = match other.name.as_str() {
            "rest" => ("`rest` and `yarn` tell the same", "leave one of them out"),
            "act" => (
                "nothing is done at an address that YARN names",
                "leave `act` out, or write `rest:` with an address that stays",
            ),
            _ => (
                "no credential is sent to an address that YARN names",
                "leave `auth` out, or write `rest:` with an address that stays",
            ),
        };
        reader.problem(other.at, message, todo);
    }
    let Some(mut map) = reader.map(node, "`yarn`") else { return Some(None) };
    let cluster = map.need_text(reader, "cluster");
    let application = map.need_text(reader, "application");
    map.finish(reader);
    yarns.extend(cluster.as_ref().map(|c| (c.value.clone(), c.at)));
    let both = cluster.zip(application);
    Some(both.map(|(c, a)| InYarn { cluster: ClusterId::new(c.value), application: a.value }))
}

/// Who is started by a YARN stands on it.
pub(super) fn stand_on_yarn(
    reader: &mut Reader,
    flink: &[Flink],
    named: &[(String, At)],
    bases: &mut Bases,
) {
    let mut known: Vec<_> =
        bases.clusters.iter_mut().filter(|b| b.kind == BaseKind::Yarn).collect();
    for (name, at) in named.iter().filter(|(name, _)| known.iter().all(|b| b.name.as_str() != name))
    {
        let todo = match known.is_empty() {
            true => format!("add `yarn: [{{ name: {name}, resourcemanagers: [http://rm:8088] }}]`"),
            false => did_you_mean(name, known.iter().map(|b| b.name.as_str())),
        };
        reader.problem(*at, format!("no YARN is named `{name}`"), todo);
    }
    for (flink, how) in flink.iter().filter_map(|f| Some((&f.name, f.rest.in_yarn()?))) {
        let base = known.iter_mut().find(|b| b.name == how.cluster);
        let place = base.map(|b| &mut b.place.flink).filter(|list| !list.contains(flink));
        place.into_iter().for_each(|list| list.push(flink.clone()));
    }
}

/// The same series from two sides would stand side by side with different times.
fn twice(reader: &mut Reader, map: &Map) {
    let endpoints = map.present(&["prometheus", "prometheus_file_sd"]);
    if let (Some(key), [_]) = (endpoints.first(), &map.present(&["prometheus_api"])[..]) {
        let message = format!("`{}` and `prometheus_api` tell the same", key.name);
        reader.problem(key.at, message, "leave one of them out: the endpoints are newer");
    }
}

/// Two clusters at one address would send that JobManager twice the requests we promise.
fn one_cluster_each(reader: &mut Reader, rests: &[(String, At)]) {
    for (i, (url, at)) in rests.iter().enumerate() {
        if let Some((_, first)) = rests[..i].iter().find(|(u, _)| u == url) {
            let todo = format!("remove one; the first is in line {}", first.line);
            reader.problem(*at, format!("{url} is given twice"), todo);
        }
    }
}

pub(super) fn rest_url(reader: &mut Reader, text: &Put<String>) -> Option<String> {
    values::url(reader, text).map(|url| url.as_str().trim_end_matches('/').to_owned())
}

/// A metrics URL; Prometheus's own `/metrics` where no path is given.
pub(super) fn metrics_url(reader: &mut Reader, text: &Put<String>) -> Option<String> {
    let mut url = values::url(reader, text)?;
    if url.path() == "/" {
        url.set_path("/metrics");
    }
    Some(url.into())
}

fn endpoints(reader: &mut Reader, node: Option<&Node>) -> Vec<String> {
    let mut urls = Vec::new();
    for item in reader.list(node) {
        let url = reader.text(item).and_then(|text| metrics_url(reader, &text));
        urls.extend(url);
    }
    urls
}

/// Globs of target files, from the configuration's folder; a folder itself may hold no wildcard.
pub(super) fn file_globs(reader: &mut Reader, node: Option<&Node>) -> Vec<String> {
    let mut globs = Vec::new();
    for item in reader.list(node) {
        let Some(path) = reader.path(item) else { continue };
        let folder = path.value.parent().map(|p| p.to_string_lossy().into_owned());
        if folder.is_some_and(|f| f.contains(['*', '?'])) {
            let message = "a wildcard may stand in the file's name only";
            reader.problem(path.at, message, "write each folder out: [a/*.json, b/*.json]");
            continue;
        }
        globs.push(path.value.to_string_lossy().into_owned());
    }
    globs
}

fn kafka_of(reader: &mut Reader, map: &mut Map, kafka: &[Kafka]) -> Option<ClusterId> {
    let Some(named) = map.text(reader, "kafka") else {
        // the only Kafka cluster needs no mention
        return match kafka {
            [only] => Some(only.name.clone()),
            _ => None,
        };
    };
    let known = kafka.iter().map(|k| k.name.as_str());
    if !known.clone().any(|k| k == named.value) {
        let message = format!("no Kafka cluster is named `{}`", named.value);
        let todo = if kafka.is_empty() {
            format!("add `kafka: [{{ name: {}, bootstrap: [host:9092] }}]`", named.value)
        } else {
            did_you_mean(&named.value, known)
        };
        reader.problem(named.at, message, todo);
        return None;
    }
    Some(ClusterId::new(named.value))
}

pub(super) fn access(reader: &mut Reader, map: &mut Map) -> HttpAccess {
    let ca_file = access_ca(reader, map);
    let auth = map.get("auth").and_then(|node| auth(reader, node));
    HttpAccess { auth, ca_file }
}

pub(super) fn access_ca(reader: &mut Reader, map: &mut Map) -> Option<std::path::PathBuf> {
    map.get("ca_file").and_then(|node| values::ca_file(reader, node))
}

pub(super) fn auth(reader: &mut Reader, node: &Node) -> Option<Auth> {
    let mut map = reader.map(node, "`auth`")?;
    let given = map.present(&["bearer", "bearer_file", "basic"]).len();
    if given != 1 {
        let message = "`auth` wants one of bearer_file, bearer and basic";
        reader.problem(
            map.at,
            message,
            "write { bearer_file: … } or { basic: { user: …, password_file: … } }",
        );
    }
    let bearer = secret(reader, &mut map, "bearer", "bearer_file").map(Auth::Bearer);
    let basic = map.get("basic").and_then(|node| basic(reader, node));
    map.finish(reader);
    bearer.or(basic)
}

fn basic(reader: &mut Reader, node: &Node) -> Option<Auth> {
    let mut map = reader.map(node, "`basic`")?;
    let user = map.need_text(reader, "user");
    let given = map.present(&["password", "password_file"]).len();
    if given != 1 {
        let message = "`basic` wants one of password_file and password";
        reader.problem(map.at, message, "add `password_file: …`");
    }
    let password = secret(reader, &mut map, "password", "password_file");
    map.finish(reader);
    Some(Auth::Basic { user: user?.value, password: password? })
}

pub(super) fn secret(
    reader: &mut Reader,
    map: &mut Map,
    inline: &'static str,
    file: &'static str,
) -> Option<Secret> {
    let inline = map.text(reader, inline).map(|text| Secret::new(text.value));
    let file = map.get(file).and_then(|node| values::secret_file(reader, node));
    inline.or(file)
}

fn identities(reader: &mut Reader, node: Option<&Node>, cluster: &ClusterId) -> Vec<Identity> {
    let mut identities = Vec::new();
    for item in reader.list(node) {
        let Some(mut map) = reader.map(item, "an identity") else { continue };
        let job = map.need_text(reader, "job").and_then(|text| values::pattern(reader, text));
        let key = map.need_text(reader, "key");
        map.finish(reader);
        if let (Some(job), Some(key)) = (job, key) {
            let (job, key) = (job.into(), key.value.into());
            identities.push(Identity { cluster: cluster.clone(), job, key });
        }
    }
    identities
}
