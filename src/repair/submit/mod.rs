//! How a job is submitted: a way that the administrator named, one file each. A way only ever
//! starts the job from the point that was chosen, under the id that was journaled.

mod command;
mod session;
mod webhook;

pub use command::Command;
pub(super) use session::jars;
pub use session::{Jar, Session};
pub use webhook::Webhook;

use super::client::{ActClient, Answer};
use super::dry::{Shown, hidden, hidden_args};
use super::reply::{To, cut, reply};
use super::wire::Wire;
use crate::secret::MASK;
use serde::{Serialize, Serializer};
use std::time::Duration;
use streamwarden_core::action::Reply;
use streamwarden_core::case::{RestorePoint, digest};
use streamwarden_core::estate::{JobKey, Name, RunId};
use streamwarden_core::plan::Tier;

/// All below a minute: the longest that a request may be under way.
#[derive(Clone, Copy, Debug)]
pub(super) struct Deadlines {
    pub rest: Duration,
    pub command: Duration,
    pub webhook: Duration,
}

impl Default for Deadlines {
    fn default() -> Deadlines {
        Deadlines {
            // the JobManager runs the program's main method before it answers
            rest: Duration::from_secs(30),
            command: Duration::from_secs(40),
            webhook: Duration::from_secs(20),
        }
    }
}

/// Characters of a secret that is looked for.
const SHORTEST: usize = 4;

/// Stands in arguments for the job that is to be started.
const JOB: &str = "{job}";

/// `text` with the job in it. A name of an argument by itself would be an option.
fn with_job(text: &str, job: &JobKey) -> Result<String, Words> {
    if text.starts_with(JOB) && job.key.starts_with('-') {
        return Err("the job's name begins with `-`: it would be taken for an option".into());
    }
    Ok(text.replace(JOB, &job.key))
}

/// What is allowed for the jobs that a glob names.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// Glob over the job's key.
    pub job: Name,
    pub submitter: Option<Submitter>,
    pub tier: Tier,
    pub min_parallelism: Option<u32>,
    pub max_parallelism: Option<u32>,
    /// It may be started without its state.
    pub stateless: bool,
}

impl Rule {
    /// Of a jar that it names by its name alone.
    pub fn jar(&self) -> Option<&str> {
        match &self.submitter {
            Some(Submitter::Session(Session { jar: Jar::Name(name), .. })) => Some(name),
            _ => None,
        }
    }
}

impl Rule {
    /// One way that starts the same whatever job it is asked for.
    pub fn starts_one(&self) -> bool {
        let names = |text: &str| text.contains(JOB);
        match &self.submitter {
            Some(Submitter::Session(s)) => {
                !s.args.iter().chain(s.configuration.values()).any(|a| names(a))
            }
            Some(Submitter::Command(c)) => !c.argv.iter().any(|a| names(a)),
            // it is told the job
            Some(Submitter::Webhook(_)) | None => false,
        }
    }

    /// Digest of everything that it sends by itself, so that a yes is to this and nothing else.
    pub fn way(&self) -> Option<Name> {
        // secrets are masked in it: another one sends the same
        self.submitter.as_ref().map(|s| digest(&format!("{s:?}")))
    }
}

#[derive(Clone, Debug, PartialEq)]
pub enum Submitter {
    Session(Session),
    Command(Command),
    Webhook(Webhook),
}

/// What is to be started.
#[derive(Clone, Copy, Debug)]
pub(super) struct Submission<'a> {
    pub job: &'a JobKey,
    pub run: &'a RunId,
    /// Of a rule that names its jar by name alone.
    pub jar: Option<&'a str>,
    pub point: &'a RestorePoint,
    /// None: as the program has it.
    pub parallelism: Option<u32>,
    /// Of the widest vertex when the plan was made.
    pub before: Option<u32>,
}

/// Why it is not sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    pub text: Name,
    /// It may do later.
    pub in_doubt: bool,
}

impl<T: AsRef<str>> From<T> for Words {
    fn from(text: T) -> Words {
        Words { text: cut(text.as_ref()), in_doubt: false }
    }
}

impl Serialize for Words {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&self.text)
    }
}

/// A submission that is ready to go.
#[derive(Clone, Debug)]
pub(super) enum Way {
    Rest(Wire),
    Command(Vec<String>),
    Webhook(Webhook, serde_json::Value),
}

impl Submitter {
    pub(super) async fn way(
        &self,
        client: &ActClient,
        s: &Submission<'_>,
        deadline: Duration,
    ) -> Result<Way, Words> {
        match self {
            Submitter::Session(session) => Ok(Way::Rest(session.wire(client, s, deadline).await?)),
            Submitter::Command(command) => {
                command.there().await?;
                Ok(Way::Command(command.argv(s)?))
            }
            Submitter::Webhook(webhook) => Ok(Way::Webhook(webhook.clone(), webhook::body(s))),
        }
    }
}

impl Way {
    pub(super) fn show(&self, client: &ActClient) -> Shown {
        match self {
            Way::Rest(wire) => Shown::rest(&client.url(&wire.path), wire),
            Way::Command(argv) => Shown::command(argv),
            Way::Webhook(webhook, body) => {
                Shown::Webhook { url: webhook.url.clone(), body: body.clone() }
            }
        }
    }

    pub(super) async fn go(&self, client: &ActClient, run: &RunId, d: &Deadlines) -> Reply {
        match self.asked(client, run, d).await {
            Reply::Refused(text) => Reply::Refused(self.without_secrets(&text)),
            other => other,
        }
    }

    /// Its own secrets, however they stand in it: whoever refuses may say back what he was given.
    fn without_secrets(&self, text: &str) -> Name {
        let secrets = match self {
            Way::Rest(wire) => wire.body.as_ref().map(|b| hidden("", b)).unwrap_or_default(),
            Way::Command(argv) => hidden_args(argv),
            Way::Webhook(webhook, _) => vec![webhook.secret.reveal().to_owned()],
        };
        // what is so short stands in other words too
        let secrets = secrets.into_iter().filter(|s| s.len() >= SHORTEST);
        secrets.fold(text.to_owned(), |text, secret| text.replace(&secret, MASK)).into()
    }

    async fn asked(&self, client: &ActClient, run: &RunId, d: &Deadlines) -> Reply {
        match self {
            Way::Rest(wire) => {
                let answer: Answer = client.send(wire, d.rest).await;
                reply(To::Submit, run.as_str(), &answer)
            }
            Way::Command(argv) => command::run(argv, d.command).await,
            Way::Webhook(webhook, body) => {
                reply(To::Webhook, run.as_str(), &webhook.post(run, body, d.webhook).await)
            }
        }
    }
}
