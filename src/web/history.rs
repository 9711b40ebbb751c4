//! Where the web side reads what was kept of weeks.

use futures_util::future::BoxFuture;
use std::collections::BTreeMap;
use streamwarden_core::estate::Millis;
use streamwarden_core::past::Hour;

pub type Points = Vec<(Millis, f64)>;

pub trait History: Send + Sync {
    /// One measure of one subject (by its id), minute by minute, from `from` to before `to`.
    ///
    /// # Errors
    /// What was wrong, what to do.
    fn minutes<'a>(
        &'a self,
        subject: &'a str,
        name: &'a str,
        from: Millis,
        to: Millis,
    ) -> BoxFuture<'a, Result<Points, String>>;

    /// One measure of everything that it is kept of (by ids), by hours of UTC.
    ///
    /// # Errors
    /// What was wrong, what to do.
    fn hours<'a>(
        &'a self,
        name: &'a str,
        from: Millis,
        to: Millis,
    ) -> BoxFuture<'a, Result<BTreeMap<String, Vec<Hour>>, String>>;

    /// Days (UTC) of which some minutes of a cluster's things were told by another server, and by
    /// which; of one measure or of all.
    ///
    /// # Errors
    /// What was wrong, what to do.
    fn told_by<'a>(
        &'a self,
        cluster: &'a str,
        name: Option<&'a str>,
        from: Millis,
        to: Millis,
    ) -> BoxFuture<'a, Result<Vec<(Millis, String)>, String>>;
}
