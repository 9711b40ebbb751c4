use std::path::Path;

use anyhow::{Context, Result};

use crate::flink::JVM_OPTIONS;
use crate::jvm::{Launch, Prepared, Side};

/// Small daemons; what is opened is what Hadoop 3.3 reaches into on Java 17.
const HADOOP_OPTIONS: [&str; 6] = [
    "-Xmx160m",
    "-XX:TieredStopAtLevel=1",
    "-XX:+UseSerialGC",
    "-Djava.net.preferIPv4Stack=true",
    "--add-opens=java.base/java.lang=ALL-UNNAMED",
    "--add-opens=java.base/java.util=ALL-UNNAMED",
];

const ZOOKEEPER_OPTIONS: [&str; 4] = [
    "-Xmx64m",
    "-XX:TieredStopAtLevel=1",
    "-XX:+UseSerialGC",
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
];

const KAFKA_OPTIONS: [&str; 5] = [
    "-Xmx256m",
    "-XX:TieredStopAtLevel=1",
    "-XX:+UseSerialGC",
    "-Djava.net.preferIPv4Stack=true",
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
];

/// Below the bed's directory.
pub const HADOOP_CONF: &str = "conf/hadoop";
const HADOOP_LOG: &str = "log4j.rootLogger=WARN,err\n\
    log4j.appender.err=org.apache.log4j.ConsoleAppender\n\
    log4j.appender.err.target=System.err\n\
    log4j.appender.err.layout=org.apache.log4j.PatternLayout\n\
    log4j.appender.err.layout.ConversionPattern=%d{ISO8601} %p %c{1}: %m%n\n";

/// How the JVMs of one bed are started.
pub struct Launcher<'a> {
    pub dir: &'a Path,
    pub prepared: &'a Prepared,
    /// whether this run is to fill the class archives
    pub train: bool,
}

impl Launcher<'_> {
    pub fn kafka(&self, name: &str, main: &'static str) -> Launch {
        let options = KAFKA_OPTIONS.map(String::from).to_vec();
        let arguments = vec![self.path("estate.properties")];
        self.launch(name, main, arguments, options, &self.prepared.kafka)
    }

    pub fn broker(&self, id: u32) -> Launch {
        let mut launch = self.kafka(&format!("broker-{id}"), "bed.kafka.Broker");
        launch.arguments.push(id.to_string());
        launch
    }

    pub fn flink(&self, name: &str, main: &'static str, arguments: Vec<String>) -> Launch {
        let mut options = JVM_OPTIONS.map(String::from).to_vec();
        // REST serves the file that this names as the log of the process
        options.push(format!("-Dlog.file={}", self.path(&format!("logs/{name}.log"))));
        options.push(format!("-Dlog4j.configurationFile={}", self.path("conf/log4j2.properties")));
        self.launch(name, main, arguments, options, &self.prepared.flink)
    }

    pub fn zookeeper(&self, name: &str, config: String) -> Result<Launch> {
        let main = "org.apache.zookeeper.server.quorum.QuorumPeerMain";
        let options = ZOOKEEPER_OPTIONS.map(String::from).to_vec();
        let side = self.prepared.zookeeper.as_ref().context("the ensemble's jars")?;
        Ok(self.launch(name, main, vec![config], options, side))
    }

    /// A daemon or a command of Hadoop, with the files that lie in its folder.
    pub fn hadoop(&self, name: &str, main: &'static str, arguments: Vec<String>) -> Result<Launch> {
        let options = HADOOP_OPTIONS.map(String::from).to_vec();
        let side = self.prepared.hadoop.as_ref().context("Hadoop's jars")?;
        let launch = self.launch(name, main, arguments, options, side);
        let class_path = format!("{}:{}", self.path(HADOOP_CONF), launch.class_path);
        Ok(Launch { class_path, ..launch })
    }

    pub fn hadoop_file(&self, name: &str, text: &str) -> Result<()> {
        let folder = self.dir.join(HADOOP_CONF);
        // pages of daemons, which Maven's jars are without; their JMX needs none
        for app in ["hdfs", "datanode", "journal", "static"] {
            std::fs::create_dir_all(folder.join("webapps").join(app))?;
        }
        std::fs::write(folder.join("log4j.properties"), HADOOP_LOG)?;
        Ok(std::fs::write(folder.join(name), text)?)
    }

    fn launch(
        &self,
        name: &str,
        main: &'static str,
        arguments: Vec<String>,
        mut options: Vec<String>,
        side: &Side,
    ) -> Launch {
        options.push(format!("-Djava.io.tmpdir={}", self.path("tmp")));
        options.extend(self.prepared.archive_option(side, self.train));
        Launch {
            name: name.into(),
            java: self.prepared.java(),
            options,
            class_path: side.class_path.clone(),
            main,
            arguments,
            env: Vec::new(),
            dir: self.dir.to_owned(),
        }
    }

    /// The same process with another heap; of two such options the JVM takes the last.
    pub fn with_heap(mut launch: Launch, heap_mb: Option<u32>) -> Launch {
        launch.options.extend(heap_mb.map(|mb| format!("-Xmx{mb}m")));
        launch
    }

    pub fn path(&self, name: &str) -> String {
        self.dir.join(name).display().to_string()
    }
}
