//! `check`: all mistakes of a configuration, or what it comes to.

use super::say::Lang;
use super::{Exit, Output};
use crate::config::{Config, Problem, short};
use crate::discover::file_sd::FileSd;
use crate::tasks::say;
use std::path::Path;

pub fn run(file: &Path, out: &Output) -> Exit {
    let checked = Config::load_or(file, "").and_then(|mut config| {
        crate::rules::load(config.rules.as_deref())?;
        let warnings = target_files(&config);
        config.warnings.extend(warnings);
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

/// Files that name targets may come later, so what is wrong with them is a warning.
fn target_files(config: &Config) -> Vec<Problem> {
    let of_flink = config.flink.iter().map(|f| ("prometheus_file_sd", &f.prometheus_file_sd));
    let all = [
        ("flink_file_sd", &config.flink_file_sd),
        ("machines_file_sd", &config.bases.hosts_file_sd),
    ];
    let wrong = all.into_iter().chain(of_flink).flat_map(|(key, globs)| {
        FileSd::wrong(globs).into_iter().map(move |(what, reason)| {
            let todo = format!("nothing of it is watched: correct `{key}:` or the file");
            Problem::warning(&what, say(&reason), todo)
        })
    });
    wrong.collect()
}

fn as_json(checked: &Result<Config, Vec<Problem>>) -> serde_json::Value {
    match checked {
        Ok(config) => serde_json::json!({ "ok": true, "problems": [], "warnings": config.warnings,
            "summary": summary(config, Lang::En) }),
        Err(problems) => serde_json::json!({ "ok": false, "problems": problems }),
    }
}

fn as_text(checked: &Result<Config, Vec<Problem>>, out: &Output) -> String {
    match checked {
        Ok(config) => {
            let told: String = config.warnings.iter().map(|p| format!("{p}\n\n")).collect();
            told + &format!("{}: {}\n", out.lang.say("ok", "正确"), summary(config, out.lang))
        }
        Err(problems) => {
            let told: String = problems.iter().map(|p| format!("{p}\n\n")).collect();
            let words = out.lang.say("{} to correct", "需修正 {} 处");
            told + &words.replace("{}", &problems.len().to_string()) + "\n"
        }
    }
}

pub fn summary(config: &Config, lang: Lang) -> String {
    let settings = &config.settings;
    let count = |n: usize, one: &str, many: &str, zh: &str| match (lang, n) {
        (Lang::Zh, n) => format!("{n} {zh}"),
        (_, 1) => format!("1 {one}"),
        (_, n) => format!("{n} {many}"),
    };
    let mut parts = vec![
        count(config.flink.len(), "Flink cluster", "Flink clusters", "个 Flink 集群"),
        count(config.kafka.len(), "Kafka cluster", "Kafka clusters", "个 Kafka 集群"),
        count(settings.layers.len(), "layer", "layers", "个分层"),
        count(settings.groups.len(), "group", "groups", "个分组"),
        count(settings.declared.len(), "declared edge", "declared edges", "条声明的边"),
        count(settings.slas.len(), "SLA", "SLAs", "个 SLA"),
    ];
    if !config.flink_file_sd.is_empty() {
        parts.insert(
            1,
            count(
                config.flink_file_sd.len(),
                "target file pattern",
                "target file patterns",
                "个目标文件模式",
            ),
        );
    }
    lang.say("{}; looks every {tick}, at http://{at}", "{}；每 {tick} 采集一次，页面 http://{at}")
        .replace("{tick}", &short(config.tick))
        .replace("{at}", &config.listen.to_string())
        .replace("{}", &parts.join(lang.say(", ", "，")))
}
