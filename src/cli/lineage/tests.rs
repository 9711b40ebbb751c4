use super::*;

fn views() -> (LineageView, LevelsView) {
    let lineage = serde_json::from_str(include_str!("../testdata/lineage.json")).expect("fixture");
    let levels = serde_json::from_str(include_str!("../testdata/levels.json")).expect("fixture");
    (lineage, levels)
}

#[test]
fn tree_and_levels() {
    let (view, levels) = views();
    let screen = Screen { width: 120, colour: false };
    for (name, lang) in [("en", Lang::En), ("zh", Lang::Zh)] {
        let now = 1_700_000_002_000;
        let text = render(&view, &levels, now, lang, &TimeZone::UTC, &screen);
        insta::assert_snapshot!(name, text);
    }
}

#[test]
fn a_job_that_only_feeds_something_late_is_fine() {
    let (mut view, mut levels) = views();
    assert_eq!(exit(&view, &levels), Exit::Over);
    view.nodes[2].status = Status::Normal;
    levels.rows[1].delay.status = Status::Normal;
    levels.rows[2].delay.status = Status::Over;
    assert_eq!(exit(&view, &levels), Exit::Fine);
    view.focus = None;
    assert_eq!(exit(&view, &levels), Exit::CannotTell);
}
