use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::PathBuf;

use anyhow::{Context, Result};

/// The file of switches that every job of the estate looks at, at most 200 ms late.
pub struct Control {
    path: PathBuf,
    values: BTreeMap<String, f64>,
}

impl Control {
    pub fn create(path: PathBuf) -> Result<Self> {
        let control = Control { path, values: BTreeMap::new() };
        control.write()?;
        Ok(control)
    }

    pub fn set(&mut self, key: &str, value: Option<f64>) -> Result<()> {
        match value {
            Some(value) => self.values.insert(key.to_owned(), value),
            None => self.values.remove(key),
        };
        self.write()
    }

    /// By a rename, so that no job reads half of it.
    fn write(&self) -> Result<()> {
        let mut text = String::new();
        for (key, value) in &self.values {
            writeln!(text, "{key}={value}")?;
        }
        let next = self.path.with_extension("next");
        std::fs::write(&next, text)
            .and_then(|()| std::fs::rename(&next, &self.path))
            .with_context(|| format!("cannot write {}", self.path.display()))
    }
}
