//! `replay`: what a recording tells, one line per event, in seconds since the fault.

use super::say::Lang;
use super::words;
use super::{Exit, Failure, Output};
use crate::record::{Bundle, Derive, Error, Place, Since, Story};
use crate::tasks::{Tale, Told, Watcher, What, tell};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use streamwarden_core::case::{Diagnosis, EventKind, IncidentEvent, Symptom, Verdict, Victim};
use streamwarden_core::estate::{Millis, Span, plain};
use streamwarden_core::rules::Truth;

/// What is played, and against which rules.
pub struct How {
    pub tick: Option<u32>,
    pub drop: Option<f64>,
    pub days: bool,
    pub rules: Option<PathBuf>,
}

pub fn run(file: &Path, how: &How, out: &Output) -> Result<Exit, Failure> {
    let bundle = salvaged(file)?;
    let rules = crate::rules::load(how.rules.as_deref())?.set;
    let derive = Derive {
        tick: how.tick.map(|s| Span::secs(i64::from(s))),
        drop_share: how.drop.unwrap_or(0.0),
        days: how.days,
        ..Derive::default()
    };
    let tale = tell(Arc::new(bundle), derive, Watcher::new(rules));
    if out.json {
        out.json(&tale);
    } else {
        if how.days {
            out.text(out.lang.say(
                "The days before it are made up from the recording.\n",
                "此前各日的数据由录制内容推定。\n",
            ));
        }
        out.text(&render(&tale, out.lang));
        out.text(out.lang.say(
            "A recording holds what was seen, not what was done: `streamwarden actions --incident ID` tells that.\n",
            "录制只包含所见，不包含所做的操作：请用 `streamwarden actions --incident ID` 查看。\n",
        ));
    }
    Ok(if tale.open.is_empty() { Exit::Fine } else { Exit::Over })
}

/// A whole one.
pub fn open(file: &Path) -> Result<Bundle, Failure> {
    Bundle::open(file).map_err(|e| failed(file, &e))
}

/// As much as is whole; its `cut` says why it is not all. Nothing at all is no recording.
pub fn salvaged(file: &Path) -> Result<Bundle, Failure> {
    let bundle = Bundle::salvage(file).map_err(|e| failed(file, &e))?;
    match &bundle.cut {
        Some(why) if bundle.looks.is_empty() => {
            let error = format!("{}: nothing of it can be read: {why}", file.display());
            Err(Failure::new(error, "give another recording: this one is lost"))
        }
        _ => Ok(bundle),
    }
}

fn failed(file: &Path, e: &Error) -> Failure {
    let todo = match e {
        Error::Io { .. } => "is the path right, and may we read it?",
        Error::Newer(_) => "use the Streamwarden that wrote it, or a later one",
        _ => "give a file that `serve --record` or an incident has written",
    };
    Failure::new(format!("{}: {e}", file.display()), todo)
}

/// Evidence that is told with a cause.
const REASONS: usize = 3;

/// The transcript: stable, so that it can be kept beside the bundle.
pub fn render(tale: &Tale, lang: Lang) -> String {
    let zero = tale.zero;
    let mut out = head(tale, zero, lang);
    for told in &tale.told {
        let (word, text) = line(told, zero, lang);
        let seconds = (told.at - zero).as_secs().round();
        let second = lang.say("s", "秒");
        out += &format!("{seconds:>+6.0} {second}  {word:<10}{}\n", plain(&text));
        for why in reasons(told, lang) {
            out += &format!("{:20}{}\n", "", plain(&why));
        }
    }
    out
}

fn head(tale: &Tale, zero: Millis, lang: Lang) -> String {
    let span = lang.seconds((tale.to - tale.from).as_secs());
    let tick = lang.seconds(tale.tick.as_secs());
    let words = lang.say("{span}, seen every {tick}", "共 {span}，每 {tick} 观测一次");
    let mut out = words.replace("{span}", &span).replace("{tick}", &tick) + "\n";
    if let Some(story) = &tale.story {
        out += &told(story, zero, lang);
    }
    out += since(tale.since, lang);
    if let Some(why) = &tale.cut {
        out += &cut(why, lang);
    }
    out
}

/// From when seconds are counted; where a fault is named above, from that.
pub fn since(since: Since, lang: Lang) -> &'static str {
    match since {
        Since::Fault => "",
        Since::Onset => {
            lang.say("Seconds are counted from its onset.\n", "秒数自故障起始时刻算起。\n")
        }
        Since::Recording => lang.say(
            "Seconds are counted from the beginning of the recording.\n",
            "秒数自录制开始算起。\n",
        ),
    }
}

/// That it is not all.
pub fn cut(why: &str, lang: Lang) -> String {
    let words = lang.say(
        "This recording is not whole ({why}): told is what stands before.\n",
        "录制不完整（{why}）：仅能讲述此前的部分。\n",
    );
    words.replace("{why}", &plain(why))
}

fn told(story: &Story, zero: Millis, lang: Lang) -> String {
    let place = story.place.as_ref().map(|p| place(p, lang)).unwrap_or_default();
    let what = match &story.cause {
        Some(cause) => format!("{}: {cause} · {place}", story.fault),
        None => format!("{}: {}", story.fault, lang.say("nothing is wrong", "一切正常")),
    };
    let healed = story.healed.map_or(String::new(), |t| {
        let span = lang.seconds((t - zero).as_secs().round());
        lang.say(", ends after {}", "，{} 后结束").replace("{}", &span)
    });
    format!("{}{healed}\n", plain(&what))
}

fn place(place: &Place, lang: Lang) -> String {
    let any = |n: Option<String>| n.unwrap_or_else(|| lang.say("one", "某一个").to_owned());
    match place {
        Place::Job { job } => job.to_string(),
        Place::Vertex { job, vertex } => format!("{job} / {vertex}"),
        Place::Subtask { job, vertex, index } => {
            format!("{job} / {vertex} #{}", any(index.map(|i| i.to_string())))
        }
        Place::TaskManager { id } => {
            format!("TaskManager {}", any(id.as_ref().map(ToString::to_string)))
        }
        Place::FlinkCluster => "Flink".to_owned(),
        Place::Topic { topic } => topic.to_string(),
        Place::Partition { topic, partition } => {
            format!("{topic}-{}", any(partition.map(|p| p.to_string())))
        }
        Place::Broker { id } => format!("broker {}", any(id.map(|i| i.to_string()))),
        Place::KafkaCluster => "Kafka".to_owned(),
        Place::Zookeeper => "ZooKeeper".to_owned(),
        Place::Hdfs => "HDFS".to_owned(),
        Place::Yarn => "YARN".to_owned(),
        Place::Component => lang.say("component", "组件").to_owned(),
    }
}

/// Of what is said of a cause: the sentence, and the first of what it rests on.
fn reasons(told: &Told, lang: Lang) -> Vec<String> {
    let What::Event { event, .. } = &told.what else { return Vec::new() };
    let d = match &event.what {
        EventKind::Opened { incident } => &incident.diagnosis,
        EventKind::Revised { diagnosis, .. } => diagnosis,
        _ => return Vec::new(),
    };
    let holds = d.evidence.iter().filter(|e| e.truth == Truth::True);
    let words = holds.filter_map(|e| e.words.as_ref()).take(REASONS);
    let said = std::iter::once(lang.say(&d.says.en, &d.says.zh).to_owned());
    let suffer = jobs(&d.victims);
    let suffer =
        (!suffer.is_empty()).then(|| format!("{}: {suffer}", lang.say("victims", "受影响")));
    said.chain(words.map(|w| format!("· {}", lang.say(&w.en, &w.zh)))).chain(suffer).collect()
}

fn jobs(victims: &[Victim]) -> String {
    victims.iter().map(|v| &*v.job.key).collect::<Vec<_>>().join(", ")
}

fn line(told: &Told, zero: Millis, lang: Lang) -> (&'static str, String) {
    match &told.what {
        What::Symptom { symptom, place } => {
            (lang.say("symptom", "症状"), symptom_of(symptom, place, lang))
        }
        What::Calm { calm, place } => {
            let why = serde_word(&calm.why);
            (lang.say("calm", "无碍"), format!("{place}: {}", words::calm(lang, &why)))
        }
        What::Event { event, place } => event_of(event, place, zero, lang),
    }
}

fn symptom_of(symptom: &Symptom, place: &str, lang: Lang) -> String {
    let mut text = format!("{place}: {}", words::symptom(lang, symptom.kind));
    if let Some(value) = symptom.value {
        text += &format!(" {}", lang.tongue().figure(value, symptom.unit()));
    }
    text
}

fn event_of(
    event: &IncidentEvent,
    place: &str,
    zero: Millis,
    lang: Lang,
) -> (&'static str, String) {
    let text = match &event.what {
        EventKind::Opened { incident } => said(&incident.diagnosis, place, zero, lang),
        EventKind::Revised { diagnosis, .. } => said(diagnosis, place, zero, lang),
        EventKind::Spread { victims, consequences } => {
            let causes: Vec<&str> = consequences.iter().map(|f| &*f.cause).collect();
            match (jobs(victims), causes.as_slice()) {
                (none, []) if none.is_empty() => lang.say("none any more", "已无").to_owned(),
                (none, causes) if none.is_empty() => causes.join(", "),
                (names, _) => names,
            }
        }
        EventKind::Merged { into } => into.0.to_string(),
        EventKind::Split { from } => from.0.to_string(),
        EventKind::Closed { why } => words::why_closed(lang, &serde_word(why)).to_owned(),
        EventKind::Confirmed | EventKind::Recovering | EventKind::Relapsed => place.to_owned(),
    };
    (word(&event.what, lang), text)
}

fn word(what: &EventKind, lang: Lang) -> &'static str {
    match what {
        EventKind::Opened { .. } => lang.say("SAID", "判断"),
        EventKind::Revised { .. } => lang.say("INSTEAD", "修正为"),
        EventKind::Confirmed => lang.say("confirmed", "已确认"),
        EventKind::Spread { victims, consequences }
            if victims.is_empty() && !consequences.is_empty() =>
        {
            lang.say("follows", "由此引起")
        }
        EventKind::Spread { .. } => lang.say("victims", "受影响"),
        EventKind::Recovering => lang.say("better", "恢复中"),
        EventKind::Relapsed => lang.say("back", "复发"),
        EventKind::Merged { .. } => lang.say("merged", "并入"),
        EventKind::Split { .. } => lang.say("split", "拆自"),
        EventKind::Closed { .. } => lang.say("closed", "关闭"),
    }
}

fn said(d: &Diagnosis, place: &str, zero: Millis, lang: Lang) -> String {
    let causes = |list: &[_]| {
        let names: Vec<String> = list.iter().map(|c: &std::sync::Arc<str>| c.to_string()).collect();
        names.join(", ")
    };
    let verdict = match &d.verdict {
        Verdict::Root { cause } => cause.to_string(),
        Verdict::Family { family, between } => format!("{family} ({})", causes(between)),
        Verdict::Undetermined { between } if between.is_empty() => {
            lang.say("undetermined", "无法判定").to_owned()
        }
        Verdict::Undetermined { between } => {
            format!("{} ({})", lang.say("undetermined", "无法判定"), causes(between))
        }
    };
    let since = format!("{:+.0}", (d.onset - zero).as_secs());
    format!("{verdict} · {place} · {}", lang.say("since {} s", "始于 {} 秒").replace("{}", &since))
}

/// A closed word of the API.
fn serde_word(of: &impl serde::Serialize) -> String {
    serde_json::to_value(of).ok().and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use streamwarden_core::case::{Finding, IncidentId};
    use streamwarden_core::estate::{ClusterId, JobKey, Subject};
    use streamwarden_core::rules::Words;

    fn spread(victims: &[&str], causes: &[&str]) -> (&'static str, String) {
        let job = |name: &&str| JobKey::new(&ClusterId::new("c"), *name);
        let victims = victims.iter().map(|v| Victim { job: job(v), late_s: None, target_s: None });
        let finding = |cause: &&str| Finding {
            cause: (*cause).into(),
            subject: Subject::Job { job: job(&"x") },
            says: Words::default(),
        };
        let what = EventKind::Spread {
            victims: victims.collect(),
            consequences: causes.iter().map(finding).collect(),
        };
        let event = IncidentEvent { at: Millis(0), id: IncidentId("i".into()), what };
        event_of(&event, "", Millis(0), Lang::En)
    }

    #[test]
    fn a_line_of_victims_is_never_empty() {
        assert_eq!(spread(&["ads", "risk"], &["code.x"]), ("victims", "ads, risk".to_owned()));
        assert_eq!(spread(&[], &["code.x"]), ("follows", "code.x".to_owned()));
        assert_eq!(spread(&[], &[]), ("victims", "none any more".to_owned()));
    }
}
