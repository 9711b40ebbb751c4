//! What a user of this estate would write.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use crate::bed::{APPLICATION, Bed, NAME_SERVICE};
use crate::estate::Role;

/// How the product is set up.
#[derive(Debug, Clone)]
pub struct ProductOptions {
    pub tick_s: u32,
    /// Target of each read edge, s; the path's is twice that. None: none are declared.
    pub target_s: Option<f64>,
    /// None: any free port.
    pub listen: Option<u16>,
    /// Read Flink's metrics from its Prometheus endpoints; else over REST.
    pub prometheus: bool,
    /// Read them from a server that scrapes those endpoints each 5 s as job `bed`, at this address.
    pub prometheus_api: Option<String>,
    /// Give Kafka's address; else it is read in a TaskManager's log.
    pub kafka: bool,
    /// Record what it sees into this file; written when it is finished.
    pub record: Option<PathBuf>,
    /// May repair by itself, sooner than it would elsewhere.
    pub heal: bool,
    /// Its own below the bed's.
    pub folder: &'static str,
}

impl Default for ProductOptions {
    fn default() -> Self {
        ProductOptions {
            tick_s: 2,
            target_s: Some(5.0),
            listen: None,
            prometheus: true,
            prometheus_api: None,
            kafka: true,
            record: None,
            heal: false,
            folder: "streamwarden",
        }
    }
}

/// The jobs of a bed are minutes old, and nobody has time for an hour of proof.
const HEAL: &str =
    "heal: { mode: auto, debounce: 15s, verify: 20s, hands_off: 5s, restore_age: 1h }";

impl ProductOptions {
    pub(super) fn yaml(&self, bed: &Bed, dir: &Path) -> String {
        let spec = bed.spec();
        let mut out = String::new();
        let mut line = |text: String| {
            let _ = writeln!(out, "{text}");
        };
        line(format!("listen: 127.0.0.1:{}", self.listen.unwrap_or(0)));
        line(format!("data_dir: {:?}", dir.join("data").display().to_string()));
        line(format!("tick: {}s", self.tick_s));
        line("flink:".to_owned());
        if spec.bases.flink_on_yarn {
            line("  - name: bed".to_owned());
            line(format!("    yarn: {{ cluster: bed-yarn, application: {APPLICATION} }}"));
        } else {
            line(format!("  - name: bed\n    rest: {}", bed.flink_url()));
        }
        if let Some(api) = &self.prometheus_api {
            line(format!(
                "    prometheus_api: {{ url: {api:?}, labels: {{ job: bed }}, every: 5s }}"
            ));
        } else if self.prometheus && !spec.bases.flink_on_yarn {
            line(format!("    prometheus: [{}]", bed.prometheus_urls().join(", ")));
        }
        if self.kafka {
            line("    kafka: bed-kafka".to_owned());
        }
        // nothing is done at an address that YARN names
        let heal = self.heal && !spec.bases.flink_on_yarn;
        if heal {
            act(bed, &mut line);
        }
        if self.kafka {
            line(format!(
                "kafka:\n  - name: bed-kafka\n    bootstrap: [\"{}\"]",
                bed.kafka_bootstrap()
            ));
        }
        bases(bed, &mut line);
        if heal {
            line(HEAL.to_owned());
        }
        line("layers:".to_owned());
        for (layer, role) in [("ODS", Role::Ods), ("DWD", Role::Dwd), ("ADS", Role::Ads)] {
            line(format!(
                "  - {{ name: {layer}, match: [{:?}] }}",
                format!("job:{}", spec.job(role).job)
            ));
        }
        let Some(target_s) = self.target_s else { return out };
        line("slas:".to_owned());
        for (topic, role) in [
            (&spec.orders_topic, Role::Dwd),
            (&spec.stats_topic, Role::Ads),
            (&spec.audit_in_topic, Role::Audit),
        ] {
            line(format!(
                "  - {{ edge: {{ topic: {topic:?}, job: {:?} }}, target: {}s }}",
                spec.job(role).job,
                target_s
            ));
        }
        line(format!(
            "  - {{ path: {{ from: {:?}, to: {:?} }}, target: {}s }}",
            spec.ods.job,
            spec.alerts_topic,
            2.0 * target_s
        ));
        out
    }
}

/// What the jobs stand on. Who stands on HDFS is not said: the paths of their checkpoints tell.
fn bases(bed: &Bed, line: &mut impl FnMut(String)) {
    let bases = bed.bases();
    if let Some(ensemble) = &bases.zookeeper {
        let servers = ensemble.servers().join(", ");
        line(format!("zookeeper: [{{ name: bed-zookeeper, servers: [{servers}], flink: [bed] }}]"));
    }
    if let Some(hdfs) = &bases.hdfs {
        line("hdfs:\n  - name: bed-hdfs".to_owned());
        line(format!("    nameservice: {NAME_SERVICE}"));
        for (key, urls) in [
            ("namenodes", hdfs.name_urls()),
            ("datanodes", hdfs.data_urls()),
            ("journalnodes", hdfs.journal_urls()),
        ] {
            line(format!("    {key}: [{}]", urls.join(", ")));
        }
    }
    if let Some(yarn) = &bases.yarn {
        let url = yarn.url();
        line(format!("yarn: [{{ name: bed-yarn, resourcemanagers: [{url}], flink: [bed] }}]"));
    }
    if let Some(lookup) = &bases.lookup {
        let (job, url) = (&bed.spec().dwd.job, lookup.url());
        line("components:\n  - name: bed-lookup\n    kind: lookup".to_owned());
        line(format!(
            "    tcp: 127.0.0.1:{}\n    http: {{ url: \"{url}\", contains: price }}",
            lookup.port
        ));
        line(format!("    jobs: [{job:?}]"));
    }
}

/// Where its checkpoints lie, and how each of its jobs is started.
fn act(bed: &Bed, line: &mut impl FnMut(String)) {
    let at = |folder: &str| format!("\"file://{}\"", bed.dir().join(folder).display());
    line(format!("    act: {{ roots: [{}, {}] }}", at("checkpoints"), at("savepoints")));
    line("    submit:".to_owned());
    for role in Role::ALL {
        let submission = bed.submission(role);
        line(format!(
            "      - {{ job: {:?}, parallelism: {{ min: 1, max: 4 }}, session: {{ jar_id: {:?}, entry_class: {:?}, args: {:?} }} }}",
            bed.spec().job(role).job,
            submission.jar,
            submission.entry_class,
            submission.args
        ));
    }
}
