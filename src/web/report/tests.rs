//! What a person gets, and that nothing of the estate gets through.

use super::*;
use crate::web::build;
use crate::web::testdata::{HOSTILE, check_golden, inspected};
use crate::web::view_inspection::InspectionView;
use streamwarden_core::text::Tongue;

#[test]
fn an_estate_without_a_name_has_a_title() {
    assert_eq!(Tongue::BOTH.map(|t| titled("", t)), ["Inspection", "巡检报告"]);
    assert_eq!(titled("pay", Tongue::En), "Inspection of pay");
}

#[test]
fn golden_report() {
    let view = build::inspection(&inspected(), true);
    let both = Tongue::BOTH.map(|t| markdown(&view, t)).join("\n---\n\n");
    check_golden("tests/fixtures/report/inspection.md", &both);
    check_golden("tests/fixtures/report/inspection.html", &html(&view, Tongue::En));
    check_golden("tests/fixtures/report/inspection.zh.html", &html(&view, Tongue::Zh));
    check_golden("tests/fixtures/report/inspection.csv", &csv(&view, Tongue::En));
}

fn written_by(text: &str) -> InspectionView {
    let mut i = inspected();
    i.report.names.values_mut().for_each(|name| *name = text.into());
    for f in &mut i.report.findings {
        (f.says.en, f.says.zh) = (text.into(), text.into());
        f.source = f.says.clone();
        f.team = Some(text.into());
        f.advice = vec![f.says.clone()];
        f.waived.iter_mut().for_each(|w| w.reason = text.into());
    }
    let told = i.incidents.iter_mut().flat_map(|of| &mut of.told);
    told.for_each(|o| (o.says.en, o.says.zh) = (text.into(), text.into()));
    i.estate = text.into();
    build::inspection(&i, true)
}

/// Every text of a finding, a waiver, a name and a check is what somebody else wrote.
#[test]
fn nothing_that_others_wrote_is_markup() {
    let hostile = format!("{HOSTILE}|*x*[a](javascript:1)`\"' onload='");
    let (view, tame) = (written_by(&hostile), written_by("x"));
    for t in Tongue::BOTH {
        let page = html(&view, t);
        assert!(!page.contains("<script"), "{page}");
        let elements = |page: &str| page.matches('<').count();
        assert_eq!(elements(&page), elements(&html(&tame, t)));
        // what is behind a backslash is no bracket
        let md = markdown(&view, t).replace("\\]", "");
        for never in ["<script", "](", "\u{1b}"] {
            assert!(!md.contains(never), "{never}: {md}");
        }
        assert!(!csv(&view, t).contains('\u{1b}'));
    }
}

#[test]
fn the_page_loads_nothing_and_its_style_is_the_one_that_may_be() {
    let page = html(&build::inspection(&inspected(), true), Tongue::En);
    let head = format!("content=\"{}\"", policy());
    assert!(page.contains(&head));
    for never in ["<script", "<link", "<img", "src=", "href=", "style=\"", "url(", "@import"] {
        assert!(!page.contains(never), "{never}");
    }
}

#[test]
fn the_first_report_says_nothing_of_what_stood_before() {
    let mut i = inspected();
    i.before = None;
    for f in &mut i.report.findings {
        f.standing = streamwarden_core::inspect::Standing::Still;
        f.since = i.report.at;
    }
    let first = build::inspection(&i, true);
    let page = html(&first, Tongue::En);
    assert!(!page.contains("\">since 20"), "{page}");
    assert!(!csv(&first, Tongue::En).contains(",still,"));
    assert!(!markdown(&first, Tongue::Zh).contains(" 起: "));
    i.before = inspected().before;
    assert!(html(&build::inspection(&i, true), Tongue::En).contains("\">since 20"));
}

#[test]
fn one_that_was_made_up_for_says_when_it_was_due() {
    let mut view = build::inspection(&inspected(), true);
    view.row.due = Some(view.row.at - 30_000);
    assert!(!html(&view, Tongue::En).contains("was due"));
    view.row.due = Some(view.row.at - 3_600_000);
    assert!(html(&view, Tongue::En).contains(", was due 20"));
    assert!(markdown(&view, Tongue::Zh).contains("（应于 20"));
}
