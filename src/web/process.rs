//! What this process costs, from /proc; elsewhere unknown.

/// CPU seconds used so far, and resident bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Cost {
    pub cpu_s: Option<f64>,
    pub resident: Option<u64>,
}

/// Linux counts process times in 1/100 s for every program, whatever the kernel's own tick
/// (USER_HZ).
const PER_SECOND: f64 = 100.0;

pub fn cost() -> Cost {
    let read = |file: &str| std::fs::read_to_string(file).unwrap_or_default();
    Cost { cpu_s: cpu(&read("/proc/self/stat")), resident: resident(&read("/proc/self/status")) }
}

/// utime and stime are the 14th and 15th field; the 2nd, the name, may hold spaces and brackets.
fn cpu(stat: &str) -> Option<f64> {
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    let mut next = || fields.next()?.parse::<f64>().ok();
    Some((next()? + next()?) / PER_SECOND)
}

fn resident(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|l| l.strip_prefix("VmRSS:"))?;
    Some(line.split_whitespace().next()?.parse::<u64>().ok()? * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_found_behind_an_awkward_name() {
        let stat = "7 (a) b (c) S 1 2 3 4 5 6 7 8 9 10 250 150 0 0";
        assert_eq!(cpu(stat), Some(4.0));
        assert_eq!(resident("Name:\tx\nVmRSS:\t   2048 kB\n"), Some(2_097_152));
        assert_eq!((cpu(""), resident("")), (None, None));
    }
}
