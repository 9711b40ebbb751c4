//! Snapshot into symptoms with their onset, and into what looks like trouble and is none. Nothing
//! here says why. Each file is one kind of trouble; a bound that is not declared by the estate is a
//! named constant beside its reason.

mod base;
mod checkpoint;
mod failover;
mod flow;
mod hazard;
mod input;
mod late;
mod past;
mod scene;
mod silence;
#[cfg(test)]
mod tests;
mod watermark;
#[cfg(test)]
mod weeks_tests;

pub use late::{falls, gets_later};

use crate::case::{NoTrouble, Symptom};
use crate::estate::Subject;
use crate::snapshot::Snapshot;
use scene::Scene;
use std::collections::BTreeSet;

/// What one pass sees, by subject.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Seen {
    pub symptoms: Vec<Symptom>,
    pub calm: Vec<NoTrouble>,
    /// Base clusters that are neither known to be well nor ill for long enough.
    pub unsure: BTreeSet<Subject>,
}

/// Everything that is wrong at `snapshot.at`. Pure: the same snapshot gives the same answer.
pub fn detect(snapshot: &Snapshot) -> Seen {
    let scene = Scene::new(snapshot);
    let mut seen = Seen::default();
    silence::look(&scene, &mut seen);
    base::look(&scene, &mut seen);
    let unseen: BTreeSet<Subject> = seen.calm.iter().map(|c| c.subject.clone()).collect();
    let mut excused = Vec::new();
    for job in scene.jobs() {
        // what an unseen cluster does is not known: neither ill nor well
        if unseen.contains(&scene.cluster_of(&job.key)) {
            continue;
        }
        failover::look(&scene, job, &mut seen);
        checkpoint::look(&scene, job, &mut seen);
        input::look(&scene, job, &mut seen);
        excused.extend(late::look(&scene, job, &mut seen));
        flow::look(&scene, job, &mut seen);
        watermark::look(&scene, job, &mut seen);
        hazard::look(&scene, job, &mut seen);
    }
    late::excuse(&scene, excused, &mut seen);
    seen.symptoms.sort_by(|a, b| (&a.subject, a.kind, &a.what).cmp(&(&b.subject, b.kind, &b.what)));
    seen
}
