//! What the product said is wrong, held against what was done.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::Value;

use super::Product;
use crate::faults::{Label, Place};

/// One incident as the list of them shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spoken {
    pub id: String,
    pub sentence: String,
    /// root | family | undetermined
    pub verdict: String,
    /// One of a root; those that are left open else.
    pub causes: Vec<String>,
    pub family: Option<String>,
    /// hazard and `not_a_fault` say that nothing is wrong yet.
    pub role: String,
    pub kind: String,
    pub subject: String,
    /// Its name, as people use it.
    pub place: String,
    /// By name.
    pub victims: Vec<String>,
    pub closed: bool,
}

/// Worst last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Answer {
    /// Root and place.
    Right,
    /// The family, at the place.
    Family,
    Undetermined,
    Wrong,
    /// What must not be named.
    Decoy,
}

impl Product {
    /// Every incident that it knows.
    pub fn incidents(&self) -> Result<Vec<Spoken>> {
        let list = self.get("/api/v1/incidents?state=all&limit=200")?;
        let rows = list["incidents"].as_array().context("no incidents in the answer")?;
        Ok(rows.iter().map(spoken).collect())
    }

    /// Closed because its root was found elsewhere.
    pub fn was_merged(&self, id: &str) -> Result<bool> {
        Ok(!self.get(&format!("/api/v1/incident?id={id}"))?["merged_into"].is_null())
    }
}

fn spoken(row: &Value) -> Spoken {
    let text = |v: &Value| v.as_str().unwrap_or_default().to_owned();
    let texts = |v: &Value| v.as_array().map(|l| l.iter().map(text).collect()).unwrap_or_default();
    let victims: Vec<String> = texts(&row["harm"]["victim_nodes"]);
    let name = |node: &String| node.rsplit_once('/').map_or(node.clone(), |(_, n)| n.to_owned());
    Spoken {
        id: text(&row["id"]),
        sentence: text(&row["sentence"]["en"]),
        verdict: text(&row["verdict"]["kind"]),
        causes: texts(&row["verdict"]["causes"]),
        family: row["verdict"]["family"].as_str().map(str::to_owned),
        role: text(&row["role"]),
        kind: text(&row["subject"]["kind"]),
        subject: text(&row["subject"]["id"]),
        place: text(&row["subject"]["name"]),
        victims: victims.iter().map(name).collect(),
        closed: row["state"] == "closed",
    }
}

impl Spoken {
    /// Cause or family, and the place.
    pub fn verdict(&self) -> String {
        let between = self.causes.join(", ");
        let cause = match (&self.family, &*self.verdict) {
            (Some(family), _) => format!("{family} (family of {between})"),
            (None, "undetermined") if between.is_empty() => "undetermined".to_owned(),
            (None, "undetermined") => format!("undetermined between {between}"),
            (None, _) => between,
        };
        format!("{cause} · {}", self.place)
    }

    fn calm(&self) -> bool {
        matches!(&*self.role, "hazard" | "not_a_fault")
    }

    /// The same statement as before, whatever its figures.
    fn same(&self, other: &Spoken) -> bool {
        (&self.verdict, &self.causes, &self.subject)
            == (&other.verdict, &other.causes, &other.subject)
    }

    fn is_at(&self, place: &Place) -> bool {
        let job = || self.place.split(" / ").next().unwrap_or_default();
        let part = || self.place.split_once(" / ").map_or("", |(_, p)| p);
        let last = |sep| self.subject.rsplit(sep).next().unwrap_or_default();
        match place {
            Place::Job { job: name } => self.kind == "job" && self.place == *name,
            Place::Vertex { job: name, vertex } => {
                self.kind == "vertex" && job() == name && has_word(part(), vertex)
            }
            Place::Subtask { job: name, vertex, index } => {
                let (of, number) = part().rsplit_once(" #").unwrap_or_default();
                let here = index.is_none_or(|i| number == i.to_string());
                self.kind == "subtask" && job() == name && has_word(of, vertex) && here
            }
            Place::TaskManager { id } => {
                self.kind == "taskmanager" && id.as_ref().is_none_or(|id| last('/') == id)
            }
            Place::FlinkCluster => self.kind == "flink_cluster",
            Place::KafkaCluster => self.kind == "kafka_cluster",
            Place::Zookeeper => self.kind == "zookeeper",
            Place::Hdfs => self.kind == "hdfs",
            Place::Yarn => self.kind == "yarn",
            Place::Component => self.kind == "component",
            Place::Topic { topic } => self.kind == "topic" && self.place == *topic,
            Place::Partition { topic, partition } => {
                let (of, number) = self.place.rsplit_once('-').unwrap_or_default();
                let here = partition.is_none_or(|p| number == p.to_string());
                self.kind == "partition" && of == topic && here
            }
            Place::Broker { id } => {
                self.kind == "broker" && id.is_none_or(|id| last('/') == id.to_string())
            }
        }
    }

    fn job(&self) -> Option<&str> {
        let of_job = matches!(&*self.kind, "job" | "vertex" | "subtask");
        of_job.then(|| self.place.split(" / ").next()).flatten()
    }
}

/// A vertex is named after its chain: `Source: orders -> Enrich`.
fn has_word(name: &str, word: &str) -> bool {
    let letter = |c: char| c.is_alphanumeric() || c == '_';
    name.match_indices(word).any(|(at, _)| {
        let before = name[..at].chars().next_back();
        let after = name[at + word.len()..].chars().next();
        !before.is_some_and(letter) && !after.is_some_and(letter)
    })
}

/// None: it says that nothing is wrong yet.
pub fn answer(label: &Label, said: &Spoken) -> Option<Answer> {
    let right = |c: &String| label.cause.iter().chain(&label.or_causes).any(|known| known == c);
    let here = std::iter::once(&label.place).chain(&label.or_places).any(|p| said.is_at(p));
    let victim = said.job().is_some_and(|job| label.victims.iter().any(|v| v == job));
    let not_here = victim || label.decoy_places.iter().any(|p| said.is_at(p));
    let decoy = said.causes.iter().any(|c| label.decoys.contains(&c.as_str()));
    match &*said.verdict {
        _ if label.cause.is_none() => (!said.calm()).then_some(Answer::Wrong),
        "root" if here && said.causes.iter().any(right) => Some(Answer::Right),
        "root" if decoy => Some(Answer::Decoy),
        "undetermined" => Some(Answer::Undetermined),
        _ if not_here && !here => Some(Answer::Decoy),
        _ if said.calm() => None,
        "family"
            if here
                && (said.family.as_deref() == label.family || said.causes.iter().any(right)) =>
        {
            Some(Answer::Family)
        }
        _ => Some(Answer::Wrong),
    }
}

/// All that was said since the fault struck.
#[derive(Debug, Default)]
pub struct Heard {
    now: BTreeMap<String, Spoken>,
    /// Said before it struck: about something else.
    before: Vec<String>,
    /// Seconds until the right root was said.
    pub right_after: Option<Duration>,
    decoys: Vec<String>,
}

impl Heard {
    /// What is said already when the fault strikes.
    pub fn before(list: &[Spoken]) -> Heard {
        let before = list.iter().filter(|s| s.closed).map(|s| s.id.clone()).collect();
        Heard { before, ..Heard::default() }
    }

    /// What is new in this look.
    pub fn take(&mut self, label: &Label, list: Vec<Spoken>, after: Duration) -> Vec<Spoken> {
        let mut new = Vec::new();
        for said in list {
            if self.before.contains(&said.id) {
                continue;
            }
            let known = self.now.get(&said.id);
            if known.is_none_or(|k| !k.same(&said)) {
                match answer(label, &said) {
                    Some(Answer::Right) => {
                        self.right_after.get_or_insert(after);
                    }
                    Some(Answer::Decoy) => self.decoys.push(said.verdict()),
                    _ => {}
                }
                new.push(said.clone());
            }
            self.now.insert(said.id.clone(), said);
        }
        new
    }

    /// What stands in the end, without what turned out to be a part of something else.
    pub fn standing(&self, merged: impl Fn(&Spoken) -> bool) -> Vec<&Spoken> {
        self.now.values().filter(|s| !s.closed || !merged(s)).collect()
    }

    /// Of the right answer: who suffers and was not named, and who was named and does not.
    pub fn victims(&self, label: &Label, standing: &[&Spoken]) -> (Vec<String>, Vec<String>) {
        let right = standing.iter().filter(|s| answer(label, s) == Some(Answer::Right));
        let said: Vec<&String> = right.flat_map(|s| &s.victims).collect();
        let missing = label.victims.iter().filter(|v| !said.contains(v)).cloned().collect();
        let extra = said.into_iter().filter(|v| !label.victims.contains(v)).cloned().collect();
        (missing, extra)
    }

    /// Whether the root and its place were named, and nothing else; and why not.
    pub fn verdict(&self, label: &Label, standing: &[&Spoken]) -> Result<(), String> {
        if let Some(decoy) = self.decoys.first() {
            return Err(format!("a decoy was named: {decoy}"));
        }
        let answers: Vec<(Answer, &Spoken)> =
            standing.iter().filter_map(|s| Some((answer(label, s)?, *s))).collect();
        let worst = answers.iter().max_by_key(|(a, _)| *a);
        if let Some((_, said)) = worst.filter(|(a, _)| *a >= Answer::Wrong) {
            return Err(format!("something else was named: {}", said.verdict()));
        }
        let best = answers.iter().min_by_key(|(a, _)| *a);
        match (label.cause, best) {
            (None, None) | (Some(_), Some((Answer::Right, _))) => Ok(()),
            (_, Some((_, said))) => Err(format!("not the root, only: {}", said.verdict())),
            (Some(_), None) => Err("nothing was said".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::estate::EstateSpec;
    use crate::faults;

    fn said(verdict: &str, cause: &str, kind: &str, place: &str) -> Spoken {
        Spoken {
            id: "1".into(),
            sentence: String::new(),
            verdict: verdict.into(),
            causes: vec![cause.into()],
            family: (verdict == "family").then(|| "operator_slow".into()),
            role: "root".into(),
            kind: kind.into(),
            subject: format!("{kind}:bed/x/3"),
            place: place.into(),
            victims: Vec::new(),
            closed: false,
        }
    }

    fn label() -> Label {
        let spec = EstateSpec::demo();
        faults::find("slow-function").unwrap().label(&spec)
    }

    fn told(label: &Label, all: &[Spoken]) -> Result<(), String> {
        let mut heard = Heard::default();
        for (i, one) in all.iter().enumerate() {
            heard.take(label, vec![one.clone()], Duration::from_secs(i as u64));
        }
        let standing = heard.standing(|_| false);
        heard.verdict(label, &standing)
    }

    #[test]
    fn only_the_root_at_its_place_is_right() {
        let label = label();
        let spec = EstateSpec::demo();
        let chain =
            format!("{} / {} -> {}: Writer", spec.dwd.job, spec.dwd.operator(), spec.dwd.sink);
        let right = said("root", "code.sync_io_blocking", "vertex", &chain);
        assert_eq!(told(&label, std::slice::from_ref(&right)), Ok(()));
        let family = said("family", "code.slow_udf_cpu", "vertex", &chain);
        assert!(told(&label, std::slice::from_ref(&family)).unwrap_err().contains("not the root"));
        assert_eq!(told(&label, &[family, right.clone()]), Ok(()));
        let decoy = said("root", "link.upstream_surge", "topic", "orders");
        assert!(told(&label, &[decoy, right.clone()]).unwrap_err().contains("decoy"));
        let victim = said("root", "code.sync_io_blocking", "job", &spec.ads.job);
        assert_eq!(answer(&label, &victim), Some(Answer::Decoy));
        let elsewhere = said("root", "code.sync_io_blocking", "vertex", "audit-log / Copy");
        assert!(told(&label, &[elsewhere]).unwrap_err().contains("something else"));
        assert!(told(&label, &[]).unwrap_err().contains("nothing was said"));
        let named = Spoken { victims: vec!["audit-log".into()], ..right };
        let (missing, extra) = Heard::default().victims(&label, &[&named]);
        assert_eq!((missing, extra), (vec![spec.ads.job.clone()], vec!["audit-log".into()]));
    }

    #[test]
    fn places_are_told_by_kind_and_name() {
        let partition = said("root", "c", "partition", "ods-orders-3");
        assert!(partition.is_at(&Place::partition("ods-orders", Some(3))));
        assert!(partition.is_at(&Place::partition("ods-orders", None)));
        assert!(!partition.is_at(&Place::partition("ods-orders", Some(1))));
        assert!(!partition.is_at(&Place::topic("ods-orders")));
        let subtask = said("root", "c", "subtask", "dwd / a -> Enrich #2");
        assert!(subtask.is_at(&Place::subtask("dwd", "Enrich", Some(2))));
        assert!(!subtask.is_at(&Place::subtask("dwd", "Enrich", Some(12))));
        assert!(!subtask.is_at(&Place::subtask("dwd", "Enri", None)));
        let broker = said("root", "c", "broker", "broker 3 (bed-kafka)");
        assert!(broker.is_at(&Place::Broker { id: Some(3) }));
        assert!(!broker.is_at(&Place::Broker { id: Some(1) }));
    }

    #[test]
    fn of_a_control_anything_is_too_much() {
        let control = faults::find("planned-restart").unwrap().label(&EstateSpec::demo());
        assert_eq!(told(&control, &[]), Ok(()));
        let alarm = said("undetermined", "x", "job", "dwd");
        assert!(told(&control, std::slice::from_ref(&alarm)).is_err());
        let hazard = Spoken { role: "hazard".into(), ..alarm };
        assert_eq!(told(&control, &[hazard]), Ok(()));
    }
}
