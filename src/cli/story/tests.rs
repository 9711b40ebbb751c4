use super::*;

fn view() -> IncidentView {
    serde_json::from_str(include_str!("../../../tests/fixtures/api/incident.json"))
        .expect("the API's own recording")
}

#[test]
fn golden_story() {
    let wide = Screen { width: 120, colour: false };
    insta::assert_snapshot!("en", render(&view(), Lang::En, &wide));
    insta::assert_snapshot!(
        "zh_narrow",
        render(&view(), Lang::Zh, &Screen { width: 60, colour: false })
    );
}

#[test]
fn no_line_is_wider_than_the_screen() {
    for (lang, width) in [(Lang::En, 40), (Lang::En, 72), (Lang::Zh, 50), (Lang::Zh, 100)] {
        let text = render(&view(), lang, &Screen { width, colour: false });
        let widest = text.lines().map(UnicodeWidthStr::width).max();
        assert!(widest <= Some(width), "{widest:?} > {width}:\n{text}");
    }
}

#[test]
fn what_the_estate_says_cannot_reach_the_terminal() {
    let mut view = view();
    view.row.subject.name = "\u{1b}[31mred".into();
    view.considered[0].cause = "x\u{7}\n".into();
    view.missing[0].what = "\u{202e}abc".into();
    let text = render(&view, Lang::En, &Screen { width: 100, colour: false });
    assert!(!text.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{text}");
}
