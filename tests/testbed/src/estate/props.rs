//! The estate as flat `key=value` lines for the Java side.

use std::fmt::Write;
use std::path::Path;

use crate::controls::{ill_kept, worn_out};
use crate::estate::{EstateSpec, Role};

/// Kafka's own sizes, bytes of one batch and of all.
const ORDERS_BUFFER: (u32, u32) = (16_384, 33_554_432);
/// For results, which are some fifty bytes each: room for two or three seconds, as Kafka's own sizes have for a job of
/// ten thousand records per second. With 32 MB a producer here would hide a slow broker for minutes.
const BUFFER: (u32, u32) = (2_048, 65_536);

/// Where things of this one bed are, which the estate itself does not know.
pub struct Addresses<'a> {
    /// of every broker, by commas
    pub bootstrap: &'a str,
    pub controller: &'a str,
    pub dir: &'a Path,
    /// of the service that the middle job asks, if there is one
    pub lookup: Option<String>,
}

pub fn properties(spec: &EstateSpec, at: &Addresses) -> String {
    let mut text = String::new();
    let mut put = |key: &str, value: &dyn std::fmt::Display| {
        let _ = writeln!(text, "{key}={value}");
    };
    put("bootstrap", &at.bootstrap);
    put("copies", &spec.copies);
    put("broker.controller", &at.controller);
    put("broker.log_dir", &at.dir.join("kafka").display());
    put("truth", &at.dir.join("truth").display());
    put("control", &at.dir.join("control.properties").display());
    put("partitions", &spec.partitions);
    put("topics", &spec.topics().join(","));
    if spec.bases.worn {
        put("topics.on", &worn_out::FIRST_BROKER);
        put("broker.spare_disks", &true);
    }
    if spec.ill_kept {
        for (key, value) in ill_kept::properties(spec) {
            put(&key, &value);
        }
    }
    put("last.group", &spec.last_group);
    put("last.topics", &format!("{},{}", spec.alerts_topic, spec.audit_out_topic));
    put("keys.prefix", &spec.keys.prefix);
    put("keys.count", &spec.keys.count);
    put("dwd.work_ms", &spec.work_ms());
    put("dwd.keyed_ms", &spec.keyed_ms());
    put("dwd.window_s", &spec.window_s);
    put("backfill.job", &spec.backfill);
    if let Some(url) = &at.lookup {
        put("dwd.lookup", url);
    }
    if let Some(side) = &spec.side {
        put("side.in", &side.topic);
        put("side.group", &side.group);
        put("side.source", &side.source);
        put("side.job", &side.group);
        put("side.parallelism", &spec.ads.parallelism);
        put("side.low", &side.load.low);
        put("side.high", &side.load.high);
        put("side.swing_s", &side.load.swing_s);
    }
    for (role, load) in [(Role::Ods, &spec.load), (Role::Audit, &spec.audit_load)] {
        put(&format!("{}.low", role.key()), &load.low);
        put(&format!("{}.high", role.key()), &load.high);
        put(&format!("{}.swing_s", role.key()), &load.swing_s);
    }
    for role in Role::ALL {
        let job = spec.job(role);
        let mut put_job =
            |key: &str, value: &dyn std::fmt::Display| put(&format!("{}.{key}", role.key()), value);
        put_job("job", &job.job);
        put_job("source", &job.source);
        put_job("sink", &job.sink);
        put_job("out", &spec.output(role));
        put_job("parallelism", &job.parallelism);
        put_job("exactly_once", &(spec.exactly_once == Some(role)));
        put_job("sink_alone", &job.sink_alone);
        put_job("fragile", &job.fragile);
        let (batch, buffer) = if role == Role::Ods { ORDERS_BUFFER } else { BUFFER };
        put_job("batch_bytes", &batch);
        put_job("buffer_bytes", &buffer);
        let optional = [
            ("group", job.group.as_deref()),
            ("operator", job.operator.as_deref()),
            ("window", job.window.as_deref()),
            ("in", spec.input(role)),
        ];
        for (key, value) in optional {
            if let Some(value) = value {
                put_job(key, &value);
            }
        }
    }
    text
}
