//! The only writer to the estate: carries out actions that the journal has begun, and nothing else.
//! What is decided, is decided in core; here it is sent, looked at and made durable.
//!
//! - [`Hand`] is what reaches one Flink cluster: [`FlinkHand`] sends the closed set of requests.
//! - [`Crew`] holds one driver per open action, and takes up what an earlier process left.
//! - [`Spool`] is the local file of each action, for when the database is dead.
//! - [`KillFile`] works without a database.

mod client;
mod crew;
mod driver;
mod dry;
mod hand;
mod kill;
mod local;
mod look;
mod operator;
mod ports;
mod recorder;
mod reply;
mod roots;
mod submit;
#[cfg(test)]
mod tests;
mod wire;

pub use client::{Access, ActClient};
pub use crew::{Crew, Resumed};
pub use driver::Outcome;
pub use dry::{Shown, requests_of};
pub use hand::{Control, FlinkHand};
pub use kill::{KillError, KillFile, There};
pub use local::{Slot, Spool};
pub use operator::Deployment;
pub use ports::{AroundNow, Boxed, Database, Hand, Lost, Ports, Ready, TakenUp, Told, Watch};
pub use roots::Roots;
pub use submit::{Command, Jar, Rule, Session, Submitter, Webhook};

use std::path::PathBuf;
use streamwarden_core::rules::Words;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Client(#[from] crate::dial::Error),
    #[error("{}: cannot {doing}: {source}", path.display())]
    Local { path: PathBuf, doing: &'static str, source: std::io::Error },
    #[error("{} did not take it within {after_s} s: its disk may be stuck", path.display())]
    TimedOut { path: PathBuf, after_s: u64 },
    /// Whoever went on with it here might start a second copy.
    #[error("{} was written by another version: only that one can go on with it", path.display())]
    OtherVersion { path: PathBuf },
    #[error("the cluster {0} is not one that may be acted on: give `act` under it")]
    NoHand(String),
}

impl Error {
    /// A local file is named by its action.
    fn other_version_of(&self, action: &str) -> bool {
        let Error::OtherVersion { path } = self else { return false };
        path.file_stem().is_some_and(|stem| stem == action)
    }

    /// As people hear it.
    pub fn words(&self) -> Words {
        let en = self.to_string();
        let zh = match self {
            Error::OtherVersion { path } => {
                format!("{} 由另一版本写入：只有该版本能继续", path.display())
            }
            Error::NoHand(cluster) => {
                format!("不允许操作集群 {cluster}：请在其配置中给出 `act`")
            }
            Error::Client(_) | Error::Local { .. } | Error::TimedOut { .. } => en.clone(),
        };
        Words { en, zh }
    }
}
