//! Jobs on which an action of ours is under way: what is seen of them meanwhile is our doing.

use super::{JobKey, Millis, Name, RunId};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnderRepair {
    pub job: JobKey,
    pub incident: Name,
    pub action: Name,
    /// What is done, in English and in Chinese.
    pub en: Name,
    pub zh: Name,
    pub since: Millis,
    /// Runs that it asked to end. None: what it did cannot be read.
    pub stopped: Option<Vec<RunId>>,
    /// Nobody goes on with it: why, in English and in Chinese.
    pub let_go: Option<(Name, Name)>,
}

impl UnderRepair {
    /// This run may have ended because it asked for that.
    pub fn ended(&self, run: &RunId) -> bool {
        self.stopped.as_ref().is_none_or(|runs| runs.contains(run))
    }
}
