use std::path::PathBuf;

use anyhow::{Context, Result};

/// A directory that is a file for a while: as root, taking away rights would change nothing.
pub struct Broken {
    place: PathBuf,
    away: PathBuf,
}

impl Broken {
    pub fn replace(place: PathBuf) -> Result<Self> {
        let away = place.with_extension("away");
        std::fs::rename(&place, &away)
            .and_then(|()| std::fs::write(&place, ""))
            .with_context(|| format!("cannot replace {}", place.display()))?;
        Ok(Broken { place, away })
    }

    pub fn mend(self) -> Result<()> {
        std::fs::remove_file(&self.place)
            .and_then(|()| std::fs::rename(&self.away, &self.place))
            .with_context(|| format!("cannot put back {}", self.place.display()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_can_be_written_until_it_is_mended() {
        let dir = tempfile::tempdir().unwrap();
        let place = dir.path().join("checkpoints");
        std::fs::create_dir_all(place.join("job")).unwrap();
        let broken = Broken::replace(place.clone()).unwrap();
        assert!(std::fs::create_dir_all(place.join("job").join("chk-2")).is_err());
        broken.mend().unwrap();
        assert!(place.join("job").is_dir());
    }
}
