//! What a team learns of months of incidents: which causes, who offends again, how long until we
//! saw it and until it was over.

use crate::estate::{Millis, Name, Span};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Rows of each list; what is beyond is in the sums.
pub const MOST: usize = 50;
/// A place with the same cause so often offends again.
const AGAIN: u32 = 2;

/// One incident, in short.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lesson {
    pub id: Name,
    pub onset: Millis,
    pub opened: Millis,
    /// None: it is open.
    pub closed: Option<Millis>,
    /// The cause, its family, or those between which nobody could tell; none: nothing was named.
    pub cause: Option<Name>,
    /// Where its root sits: an id, and how people call it.
    pub place: Name,
    pub place_name: Name,
    pub cluster: Option<Name>,
    pub team: Option<Name>,
}

/// Incidents that share something.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Group {
    pub name: Name,
    pub incidents: u32,
    pub open: u32,
    /// From the onset until it was said, s: half of them within, and 95 %.
    pub detect: Times,
    /// From the onset until it was over, s; of those that are over.
    pub recover: Times,
    /// All of them together, s; one that is open until now.
    pub trouble_s: f64,
    pub last: Option<Millis>,
}

/// Seconds. None: there is nothing to count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Times {
    pub p50: Option<f64>,
    pub p95: Option<f64>,
}

/// The same cause at the same place.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Again {
    pub place: Name,
    pub place_name: Name,
    pub cause: Name,
    pub times: u32,
    pub trouble_s: f64,
    /// The newest of them.
    pub last: Name,
    pub last_at: Millis,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Learned {
    pub all: Group,
    /// Most trouble first; at most [`MOST`] each.
    pub causes: Vec<Group>,
    pub places: Vec<Group>,
    pub clusters: Vec<Group>,
    pub teams: Vec<Group>,
    /// Most often first.
    pub again: Vec<Again>,
}

/// `now`: until when an open one counts.
pub fn learn(lessons: &[Lesson], now: Millis) -> Learned {
    let by = |key: fn(&Lesson) -> Option<&Name>| groups(lessons, now, key);
    let mut places = by(|l| Some(&l.place));
    let names: BTreeMap<&Name, &Name> = lessons.iter().map(|l| (&l.place, &l.place_name)).collect();
    for place in &mut places {
        if let Some(name) = names.get(&place.name) {
            place.name = (*name).clone();
        }
    }
    Learned {
        all: group(Name::default(), lessons.iter(), now),
        causes: by(|l| l.cause.as_ref()),
        places,
        clusters: by(|l| l.cluster.as_ref()),
        teams: by(|l| l.team.as_ref()),
        again: again(lessons, now),
    }
}

fn groups(lessons: &[Lesson], now: Millis, key: fn(&Lesson) -> Option<&Name>) -> Vec<Group> {
    let mut by: BTreeMap<&Name, Vec<&Lesson>> = BTreeMap::new();
    for lesson in lessons {
        if let Some(key) = key(lesson) {
            by.entry(key).or_default().push(lesson);
        }
    }
    let mut all: Vec<Group> =
        by.into_iter().map(|(name, of)| group(name.clone(), of.into_iter(), now)).collect();
    all.sort_by(|a, b| b.trouble_s.total_cmp(&a.trouble_s).then_with(|| a.name.cmp(&b.name)));
    all.truncate(MOST);
    all
}

fn group<'a>(name: Name, of: impl Iterator<Item = &'a Lesson>, now: Millis) -> Group {
    let mut group = Group { name, ..Group::default() };
    let (mut detect, mut recover) = (Vec::new(), Vec::new());
    for l in of {
        group.incidents += 1;
        group.open += u32::from(l.closed.is_none());
        group.trouble_s += trouble(l, now);
        group.last = group.last.max(Some(l.opened));
        detect.push(seconds(l.opened - l.onset));
        recover.extend(l.closed.map(|end| seconds(end - l.onset)));
    }
    group.detect = times(detect);
    group.recover = times(recover);
    group
}

fn seconds(span: Span) -> f64 {
    span.as_secs().max(0.0)
}

fn trouble(l: &Lesson, now: Millis) -> f64 {
    seconds(l.closed.unwrap_or(now) - l.onset)
}

/// By nearest rank.
fn times(mut all: Vec<f64>) -> Times {
    all.sort_by(f64::total_cmp);
    let at = |percent: usize| {
        (all.len() * percent).div_ceil(100).checked_sub(1).and_then(|i| all.get(i).copied())
    };
    Times { p50: at(50), p95: at(95) }
}

fn again(lessons: &[Lesson], now: Millis) -> Vec<Again> {
    let mut by: BTreeMap<(&Name, &Name), Again> = BTreeMap::new();
    for l in lessons {
        let Some(cause) = &l.cause else { continue };
        let one = by.entry((&l.place, cause)).or_insert_with(|| Again {
            place: l.place.clone(),
            place_name: l.place_name.clone(),
            cause: cause.clone(),
            times: 0,
            trouble_s: 0.0,
            last: l.id.clone(),
            last_at: l.opened,
        });
        one.times += 1;
        one.trouble_s += trouble(l, now);
        if l.opened > one.last_at {
            (one.last, one.last_at) = (l.id.clone(), l.opened);
        }
    }
    let mut all: Vec<Again> = by.into_values().filter(|a| a.times >= AGAIN).collect();
    all.sort_by(|a, b| {
        b.times.cmp(&a.times).then(b.trouble_s.total_cmp(&a.trouble_s)).then(a.place.cmp(&b.place))
    });
    all.truncate(MOST);
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lesson(id: &str, at: i64, lasts: Option<i64>, cause: &str, place: &str) -> Lesson {
        let onset = Millis(at * 1000);
        Lesson {
            id: id.into(),
            onset,
            opened: onset + Span::secs(10),
            closed: lasts.map(|s| onset + Span::secs(s)),
            cause: (!cause.is_empty()).then(|| cause.into()),
            place: place.into(),
            place_name: place.trim_start_matches("job:c/").into(),
            cluster: Some("c".into()),
            team: None,
        }
    }

    #[test]
    fn who_offends_again_and_how_long_it_took() {
        let all = [
            lesson("a", 0, Some(100), "code.slow", "job:c/x"),
            lesson("b", 5000, Some(300), "code.slow", "job:c/x"),
            lesson("c", 6000, None, "code.slow", "job:c/x"),
            lesson("d", 7000, Some(40), "clu.tm_lost", "job:c/x"),
            lesson("e", 8000, Some(60), "", "job:c/y"),
        ];
        let l = learn(&all, Millis(10_000_000));
        assert_eq!((l.all.incidents, l.all.open), (5, 1));
        assert_eq!(l.all.detect, Times { p50: Some(10.0), p95: Some(10.0) });
        assert_eq!(l.all.recover, Times { p50: Some(60.0), p95: Some(300.0) });
        assert_eq!(l.all.trouble_s, 100.0 + 300.0 + 4000.0 + 40.0 + 60.0);
        let told: Vec<_> = l.again.iter().map(|a| (&*a.place_name, a.times, &*a.last)).collect();
        assert_eq!(told, [("x", 3, "c")]);
        let causes: Vec<_> = l.causes.iter().map(|g| (&*g.name, g.incidents)).collect();
        assert_eq!(causes, [("code.slow", 3), ("clu.tm_lost", 1)], "what has no cause has none");
        assert_eq!(l.places[0].name, "x".into());
        assert!(l.teams.is_empty());
    }

    #[test]
    fn nothing_is_no_time() {
        assert_eq!(learn(&[], Millis(0)).all.recover, Times::default());
    }
}
