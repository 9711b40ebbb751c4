//! `inspect`: what will break next. A report made now, reports that are kept, two of them compared,
//! and who has taken which risk.

mod once;
mod render;
#[cfg(test)]
mod tests;
mod when;

use super::args::{Estate, Running};
use super::planned::{Token, length, moment};
use super::{Exit, Failure, Output, ask};
use crate::clock as time;
use crate::web::report::{csv, html, markdown};
use crate::web::view_inspection::*;
pub(super) use render::zone as named_zone;

use clap::{Args, Subcommand};
use jiff::tz::TimeZone;
use std::path::PathBuf;
use std::time::Duration;
use streamwarden_core::estate::plain;
use when::When;

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Inspect {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    now: Now,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Reports that are kept, newest first, and when the next is due
    List(Running),
    /// One report that is kept
    Show {
        /// As `list` tells it, 2026-11-22 or "2026-11-22 08:00" in `inspect.zone`, an instant
        /// [default: the newest]
        #[arg(value_name = "AT")]
        at: Option<String>,
        #[command(flatten)]
        form: Form,
        #[command(flatten)]
        running: Running,
    },
    /// What the second report has that the first had not, and the other way round
    Compare {
        #[arg(value_name = "A")]
        a: String,
        /// [default: the newest]
        #[arg(value_name = "B")]
        b: Option<String>,
        #[command(flatten)]
        running: Running,
    },
    /// Take a risk: it is told apart, and takes no points, until a day that you say
    Waive(Waive),
    /// It counts again
    Unwaive(Unwaive),
    /// Who has taken which risk, until when and why
    Waivers(Running),
}

#[derive(Debug, Args)]
struct Now {
    /// Ask no running process: look for a while, by the configuration or by --flink
    #[arg(long, conflicts_with_all = ["server", "keep"])]
    once: bool,
    /// With --once: how long to look
    #[arg(long = "for", value_name = "TIME", value_parser = once::look, default_value = "90s")]
    look: Duration,
    /// Keep it, as those that are made each morning (needs a token)
    #[arg(long, requires = "by")]
    keep: bool,
    /// Your name
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
    #[command(flatten)]
    estate: Estate,
    #[command(flatten)]
    form: Form,
    #[command(flatten)]
    token: Token,
    #[command(flatten)]
    running: Running,
}

#[derive(Clone, Copy, Debug, Default, Args)]
#[group(id = "form", multiple = false)]
pub struct Form {
    /// As a page that prints
    #[arg(long)]
    html: bool,
    /// For a chat or a wiki
    #[arg(long)]
    markdown: bool,
    /// A row for each risk
    #[arg(long)]
    csv: bool,
}

#[derive(Debug, Args)]
pub struct Waive {
    /// The check, as the report names it
    check: String,
    /// What it is about, by name or id; or a pattern over ids: "topic:pay/*"
    subject: String,
    /// When it counts again: 2026-12-01 (its beginning), "2026-12-01 08:00", both in
    /// `inspect.zone`, an instant; at most a year ahead
    #[arg(long, value_name = "TIME", conflicts_with = "lasts", required_unless_present = "lasts")]
    until: Option<String>,
    /// For how long: 14d
    #[arg(long = "for", value_name = "TIME", id = "lasts", value_parser = length)]
    lasts: Option<Duration>,
    /// Why it may stay
    #[arg(long, value_name = "TEXT")]
    why: String,
    /// Your name: it is yours
    #[arg(long, value_name = "NAME")]
    by: String,
    #[command(flatten)]
    token: Token,
    #[command(flatten)]
    running: Running,
}

#[derive(Debug, Args)]
pub struct Unwaive {
    /// Its id, or enough of its beginning
    id: String,
    /// Your name
    #[arg(long, value_name = "NAME")]
    by: String,
    #[command(flatten)]
    token: Token,
    #[command(flatten)]
    running: Running,
}

pub async fn run(ask: Inspect, file: Option<PathBuf>, out: &Output) -> Result<Exit, Failure> {
    let Some(command) = ask.command else { return now(ask.now, file, out).await };
    match command {
        Command::List(running) => {
            let list: InspectionList = running.server(file)?.get("inspections").await?;
            if out.json {
                out.json(&list);
            } else {
                out.text(&render::list(&list, out));
            }
            Ok(Exit::Fine)
        }
        Command::Show { at, form, running } => {
            let server = running.server(file)?;
            let when = When::of(at.as_deref(), &zone(&server, out).await?)?;
            let view = kept(&server, &when).await?;
            Ok(tell(&view, form, out))
        }
        Command::Compare { a, b, running } => {
            let server = running.server(file)?;
            let zone = zone(&server, out).await?;
            let (a, b) = (When::of(Some(&a), &zone)?, When::of(b.as_deref(), &zone)?);
            let (a, b) = (kept(&server, &a).await?.row.at, kept(&server, &b).await?.row.at);
            if a == b {
                let error = format!("both are the report of {}", render::named(a, &zone));
                let todo = "name two of those that `streamwarden inspect list` has";
                return Err(Failure::new(error, todo).wrong());
            }
            let view: ComparedView = server.get(&format!("inspection/compare?a={a}&b={b}")).await?;
            if out.json {
                out.json(&view);
            } else {
                out.text(&render::compared(&view, out));
            }
            let worse = view.new.iter().chain(&view.worse).any(counts_high);
            Ok(if worse { Exit::Over } else { Exit::Fine })
        }
        Command::Waive(waive) => take(waive, file, out).await,
        Command::Unwaive(end) => {
            let token = ask::token(end.token.token_file.as_deref())?;
            let request = UnwaiveRequest { id: end.id, by: end.by };
            let server = end.running.server(file)?;
            let ended: WaiverView = server.post("waiver/end", &token, &request).await?;
            told(&ended, None, out);
            Ok(Exit::Fine)
        }
        Command::Waivers(running) => {
            let server = running.server(file)?;
            let list: WaiverList = server.get("waivers").await?;
            if out.json {
                out.json(&list);
            } else {
                out.text(&render::waivers(&list, &zone(&server, out).await?, out));
            }
            Ok(Exit::Fine)
        }
    }
}

async fn now(ask: Now, file: Option<PathBuf>, out: &Output) -> Result<Exit, Failure> {
    if ask.once || !ask.estate.flink.is_empty() {
        let view = once::inspect(ask.estate.config(file)?, ask.look, out).await?;
        return Ok(tell(&view, ask.form, out));
    }
    let server = ask.running.server(file)?;
    let view: InspectionView = match (ask.keep, ask.by) {
        (true, Some(by)) => {
            let token = ask::token(ask.token.token_file.as_deref())?;
            let row: InspectionRow =
                server.post("inspection/keep", &token, &KeepRequest { by }).await?;
            server.get(&format!("inspection?at={}", row.at)).await?
        }
        _ => server.get("inspection/now").await?,
    };
    Ok(tell(&view, ask.form, out))
}

async fn take(ask: Waive, file: Option<PathBuf>, out: &Output) -> Result<Exit, Failure> {
    let token = ask::token(ask.token.token_file.as_deref())?;
    let server = ask.running.server(file)?;
    let zone = zone(&server, out).await?;
    let until = ask.until.as_deref().map(|text| until(text, time::now().0, &zone)).transpose()?;
    let for_s = ask.lasts.map(|d| u32::try_from(d.as_secs()).unwrap_or(u32::MAX));
    let (check, subject, by, why) = (ask.check, ask.subject, ask.by, ask.why);
    let request = WaiveRequest { check, subject, until, for_s, by, why };
    let made: WaiverView = server.post("waiver/add", &token, &request).await?;
    told(&made, Some(&zone), out);
    Ok(Exit::Fine)
}

/// In which inspections tell their times, and are asked for theirs.
async fn zone(server: &ask::Server, out: &Output) -> Result<TimeZone, Failure> {
    let list: InspectionList = server.get("inspections?limit=1").await?;
    Ok(render::zone(&list.zone, out))
}

/// A day alone is its beginning.
fn until(text: &str, now: i64, zone: &TimeZone) -> Result<i64, Failure> {
    match text.parse::<jiff::civil::Date>() {
        Ok(day) if text.len() == "2026-12-01".len() => moment(&format!("{day} 00:00"), now, zone),
        _ => match when::moment(text, zone) {
            Some((at, _)) => Ok(at),
            None => moment(text, now, zone).map_err(|_| {
                let todo = "write a day (2026-12-01, its beginning), \"2026-12-01 08:00\" or \
                            2026-12-01T08:00:00Z";
                Failure::new(format!("`{}` is no time", plain(text)), todo).wrong()
            }),
        },
    }
}

/// `taken`: until when is told in this zone; None: it was taken back.
fn told(w: &WaiverView, taken: Option<&TimeZone>, out: &Output) {
    if out.json {
        return out.json(w);
    }
    let words = match taken {
        Some(_) => out.lang.say(
            "{id}: {who} takes {check} of {subject} until {until}: {why}",
            "{id}：{who} 已豁免 {subject} 的 {check}，至 {until}：{why}",
        ),
        None => out
            .lang
            .say("{id}: {check} of {subject} counts again", "{id}：{subject} 的 {check} 重新计入"),
    };
    let id: String = w.id.chars().take(8).collect();
    let text = words
        .replace("{id}", &id)
        .replace("{check}", &w.check)
        .replace("{until}", &render::named(w.until, taken.unwrap_or(&out.zone)))
        .replace("{who}", &w.owner)
        .replace("{subject}", &w.subject)
        .replace("{why}", &w.reason);
    out.text(&format!("{}\n", plain(&text)));
}

/// The report of that time: none of another day.
async fn kept(server: &ask::Server, when: &When) -> Result<InspectionView, Failure> {
    let none = || {
        let todo = "`streamwarden inspect list` names those that are kept";
        Failure::new(when.missing(), todo)
    };
    let view: InspectionView = server.get_known(&when.query(), none).await?;
    if when.holds(view.row.at) { Ok(view) } else { Err(none()) }
}

fn tell(view: &InspectionView, form: Form, out: &Output) -> Exit {
    let tongue = out.lang.tongue();
    match form {
        _ if out.json => out.json(view),
        Form { html: true, .. } => out.text(&html(view, tongue)),
        Form { markdown: true, .. } => out.text(&markdown(view, tongue)),
        Form { csv: true, .. } => out.text(&csv(view, tongue)),
        _ => out.text(&render::report(view, out)),
    }
    exit(view)
}

/// 3: a high risk stands that nobody has taken; 4: more could not be judged than could.
pub fn exit(view: &InspectionView) -> Exit {
    let row = &view.row;
    match () {
        () if row.high > 0 => Exit::Over,
        () if row.judged == 0 || row.not_judged * 2 > row.judged => Exit::CannotTell,
        () => Exit::Fine,
    }
}

fn counts_high(r: &RiskView) -> bool {
    r.level == "high" && r.waived.is_none() && r.counted_by.is_none()
}
