//! `audit`: who did what. `audit verify`: whether the log is the one that was written.

use super::line;
use crate::cli::args::Running;
use crate::cli::planned::Token;
use crate::cli::say::{Lang, clock};
use crate::cli::table::{Cell, Ink, Screen, Table};
use crate::cli::{Exit, Failure, Output, ask, chosen};
use crate::config::Config;
use crate::store::db::Db;
use crate::store::db::audit::{Altered, AuditReport, Fault, Head};
use crate::web::view_repair::AuditList;
use clap::{Args, Subcommand};
use jiff::tz::TimeZone;
use serde_json::Value;
use std::path::PathBuf;
use streamwarden_core::estate::plain;

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Audit {
    #[command(subcommand)]
    command: Option<Command>,
    /// Rows behind this one
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(i64).range(0..))]
    after: i64,
    /// At most so many
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=1000))]
    limit: u32,
    #[command(flatten)]
    token: Token,
    #[command(flatten)]
    running: Running,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Read the whole log in the database itself, and the journal that it answers for: was anything
    /// changed, taken out, made up, or cut off?
    Verify {
        /// Where the process keeps its data [default: as configured]
        #[arg(long, value_name = "DIR")]
        data_dir: Option<PathBuf>,
        /// A newest row that was kept elsewhere, as this command prints it; may be repeated
        #[arg(long, value_name = "N:HASH", value_parser = head)]
        head: Vec<Head>,
    },
}

fn head(text: &str) -> Result<Head, String> {
    let wrong = || "write it as the number of a row and its hash: 42:9f86d0…".to_owned();
    let (n, hash) = text.split_once(':').ok_or_else(wrong)?;
    let n = n.parse().map_err(|_| wrong())?;
    let good = hash.len() == 64 && hash.bytes().all(|b| b.is_ascii_hexdigit());
    good.then(|| Head { n, hash: hash.to_ascii_lowercase() }).ok_or_else(wrong)
}

pub async fn run(audit: Audit, file: Option<PathBuf>, out: &Output) -> Result<Exit, Failure> {
    if let Some(Command::Verify { data_dir, head }) = audit.command {
        return verify(data_dir, &head, file, out).await;
    }
    let token = ask::token(audit.token.token_file.as_deref())?;
    let path = format!("audit?after={}&limit={}", audit.after, audit.limit);
    let list: AuditList = audit.running.server(file)?.get_with(&path, token).await?;
    if out.json {
        out.json(&list);
    } else {
        out.text(&render(&list, out.lang, &out.zone, &out.screen));
    }
    Ok(Exit::Fine)
}

fn render(list: &AuditList, lang: Lang, zone: &TimeZone, screen: &Screen) -> String {
    let mut table = Table::new(0);
    let heading = lang.say("row|at|who|what|detail", "行|时间|操作人|操作|内容");
    table.heading(&heading.split('|').collect::<Vec<_>>());
    for r in &list.rows {
        table.row(vec![
            Cell::figure(r.n.to_string()),
            Cell::new(clock(r.at, zone)),
            Cell::new(&r.who),
            Cell::new(&r.what),
            Cell::new(detail(&r.detail, lang, zone)).ink(Ink::Dim),
        ]);
    }
    let mut text = table.render(screen);
    if let Some(next) = list.next {
        let words = lang.say("go on with --after {}", "继续查看：--after {}");
        text += &(screen.ink(Ink::Dim, &words.replace("{}", &next.to_string())) + "\n");
    }
    text
}

/// JSON as a person reads it: what is null is left out, a moment is a time.
fn detail(text: &str, lang: Lang, zone: &TimeZone) -> String {
    let Ok(Value::Object(all)) = serde_json::from_str(text) else { return text.to_owned() };
    let known = all.iter().filter(|(_, v)| !v.is_null());
    let one = |(key, v): (&String, &Value)| {
        let moment = matches!(key.as_str(), "from" | "until" | "in_the_file_since");
        let value = match v.as_i64().filter(|_| moment) {
            Some(at) => clock(at, zone),
            None => flat(v),
        };
        format!("{}{}{value}", word(key, lang), lang.say(": ", "："))
    };
    known.map(one).collect::<Vec<_>>().join(" · ")
}

fn flat(v: &Value) -> String {
    let all = |values: Vec<String>, between: &str| values.join(between);
    match v {
        Value::String(text) => text.clone(),
        Value::Array(items) => all(items.iter().map(flat).collect(), ", "),
        // a job
        Value::Object(o) if o.len() == 2 && o.contains_key("cluster") && o.contains_key("key") => {
            format!("{}/{}", flat(&o["cluster"]), flat(&o["key"]))
        }
        Value::Object(o) => {
            let known = o.values().filter(|v| !v.is_null());
            all(known.map(flat).collect(), " ")
        }
        other => other.to_string(),
    }
}

fn word(key: &str, lang: Lang) -> String {
    let zh = match key {
        "job" => "作业",
        "playbook" => "预案",
        "incident" => "故障",
        "plan" => "方案",
        "action" => "操作",
        "scope" => "范围",
        "why" => "原因",
        "from" => "自",
        "until" => "至",
        "hard" => "强制",
        "note" => "备注",
        "id" => "编号",
        "generation" => "代次",
        "switches" => "开关数",
        "said" => "内容",
        "stops" => "停止范围",
        "in_the_file_since" => "写入文件时间",
        "no_remediate" => "不做修复",
        other => other,
    };
    lang.say(&key.replace('_', " "), zh).to_owned()
}

/// 0: whole; 3: something was done to it; 1: it cannot be read.
async fn verify(
    data_dir: Option<PathBuf>,
    heads: &[Head],
    file: Option<PathBuf>,
    out: &Output,
) -> Result<Exit, Failure> {
    let dir = match data_dir {
        Some(dir) => dir,
        None => {
            let path = chosen(file);
            if !path.exists() {
                let error = format!("there is no configuration {}", path.display());
                let todo =
                    "say where the process keeps its data: --data-dir DIR (or --config FILE)";
                return Err(Failure::new(error, todo));
            }
            Config::load(&path)?.data_dir
        }
    };
    let path = dir.join("streamwarden.db");
    // opening would make a new one, and that one would be whole
    if !path.is_file() {
        let error = format!("there is no {}", path.display());
        return Err(Failure::new(error, "name the data directory of the process: --data-dir DIR"));
    }
    let cannot = |e: crate::store::db::Error| {
        Failure::new(e.to_string(), "while nothing can be read, nothing is proven")
    };
    let db = Db::open(&path).await.map_err(cannot)?;
    let report = db.audit_verify(heads).await.map_err(cannot);
    db.close().await;
    let report = report?;
    if out.json {
        out.json(&report);
    } else {
        out.text(&told(&report, out.lang, &out.screen));
    }
    Ok(if report.faults.is_empty() { Exit::Fine } else { Exit::Over })
}

fn told(r: &AuditReport, lang: Lang, screen: &Screen) -> String {
    let head = format!("{}:{}", r.head.n, r.head.hash);
    let words = match r.faults.is_empty() {
        true => lang.say("whole: {} rows, each follows the one before", "完整：共 {} 行，逐行衔接"),
        false => lang.say("NOT whole: {} rows", "不完整：共 {} 行"),
    };
    let ink = if r.faults.is_empty() { Ink::Good } else { Ink::Over };
    let mut text = screen.ink(ink, &words.replace("{}", &r.rows.to_string())) + "\n";
    text += &r.faults.iter().map(|f| line("", &fault(f, lang), screen)).collect::<String>();
    text + &line(lang.say("newest row", "最新行"), &head, screen)
}

fn fault(f: &Fault, lang: Lang) -> String {
    let two = |en: &str, zh: &str, a: i64, b: i64| {
        lang.say(en, zh).replacen("{}", &a.to_string(), 1).replacen("{}", &b.to_string(), 1)
    };
    match f {
        Fault::Changed { n } => two("row {} was changed", "第 {} 行被改动", *n, 0),
        Fault::Missing { after, before } => two(
            "rows between {} and {} are missing",
            "第 {} 行与第 {} 行之间有缺失",
            *after,
            *before,
        ),
        Fault::CutShort { head, rows } => two(
            "row {} is not there as it was once; there are {} rows",
            "第 {} 行已与当初不同或缺失；现有 {} 行",
            *head,
            *rows,
        ),
        Fault::NoHead => lang
            .say(
                "the file audit.head beside the database is gone",
                "数据库旁的 audit.head 文件缺失",
            )
            .to_owned(),
        Fault::FoundBroken { n } => {
            two("it was found broken when row {} was written", "写入第 {} 行时已发现损坏", *n, 0)
        }
        Fault::Gone { n, what } => two(
            "what was written with row {} (WHAT) is not there as it was",
            "与第 {} 行（WHAT）一同写入的内容已缺失或被改动",
            *n,
            0,
        )
        .replace("WHAT", &plain(what)),
        Fault::Untold { what } => lang
            .say("{} is there, and no row tells of it", "{} 存在，但没有任何行记录它")
            .replace("{}", &plain(what)),
        Fault::Schema { name, how } => {
            let words = match how {
                Altered::Missing => lang.say("{} is missing", "{} 缺失"),
                Altered::Changed => lang.say("{} is not as it was made", "{} 已被改动"),
                Altered::Added => lang.say("{} does not belong there", "{} 不应存在"),
            };
            words.replace("{}", &plain(name))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn output() -> Output {
        let screen = Screen { width: 100, colour: false };
        Output { json: false, lang: Lang::En, zone: TimeZone::UTC, screen, kept: None }
    }

    #[tokio::test]
    async fn a_log_is_whole_until_a_row_is_changed() {
        let dir = tempfile::tempdir().expect("a folder");
        let (at, out) = (Some(dir.path().to_path_buf()), output());
        let ask = async |heads: &[Head]| verify(at.clone(), heads, None, &out).await;
        assert!(ask(&[]).await.is_err(), "where there is no log, none is whole");
        let path = dir.path().join("streamwarden.db");
        let db = Db::open(&path).await.expect("opened");
        for what in ["a", "b", "c"] {
            db.audit("li", what, &serde_json::json!({})).await.expect("written");
        }
        let newest = db.audit_head().await.expect("read");
        db.close().await;
        assert_eq!(ask(std::slice::from_ref(&newest)).await.expect("read"), Exit::Fine);
        let other = Head { n: newest.n, hash: "0".repeat(64) };
        assert_eq!(ask(&[other]).await.expect("read"), Exit::Over);
    }

    #[test]
    fn a_detail_is_told_without_its_braces() {
        let utc = TimeZone::UTC;
        let text = r#"{"scope":{"scope":"job","job":{"cluster":"demo","key":"a"}},"until":null,
            "from":1700000000000,"hard":true,"why":"storm"}"#;
        let en = "from: 2023-11-14 22:13:20 UTC · hard: true · scope: demo/a job · why: storm";
        assert_eq!(detail(text, Lang::En, &utc), en);
        assert!(detail(text, Lang::Zh, &utc).ends_with("原因：storm"));
        assert_eq!(detail("cut", Lang::En, &utc), "cut");
    }

    #[test]
    fn faults_are_told_in_words() {
        let name = "trigger audit_stays".into();
        let faults = vec![
            Fault::Changed { n: 7 },
            Fault::Missing { after: 3, before: 5 },
            Fault::NoHead,
            Fault::Gone { n: 4, what: "action.begun".into() },
            Fault::Untold { what: "epoch 9".into() },
            Fault::Schema { name, how: Altered::Missing },
        ];
        let newest = Head { n: 9, hash: "ab".repeat(32) };
        let report = AuditReport { rows: 8, head: newest, faults };
        let text = told(&report, Lang::En, &output().screen);
        assert!(text.starts_with("NOT whole: 8 rows\n"), "{text}");
        assert!(text.contains("row 7 was changed") && text.contains("between 3 and 5"), "{text}");
        assert!(
            text.contains("row 4 (action.begun) is not") && text.contains("epoch 9 is"),
            "{text}"
        );
        assert!(text.contains("trigger audit_stays is missing"), "{text}");
        assert!(head("9:abc").is_err());
        assert_eq!(head(&format!("9:{}", "AB".repeat(32))).expect("good"), report.head);
    }
}
