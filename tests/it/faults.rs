//! Every fault and control, each in a bed of its own: what the product must and must not say.

use super::support::{Scene, agree, seed, wanted};
use std::time::Duration;
use testbed::{Args, Mode, Role};

/// Steady first: all read edges known and normal.
fn steady(mode: Mode, exactly_once: Option<Role>) -> Option<Scene> {
    steady_of(seed(), mode, exactly_once)
}

fn steady_of(seed: u64, mode: Mode, exactly_once: Option<Role>) -> Option<Scene> {
    if !wanted("BED_ALL") {
        return None;
    }
    let mut scene = Scene::start(seed, mode, exactly_once);
    let edges = scene.read_edges();
    scene.wait(90, "normal edges", move |p| {
        let now = p.edges().unwrap();
        edges
            .iter()
            .all(|(t, j)| now.iter().any(|e| e.from == *t && e.to == *j && e.status == "normal"))
    });
    Some(scene)
}

/// The edge that is hit turns red and no other does; what is shown is true.
fn hits_orders(name: &str, share_right: bool) {
    hits_orders_of(seed(), name, share_right);
}

fn hits_orders_of(seed: u64, name: &str, share_right: bool) {
    let Some(mut scene) = steady_of(seed, Mode::Mini, None) else { return };
    let edges = scene.read_edges();
    scene.bed.on(name, &Args::new()).unwrap();
    let took =
        scene.wait(150, "a red edge", |p| p.edges().unwrap().iter().any(|e| e.status == "over"));
    eprintln!("{name}: red after {:.1} s", took.as_secs_f64());
    let said = scene.edge(&edges[0]).unwrap();
    assert_eq!(said.status, "over", "{said:?}");
    assert_ne!(scene.edge(&edges[2]).unwrap().status, "over", "the unrelated job");
    let compared = scene.compare(&edges[0], 30);
    if share_right {
        agree(name, &compared, 8);
    } else {
        let worst = compared.iter().map(|c| c.error()).fold(0.0, f64::max);
        eprintln!("{name}: worst error {worst:.1} s over {} readings", compared.len());
    }
    scene.bed.off(name).unwrap();
    scene.wait(200, "recovery", |p| p.edges().unwrap().iter().all(|e| e.status != "over"));
}

#[test]
fn slow_function() {
    hits_orders("slow-function", true);
}

#[test]
fn surge() {
    hits_orders("surge", false);
}

#[test]
fn hot_partition() {
    // one subtask of four must do nine tenths of the work; with one or two it is no fault
    let wide = |s: &u64| testbed::EstateSpec::seeded(*s).dwd.parallelism == 4;
    let seed = (seed()..).find(wide).unwrap_or_default();
    hits_orders_of(seed, "hot-partition", true);
}

/// No lag and no error anywhere: only the watermark stands still, and results with it.
#[test]
fn idle_partition() {
    let Some(mut scene) = steady(Mode::Mini, None) else { return };
    scene.bed.on("idle-partition", &Args::new()).unwrap();
    let dwd = scene.bed.spec().dwd.job.clone();
    scene.wait(120, "a wait for the watermark", move |p| {
        let view = p.get("/api/v1/lineage").unwrap();
        let node =
            view["nodes"].as_array().unwrap().iter().find(|n| n["name"] == dwd.as_str()).cloned();
        node.is_some_and(|n| n["inside"]["window_wait"].as_f64().is_some_and(|w| w > 10.0))
    });
    for edge in scene.read_edges() {
        assert_ne!(scene.edge(&edge).unwrap().status, "over", "no record is late: {}", scene.now());
    }
    scene.bed.off("idle-partition").unwrap();
}

/// Nothing is known of a topic whose broker is silent: not zero, not good.
#[test]
fn broker_down() {
    let Some(mut scene) = steady(Mode::Mini, None) else { return };
    scene.bed.on("broker-down", &Args::new()).unwrap();
    let edges = scene.read_edges();
    let hit = edges[0].clone();
    scene.wait(60, "an edge that is not called normal", move |p| {
        p.read_edge(&hit.0, &hit.1).unwrap().is_some_and(|e| e.status != "normal")
    });
    std::thread::sleep(Duration::from_secs(10));
    for edge in &edges {
        let said = scene.edge(edge).unwrap();
        assert!(said.status != "normal", "{said:?}");
        assert!(said.seconds.is_none() || said.at_least, "{said:?}");
    }
    let system = scene.product.get("/api/v1/system").unwrap();
    let down = system["targets"]
        .as_array()
        .unwrap()
        .iter()
        .any(|t| t["kind"] == "kafka" && t["up"] == false);
    assert!(down, "{system}");
    scene.bed.off("broker-down").unwrap();
    scene.wait(120, "recovery", |p| {
        let now = p.edges().unwrap();
        edges
            .iter()
            .all(|(t, j)| now.iter().any(|e| e.from == *t && e.to == *j && e.status == "normal"))
    });
}

#[test]
fn taskmanager_killed() {
    let Some(mut scene) = steady(Mode::Processes, None) else { return };
    scene.bed.on("taskmanager-killed", &Args::new()).unwrap();
    scene.wait(60, "the lost TaskManager and a restart as changes", |p| {
        let list = p.get("/api/v1/changes?limit=500").unwrap();
        let has = |k: &str| list["changes"].as_array().unwrap().iter().any(|c| c["kind"] == k);
        has("task_manager_gone") && (has("restarted") || has("job_state"))
    });
    scene.bed.off("taskmanager-killed").unwrap();
    let edges = scene.read_edges();
    scene.wait(180, "recovery", move |p| {
        let now = p.edges().unwrap();
        edges
            .iter()
            .all(|(t, j)| now.iter().any(|e| e.from == *t && e.to == *j && e.status == "normal"))
    });
}

/// Not seeing is unknown, and ends when we see again; no change is made up.
#[test]
fn scrape_gap() {
    let Some(mut scene) = steady(Mode::Mini, None) else { return };
    let count = |p: &testbed::product::Product| {
        p.get("/api/v1/changes?limit=500").unwrap()["changes"].as_array().unwrap().len()
    };
    let before = count(&scene.product);
    scene.bed.on("scrape-gap", &Args::new()).unwrap();
    let hit = scene.read_edges()[0].clone();
    scene.wait(60, "an unknown edge", move |p| {
        p.read_edge(&hit.0, &hit.1)
            .unwrap()
            .is_some_and(|e| e.status == "unknown" && e.seconds.is_none())
    });
    scene.bed.off("scrape-gap").unwrap();
    let edges = scene.read_edges();
    scene.wait(60, "sight again", move |p| {
        let now = p.edges().unwrap();
        edges
            .iter()
            .all(|(t, j)| now.iter().any(|e| e.from == *t && e.to == *j && e.status == "normal"))
    });
    assert_eq!(count(&scene.product), before, "a gap is no change of theirs");
}

#[test]
fn planned_restart() {
    let Some(mut scene) = steady(Mode::Mini, None) else { return };
    scene.bed.on("planned-restart", &Args::new()).unwrap();
    let edge = scene.read_edges()[0].clone();
    scene.wait(60, "a new run", |p| {
        let list = p.get("/api/v1/changes?limit=500").unwrap();
        list["changes"].as_array().unwrap().iter().any(|c| c["kind"] == "new_run")
    });
    scene.bed.off("planned-restart").unwrap();
    // what was read again from the checkpoint is told apart from what had been read by then only
    // once the new run has passed it
    std::thread::sleep(Duration::from_secs(25));
    let hit = edge.clone();
    scene.wait(120, "catch-up", move |p| {
        p.read_edge(&hit.0, &hit.1).unwrap().is_some_and(|e| e.status == "normal")
    });
    agree("after the restart", &scene.compare(&edge, 15), 4);
}

/// Markers of transactions are no lag: ten quiet seconds and more, and the edge stays at zero.
#[test]
fn quiet_exactly_once() {
    let Some(mut scene) = steady(Mode::Mini, Some(Role::Dwd)) else { return };
    scene.bed.on("quiet-exactly-once", &Args::new()).unwrap();
    let edge = scene.read_edges()[1].clone();
    let quiet = edge.clone();
    scene.wait(90, "a quiet edge without lag", move |p| {
        p.read_edge(&quiet.0, &quiet.1).unwrap().is_some_and(|e| e.topic_wait == Some(0.0))
    });
    for _ in 0..20 {
        std::thread::sleep(Duration::from_secs(1));
        let said = scene.edge(&edge).unwrap();
        assert!(said.topic_wait.is_none_or(|w| w < 3.0), "markers shown as lag: {said:?}");
        assert_ne!(said.status, "over", "{said:?}");
    }
    scene.bed.off("quiet-exactly-once").unwrap();
}
