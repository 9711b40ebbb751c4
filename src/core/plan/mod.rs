//! From an incident to a plan, or to the reasons why there is none. [`guard::GUARDS`] is the list
//! of what may hold a plan; each guard is a file with its test.

mod ask;
mod book;
mod cases;
pub mod guard;
mod input;
mod jar;
mod ledger;
mod make;
mod policy;
mod rate;
pub mod say;
mod take;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod unknown;
mod view;
mod wanted;
mod waves;

pub use book::{Ask, Bar, Books, Playbook, What, Word};
pub use cases::judge;
pub use input::{PlanInput, Told};
pub use jar::{Jar, Upload, jar};
pub use ledger::{Approval, Declined, EndKind, Ledger, OpenAction, Past, Switch};
pub use make::{asked, bar, plan};
pub use policy::{Budgets, JobPolicy, Limits, Policy, Tier};
pub use rate::{Need, need, positions};
pub use take::{fresh, outlive, reads, targets, view, young};
pub use view::{ClusterView, Dependency, JobView, Ownership, SinkLimit, View};
pub use wanted::{Wanted, own, peak, wanted};
pub use waves::{feeders, waves};
