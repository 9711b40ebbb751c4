use std::fmt::Write;
use std::path::{Path, PathBuf};

use crate::estate::FlinkLine;

/// Small heaps, quick start; the rest is what Flink's own scripts pass on Java 17.
pub const JVM_OPTIONS: [&str; 16] = [
    "-Xmx512m",
    "-XX:MaxMetaspaceSize=300m",
    "-XX:TieredStopAtLevel=1",
    "-XX:+UseSerialGC",
    "-Djava.net.preferIPv4Stack=true",
    "--add-exports=java.base/sun.net.util=ALL-UNNAMED",
    "--add-exports=java.rmi/sun.rmi.registry=ALL-UNNAMED",
    "--add-exports=java.security.jgss/sun.security.krb5=ALL-UNNAMED",
    "--add-opens=java.base/java.lang=ALL-UNNAMED",
    "--add-opens=java.base/java.net=ALL-UNNAMED",
    "--add-opens=java.base/java.io=ALL-UNNAMED",
    "--add-opens=java.base/java.nio=ALL-UNNAMED",
    "--add-opens=java.base/java.util=ALL-UNNAMED",
    "--add-opens=java.base/java.time=ALL-UNNAMED",
    "--add-opens=java.base/java.util.concurrent=ALL-UNNAMED",
    "--add-opens=java.base/java.lang.invoke=ALL-UNNAMED",
];

/// So many of them are sizes, which YARN's containers get from Flink.
const SIZES: usize = 2;

/// Flink's own ten minutes would outlast a bed.
const CHECKPOINT_TIMEOUT_S: u32 = 60;

/// Addresses and sizes of one cluster.
pub struct Places<'a> {
    pub dir: &'a Path,
    pub rest_port: u16,
    pub rpc_port: u16,
    /// of the JobManager, or of the one JVM; TaskManagers of their own get theirs on the command line
    pub prometheus_port: u16,
    pub slots: u32,
    pub checkpoint_timeout_s: Option<u32>,
    pub line: FlinkLine,
    /// latency markers so often; none by themselves
    pub latency_ms: Option<u32>,
    /// its servers; with it, a JobManager finds the jobs of the one before it
    pub zookeeper: Option<String>,
    /// where HDFS is, as a client's configuration says it; checkpoints then lie there
    pub hdfs: Option<Vec<(String, String)>>,
    /// as an application of YARN
    pub yarn: Option<InYarn>,
}

pub struct InYarn {
    pub application: String,
    pub queue: String,
    pub java_home: PathBuf,
    /// with Flink's classes or without: YARN wants one that it can ship
    pub jar: PathBuf,
    /// a port; whoever is connected to it ends when nobody listens there
    pub leash: u16,
}

impl InYarn {
    /// Later lines of a configuration do not win: what is said here is left out elsewhere.
    fn entries(&self) -> Vec<(&'static str, String)> {
        let options = JVM_OPTIONS[SIZES..].join(" ");
        let java_home = self.java_home.display().to_string();
        let mut all = vec![
            ("yarn.application.name", self.application.clone()),
            ("yarn.application.queue", self.queue.clone()),
            ("yarn.flink-dist-jar", self.jar.display().to_string()),
            ("env.java.opts.all", format!("{options} -Dbed.leash={}", self.leash)),
            ("containerized.master.env.JAVA_HOME", java_home.clone()),
            ("containerized.taskmanager.env.JAVA_HOME", java_home),
        ];
        all.extend(IN_YARN.iter().map(|(key, value)| (*key, (*value).to_owned())));
        all
    }
}

/// The whole configuration; both modes read it.
pub fn yaml(at: &Places) -> String {
    let url = |name: &str| match at.hdfs {
        Some(_) => format!("hdfs://{}/flink/{name}", crate::bed::NAME_SERVICE),
        None => format!("file://{}", at.dir.join(name).display()),
    };
    let path = |name: &str| at.dir.join(name).display().to_string();
    let mut text = String::new();
    let in_yarn = at.yarn.as_ref().map(InYarn::entries).unwrap_or_default();
    for (key, value) in &in_yarn {
        let _ = writeln!(text, "{key}: \"{value}\"");
    }
    let mut put = |key: &str, value: &str| {
        if in_yarn.iter().all(|(other, _)| *other != key) {
            let _ = writeln!(text, "{key}: \"{value}\"");
        }
    };
    for key in ["jobmanager.rpc.address", "rest.address", "taskmanager.host"] {
        put(key, "127.0.0.1");
    }
    for key in ["jobmanager.bind-host", "rest.bind-address", "taskmanager.bind-host"] {
        put(key, "127.0.0.1");
    }
    put("rest.port", &at.rest_port.to_string());
    put("rest.bind-port", &at.rest_port.to_string());
    put("jobmanager.rpc.port", &at.rpc_port.to_string());
    // in YARN its ports would not be known: figures come over REST
    if at.yarn.is_none() {
        put("metrics.reporter.prom.factory.class", "bed.flink.LoopbackReporterFactory");
        put("metrics.reporter.prom.filterLabelValueCharacters", "false");
        put("metrics.reporter.prom.port", &at.prometheus_port.to_string());
    }
    put("taskmanager.numberOfTaskSlots", &at.slots.to_string());
    let timeout = at.checkpoint_timeout_s.unwrap_or(CHECKPOINT_TIMEOUT_S);
    put("execution.checkpointing.timeout", &format!("{timeout} s"));
    if let Some(every) = at.latency_ms {
        put("metrics.latency.interval", &every.to_string());
    }
    put("io.tmp.dirs", &path("tmp"));
    put("web.upload.dir", &path("web"));
    put("execution.checkpointing.dir", &url("checkpoints"));
    put("execution.checkpointing.savepoint-dir", &url("savepoints"));
    for (key, value) in FIXED {
        put(key, value);
    }
    if at.line == FlinkLine::Two {
        for (key, value) in OF_TWO {
            put(key, value);
        }
    }
    for (key, value) in at.hdfs.iter().flatten() {
        put(&format!("flink.hadoop.{key}"), value);
    }
    if at.hdfs.is_some() {
        // state in files of its own, as that of a job of any size
        put("state.storage.fs.memory-threshold", "0");
    }
    if let Some(servers) = &at.zookeeper {
        put("high-availability.type", "zookeeper");
        put("high-availability.zookeeper.quorum", servers);
        put("high-availability.zookeeper.client.session-timeout", ZOOKEEPER_SESSION_MS);
        put("high-availability.zookeeper.client.connection-timeout", ZOOKEEPER_SESSION_MS);
        put("high-availability.storageDir", &url("ha"));
        put("high-availability.jobmanager.port", &at.rpc_port.to_string());
    }
    text
}

const IN_YARN: [(&str, &str); 14] = [
    // as anybody's: at a port that YARN's node has free
    ("rest.port", "0"),
    ("rest.bind-port", "0"),
    ("jobmanager.rpc.port", "0"),
    // a container is nobody's child; see Leash
    (
        "yarn.container-start-command-template",
        "%java% %jvmmem% %jvmopts% %logging% bed.Leash %class% %args% %redirects%",
    ),
    ("yarn.application-attempts", "2"),
    ("yarn.appmaster.vcores", "1"),
    ("yarn.containers.vcores", "1"),
    ("jobmanager.memory.process.size", "768m"),
    ("jobmanager.memory.jvm-metaspace.size", "160m"),
    ("jobmanager.memory.off-heap.size", "64m"),
    // goes back to YARN as soon as nobody needs it
    ("resourcemanager.taskmanager-timeout", "5000"),
    // Flink's own: with it a job waits for the slots that it wants
    ("jobmanager.scheduler", "default"),
    ("slot.request.timeout", "300000"),
    ("yarn.heartbeat.container-request-interval", "200"),
];

/// How soon a dead leader is given up.
const ZOOKEEPER_SESSION_MS: &str = "4000";

/// What has another name there.
const OF_TWO: [(&str, &str); 5] = [
    ("jobmanager.adaptive-scheduler.executing.cooldown-after-rescaling", "0 s"),
    ("jobmanager.adaptive-scheduler.executing.resource-stabilization-timeout", "500 ms"),
    ("jobmanager.adaptive-scheduler.submission.resource-stabilization-timeout", "500 ms"),
    ("jobmanager.adaptive-scheduler.rescale-trigger.max-delay", "1 s"),
    ("taskmanager.load-balance.mode", "SLOTS"),
];

const FIXED: [(&str, &str); 37] = [
    ("jobmanager.scheduler", "adaptive"),
    ("jobmanager.adaptive-scheduler.scaling-interval.min", "0 s"),
    ("jobmanager.adaptive-scheduler.resource-stabilization-timeout", "500 ms"),
    ("cluster.evenly-spread-out-slots", "true"),
    // what the jobs are made of is on the class path; the jar that REST runs must not load it a second time
    ("classloader.resolve-order", "parent-first"),
    ("execution.checkpointing.interval", "2 s"),
    // slow records make checkpoints time out: a fault must not become a restart because of that
    ("execution.checkpointing.tolerable-failed-checkpoints", "1000"),
    ("execution.checkpointing.externalized-checkpoint-retention", "RETAIN_ON_CANCELLATION"),
    ("execution.checkpointing.num-retained", "3"),
    ("state.backend.type", "hashmap"),
    ("restart-strategy.type", "fixed-delay"),
    ("restart-strategy.fixed-delay.attempts", "100000"),
    ("restart-strategy.fixed-delay.delay", "1 s"),
    ("heartbeat.interval", "1000"),
    // a machine that is busy with other things must not look like a lost process
    ("heartbeat.timeout", "8000"),
    ("heartbeat.rpc-failure-threshold", "1"),
    // a TaskManager that starts before the JobManager would else come back after 10 s only
    ("cluster.registration.initial-timeout", "200"),
    ("cluster.registration.max-timeout", "1000"),
    ("cluster.registration.error-delay", "300"),
    ("cluster.registration.refused-registration-delay", "500"),
    ("slot.request.timeout", "10000"),
    ("metrics.fetcher.update-interval", "1000"),
    ("web.refresh-interval", "1000"),
    ("rest.flamegraph.enabled", "true"),
    ("web.submit.enable", "true"),
    ("web.cancel.enable", "true"),
    ("taskmanager.cpu.cores", "1"),
    // a TaskManager that is started without Flink's scripts wants every part said
    ("taskmanager.memory.framework.heap.size", "128m"),
    ("taskmanager.memory.framework.off-heap.size", "128m"),
    ("taskmanager.memory.jvm-overhead.min", "192m"),
    ("taskmanager.memory.jvm-overhead.max", "192m"),
    ("taskmanager.memory.task.heap.size", "256m"),
    ("taskmanager.memory.task.off-heap.size", "16m"),
    ("taskmanager.memory.managed.size", "32m"),
    ("taskmanager.memory.network.min", "64m"),
    ("taskmanager.memory.network.max", "64m"),
    ("taskmanager.memory.jvm-metaspace.size", "256m"),
];
