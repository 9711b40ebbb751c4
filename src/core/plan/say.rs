//! Why nothing is done, in words: one clause each, with its figures.

use super::Ask;
use super::make::{NO_CAUSE, NO_CURE, ONLY_TELLS};
use super::unknown::evidence;
use crate::case::{Hold, Mode, NoJar, NoRestore, Scope, Uncertain};
use crate::estate::{Estate, Millis, Subject, display};
use crate::rules::Words;
use crate::text::{Tongue, singular};

/// `at`: the moment from which times are told.
pub fn hold(hold: &Hold, at: Millis, estate: &Estate) -> Words {
    let one = |tongue| said(hold, at, estate, tongue);
    Words { en: singular(&one(Tongue::En)), zh: one(Tongue::Zh) }
}

pub fn scope(scope: &Scope, t: Tongue) -> String {
    match scope {
        Scope::Estate => t.say("the whole estate", "全部系统").to_owned(),
        Scope::Cluster { cluster } => format!("{} {cluster}", t.say("cluster", "集群")),
        Scope::Playbook { playbook } => format!("{} {playbook}", t.say("playbook", "预案")),
        Scope::Job { job } => format!("{} {job}", t.say("job", "作业")),
    }
}

pub fn mode(mode: Mode, t: Tongue) -> &'static str {
    match mode {
        Mode::Observe => t.say("observe", "仅观察"),
        Mode::Suggest => t.say("suggest", "仅建议"),
        Mode::Approve => t.say("approve", "需批准"),
        Mode::Auto => t.say("auto", "自动"),
    }
}

/// When a playbook of risk A is one of risk B; who decides is `make`.
pub fn eased() -> Words {
    Words {
        en: "where its newest checkpoint is surely the newest there is; a job that somebody cancelled is always of risk A".into(),
        zh: "确知其最新检查点即为最新状态时；被人取消的作业始终为风险 A".into(),
    }
}

/// A precondition by its name: a condition of a playbook has only that.
pub fn precondition(name: &str) -> Words {
    let ask = Ask::ALL.iter().find(|(n, _)| *n == name).map(|(_, a)| *a);
    let own = |t: Tongue| OWN.iter().find(|(n, ..)| *n == name).map(|(_, en, zh)| t.say(en, zh));
    let one = |t: Tongue| match ask {
        Some(ask) => asks(ask, t).to_owned(),
        None => own(t).map_or_else(|| name.replace('_', " "), str::to_owned),
    };
    Words { en: one(Tongue::En), zh: one(Tongue::Zh) }
}

/// Of a job that no rule of `submit` names.
pub const NO_WAY: &str = "nobody has said how this job is submitted";

/// Conditions of the playbooks that come with us.
const OWN: [(&str, &str, &str); 2] = [
    (
        "no_garbage",
        "its TaskManagers do not drown in garbage collection",
        "TaskManager 未陷入频繁 GC",
    ),
    ("last_told", "how wide the job was is known from before", "已获知作业停止前的并行度"),
];

fn asks(ask: Ask, t: Tongue) -> &'static str {
    match ask {
        Ask::Live => t.say("the run has not ended", "作业尚未结束"),
        Ask::Running => t.say("the job is running", "作业正在运行"),
        Ask::Down => t.say("the job is down", "作业已停止"),
        Ask::JobmanagerAnswers => t.say("its JobManager answers", "JobManager 正常应答"),
        Ask::AbsenceSure => {
            t.say("the job is surely gone, and not only unseen", "确认作业已消失，而非仅不可见")
        }
        Ask::NothingRecovers => t.say("nothing else brings it back", "没有其他机制会恢复它"),
        Ask::NothingReads => t.say("nobody reads in its place", "没有其他实例在替它读取"),
        Ask::NothingWrites => t.say("nobody writes in its place", "没有其他实例在替它写入"),
        Ask::RestorePoint => t.say("there is a restore point", "有可用的恢复点"),
        Ask::Retained => {
            t.say("restore points stay when it is cancelled", "取消作业后恢复点仍保留")
        }
        Ask::TrueRate => t.say("it is known how much a subtask can do", "已知每个子任务的处理能力"),
        Ask::TooNarrow => t.say("more subtasks are needed", "需要更多子任务"),
        Ask::SavepointMissing => t.say("a savepoint is missing", "尚缺少保存点"),
    }
}

fn said(hold: &Hold, at: Millis, estate: &Estate, t: Tongue) -> String {
    let left = |until: Millis| t.seconds((until - at).as_secs().max(0.0));
    let both = |en: String, zh: String| if t == Tongue::En { en } else { zh };
    match hold {
        Hold::ModeForbids { mode: m, risk } => both(
            format!("the mode for risk {risk:?} here is {}", mode(*m, t)),
            format!("风险等级 {risk:?} 在此处的模式为“{}”", mode(*m, t)),
        ),
        Hold::NeedsApproval { plan } => both(
            format!("a person has to approve exactly this plan ({plan})"),
            format!("需由人批准该方案（{plan}）"),
        ),
        Hold::Declined { by, at: when } => {
            let ago = t.seconds((at - *when).as_secs().max(0.0));
            both(
                format!(
                    "declined by {by} {ago} ago: not by this playbook in this incident, unless somebody approves it"
                ),
                format!("{ago}前已被 {by} 否决：除非有人批准，该故障中不再对此作业使用该预案"),
            )
        }
        Hold::KillSwitch { scope: s, by, why } => both(
            format!("{by} stopped all actions on {}: {why}", scope(s, t)),
            format!("{by} 已对{}禁止一切操作：{why}", scope(s, t)),
        ),
        Hold::StaleSnapshot { age_s, limit_s } => both(
            format!(
                "what it was decided by is {} old ({} at most)",
                t.seconds(*age_s),
                t.seconds(*limit_s)
            ),
            format!("决策依据已有 {}（上限 {}）", t.seconds(*age_s), t.seconds(*limit_s)),
        ),
        Hold::MissingEvidence { what } => {
            let all: Vec<String> = what.iter().map(|w| evidence(w, t)).collect();
            let all = all.join(t.say("; ", "；"));
            both(format!("not known: {all}"), format!("未知：{all}"))
        }
        Hold::IncompleteView { fresh, targets } => both(
            format!("only {fresh} of {targets} targets of the cluster are seen"),
            format!("该集群 {targets} 个采集目标中仅 {fresh} 个可见"),
        ),
        Hold::Debounce { held_s, needs_s } => both(
            format!("seen for {}; {} are wanted first", t.seconds(*held_s), t.seconds(*needs_s)),
            format!("已持续 {}，需先持续 {}", t.seconds(*held_s), t.seconds(*needs_s)),
        ),
        Hold::NotCertain { why } => uncertain(*why, t).to_owned(),
        Hold::JournalUnsound { why } => both(
            format!("the journal cannot be relied on: {why}"),
            format!("操作日志不可靠：{why}"),
        ),
        Hold::GenerationMoved => t
            .say(
                "the job is not the one that was observed any more",
                "作业已不是当时观察到的那一次运行",
            )
            .to_owned(),
        Hold::ActionOpen { scope: s } => both(
            format!("an action is under way on {}", scope(s, t)),
            format!("{}上已有操作在进行", scope(s, t)),
        ),
        Hold::WaveUnderWay { open } => both(
            format!(
                "{} of the same root being started again: the next wave waits until they have proved themselves",
                if *open == 1 { "1 job is".to_owned() } else { format!("{open} jobs are") }
            ),
            format!("同一根因的 {open} 个作业正在恢复，确认有效后才开始下一批"),
        ),
        Hold::WaveStopped { job, action } => {
            let job = display(&Subject::Job { job: job.clone() }, estate);
            both(
                format!(
                    "{job} was started again for the same root and is not the better for it (action {action}): a person has to look"
                ),
                format!("同一根因下 {job} 恢复后未见好转（操作 {action}），需人工查看"),
            )
        }
        Hold::BudgetSpent { scope: s, used, limit, hours } => both(
            format!("{used} of {limit} actions within {hours} h are used up on {}", scope(s, t)),
            format!("{}在 {hours} 小时内的操作次数已用 {used}/{limit}", scope(s, t)),
        ),
        Hold::BackOff { left_s } => both(
            format!("an action on this job ended a short while ago: not again for another {}", t.seconds(*left_s)),
            format!("该作业的上一次操作刚结束不久，还需等待 {} 才能再次尝试", t.seconds(*left_s)),
        ),
        Hold::BlastRadius { ill, jobs, limit } => both(
            format!(
                "{ill} of {jobs} jobs of this cluster are ill at once (the limit is {:.0} %)",
                limit * 100.0
            ),
            format!("该集群 {jobs} 个作业中有 {ill} 个同时异常（上限 {:.0}%）", limit * 100.0),
        ),
        Hold::CollectorsFail { failing, targets } => both(
            format!("{failing} of our {targets} targets do not answer: the fault may be ours"),
            format!("我们的 {targets} 个采集目标中有 {failing} 个无响应，故障可能在我们自身"),
        ),
        Hold::DependencyIll { subject, unseen } => {
            let what = display(subject, estate);
            match unseen {
                true => both(
                    format!("it is not known yet whether what it depends on is well: {what}"),
                    format!("其依赖的状态尚未确认：{what}"),
                ),
                false => {
                    both(format!("what it depends on is ill: {what}"), format!("其依赖异常：{what}"))
                }
            }
        }
        Hold::FailureDomain { busy } => both(
            format!("{busy} is being worked on: one failure domain at a time"),
            format!("正在处理 {busy}：同一时间只处理一个故障域"),
        ),
        Hold::PlannedWork { until, by, why } => both(
            format!("planned work of {by} for another {}: {why}", left(*until)),
            format!("{by} 的计划作业还剩 {}：{why}", left(*until)),
        ),
        Hold::Silenced { until, by, why } => both(
            format!("{by} wants nothing repaired here for another {}: {why}", left(*until)),
            format!("{by} 要求此处不做修复，还剩 {}：{why}", left(*until)),
        ),
        Hold::ForeignController { who, at: None, .. } => {
            both(format!("it belongs to {who}"), format!("该作业归 {who} 管理"))
        }
        Hold::ForeignController { who, at: Some(when), until } => {
            let ago = t.seconds((at - *when).as_secs().max(0.0));
            let (en, zh) = until.map_or_else(Default::default, |until| {
                let left = left(until);
                let en = format!("; a person's or another tool's, so hands off for another {left} (`hands_off`)");
                (en, format!("；可能由人或其他工具所为，{left}内不操作（`hands_off`）"))
            });
            both(
                format!("not our change, {ago} ago: {who}{en}"),
                format!("{ago}前有非我方的变更：{}{zh}", changed(who)),
            )
        }
        Hold::NoSlots { needs, free: None } => both(
            format!(
                "{needs} more {} needed, and how many are free was not told of late",
                if *needs == 1 { "slot is" } else { "slots are" }
            ),
            format!("还需 {needs} 个 slot，近期未获知空闲数"),
        ),
        Hold::NoSlots { needs, free: Some(free) } => {
            both(
                format!("{needs} more slots are needed, {free} free"),
                format!("还需 {needs} 个 slot，空闲 {free} 个"),
            )
        }
        Hold::Bounds { wanted, min, max } => both(
            format!("parallelism {wanted} is outside {min} to {max}"),
            format!("并行度 {wanted} 超出范围 {min}～{max}"),
        ),
        Hold::PartitionCap { partitions, wanted } => both(
            format!("{wanted} subtasks for {partitions} partitions: the rest would idle"),
            format!("{partitions} 个分区配 {wanted} 个子任务：多出的将空闲"),
        ),
        Hold::SinkLimited { sink } => {
            both(format!("what limits it is behind it: {sink}"), format!("瓶颈在下游：{sink}"))
        }
        Hold::NoRestorePoint { why } => no_restore(*why, t).to_owned(),
        Hold::NoJar { jar, why } => no_jar(jar, *why, t),
        Hold::CannotSubmit { why } => both(
            format!("it could be stopped, and not started again: {why}"),
            match &**why {
                NO_WAY => "停止后将无法重新启动：未配置该作业的提交方式".to_owned(),
                why => format!("停止后将无法重新启动：{why}"),
            },
        ),
        Hold::NoSubmitter => {
            t.say(NO_WAY, "未配置该作业的提交方式").to_owned()
        }
        Hold::ParallelismFixedInProgram => {
            t.say("the program sets its parallelism itself", "程序内写死了并行度").to_owned()
        }
        Hold::AmbiguousIdentity => t
            .say(
                "a run of its name lives already, or it is not sure which run is the job",
                "已有同名运行存活，或无法确定哪一个运行是该作业",
            )
            .to_owned(),
        Hold::IneffectiveBefore { playbook, at: when, stuck } => {
            let ago = t.seconds((at - *when).as_secs().max(0.0));
            if *stuck {
                return both(
                    format!("{playbook} was tried for this, and stood still {ago} ago without coming to its end"),
                    format!("{playbook} 已尝试过，在 {ago}前中途停止，未执行完毕"),
                );
            }
            both(
                format!("{playbook} was tried for this {ago} ago and did not help"),
                format!("{playbook} 在 {ago}前已尝试过，没有效果"),
            )
        }
        Hold::PlaybookOff { playbook, since } => {
            let ago = t.seconds((at - *since).as_secs().max(0.0));
            both(
                format!("{playbook} failed twice and is off since {ago}: a person has to look"),
                format!("{playbook} 两次失败，已停用 {ago}，需人工检查"),
            )
        }
        Hold::Stuck { since } => {
            let ago = t.seconds((at - *since).as_secs().max(0.0));
            both(
                format!("an action got stuck here {ago} ago, and nobody has looked at it"),
                format!("{ago}前此处的操作卡住，尚无人处理"),
            )
        }
        Hold::Precondition { name, unknown } => {
            let Words { en, zh } = precondition(name);
            match unknown {
                true => {
                    both(format!("a condition that is not known: {en}"), format!("未知是否满足：{zh}"))
                }
                false => both(format!("a condition is not met: {en}"), format!("不满足：{zh}")),
            }
        }
        Hold::InsecureTarget => {
            t.say(
                "its JobManager is asked over plain http, and whoever stands between could speak for it: nothing goes by itself (https, or `act: { plain_http: true }`)",
                "通过明文 http 访问 JobManager，中间人可冒充其应答：不会自动执行（改用 https，或配置 `act: { plain_http: true }`）",
            )
            .to_owned()
        }
        Hold::NotForThis { why } => {
            both(format!("not for this: {why}"), format!("不适用：{}", not_for_zh(why)))
        }
    }
}

/// Why a playbook is not for an incident, as `make` puts it.
fn not_for_zh(why: &str) -> String {
    match why {
        ONLY_TELLS => "该预案只通知人员".to_owned(),
        NO_CAUSE => "根因未知".to_owned(),
        _ => match why.strip_prefix(NO_CURE) {
            Some(causes) => format!("不是针对 {} 的处置方式", causes.trim()),
            None => why.to_owned(),
        },
    }
}

/// As the estate's changes are named in a hold.
fn changed(what: &str) -> &str {
    match what {
        "a new run" => "新的运行",
        "another plan" => "新的执行计划",
        "another configuration" => "新的配置",
        "another parallelism" => "新的并行度",
        other => other,
    }
}

fn uncertain(why: Uncertain, t: Tongue) -> &'static str {
    match why {
        Uncertain::Undetermined => t.say(
            "the causes that are left do not share this cure",
            "剩余的可能根因并不共用此处置方式",
        ),
        Uncertain::Provisional => t.say("it was said only a moment ago", "诊断刚刚得出，尚未确认"),
        Uncertain::Unproven => t.say(
            "its rule has no recorded proof: it may advise only",
            "该规则没有录制的证据，只能建议",
        ),
        Uncertain::OnlyItsOwnWord => t.say(
            "only the job itself tells of it, and nothing that is not its own",
            "全部证据都来自作业自身",
        ),
        Uncertain::Recovering => t.say("it recovers by itself", "正在自行恢复"),
    }
}

fn no_jar(jar: &str, why: NoJar, t: Tongue) -> String {
    let (en, zh) = match why {
        NoJar::NotTold => (
            format!("its JobManager has not told yet which jar `{jar}` it has"),
            format!("JobManager 尚未告知其上的 jar `{jar}`"),
        ),
        NoJar::None => (
            format!("no jar `{jar}` lies on the JobManager: upload it"),
            format!("JobManager 上没有 jar `{jar}`：请上传"),
        ),
        NoJar::Newer => (
            format!(
                "every jar `{jar}` on the JobManager was uploaded after this run was started, and \
                 may never have run: name one by `jar_id`, or start the new version yourself"
            ),
            format!(
                "JobManager 上的 jar `{jar}` 都是在本次运行启动之后上传的，可能从未运行过：\
                 请用 `jar_id` 指定，或自行启动新版本"
            ),
        ),
        NoJar::Gone => (
            format!(
                "the jar `{jar}` that it was started from lies on the JobManager no more: name one \
                 by `jar_id`, or start it yourself"
            ),
            format!(
                "启动它时所用的 jar `{jar}` 已不在 JobManager 上：请用 `jar_id` 指定，或自行启动"
            ),
        ),
    };
    t.say(&en, &zh).to_owned()
}

fn no_restore(why: NoRestore, t: Tongue) -> &'static str {
    match why {
        NoRestore::None => t.say("no completed checkpoint is known", "没有已完成的检查点"),
        NoRestore::TooOld => t.say("its newest checkpoint is too old", "最新的检查点过旧"),
        NoRestore::NotRetained => {
            t.say("its checkpoints go with the job", "检查点会随作业取消而删除")
        }
        NoRestore::Unknown => t.say(
            "it is not known whether its checkpoints outlive a cancel",
            "不知道检查点在取消后是否保留",
        ),
        NoRestore::Unreadable => t.say(
            "the metadata of its checkpoint cannot be read, or its path is outside the roots",
            "检查点元数据不可读，或其路径不在允许的根目录内",
        ),
    }
}
