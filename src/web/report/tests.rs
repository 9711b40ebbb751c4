//! What a person gets, and that nothing of the estate gets through.

use super::*;
use crate::web::build;
use crate::web::testdata::{HOSTILE, check_golden, inspected};
use streamwarden_core::text::Tongue;

#[test]
fn golden_report() {
    let view = build::inspection(&inspected(), true);
    let both = Tongue::BOTH.map(|t| markdown(&view, t)).join("\n---\n\n");
    check_golden("tests/fixtures/report/inspection.md", &both);
    check_golden("tests/fixtures/report/inspection.html", &html(&view, Tongue::En));
    check_golden("tests/fixtures/report/inspection.zh.html", &html(&view, Tongue::Zh));
    check_golden("tests/fixtures/report/inspection.csv", &csv(&view, Tongue::En));
}

/// Every text of a finding, a waiver, a name and a check is what somebody else wrote.
#[test]
fn nothing_that_others_wrote_is_markup() {
    let mut i = inspected();
    let hostile = format!("{HOSTILE}|*x*[a](javascript:1)`\"' onload='");
    for name in i.report.names.values_mut() {
        *name = hostile.as_str().into();
    }
    for f in &mut i.report.findings {
        (f.says.en, f.says.zh) = (hostile.clone(), hostile.clone());
        (f.source, f.team) = (hostile.as_str().into(), Some(hostile.as_str().into()));
        f.advice = vec![f.says.clone()];
        f.waived.iter_mut().for_each(|w| w.reason = hostile.as_str().into());
    }
    i.estate = hostile.as_str().into();
    let view = build::inspection(&i, true);
    for t in Tongue::BOTH {
        let page = html(&view, t);
        assert!(!page.contains("<script"), "{page}");
        assert_eq!(
            page.matches('<').count(),
            html(&build::inspection(&inspected(), true), t).matches('<').count()
        );
        let md = markdown(&view, t);
        assert!(
            !md.contains("<script") && !md.contains("](java") && !md.contains("\u{1b}"),
            "{md}"
        );
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
