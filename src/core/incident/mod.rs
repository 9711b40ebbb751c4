//! Assessments folded into incidents: one per root over all its jobs, revised as evidence comes.
//! Who does not understand leaves the case open: unknown never clears, and a cluster that is not
//! seen keeps its incidents as they are.

mod matching;
#[cfg(test)]
mod tests;

use crate::case::*;
use crate::detect::falls;
use crate::estate::{JobKey, Millis, Span, Subject};
use matching::{Match, match_up};
use std::collections::{BTreeMap, BTreeSet};

/// So many passes must agree before another root takes the place of one that was said.
const AGREE: u32 = 2;
/// The same was said so often and so long: no longer provisional.
const CONFIRM_PASSES: u32 = 3;
const CONFIRM_AFTER: Span = Span::secs(10);
/// Nothing of it was seen for so long: recovering. Two looks at least.
const QUIET: Span = Span::secs(10);
/// Recovering for so long: over. Longer than a burst of restarts and a checkpoint interval.
const OVER: Span = Span::secs(60);
/// So long a process that has just started needs to see what is there: rates and slopes want a
/// minute of looks.
const EYES: Span = Span::secs(60);
/// So long what began under a root that was confirmed is held to be its doing.
const AFTERMATH: Span = Span::secs(60);
/// More at once is one estate-wide trouble, and nobody reads on.
const MOST_OPEN: usize = 500;
const MOST_SAID: usize = 20;

/// What is open, and what is about to be said.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Book {
    pub incidents: BTreeMap<IncidentId, Incident>,
    doubts: BTreeMap<IncidentId, Doubt>,
    /// Where something is wrong that nobody can tell, since the look before: a victim often shows
    /// one look before what makes it late does.
    untold: BTreeSet<Subject>,
    /// When this process looked first. What was open before it is not missed until it has had the
    /// time to see: our own absence is no sign of health.
    since: Option<Millis>,
}

/// How often in a row the assessment agreed with the incident, or said this other thing.
#[derive(Clone, Debug, Default, PartialEq)]
struct Doubt {
    agreed: u32,
    /// When it was last found as it was said.
    agreed_at: Option<Millis>,
    other: Option<(Verdict, Subject, u32)>,
}

impl Doubt {
    /// How often in a row this other thing was said.
    fn again(&mut self, d: &Diagnosis) -> u32 {
        let count = match &self.other {
            Some((v, s, n)) if *v == d.verdict && *s == d.subject => n + 1,
            _ => 1,
        };
        self.other = Some((d.verdict.clone(), d.subject.clone(), count));
        count
    }
}

impl Book {
    /// As it stood in the store.
    pub fn of(incidents: impl IntoIterator<Item = Incident>) -> Book {
        let open = incidents.into_iter().filter(|i| i.state != IncidentState::Closed);
        Book { incidents: open.map(|i| (i.id.clone(), i)).collect(), ..Book::default() }
    }
}

/// The book after this pass, and what changed. Closed incidents leave the book.
pub fn fold(book: &Book, found: &Assessment, tick: Span) -> (Book, Vec<IncidentEvent>) {
    let mut pass = Pass { at: found.at, tick, book: book.clone(), events: Vec::new() };
    let matches = match_up(&book.incidents, &found.found);
    pass.book.untold.clear();
    pass.book.since = book.since.or(Some(found.at));
    let mut seen = Vec::new();
    for (diagnosis, matched) in found.found.iter().zip(matches) {
        match matched {
            Match::Known { id, merges } if pass.stands_beside(&id, diagnosis) => {
                seen.extend(pass.doubt_or_open(&id, diagnosis));
                seen.extend(merges);
            }
            Match::Known { id, merges } => {
                pass.see(&id, diagnosis);
                for gone in merges {
                    if !pass.apart(&id, &gone, diagnosis) {
                        pass.close(&gone, CloseReason::Merged, Some(id.clone()));
                    }
                }
                seen.push(id);
            }
            // what cannot be told of jobs that suffer from a known root waits until that is over
            Match::New { split_from: Some(_) }
                if !matches!(diagnosis.verdict, Verdict::Root { .. }) => {}
            // nor what a root that was sure, and has just been mended, left behind
            Match::New { split_from: Some(from) } if pass.left_behind(&from, diagnosis) => {}
            // what cannot be told is said at the second look
            Match::New { .. }
                if matches!(diagnosis.verdict, Verdict::Undetermined { .. })
                    && pass.book.untold.insert(diagnosis.subject.clone())
                    && !book.untold.contains(&diagnosis.subject) => {}
            Match::New { split_from } => seen.extend(pass.open(diagnosis, split_from)),
        }
    }
    let unseen: Vec<IncidentId> =
        pass.book.incidents.keys().filter(|id| !seen.contains(id)).cloned().collect();
    for id in unseen {
        pass.miss(&id, found);
    }
    (pass.book, pass.events)
}

struct Pass {
    at: Millis,
    tick: Span,
    book: Book,
    events: Vec<IncidentEvent>,
}

impl Pass {
    fn event(&mut self, id: &IncidentId, what: EventKind) {
        self.events.push(IncidentEvent { at: self.at, id: id.clone(), what });
    }

    fn open(&mut self, d: &Diagnosis, split_from: Option<IncidentId>) -> Option<IncidentId> {
        if self.book.incidents.len() >= MOST_OPEN {
            return None;
        }
        let id = id_of(d);
        let incident = Incident {
            id: id.clone(),
            state: IncidentState::Provisional,
            opened: self.at,
            closed: None,
            onset: d.onset,
            diagnosis: d.clone(),
            last_seen: self.at,
            said: Vec::new(),
            merged_into: None,
            split_from: split_from.clone(),
        };
        self.event(&id, EventKind::Opened { incident: Box::new(incident.clone()) });
        if let Some(from) = split_from {
            self.event(&id, EventKind::Split { from });
        }
        self.book.incidents.insert(id.clone(), incident);
        self.book
            .doubts
            .insert(id.clone(), Doubt { agreed: 1, agreed_at: Some(self.at), other: None });
        Some(id)
    }

    fn left_behind(&self, root: &IncidentId, d: &Diagnosis) -> bool {
        let root = self.book.incidents.get(root).zip(self.book.doubts.get(root));
        root.is_some_and(|(incident, doubt)| aftermath(incident, doubt, d, self.at))
    }

    /// Another root, elsewhere, that began when this one had long been sure.
    fn stands_beside(&self, id: &IncidentId, d: &Diagnosis) -> bool {
        let Some(incident) = self.book.incidents.get(id) else { return false };
        let doubt = self.book.doubts.get(id).cloned().unwrap_or_default();
        later(incident, &doubt, &d.verdict, &d.subject, d.onset)
            && !aftermath(incident, &doubt, d, self.at)
    }

    /// It opens an incident of its own when it is said again; the one before goes its own way.
    fn doubt_or_open(&mut self, id: &IncidentId, d: &Diagnosis) -> Option<IncidentId> {
        let doubt = self.book.doubts.entry(id.clone()).or_default();
        if doubt.again(d) < AGREE {
            return Some(id.clone());
        }
        doubt.other = None;
        self.open(d, None)
    }

    /// Of two incidents one of which explains what the other had: roots of which the later began
    /// when the earlier had long been sure stay two.
    fn apart(&self, known: &IncidentId, other: &IncidentId, d: &Diagnosis) -> bool {
        let of = |id| self.book.incidents.get(id).zip(self.book.doubts.get(id));
        let (Some((known, doubt)), Some((other, others))) = (of(known), of(other)) else {
            return false;
        };
        let o = &other.diagnosis;
        later(other, others, &d.verdict, &d.subject, d.onset)
            || (known.diagnosis.verdict == d.verdict
                && known.diagnosis.subject == d.subject
                && later(known, doubt, &o.verdict, &o.subject, other.onset))
    }

    fn see(&mut self, id: &IncidentId, d: &Diagnosis) {
        let Some(mut incident) = self.book.incidents.remove(id) else { return };
        let known = self.book.doubts.remove(id);
        incident.last_seen = self.at;
        if incident.state == IncidentState::Recovering {
            // what was never sure is not so because it is back
            let unsure = known.as_ref().is_some_and(|d| d.agreed < CONFIRM_PASSES);
            incident.state =
                if unsure { IncidentState::Provisional } else { IncidentState::Confirmed };
            self.event(id, EventKind::Relapsed);
        }
        let mut doubt = known.unwrap_or_default();
        let came = self.book.since.unwrap_or(self.at);
        let before_us = incident.opened < came
            && doubt.agreed_at.is_none()
            && matches!(incident.diagnosis.verdict, Verdict::Root { .. });
        match stance(&incident.diagnosis, d) {
            Stance::Same => {
                doubt.agreed += 1;
                doubt.agreed_at = Some(self.at);
                doubt.other = None;
                self.refresh(&mut incident, d);
            }
            // what is known is kept while only its evidence has gone
            Stance::Vaguer => {}
            // who has just come cannot hold the past against a root that was sure: our own absence
            // is no evidence, and that nothing contradicts another cause is none either
            Stance::Other if before_us && !matches!(d.verdict, Verdict::Root { .. }) => {}
            // a root that was sure has just been mended, and what it did is still to be seen
            Stance::Other if aftermath(&incident, &doubt, d, self.at) => {}
            Stance::Sharper => self.revise(&mut incident, &mut doubt, d),
            Stance::Other => {
                if doubt.again(d) >= AGREE {
                    self.revise(&mut incident, &mut doubt, d);
                }
            }
        }
        let old_enough = self.at - incident.opened >= CONFIRM_AFTER;
        if incident.state == IncidentState::Provisional
            && doubt.agreed >= CONFIRM_PASSES
            && old_enough
        {
            incident.state = IncidentState::Confirmed;
            self.event(id, EventKind::Confirmed);
        }
        self.book.doubts.insert(id.clone(), doubt);
        self.book.incidents.insert(id.clone(), incident);
    }

    /// The same root with today's figures.
    fn refresh(&mut self, incident: &mut Incident, d: &Diagnosis) {
        let jobs = |d: &Diagnosis| -> Vec<JobKey> {
            let mut jobs: Vec<JobKey> = d.victims.iter().map(|v| v.job.clone()).collect();
            jobs.sort();
            jobs
        };
        let follows = |d: &Diagnosis| -> Vec<(String, Subject)> {
            let mut all: Vec<_> =
                d.consequences.iter().map(|f| (f.cause.to_string(), f.subject.clone())).collect();
            all.sort();
            all
        };
        let onset = incident.onset.min(d.onset);
        let spread = jobs(d).iter().any(|j| !jobs(&incident.diagnosis).contains(j))
            || follows(d).iter().any(|f| !follows(&incident.diagnosis).contains(f));
        if spread {
            let (victims, consequences) = (d.victims.clone(), d.consequences.clone());
            self.event(&incident.id.clone(), EventKind::Spread { victims, consequences });
        }
        incident.onset = onset;
        incident.diagnosis = d.clone();
    }

    fn revise(&mut self, incident: &mut Incident, doubt: &mut Doubt, d: &Diagnosis) {
        let from = Said {
            at: self.at,
            verdict: incident.diagnosis.verdict.clone(),
            subject: incident.diagnosis.subject.clone(),
            says: incident.diagnosis.says.clone(),
        };
        incident.said.push(from.clone());
        let over = incident.said.len().saturating_sub(MOST_SAID);
        incident.said.drain(..over);
        incident.onset = incident.onset.min(d.onset);
        incident.diagnosis = d.clone();
        *doubt = Doubt { agreed: 1, agreed_at: Some(self.at), other: None };
        let diagnosis = Box::new(d.clone());
        self.event(&incident.id.clone(), EventKind::Revised { from, diagnosis });
    }

    /// Nothing of it was found in this pass.
    fn miss(&mut self, id: &IncidentId, found: &Assessment) {
        let (at, quiet) = (self.at, QUIET.max(self.tick + self.tick));
        let Some(incident) = self.book.incidents.get_mut(id) else { return };
        let came = self.book.since.unwrap_or(at);
        let inherited = incident.opened < came && at - came < EYES;
        if inherited || unseen(incident, found) {
            incident.last_seen = at;
            return;
        }
        let silent = at - incident.last_seen;
        match incident.state {
            IncidentState::Recovering if silent >= OVER.max(quiet) => {
                self.close(id, CloseReason::Over, None);
            }
            IncidentState::Provisional | IncidentState::Confirmed if silent >= quiet => {
                incident.state = IncidentState::Recovering;
                self.event(id, EventKind::Recovering);
            }
            _ => {}
        }
    }

    fn close(&mut self, id: &IncidentId, why: CloseReason, into: Option<IncidentId>) {
        self.book.incidents.remove(id);
        self.book.doubts.remove(id);
        if let Some(into) = into {
            self.event(id, EventKind::Merged { into });
        }
        self.event(id, EventKind::Closed { why });
    }
}

/// Its cluster is not seen, its jobs still catch up, or its symptoms wait for a second look: not
/// the same as gone.
fn unseen(incident: &Incident, found: &Assessment) -> bool {
    let d = &incident.diagnosis;
    let jobs = d.symptoms.iter().filter_map(|s| s.job.as_ref()).chain(d.subject.job());
    let mut clusters: Vec<Subject> =
        jobs.map(|j| Subject::FlinkCluster { cluster: j.cluster.clone() }).collect();
    clusters.push(d.subject.clone());
    let ill_there = d.symptoms.iter().filter(|s| s.kind == SymptomKind::BaseIll);
    let unsure =
        ill_there.map(|s| &s.subject).chain([&d.subject]).any(|s| found.unsure.contains(s));
    let hidden = |s: &Subject| found.calm.iter().any(|c| c.why == Calm::NotSeen && c.subject == *s);
    let catches_up = |s: &Symptom| {
        let job = s.job.as_ref();
        let of = |c: &NoTrouble| c.why == Calm::CatchingUp && c.subject.job() == job;
        job.is_some() && found.calm.iter().any(of)
    };
    let waits = found.pending.iter().any(|p| {
        d.symptoms.iter().any(|s| s.subject == p.subject || (s.job.is_some() && s.job == p.job))
    });
    unsure || clusters.iter().any(hidden) || waits || d.symptoms.iter().any(catches_up)
}

/// Both are roots, at different places, and this one began after the incident's was sure.
fn later(
    incident: &Incident,
    doubt: &Doubt,
    verdict: &Verdict,
    subject: &Subject,
    onset: Millis,
) -> bool {
    let root = |v: &Verdict| matches!(v, Verdict::Root { .. });
    let sure = match incident.state {
        IncidentState::Confirmed => true,
        IncidentState::Recovering => doubt.agreed >= CONFIRM_PASSES,
        IncidentState::Provisional | IncidentState::Closed => false,
    };
    sure && root(&incident.diagnosis.verdict)
        && root(verdict)
        && incident.diagnosis.subject != *subject
        && onset > incident.opened + CONFIRM_AFTER
}

/// Who does not answer was not made so by a job.
fn silent(d: &Diagnosis) -> bool {
    use SymptomKind::{BaseIll, ControlLost, KafkaSilent};
    let mute = |s: &Symptom| matches!(s.kind, BaseIll | ControlLost | KafkaSilent);
    let own = |s: &Symptom| s.subject == d.subject && mute(s);
    d.symptoms.iter().any(own)
}

/// It began before a confirmed root was last seen to hold, less than a minute ago.
fn aftermath(incident: &Incident, doubt: &Doubt, now: &Diagnosis, at: Millis) -> bool {
    // a JobManager that ended with its ZooKeeper is seen to be a new one only when that is back
    let below = stood_on(incident, now);
    if (silent(now) && !below) || lies_below(incident, now) {
        return false;
    }
    let sure = incident.state != IncidentState::Provisional
        && matches!(incident.diagnosis.verdict, Verdict::Root { .. });
    let began = |held: Millis| now.onset <= held || (below && now.onset - held < AFTERMATH);
    sure && doubt.agreed_at.is_some_and(|held| began(held) && at - held < AFTERMATH)
}

/// The root holds as before, and follows from another that has been found.
fn lies_below(incident: &Incident, now: &Diagnosis) -> bool {
    let root = &incident.diagnosis;
    let said = |f: &Finding| root.subject == f.subject && root.verdict.causes().contains(&f.cause);
    now.consequences.iter().any(said)
}

/// The root was what a Flink cluster stands on, and this is of that Flink cluster.
fn stood_on(incident: &Incident, now: &Diagnosis) -> bool {
    let root = &incident.diagnosis;
    let Subject::FlinkCluster { cluster } = &now.subject else { return false };
    let base = matches!(root.subject, Subject::Base { .. });
    base && root.touches.contains(cluster)
}

enum Stance {
    Same,
    Vaguer,
    Sharper,
    Other,
}

fn stance(said: &Diagnosis, now: &Diagnosis) -> Stance {
    let same_place = said.subject == now.subject;
    match (&said.verdict, &now.verdict) {
        (a, b) if a == b && same_place => Stance::Same,
        (Verdict::Root { cause }, b @ (Verdict::Family { .. } | Verdict::Undetermined { .. })) => {
            // nothing that fits at all is vaguer too, and what falls is what the root left behind
            let left = !now.symptoms.is_empty() && now.symptoms.iter().all(|s| falls(s.trend));
            if left || b.causes().contains(cause) || b.causes().is_empty() {
                Stance::Vaguer
            } else {
                Stance::Other
            }
        }
        (Verdict::Family { .. }, Verdict::Undetermined { .. }) => Stance::Vaguer,
        (Verdict::Family { .. } | Verdict::Undetermined { .. }, Verdict::Root { .. })
        | (Verdict::Undetermined { .. }, Verdict::Family { .. }) => Stance::Sharper,
        _ => Stance::Other,
    }
}

/// From place, first cause and onset: the same in a replay.
fn id_of(d: &Diagnosis) -> IncidentId {
    let first = d.verdict.causes().first().map_or("undetermined", |c| &**c);
    let text = format!("{}|{first}|{}", d.subject, d.onset.0);
    let (a, b) = (crc32fast::hash(text.as_bytes()), crc32fast::hash(format!("{text}#").as_bytes()));
    IncidentId(format!("{a:08x}{b:08x}").into())
}
