//! No JobManager let us see anything: whether it is not there, refuses us or is ill, and what to do.

use crate::cli::{Exit, Failure};
use crate::tasks::say;
use streamwarden_core::estate::{Gap, GapReason, TargetKind, plain};

/// Of what could not be asked.
pub fn failure(gaps: &[Gap]) -> Failure {
    let flink: Vec<&Gap> = gaps.iter().filter(|g| g.target.kind == TargetKind::FlinkRest).collect();
    let mut tried: Vec<String> = flink.iter().map(|g| told(g)).collect();
    tried.dedup();
    let worst = flink.iter().map(|g| kind(&g.reason)).max().unwrap_or(Kind::Silent);
    let what = match worst {
        Kind::Silent => "no Flink answers",
        Kind::Stranger => "something answers, but not as Flink does",
        Kind::Ill => "Flink's web server is there and fails",
        Kind::Refuses => "Flink refuses us",
    };
    let failure = Failure::new(format!("{what}: {}", tried.join("; ")), todo(worst));
    match worst {
        Kind::Ill => Failure { exit: Exit::CannotTell, ..failure },
        _ => failure.wrong(),
    }
}

/// What is known to be there counts more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Silent,
    Stranger,
    Ill,
    Refuses,
}

fn kind(reason: &GapReason) -> Kind {
    match reason {
        GapReason::NoRights { .. } => Kind::Refuses,
        GapReason::Status { code } if *code >= 500 => Kind::Ill,
        GapReason::Status { .. } | GapReason::NotUnderstood { .. } | GapReason::TooLarge { .. } => {
            Kind::Stranger
        }
        _ => Kind::Silent,
    }
}

fn told(gap: &Gap) -> String {
    let why = match &gap.reason {
        // what to do about it is said below
        GapReason::NoRights { detail } => detail.split(": ").next().unwrap_or(detail).to_owned(),
        other => say(other),
    };
    format!("{}: {}", plain(&gap.target.address), plain(&why))
}

fn todo(kind: Kind) -> &'static str {
    match kind {
        Kind::Silent => {
            "check the address: it is the JobManager's web address, as a browser on this machine \
             would open it, often port 8081; `streamwarden doctor --flink URL` tells more"
        }
        Kind::Stranger => {
            "check address and path: it is the JobManager's web address, the one whose \
             /jobs/overview answers in JSON"
        }
        Kind::Ill => {
            "look at the JobManager's log; 502 to 504 come from a proxy in front of it that does \
             not reach it: then try the JobManager's own address"
        }
        Kind::Refuses => {
            "it wants a login, which a configuration file holds: `flink: [{ name: x, rest: URL, \
             auth: { bearer_file: FILE } }]` or `auth: { basic: { user: …, password_file: FILE } }`; \
             then `streamwarden diagnose --config FILE`; a 403 means that this login may not read it"
        }
    }
}
