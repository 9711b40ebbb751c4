//! A fixed command line of the administrator. Elements are handed over as they are: there is no
//! shell, so nothing in a path or name can become a command.

use super::super::reply::{cut, knows};
use super::{Submission, Words, with_job};
use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;
use std::time::Duration;
use streamwarden_core::action::Reply;
use streamwarden_core::estate::Name;
use tokio::io::AsyncReadExt;

/// Of what it prints; the rest is read and dropped.
const OUTPUT: usize = 64 << 10;

/// `{job}`, `{job_id}`, `{savepoint_path}` and `{parallelism}` stand for what is to be started.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Command {
    pub argv: Vec<String>,
}

impl Command {
    /// What every command line needs; None: it is good.
    pub fn lacks(&self) -> Option<&'static str> {
        let has = |word: &str| self.argv.iter().skip(1).any(|arg| arg.contains(word));
        if self.argv.is_empty() {
            return Some("a program");
        }
        ["{job_id}", "{savepoint_path}"].into_iter().find(|word| !has(word))
    }

    /// Its program is a file that may be executed, by its path or along `PATH`.
    pub(super) async fn there(&self) -> Result<(), Words> {
        let Some(program) = self.argv.first() else { return Ok(()) };
        let path = std::env::var_os("PATH").unwrap_or_default();
        let places: Vec<_> = match program.contains('/') {
            true => vec![program.into()],
            false => std::env::split_paths(&path).map(|dir| dir.join(program)).collect(),
        };
        for place in places {
            let found = tokio::fs::metadata(&place).await;
            if found.is_ok_and(|m| m.is_file() && m.permissions().mode() & 0o111 != 0) {
                return Ok(());
            }
        }
        Err(format!("there is no program {program}").into())
    }

    pub(super) fn argv(&self, s: &Submission<'_>) -> Result<Vec<String>, Words> {
        if let Some(what) = self.lacks() {
            return Err(format!("the command line lacks {what}").into());
        }
        let parallelism = s.parallelism.or(s.before);
        let one = |(i, arg): (usize, &String)| {
            if i == 0 {
                return Ok(arg.clone());
            }
            let arg = match (arg.contains("{parallelism}"), parallelism) {
                (true, None) => return Err(Words::from("the job's parallelism is not known")),
                (true, Some(n)) => arg.replace("{parallelism}", &n.to_string()),
                (false, _) => arg.clone(),
            };
            let arg = arg.replace("{job_id}", s.run.as_str());
            // the path last, and the name by itself: what stands in them is not looked at again
            let around = arg.split("{savepoint_path}").map(|part| with_job(part, s.job));
            Ok(around.collect::<Result<Vec<_>, _>>()?.join(&s.point.path))
        };
        self.argv.iter().enumerate().map(one).collect()
    }
}

/// Zero is taken; anything else is its no, in its own words. Killed at the deadline with all that
/// it started: then nobody knows.
pub(super) async fn run(argv: &[String], deadline: Duration) -> Reply {
    let Some((program, args)) = argv.split_first() else {
        return Reply::Refused("no program".into());
    };
    let spawned = tokio::process::Command::new(program)
        .args(args)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .kill_on_drop(true)
        .spawn();
    let mut child = match spawned {
        Ok(child) => child,
        Err(e) => return Reply::Refused(cut(&format!("cannot start {program}: {e}"))),
    };
    let group = Group(child.id());
    let (mut out, mut err) = (child.stdout.take(), child.stderr.take());
    let work = async {
        let (out, err) = tokio::join!(head(&mut out), head(&mut err));
        child.wait().await.map(|status| (status, out, err))
    };
    match tokio::time::timeout(deadline, work).await {
        Ok(Ok((status, ..))) if status.success() => {
            group.left_alone();
            Reply::Accepted
        }
        Ok(Ok((_, out, err))) if knows(&out) || knows(&err) => {
            group.left_alone();
            Reply::Duplicate
        }
        Ok(Ok((status, out, err))) => {
            group.left_alone();
            Reply::Refused(said(&status.to_string(), &out, &err))
        }
        Ok(Err(_)) | Err(_) => Reply::InDoubt,
    }
}

/// The last line of what it complained about.
fn said(status: &str, out: &[u8], err: &[u8]) -> Name {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    let text = [text(err), text(out)].into_iter().find(|t| !t.is_empty()).unwrap_or_default();
    cut(&format!("{status}: {}", text.lines().last().unwrap_or_default()))
}

async fn head(from: &mut Option<impl AsyncReadExt + Unpin>) -> Vec<u8> {
    let mut kept = Vec::new();
    let Some(from) = from else { return kept };
    let mut buffer = [0; 4096];
    while let Ok(n @ 1..) = from.read(&mut buffer).await {
        let room = OUTPUT.saturating_sub(kept.len()).min(n);
        kept.extend(buffer.iter().take(room));
    }
    kept
}

/// Whatever the command started dies with it.
struct Group(Option<u32>);

impl Group {
    fn left_alone(mut self) {
        self.0 = None;
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        let pid = self.0.and_then(|id| i32::try_from(id).ok());
        if let Some(pid) = pid.and_then(rustix::process::Pid::from_raw) {
            // an error means that it is gone already
            let _ = rustix::process::kill_process_group(pid, rustix::process::Signal::KILL);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::support::{plan, point};
    use super::*;
    use streamwarden_core::estate::{JobKey, RunId};

    const SECOND: Duration = Duration::from_secs(1);

    fn argv(words: &[&str]) -> Vec<String> {
        words.iter().map(|w| (*w).to_owned()).collect()
    }

    #[test]
    fn placeholders_are_filled_and_nothing_is_split_or_read_twice() {
        let (plan, run) = (plan(), RunId::new("0a"));
        let mut point = point(7);
        point.path = "file:/c/{job_id}; rm -rf x".into();
        let s = Submission {
            job: &plan.job,
            run: &run,
            jar: None,
            point: &point,
            parallelism: None,
            before: Some(2),
        };
        let line = |words: &[&str]| Command { argv: argv(words) }.argv(&s);
        let filled =
            line(&["run", "-Did={job_id}", "-s", "{savepoint_path}", "-p", "{parallelism}"]);
        let want = ["run", "-Did=0a", "-s", "file:/c/{job_id}; rm -rf x", "-p", "2"];
        assert_eq!(filled.unwrap(), want);
        assert!(line(&["run", "{job_id}"]).unwrap_err().text.contains("{savepoint_path}"));
        assert!(line(&["{job_id}{savepoint_path}"]).is_err(), "the program itself is fixed");
        let named = line(&["x", "--name={job}", "{job_id}", "{savepoint_path}"]).unwrap();
        assert_eq!(named[1], format!("--name={}", plan.job.key));
        let option = JobKey::new(&plan.job.cluster, "--rm");
        let line_of = |word: &str| {
            let argv = argv(&["x", word, "{job_id}", "{savepoint_path}"]);
            Command { argv }.argv(&Submission { job: &option, ..s })
        };
        assert!(line_of("{job}").is_err() && line_of("--name={job}").is_ok());
        let unknown = Submission { before: None, ..s };
        let line = Command { argv: argv(&["x", "{job_id}", "{savepoint_path}", "{parallelism}"]) };
        assert!(line.argv(&unknown).is_err());
    }

    #[tokio::test]
    async fn a_program_that_is_not_there_is_said_beforehand() {
        let there = async |program: &str| Command { argv: argv(&[program]) }.there().await;
        assert!(there("sh").await.is_ok() && there("/bin/sh").await.is_ok());
        for program in ["/no/such/program", "no-such-program", "/", "/etc/passwd"] {
            assert!(there(program).await.unwrap_err().text.contains(program), "{program}");
        }
    }

    #[tokio::test]
    async fn what_it_says_counts_and_what_hangs_is_killed_with_its_children() {
        assert_eq!(run(&argv(&["true"]), SECOND).await, Reply::Accepted);
        let failed =
            run(&argv(&["sh", "-c", "echo one >&2; echo no jar >&2; exit 3"]), SECOND).await;
        assert_eq!(failed, Reply::Refused("exit status: 3: no jar".into()));
        let trace =
            "echo 'Caused by: DuplicateJobSubmissionException: x' >&2; echo more >&2; exit 1";
        assert_eq!(run(&argv(&["sh", "-c", trace]), SECOND).await, Reply::Duplicate);
        let nobody = run(&argv(&["/no/such/program"]), SECOND).await;
        assert!(matches!(nobody, Reply::Refused(text) if text.contains("cannot start")));
        let loud = run(&argv(&["sh", "-c", "yes | head -c 10000000; exit 0"]), 10 * SECOND).await;
        assert_eq!(loud, Reply::Accepted);

        let dir = tempfile::tempdir().unwrap();
        let mark = dir.path().join("alive");
        let script = format!("(sleep 1; touch {}) & sleep 30", mark.display());
        let begun = tokio::time::Instant::now();
        assert_eq!(run(&argv(&["sh", "-c", &script]), SECOND / 4).await, Reply::InDoubt);
        assert!(begun.elapsed() < 5 * SECOND);
        tokio::time::sleep(SECOND * 3 / 2).await;
        assert!(!mark.exists(), "a child went on");
    }
}
