//! What can go wrong between us and one broker, and how it is told as a gap.

use std::time::Duration;
use streamwarden_core::estate::{GapReason, plain};

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("no connection")]
    Connect(#[source] std::io::Error),
    #[error("no TLS")]
    Tls(#[source] std::io::Error),
    #[error("no answer within {after:?}")]
    TimedOut { after: Duration },
    #[error("closed the connection instead of answering")]
    Closed,
    #[error("closed a new connection instead of answering: does it want TLS or a log-in?")]
    ClosedAtOnce,
    #[error("connection lost")]
    Io(#[source] std::io::Error),
    #[error("{0}")]
    NotKafka(&'static str),
    #[error("declares an answer of {declared} bytes")]
    TooLarge { declared: u32 },
    #[error("cannot put {api} into bytes: {detail}")]
    Encode { api: &'static str, detail: String },
    #[error("{api}: {detail}")]
    NotUnderstood { api: &'static str, detail: String },
    #[error("this broker does not offer {api}")]
    NotOffered { api: &'static str },
    #[error("no common version of {api}: we speak {ours:?}, the broker {theirs:?}")]
    NoCommonVersion { api: &'static str, ours: (i16, i16), theirs: (i16, i16) },
    #[error("refuses our log-in: {0}")]
    Refused(String),
}

impl Error {
    /// Whether the connection can still be used.
    pub fn keeps_connection(&self) -> bool {
        matches!(
            self,
            Error::NotOffered { .. } | Error::NoCommonVersion { .. } | Error::Encode { .. }
        )
    }

    pub fn reason(&self) -> GapReason {
        let said = brief(&match std::error::Error::source(self) {
            Some(cause) => format!("{self}: {cause}"),
            None => self.to_string(),
        });
        match self {
            Error::Connect(_)
            | Error::Tls(_)
            | Error::Closed
            | Error::ClosedAtOnce
            | Error::Io(_) => GapReason::Unreachable { detail: said },
            Error::TimedOut { after } => GapReason::TimedOut {
                after_ms: u64::try_from(after.as_millis()).unwrap_or(u64::MAX),
            },
            Error::TooLarge { .. } => {
                GapReason::TooLarge { cap_bytes: u64::from(super::wire::FRAME_CAP) }
            }
            Error::Refused(_) => GapReason::NoRights { detail: said },
            Error::NotKafka(_)
            | Error::Encode { .. }
            | Error::NotUnderstood { .. }
            | Error::NoCommonVersion { .. } => GapReason::NotUnderstood { detail: said },
            // an older one answers all the same: a blind spot, no trouble
            Error::NotOffered { .. } => GapReason::NotConfigured { detail: said },
        }
    }
}

/// Text from outside, harmless and short enough for a gap.
pub fn brief(text: &str) -> String {
    const MOST: usize = 300;
    let text = plain(text);
    match text.char_indices().nth(MOST) {
        Some((cut, _)) => format!("{}…", &text[..cut]),
        None => text.into_owned(),
    }
}
