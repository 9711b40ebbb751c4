//! What the collectors of base clusters have in common: one look while it is gathered.

use super::Yield;
use streamwarden_core::estate::{
    Answering, BaseFact, BaseKind, ClusterId, Entity, Fact, Gap, GapReason, Member, MemberRole,
    Millis, Name, Place, Target,
};
use streamwarden_core::signals::{Sample, Signal};

/// Longest text of others that is kept beside a state.
const MAX_DETAIL: usize = 2_000;
/// Longest name of a member; host names have 255 letters at most.
const MAX_NAME: usize = 300;

/// Who is looked at, for whom.
#[derive(Clone, Debug, PartialEq)]
pub struct Base {
    pub cluster: ClusterId,
    pub kind: BaseKind,
    /// As people call it: `zookeeper`, or a component's own word.
    pub sort: Name,
    pub place: Place,
    pub health: Vec<Name>,
}

pub struct Look<'t> {
    target: &'t Target,
    pub at: Millis,
    pub out: Yield,
    pub fact: BaseFact,
}

impl<'t> Look<'t> {
    pub fn new(target: &'t Target, base: &Base, at: Millis) -> Look<'t> {
        let fact = BaseFact {
            cluster: base.cluster.clone(),
            base: base.kind,
            sort: base.sort.clone(),
            members: Vec::new(),
            notes: Default::default(),
            serves: None,
            place: base.place.clone(),
            health: base.health.clone(),
        };
        Look { target, at, out: Yield::default(), fact }
    }

    pub fn gap(&mut self, what: impl Into<Name>, reason: GapReason) {
        let (target, at) = (self.target.clone(), self.at);
        self.out.gaps.push(Gap { target, what: what.into(), at, reason });
    }

    pub fn seen(&mut self, what: impl Into<Name>) {
        self.out.seen.push(what.into());
    }

    /// A member that we asked, and how it met the question.
    pub fn asked(
        &mut self,
        name: &str,
        role: MemberRole,
        state: Option<&str>,
        error: Option<&GapReason>,
    ) {
        let answering = error.map_or(Answering::Answers, Answering::of);
        let detail = error.map(GapReason::brief);
        self.member(name, role, state, Some(answering), detail.as_deref());
    }

    pub fn member(
        &mut self,
        name: &str,
        role: MemberRole,
        state: Option<&str>,
        answering: Option<Answering>,
        detail: Option<&str>,
    ) {
        self.fact.members.push(Member {
            name: cut(name, MAX_NAME).into(),
            role,
            state: state.map(|s| cut(s, 100).to_lowercase().into()),
            answering,
            detail: detail.filter(|d| !d.is_empty()).map(|d| cut(d, MAX_DETAIL).into()),
            host: Some(host_of(name).into()),
        });
    }

    /// One that another has named already was asked itself, too.
    pub fn met(&mut self, name: &str, answering: Answering, detail: &str) {
        let name = cut(name, MAX_NAME);
        if let Some(member) = self.fact.members.iter_mut().find(|m| &*m.name == name) {
            member.answering = Some(answering);
            member.detail = Some(cut(detail, MAX_DETAIL)).filter(|d| !d.is_empty()).map(Into::into);
        }
    }

    /// Of the cluster as a whole.
    pub fn whole(&mut self, signal: Signal, value: f64) {
        let entity = Entity::Base { cluster: self.fact.cluster.clone() };
        self.sample(entity, signal, value);
    }

    pub fn of(&mut self, member: &str, signal: Signal, value: f64) {
        let member = cut(member, MAX_NAME).into();
        let entity = Entity::Member { cluster: self.fact.cluster.clone(), member };
        self.sample(entity, signal, value);
    }

    pub fn all_of(&mut self, member: &str, figures: &[(Signal, f64)]) {
        for (signal, value) in figures {
            self.of(member, *signal, *value);
        }
    }

    fn sample(&mut self, entity: Entity, signal: Signal, value: f64) {
        if value.is_finite() {
            self.out.samples.push(Sample { entity, signal, at: self.at, value });
        }
    }

    /// The figures of our own scrape, and the fact. Before all other facts.
    pub fn done(mut self) -> Yield {
        let up = self.fact.members.iter().any(|m| m.answering == Some(Answering::Answers));
        let entity = Entity::Target { name: self.target.name.clone() };
        let value = if up { 1.0 } else { 0.0 };
        let at = self.at;
        self.out.samples.push(Sample { entity, signal: Signal::TargetUp, at, value });
        self.out.facts.insert(0, (at, Fact::Base(self.fact)));
        self.out
    }
}

/// The first letters of a text that may be long.
pub fn cut(text: &str, most: usize) -> &str {
    text.char_indices().nth(most).map_or(text, |(end, _)| text.get(..end).unwrap_or(text))
}

/// Of `host:port`; an IPv6 address keeps its brackets' inside.
pub fn host_of(address: &str) -> &str {
    let host = address.rsplit_once(':').map_or(address, |(host, port)| {
        if port.bytes().all(|b| b.is_ascii_digit()) { host } else { address }
    });
    host.trim_start_matches('[').trim_end_matches(']')
}

/// host:port of a URL: what a member is called.
pub fn authority(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split(['/', '?']).next().unwrap_or(rest)
}
