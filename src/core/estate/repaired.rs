//! Jobs on which an action of ours is under way: what is seen of them meanwhile is our doing.

use super::{JobKey, Millis, Name};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnderRepair {
    pub job: JobKey,
    pub incident: Name,
    pub action: Name,
    /// What is done, in English and in Chinese.
    pub en: Name,
    pub zh: Name,
    pub since: Millis,
}
