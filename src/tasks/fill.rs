//! On the first day, the weeks before: from a server that watched a cluster before us, a day of a
//! measure at a time, the newest first. It may fail without anything else failing, is asked once a
//! second at most, and goes on after a start anew.

use super::{Beat, LoopHandle, World, say};
use crate::clock;
use crate::collect::http::ReadClient;
use crate::collect::prometheus::api::past::{Day, PastApi, STEP, TOLD, Told};
use crate::config::Flink;
use crate::store::minutes::{Filling, Minutes};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;
use streamwarden_core::estate::{ClusterId, Estate, Millis, Name, Span, Subject, SubjectKind};
use streamwarden_core::signals::resolve::same_name;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// Between two questions.
pub const EVERY: Duration = Duration::from_secs(1);
/// The first looks at the estate come first: whose past it is must be known.
const AFTER: Duration = Duration::from_secs(30);
/// What is usual on a weekday.
const DAYS: i64 = 28;
const DAY: Span = Span::secs(86_400);
/// After a question that failed; it comes back last.
const PAUSE: Duration = Duration::from_secs(30);
/// Then the rest waits for the next start.
const FAILURES: u32 = 20;

struct Server {
    cluster: ClusterId,
    api: PastApi,
}

/// One question: of which server, which measure, which day.
type Due = (Arc<Server>, Told, Millis);

/// Runs until `stop`.
pub async fn fill_loop(
    flink: Vec<Flink>,
    world: World,
    minutes: Arc<Minutes>,
    handle: LoopHandle,
    stop: CancellationToken,
) {
    let mut filler = Filler { world, minutes, due: VecDeque::new(), done: 0, failed: 0 };
    let mut beat = Beat::every(EVERY, &stop);
    let begun = Instant::now();
    let (mut listed, mut wait) = (false, AFTER);
    let mut since = begun;
    while beat.comes().await {
        handle.begin();
        let began = Instant::now();
        if since.elapsed() >= wait {
            wait = Duration::ZERO;
            if !listed {
                filler.list(&flink, clock::now()).await;
                listed = true;
            }
            if !filler.step(clock::now()).await {
                (since, wait) = (Instant::now(), PAUSE);
            }
        }
        handle.end(filler.told(), began.elapsed());
        if (listed && filler.due.is_empty()) || filler.failed >= FAILURES {
            break;
        }
    }
    tracing::info!("the past from Prometheus: {}", filler.told());
    // off the board: it has nothing left that could move
    drop(handle);
    stop.cancelled().await;
}

struct Filler {
    world: World,
    minutes: Arc<Minutes>,
    due: VecDeque<Due>,
    done: u64,
    failed: u32,
}

impl Filler {
    fn told(&self) -> String {
        let (left, failed) = (self.due.len(), self.failed);
        format!(
            "{} minutes filled in, {left} days of measures to ask, {failed} failures",
            self.done
        )
    }

    async fn list(&mut self, flink: &[Flink], now: Millis) {
        // just after midnight today has no value yet, and the question would end before it begins
        let today = Millis((now - STEP).0.div_euclid(DAY.0) * DAY.0);
        for flink in flink {
            let Some(api) = &flink.prometheus_api else { continue };
            let client = match ReadClient::new(api.access.clone()) {
                Ok(client) => client,
                Err(error) => {
                    tracing::error!(%error, cluster = %flink.name, "its past cannot be asked for");
                    continue;
                }
            };
            let api = PastApi::new(api.of.clone(), api.every, client);
            let server = Arc::new(Server { cluster: flink.name.clone(), api });
            for told in TOLD {
                let asked = self.minutes.filled_days(flink.name.as_str(), told.name).await;
                let asked = match asked {
                    Ok(asked) => asked,
                    Err(error) => {
                        tracing::error!(%error, "what was filled in cannot be read");
                        continue;
                    }
                };
                let days = (0..DAYS).map(|back| today - Span(back * DAY.0));
                let due = days.filter(|day| !asked.contains(day));
                self.due.extend(due.map(|day| (server.clone(), *told, day)));
            }
        }
        // the newest of all measures first
        self.due.make_contiguous().sort_by_key(|(_, _, day)| std::cmp::Reverse(*day));
    }

    /// False: it failed.
    async fn step(&mut self, now: Millis) -> bool {
        let Some((server, told, day)) = self.due.pop_front() else { return true };
        let error = match self.ask(&server, &told, day, now).await {
            Ok(minutes) => {
                self.done += minutes;
                return true;
            }
            Err(error) => error,
        };
        tracing::warn!(error, cluster = %server.cluster, measure = told.name, "a day of the past was not told; asked again later");
        self.failed += 1;
        self.due.push_back((server, told, day));
        false
    }

    async fn ask(
        &self,
        server: &Server,
        told: &Told,
        day: Millis,
        now: Millis,
    ) -> Result<u64, String> {
        let to = (day + DAY).min(now);
        let days = server.api.day(told, day, to).await.map_err(|reason| say(&reason))?;
        let estate = self.world.look().estate;
        let told_of =
            |day: Day| Some((subject(&estate, &server.cluster, told.of, &day)?, day.points));
        let series: Vec<_> = days.into_iter().filter_map(told_of).collect();
        let (cluster, from) = (server.cluster.as_str(), server.api.server());
        let what = Filling { cluster, name: told.name, day, server: from };
        self.minutes.fill(what, &series, now).await.map_err(|e| e.to_string())
    }
}

/// Whose past it is: a job that is there now, and the only one that can be called so.
fn subject(estate: &Estate, cluster: &ClusterId, of: SubjectKind, day: &Day) -> Option<Name> {
    if of == SubjectKind::FlinkCluster {
        let cluster = cluster.clone();
        return Some(Subject::FlinkCluster { cluster }.to_string().into());
    }
    let told = day.job.as_deref()?;
    let mut fit = estate
        .jobs
        .values()
        .filter(|job| job.key.cluster == *cluster && !job.ambiguous && same_name(told, &job.name));
    let job = fit.next().filter(|_| fit.next().is_none())?;
    Some(Subject::Job { job: job.key.clone() }.to_string().into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::testdata;
    use streamwarden_core::past::Limits;
    use wiremock::matchers::any;
    use wiremock::{Mock, MockServer, Request, ResponseTemplate};

    /// Each question: of the cluster one value each five minutes, of the job `dwd_order_stats` and
    /// of one that nobody knows too.
    fn told(request: &Request) -> ResponseTemplate {
        let of = |key: &str| request.url.query_pairs().find(|(k, _)| k == key).unwrap().1;
        let (from, to): (i64, i64) = (of("start").parse().unwrap(), of("end").parse().unwrap());
        let values: Vec<_> = (from..=to).step_by(300).map(|t| format!("[{t},\"2\"]")).collect();
        let series =
            |labels: &str| format!(r#"{{"metric":{{{labels}}},"values":[{}]}}"#, values.join(","));
        let all = match of("query").contains("by (job_name)") {
            true => ["dwd_order_stats", "who"].map(|j| series(&format!(r#""job_name":"{j}""#))),
            false => [series(""), series("\"x\":\"y\"")],
        };
        let body = format!(r#"{{"status":"success","data":{{"result":[{}]}}}}"#, all.join(","));
        ResponseTemplate::new(200).set_body_string(body)
    }

    #[tokio::test]
    async fn four_weeks_are_filled_in_once_and_a_failure_comes_back() {
        let server = MockServer::start().await;
        let failure = Mock::given(any()).respond_with(ResponseTemplate::new(503));
        failure.up_to_n_times(1).mount(&server).await;
        Mock::given(any()).respond_with(told).mount(&server).await;
        let snapshot = testdata::snapshot();
        let (estate, table) = ((*snapshot.estate).clone(), Default::default());
        let job = testdata::job("dwd-order-stats");
        let world = World::new(estate, table, Vec::new(), Default::default(), Vec::new());
        let text = format!(
            "flink: [{{ name: {}, rest: http://h:1, prometheus_api: {{ url: {} }} }}]",
            job.cluster,
            server.uri()
        );
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("c.yaml");
        std::fs::write(&file, text).unwrap();
        let flink = crate::config::Config::load(&file).unwrap().flink;
        let minutes = Minutes::open(&dir.path().join("minutes.db"), Limits::default()).await;
        let minutes = Arc::new(minutes.unwrap());
        let filler = || Filler {
            world: world.clone(),
            minutes: minutes.clone(),
            due: VecDeque::new(),
            done: 0,
            failed: 0,
        };
        let midnight = Millis(clock::now().0.div_euclid(DAY.0) * DAY.0);
        let mut early = filler();
        early.list(&flink, midnight + Span::secs(299)).await;
        assert!(early.due.iter().all(|(_, _, day)| *day < midnight), "a day without a value yet");
        let now = midnight - Span(DAY.0 / 2);
        let mut first = filler();
        first.list(&flink, now).await;
        let all = first.due.len();
        assert_eq!(all, TOLD.len() * 28);
        assert!(!first.step(now).await, "503");
        for _ in 0..all {
            assert!(first.step(now).await);
        }
        assert_eq!((first.due.len(), first.failed), (0, 1));
        let filled = minutes.filled().await.unwrap();
        assert_eq!((filled.days, filled.minutes), (all as u64, first.done));
        let busy = minutes
            .series(&Subject::Job { job }.to_string(), "busiest", now - Span(30 * DAY.0), now)
            .await
            .unwrap();
        assert!(
            busy.len() == 27 * 288 + 144 && busy.iter().all(|(_, v)| *v == 2.0),
            "{}",
            busy.len()
        );
        let names = minutes.hours("busiest", now - Span(30 * DAY.0), now).await.unwrap();
        assert_eq!(names.len(), 1, "a job that nobody knows has no past");
        let mut again = filler();
        again.list(&flink, now).await;
        assert_eq!(again.due.len(), 0);
    }
}
