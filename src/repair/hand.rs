//! The hand that reaches one Flink cluster. It sends what [`Request`] names and nothing else; a
//! submission goes the way that the administrator named for that job.

use super::client::{ActClient, Answer};
use super::dry::Shown;
use super::ports::{Boxed, Hand};
use super::reply::{To, reply};
use super::submit::{Deadlines, Rule, Submission, Way, Words};
use super::wire::wire;
use super::{Access, Error, Roots, look};
use std::time::Duration;
use streamwarden_core::action::{ActionState, Leg, Reply, Request, Seen};
use streamwarden_core::case::{Plan, RestorePoint, Step};
use streamwarden_core::estate::{Identity, JobKey, Millis, Name, RunId, glob};

/// A trigger or a cancel answers at once.
const SEND: Duration = Duration::from_secs(10);

/// `/jobmanager/config`, as far as repair has to know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Control {
    /// It recovers its jobs by itself after it died.
    pub ha: bool,
    /// Its scheduler is the adaptive one; what one job says of itself counts more.
    pub adaptive: bool,
    /// The Kubernetes operator has deployed it.
    pub operator: Option<super::Deployment>,
}

#[derive(Clone, Debug)]
pub struct FlinkHand {
    client: ActClient,
    /// How jobs are told apart, as the collectors do it.
    identity: Vec<Identity>,
    roots: Roots,
    rules: Vec<Rule>,
    deadlines: Deadlines,
    send: Duration,
}

impl FlinkHand {
    /// # Errors
    /// Its CA file cannot be used, or this machine's TLS cannot be set up.
    pub fn new(
        rest: &str,
        access: &Access,
        identity: Vec<Identity>,
        roots: Roots,
        rules: Vec<Rule>,
    ) -> Result<FlinkHand, Error> {
        let client = ActClient::new(rest, access)?;
        let deadlines = Deadlines::default();
        Ok(FlinkHand { client, identity, roots, rules, deadlines, send: SEND })
    }

    /// The rule for a job: the first that names it.
    pub fn rule(&self, job: &JobKey) -> Option<&Rule> {
        self.rules.iter().find(|r| glob(&r.job, &job.key))
    }

    /// What would be sent, secrets hidden. Nothing is sent; jars and version are looked up.
    pub async fn show(&self, plan: &Plan, request: &Request) -> Shown {
        match (request, wire(request)) {
            (_, Some(wire)) => Shown::rest(&self.client.url(&wire.path), &wire),
            (Request::Submit { run, point, parallelism }, None) => {
                match self.way(plan, &submission(plan, run, point, *parallelism)).await {
                    Ok(way) => way.show(&self.client),
                    Err(why) => Shown::Refused { why },
                }
            }
            _ => Shown::Refused { why: "nothing is known of this request".into() },
        }
    }

    /// How the cluster is run, as its JobManager says; None: it does not.
    pub async fn control(&self) -> Option<Control> {
        look::control(&self.client).await
    }

    /// Checkpoints of a run below a root that lies on this machine; None: none of them has a
    /// directory of this run, or the disk does not answer.
    pub async fn on_disk(&self, run: &RunId) -> Option<Vec<RestorePoint>> {
        look::on_disk(&self.roots, run).await
    }

    async fn way<'a>(&'a self, plan: &Plan, s: &Submission<'_>) -> Result<Way<'a>, Words> {
        if !self.roots.admits(&s.point.path) {
            return Err(format!("{} is below none of the roots of `act`", s.point.path).into());
        }
        let submitter = self.rule(&plan.job).and_then(|r| r.submitter.as_ref());
        let Some(submitter) = submitter else {
            return Err("nobody has said how this job is submitted".into());
        };
        submitter.way(&self.client, s, self.send).await
    }

    /// Of the next submission of this leg; without a restore point other guards hold.
    async fn unready(&self, state: &ActionState) -> Option<Name> {
        let steps = match state.leg {
            Leg::Forward => &state.plan.steps,
            Leg::Back => &state.plan.rollback,
        };
        let asked = steps.iter().skip(state.at).find_map(|s| match s {
            Step::Submit { parallelism, .. } => Some(*parallelism),
            _ => None,
        })?;
        let point = state.chosen.as_ref().or(state.plan.secured.as_ref())?;
        let run = state.next_run();
        let way = self.way(&state.plan, &submission(&state.plan, &run, point, asked)).await;
        way.err().map(|why| why.text)
    }

    async fn carry_out(&self, plan: &Plan, request: &Request) -> Reply {
        if let Some(wire) = wire(request) {
            let to = match request {
                Request::Cancel { .. } => To::Cancel,
                Request::Scale { .. } => To::Scale,
                _ => To::Trigger,
            };
            let answer: Answer = self.client.send(&wire, self.send).await;
            return reply(to, request.run().as_str(), &answer);
        }
        let Request::Submit { run, point, parallelism } = request else { return Reply::InDoubt };
        match self.way(plan, &submission(plan, run, point, *parallelism)).await {
            Ok(way) => way.go(&self.client, run, &self.deadlines).await,
            Err(why) if why.in_doubt => Reply::InDoubt,
            Err(why) => Reply::Refused(why.text),
        }
    }

    #[cfg(test)]
    pub(super) fn hasty(mut self, deadline: Duration) -> FlinkHand {
        self.send = deadline;
        self.deadlines = Deadlines { rest: deadline, command: deadline, webhook: deadline };
        self
    }
}

fn submission<'a>(
    plan: &'a Plan,
    run: &'a RunId,
    point: &'a RestorePoint,
    parallelism: Option<u32>,
) -> Submission<'a> {
    let before = plan.before.parallelism.values().max().copied();
    Submission { job: &plan.job, run, point, parallelism, before }
}

impl Hand for FlinkHand {
    fn send<'a>(&'a self, plan: &'a Plan, request: &'a Request) -> Boxed<'a, Reply> {
        Box::pin(self.carry_out(plan, request))
    }

    fn refuses<'a>(&'a self, state: &'a ActionState) -> Boxed<'a, Option<Name>> {
        Box::pin(self.unready(state))
    }

    fn look<'a>(&'a self, state: &'a ActionState, now: Millis) -> Boxed<'a, Seen> {
        Box::pin(look::look(&self.client, &self.identity, &self.roots, state, now))
    }
}
