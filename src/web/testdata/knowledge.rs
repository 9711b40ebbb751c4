//! Answers about evidence and rules, as the page gets them.

use super::facts::vertex;
use super::{NOW, TICK, flink_urls, job, snapshot};
use crate::web::build::Scene;
use crate::web::state::{Knowledge, RuleCounts, RuleShelf, Scored};
use crate::web::view_incident::*;
use serde_json::{Value as Json, json};
use streamwarden_core::estate::{Span, Subject};
use streamwarden_core::rules::{At, Node, RuleSet, SourceFile, Value};

fn window() -> SubjectView {
    let (s, flink) = (snapshot(), flink_urls());
    let subject = Subject::Vertex { job: job("dwd-order-stats"), vertex: vertex("window") };
    Scene { s: &s, flink: &flink }.subject(&subject)
}

fn text(en: &str, zh: &str) -> TextView {
    TextView { en: en.into(), zh: zh.into() }
}

fn ratio(value: f64) -> Option<FigureView> {
    Some(FigureView { value: Some(value), unit: Some("ratio".into()), ..FigureView::default() })
}

pub fn answer() -> Answer {
    Answer {
        at: NOW.0,
        subject: window(),
        expr: "min(busy) >= 0.9 for 20s".into(),
        truth: Some(Truth::True),
        value: None,
        checks: vec![CheckView {
            truth: Truth::True,
            subject: window(),
            expr: "min(busy)".into(),
            value: ratio(0.99),
            op: Some(">=".into()),
            threshold: ratio(0.9),
            held_s: Some(20.0),
            missing: None,
        }],
        missing: None,
    }
}

/// Idle until 102 s ago, with a scrape missing.
pub fn evidence_curve() -> EvidenceCurve {
    let from = NOW - Span::secs(600);
    let points = (0..=120).filter(|i| !(40..44).contains(i)).map(|i| {
        let at = from + Span(i * TICK.0);
        let busy = if (NOW - at).as_secs() > 102.0 { 0.21 } else { 0.99 };
        (at.0, busy)
    });
    EvidenceCurve {
        at: NOW.0,
        from: from.0,
        to: NOW.0,
        step_ms: TICK.0,
        subject: window(),
        expr: "min(busy)".into(),
        unit: Some("ratio".into()),
        points: points.collect(),
        threshold: Some(0.9),
        op: Some(">=".into()),
    }
}

fn rows() -> Vec<RuleRow> {
    let row = |cause: &str, family: Option<&str>, says: TextView| RuleRow {
        cause: cause.into(),
        role: "root".into(),
        layer: cause.split('.').next().unwrap_or_default().into(),
        family: family.map(str::to_owned),
        at: "vertex with input hash".into(),
        says,
        proof: Some("bed: slow-udf, slow-udf-20k".into()),
        source: Some("Heron's skew diagnoser (1.5)".into()),
        record: RuleRecord {
            right: Some(6),
            wrong: Some(0),
            undetermined: Some(1),
            said_right: 1,
            said_wrong: 0,
        },
        file: format!("diagnostics/causes/{cause}.yaml"),
    };
    vec![
        row(
            "code.data_skew_hot_key",
            None,
            text(
                "{vertex} of {job}: subtask {hot} gets {share:percent} of the records",
                "{job} 的 {vertex}：{hot} 号子任务承担了 {share:percent} 的数据",
            ),
        ),
        RuleRow {
            proof: None,
            record: RuleRecord::default(),
            ..row(
                "code.slow_udf_cpu",
                Some("operator_slow"),
                text("{vertex} of {job} cannot keep up", "{job} 的 {vertex} 处理不过来"),
            )
        },
    ]
}

pub fn rules() -> RuleList {
    RuleList {
        loaded: Some(NOW.0 - 3_600_000),
        rules: rows(),
        errors: vec![RuleError {
            file: "diagnostics/causes/mine.yaml".into(),
            line: Some(7),
            column: Some(14),
            error: "no signal is named `bussy`".into(),
            todo: Some("did you mean `busy`?".into()),
        }],
        scored: Some(ScoredView {
            at: (NOW - Span::secs(86_400)).0,
            recordings: 48,
            same_rules: true,
        }),
    }
}

pub fn rule() -> RuleView {
    let condition = |name: &str, expr: &str| RuleCondition { name: name.into(), expr: expr.into() };
    RuleView {
        row: rows().swap_remove(0),
        needs: vec![
            condition("hot_is_busy", "busy of hot >= 0.9 for 20s"),
            condition("others_idle", "median(busy of others(hot)) < 0.5 for 20s"),
        ],
        against: vec![condition(
            "host_is_slow",
            "busy of other vertices on host(hot) is an outlier",
        )],
        lookalikes: vec![Lookalike {
            cause: "clu.slow_node".into(),
            told_apart_by: "rates_skewed".into(),
        }],
        advice: vec![text("two-phase aggregation, or salt the key", "两阶段聚合，或对键加盐")],
        never: vec![text("rescale up: one key cannot be split", "不要扩容：单个键无法拆分")],
        cures: Vec::new(),
        text: "cause: code.data_skew_hot_key\nlayer: code\n".into(),
    }
}

/// One rule, read and compiled.
pub fn shelf() -> RuleShelf {
    let rule = json!({
        "cause": "code.data_skew_hot_key", "layer": "code", "at": "vertex with input hash",
        "let": { "hot": "subtask with max(busy)" },
        "needs": { "hot_is_busy": "busy of hot >= 0.9 for 20s" },
        "against": { "others_busy": "median(busy of others(hot)) >= 0.5" },
        "lookalikes": { "code.slow_udf_cpu": "not others_busy" },
        "says": { "en": "{vertex}: subtask {hot} is hot", "zh": "{vertex}：{hot} 过热" },
        "never": [{ "en": "a restart", "zh": "重启" }],
        "proof": "bed", "source": "Heron",
    });
    let file = SourceFile { name: "diagnostics/causes/hot_key.yaml".into(), root: node(&rule) };
    let set = RuleSet::compile(&[file], &["code.slow_udf_cpu".into()]).unwrap();
    let text = "cause: code.data_skew_hot_key\n".to_owned();
    RuleShelf {
        set,
        causes: ["code.data_skew_hot_key", "code.slow_udf_cpu", "res.gc_pressure"]
            .map(Into::into)
            .to_vec(),
        texts: [("diagnostics/causes/hot_key.yaml".to_owned(), text)].into(),
        loaded: Some(NOW),
        errors: Vec::new(),
        scored: Some(Scored {
            at: NOW - Span::secs(86_400),
            recordings: 48,
            same_rules: false,
            causes: [(
                "code.data_skew_hot_key".into(),
                RuleCounts { right: 6, wrong: 0, undetermined: 1 },
            )]
            .into(),
        }),
    }
}

pub struct FixedKnowledge;

impl Knowledge for FixedKnowledge {
    fn shelf(&self) -> RuleShelf {
        shelf()
    }
}

fn node(v: &Json) -> Node {
    let value = match v {
        Json::Object(entries) => {
            Value::Map(entries.iter().map(|(k, v)| (node(&json!(k)), node(v))).collect())
        }
        Json::Array(items) => Value::List(items.iter().map(node).collect()),
        Json::String(text) => Value::Text(text.clone()),
        other => Value::Text(other.to_string()),
    };
    Node { at: At::default(), value }
}
