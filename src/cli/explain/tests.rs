use super::*;

#[test]
fn golden_explain() {
    let view: IncidentView =
        serde_json::from_str(include_str!("../../../tests/fixtures/api/incident.json"))
            .expect("the API's own recording");
    let screen = Screen { width: 110, colour: false };
    let now = view.at + 3000;
    insta::assert_snapshot!("en", render(&view, now, Lang::En, &TimeZone::UTC, &screen));
    insta::assert_snapshot!("zh", render(&view, now, Lang::Zh, &TimeZone::UTC, &screen));
    assert_eq!(exit(&view), Exit::Over);
}
