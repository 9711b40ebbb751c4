//! `check`: all mistakes of a configuration, or what it comes to.

use super::{Exit, Output};
use crate::config::{Config, Problem, short};
use std::path::Path;

pub fn run(file: &Path, out: &Output) -> Exit {
    let checked = Config::load(file).and_then(|config| {
        crate::rules::load(config.rules.as_deref())?;
        Ok(config)
    });
    let exit = if checked.is_ok() { Exit::Fine } else { Exit::Ours };
    if out.json {
        out.json(&as_json(&checked));
    } else {
        out.text(&as_text(&checked, out));
    }
    exit
}

fn as_json(checked: &Result<Config, Vec<Problem>>) -> serde_json::Value {
    match checked {
        Ok(config) => serde_json::json!({ "ok": true, "problems": [], "warnings": config.warnings,
            "summary": summary(config) }),
        Err(problems) => serde_json::json!({ "ok": false, "problems": problems }),
    }
}

fn as_text(checked: &Result<Config, Vec<Problem>>, out: &Output) -> String {
    match checked {
        Ok(config) => {
            let told: String = config.warnings.iter().map(|p| format!("{p}\n\n")).collect();
            told + &format!("ok: {}\n", summary(config))
        }
        Err(problems) => {
            let told: String = problems.iter().map(|p| format!("{p}\n\n")).collect();
            let words = out.lang.say("{} to correct", "需修正 {} 处");
            told + &words.replace("{}", &problems.len().to_string()) + "\n"
        }
    }
}

pub fn summary(config: &Config) -> String {
    let settings = &config.settings;
    let count = |n: usize, one: &str, many: &str| match n {
        1 => format!("1 {one}"),
        n => format!("{n} {many}"),
    };
    let mut parts = vec![
        count(config.flink.len(), "Flink cluster", "Flink clusters"),
        count(config.kafka.len(), "Kafka cluster", "Kafka clusters"),
        count(settings.layers.len(), "layer", "layers"),
        count(settings.groups.len(), "group", "groups"),
        count(settings.declared.len(), "declared edge", "declared edges"),
        count(settings.slas.len(), "SLA", "SLAs"),
    ];
    if !config.flink_file_sd.is_empty() {
        parts.insert(
            1,
            count(config.flink_file_sd.len(), "target file pattern", "target file patterns"),
        );
    }
    format!("{}; looks every {}, at http://{}", parts.join(", "), short(config.tick), config.listen)
}
