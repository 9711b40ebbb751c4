//! YAML into typed configuration, all mistakes at once.

mod act;
mod bases;
mod flags;
mod flink;
mod heal;
mod inspect;
mod kafka;
mod lineage;
mod never;
mod notify;
mod problem;
mod prometheus_api;
mod read;
mod rule_file;
mod text_file;
mod users;
mod values;
mod yaml;

pub use act::Act;
pub use bases::{BaseConfig, Bases, HostConfig, How};
pub use flink::{Flink, InYarn};
pub use inspect::Inspect;
pub use kafka::Kafka;
pub use problem::{Problem, did_you_mean};
pub use prometheus_api::PrometheusApi;
pub use read::{parse_duration, short};
pub use rule_file::RuleText;
pub use text_file::read_text;
pub use values::program;

use crate::access::{Access, Role};
use crate::notify::{Heartbeat, Webhook};
use read::Reader;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;
use streamwarden_core::case::Mode;
use streamwarden_core::estate::Span;
use streamwarden_core::lineage::Settings;
use streamwarden_core::past::Limits;
use streamwarden_core::plan::Policy;

/// Where the page is unless configured otherwise.
pub const DEFAULT_LISTEN: SocketAddr =
    SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 8470);
/// Looked for when neither `--config` nor the environment names a file.
pub const DEFAULT_FILE: &str = "streamwarden.yaml";

/// A JobManager gets two requests a second at most: looking more often than this shows nothing new.
const MIN_TICK: Duration = Duration::from_secs(1);
const MAX_TICK: Duration = Duration::from_secs(600);
/// Less history than this cannot tell how late the data was; more belongs on disk, not in memory.
const MIN_HISTORY: Duration = Duration::from_secs(600);
const MAX_HISTORY: Duration = Duration::from_secs(24 * 3600);

/// A day is the least that a comparison with yesterday needs.
const MIN_KEPT: Duration = Duration::from_secs(86_400);
const MAX_KEPT: Duration = Duration::from_secs(400 * 86_400);
const MIN_CAP: u64 = 50_000_000;
const MAX_CAP: u64 = 10_000_000_000_000;

/// All that is configured; everything in it has been checked.
#[derive(Clone, Debug)]
pub struct Config {
    /// None: made from flags.
    pub file: Option<PathBuf>,
    pub listen: SocketAddr,
    /// Names beside loopback and the listen address under which the page may be asked for.
    pub hosts: Vec<String>,
    pub data_dir: PathBuf,
    /// Everything is looked at this often.
    pub tick: Duration,
    /// Questions that cost something may be asked: thread dumps, flame graphs, log tails, ...
    pub probe: bool,
    /// Somebody waits for one answer: for its minute, targets are asked faster.
    pub hasty: bool,
    /// How much history is kept in memory.
    pub history: Duration,
    /// How long a value a minute of it is kept on disk, and what it may take there.
    pub keep: Limits,
    pub flink: Vec<Flink>,
    pub kafka: Vec<Kafka>,
    /// Globs of Prometheus-style target files; each target in them is a Flink cluster's REST.
    pub flink_file_sd: Vec<String>,
    /// What the jobs stand on.
    pub bases: Bases,
    pub settings: Settings,
    /// Who may change something; by default nobody.
    pub access: Access,
    /// Where messages about incidents go.
    pub webhook: Option<Webhook>,
    /// Who hears that we are alive, so that our silence calls somebody.
    pub heartbeat: Option<Heartbeat>,
    /// How far we may go by ourselves; by default no further than to show what we would do.
    pub heal: Policy,
    /// Rules of the estate's own experts, beside ours.
    pub rules: Option<PathBuf>,
    /// When the estate is inspected, and whose what is.
    pub inspect: Inspect,
    /// What stands in the file and is most likely not meant.
    pub warnings: Vec<Problem>,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            file: None,
            listen: DEFAULT_LISTEN,
            hosts: Vec::new(),
            data_dir: PathBuf::from("streamwarden-data"),
            tick: Duration::from_secs(5),
            probe: false,
            hasty: false,
            history: Duration::from_secs(2 * 3600),
            keep: Limits::default(),
            flink: Vec::new(),
            kafka: Vec::new(),
            flink_file_sd: Vec::new(),
            bases: Bases::default(),
            settings: Settings::default(),
            access: Access::default(),
            webhook: None,
            heartbeat: None,
            heal: Policy::default(),
            rules: None,
            inspect: Inspect::default(),
            warnings: Vec::new(),
        }
    }
}

impl Config {
    /// The most that may be done by itself, anywhere: without `act` nothing is touched.
    pub fn mode(&self) -> Mode {
        let may = self.flink.iter().any(|f| f.act.is_some());
        let most = self.heal.a.max(self.heal.b).max(self.heal.c);
        if may { most } else { Mode::Observe }
    }

    /// Reads and checks a file, and the files it names.
    ///
    /// # Errors
    /// Every mistake in it, in the order of the lines.
    pub fn load(path: &Path) -> Result<Config, Vec<Problem>> {
        Config::load_or(path, ", or need none: --flink http://127.0.0.1:8081")
    }

    /// As [`Config::load`]; `or`: what else can be done where there is no such file.
    ///
    /// # Errors
    /// Every mistake in it, in the order of the lines.
    pub fn load_or(path: &Path, or: &str) -> Result<Config, Vec<Problem>> {
        let file = path.display().to_string();
        let todo = format!(
            "write {file} (streamwarden.example.yaml is a start), or name another with --config{or}"
        );
        let text = read_text(path, values::MAX_FILE, &todo).map_err(|p| vec![p])?;
        let folder = path.parent().unwrap_or(Path::new(""));
        let mut config = Config::parse(&file, &text, folder, &|name| std::env::var(name).ok())?;
        config.file = Some(path.to_path_buf());
        Ok(config)
    }

    /// As [`Config::load`], with text and environment handed in.
    ///
    /// # Errors
    /// Every mistake in it, in the order of the lines.
    pub fn parse(
        file: &str,
        text: &str,
        folder: &Path,
        env: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Config, Vec<Problem>> {
        let source = problem::Source::new(file, text);
        let mut problems = Vec::new();
        let root = yaml::parse(&source, &mut problems);
        let warnings = Vec::new();
        let mut reader = Reader { source: &source, problems, warnings, folder, env };
        let mut config = root.and_then(|root| read(&mut reader, &root));
        let mut problems = reader.problems;
        if let Some(config) = &mut config {
            config.warnings = reader.warnings;
        }
        problems.sort_by_key(|p| (p.line, p.column));
        problems.dedup();
        match config {
            Some(config) if problems.is_empty() => Ok(config),
            _ => Err(problems),
        }
    }

    /// What lineage is told, with the freshness that the tick gives, or a server that scrapes for
    /// us at longer intervals.
    fn settle(mut self) -> Config {
        let tick = i64::try_from(self.tick.as_millis()).unwrap_or(i64::MAX);
        let history = i64::try_from(self.history.as_millis()).unwrap_or(i64::MAX);
        let slowest = self.flink.iter().filter_map(|f| f.prometheus_api.as_ref());
        let slowest = slowest.map(|api| api.every.as_millis()).max().unwrap_or(0);
        let slowest = i64::try_from(slowest).unwrap_or(i64::MAX);
        self.settings.fresh = Span(3 * tick.max(slowest));
        self.settings.quantile_window = Span(self.settings.quantile_window.0.min(history));
        self.settings.kafka_of =
            self.flink.iter().filter_map(|f| Some((f.name.clone(), f.kafka.clone()?))).collect();
        self
    }
}

/// A yes that nobody can give, and a suggestion that nobody hears.
fn unheard(reader: &mut Reader, at: yaml::At, heal: &Policy, access: &Access, told: bool) {
    let modes = [heal.a, heal.b, heal.c];
    let yes = access.users.iter().any(|u| u.role >= Role::Approver);
    if modes.contains(&Mode::Approve) && !yes && access.token.is_none() {
        let todo =
            "add one with `role: approver` to `users:` (`streamwarden token` makes the line)";
        reader.warn(at, "nobody can say yes to a plan: no user is an approver", todo);
    }
    if modes.contains(&Mode::Suggest) && !told {
        let todo =
            "add `notify: { webhook: { url: … } }`; page and command line show it all the same";
        reader.warn(at, "what is suggested is sent to nobody: there is no webhook", todo);
    }
    if !told && modes.iter().any(|m| *m >= Mode::Approve) {
        let todo =
            "add `notify: { webhook: { url: … } }`: a repair that gets stuck may leave a job down";
        reader.warn(at, "nobody is called when a repair gets stuck: there is no webhook", todo);
    }
}

/// What will not be done by itself, though it is wanted.
fn undone(reader: &mut Reader, at: yaml::At, heal: &Policy, flink: &[Flink]) {
    let modes = [heal.a, heal.b, heal.c];
    for cluster in flink {
        let Some(act) = &cluster.act else { continue };
        let name = &cluster.name;
        if modes.iter().any(|m| *m >= Mode::Approve)
            && act.rules.iter().all(|r| r.submitter.is_none())
        {
            let message = format!("no job of `{name}` can be started again: `submit` names no way");
            let todo = "add `submit: [{ job: \"*\", session: { jar: … } }]` beside its `act`";
            reader.warn(at, message, todo);
        }
        if modes.contains(&Mode::Auto) && cluster.exposed() {
            let message = format!(
                "nothing on `{name}` goes by itself: its JobManager is asked over plain http"
            );
            let todo = "ask it over https, or say `act: { plain_http: true }` where nobody else is on that network";
            reader.warn(at, message, todo);
        }
    }
}

/// History on disk: `keep: { minutes: 35d, at_most: 10GB }`.
fn limits(reader: &mut Reader, node: Option<&yaml::Node>) -> Limits {
    let mut limits = Limits::default();
    let Some(mut map) = node.and_then(|n| reader.map(n, "`keep`")) else { return limits };
    let minutes = map.get("minutes").and_then(|n| reader.duration(n, MIN_KEPT, MAX_KEPT));
    if let Some(keep) = minutes {
        limits.keep = Span(i64::try_from(keep.as_millis()).unwrap_or(i64::MAX));
    }
    let cap = map.get("at_most").and_then(|n| reader.bytes(n, MIN_CAP, MAX_CAP));
    limits.cap = cap.unwrap_or(limits.cap);
    map.finish(reader);
    limits
}

fn read(reader: &mut Reader, root: &yaml::Node) -> Option<Config> {
    if matches!(root.value, yaml::Value::Null) {
        reader.problem(root.at, "the configuration is empty", "add `flink:` with a cluster");
        return None;
    }
    let mut map = reader.map(root, "the configuration")?;
    let default = Config::default();
    let allow_remote = map.get("allow_remote").and_then(|n| reader.yes_no(n)).unwrap_or(false);
    let listen = map.get("listen").and_then(|n| values::listen(reader, n, allow_remote));
    let mut hosts = Vec::new();
    for item in reader.list(map.get("hosts")) {
        hosts.extend(reader.text(item).and_then(|text| values::host(reader, &text)));
    }
    let data_dir = map.get("data_dir").and_then(|n| reader.path(n)).map(|p| p.value);
    let tick = map.get("tick").and_then(|n| reader.duration(n, MIN_TICK, MAX_TICK));
    let history = map.get("history").and_then(|n| reader.duration(n, MIN_HISTORY, MAX_HISTORY));
    let keep = limits(reader, map.get("keep"));
    let kafka = kafka::read(reader, map.get("kafka"));
    let (flink, yarns) = flink::read(reader, map.get("flink"), &kafka);
    let flink_file_sd = flink::file_globs(reader, map.get("flink_file_sd"));
    let settings = lineage::read(reader, &mut map);
    let probe = map.get("probe").and_then(|n| reader.yes_no(n)).unwrap_or(default.probe);
    let clusters: Vec<_> = flink.iter().map(|f| f.name.clone()).collect();
    let known = if flink_file_sd.is_empty() { &clusters[..] } else { &[] };
    let mut bases = bases::read(reader, &mut map, &clusters, !flink_file_sd.is_empty());
    flink::stand_on_yarn(reader, &flink, &yarns, &mut bases);
    let access = users::read(reader, &mut map, known);
    let (webhook, heartbeat) = notify::read(reader, map.get("notify"));
    let acts = flink.iter().any(|f| f.act.is_some());
    let heal_at = map.get("heal");
    let heal = heal::read(reader, heal_at, acts);
    if let Some(node) = heal_at {
        unheard(reader, node.at, &heal, &access, webhook.is_some());
        undone(reader, node.at, &heal, &flink);
    }
    let rules = map.get("rules").and_then(|n| values::folder(reader, n));
    let inspect = inspect::read(reader, map.get("inspect"), crate::clock::now());
    if map.present(&["flink", "flink_file_sd"]).is_empty() {
        let todo =
            "add `flink: [{ name: …, rest: http://… }]` or `flink_file_sd: [targets/*.json]`";
        reader.problem(map.at, "no Flink cluster is given", todo);
    }
    map.finish(reader);
    let config = Config {
        file: None,
        listen: listen.unwrap_or(default.listen),
        hosts,
        data_dir: data_dir.unwrap_or_else(|| reader.folder.join(&default.data_dir)),
        tick: tick.unwrap_or(default.tick),
        probe,
        hasty: default.hasty,
        history: history.unwrap_or(default.history),
        keep,
        flink,
        kafka,
        flink_file_sd,
        bases,
        settings,
        access,
        webhook,
        heartbeat,
        heal,
        rules,
        inspect,
        warnings: Vec::new(),
    };
    Some(config.settle())
}

#[cfg(test)]
mod tests;
