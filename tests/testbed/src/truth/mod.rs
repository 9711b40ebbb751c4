//! What really happened to each record, written by the jobs themselves. The product never sees it; it judges it.

mod load;

use std::path::Path;
use anyhow::Result;

pub struct Truth;
impl Truth {
    pub fn load(_dir: &Path) -> Result<Self> { Ok(Truth) }
    pub fn has_arrived(dir: &Path, topic: &str) -> Result<bool> { load::has_arrived(dir, topic) }
}
