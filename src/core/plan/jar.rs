//! Which jar a submission runs where a rule names it by its name alone: the one that the job runs
//! now. What was uploaded since, and never started, is a deployment, and that is somebody else's.

use crate::case::{Hold, NoJar};
use crate::estate::{Millis, Name};

/// A jar on a JobManager.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upload {
    pub id: Name,
    pub name: Name,
    /// By the JobManager's clock, like the start of a run.
    pub at: Millis,
}

/// What is known of the jar of a job.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Jar {
    /// The rule says all that is to be known, or there is none.
    #[default]
    Said,
    /// The id of the one that it runs.
    Runs(Name),
    /// Nobody can tell.
    Unknown(Hold),
}

/// `listed` after the run was seen; `ours`: what an action of ours started the run from.
pub fn jar(name: &Name, listed: Option<&[Upload]>, began: Millis, ours: Option<&Name>) -> Jar {
    let not = |why| Jar::Unknown(Hold::NoJar { jar: name.clone(), why });
    let Some(listed) = listed else { return not(NoJar::NotTold) };
    let named = || listed.iter().filter(|u| u.name == *name);
    if let Some(ours) = ours {
        return match named().find(|u| u.id == *ours) {
            Some(upload) => Jar::Runs(upload.id.clone()),
            None => not(NoJar::Gone),
        };
    }
    match named().filter(|u| u.at <= began).max_by_key(|u| (u.at, u.id.clone())) {
        Some(upload) => Jar::Runs(upload.id.clone()),
        None if named().next().is_none() => not(NoJar::None),
        None => not(NoJar::Newer),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn upload(id: &str, at: i64) -> Upload {
        Upload { id: id.into(), name: "job.jar".into(), at: Millis(at) }
    }

    #[test]
    fn the_newest_that_was_there_when_the_run_began() {
        let name = Name::from("job.jar");
        let other = Upload { name: "other.jar".into(), ..upload("x", 9) };
        let listed = [upload("a", 5), upload("b", 9), upload("c", 20), other];
        let told = |listed: &[Upload], began, ours: Option<&str>| {
            let ours = ours.map(Name::from);
            match jar(&name, Some(listed), Millis(began), ours.as_ref()) {
                Jar::Runs(id) => id.to_string(),
                Jar::Unknown(Hold::NoJar { why, .. }) => format!("{why:?}"),
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(told(&listed, 10, None), "b", "and not what came after it");
        assert_eq!(told(&listed, 9, None), "b");
        assert_eq!(told(&listed, 4, None), "Newer");
        assert_eq!(told(&listed[3..], 10, None), "None");
        assert_eq!(told(&listed, 30, Some("a")), "a", "it began late, with what ran before");
        assert_eq!(told(&listed[1..], 30, Some("a")), "Gone");
        let not_told = jar(&name, None, Millis(10), None);
        assert!(matches!(not_told, Jar::Unknown(Hold::NoJar { why: NoJar::NotTold, .. })));
    }
}
