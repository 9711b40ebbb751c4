//! The answer as it is printed: what was looked at, what stayed blind, the verdict, each thing that
//! is wrong.

use super::verdict::{Because, Health, is_trouble, judge, sentence, word};
use super::{Diagnosed, KafkaFrom, blind};
use crate::cli::say::Lang;
use crate::cli::story::{line, render_why, said, whole};
use crate::cli::table::{Ink, Screen};
use crate::cli::words;
use crate::web::view::ClusterRow;
use crate::web::view_incident::IncidentView;
use streamwarden_core::estate::plain;

/// On the day when everything is ill nobody reads more; `serve` has the rest.
const STORIES: usize = 5;
const CALM: usize = 5;
const TOPICS: usize = 6;

pub fn render(d: &Diagnosed, lang: Lang, screen: &Screen) -> String {
    let (health, because) = judge(d);
    let mut parts = vec![looked(d, lang, screen)];
    let ink = match health {
        Health::Healthy => Ink::Good,
        Health::Ill => Ink::Over,
        Health::CannotTell => Ink::Near,
    };
    let text = sentence(d, because, lang);
    parts.push(line(word(lang, health), &text, ink, Ink::Strong, screen));
    let mut told = 0;
    for view in d.incidents.iter().filter(|v| is_trouble(v)).take(STORIES) {
        let under = told == 0 && !matches!(because, Because::Lost(_));
        parts.push(story(d, view, under, lang, screen) + &thrown(d, view, lang, screen));
        told += 1;
    }
    let rest = d.incidents.iter().filter(|v| is_trouble(v)).count() - told;
    if rest > 0 {
        let words = lang.say("and {} more: --json, or `serve`", "另有 {} 项：见 --json 或 `serve`");
        parts.push(screen.ink(Ink::Dim, &words.replace("{}", &rest.to_string())) + "\n");
    }
    parts.extend(d.incidents.iter().filter(|v| v.row.role == "hazard").take(CALM).map(|v| {
        line(lang.say("Hazard", "隐患"), &said(lang, &v.says), Ink::Near, Ink::Plain, screen)
    }));
    parts.extend(calm(d, lang, screen));
    parts.join("\n")
}

/// One that stands under the verdict's own line; the others say what is the matter.
fn story(d: &Diagnosed, view: &IncidentView, under: bool, lang: Lang, screen: &Screen) -> String {
    if under {
        render_why(view, d.probes, lang, screen)
    } else {
        whole(view, d.probes, lang, screen)
    }
}

/// Where we cannot tell, what Flink tells.
fn thrown(d: &Diagnosed, view: &IncidentView, lang: Lang, screen: &Screen) -> String {
    let title = lang.say("Flink says", "Flink 日志");
    let text = d.thrown.get(&view.row.id).map(|text| plain(text).into_owned());
    text.map_or_else(String::new, |t| line(title, &t, Ink::Dim, Ink::Plain, screen))
}

fn looked(d: &Diagnosed, lang: Lang, screen: &Screen) -> String {
    let title = lang.say("Looked", "观察范围");
    let mut text = line(title, &seen(d, lang), Ink::Dim, Ink::Plain, screen);
    if let Some(blind) = blind::line(&d.overview.blind, lang) {
        text += &line(lang.say("Blind", "盲区"), &blind, Ink::Dim, Ink::Plain, screen);
    }
    text
}

fn seen(d: &Diagnosed, lang: Lang) -> String {
    let span = lang.seconds(d.looked_s.round());
    let clusters = &d.overview.clusters;
    let of = |kind: &'static str| clusters.iter().filter(move |c| c.kind == kind);
    let mut parts: Vec<String> = of("flink").map(|c| flink(c, lang)).collect();
    parts.extend(of("kafka").map(|c| kafka(c, d, lang)));
    if of("kafka").next().is_none() {
        parts.push(lang.say("no Kafka", "未发现 Kafka").to_owned());
    }
    if !d.topics_read.is_empty() {
        let mut topics: Vec<String> =
            d.topics_read.iter().take(TOPICS).map(|t| plain(t).into_owned()).collect();
        if d.topics_read.len() > TOPICS {
            topics.push("…".to_owned());
        }
        let words = lang.say("topics read by jobs: {}", "作业读取的主题：{}");
        parts.push(words.replace("{}", &topics.join(", ")));
    }
    if let Some(s) = d.wanted_s {
        let words = lang.say("called late: over {} (--sla)", "超过 {} 视为延迟（--sla）");
        parts.push(words.replace("{}", &lang.tongue().figure(s, "s")));
    }
    let words = lang.say("for {span}: {all}", "历时 {span}：{all}");
    words.replace("{span}", &span).replace("{all}", &parts.join(lang.say("; ", "；")))
}

fn flink(c: &ClusterRow, lang: Lang) -> String {
    let number = |n: Option<u32>| n.map_or_else(|| "?".to_owned(), |n| n.to_string());
    let mut version =
        c.version.as_deref().map_or_else(|| "?".to_owned(), |v| plain(v).into_owned());
    if c.version.is_some() && !c.version_claimed {
        version += lang.say(", not a claimed version", "，未声明支持");
    }
    let words = lang.say(
        "Flink {name} ({version}) with {jobs} jobs, {tms} TaskManagers",
        "Flink {name}（{version}），{jobs} 个作业，{tms} 个 TaskManager",
    );
    words
        .replace("{name}", &plain(&c.name))
        .replace("{version}", &version)
        .replace("{jobs}", &number(c.jobs))
        .replace("{tms}", &number(c.taskmanagers))
}

fn kafka(c: &ClusterRow, d: &Diagnosed, lang: Lang) -> String {
    let from = match d.kafka_from {
        KafkaFrom::Log => {
            lang.say(" (address read in a TaskManager's log)", "（地址取自 TaskManager 日志）")
        }
        KafkaFrom::Given => "",
    };
    let silent = if c.reachable { "" } else { lang.say(", which does not answer", "，无响应") };
    format!("Kafka {}{from}{silent}", plain(&c.name))
}

fn calm(d: &Diagnosed, lang: Lang, screen: &Screen) -> Vec<String> {
    let title = lang.say("No trouble", "并非故障");
    let one = |c: &crate::web::view_incident::CalmView| {
        let mut text = format!("{}: {}", plain(&c.subject.name), plain(words::calm(lang, &c.why)));
        if let Some(usual) = &c.usual {
            text.push_str(&lang.say(" ({})", "（{}）").replace("{}", &said(lang, usual)));
        }
        if let Some(eta) = c.eta_s {
            let words = lang.say(", over in about {}", "，约 {} 后结束");
            text.push_str(&words.replace("{}", &lang.seconds(eta)));
        }
        line(title, &text, Ink::Dim, Ink::Dim, screen)
    };
    d.calm.iter().take(CALM).map(one).collect()
}
