//! How a recording is looked at.

use streamwarden::record::{Bundle, Derive, Unscraped};
use streamwarden_core::estate::{Fact, Span, TargetKind, TaskManagerId};

pub struct Way {
    pub word: &'static str,
    pub title: &'static str,
    /// Something is missing or askew: right or open, but nothing else.
    pub stress: bool,
    pub how: fn(&Bundle) -> Derive,
}

const fn plain(word: &'static str, title: &'static str, how: fn(&Bundle) -> Derive) -> Way {
    Way { word, title, stress: false, how }
}

const fn stress(word: &'static str, title: &'static str, how: fn(&Bundle) -> Derive) -> Way {
    Way { word, title, stress: true, how }
}

pub const WAYS: [Way; 8] = [
    plain("5s", "each 5 s", |_| each(5)),
    plain("10s", "each 10 s", |_| each(10)),
    plain("30s", "each 30 s", |_| each(30)),
    stress("series", "5 s, 30 % of the series gone", |_| Derive {
        drop_share: 0.3,
        seed: 7,
        ..each(5)
    }),
    stress("taskmanager", "5 s, one TaskManager unscraped", |b| Derive {
        unscraped: taskmanager(b).map(Unscraped::TaskManager).into_iter().collect(),
        ..each(5)
    }),
    stress("clocks", "5 s, Flink's clocks 60 s ahead", |b| Derive {
        skew: flink(b).map(|t| (t.name.clone(), 60_000)).collect(),
        ..each(5)
    }),
    stress("days", "5 s, without the days before", |_| Derive { days: false, ..each(5) }),
    stress("late", "5 s, every look 4 s late", |_| Derive { late_by: Span::secs(4), ..each(5) }),
];

fn each(seconds: i64) -> Derive {
    Derive { tick: Some(Span::secs(seconds)), days: true, ..Derive::default() }
}

fn flink(b: &Bundle) -> impl Iterator<Item = &streamwarden_core::estate::Target> {
    b.targets.iter().filter(|t| t.kind != TargetKind::Kafka)
}

/// The first that was listed.
fn taskmanager(bundle: &Bundle) -> Option<TaskManagerId> {
    bundle.looks.iter().flat_map(|l| &l.facts).find_map(|(_, fact)| match &**fact {
        Fact::TaskManagers { list, .. } => list.first().map(|t| t.id.clone()),
        _ => None,
    })
}
