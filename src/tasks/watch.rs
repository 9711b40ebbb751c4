//! Which targets there are: configured, from files, and Kafka clusters whose address was read in a
//! TaskManager's log. Starts a loop for each and ends it when the target is gone.

use super::follow::Followed;
use super::look::look_loop;
use super::{Eyes, Loops, World, bases};
use crate::clock;
use crate::collect::Yield;
use crate::collect::flink::{FlinkOptions, FlinkTarget};
use crate::collect::http::{HttpAccess, ReadClient};
use crate::collect::kafka::{KafkaAccess, KafkaOptions, KafkaTarget};
use crate::collect::prometheus::api::ApiTarget;
use crate::collect::prometheus::{Caps, PrometheusTarget};
use crate::config::{BaseConfig, Config, Flink, HostConfig, PrometheusApi};
use crate::discover::file_sd::{FILES, FileSd};
use crate::web::state::FlinkUrls;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use streamwarden_core::estate::{ClusterId, Name, Target, TargetKind};
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

/// What should be looked at, by target name.
#[derive(Clone, PartialEq)]
enum Wanted {
    Flink {
        cluster: ClusterId,
        url: String,
        access: HttpAccess,
        has_prometheus: bool,
        find_kafka: bool,
    },
    Prometheus {
        cluster: ClusterId,
        url: String,
        access: HttpAccess,
    },
    Api {
        cluster: ClusterId,
        api: PrometheusApi,
    },
    Kafka {
        cluster: ClusterId,
        bootstrap: Vec<String>,
        access: KafkaAccess,
    },
    Base(Box<BaseConfig>),
    Hosts(Vec<HostConfig>),
}

/// Files and logs are looked at this often.
const DISCOVER_EVERY: Duration = Duration::from_secs(5);
/// While somebody waits for one answer.
const DISCOVER_HASTILY: Duration = Duration::from_secs(1);
/// A file with ten thousand targets is a mistake.
const MOST_TARGETS: usize = 2000;

/// Runs until `stop`; fails when a loop broke down.
pub async fn watch_loop(
    config: Config,
    world: World,
    loops: Loops,
    stop: CancellationToken,
) -> Result<(), String> {
    let every = if config.hasty { DISCOVER_HASTILY } else { DISCOVER_EVERY };
    let handle = loops.register("discover", every);
    let mut files = Files::new(&config);
    let mut followed = Followed::default();
    let mut running: BTreeMap<Name, (Wanted, CancellationToken)> = BTreeMap::new();
    let mut tasks: JoinSet<()> = JoinSet::new();
    let mut timer = interval(every);
    timer.set_missed_tick_behavior(MissedTickBehavior::Skip);
    loop {
        tokio::select! {
            _ = timer.tick() => {}
            Some(ended) = tasks.join_next(), if !tasks.is_empty() => {
                ended.map_err(|e| format!("a collector broke down: {e}"))?;
                continue;
            }
            () = stop.cancelled() => break,
        }
        handle.begin();
        let began = tokio::time::Instant::now();
        files.look(&world);
        followed.look(&config.flink, &world, clock::now());
        let mut wanted = wanted(&config, &files, &followed, &world);
        let over = wanted.len().saturating_sub(MOST_TARGETS);
        if over > 0 {
            tracing::error!(over, "too many targets; the last ones by name are left out");
        }
        while wanted.len() > MOST_TARGETS {
            wanted.pop_last();
        }
        let pages = world.pages();
        let found = pages_of(&wanted);
        if **pages.load() != found {
            pages.store(Arc::new(found));
        }
        running.retain(|name, (what, end)| {
            let stays = wanted.get(name) == Some(what);
            if !stays {
                end.cancel();
                world.with_targets(|book| book.remove(name));
            }
            stays
        });
        for (name, what) in wanted {
            if running.contains_key(&name) {
                continue;
            }
            match eyes(&name, &what, &config) {
                Ok(eyes) => {
                    let end = stop.child_token();
                    world.with_targets(|book| book.add(eyes.target()));
                    let on_board = loops.register(&format!("look {name}"), config.tick);
                    tasks.spawn(look_loop(eyes, world.clone(), config.tick, on_board, end.clone()));
                    running.insert(name, (what, end));
                }
                Err(error) => tracing::error!(target = %name, %error, "cannot be looked at"),
            }
        }
        handle.end(format!("{} targets", running.len()), began.elapsed());
    }
    tasks.shutdown().await;
    Ok(())
}

/// Target files, with the clusters that they belong to.
struct Files {
    flink: Vec<FileSd>,
    prometheus: Vec<(Flink, FileSd)>,
    hosts: Option<FileSd>,
}

impl Files {
    fn new(config: &Config) -> Files {
        let target = |name: &str, kind| Target {
            name: Name::from(format!("files of {name}")),
            kind,
            address: Name::from(FILES),
        };
        let flink = (!config.flink_file_sd.is_empty()).then(|| {
            FileSd::new(target("flink", TargetKind::FlinkRest), config.flink_file_sd.clone(), "")
        });
        let prometheus =
            config.flink.iter().filter(|f| !f.prometheus_file_sd.is_empty()).map(|f| {
                let of = target(f.name.as_str(), TargetKind::Prometheus);
                (f.clone(), FileSd::new(of, f.prometheus_file_sd.clone(), "/metrics"))
            });
        let hosts = (!config.bases.hosts_file_sd.is_empty()).then(|| {
            let of = target("hosts", TargetKind::Host);
            FileSd::new(of, config.bases.hosts_file_sd.clone(), "/metrics")
        });
        Files { flink: flink.into_iter().collect(), prometheus: prometheus.collect(), hosts }
    }

    fn look(&mut self, world: &World) {
        let all = self.flink.iter_mut().chain(self.prometheus.iter_mut().map(|(_, f)| f));
        for file in all.chain(&mut self.hosts) {
            let at = clock::now();
            let looked = file.look(at);
            let found = Yield { gaps: looked.gaps, seen: looked.seen, ..Yield::default() };
            world.take_in(file.target(), found, at, 0.0);
        }
    }
}

fn wanted(
    config: &Config,
    files: &Files,
    followed: &Followed,
    world: &World,
) -> BTreeMap<Name, Wanted> {
    let mut out = BTreeMap::new();
    for flink in &config.flink {
        let from_files = files.prometheus.iter().filter(|(f, _)| f.name == flink.name);
        let urls = flink
            .prometheus
            .iter()
            .cloned()
            .chain(from_files.flat_map(|(_, sd)| sd.found().into_iter().map(|t| t.url)));
        let urls: Vec<String> = urls.collect();
        let find_kafka = config.kafka.is_empty();
        let rest = followed.rest(flink);
        add_flink(&mut out, &flink.name, rest, &flink.access, &urls, find_kafka);
        if let Some(api) = &flink.prometheus_api {
            add_api(&mut out, &flink.name, api);
        }
    }
    for found in files.flink.iter().flat_map(FileSd::found) {
        let flink = Flink::discovered(&found.url, &found.labels, &config.kafka);
        if let Some(kafka) = &flink.kafka {
            world.uses_kafka(&flink.name, kafka);
        }
        add_flink(
            &mut out,
            &flink.name,
            flink.rest.at(),
            &flink.access,
            &flink.prometheus,
            config.kafka.is_empty(),
        );
    }
    for kafka in &config.kafka {
        let wanted = Wanted::Kafka {
            cluster: kafka.name.clone(),
            bootstrap: kafka.bootstrap.clone(),
            access: kafka.access.clone(),
        };
        out.insert(format!("kafka {}", kafka.name).into(), wanted);
    }
    for base in &config.bases.clusters {
        let name = format!("{} {}", base.kind.name(), base.name);
        out.insert(name.into(), Wanted::Base(Box::new(base.clone())));
    }
    let mut hosts = config.bases.hosts.clone();
    hosts.extend(files.hosts.iter().flat_map(FileSd::found).map(|found| {
        let mut host = HostConfig::of_url(&found.url);
        if let Some(name) = found.labels.get("name") {
            host.host = name.as_str().into();
        }
        host
    }));
    if !hosts.is_empty() {
        out.insert("hosts".into(), Wanted::Hosts(hosts));
    }
    if config.kafka.is_empty() {
        for (flink, addresses) in world.kafka_addresses() {
            for address in addresses {
                let cluster = ClusterId::new(address.clone());
                let bootstrap = address.split(',').map(|a| a.trim().to_owned()).collect();
                world.uses_kafka(&flink, &cluster);
                let access = KafkaAccess::default();
                let name = Name::from(format!("kafka {cluster}"));
                out.insert(name, Wanted::Kafka { cluster, bootstrap, access });
            }
        }
    }
    out
}

fn add_flink(
    out: &mut BTreeMap<Name, Wanted>,
    cluster: &ClusterId,
    rest: Option<&str>,
    access: &HttpAccess,
    prometheus: &[String],
    find_kafka: bool,
) {
    let has_prometheus = !prometheus.is_empty();
    if let Some(rest) = rest {
        let flink = Wanted::Flink {
            cluster: cluster.clone(),
            url: rest.to_owned(),
            access: access.clone(),
            has_prometheus,
            find_kafka,
        };
        out.insert(format!("flink {cluster}").into(), flink);
    }
    for url in prometheus {
        let (cluster_id, url) = (cluster.clone(), url.clone());
        let name = format!("metrics {cluster} {}", host_of(&url));
        out.insert(
            name.into(),
            Wanted::Prometheus { cluster: cluster_id, url, access: access.clone() },
        );
    }
}

/// Its metrics come from there, and REST is not asked for them.
fn add_api(out: &mut BTreeMap<Name, Wanted>, cluster: &ClusterId, api: &PrometheusApi) {
    if let Some(Wanted::Flink { has_prometheus, .. }) = out.get_mut(&*format!("flink {cluster}")) {
        *has_prometheus = true;
    }
    let name = format!("metrics {cluster} {}", host_of(&api.of.base));
    out.insert(name.into(), Wanted::Api { cluster: cluster.clone(), api: api.clone() });
}

/// What a browser may open: the page that stands where REST does, without user, password and query.
fn pages_of(wanted: &BTreeMap<Name, Wanted>) -> FlinkUrls {
    let page = |what: &Wanted| {
        let Wanted::Flink { cluster, url, .. } = what else { return None };
        let mut page = reqwest::Url::parse(url).ok()?;
        if !matches!(page.scheme(), "http" | "https") {
            return None;
        }
        page.set_username("").ok()?;
        page.set_password(None).ok()?;
        page.set_query(None);
        page.set_fragment(None);
        Some((cluster.clone(), page.to_string()))
    };
    wanted.values().filter_map(page).collect()
}

fn host_of(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, r)| r);
    let authority = rest.split(['/', '?']).next().unwrap_or(rest);
    authority.rsplit_once('@').map_or(authority, |(_, host)| host)
}

fn eyes(name: &Name, wanted: &Wanted, config: &Config) -> Result<Eyes, String> {
    let target = |kind, address: &str| Target { name: name.clone(), kind, address: address.into() };
    match wanted {
        Wanted::Flink { cluster, url, access, has_prometheus, find_kafka } => {
            let target = target(TargetKind::FlinkRest, host_of(url));
            let paced = if config.hasty { FlinkOptions::hasty() } else { FlinkOptions::default() };
            let options = FlinkOptions {
                has_prometheus: *has_prometheus,
                find_kafka: *find_kafka,
                // done before the next tick is due, else that would be left out
                tick: config.tick.mul_f64(0.7),
                ..paced
            };
            let client = ReadClient::new(access.clone()).map_err(|e| e.to_string())?;
            let flink = FlinkTarget::new(target.clone(), cluster.clone(), url, client, options);
            Ok(Eyes::Flink(target, Box::new(flink)))
        }
        Wanted::Prometheus { cluster, url, access } => {
            let target = target(TargetKind::Prometheus, host_of(url));
            let client = ReadClient::new(access.clone()).map_err(|e| e.to_string())?;
            let scrape = PrometheusTarget::new(
                target.clone(),
                cluster.clone(),
                url.clone(),
                client,
                Caps::default(),
            );
            Ok(Eyes::Prometheus(target, Box::new(scrape)))
        }
        Wanted::Api { cluster, api } => {
            let target = target(TargetKind::Prometheus, host_of(&api.of.base));
            let client = ReadClient::new(api.access.clone()).map_err(|e| e.to_string())?;
            let (cluster, of) = (cluster.clone(), api.of.clone());
            let asked = ApiTarget::new(target.clone(), cluster, of, api.every, client);
            Ok(Eyes::Api(target, Box::new(asked)))
        }
        Wanted::Kafka { cluster, bootstrap, access } => {
            let target = target(TargetKind::Kafka, &bootstrap.join(","));
            let kafka = KafkaTarget::new(
                target.clone(),
                cluster.clone(),
                bootstrap.clone(),
                access.clone(),
                KafkaOptions::default(),
            )?;
            let cluster = cluster.clone();
            Ok(Eyes::Kafka { target, cluster, kafka: Box::new(kafka), filled: false, days: None })
        }
        Wanted::Base(base) => bases::eyes(name, base),
        Wanted::Hosts(hosts) => bases::hosts(name, hosts),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_shows_no_user_and_no_query() {
        assert_eq!(host_of("http://user:pw@10.0.0.1:8081/x?token=1"), "10.0.0.1:8081");
    }

    #[test]
    fn labels_of_a_target_file_name_the_cluster_its_kafka_and_its_endpoints() {
        let dir = tempfile::tempdir().unwrap();
        let yaml = "flink_file_sd: [flink.json]\nkafka:\n  - { name: k1, bootstrap: [h:9092] }\n  \
                    - { name: k2, bootstrap: [h:9093] }\n";
        let targets = r#"[{ "targets": ["10.0.0.1:8081"], "labels": { "name": "pay", "kafka": "k2",
            "prometheus": "http://a:9249/metrics, http://b:9249/metrics" } }]"#;
        std::fs::write(dir.path().join("flink.json"), targets).unwrap();
        let file = dir.path().join("streamwarden.yaml");
        std::fs::write(&file, yaml).unwrap();
        let config = Config::load(&file).unwrap();
        let (table, settings) = (Default::default(), config.settings.clone());
        let world = World::new(Default::default(), table, Vec::new(), settings, Vec::new());
        let mut files = Files::new(&config);
        files.look(&world);
        let all = wanted(&config, &files, &Followed::default(), &world);
        let names: Vec<&str> = all.keys().map(|n| &**n).collect();
        let metrics = ["metrics pay a:9249", "metrics pay b:9249"];
        assert_eq!(names, [&["flink pay", "kafka k1", "kafka k2"], &metrics[..]].concat());
        let uses = world.look().settings.kafka_of;
        assert_eq!(uses.get(&ClusterId::new("pay")), Some(&ClusterId::new("k2")));
    }

    #[test]
    fn a_server_that_scrapes_stands_in_for_the_endpoints_and_sets_the_pace() {
        let dir = tempfile::tempdir().unwrap();
        let yaml = "tick: 2s\nflink:\n  - name: pay\n    rest: http://h:8081\n    \
                    prometheus_api: { url: http://prom:9090/, labels: { job: a }, every: 10s }\n";
        let file = dir.path().join("streamwarden.yaml");
        std::fs::write(&file, yaml).unwrap();
        let config = Config::load(&file).unwrap();
        let (table, settings) = (Default::default(), config.settings.clone());
        let world = World::new(Default::default(), table, Vec::new(), settings, Vec::new());
        let all = wanted(&config, &Files::new(&config), &Followed::default(), &world);
        assert!(matches!(all["flink pay"], Wanted::Flink { has_prometheus: true, .. }));
        let asked = &all["metrics pay prom:9090"];
        let eyes = eyes(&"x".into(), asked, &config).unwrap();
        assert_eq!(eyes.period(config.tick), Duration::from_secs(5), "half of what is new");
        let fresh = config.settings.fresh;
        assert_eq!(fresh, streamwarden_core::estate::Span::secs(30), "three of its scrapes");
    }

    #[test]
    fn a_page_is_where_we_look_ourselves_and_gives_nothing_away() {
        let page = |url: &str| {
            let (mut out, cluster) = (BTreeMap::new(), ClusterId::new("pay"));
            add_flink(&mut out, &cluster, Some(url), &HttpAccess::default(), &[], false);
            pages_of(&out).remove(&cluster)
        };
        let told = page("https://user:pw@10.0.0.1:8081/proxy/?token=1#x");
        assert_eq!(told.as_deref(), Some("https://10.0.0.1:8081/proxy/"));
        assert_eq!(page("javascript:alert(1)"), None);
        assert_eq!(page("10.0.0.1"), None);
    }
}
