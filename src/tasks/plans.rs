//! Announced work while the process runs: on disk before it is answered, in every look after it.

use super::World;
use crate::clock;
use crate::notify::message_id;
use crate::store::{self, Store};
use crate::web::plans::{NewWork, PlanError, Plans};
use futures_util::future::BoxFuture;
use std::sync::Arc;
use streamwarden_core::estate::{EndedEarly, Millis, Name, PlannedWork};
use tokio::sync::Mutex;

/// More at once is somebody's script gone wild.
const MOST_OPEN: usize = 500;

#[derive(Clone)]
pub struct PlanBook(Arc<Inner>);

struct Inner {
    store: Arc<Store>,
    world: World,
    /// Who changes it holds this.
    writing: Mutex<()>,
}

impl PlanBook {
    /// With what was announced before the start.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn open(store: Arc<Store>, world: World) -> Result<PlanBook, store::Error> {
        let book = PlanBook(Arc::new(Inner { store, world, writing: Mutex::default() }));
        book.read(clock::now()).await?;
        Ok(book)
    }

    async fn read(&self, now: Millis) -> Result<(), store::db::Error> {
        let all = self.0.store.incidents().planned_work(now).await?;
        self.0.world.plan(Arc::new(all));
        Ok(())
    }

    async fn write(&self, new: NewWork) -> Result<PlannedWork, PlanError> {
        let _writing = self.0.writing.lock().await;
        let made = clock::now();
        let open = self.all().iter().filter(|w| w.over() > made).count();
        if open >= MOST_OPEN {
            return Err(PlanError::TooMany(open));
        }
        let scope = serde_json::to_string(&new.scope).unwrap_or_default();
        let moments = format!("{} {} {}", made.0, new.from.0, new.until.0);
        let NewWork { scope: place, from, until, who, why, silence } = new;
        let kind = if silence.is_some() { "silence" } else { "planned work" };
        let id = message_id(&[kind, &scope, &moments, &who, &why]).into();
        let (scope, ended) = (place, None);
        let work = PlannedWork { id, scope, from, until, who, why, made, ended, silence };
        self.0.store.incidents().plan(&work).await.map_err(broken)?;
        tracing::info!(id = %work.id, by = %work.who, scope = %work.scope, kind, "it was announced");
        self.read(made).await.map_err(broken)?;
        Ok(work)
    }

    async fn finish(&self, id: &str, by: Name) -> Result<PlannedWork, PlanError> {
        let _writing = self.0.writing.lock().await;
        let all = self.all();
        let fitting: Vec<&PlannedWork> = all.iter().filter(|w| w.id.starts_with(id)).collect();
        let work = match fitting.as_slice() {
            [one] => *one,
            [] => return Err(PlanError::NotFound),
            several => {
                let ids = several.iter().take(8).map(|w| w.id.to_string());
                return Err(PlanError::Several(ids.collect()));
            }
        };
        let at = clock::now();
        if at >= work.over() {
            return Err(PlanError::Over(Box::new(work.clone())));
        }
        let ended = EndedEarly { at, by };
        self.0.store.incidents().end_work(&work.id, &ended).await.map_err(broken)?;
        tracing::info!(id = %work.id, by = %ended.by, "what was announced was ended");
        self.read(at).await.map_err(broken)?;
        Ok(PlannedWork { ended: Some(ended), ..work.clone() })
    }
}

fn broken(e: store::db::Error) -> PlanError {
    tracing::error!(error = %e, "announced work cannot be written down");
    PlanError::Store(e.to_string())
}

impl Plans for PlanBook {
    fn all(&self) -> Arc<Vec<PlannedWork>> {
        self.0.world.planned()
    }

    fn add(&self, work: NewWork) -> BoxFuture<'_, Result<PlannedWork, PlanError>> {
        Box::pin(self.write(work))
    }

    fn end<'a>(&'a self, id: &'a str, by: Name) -> BoxFuture<'a, Result<PlannedWork, PlanError>> {
        Box::pin(self.finish(id, by))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use streamwarden_core::estate::{Estate, Scope, SeriesTable, Span};
    use streamwarden_core::lineage::Settings;

    async fn book(dir: &std::path::Path) -> (PlanBook, World) {
        let (store, _) = Store::open(dir, clock::now(), store::WINDOW).await.unwrap();
        let (table, settings) = (SeriesTable::default(), Settings::default());
        let world = World::new(Estate::default(), table, Vec::new(), settings, Vec::new());
        (PlanBook::open(Arc::new(store), world.clone()).await.unwrap(), world)
    }

    fn work(minutes: i64) -> NewWork {
        let from = clock::now();
        NewWork {
            scope: Scope::Estate,
            from,
            until: from + Span::secs(60 * minutes),
            who: "li.wei".into(),
            why: "new racks".into(),
            silence: None,
        }
    }

    #[tokio::test]
    async fn every_look_has_it_and_a_restart_finds_it_again() {
        let dir = tempfile::tempdir().unwrap();
        let (first, world) = book(dir.path()).await;
        let made = first.add(work(30)).await.unwrap();
        let short = first.add(work(5)).await.unwrap();
        assert_eq!(*world.look().planned, [made.clone(), short.clone()]);
        let ended = first.end(&short.id[..8], "chen".into()).await.unwrap();
        assert_eq!(ended.ended.as_ref().map(|e| &*e.by), Some("chen"));
        drop((first, world));

        let (second, world) = book(dir.path()).await;
        assert_eq!(*world.look().planned, [made, ended.clone()]);
        assert_eq!(second.end("beef", "x".into()).await, Err(PlanError::NotFound));
        let again = second.end(&ended.id, "x".into()).await;
        assert_eq!(again, Err(PlanError::Over(Box::new(ended))), "who ended it first stays");
        assert!(matches!(second.end("", "x".into()).await, Err(PlanError::Several(_))));
    }
}
