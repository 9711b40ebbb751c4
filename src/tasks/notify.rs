//! Sends what waits in the outbox: one at a time, in order, within the hour's budget.

use super::{Beat, LoopHandle, Unsaved};
use crate::clock;
use crate::notify::{
    DOWN_PAUSE, More, Next, Outcome, PER_HOUR, PostClient, Waiting, Webhook, next, pause, send,
    sum_up,
};
use crate::store::Store;
use crate::store::db::{Db, Error, Outgoing};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use streamwarden_core::estate::{Millis, Span};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// How often the outbox is looked into.
pub const LOOK: Duration = Duration::from_secs(2);
const HOUR: Span = Span::secs(3600);
/// Read at once; a sum stands for at most so many.
const BATCH: u32 = 1000;
/// Sent in one look, so that the loop shows its state.
const PER_LOOK: usize = 20;

/// Runs until `stop`. What is not sent then waits for the next start.
pub async fn notify_loop(
    (store, unsaved): (Arc<Store>, Unsaved),
    webhook: Webhook,
    client: PostClient,
    handle: LoopHandle,
    stop: CancellationToken,
) -> Result<(), String> {
    let mut beat = Beat::every(LOOK, &stop);
    let mut sender =
        Sender { store, unsaved, webhook, client, down: None, failures: 0, told: None };
    while beat.comes().await {
        handle.begin();
        let began = Instant::now();
        let outcome = tokio::select! {
            outcome = sender.look() => outcome,
            // what is under way is sent again at the next start: at least once
            () = stop.cancelled() => return Ok(()),
        };
        handle.end(sender.tell(outcome), began.elapsed());
    }
    Ok(())
}

struct Sender {
    store: Arc<Store>,
    unsaved: Unsaved,
    webhook: Webhook,
    client: PostClient,
    /// The receiver does not work: not before this.
    down: Option<Instant>,
    failures: u32,
    /// The failure that stands in the log already.
    told: Option<String>,
}

/// How a look ended.
#[derive(Debug, Default)]
struct Looked {
    sent: usize,
    waiting: usize,
    held: bool,
    error: Option<String>,
}

impl Sender {
    fn db(&self) -> &Db {
        self.store.incidents()
    }

    async fn look(&mut self) -> Result<Looked, Error> {
        let mut looked = Looked::default();
        if self.down.is_some_and(|until| Instant::now() < until) {
            looked.error.clone_from(&self.told);
            return Ok(looked);
        }
        self.down = None;
        let mut skip = BTreeSet::new();
        // what goes wrong with the database is told at the end: it keeps no message back
        let mut trouble = self.note(clock::now()).await.err();
        while looked.sent < PER_LOOK {
            let now = clock::now();
            let stored = match trouble {
                None => self.stored(now).await,
                Some(_) => Ok(Default::default()),
            };
            let (stored, sent) = stored.unwrap_or_else(|e| {
                trouble = Some(e);
                Default::default()
            });
            let waiting = waiting(self.unsaved.join(stored), now);
            looked.waiting = waiting.len();
            let sent = sent.saturating_add(self.unsaved.sent_since(now - HOUR));
            match next(&waiting, sent, &skip) {
                Next::Rest => break,
                Next::Hold => {
                    looked.held = true;
                    break;
                }
                Next::Send(w) => {
                    let ended = send(&self.client, &self.webhook.url, &w.id, w.body.clone()).await;
                    let ended = self.ended(&w, ended, now, &mut looked, &mut skip).await;
                    match ended {
                        Ok(true) => {}
                        Ok(false) => break,
                        Err(e) => trouble = Some(e),
                    }
                    if self.down.is_some() {
                        break;
                    }
                }
                Next::SumUp(many) => match self.sum(&many, now, &mut looked).await {
                    Ok(true) => {}
                    Ok(false) => break,
                    Err(e) => trouble = Some(e),
                },
            }
        }
        match trouble {
            Some(e) => Err(e),
            None => Ok(looked),
        }
    }

    /// What waits in the database, and how many were sent within the hour.
    async fn stored(&self, now: Millis) -> Result<(Vec<Outgoing>, u32), Error> {
        let written = self.unsaved.in_database();
        let waiting = self.db().outgoing(BATCH).await?;
        self.unsaved.read(&written);
        Ok((waiting, self.db().sent_since(now - HOUR).await?))
    }

    /// What was taken while it could not be noted.
    async fn note(&self, now: Millis) -> Result<(), Error> {
        let ids = self.unsaved.to_note();
        if !ids.is_empty() {
            self.db().done(&ids, None, now).await?;
            self.unsaved.noted(&ids);
        }
        Ok(())
    }

    /// False: no use in going on now.
    async fn ended(
        &mut self,
        w: &Waiting,
        ended: Outcome,
        now: Millis,
        looked: &mut Looked,
        skip: &mut BTreeSet<String>,
    ) -> Result<bool, Error> {
        match ended {
            Outcome::Taken => {
                self.unsaved.sent([w.id.clone()], now);
                looked.sent += 1;
                self.well();
                self.note(now).await?;
                Ok(true)
            }
            Outcome::Refused(why) => {
                let due = now + Span(millis(pause(w.tries)));
                skip.insert(w.incident.clone());
                looked.error = Some(why.clone());
                if let Err(e) = self.db().again(&w.id, due, now).await {
                    // it cannot be put off: everything is
                    self.fail(why, looked);
                    return Err(e);
                }
                Ok(true)
            }
            Outcome::Down(why) => {
                self.fail(why, looked);
                self.db().again(&w.id, now, now).await?;
                Ok(false)
            }
        }
    }

    async fn sum(
        &mut self,
        many: &[Waiting],
        now: Millis,
        looked: &mut Looked,
    ) -> Result<bool, Error> {
        let more: More = sum_up(many, now.0, self.webhook.language);
        let Ok(body) = serde_json::to_string(&more) else { return Ok(false) };
        match send(&self.client, &self.webhook.url, &more.id, body.clone()).await {
            Outcome::Taken => {
                let ids: Vec<String> = many.iter().map(|w| w.id.clone()).collect();
                let sum = Outgoing {
                    id: more.id,
                    incident: String::new(),
                    kind: more.event,
                    made: now,
                    body,
                    tries: 0,
                    due: now,
                };
                self.unsaved.sent(ids.iter().cloned(), now);
                looked.sent += 1;
                self.well();
                self.db().done(&ids, Some(&sum), now).await?;
                let stored: Vec<String> = self.unsaved.to_note();
                self.unsaved.noted(&stored);
                Ok(true)
            }
            Outcome::Refused(why) | Outcome::Down(why) => {
                self.fail(why, looked);
                Ok(false)
            }
        }
    }

    fn well(&mut self) {
        if self.told.take().is_some() {
            tracing::info!("the webhook takes messages again");
        }
        self.failures = 0;
        self.down = None;
    }

    fn fail(&mut self, why: String, looked: &mut Looked) {
        self.down = Some(Instant::now() + pause(self.failures).min(DOWN_PAUSE));
        self.failures = self.failures.saturating_add(1);
        if self.told.as_ref() != Some(&why) {
            tracing::warn!(failure = %why, "messages wait");
            self.told = Some(why.clone());
        }
        looked.error = Some(why);
    }

    /// For the page: what a person should know.
    fn tell(&self, looked: Result<Looked, Error>) -> String {
        match looked {
            Err(e) => {
                tracing::error!(error = %e, "the outbox cannot be used; looked into again");
                e.to_string()
            }
            Ok(Looked { error: Some(why), .. }) => why,
            Ok(Looked { held: true, waiting, .. }) => {
                format!("{waiting} messages wait: {PER_HOUR} were sent within the hour")
            }
            Ok(l) => format!("{} sent, {} wait", l.sent, l.waiting.saturating_sub(l.sent)),
        }
    }
}

fn waiting(list: Vec<Outgoing>, now: Millis) -> Vec<Waiting> {
    let one = |o: Outgoing| Waiting {
        due: o.due <= now,
        id: o.id,
        incident: o.incident,
        kind: o.kind,
        body: o.body,
        tries: o.tries,
    };
    list.into_iter().map(one).collect()
}

fn millis(d: Duration) -> i64 {
    i64::try_from(d.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
