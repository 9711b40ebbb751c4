//! What stays blind, and why a delay is not known: the API says it in English and by closed words,
//! here it is said in the reader's language.

use super::say::Lang;
use super::words::name_of;
use crate::web::view::BlindView;

/// Why a delay is not known, by the word of the API; what is no such word is a sentence already.
pub fn why(lang: Lang, word: &str) -> &str {
    match word {
        "no_position" => lang.say(
            "neither its metrics nor a consumer group say where it stands in the topic",
            "指标和消费组都没有说明它在主题中的位置",
        ),
        "position_stale" => {
            lang.say("where it stands was last seen too long ago", "它的位置已过久没有看到")
        }
        "no_end_offset" => {
            lang.say("the topic's end offsets were never seen", "从未看到主题的末端位移")
        }
        "end_offset_stale" => lang.say(
            "the topic's end offsets were last seen too long ago",
            "主题的末端位移已过久没有看到",
        ),
        "no_metrics" => lang.say("no metrics of the job were seen", "没有看到该作业的指标"),
        "metrics_stale" => {
            lang.say("its metrics were last seen too long ago", "该作业的指标已过久没有看到")
        }
        "no_plan" => lang.say("its plan is not read yet", "尚未读到执行计划"),
        "not_running" => lang.say("the job does not run", "作业未在运行"),
        "fan_out" => lang.say(
            "one operator feeds several others and the shares cannot be told",
            "一个算子输出到多个算子，无法区分各自份额",
        ),
        "part_unknown" => lang.say("one of its parts is not known", "其中一部分未知"),
        "no_measure" => lang.say(
            "nothing measures it: give the component a `delay`",
            "没有可用的度量：请为该组件配置 `delay`",
        ),
        "no_figure" => lang.say("its own figure has no value", "其自身指标没有数值"),
        "not_kept" => lang.say("no value of that moment is kept", "未保留该时刻的数据"),
        other => other,
    }
}

/// What is not seen, why, and what to do about it.
pub struct Cells {
    pub what: String,
    pub why: String,
    pub todo: String,
}

pub fn cells(b: &BlindView, lang: Lang) -> Cells {
    let told = Cells {
        what: b.what.clone(),
        why: why(lang, &b.why).to_owned(),
        todo: b.todo.clone().unwrap_or_default(),
    };
    if lang == Lang::En {
        return told;
    }
    let name = b.node.as_deref().map(name_of).unwrap_or_default();
    if let Some((what, why, todo)) = structure(&b.kind).filter(|_| !name.is_empty()) {
        // names that it speaks of stand behind the reason
        let names = b.why.split_once(": ").map(|(_, n)| format!("：{n}")).unwrap_or_default();
        let why = format!("{why}{names}");
        return Cells { what: what.replace("{}", name), why, todo: todo.to_owned() };
    }
    match b.kind.as_str() {
        "delay" => Cells { what: delay_of(&b.what), ..told },
        "not_kept" => Cells {
            what: "当前观测数据的落盘".to_owned(),
            todo: "为 `data_dir` 腾出空间或修复；之后自动继续，到期的巡检也会补做".to_owned(),
            ..told
        },
        "no_minutes" => Cells {
            what: "数周的分钟数据".to_owned(),
            todo: "处理后重新启动，将新建文件；在此之前可用率与巡检没有数据".to_owned(),
            ..told
        },
        _ => Cells { what: gap_of(&b.what), why: refused(&told.why), todo: remedy(&told.todo) },
    }
}

/// Of what the lineage cannot show.
fn structure(kind: &str) -> Option<(&'static str, &'static str, &'static str)> {
    Some(match kind {
        "sink_topic" => {
            ("{} 写入的主题", "Flink 不提供 sink 的主题名", "在配置中声明，或等待速率匹配")
        }
        "no_metrics" => ("{} 的内部情况", "作业在运行，但未取得其指标", "提供其 Prometheus 端点"),
        "no_kafka" => ("{} 的主题", "未连接其 Kafka 集群", "使用 --kafka 指定"),
        "topic_invisible" => {
            ("{} 读取的某个主题", "其集群未向我们展示该主题", "授予观察者 DESCRIBE 权限")
        }
        "unread_partitions" => {
            ("{} 应读取的分区", "作业在这些分区中没有位置", "检查 source 是否会发现新分区")
        }
        "ambiguous_identity" => ("多个同名作业 {}", "多个作业同名运行", "为其配置 identity"),
        _ => return None,
    })
}

/// `how late a → b is`
fn delay_of(what: &str) -> String {
    let ends = what.strip_prefix("how late ").and_then(|w| w.strip_suffix(" is"));
    ends.map_or(what.to_owned(), |ends| format!("{ends} 的延迟"))
}

/// `topics of k`
fn gap_of(what: &str) -> String {
    what.rsplit_once(" of ").map_or(what.to_owned(), |(what, of)| format!("{of} 的 {what}"))
}

fn refused(why: &str) -> String {
    const BEGINNINGS: [(&str, &str); 5] = [
        ("no connection: ", "无法连接："),
        ("no answer within ", "未在时限内响应："),
        ("it answered HTTP ", "返回 HTTP "),
        ("the answer is not understood: ", "无法解析其响应："),
        ("Kafka answered ", "Kafka 返回 "),
    ];
    let found = BEGINNINGS.iter().find_map(|(en, zh)| Some((why.strip_prefix(en)?, zh)));
    let absent = why.strip_prefix("no Flink application named ").and_then(|rest| {
        let (name, yarn) = rest.rsplit_once(" runs in YARN ")?;
        Some(format!("YARN {yarn} 中没有名为 {name} 的 Flink 应用在运行"))
    });
    let told = found.map_or(why.to_owned(), |(rest, zh)| format!("{zh}{rest}"));
    absent.unwrap_or(told).replace(ASKED.0, ASKED.1)
}

/// What a refused connection ends with.
const ASKED: (&str, &str) = (": is it running, is the port right?", "：是否在运行，端口是否正确？");

fn remedy(todo: &str) -> String {
    match todo {
        "check the address, and that it listens for this host" => {
            "检查地址，以及其是否监听本机可达的接口"
        }
        "check that the address is of this kind of target" => "检查该地址是否为此类目标",
        "correct the file: a list of { targets: [host:port] }" => {
            "修正该文件：内容为 { targets: [host:port] } 的列表"
        }
        "look at what it measures: it told no number" => "检查其测量来源：返回的不是数值",
        "give the observer the right to describe it" => "授予观察者 DESCRIBE 权限",
        "give --kafka" => "使用 --kafka 指定",
        other => other,
    }
    .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blind(kind: &str, node: Option<&str>, what: &str, why: &str) -> BlindView {
        BlindView {
            kind: kind.into(),
            node: node.map(Into::into),
            what: what.into(),
            why: why.into(),
            since: 0,
            target: None,
            todo: Some("give --kafka".into()),
        }
    }

    #[test]
    fn no_word_of_the_machine_and_no_english_is_left() {
        let part = blind("delay", Some("job:f/risk"), "how late a → risk is", "part_unknown");
        assert_eq!(cells(&part, Lang::En).why, "one of its parts is not known");
        let zh = cells(&part, Lang::Zh);
        assert_eq!((&*zh.what, &*zh.why), ("a → risk 的延迟", "其中一部分未知"));
        let sink = blind("sink_topic", Some("job:f/risk"), "what risk writes", "Flink names: Sink");
        let zh = cells(&sink, Lang::Zh);
        assert_eq!((&*zh.what, &*zh.why), ("risk 写入的主题", "Flink 不提供 sink 的主题名：Sink"));
        let gap = blind("unreachable", None, "topics of k", "no connection: refused");
        let zh = cells(&gap, Lang::Zh);
        assert_eq!(
            (&*zh.what, &*zh.why, &*zh.todo),
            ("k 的 topics", "无法连接：refused", "使用 --kafka 指定")
        );
    }
}
