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
    let (store, mut restored) = Store::open(&path, NOW).await.unwrap();
    assert_eq!((restored.table.series_count(), restored.changes.len()), (0, 0));
    restored.table.record(&entity(), Signal::TaskManagers, NOW, 3.0);
    store.flush(&restored.table, NOW).await.unwrap();
    store.record(&[change()], &Estate::default(), NOW).await.unwrap();
    let status = store.status().await;
    assert!(status.disk_bytes > 0, "{status:?}");
    assert_eq!((status.last_flush, status.oldest), (Some(NOW), Some(NOW)));
    assert_eq!((status.flush_error, status.record_error), (None, None));
    drop(store);

    let (_store, restored) = Store::open(&path, NOW).await.unwrap();
    let series = restored.table.get(&entity(), Signal::TaskManagers).unwrap();
    assert_eq!(series.last(), Some((NOW, 3.0)));
    assert_eq!(restored.changes, vec![change()]);
}

#[tokio::test]
async fn two_processes_do_not_share_a_directory() {
    let dir = tempfile::tempdir().unwrap();
    let (store, _) = Store::open(dir.path(), NOW).await.unwrap();
    let error = Store::open(dir.path(), NOW).await.unwrap_err();
    let pid = std::process::id();
    assert!(matches!(error, Error::InUse { pid: Some(p), .. } if p == pid), "{error:?}");
    assert!(error.to_string().contains("in use by another Streamwarden"), "{error}");
    drop(store);
    Store::open(dir.path(), NOW).await.unwrap();
}

#[tokio::test]
async fn a_failed_flush_shows_in_the_status_until_one_succeeds() {
    let dir = tempfile::tempdir().unwrap();
    let (store, mut restored) = Store::open(dir.path(), NOW).await.unwrap();
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
    let error = Store::open(&path, NOW).await.unwrap_err();
    assert!(error.to_string().contains("data"), "{error}");
    assert!(matches!(error, Error::Dir(_)), "{error:?}");
}
