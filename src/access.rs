//! Who may do what. A user is a name, a role and a hashed token with a scope and an end; a proxy
//! that is trusted may name one of them. Nothing here reads a clock or the network.

use crate::secret::Secret;
use sha2::{Digest, Sha256};
use std::net::IpAddr;
use streamwarden_core::estate::{ClusterId, Millis};

/// Each may what those before it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Reads.
    Viewer,
    /// Acknowledges, corrects, declares planned work, throws a kill switch.
    Operator,
    /// Says yes or no to a plan.
    Approver,
    /// Takes a kill switch back, lets a stuck job or a playbook go on.
    Admin,
}

impl Role {
    pub const ALL: [(&'static str, Role); 4] = [
        ("viewer", Role::Viewer),
        ("operator", Role::Operator),
        ("approver", Role::Approver),
        ("admin", Role::Admin),
    ];

    pub fn name(self) -> &'static str {
        Role::ALL.iter().find(|(_, r)| *r == self).map_or("", |(name, _)| name)
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct User {
    pub name: String,
    pub role: Role,
    /// SHA-256 of the token in hex. None: only through the proxy.
    pub token_sha256: Option<[u8; 32]>,
    /// Flink clusters that it may change something in; empty: all.
    pub clusters: Vec<ClusterId>,
    pub expires: Option<Millis>,
}

/// A proxy of the house that has logged the reader in and writes the name into a header.
#[derive(Clone, Debug, PartialEq)]
pub struct Proxy {
    /// Addresses it asks from; the header is believed from nowhere else.
    pub from: Vec<IpAddr>,
    /// Lower case.
    pub header: String,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Access {
    pub users: Vec<User>,
    /// The one token of `token_file`: an administrator without a name.
    pub token: Option<Secret>,
    pub proxy: Option<Proxy>,
}

/// Who asks.
#[derive(Clone, Debug, PartialEq)]
pub struct Who {
    /// None: the one token, which many may know.
    pub name: Option<String>,
    pub role: Role,
    pub clusters: Vec<ClusterId>,
}

/// Why somebody may not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// No user and no token is configured.
    NobodyMay,
    /// Nothing was sent that says who asks.
    Unnamed,
    /// What was sent is nobody's.
    Unknown,
    Expired,
    RoleTooLow {
        has: Role,
        needs: Role,
    },
    OtherCluster {
        cluster: ClusterId,
    },
    /// It is about more than one cluster, and these alone are theirs.
    WholeEstate {
        own: Vec<ClusterId>,
    },
}

impl Access {
    /// `bearer`: the token that was sent. `proxied`: the name in the proxy's header, and the
    /// address that the request came from.
    ///
    /// # Errors
    /// Nobody, or nobody any more.
    pub fn who(
        &self,
        bearer: Option<&str>,
        proxied: Option<(&str, IpAddr)>,
        now: Millis,
    ) -> Result<Who, Refusal> {
        if self.users.is_empty() && self.token.is_none() {
            return Err(Refusal::NobodyMay);
        }
        match (bearer, proxied) {
            (Some(token), _) => self.by_token(token, now),
            (None, Some((name, from))) if self.trusts(from) => {
                let user = self.users.iter().find(|u| u.name == name).ok_or(Refusal::Unknown)?;
                valid(user, now)
            }
            _ => Err(Refusal::Unnamed),
        }
    }

    fn by_token(&self, token: &str, now: Millis) -> Result<Who, Refusal> {
        let given: [u8; 32] = Sha256::digest(token).into();
        // every one is compared, each in the same time
        let mut found = None;
        for user in &self.users {
            if user.token_sha256.is_some_and(|hash| same(&hash, &given)) {
                found = Some(user);
            }
        }
        let one = self.token.as_ref().map(|t| Sha256::digest(t.reveal()).into());
        if one.is_some_and(|hash: [u8; 32]| same(&hash, &given)) {
            return Ok(Who { name: None, role: Role::Admin, clusters: Vec::new() });
        }
        valid(found.ok_or(Refusal::Unknown)?, now)
    }

    fn trusts(&self, from: IpAddr) -> bool {
        let from = from.to_canonical();
        self.proxy.as_ref().is_some_and(|p| p.from.iter().any(|ip| ip.to_canonical() == from))
    }
}

fn valid(user: &User, now: Millis) -> Result<Who, Refusal> {
    if user.expires.is_some_and(|end| now >= end) {
        return Err(Refusal::Expired);
    }
    Ok(Who { name: Some(user.name.clone()), role: user.role, clusters: user.clusters.clone() })
}

impl Who {
    /// `cluster`: what it is about; None: the whole estate, for which a scope is too narrow.
    ///
    /// # Errors
    /// The role is too low, or the cluster is another's.
    pub fn may(&self, needs: Role, cluster: Option<&ClusterId>) -> Result<(), Refusal> {
        if self.role < needs {
            return Err(Refusal::RoleTooLow { has: self.role, needs });
        }
        match cluster {
            _ if self.clusters.is_empty() => Ok(()),
            Some(c) if self.clusters.contains(c) => Ok(()),
            Some(c) => Err(Refusal::OtherCluster { cluster: c.clone() }),
            None => Err(Refusal::WholeEstate { own: self.clusters.clone() }),
        }
    }
}

fn same(a: &[u8; 32], b: &[u8; 32]) -> bool {
    a.iter().zip(b).fold(0u8, |differ, (x, y)| differ | (x ^ y)) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn access() -> Access {
        let user = |name: &str, role, token: &str, clusters: &[&str], expires| User {
            name: name.to_owned(),
            role,
            token_sha256: Some(Sha256::digest(token).into()),
            clusters: clusters.iter().map(|c| ClusterId::new(*c)).collect(),
            expires,
        };
        Access {
            users: vec![
                user("zhou", Role::Approver, "t-zhou", &[], None),
                user("li", Role::Operator, "t-li", &["pay"], None),
                user("old", Role::Admin, "t-old", &[], Some(Millis(1000))),
            ],
            token: Some(Secret::new("the-one")),
            proxy: Some(Proxy {
                from: vec!["127.0.0.1".parse().unwrap()],
                header: "x-user".to_owned(),
            }),
        }
    }

    #[test]
    fn a_token_is_somebody_until_it_ends() {
        let a = access();
        let who = |token: &str, now| a.who(Some(token), None, Millis(now));
        assert_eq!(who("t-zhou", 5).unwrap().name.as_deref(), Some("zhou"));
        assert_eq!(who("the-one", 5).unwrap().role, Role::Admin);
        assert_eq!(who("t-old", 999).unwrap().role, Role::Admin);
        assert_eq!(who("t-old", 1000), Err(Refusal::Expired));
        assert_eq!(who("T-zhou", 5), Err(Refusal::Unknown));
        assert_eq!(who("", 5), Err(Refusal::Unknown));
        assert_eq!(a.who(None, None, Millis(5)), Err(Refusal::Unnamed));
        assert_eq!(Access::default().who(Some("x"), None, Millis(5)), Err(Refusal::NobodyMay));
    }

    #[test]
    fn a_proxy_is_believed_only_from_its_address_and_never_over_a_token() {
        let a = access();
        let from = |ip: &str| Some(("zhou", ip.parse().unwrap()));
        assert_eq!(a.who(None, from("127.0.0.1"), Millis(5)).unwrap().role, Role::Approver);
        assert_eq!(a.who(None, from("::ffff:127.0.0.1"), Millis(5)).unwrap().role, Role::Approver);
        assert_eq!(a.who(None, from("10.0.0.1"), Millis(5)), Err(Refusal::Unnamed));
        assert_eq!(a.who(Some("wrong"), from("127.0.0.1"), Millis(5)), Err(Refusal::Unknown));
        let nobody = Some(("root", "127.0.0.1".parse().unwrap()));
        assert_eq!(a.who(None, nobody, Millis(5)), Err(Refusal::Unknown));
    }

    #[test]
    fn a_role_and_a_scope_bound_what_one_may() {
        let a = access();
        let li = a.who(Some("t-li"), None, Millis(5)).unwrap();
        let (pay, risk) = (ClusterId::new("pay"), ClusterId::new("risk"));
        assert_eq!(li.may(Role::Operator, Some(&pay)), Ok(()));
        let needs = Role::Approver;
        let low = Err(Refusal::RoleTooLow { has: Role::Operator, needs });
        assert_eq!(li.may(needs, Some(&pay)), low);
        let other = |cluster: &ClusterId| Err(Refusal::OtherCluster { cluster: cluster.clone() });
        assert_eq!(li.may(Role::Operator, Some(&risk)), other(&risk));
        // the estate is more than its clusters
        assert_eq!(li.may(Role::Operator, None), Err(Refusal::WholeEstate { own: vec![pay] }));
    }
}
