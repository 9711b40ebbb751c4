use std::path::Path;

use crate::flink::JVM_OPTIONS;
use crate::jvm::{Launch, Prepared, Side};

const KAFKA_OPTIONS: [&str; 5] = [
    "-Xmx256m",
    "-XX:TieredStopAtLevel=1",
    "-XX:+UseSerialGC",
    "-Djava.net.preferIPv4Stack=true",
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
];

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
