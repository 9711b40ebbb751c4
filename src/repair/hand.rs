//! The hand that reaches one Flink cluster. It sends what [`Request`] names and nothing else; a
//! submission goes the way that the administrator named for that job.

use super::client::{ActClient, Answer};
use super::dry::Shown;
use super::ports::{Boxed, Hand, Ready};
use super::reply::{To, reply};
use super::submit::{Deadlines, Rule, Submission, Way, Words};
use super::wire::{Wire, wire};
use super::{Access, Error, Roots, look};
use std::time::Duration;
use streamwarden_core::action::{ActionState, Leg, Reply, Request, Seen};
use streamwarden_core::case::{Plan, RestorePoint, Step};
use streamwarden_core::estate::{Identity, JobKey, Millis, Name, RunId, glob};
use streamwarden_core::plan::{Upload, say};

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

    /// The jars that lie there; None: it does not say.
    pub async fn jars(&self) -> Option<Vec<Upload>> {
        super::submit::jars(&self.client, self.send).await
    }

    /// Whether a rule names a jar by its name alone.
    pub fn by_name(&self) -> bool {
        self.rules.iter().any(|r| r.jar().is_some())
    }

    async fn way(&self, plan: &Plan, s: &Submission<'_>) -> Result<Way, Words> {
        if !self.roots.admits(&s.point.path) {
            return Err(format!("{} is below none of the roots of `act`", s.point.path).into());
        }
        let submitter = self.rule(&plan.job).and_then(|r| r.submitter.as_ref());
        let Some(submitter) = submitter else {
            return Err(say::NO_WAY.into());
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

    /// Of a submission jar, version and program are looked up: that may take its time.
    async fn made_ready(&self, plan: &Plan, request: &Request) -> Result<Ready, Reply> {
        let run = request.run().clone();
        if let Some(wire) = wire(request) {
            let to = match request {
                Request::Cancel { .. } => To::Cancel,
                Request::Scale { .. } => To::Scale,
                _ => To::Trigger,
            };
            return Ok(Ready(Parcel::Rest { to, run, wire }));
        }
        let Request::Submit { point, parallelism, .. } = request else {
            return Err(Reply::InDoubt);
        };
        match self.way(plan, &submission(plan, &run, point, *parallelism)).await {
            Ok(way) => Ok(Ready(Parcel::Way { run, way })),
            Err(why) if why.in_doubt => Err(Reply::InDoubt),
            Err(why) => Err(Reply::Refused(why.text)),
        }
    }

    async fn carry_out(&self, parcel: &Parcel) -> Reply {
        match parcel {
            Parcel::Rest { to, run, wire } => {
                let answer: Answer = self.client.send(wire, self.send).await;
                reply(*to, run.as_str(), &answer)
            }
            Parcel::Way { run, way } => way.go(&self.client, run, &self.deadlines).await,
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
    Submission { job: &plan.job, run, jar: plan.jar.as_deref(), point, parallelism, before }
}

/// A request as it leaves.
#[derive(Debug)]
pub(super) enum Parcel {
    Rest { to: To, run: RunId, wire: Wire },
    Way { run: RunId, way: Way },
}

impl Hand for FlinkHand {
    fn ready<'a>(
        &'a self,
        plan: &'a Plan,
        request: &'a Request,
    ) -> Boxed<'a, Result<Ready, Reply>> {
        Box::pin(self.made_ready(plan, request))
    }

    fn send<'a>(&'a self, ready: &'a Ready) -> Boxed<'a, Reply> {
        Box::pin(self.carry_out(&ready.0))
    }

    fn refuses<'a>(&'a self, state: &'a ActionState) -> Boxed<'a, Option<Name>> {
        Box::pin(self.unready(state))
    }

    fn look<'a>(&'a self, state: &'a ActionState, now: Millis) -> Boxed<'a, Seen> {
        Box::pin(look::look(&self.client, &self.identity, &self.roots, state, now))
    }
}
