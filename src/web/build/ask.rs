//! Evidence asked again, and its curve.

use super::incident::{check, figure, truth};
use super::subject::Scene;
use crate::web::view_incident::{Answer, EvidenceCurve};
use streamwarden_core::estate::{Millis, Span, Subject};
use streamwarden_core::rules::{self, Asked, Ctx, Figure};

/// What an expression comes to, at a moment that history still shows.
///
/// # Errors
/// The first mistake in the expression.
pub fn answer(scene: &Scene, s: &Subject, expr: &str, at: Millis) -> Result<Answer, Asked> {
    let ctx = Ctx::new(scene.s).at(at);
    let told = rules::ask(expr, s, &ctx)?;
    // of a condition that is unknown, only its checks tell that it is one
    let condition = match &told.value {
        Some(Figure::Truth { truth }) => Some(*truth),
        _ => None,
    };
    let known = condition.map(|t| if t { rules::Truth::True } else { rules::Truth::False });
    let unknown = told.value.is_none() && !told.checks.is_empty();
    let known = known.or(unknown.then_some(rules::Truth::Unknown));
    Ok(Answer {
        at: at.0,
        subject: scene.subject(s),
        expr: expr.to_owned(),
        truth: known.map(truth),
        value: told.value.as_ref().filter(|_| condition.is_none()).map(figure),
        checks: told.checks.iter().map(|c| check(scene, c)).collect(),
        missing: told.missing.map(|m| m.to_string()),
    })
}

/// What is plotted: of a comparison its left side.
#[derive(Clone, Copy, Debug)]
pub struct CurveOf<'a> {
    pub subject: &'a Subject,
    pub expr: &'a str,
    pub from: Millis,
    pub to: Millis,
    /// The data comes this often.
    pub tick: Span,
}

/// # Errors
/// The first mistake in the expression; that it is no number.
pub fn evidence_curve(scene: &Scene, of: &CurveOf) -> Result<EvidenceCurve, Asked> {
    let span = (of.to - of.from).0.max(1);
    let step = of.tick.0.max(span / (rules::MAX_POINTS as i64 - 1)).max(1);
    let n = usize::try_from(span / step + 1).unwrap_or(rules::MAX_POINTS);
    let ctx = Ctx::new(scene.s);
    let curve = rules::curve(of.expr, of.subject, &ctx, of.from, of.to, n)?;
    let (op, threshold) = match curve.against {
        Some((op, with)) => (Some(op.to_string()), Some(with)),
        None => (None, None),
    };
    Ok(EvidenceCurve {
        at: scene.s.at.0,
        from: of.from.0,
        to: of.to.0,
        step_ms: step,
        subject: scene.subject(of.subject),
        expr: of.expr.to_owned(),
        unit: Some(curve.unit.to_string()),
        points: curve.points.into_iter().filter_map(|(at, v)| Some((at.0, v?))).collect(),
        threshold,
        op,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::testdata::{self, NOW, TICK, flink_urls};
    use crate::web::view_incident::Truth;

    #[test]
    fn evidence_is_asked_again_as_it_was_found() {
        let (s, flink) = (testdata::snapshot(), flink_urls());
        let scene = Scene { s: &s, flink: &flink };
        let ask = |expr: &str| answer(&scene, &testdata::window(), expr, NOW).unwrap();
        // subtask 0 is idle a tenth of its time, subtask 1 four tenths
        let held = ask("max(busy) >= 0.85 for 20s");
        assert_eq!((held.truth, held.value.clone()), (Some(Truth::True), None));
        let seen = held.checks[0].value.as_ref().and_then(|f| f.value).unwrap();
        assert!((seen - 0.9).abs() < 0.02, "{seen}");
        assert_eq!(ask("min(busy) >= 0.85").truth, Some(Truth::False));
        let value = ask("max(busy)");
        assert_eq!(value.value.and_then(|f| f.unit).as_deref(), Some("ratio"));
        let unknown = ask("max(emit_lag) > 3s");
        assert_eq!(unknown.truth, Some(Truth::Unknown), "{unknown:?}");
        assert!(unknown.missing.is_some());
        assert!(answer(&scene, &testdata::window(), "bussy", NOW).is_err());
    }

    #[test]
    fn a_curve_has_its_threshold_and_is_bounded() {
        let (s, flink) = (testdata::snapshot(), flink_urls());
        let scene = Scene { s: &s, flink: &flink };
        let subject = testdata::window();
        let of = CurveOf {
            subject: &subject,
            expr: "max(busy) >= 0.85 for 20s",
            from: NOW - Span::secs(600),
            to: NOW,
            tick: TICK,
        };
        let curve = evidence_curve(&scene, &of).unwrap();
        assert_eq!((curve.op.as_deref(), curve.threshold), (Some(">="), Some(0.85)));
        assert_eq!((curve.step_ms, curve.points.len()), (TICK.0, 121));
        let day = CurveOf { from: NOW - Span::secs(86_400), ..of };
        let curve = evidence_curve(&scene, &day).unwrap();
        assert!(curve.step_ms > 100_000 && curve.points.len() < 30, "only what history shows");
    }
}
