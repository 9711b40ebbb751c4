use super::*;
use crate::cli::say::Lang;
use crate::cli::table::Screen;
use crate::web::build;
use jiff::tz::TimeZone;
use serde::de::DeserializeOwned;
use streamwarden_core::inspect::Inspected;

/// The API's own recording.
fn fixture<T: DeserializeOwned>(name: &str) -> T {
    let file = format!("{}/tests/fixtures/api/{name}.json", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(file).expect("it is there");
    serde_json::from_str(&text).expect("it is the view")
}

fn view() -> InspectionView {
    fixture("inspection")
}

fn output(lang: Lang) -> Output {
    let screen = Screen { width: 110, colour: false };
    Output { json: false, lang, zone: TimeZone::UTC, screen, kept: None }
}

#[test]
fn golden_inspect() {
    let list = fixture("inspections");
    let two = fixture("compared");
    let taken = fixture("waivers");
    let both = [Lang::En, Lang::Zh].map(|lang| {
        let out = output(lang);
        let parts = [
            render::report(&view(), &out),
            render::list(&list, &out),
            render::compared(&two, &out),
            render::waivers(&taken, &render::zone(&view().zone, &out), &out),
        ];
        parts.join("\n────\n")
    });
    insta::assert_snapshot!(both.join("\n════\n"));
}

#[test]
fn the_exit_code_says_whether_somebody_has_to_look() {
    let with = |high, judged, not_judged| {
        let mut v = view();
        (v.row.high, v.row.judged, v.row.not_judged) = (high, judged, not_judged);
        exit(&v)
    };
    assert_eq!(with(1, 96, 90), Exit::Over);
    assert_eq!(with(0, 96, 3), Exit::Fine);
    assert_eq!(with(0, 96, 60), Exit::CannotTell, "most of it was not seen");
    assert_eq!(with(0, 0, 0), Exit::CannotTell);
}

#[test]
fn what_nobody_could_look_at_has_no_score() {
    let empty = Inspected::default();
    let view = build::inspection(&empty, false);
    assert_eq!((view.row.points, view.scores.estate.points), (None, None));
    let told = render::report(&view, &output(Lang::En));
    assert!(told.contains("Nothing could be inspected") && !told.contains("100"), "{told}");
    assert_eq!(exit(&view), Exit::CannotTell);
}

#[test]
fn a_waiver_ends_in_the_zone_of_inspections() {
    let zone = TimeZone::get("America/New_York").expect("a zone");
    let now = 1_795_000_000_000;
    let told = |text| until(text, now, &zone).ok().map(|at| render::named(at, &zone));
    let at = |time: &str| Some(format!("2026-12-01 {time} EST (America/New_York)"));
    assert_eq!(told("2026-12-01"), at("00:00:00"));
    assert_eq!(told("2026-12-01 08:00"), at("08:00:00"));
    assert_eq!(told("2026-12-01T13:00:00Z"), at("08:00:00"));
    assert_eq!(told("2026-12-01 13:00:00 UTC"), at("08:00:00"));
    assert_eq!(told("soon"), None);
}
