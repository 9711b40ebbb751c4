//! From an incident to a plan, or to the reasons why there is none. [`guard::GUARDS`] is the list
//! of what may hold a plan; each guard is a file with its test.

pub mod guard;
mod ledger;
mod policy;
pub mod say;
#[cfg(test)]
mod testing;
mod view;
mod wanted;

pub use ledger::{Approval, EndKind, Ledger, OpenAction, Past, Switch};
pub use policy::{Budgets, JobPolicy, Limits, Policy, Tier};
pub use view::{ClusterView, Dependency, JobView, Ownership, SinkLimit, View};
pub use wanted::{Wanted, peak, wanted};
