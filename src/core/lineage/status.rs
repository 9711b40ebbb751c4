//! A delay against what is declared. Unknown and no target are never good.

use super::{Path, Settings, Sla, SlaScope, Status};

impl Settings {
    fn find(&self, wanted: impl Fn(&SlaScope) -> bool) -> Option<&Sla> {
        self.slas.iter().find(|s| wanted(&s.scope))
    }

    pub fn edge_sla(&self, topic: &str, job: &str) -> Option<&Sla> {
        self.find(
            |s| matches!(s, SlaScope::Edge { topic: t, job: j } if &**t == topic && &**j == job),
        )
        .or_else(|| self.find(|s| *s == SlaScope::Default))
    }

    /// A job's own target, else its layer's.
    pub fn job_sla(&self, job: &str, layer: Option<&str>) -> Option<&Sla> {
        self.find(|s| matches!(s, SlaScope::Job(j) if &**j == job))
            .or_else(|| self.find(|s| matches!(s, SlaScope::Layer(l) if Some(&**l) == layer)))
    }

    pub fn path_sla(&self, path: &Path) -> Option<&Sla> {
        let name = |n: &super::NodeRef| n.name().to_owned();
        let (first, last) = (path.nodes.first().map(name)?, path.nodes.last().map(name)?);
        self.find(|s| matches!(s, SlaScope::Path { from, to } if **from == *first && **to == *last))
    }
}

/// Where `seconds` stands against the target.
pub fn judge(seconds: Option<f64>, sla: Option<&Sla>) -> Status {
    match (seconds, sla) {
        (None, _) => Status::Unknown,
        (_, None) => Status::NoTarget,
        (Some(s), Some(sla)) if s > sla.target_s => Status::Over,
        (Some(s), Some(sla)) if s >= sla.target_s * sla.near => Status::Near,
        _ => Status::Normal,
    }
}

/// The same of a target that nobody gave more to.
pub fn judge_against(seconds: f64, target_s: Option<f64>) -> Status {
    match target_s {
        None => Status::NoTarget,
        Some(target) if seconds > target => Status::Over,
        Some(target) if seconds >= target * Settings::NEAR => Status::Near,
        Some(_) => Status::Normal,
    }
}

/// The worst for a person: over, near, then what is not known, then no target, then normal.
pub fn worst(all: impl IntoIterator<Item = Status>) -> Status {
    let rank = |s: &Status| match s {
        Status::Over => 4,
        Status::Near => 3,
        Status::Unknown => 2,
        Status::Normal => 1,
        Status::NoTarget => 0,
    };
    all.into_iter().max_by_key(rank).unwrap_or(Status::NoTarget)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_is_never_good() {
        let sla = Sla { scope: SlaScope::Default, target_s: 10.0, near: 0.8, objective: 0.999 };
        assert_eq!(judge(None, Some(&sla)), Status::Unknown);
        assert_eq!(judge(Some(0.1), None), Status::NoTarget);
        assert_eq!(judge(Some(7.9), Some(&sla)), Status::Normal);
        assert_eq!(judge(Some(8.0), Some(&sla)), Status::Near);
        assert_eq!(judge(Some(10.1), Some(&sla)), Status::Over);
        assert_eq!(worst([Status::Normal, Status::Unknown]), Status::Unknown);
        assert_eq!(worst([Status::Normal, Status::NoTarget]), Status::Normal);
    }
}
