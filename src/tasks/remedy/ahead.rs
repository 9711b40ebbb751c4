//! What would go out, asked ahead: jars, versions and programs, by cluster side by side. No cluster
//! is waited for by another: whoever takes long has answered by a later look.

use super::weigh::Weighed;
use super::{Remedy, held};
use crate::clock;
use crate::repair::{FlinkHand, Shown, requests_of};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;
use streamwarden_core::case::{Plan, RestorePoint};
use streamwarden_core::estate::{ClusterId, Millis, Name, Span};
use tokio::task::JoinHandle;

/// A look waits for so long for what most answer at once.
const WAIT: Duration = Duration::from_millis(500);
/// One plan's questions; whoever is slower says nothing.
const ASK: Duration = Duration::from_secs(10);
/// What was refused may go when the jar is there: asked again after so long.
const REFUSED_FOR: Span = Span::secs(10);
/// A job that runs has another newest restore point every few seconds: its requests are made anew
/// so often at most.
const STANDS_FOR: Span = Span::secs(60);

/// By the plan's hash.
#[derive(Debug, Default)]
pub struct Ahead {
    said: BTreeMap<Name, Said>,
    asking: BTreeMap<ClusterId, JoinHandle<()>>,
}

#[derive(Clone, Debug)]
struct Said {
    at: Millis,
    requests: Vec<String>,
    /// The restore point that they name: where another is the newest, they are made anew.
    from: Option<Name>,
    /// Why one of them would not be sent, and when that was said.
    refused: Option<(Millis, Name)>,
}

struct Asked {
    hash: Name,
    plan: Plan,
    newest: Option<RestorePoint>,
}

impl Ahead {
    fn due(&self, hash: &Name, newest: Option<&RestorePoint>, now: Millis) -> bool {
        let Some(said) = self.said.get(hash) else { return true };
        let again = said.refused.as_ref().is_some_and(|(at, _)| now - *at >= REFUSED_FOR);
        let moved = said.from.as_ref() != newest.map(|p| &p.path);
        again || (moved && now - said.at >= STANDS_FOR)
    }

    /// Of plans that are gone.
    pub fn forget(&mut self, but: &BTreeSet<&Name>) {
        self.said.retain(|hash, _| but.contains(hash));
        self.asking.retain(|_, task| !task.is_finished());
    }
}

impl Remedy {
    /// Asks for the plans that nobody has answered for yet.
    pub(super) async fn ask_ahead(&self, all: &[Weighed], now: Millis) {
        let mut by_cluster: BTreeMap<&ClusterId, Vec<Asked>> = BTreeMap::new();
        {
            let (facts, ahead) = (self.facts(), held(&self.0.ahead));
            for weighed in all {
                let (Some(plan), Some(hash)) = (&weighed.report.plan, weighed.hash()) else {
                    continue;
                };
                let cluster = &weighed.job.cluster;
                let newest = newest(weighed);
                if facts.operator(cluster).is_none() && ahead.due(&hash, newest.as_ref(), now) {
                    let asked = Asked { hash, plan: plan.clone(), newest };
                    by_cluster.entry(cluster).or_default().push(asked);
                }
            }
        }
        let asking = by_cluster.into_iter().filter_map(|(cluster, plans)| self.ask(cluster, plans));
        let answers = futures_util::future::join_all(asking.collect::<Vec<_>>());
        // what is left says so when it is asked for
        let _ = tokio::time::timeout(WAIT, answers).await;
    }

    /// Comes back when its questions are answered. None: it is being asked already.
    fn ask(&self, cluster: &ClusterId, plans: Vec<Asked>) -> Option<impl Future<Output = ()>> {
        let hand = self.0.hands.get(cluster)?.clone();
        let mut ahead = held(&self.0.ahead);
        if ahead.asking.get(cluster).is_some_and(|task| !task.is_finished()) {
            return None;
        }
        let (remedy, (done, all_said)) = (self.clone(), tokio::sync::oneshot::channel::<()>());
        let task = tokio::spawn(async move {
            remedy.ask_one_by_one(&hand, plans).await;
            drop(done);
        });
        ahead.asking.insert(cluster.clone(), task);
        Some(async move { drop(all_said.await) })
    }

    async fn ask_one_by_one(&self, hand: &Arc<FlinkHand>, plans: Vec<Asked>) {
        for Asked { hash, plan, newest } in plans {
            let ask = tokio::time::timeout(ASK, would_go_out(hand, &plan, newest.as_ref())).await;
            let silent = ask.is_err();
            let said = ask.unwrap_or_else(|_| Said {
                at: Millis(0),
                requests: Vec::new(),
                from: newest.as_ref().map(|p| p.path.clone()),
                refused: Some((Millis(0), "its JobManager does not answer".into())),
            });
            let at = clock::now();
            let refused = said.refused.map(|(_, why)| (at, why));
            held(&self.0.ahead).said.insert(hash, Said { at, refused, ..said });
            if silent {
                // the others are no better off; the next look asks again
                return;
            }
        }
    }

    /// As they would go out now, and why one of them would not; empty where the cluster may not be
    /// acted on.
    pub(super) fn requests(&self, weighed: &Weighed) -> (Vec<String>, Option<Name>) {
        let (Some(plan), Some(hash)) = (&weighed.report.plan, weighed.hash()) else {
            return Default::default();
        };
        let operator = self.facts().operator(&plan.job.cluster).cloned();
        if let Some(deployment) = operator {
            return (deployment.patches(plan, newest(weighed).as_ref()), None);
        }
        if !self.0.hands.contains_key(&plan.job.cluster) {
            return Default::default();
        }
        match held(&self.0.ahead).said.get(&hash) {
            Some(said) => (said.requests.clone(), said.refused.as_ref().map(|(_, w)| w.clone())),
            None => (Vec::new(), Some("its JobManager has not said yet what it would take".into())),
        }
    }
}

fn newest(weighed: &Weighed) -> Option<RestorePoint> {
    weighed.view.as_ref()?.job.restore.first().cloned()
}

async fn would_go_out(hand: &FlinkHand, plan: &Plan, newest: Option<&RestorePoint>) -> Said {
    let from = newest.map(|p| p.path.clone());
    let mut said = Said { at: Millis(0), requests: Vec::new(), from, refused: None };
    for request in requests_of(plan, newest) {
        let one = hand.show(plan, &request).await;
        if let Shown::Refused { why } = &one {
            said.refused = Some((Millis(0), why.text.clone()));
        }
        said.requests.push(one.to_string());
    }
    said
}
