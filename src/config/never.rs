//! What a submission must never say by itself: drop state that does not map, or take the restore
//! point over. In the words of `flink run` and of Flink's configuration.

/// Flink's own options that have no value: `-dn` is `-d -n`.
const FLAGS: &str = "dhv";
const DROPS: &str = "allowNonRestoredState";
const CLAIMS: [&str; 2] = ["restoreMode", "claimMode"];
/// An option may be cut short where it stays clear.
const SHORTEST: usize = 2;

/// Why a word may not stand there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Never {
    /// State that does not map is dropped without a word.
    DropsState,
    /// The restore point belongs to the new run, and goes with it.
    Claims,
}

impl Never {
    pub fn todo(self) -> &'static str {
        match self {
            Never::DropsState => {
                "take it out: state is never dropped silently; what does not map is held and told. An option of your own program needs another name"
            }
            Never::Claims => {
                "take it out, or say NO_CLAIM: what a job is restored from must stay as the way back"
            }
        }
    }
}

/// A setting of Flink's; `value`: None where any counts.
pub fn setting(key: &str, value: Option<&str>) -> Option<Never> {
    let key = key.trim().to_ascii_lowercase();
    let is = |text: &str| value.is_some_and(|v| v.trim().eq_ignore_ascii_case(text));
    if key.ends_with("ignore-unclaimed-state") && !is("false") {
        return Some(Never::DropsState);
    }
    let claims = key.ends_with("savepoint-restore-mode") || key.ends_with("claim-mode");
    (claims && !is("no_claim")).then_some(Never::Claims)
}

/// The first argument of a command line that says so, with what it says. `argv[0]` is the program.
pub fn in_command(argv: &[String]) -> Option<(usize, Never)> {
    let words = words(argv);
    let flink = |w: &str| matches!(w.rsplit('/').next(), Some("flink" | "flink.sh"));
    let named = words.iter().position(|(_, w)| flink(w));
    let run = words.iter().enumerate().position(|(i, (_, w))| {
        named.is_some_and(|n| n < i) && matches!(*w, "run" | "run-application")
    });
    // what comes before is for whoever starts Flink's client: `kubectl -n flink …`
    let from = run.map_or(1, |i| i + 1);
    let rest = words.get(from..).unwrap_or_default();
    // behind the jar stand the program's own
    let jar = rest.iter().position(|(_, w)| w.ends_with(".jar")).unwrap_or(rest.len());
    let own = if run.is_some() { jar } else { 0 };
    said(rest, own)
}

/// The first of a program's arguments that says so.
pub fn in_args(args: &[String]) -> Option<(usize, Never)> {
    said(&words(args), 0)
}

/// A script handed to a shell is one argument.
fn words(args: &[String]) -> Vec<(usize, &str)> {
    args.iter().enumerate().flat_map(|(i, a)| a.split_whitespace().map(move |w| (i, w))).collect()
}

/// `own`: so many are read by Flink's client itself.
fn said(words: &[(usize, &str)], own: usize) -> Option<(usize, Never)> {
    words.iter().enumerate().find_map(|(n, (at, word))| {
        let next = words.get(n + 1).map(|(_, w)| *w);
        Some((*at, one(word.trim_matches(['"', '\'']), next, n < own)?))
    })
}

fn one(word: &str, next: Option<&str>, own: bool) -> Option<Never> {
    let long = word.strip_prefix("--");
    let Some(name) = long.or(word.strip_prefix('-')) else { return assigned(word) };
    let (name, value) = name.split_once('=').map_or((name, None), |(n, v)| (n, Some(v)));
    let means = |whole: &str| match own {
        true => name.len() >= SHORTEST && whole.starts_with(name),
        false => name == whole,
    };
    let drops = means(DROPS) || (long.is_none() && (name == "n" || (own && flags(name))));
    if drops {
        return Some(Never::DropsState);
    }
    let short = long.is_none() && own && matches!(name, "rm" | "cm");
    if short || CLAIMS.iter().any(|c| means(c)) {
        let kept = value.or(next).is_some_and(|v| v.eq_ignore_ascii_case("no_claim"));
        return (!kept).then_some(Never::Claims);
    }
    let definition = word.trim_start_matches('-');
    let definition = ["yD", "D"].iter().find_map(|d| definition.strip_prefix(d));
    assigned(definition.unwrap_or(word.trim_start_matches('-')))
}

fn flags(name: &str) -> bool {
    name.find('n').is_some_and(|n| name[..n].chars().all(|c| FLAGS.contains(c)))
}

fn assigned(text: &str) -> Option<Never> {
    let (key, value) = text.split_once('=')?;
    setting(key, Some(value.trim_matches(['"', '\''])))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn argv(line: &str) -> Vec<String> {
        line.split(' ').map(str::to_owned).collect()
    }

    #[test]
    fn what_drops_state_or_takes_the_restore_point_over_is_found() {
        for (line, at, never) in [
            ("flink run -n -s x j.jar", 2, Never::DropsState),
            (
                "/opt/flink/bin/flink run -d --allowNonRestoredState -s x j.jar",
                3,
                Never::DropsState,
            ),
            ("flink run -dn -s x j.jar", 2, Never::DropsState),
            ("flink run -nd -s x j.jar", 2, Never::DropsState),
            ("flink run --allow -s x j.jar", 2, Never::DropsState),
            ("kubectl -n prod exec jm -- bin/flink run -n x.jar", 8, Never::DropsState),
            ("/opt/submit --id {job_id} -n", 3, Never::DropsState),
            ("/opt/submit -Dexecution.savepoint.ignore-unclaimed-state=true", 1, Never::DropsState),
            ("s -D execution.state-recovery.ignore-unclaimed-state=true", 2, Never::DropsState),
            ("flink run -rm CLAIM -s x j.jar", 2, Never::Claims),
            ("flink run --claimMode claim -s x j.jar", 2, Never::Claims),
            ("flink run -restoreMode=LEGACY -s x j.jar", 2, Never::Claims),
            ("flink run -Dexecution.state-recovery.claim-mode=CLAIM j.jar", 2, Never::Claims),
            ("s -Dexecution.savepoint-restore-mode=CLAIM", 1, Never::Claims),
        ] {
            assert_eq!(in_command(&argv(line)), Some((at, never)), "{line}");
        }
        let script = ["sh", "-c", "exec flink run -s $1 -n j.jar"].map(str::to_owned);
        assert_eq!(in_command(&script), Some((2, Never::DropsState)));
        assert_eq!(in_args(&argv("--topic x -n")), Some((2, Never::DropsState)));
    }

    #[test]
    fn what_only_looks_like_it_is_let_pass() {
        for line in [
            "/opt/submit --id {job_id} --from {savepoint_path} -p {parallelism}",
            "kubectl -n prod exec jm -- bin/flink run -d -s x -p 4 j.jar --all --name n",
            "docker run --rm flink:1.20 flink run -c a.Main -s x j.jar",
            "flink run -Dexecution.savepoint-restore-mode=NO_CLAIM -rm no_claim -s x j.jar",
            "flink run -Dexecution.savepoint.ignore-unclaimed-state=false -s x j.jar",
            "flink run -s file:///n -c n.Main -p 2 j.jar",
        ] {
            assert_eq!(in_command(&argv(line)), None, "{line}");
        }
    }
}
