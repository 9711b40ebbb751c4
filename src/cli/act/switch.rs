//! `kill-switch`: stops all actions within a scope, also where nothing answers: then by the file
//! that is read before every effect.

use super::{reach, said};
use crate::cli::args::Running;
use crate::cli::planned::{Token, length, moment};
use crate::cli::say::{Lang, clock};
use crate::cli::table::{Cell, Ink, Screen, Table};
use crate::cli::{Exit, Failure, Output, ask};
use crate::clock as time;
use crate::config::Config;
use crate::repair::{KillError, KillFile};
use crate::web::view_repair::*;
use clap::{Args, Subcommand};
use jiff::tz::TimeZone;
use std::path::{Path, PathBuf};
use std::time::Duration;
use streamwarden_core::case::Scope;
use streamwarden_core::estate::{ClusterId, JobKey, plain};
use streamwarden_core::rules::{PLAYBOOKS, did_you_mean};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Stop all actions there, within a second
    On(On),
    /// Take it back
    Off(Off),
    /// What is stopped, by whom and why
    List(Running),
}

#[derive(Debug, Args)]
pub struct On {
    /// estate, cluster:NAME, playbook:NAME or job:CLUSTER/KEY
    scope: String,
    #[arg(long, value_name = "TEXT")]
    why: String,
    /// Your name; where users are configured, the name of the token counts
    #[arg(long, value_name = "NAME")]
    by: String,
    /// Also in the middle of an action: a job that was stopped is not started again
    #[arg(long)]
    hard: bool,
    /// When it ends by itself: 04:00 (the next one, local), "2026-11-22 04:00", 2026-11-22T04:00:00Z
    #[arg(long, value_name = "TIME", conflicts_with = "lasts")]
    until: Option<String>,
    /// How long: 30m, 2h [default: until it is taken back]
    #[arg(long = "for", value_name = "TIME", id = "lasts", value_parser = length)]
    lasts: Option<Duration>,
    /// Ask no server: write it into the kill-switch file of this data directory
    #[arg(long, value_name = "DATA_DIR", conflicts_with = "server")]
    file: Option<PathBuf>,
    #[command(flatten)]
    token: Token,
    #[command(flatten)]
    running: Running,
}

#[derive(Debug, Args)]
pub struct Off {
    /// As `kill-switch list` shows it
    scope: String,
    /// Your name; where users are configured, the name of the token counts
    #[arg(long, value_name = "NAME")]
    by: String,
    #[command(flatten)]
    token: Token,
    #[command(flatten)]
    running: Running,
}

pub async fn run(command: Command, file: Option<PathBuf>, out: &Output) -> Result<Exit, Failure> {
    match command {
        Command::On(on) => match on.file.clone() {
            Some(data_dir) => {
                // its configuration may be on another machine, or broken: then nobody knows
                let config = Config::load(&crate::cli::chosen(file)).ok();
                write(&on, &data_dir, config.as_ref(), out)
            }
            None => throw(on, file, out).await,
        },
        Command::Off(off) => release(off, file, out).await,
        Command::List(running) => {
            let list: SwitchList = running.server(file)?.get("kill-switches").await?;
            if out.json {
                out.json(&list);
            } else {
                out.text(&render(&list, out.lang, &out.zone, &out.screen));
            }
            Ok(Exit::Fine)
        }
    }
}

async fn throw(on: On, file: Option<PathBuf>, out: &Output) -> Result<Exit, Failure> {
    let data_dir = Config::load(&crate::cli::chosen(file.clone())).ok().map(|c| c.data_dir);
    // who has no configuration here asks the server, which needs no token for it
    let data_dir = match data_dir {
        Some(known) => Some(known),
        None => told_dir(&on, file.clone()).await,
    };
    let by_file = |f: Failure| by_file(f, &on, data_dir.as_deref());
    let token = ask::token(on.token.token_file.as_deref()).map_err(by_file)?;
    let now = time::now().0;
    let until = on.until.as_deref().map(|t| moment(t, now, &out.zone)).transpose()?;
    let for_s = on.lasts.map(|d| u32::try_from(d.as_secs()).unwrap_or(u32::MAX));
    let server = on.running.server(file).map_err(by_file)?;
    let (scope, why, by, hard) = (on.scope.clone(), on.why.clone(), on.by.clone(), on.hard);
    let request = ThrowRequest { scope, why, until, for_s, hard, by };
    let thrown = server.try_post("kill-switch/throw", &token, &request).await;
    let view: SwitchView =
        thrown.map_err(|r| if r.down { by_file(r.failure) } else { r.failure })?;
    if out.json {
        out.json(&view);
    } else {
        let words = out.lang.say("Stopped: {}", "已禁止：{}");
        out.text(&(words.replace("{}", &told(&view, out.lang, &out.zone)) + "\n"));
    }
    Ok(Exit::Fine)
}

/// The directory of the kill-switch file, as the server tells it.
async fn told_dir(on: &On, file: Option<PathBuf>) -> Option<PathBuf> {
    let list: SwitchList = on.running.server(file).ok()?.get("kill-switches").await.ok()?;
    Some(Path::new(&list.reach.kill_file).parent()?.to_path_buf())
}

/// What works without a server, in the words that have just been typed.
fn by_file(failure: Failure, on: &On, data_dir: Option<&Path>) -> Failure {
    let whole = |d: &Path| std::path::absolute(d).unwrap_or_else(|_| d.to_path_buf());
    let dir = data_dir.map_or_else(|| "DATA_DIR".to_owned(), |d| whole(d).display().to_string());
    let dir = shell(&dir);
    let hard = if on.hard { " --hard" } else { "" };
    let todo = format!(
        "nothing is stopped yet. On its machine: streamwarden kill-switch on {} --by {} --why {}{hard} --file {}\n     (or `touch {dir}/kill-switch`: an empty file stops everything; it is read before every effect)",
        shell(&on.scope),
        shell(&on.by),
        shell(&on.why),
        dir,
    );
    Failure { todo, ..failure }
}

/// A word as a shell takes it.
fn shell(text: &str) -> String {
    let text = plain(text);
    let bare = |c: char| c.is_ascii_alphanumeric() || "-_./:@".contains(c);
    match !text.is_empty() && text.chars().all(bare) {
        true => text.into_owned(),
        false => format!("'{}'", text.replace('\'', "'\\''")),
    }
}

fn write(on: &On, data_dir: &Path, config: Option<&Config>, out: &Output) -> Result<Exit, Failure> {
    let scope = scope(&on.scope)?;
    if !data_dir.join("streamwarden.db").is_file() {
        let error = format!("no Streamwarden keeps its data in {}", data_dir.display());
        return Err(Failure::new(error, "name its data_dir: a file elsewhere would stop nothing"));
    }
    let same = |c: &&Config| {
        let ours = c.data_dir.canonicalize().ok();
        ours.is_some() && ours == data_dir.canonicalize().ok()
    };
    // clusters of target files are known to the process alone
    let config = config.filter(same).filter(|c| c.flink_file_sd.is_empty());
    let clusters = config.map(|c| c.flink.iter().map(|f| f.name.as_str()).collect::<Vec<_>>());
    let sure = there(&scope, clusters.as_deref())?;
    let file = KillFile::of(data_dir);
    let why = format!("{} ({})", on.why, on.by);
    let now = time::now().0;
    let until = on.until.as_deref().map(|t| moment(t, now, &out.zone)).transpose()?;
    let lasts = on.lasts.map(|d| now + i64::try_from(d.as_millis()).unwrap_or(i64::MAX - now));
    let until = until.or(lasts).map(streamwarden_core::estate::Millis);
    file.add(&scope, on.hard, until, &why).map_err(|e| {
        let todo = match e {
            KillError::Past => "give a moment that is still to come, or none",
            _ => "an empty file there stops all",
        };
        Failure::new(format!("{}: {e}", file.path().display()), todo)
    })?;
    if out.json {
        out.json(&serde_json::json!({ "file": file.path(), "scope": on.scope, "hard": on.hard }));
        return Ok(Exit::Fine);
    }
    let words = out.lang.say(
        "Written into {}: it stops until its end, or until the line is taken out there.",
        "已写入 {}：到期或从文件中删除该行之前一直有效。",
    );
    let mut text = words.replace("{}", &file.path().display().to_string()) + "\n";
    if !sure {
        text += match scope {
            Scope::Job { .. } => out.lang.say(
                "Whether there is such a job was not asked: where there is none, its whole cluster is stopped, or everything.\n",
                "未核对是否有此作业：若没有，则禁止其整个集群，甚至全部。\n",
            ),
            _ => out.lang.say(
                "Whether there is such a cluster was not asked: where there is none, everything is stopped.\n",
                "未核对是否有此集群：若没有，则全部禁止。\n",
            ),
        };
    }
    out.text(&text);
    Ok(Exit::Fine)
}

/// Whether it is sure that there is such a thing. `clusters`: None where nobody knows them.
///
/// # Errors
/// It is sure that there is none.
fn there(scope: &Scope, clusters: Option<&[&str]>) -> Result<bool, Failure> {
    let none = |what: &str, name: &str, of: &[&str]| {
        let todo = did_you_mean(name, of.iter().copied());
        Failure::new(format!("no {what} is called `{}`", plain(name)), todo).wrong()
    };
    let cluster = |name: &str| match clusters {
        Some(all) if !all.contains(&name) => Err(none("Flink cluster", name, all)),
        known => Ok(known.is_some()),
    };
    match scope {
        Scope::Estate => Ok(true),
        Scope::Playbook { playbook } if PLAYBOOKS.contains(&&**playbook) => Ok(true),
        Scope::Playbook { playbook } => Err(none("playbook", playbook, &PLAYBOOKS)),
        Scope::Cluster { cluster: name } => cluster(name),
        Scope::Job { job } => cluster(job.cluster.as_str()).map(|_| false),
    }
}

/// As it is typed; whether there is such a thing nobody can be asked.
fn scope(text: &str) -> Result<Scope, Failure> {
    let found = match text.split_once(':') {
        None if text == "estate" => Some(Scope::Estate),
        Some(("cluster", name)) if !name.is_empty() => {
            Some(Scope::Cluster { cluster: name.into() })
        }
        Some(("playbook", name)) if !name.is_empty() => {
            Some(Scope::Playbook { playbook: name.into() })
        }
        Some(("job", job)) => match job.split_once('/') {
            Some((cluster, key)) if !cluster.is_empty() && !key.is_empty() => {
                Some(Scope::Job { job: JobKey::new(&ClusterId::new(cluster), key) })
            }
            _ => None,
        },
        _ => None,
    };
    found.ok_or_else(|| {
        let todo = "one of estate, cluster:NAME, playbook:NAME, job:CLUSTER/KEY";
        Failure::new(format!("`{}` is no scope", plain(text)), todo).wrong()
    })
}

async fn release(off: Off, file: Option<PathBuf>, out: &Output) -> Result<Exit, Failure> {
    let token = ask::token(off.token.token_file.as_deref())?;
    let server = off.running.server(file)?;
    let request = ReleaseRequest { scope: off.scope, by: off.by };
    let view: ReleasedView = server.post("kill-switch/release", &token, &request).await?;
    if out.json {
        out.json(&view);
    } else {
        let list: Option<SwitchList> = server.get("kill-switches").await.ok();
        let file = list.map(|l| l.reach.kill_file);
        out.text(&released(&view, file.as_deref(), out.lang, &out.zone));
    }
    Ok(if view.left.is_empty() { Exit::Fine } else { Exit::Over })
}

/// `file`: where lines stand that only an editor takes out.
fn released(v: &ReleasedView, file: Option<&str>, lang: Lang, zone: &TimeZone) -> String {
    let words = lang.say("{scope}: {n} taken back", "{scope}：已解除 {n} 个");
    let mut text =
        words.replace("{scope}", &plain(&v.scope)).replace("{n}", &v.released.to_string()) + "\n";
    for s in &v.left {
        let words = lang.say("still stopped: {}", "仍被禁止：{}");
        text += &(words.replace("{}", &told(s, lang, zone)) + "\n");
    }
    if let (true, Some(file)) = (v.left.iter().any(|s| s.file), file) {
        let words = lang.say(
            "take its line out of {} (or remove the file) on the machine of the server",
            "请在服务所在机器上从 {} 中删除该行（或删除该文件）",
        );
        text += &(words.replace("{}", &plain(file)) + "\n");
    }
    text
}

fn told(s: &SwitchView, lang: Lang, zone: &TimeZone) -> String {
    let mut parts = vec![said(lang, &s.says), plain(&s.by).into_owned()];
    if !s.why.is_empty() {
        parts.push(plain(&s.why).into_owned());
    }
    parts.push(end(s, lang, zone));
    if s.hard {
        parts.push(lang.say("hard", "强制").to_owned());
    }
    parts.join(" · ")
}

fn end(s: &SwitchView, lang: Lang, zone: &TimeZone) -> String {
    match (s.until, s.file) {
        (Some(until), _) => lang.say("until {}", "至 {}").replace("{}", &clock(until, zone)),
        (None, true) => lang.say("while it stands in the file", "直到从文件中删除").to_owned(),
        (None, false) => lang.say("until it is taken back", "直到解除").to_owned(),
    }
}

fn render(list: &SwitchList, lang: Lang, zone: &TimeZone, screen: &Screen) -> String {
    let mut text = reach(lang, &list.reach) + "\n";
    if list.switches.is_empty() && list.error.is_none() {
        text += lang.say("No kill switch is on.\n", "没有打开的急停开关。\n");
    }
    if !list.switches.is_empty() {
        text += &table(&list.switches, lang, zone, screen);
    }
    if let Some(error) = &list.error {
        let words =
            lang.say("Those of the database are not known: {}", "数据库中的急停开关未知：{}");
        text += &(screen.ink(Ink::Over, &words.replace("{}", &plain(error))) + "\n");
    }
    let words = lang.say("The file: {}", "文件：{}");
    text + &screen.ink(Ink::Dim, &words.replace("{}", &plain(&list.reach.kill_file))) + "\n"
}

fn table(all: &[SwitchView], lang: Lang, zone: &TimeZone, screen: &Screen) -> String {
    let mut table = Table::new(0);
    let heading = lang.say("scope|since|how long|who|why", "范围|开始|持续|操作人|原因");
    table.heading(&heading.split('|').collect::<Vec<_>>());
    for s in all {
        let hard = if s.hard { lang.say(" (hard)", "（强制）") } else { "" };
        table.row(vec![
            Cell::new(format!("{}{hard}", s.scope)).ink(Ink::Over),
            Cell::new(clock(s.at, zone)),
            Cell::new(end(s, lang, zone)),
            Cell::new(&s.by),
            Cell::new(&s.why),
        ]);
    }
    table.render(screen)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn golden_switches() {
        let list: SwitchList =
            serde_json::from_str(include_str!("../../../tests/fixtures/api/switches.json"))
                .expect("the API's own recording");
        let screen = Screen { width: 130, colour: false };
        let en = render(&list, Lang::En, &TimeZone::UTC, &screen);
        let dead = SwitchList { switches: vec![], error: Some("disk I/O error".into()), ..list };
        let zh = render(&dead, Lang::Zh, &TimeZone::UTC, &screen);
        insta::assert_snapshot!(en + "\n" + &zh);
    }

    fn on(scope: &str, why: &str) -> On {
        let of = ["x", "on", scope, "--why", why, "--by", "li", "--hard"];
        #[derive(clap::Parser)]
        struct Line {
            #[command(subcommand)]
            command: Command,
        }
        match <Line as clap::Parser>::parse_from(of).command {
            Command::On(on) => on,
            _ => panic!("on"),
        }
    }

    #[test]
    fn without_a_server_the_file_is_named_in_words_that_a_shell_takes() {
        let failure = Failure::new("nothing answers", "start it");
        let told = by_file(failure, &on("job:pay/a b", "it's bad"), Some(Path::new("/d")));
        let line = "streamwarden kill-switch on 'job:pay/a b' --by li --why 'it'\\''s bad' --hard --file /d";
        assert!(told.todo.contains(line), "{}", told.todo);
        assert!(told.todo.contains("nothing is stopped yet"), "{}", told.todo);
    }

    #[test]
    fn what_still_stops_names_the_file_that_it_stands_in() {
        let list: SwitchList =
            serde_json::from_str(include_str!("../../../tests/fixtures/api/switches.json"))
                .expect("the API's own recording");
        let of_file = |file| SwitchView { file, ..list.switches[0].clone() };
        let told = |file| {
            let (scope, left) = ("estate".to_owned(), vec![of_file(file)]);
            let view = ReleasedView { scope, released: 0, left };
            released(&view, Some("/d/kill-switch"), Lang::En, &TimeZone::UTC)
        };
        assert!(told(true).contains("take its line out of /d/kill-switch"), "{}", told(true));
        assert!(!told(false).contains("/d/kill-switch"), "{}", told(false));
    }

    #[test]
    fn only_a_data_directory_takes_a_line() {
        let dir = tempfile::tempdir().expect("a folder");
        let screen = Screen { width: 80, colour: false };
        let out = Output { json: false, lang: Lang::En, zone: TimeZone::UTC, screen, kept: None };
        let on = on("job:pay/orders", "storm");
        assert!(write(&on, dir.path(), None, &out).is_err());
        std::fs::write(dir.path().join("streamwarden.db"), "").expect("written");
        assert_eq!(write(&on, dir.path(), None, &out).expect("written"), Exit::Fine);
        let text = std::fs::read_to_string(dir.path().join("kill-switch")).expect("there");
        assert_eq!(text, "hard job pay/orders # storm (li)\n");
        for wrong in ["", "all", "job:orders", "job:/x", "cluster:", "planet:mars"] {
            assert!(scope(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn what_is_surely_not_there_is_not_written() {
        let sure = |text: &str, clusters: Option<&[&str]>| {
            let Ok(scope) = scope(text) else { panic!("{text} is a scope") };
            there(&scope, clusters).map_err(|f| f.todo)
        };
        let known = Some(&["bed", "pay"][..]);
        assert_eq!(sure("cluster:bed", known), Ok(true));
        assert!(sure("cluster:bet", known).is_err_and(|todo| todo.contains("bed")));
        assert!(sure("job:bet/orders", known).is_err());
        assert_eq!(sure("job:bed/orders", known), Ok(false));
        assert_eq!(sure("cluster:bet", None), Ok(false));
        assert!(sure("playbook:rescael", None).is_err_and(|todo| todo.contains("rescale")));
        assert_eq!(sure("playbook:rescale", None), Ok(true));
    }
}
