//! A configuration from `--flink`, `--prometheus` and `--kafka`: no file needed.

use super::flink::{Rest, authority, metrics_url, rest_url};
use super::problem::{Problem, Source};
use super::read::{Put, Reader};
use super::yaml::At;
use super::{Config, Flink, Kafka, values};
use crate::collect::http::HttpAccess;
use crate::collect::kafka::KafkaAccess;
use std::path::Path;
use streamwarden_core::estate::ClusterId;

impl Config {
    /// Clusters are named by their host and port.
    ///
    /// # Errors
    /// Every flag that cannot be used, each as its own problem.
    pub fn from_flags(
        flink: &[String],
        prometheus: &[String],
        kafka: &[String],
    ) -> Result<Config, Vec<Problem>> {
        let mut problems = Vec::new();
        let kafka = clusters_of_kafka(kafka, &mut problems);
        let prometheus = each("--prometheus", prometheus, &mut problems, metrics_url);
        let rests = each("--flink", flink, &mut problems, rest_url);
        if flink.is_empty() {
            let todo = "add --flink http://127.0.0.1:8081";
            problems.push(Problem::of_file("--flink", "no Flink cluster is given", todo));
        }
        if !prometheus.is_empty() && flink.len() > 1 {
            let todo = "with several clusters, write a configuration file";
            let message = "--prometheus does not say which cluster it belongs to";
            problems.push(Problem::of_file("--prometheus", message, todo));
        }
        let uses = kafka.first().filter(|_| kafka.len() == 1).map(|k| k.name.clone());
        let flink = rests.into_iter().map(|rest| Flink {
            name: ClusterId::new(authority(&rest)),
            rest: Rest::At(rest),
            prometheus: prometheus.clone(),
            prometheus_file_sd: Vec::new(),
            prometheus_api: None,
            kafka: uses.clone(),
            access: HttpAccess::default(),
            identity: Vec::new(),
            act: None,
        });
        let config = Config { flink: flink.collect(), kafka, ..Config::default() };
        if problems.is_empty() { Ok(config.settle()) } else { Err(problems) }
    }
}

/// Each `--kafka` is one cluster; its bootstrap addresses are separated by commas, as Kafka's own
/// tools have it.
fn clusters_of_kafka(flags: &[String], problems: &mut Vec<Problem>) -> Vec<Kafka> {
    let mut clusters = Vec::new();
    for flag in flags {
        let addresses: Vec<_> = flag.split(',').map(str::to_owned).collect();
        let bootstrap = each("--kafka", &addresses, problems, values::host_port);
        if let Some(first) = bootstrap.first() {
            let name = ClusterId::new(first.as_str());
            clusters.push(Kafka { name, bootstrap, access: KafkaAccess::default() });
        }
    }
    clusters
}

fn each<T>(
    flag: &str,
    given: &[String],
    problems: &mut Vec<Problem>,
    check: impl Fn(&mut Reader, &Put<String>) -> Option<T>,
) -> Vec<T> {
    let mut good = Vec::new();
    for text in given {
        let source = Source::new(flag, text);
        let at = At { line: 1, column: 1, len: text.chars().count() };
        let env = &|_: &str| None;
        let mut reader = Reader {
            source: &source,
            problems: Vec::new(),
            warnings: Vec::new(),
            folder: Path::new(""),
            env,
        };
        good.extend(check(&mut reader, &Put { at, value: text.clone() }));
        problems.append(&mut reader.problems);
    }
    good
}
