//! `zookeeper:`, `hdfs:`, `yarn:`, `machines:` and `components:` – what the jobs stand on.

use super::flink::{access_ca, auth, authority, file_globs, metrics_url, rest_url};
use super::problem::did_you_mean;
use super::read::{Map, Reader};
use super::values;
use super::yaml::{At, Node};
use crate::collect::component::{HttpProbe, Wanted};
use crate::collect::hdfs::Pages;
use crate::collect::http::HttpAccess;
use std::time::Duration;
use streamwarden_core::estate::{
    BaseKind, ClusterId, Name, OwnDelay, Place, Span, Stage, SubjectKind,
};
use streamwarden_core::rules::{Claim, Question};

/// What the jobs stand on, as configured.
#[derive(Clone, Debug, Default)]
pub struct Bases {
    pub clusters: Vec<BaseConfig>,
    pub hosts: Vec<HostConfig>,
    /// Globs of Prometheus-style target files; each target in them is a machine's exporter.
    pub hosts_file_sd: Vec<String>,
}

/// One cluster.
#[derive(Clone, Debug, PartialEq)]
pub struct BaseConfig {
    pub name: ClusterId,
    pub kind: BaseKind,
    pub sort: Name,
    pub place: Place,
    pub access: HttpAccess,
    pub how: How,
    /// Conditions of the rules' language that hold while it is well.
    pub health: Vec<Name>,
}

/// How it is asked.
#[derive(Clone, Debug, PartialEq)]
pub enum How {
    /// host:port of each server.
    Words(Vec<String>),
    /// AdminServer of each server.
    Admin(Vec<String>),
    Hdfs(Pages),
    Yarn(Vec<String>),
    Component {
        exporter: Option<(String, Vec<Wanted>)>,
        http: Option<HttpProbe>,
        tcp: Option<String>,
    },
}

#[derive(Clone, Debug, PartialEq)]
pub struct HostConfig {
    /// As TaskManagers, brokers and nodes are addressed by.
    pub host: Name,
    pub url: String,
}

impl HostConfig {
    /// A machine that is called like the host in its exporter's address.
    pub fn of_url(url: &str) -> HostConfig {
        let host = crate::collect::base::host_of(authority(url));
        HostConfig { host: host.into(), url: url.to_owned() }
    }
}

pub(super) fn read(reader: &mut Reader, map: &mut Map, flink: &[ClusterId], files: bool) -> Bases {
    let mut seen = Seen::default();
    let mut clusters = Vec::new();
    let kinds: [(&'static str, BaseKind); 4] = [
        ("zookeeper", BaseKind::Zookeeper),
        ("hdfs", BaseKind::Hdfs),
        ("yarn", BaseKind::Yarn),
        ("components", BaseKind::Component),
    ];
    for (key, kind) in kinds {
        for item in reader.list(map.get(key)) {
            let Some(mut map) = reader.map(item, what(kind)) else { continue };
            let known = if files { None } else { Some(flink) };
            let found = one(reader, &mut map, kind, known, &mut seen);
            map.finish(reader);
            clusters.extend(found);
        }
    }
    values::unique(reader, "base clusters or components", &seen.names);
    seen.ends_are_known(reader);
    let hosts = hosts(reader, map.get("machines"));
    let hosts_file_sd = file_globs(reader, map.get("machines_file_sd"));
    Bases { clusters, hosts, hosts_file_sd }
}

fn what(kind: BaseKind) -> &'static str {
    match kind {
        BaseKind::Zookeeper => "a ZooKeeper",
        BaseKind::Hdfs => "an HDFS",
        BaseKind::Yarn => "a YARN",
        BaseKind::Component => "a component",
    }
}

fn one(
    reader: &mut Reader,
    map: &mut Map,
    kind: BaseKind,
    flink: Option<&[ClusterId]>,
    seen: &mut Seen,
) -> Option<BaseConfig> {
    let name = map.need_text(reader, "name");
    let name = values::name(reader, name);
    let how = match kind {
        BaseKind::Zookeeper => zookeeper(reader, map),
        BaseKind::Hdfs => hdfs(reader, map),
        BaseKind::Yarn => yarn(reader, map),
        BaseKind::Component => component(reader, map),
    };
    let sort = match kind {
        BaseKind::Component => map.need_text(reader, "kind").map(|k| Name::from(k.value)),
        _ => Some(kind.name().into()),
    };
    let health = match kind {
        BaseKind::Component => health(reader, map.get("health"), how.as_ref()),
        _ => Vec::new(),
    };
    let ca_file = access_ca(reader, map);
    let auth = map.get("auth").and_then(|node| auth(reader, node));
    let delay = own_delay(reader, map, kind, how.as_ref());
    let place = Place { delay, ..place(reader, map, flink, seen) };
    let name = name?;
    seen.names.push((name.value.clone(), name.at));
    Some(BaseConfig {
        name: ClusterId::new(name.value),
        kind,
        sort: sort?,
        place,
        access: HttpAccess { auth, ca_file },
        how: how?,
        health,
    })
}

fn urls(reader: &mut Reader, node: Option<&Node>) -> Vec<String> {
    let mut urls = Vec::new();
    for item in reader.list(node) {
        let url = reader.text(item).and_then(|text| rest_url(reader, &text));
        urls.extend(url);
    }
    urls
}

fn addresses(reader: &mut Reader, node: Option<&Node>) -> Vec<String> {
    let mut all = Vec::new();
    for item in reader.list(node) {
        all.extend(reader.text(item).and_then(|text| values::host_port(reader, &text)));
    }
    all
}

fn texts(reader: &mut Reader, node: Option<&Node>) -> Vec<Name> {
    let mut all = Vec::new();
    for item in reader.list(node) {
        all.extend(reader.text(item).map(|text| Name::from(text.value)));
    }
    all
}

fn zookeeper(reader: &mut Reader, map: &mut Map) -> Option<How> {
    if map.present(&["servers", "admin"]).len() != 1 {
        let message = "a ZooKeeper wants one of `servers` and `admin`";
        let todo = "write `servers: [a:2181, b:2181, c:2181]`, or `admin: [http://a:8080, …]`";
        reader.problem(map.at, message, todo);
    }
    let servers = addresses(reader, map.get("servers"));
    let admin = urls(reader, map.get("admin"));
    Some(if admin.is_empty() { How::Words(servers) } else { How::Admin(admin) })
}

fn hdfs(reader: &mut Reader, map: &mut Map) -> Option<How> {
    let node = map.need(reader, "namenodes");
    Some(How::Hdfs(Pages {
        namenodes: urls(reader, node),
        datanodes: urls(reader, map.get("datanodes")),
        journalnodes: urls(reader, map.get("journalnodes")),
        nameservice: map.text(reader, "nameservice").map(|n| n.value),
    }))
}

fn yarn(reader: &mut Reader, map: &mut Map) -> Option<How> {
    let node = map.need(reader, "resourcemanagers");
    Some(How::Yarn(urls(reader, node)))
}

fn component(reader: &mut Reader, map: &mut Map) -> Option<How> {
    if map.present(&["exporter", "http", "tcp"]).is_empty() {
        let todo = "add `tcp: host:port`, `http: { url: … }` or `exporter: …` with `metrics: […]`";
        reader.problem(map.at, "nothing tells how this component is asked", todo);
    }
    let exporter = map.text(reader, "exporter").and_then(|text| metrics_url(reader, &text));
    let mut metrics = Vec::new();
    let node = map.get("metrics");
    for item in reader.list(node) {
        let Some(text) = reader.text(item) else { continue };
        let parsed = Wanted::parse(&text.value);
        if parsed.is_none() {
            let message = format!("`{}` is no series", text.value);
            reader.problem(text.at, message, "write name or name{label=\"value\"}");
        }
        metrics.extend(parsed);
    }
    if let (Some(node), None) = (node, &exporter) {
        reader.problem(node.at, "`metrics` are an exporter's", "add `exporter: http://…`");
    }
    let http = map.get("http").and_then(|node| http(reader, node));
    let tcp = map.text(reader, "tcp").and_then(|text| values::host_port(reader, &text));
    Some(How::Component { exporter: exporter.map(|url| (url, metrics)), http, tcp })
}

fn http(reader: &mut Reader, node: &Node) -> Option<HttpProbe> {
    let mut map = reader.map(node, "`http`")?;
    let url = map.need_text(reader, "url").and_then(|text| rest_url(reader, &text));
    let contains = map.text(reader, "contains").map(|t| t.value);
    map.finish(reader);
    Some(HttpProbe { url: url?, contains })
}

/// What is asked of an exporter must be among what is read of it.
fn series_are_read(reader: &mut Reader, at: At, asked: &[Name], how: Option<&How>) {
    let Some(How::Component { exporter, .. }) = how else { return };
    let Some((_, metrics)) = exporter else {
        if let Some(name) = asked.first() {
            let message = format!("metric(\"{name}\") is an exporter's, and none is given");
            let todo = format!("add `exporter: http://…` and `metrics: ['{name}']`");
            reader.problem(at, message, todo);
        }
        return;
    };
    let known = || metrics.iter().map(|w| &*w.text);
    for name in asked.iter().filter(|name| !known().any(|k| k == &***name)) {
        let near = did_you_mean(name, known());
        let message = format!("metric(\"{name}\") is not among the `metrics` of this component");
        reader.problem(at, message, format!("add it to `metrics:`; {near}"));
    }
}

fn health(reader: &mut Reader, node: Option<&Node>, how: Option<&How>) -> Vec<Name> {
    let mut all = Vec::new();
    for item in reader.list(node) {
        let Some(text) = reader.text(item) else { continue };
        match Claim::of(&text.value, SubjectKind::Component) {
            Ok(_) if text.value.contains("healthy") => {
                let message = "`healthy` is what these conditions come to";
                reader.problem(text.at, message, "ask for figures: metric(\"redis_up\") >= 1");
            }
            Ok(claim) => {
                series_are_read(reader, text.at, &claim.series(), how);
                all.push(Name::from(text.value));
            }
            Err(mistake) => {
                let message = format!("`{}`: {}", text.value, mistake.message);
                reader.problem(text.at, message, mistake.todo);
            }
        }
    }
    all
}

/// What was named so far: a component may be named before it is described.
#[derive(Default)]
struct Seen {
    names: Vec<(String, At)>,
    /// After `component:` in `upstream` and `downstream`.
    ends: Vec<(String, At)>,
}

impl Seen {
    fn ends_are_known(&self, reader: &mut Reader) {
        let names = || self.names.iter().map(|(name, _)| name.as_str());
        for (end, at) in self.ends.iter().filter(|(end, _)| !names().any(|n| n == end)) {
            let todo = did_you_mean(end, names());
            reader.problem(*at, format!("no component is named `{end}`"), todo);
        }
    }

    /// Globs over jobs and topics, or `component:<name>`.
    fn ends(&mut self, reader: &mut Reader, node: Option<&Node>) -> Vec<Name> {
        let mut all = Vec::new();
        for item in reader.list(node) {
            let Some(text) = reader.text(item) else { continue };
            if let Some(name) = text.value.strip_prefix("component:") {
                self.ends.push((name.to_owned(), text.at));
                all.push(Name::from(text.value));
            } else {
                all.extend(values::pattern(reader, text).map(Name::from));
            }
        }
        all
    }
}

fn stage(reader: &mut Reader, node: Option<&Node>) -> Option<Stage> {
    let text = reader.text(node?)?;
    let found = Stage::ALL.iter().find(|(word, _)| *word == text.value).map(|(_, stage)| *stage);
    if found.is_none() {
        let todo = did_you_mean(&text.value, Stage::ALL.iter().map(|(word, _)| *word));
        reader.problem(text.at, format!("`{}` is no part of the pipeline", text.value), todo);
    }
    found
}

/// A target beyond a week is no target for a stream.
const LONGEST: Duration = Duration::from_secs(7 * 24 * 3600);

fn own_delay(
    reader: &mut Reader,
    map: &mut Map,
    kind: BaseKind,
    how: Option<&How>,
) -> Option<OwnDelay> {
    let target = map.get("target");
    let Some(ask) = map.text(reader, "delay") else {
        if let Some(node) = target {
            reader.problem(node.at, "a target of what?", "add `delay: 'metric(\"lag_seconds\")'`");
        }
        return None;
    };
    let least = Duration::from_millis(1);
    let target = target.and_then(|node| reader.duration(node, least, LONGEST));
    match Question::of(&ask.value, kind.subject()) {
        Ok(q) if q.is_number() && matches!(q.unit(), "s" | "count" | "ratio") => {
            series_are_read(reader, ask.at, &q.series(), how);
        }
        Ok(_) => {
            let message = format!("`{}` does not come to seconds", ask.value);
            let todo = "ask for a number of seconds: metric(\"lag_ms\") / 1000";
            reader.problem(ask.at, message, todo);
            return None;
        }
        Err(mistake) => {
            let message = format!("`{}`: {}", ask.value, mistake.message);
            reader.problem(ask.at, message, mistake.todo);
            return None;
        }
    }
    let target = target.and_then(|t| i64::try_from(t.as_millis()).ok()).map(Span);
    Some(OwnDelay { ask: ask.value.into(), target })
}

fn place(
    reader: &mut Reader,
    map: &mut Map,
    flink: Option<&[ClusterId]>,
    seen: &mut Seen,
) -> Place {
    let mut clusters = Vec::new();
    for item in reader.list(map.get("flink")) {
        let Some(text) = reader.text(item) else { continue };
        let named = ClusterId::new(text.value.clone());
        if flink.is_some_and(|known| !known.contains(&named)) {
            let known = flink.into_iter().flatten().map(ClusterId::as_str);
            let todo = did_you_mean(&text.value, known);
            reader.problem(text.at, format!("no Flink cluster is named `{}`", text.value), todo);
        }
        clusters.push(named);
    }
    let mut jobs = Vec::new();
    for item in reader.list(map.get("jobs")) {
        let glob = reader.text(item).and_then(|text| values::pattern(reader, text));
        jobs.extend(glob.map(Name::from));
    }
    let reads = texts(reader, map.get("reads"));
    let writes = texts(reader, map.get("writes"));
    let upstream = seen.ends(reader, map.get("upstream"));
    let downstream = seen.ends(reader, map.get("downstream"));
    let stage = stage(reader, map.get("stage"));
    Place { flink: clusters, jobs, reads, writes, upstream, downstream, stage, delay: None }
}

fn hosts(reader: &mut Reader, node: Option<&Node>) -> Vec<HostConfig> {
    let mut names = Vec::new();
    let mut hosts = Vec::new();
    for item in reader.list(node) {
        let Some(mut map) = reader.map(item, "a machine") else { continue };
        let url = map.need_text(reader, "exporter").and_then(|text| metrics_url(reader, &text));
        let name = map.text(reader, "name");
        let name = values::name(reader, name);
        map.finish(reader);
        let Some(url) = url else { continue };
        let mut host = HostConfig::of_url(&url);
        if let Some(name) = name {
            host.host = name.value.as_str().into();
            names.push((name.value, name.at));
        }
        hosts.push(host);
    }
    values::unique(reader, "machines", &names);
    hosts
}
