//! Whether what a person names is in the estate: a slip of the pen in a correction would stay in the
//! record for good.

use super::Scene;
use streamwarden_core::case::Diagnosis;
use streamwarden_core::estate::{Name, Subject, TopicId};
use streamwarden_core::rules::did_you_mean;

/// The nearest is looked for among so many.
const MOST: usize = 20_000;

/// What to do where no cause is called so.
pub fn unknown_cause(word: &str, causes: &[Name]) -> Option<String> {
    let known = causes.iter().any(|c| **c == *word);
    (!known).then(|| did_you_mean(word, causes.iter().map(|c| &**c)))
}

/// What to do where no place is called so: by id, by the name that is shown, or without the rest of
/// it. What the incident itself speaks of need not be there any more.
pub fn unknown_place(scene: &Scene, spoken_of: &Diagnosis, word: &str) -> Option<String> {
    let d = spoken_of;
    let told = std::iter::once(&d.subject)
        .chain(d.considered.iter().map(|c| &c.subject))
        .chain(d.consequences.iter().map(|c| &c.subject))
        .chain(d.symptoms.iter().map(|s| &s.subject))
        .cloned();
    unknown_among(scene, told.chain(places(scene)).collect(), word)
}

/// What to do where nothing in the estate is called so.
pub fn no_place(scene: &Scene, word: &str) -> Option<String> {
    unknown_among(scene, places(scene).collect(), word)
}

fn unknown_among(scene: &Scene, all: Vec<Subject>, word: &str) -> Option<String> {
    // a subtask stands for itself as soon as its vertex is there
    let vertex = word.trim_end_matches(|c: char| c.is_ascii_digit());
    let of_id = || vertex.strip_suffix('/').filter(|v| v.starts_with("subtask:"));
    let vertex = vertex.strip_suffix(" #").or_else(of_id);
    let of_vertex = vertex.map(|v| v.replacen("subtask:", "vertex:", 1));
    let is = |n: &String| n == word || Some(n) == of_vertex.as_ref();
    if all.iter().any(|s| names(scene, s).iter().any(is)) {
        return None;
    }
    let shown: Vec<String> =
        all.iter().take(MOST).filter_map(|s| names(scene, s).into_iter().nth(1)).collect();
    Some(did_you_mean(word, shown.iter().map(String::as_str)))
}

/// Its id, the name that is shown, and what people call it beside these.
fn names(scene: &Scene, s: &Subject) -> Vec<String> {
    let mut all = vec![s.to_string(), scene.subject(s).name];
    match s {
        Subject::Job { job } => all.extend([job.to_string(), job.key.to_string()]),
        Subject::Vertex { job, vertex } => {
            let plan = scene.s.estate.jobs.get(job).and_then(|j| j.run.plan());
            let own = plan.and_then(|p| p.vertices.iter().find(|v| v.id == *vertex));
            all.extend(own.map(|v| v.name.to_string()));
        }
        Subject::Topic { topic } => all.extend([topic.to_string(), topic.topic.to_string()]),
        Subject::FlinkCluster { cluster }
        | Subject::KafkaCluster { cluster }
        | Subject::Base { cluster, .. } => all.push(cluster.to_string()),
        Subject::Member { member, .. } => all.push(member.to_string()),
        Subject::TaskManager { id, .. } => all.push(id.to_string()),
        Subject::Host { host } => all.push(host.to_string()),
        _ => {}
    }
    all
}

fn places<'a>(scene: &'a Scene<'a>) -> impl Iterator<Item = Subject> + 'a {
    let estate = &scene.s.estate;
    let jobs = estate.jobs.values().flat_map(|j| {
        let job = j.key.clone();
        let plan = j.run.plan().map_or(&[][..], |p| &p.vertices);
        let of = move |id: &_| Subject::Vertex { job: job.clone(), vertex: Clone::clone(id) };
        let vertices = plan.iter().map(move |v| of(&v.id));
        std::iter::once(Subject::Job { job: j.key.clone() }).chain(vertices)
    });
    let flink = estate.flink.iter().flat_map(|(cluster, f)| {
        let of = |id: &_| Subject::TaskManager { cluster: cluster.clone(), id: Clone::clone(id) };
        let hosts = f.taskmanagers.values().filter_map(|t| t.host.clone());
        let hosts = hosts.map(|host| Subject::Host { host });
        let whole = Subject::FlinkCluster { cluster: cluster.clone() };
        std::iter::once(whole).chain(f.taskmanagers.keys().map(of)).chain(hosts)
    });
    let kafka = estate.kafka.iter().flat_map(|(cluster, k)| {
        let whole = Subject::KafkaCluster { cluster: cluster.clone() };
        let brokers = k.overview.iter().flat_map(|(_, o)| &o.brokers);
        let brokers = brokers.map(|b| Subject::Broker { cluster: cluster.clone(), id: b.id });
        let topics = k.topics.values().flat_map(|t| {
            let topic = TopicId::new(cluster, t.name.clone());
            let part = {
                let topic = topic.clone();
                move |id| Subject::Partition { topic: topic.clone(), partition: id }
            };
            let parts = t.partitions.iter().map(move |p| part(p.id));
            std::iter::once(Subject::Topic { topic }).chain(parts)
        });
        std::iter::once(whole).chain(brokers).chain(topics)
    });
    let bases = estate.bases.iter().flat_map(|(cluster, b)| {
        let member = |m: &Name| Subject::Member { cluster: cluster.clone(), member: m.clone() };
        std::iter::once(b.subject(cluster)).chain(b.members.keys().map(member))
    });
    jobs.chain(flink).chain(kafka).chain(bases)
}
