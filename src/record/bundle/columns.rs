//! Columns of numbers as short text: integers, each as its step from the one before.

use super::Error;
use serde::{Deserialize, Serialize};
use streamwarden_core::signals::{Signal, Unit};

/// One step, or a run of equal ones: `(step, times)`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Step {
    One(i64),
    Run(i64, u32),
}

/// Runs shorter than this are as short written out.
const RUN: usize = 4;
/// Digits after the point that are ever kept.
const MAX_DIGITS: u8 = 6;
/// The largest integer that a value is sure to hold.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// What a rule can tell apart: a share to a ten-thousandth, bytes to four digits. Counters,
/// offsets and moments stay as they are.
pub fn round(signal: Signal, value: f64) -> f64 {
    use streamwarden_core::signals::Shape;
    match (signal.unit(), signal.shape()) {
        (_, Shape::Counter) => value,
        (Unit::Ratio, _) => (value * 1e4).round() / 1e4,
        (Unit::Bytes, _) if value.abs() >= 1e4 => {
            let unit = 10f64.powi(value.abs().log10().floor() as i32 - 3);
            (value / unit).round() * unit
        }
        (Unit::Milliseconds, _) => value.round(),
        (Unit::Seconds | Unit::Cores, _) => (value * 1e3).round() / 1e3,
        _ => value,
    }
}

/// Integers with the digits that were shifted off; None: a value is too large for that.
pub fn pack(values: &[f64]) -> Option<(u8, Vec<Step>)> {
    let digits = values.iter().map(|v| digits_of(*v)).max().unwrap_or(0);
    let unit = 10f64.powi(i32::from(digits));
    let whole: Option<Vec<i64>> = values
        .iter()
        .map(|v| Some((v * unit).round()).filter(|w| w.abs() < EXACT).map(|w| w as i64))
        .collect();
    Some((digits, steps(&whole?)))
}

fn digits_of(value: f64) -> u8 {
    let fits = |d: &u8| {
        let scaled = value * 10f64.powi(i32::from(*d));
        (scaled - scaled.round()).abs() <= 1e-6 * scaled.abs().clamp(1.0, 1e3)
    };
    (0..MAX_DIGITS).find(fits).unwrap_or(MAX_DIGITS)
}

pub fn steps(whole: &[i64]) -> Vec<Step> {
    let mut out: Vec<Step> = Vec::new();
    let mut before = 0;
    let mut run: (i64, usize) = (0, 0);
    for value in whole {
        let step = value.wrapping_sub(before);
        before = *value;
        if run.1 > 0 && run.0 == step {
            run.1 += 1;
        } else {
            flush(&mut out, run);
            run = (step, 1);
        }
    }
    flush(&mut out, run);
    out
}

fn flush(out: &mut Vec<Step>, (step, times): (i64, usize)) {
    if times < RUN {
        out.extend(std::iter::repeat_n(Step::One(step), times));
    } else {
        out.push(Step::Run(step, u32::try_from(times).unwrap_or(u32::MAX)));
    }
}

/// Exactly `count` numbers.
pub fn unpack(steps: &[Step], count: usize) -> Option<Vec<i64>> {
    let mut out = Vec::with_capacity(count);
    let mut value = 0i64;
    for step in steps {
        let (by, times) = match *step {
            Step::One(by) => (by, 1),
            Step::Run(by, times) => (by, times as usize),
        };
        if times > count - out.len() {
            return None;
        }
        for _ in 0..times {
            value = value.wrapping_add(by);
            out.push(value);
        }
    }
    (out.len() == count).then_some(out)
}

pub fn values(digits: u8, steps: &[Step], count: usize) -> Option<Vec<f64>> {
    let unit = 10f64.powi(i32::from(digits.min(MAX_DIGITS)));
    Some(unpack(steps, count)?.into_iter().map(|w| w as f64 / unit).collect())
}

/// Moments, which must grow.
pub fn times(line: usize, steps: &[i64]) -> Result<Vec<i64>, Error> {
    let mut at = 0i64;
    let mut out = Vec::with_capacity(steps.len());
    for (i, step) in steps.iter().enumerate() {
        if i > 0 && *step <= 0 {
            return Err(Error::Line { line, what: "times must grow".to_owned() });
        }
        at = at.saturating_add(*step);
        out.push(at);
    }
    Ok(out)
}
