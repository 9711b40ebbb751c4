use super::*;
use streamwarden_core::estate::{ChangeKind, ClusterId, Entity};
use streamwarden_core::signals::Signal;

const NOW: Millis = Millis(1_763_700_000_000);

fn entity() -> Entity {
    Entity::FlinkCluster { cluster: ClusterId::new("prod") }
}

fn change() -> Change {
    Change {
        at: NOW,
        seen: NOW,
        entity: entity(),
        kind: ChangeKind::FlinkVersion,
        what: None,
        from: Some("1.20.1".into()),
        to: Some("2.2.0".into()),
    }
}

#[tokio::test]
async fn a_start_finds_everything_again() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("data");
    let (store, mut restored) = Store::open(&path, NOW, WINDOW).await.unwrap();
    assert_eq!((restored.table.series_count(), restored.changes.len()), (0, 0));
    restored.table.record(&entity(), Signal::TaskManagers, NOW, 3.0);
    store.flush(&restored.table, NOW).await.unwrap();
    store.record(&[change()], &Estate::default(), NOW).await.unwrap();
    let status = store.status().await;
    assert!(status.disk_bytes > 0, "{status:?}");
    assert_eq!((status.last_flush, status.oldest), (Some(NOW), Some(NOW)));
    assert_eq!((status.flush_error, status.record_error), (None, None));
    drop(store);

    let (_store, restored) = Store::open(&path, NOW, WINDOW).await.unwrap();
    let series = restored.table.get(&entity(), Signal::TaskManagers).unwrap();
    assert_eq!(series.last(), Some((NOW, 3.0)));
    assert_eq!(restored.changes, vec![change()]);
}

#[tokio::test]
async fn two_processes_do_not_share_a_directory() {
    let dir = tempfile::tempdir().unwrap();
    let (store, _) = Store::open(dir.path(), NOW, WINDOW).await.unwrap();
    let error = Store::open(dir.path(), NOW, WINDOW).await.unwrap_err();
    let pid = std::process::id();
    assert!(matches!(error, Error::InUse { pid: Some(p), .. } if p == pid), "{error:?}");
    assert!(error.to_string().contains("in use by another Streamwarden"), "{error}");
    drop(store);
    Store::open(dir.path(), NOW, WINDOW).await.unwrap();
}

#[tokio::test]
async fn a_failed_flush_shows_in_the_status_until_one_succeeds() {
    let dir = tempfile::tempdir().unwrap();
    let (store, mut restored) = Store::open(dir.path(), NOW, WINDOW).await.unwrap();
    restored.table.record(&entity(), Signal::TaskManagers, NOW, 3.0);
    std::fs::remove_dir(dir.path().join("history")).unwrap();
    let error = store.flush(&restored.table, NOW).await.unwrap_err();
    assert!(error.to_string().contains("cannot create"), "{error}");
    let status = store.status().await;
    assert_eq!((status.flush_error, status.last_flush), (Some(error.to_string()), None));
    std::fs::create_dir(dir.path().join("history")).unwrap();
    store.flush(&restored.table, NOW + Span(1)).await.unwrap();
    let status = store.status().await;
    assert_eq!((status.flush_error, status.last_flush), (None, Some(NOW + Span(1))));
}

#[tokio::test]
async fn a_directory_that_is_a_file_is_said() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("data");
    std::fs::write(&path, "").unwrap();
    let error = Store::open(&path, NOW, WINDOW).await.unwrap_err();
    assert!(error.to_string().contains("data"), "{error}");
    assert!(matches!(error, Error::Dir(_)), "{error:?}");
}

/// A file system of its own, where we may mount one (root).
pub struct Mounted(pub tempfile::TempDir);

impl Mounted {
    pub fn tmpfs(size: &str) -> Option<Mounted> {
        let dir = Mounted(tempfile::tempdir().unwrap());
        let options = format!("size={size}");
        dir.mount(&["-t", "tmpfs", "-o", &options, "tmpfs"]).then_some(dir)
    }
    fn mount(&self, args: &[&str]) -> bool {
        let mount = std::process::Command::new("mount").args(args).arg(self.0.path()).output();
        mount.is_ok_and(|o| o.status.success())
    }
}
impl Drop for Mounted {
    fn drop(&mut self) {
        let _ = std::process::Command::new("umount").arg("-l").arg(self.0.path()).status();
    }
}

#[tokio::test]
async fn a_full_file_system_is_said_and_gone_when_there_is_room() {
    let Some(small) = Mounted::tmpfs("1200k") else {
        return eprintln!("skipped: no right to mount a small file system");
    };
    let path = small.0.path().join("data");
    let (store, mut restored) = Store::open(&path, NOW, WINDOW).await.unwrap();
    std::fs::write(small.0.path().join("ballast"), vec![1; 1200 << 10]).unwrap_err();
    for i in 0..5000 {
        restored.table.record(&entity(), Signal::CpuLoad, NOW + Span(i), 1.0 / (i + 3) as f64);
    }
    let error = store.flush(&restored.table, NOW).await.unwrap_err();
    assert!(matches!(error, Error::History(history::Error::Full { .. })), "{error:?}");
    let changes: Vec<_> = (0..2000).map(|i| Change { at: NOW + Span(i), ..change() }).collect();
    let error = store.record(&changes, &Estate::default(), NOW).await.unwrap_err();
    assert!(matches!(error, Error::Db(db::Error::Full { .. })), "{error:?}");
    // the connection must not be left in a transaction that swallows what follows
    for nth in 2..5 {
        let again = store.record(&[change()], &Estate::default(), NOW).await;
        assert!(again.is_err(), "try {nth}: {again:?}");
    }
    let status = store.status().await;
    assert!(status.flush_error.is_some() && status.record_error.is_some());
    assert!(store.changes(Millis(0), 10).await.unwrap().is_empty(), "no half state");

    std::fs::remove_file(small.0.path().join("ballast")).unwrap();
    assert_eq!(store.flush(&restored.table, NOW).await.unwrap().points, 5000);
    store.record(&[change()], &Estate::default(), NOW).await.unwrap();
    store.close().await;
    drop(store);
    let (_store, back) = Store::open(&path, NOW, WINDOW).await.unwrap();
    assert_eq!((back.report.points, back.report.cut.len(), back.changes.len()), (5000, 0, 1));
}

/// The connection of a removed file takes what is written, and nobody ever reads it again.
#[tokio::test]
async fn a_database_that_was_removed_takes_nothing_more_and_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("data");
    let (store, _) = Store::open(&path, NOW, WINDOW).await.unwrap();
    assert_eq!(store.status().await.record_error, None);
    let thrown = db::journal::Thrown {
        scope: &streamwarden_core::case::Scope::Estate,
        by: "li",
        why: "storm",
        until: None,
        hard: false,
        said: NOW,
        filed: false,
    };
    store.incidents().throw_switch(&thrown).await.unwrap();
    let gone = async || {
        let error = store.incidents().throw_switch(&thrown).await.unwrap_err();
        assert!(matches!(error, db::Error::Gone { .. }), "{error:?}");
        let told = store.status().await.record_error.unwrap();
        assert!(told.contains("no longer the file"), "{told}");
    };
    std::fs::remove_dir_all(&path).unwrap();
    gone().await;
    // another in its place is not it either
    std::fs::create_dir(&path).unwrap();
    std::fs::write(path.join("streamwarden.db"), "").unwrap();
    gone().await;
}

#[tokio::test]
async fn a_read_only_file_system_is_said() {
    let Some(disk) = Mounted::tmpfs("2m") else {
        return eprintln!("skipped: no right to mount a file system");
    };
    let (store, _) = Store::open(disk.0.path(), NOW, WINDOW).await.unwrap();
    store.close().await;
    drop(store);
    assert!(disk.mount(&["-o", "remount,ro"]));
    let error = Store::open(disk.0.path(), NOW, WINDOW).await.unwrap_err();
    assert!(matches!(error, Error::Dir(history::Error::ReadOnly { .. })), "{error:?}");
    assert!(error.to_string().contains("read-only file system: remount it"), "{error}");
    let error = Db::open(&disk.0.path().join("streamwarden.db")).await.unwrap_err();
    assert!(matches!(error, db::Error::CannotOpen { .. }), "{error:?}");
    assert!(error.to_string().contains("on a writable file system"), "{error}");
}
