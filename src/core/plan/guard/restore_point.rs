//! No stop and no submission without state that is proven usable (S3).

use super::Case;
use crate::case::{Hold, NoRestore, RestorePoint, Step};

/// File systems that Flink keeps state on.
const SCHEMES: [&str; 15] = [
    "file", "hdfs", "viewfs", "s3", "s3a", "s3p", "s3n", "gs", "oss", "obs", "cosn", "abfs",
    "abfss", "wasb", "wasbs",
];

pub fn check(c: &Case<'_>) -> Option<Hold> {
    if !c.plan.interrupts() {
        return None;
    }
    why_not(c).map(|why| Hold::NoRestorePoint { why })
}

fn why_not(c: &Case<'_>) -> Option<NoRestore> {
    let job = &c.view.job;
    let Some(point) = &c.plan.secured else { return Some(NoRestore::None) };
    let Some(newest) = job.restore.first() else { return Some(NoRestore::None) };
    if !job.restore.iter().any(|p| p.path == point.path) {
        // it was there when the plan was made
        return Some(NoRestore::Unreadable);
    }
    let age = c.view.at - newest.taken;
    let limit = c.policy.policy.limits.restore_age;
    if !(-limit.0..=limit.0).contains(&age.0) {
        return Some(NoRestore::TooOld);
    }
    if !readable(newest, c) || (point.path != newest.path && !readable(point, c)) {
        return Some(NoRestore::Unreadable);
    }
    if !stops(c) || newest.savepoint || saves_first(c) {
        return None;
    }
    match job.retained {
        Some(true) => None,
        Some(false) => Some(NoRestore::NotRetained),
        None => Some(NoRestore::Unknown),
    }
}

fn stops(c: &Case<'_>) -> bool {
    c.plan.steps.iter().any(|s| matches!(s, Step::Stop { .. }))
}

/// A savepoint outlives the job whatever its configuration says.
fn saves_first(c: &Case<'_>) -> bool {
    let before = c.plan.steps.iter().take_while(|s| !matches!(s, Step::Stop { .. }));
    before.into_iter().any(|s| matches!(s, Step::Savepoint { .. }))
}

/// As Flink writes such paths, below a root that is allowed, and not out of it again.
fn readable(point: &RestorePoint, c: &Case<'_>) -> bool {
    let Some((scheme, rest)) = point.path.split_once(':') else { return false };
    let inside = !rest.split('/').any(|part| part == ".." || part == ".");
    let plain = !point.path.contains(|ch: char| ch.is_control() || ch == '\\' || ch == '%');
    let below = |root: &str| {
        let left = point.path.strip_prefix(root.trim_end_matches('/'));
        left.is_some_and(|left| left.starts_with('/'))
    };
    let roots = &c.policy.roots;
    let allowed = roots.is_empty() || roots.iter().any(|r| below(r));
    SCHEMES.contains(&scheme) && rest.starts_with('/') && inside && plain && allowed
}

#[cfg(test)]
mod tests {
    use crate::case::{Hold, NoRestore, Step};
    use crate::estate::Span;
    use crate::plan::testing::{Bench, point, scale};

    fn why(b: &Bench) -> Option<NoRestore> {
        match b.ask("restore_point") {
            Some(Hold::NoRestorePoint { why }) => Some(why),
            None => None,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn it_is_there_young_and_outlives_the_job() {
        let mut b = Bench::new();
        assert_eq!(why(&b), None);
        b.view.job.retained = Some(false);
        assert_eq!(why(&b), Some(NoRestore::NotRetained));
        b.view.job.retained = None;
        assert_eq!(why(&b), Some(NoRestore::Unknown));
        b.plan.steps.insert(0, Step::Savepoint { wait_s: 60 });
        assert_eq!(why(&b), None, "a savepoint comes first");
        b.view.job.restore = vec![point(7, Span::secs(3601))];
        assert_eq!(why(&b), Some(NoRestore::TooOld));
        b.view.job.restore = vec![point(8, Span::secs(1))];
        assert_eq!(why(&b), Some(NoRestore::Unreadable), "what the plan relies on is gone");
        b.view.job.restore.clear();
        assert_eq!(why(&b), Some(NoRestore::None));
        b.plan.steps = vec![Step::Savepoint { wait_s: 60 }];
        assert_eq!(why(&b), None, "nothing is stopped");
    }

    #[test]
    fn a_scale_in_place_falls_back_on_it_too() {
        let mut b = Bench::new();
        b.plan.steps = scale();
        b.view.job.retained = Some(false);
        assert_eq!(why(&b), None, "the run goes on: nothing is deleted");
        b.plan.secured = None;
        assert_eq!(why(&b), Some(NoRestore::None));
    }

    #[test]
    fn a_path_that_leaves_the_roots_is_none() {
        let mut b = Bench::new();
        let mut at = |path: &str| {
            let mut p = point(7, Span::secs(20));
            p.path = path.into();
            b.view.job.restore = vec![p.clone()];
            b.plan.secured = Some(p);
            why(&b)
        };
        let (good, bad) = (None, Some(NoRestore::Unreadable));
        assert_eq!(at("file:/data/r1/chk-7"), good);
        assert_eq!(at("file:///data/r1/chk-7"), good);
        for path in [
            "/data/r1/chk-7",
            "http://evil/chk-7",
            "file:/data/../../etc",
            "file:/data/./chk",
            "file:/data/%2e%2e/etc",
            "file:/data/chk\n7",
            "file:relative",
        ] {
            assert_eq!(at(path), bad, "{path}");
        }
        b.policy.roots = vec!["s3://state/".into()];
        let mut at = |path: &str| {
            let mut p = point(7, Span::secs(20));
            p.path = path.into();
            b.view.job.restore = vec![p.clone()];
            b.plan.secured = Some(p);
            why(&b)
        };
        assert_eq!(at("s3://state/r1/chk-7"), good);
        assert_eq!(at("s3://state-of-others/r1/chk-7"), bad);
    }
}
