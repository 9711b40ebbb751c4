//! Rules and checks that change while the process runs: a folder is looked at every few seconds; a bad file
//! keeps the old set, and says so.

use super::{Files, Loaded, load_files, load_good};
use crate::config::Problem;
use arc_swap::ArcSwap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use streamwarden_core::estate::Millis;
use streamwarden_core::rules::{Checks, RuleSet};

/// The folder is looked at this often.
pub const LOOK_EVERY: Duration = Duration::from_secs(5);

/// What is in force, for the page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RulesStatus {
    pub rules: usize,
    pub folder: Option<PathBuf>,
    /// Since when this set is in force.
    pub since: Millis,
    /// Rules of ours that the folder stands instead of.
    pub replaced: usize,
    /// What is wrong with the files as they are now; the set before stays in force.
    pub problems: Vec<Problem>,
}

/// The set in force. Clones share it.
#[derive(Clone, Debug)]
pub struct Live {
    folder: Option<PathBuf>,
    set: Arc<ArcSwap<RuleSet>>,
    checks: Arc<ArcSwap<Checks>>,
    status: Arc<ArcSwap<RulesStatus>>,
}

impl Live {
    /// Reads everything once. Files with mistakes are left out, and that is said: a process that
    /// does not watch for a slip in one of them would be worse.
    ///
    /// # Errors
    /// Ours have mistakes.
    pub fn begin(folder: Option<PathBuf>, at: Millis) -> Result<Live, Vec<Problem>> {
        let (loaded, problems) = load_good(folder.as_deref())?;
        if let Some(first) = problems.first() {
            tracing::error!(
                "rules: {} mistakes; these files are not in force until they are mended\n{first}",
                problems.len()
            );
        }
        let status = RulesStatus { problems, ..status(&folder, &loaded, at) };
        Ok(Live {
            folder,
            set: Arc::new(ArcSwap::from_pointee(loaded.set)),
            checks: Arc::new(ArcSwap::from_pointee(loaded.checks)),
            status: Arc::new(ArcSwap::from_pointee(status)),
        })
    }

    /// For whoever asks anew at each pass.
    pub fn shared(&self) -> Arc<ArcSwap<RuleSet>> {
        self.set.clone()
    }

    pub fn set(&self) -> RuleSet {
        RuleSet::clone(&self.set.load())
    }

    /// Of the inspection, as they are now.
    pub fn checks(&self) -> Checks {
        Checks::clone(&self.checks.load())
    }

    pub fn status(&self) -> Arc<RulesStatus> {
        self.status.load_full()
    }

    pub fn has_folder(&self) -> bool {
        self.folder.is_some()
    }

    /// Looks at the folder; `before` is what was seen last. Blocking: it reads files.
    pub fn look(&self, before: &mut Option<Files>, at: Millis) {
        let Some(folder) = &self.folder else { return };
        let files = Files::of(folder);
        if before.as_ref() == Some(&files) {
            return;
        }
        match load_files(&Files::embedded(), &files) {
            Ok(loaded) => {
                self.status.store(Arc::new(status(&self.folder, &loaded, at)));
                // the first look after the start finds what the start has read
                if before.is_some() {
                    tracing::info!("rules: {} in force", loaded.set.rules().len());
                }
                self.set.store(Arc::new(loaded.set));
                self.checks.store(Arc::new(loaded.checks));
            }
            // the start has told them
            Err(problems) if before.is_none() && problems == self.status.load().problems => {}
            Err(problems) => {
                let first = problems.first().map(Problem::to_string).unwrap_or_default();
                tracing::warn!(
                    "rules: {} mistakes, the set before stays in force\n{first}",
                    problems.len()
                );
                let now = RulesStatus { problems, ..RulesStatus::clone(&self.status.load()) };
                self.status.store(Arc::new(now));
            }
        }
        *before = Some(files);
    }
}

fn status(folder: &Option<PathBuf>, loaded: &Loaded, at: Millis) -> RulesStatus {
    RulesStatus {
        rules: loaded.set.rules().len(),
        folder: folder.clone(),
        since: at,
        replaced: loaded.replaced,
        problems: Vec::new(),
    }
}
