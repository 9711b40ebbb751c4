use serde::Serialize;

/// The kernel's clock tick; Linux has had 100 on every platform for decades.
const TICKS_PER_SECOND: f64 = 100.0;

/// What a process has cost so far.
#[derive(Debug, Clone, Serialize)]
pub struct Usage {
    pub name: String,
    pub pid: u32,
    pub cpu_s: f64,
    pub rss_mb: f64,
}

impl Usage {
    pub fn of(name: String, pid: u32) -> Option<Usage> {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        // the second field is the command in brackets and may hold blanks
        let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
        let ticks = |index: usize| fields.get(index)?.parse::<f64>().ok();
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
        let rss = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        let kb: f64 = rss.trim().trim_end_matches(" kB").parse().ok()?;
        Some(Usage {
            name,
            pid,
            cpu_s: (ticks(11)? + ticks(12)?) / TICKS_PER_SECOND,
            rss_mb: kb / 1024.0,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sees_itself() {
        let usage = Usage::of("me".into(), std::process::id()).unwrap();
        assert!(usage.rss_mb > 1.0 && usage.cpu_s >= 0.0);
    }
}
