//! What is said of the time of day that something is held against, in both languages.

use super::words::{rate, words};
use crate::case::{NoTrouble, Symptom, SymptomKind};
use crate::estate::Subject;
use crate::past::{Alike, Usual};
use crate::rules::Words;
use crate::text::Tongue;

/// What is usual at this time of day, where the symptom was held against that.
pub fn symptom_usual(s: &Symptom) -> Option<Words> {
    Some(words(season(s, Tongue::En)?, season(s, Tongue::Zh)?))
}

/// What is usual at this time of day, and makes this no trouble.
pub fn calm_usual(n: &NoTrouble) -> Option<Words> {
    let usual = n.usual.as_ref()?;
    let of = |t: Tongue| {
        let figure = match &n.subject {
            Subject::Topic { .. } => {
                let rate = rate(usual.least);
                match t {
                    Tongue::En => format!("down to {rate} records/s"),
                    Tongue::Zh => format!("低至 {rate} 条/秒"),
                }
            }
            _ => most(t.seconds(usual.most?), t),
        };
        Some(at_this_time(&figure, usual, t))
    };
    Some(words(of(Tongue::En)?, of(Tongue::Zh)?))
}

pub(super) fn season(s: &Symptom, t: Tongue) -> Option<String> {
    let usual = s.season.as_ref()?;
    let figure = match (s.kind, t) {
        (SymptomKind::InputStopped, Tongue::En) => format!("{} records/s", rate(usual.level)),
        (SymptomKind::InputStopped, Tongue::Zh) => format!("约 {} 条/秒", rate(usual.level)),
        _ => most(t.seconds(usual.most?), t),
    };
    Some(at_this_time(&figure, usual, t))
}

fn most(figure: String, t: Tongue) -> String {
    match t {
        Tongue::En => format!("up to {figure}"),
        Tongue::Zh => format!("最多 {figure}"),
    }
}

const DAYS: [(&str, &str); 7] = [
    ("Mondays", "周一"),
    ("Tuesdays", "周二"),
    ("Wednesdays", "周三"),
    ("Thursdays", "周四"),
    ("Fridays", "周五"),
    ("Saturdays", "周六"),
    ("Sundays", "周日"),
];

/// `usually up to 20 s at this time: Mondays 09:30, 4 days`
fn at_this_time(figure: &str, u: &Usual, t: Tongue) -> String {
    let days = match (u.alike, DAYS.get(usize::from(u.weekday)).unwrap_or(&DAYS[0])) {
        (Alike::Weekday, day) => *day,
        (Alike::Workdays, _) => ("Mon–Fri", "周一至周五"),
        (Alike::Weekend, _) => ("Sat–Sun", "周末"),
        (Alike::AnyDay, _) => ("any day", "每日"),
        (Alike::RecordTimes, _) => ("by Kafka's record times", "按 Kafka 记录时间"),
    };
    let clock = match u.alike {
        Alike::RecordTimes => String::new(),
        _ => format!(" {:02}:{:02}", u.minute / 60, u.minute % 60),
    };
    match t {
        Tongue::En => {
            let s = if u.days == 1 { "" } else { "s" };
            format!("usually {figure} at this time: {}{clock}, {} day{s}", days.0, u.days)
        }
        Tongue::Zh => format!("此时段平时{figure}：{}{clock}，{} 天", days.1, u.days),
    }
}
