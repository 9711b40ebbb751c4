use super::*;
use crate::cli::recordings;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use streamwarden_core::rules::{Node, Proof, Rule, Truth, Value};

fn texts(all: &[(&str, &str)]) -> Files {
    let texts = all.iter().map(|(n, t)| ((*n).to_owned(), (*t).to_owned())).collect();
    Files { texts, unread: Vec::new() }
}

/// The three kinds of case for each rule, and all of them hold.
#[test]
fn every_rule_fires_misses_and_does_not_know() {
    let files = Files::embedded();
    let set = load_files(&files, &Files::default())
        .unwrap_or_else(|p| panic!("{}", p.iter().map(|p| format!("{p}\n\n")).collect::<String>()));
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(recordings::FOLDER);
    let tested =
        test(&files, &set, &|all, judge| recordings::moments(&folder, all, judge, &|_| ()));
    assert!(set.set.rules().len() >= 30);
    let failed: String = tested
        .outcomes
        .iter()
        .filter_map(|o| Some(format!("{}:{} {}\n{}\n", o.file, o.line, o.case, o.failed.as_ref()?)))
        .chain(tested.problems.iter().map(|p| format!("{p}\n")))
        .collect();
    assert!(failed.is_empty(), "{failed}");
    let lacks = |(cause, kinds): &(String, Vec<Truth>)| {
        !kinds.iter().all(|t| CANNOT.contains(&(cause.as_str(), *t)))
    };
    let untested: Vec<_> = tested.untested.iter().filter(|u| lacks(u)).collect();
    assert!(untested.is_empty(), "{untested:?}");
    // what a rule says of its proof is so
    let claims = set.set.rules().iter().filter(|r| r.proof != Proof::None);
    let claims: BTreeSet<String> = claims.map(|r| r.cause.to_string()).collect();
    assert_eq!(claims, tested.proven, "`proof:` on the left, rules that fire on recordings right");
}

/// Outcomes that a rule cannot have.
const CANNOT: [(&str, Truth); 1] = [
    // keys are payload and never read: the best that is said is its family
    ("code.null_key_skew", Truth::True),
];

const RULE: &str = "cause: code.x\nlayer: code\nat: vertex\nneeds:\n  busy_all: min(bsy) >= 0.9\n  late: age of job > 20\nsays: { en: a, zh: b }\n";

#[test]
fn a_mistake_is_shown_with_its_place_a_caret_and_the_nearest_word() {
    let problems =
        load_files(&Files::default(), &texts(&[("r/x.yaml", RULE)])).expect_err("mistakes");
    let told: Vec<String> = problems.iter().map(ToString::to_string).collect();
    let want = "error: `bsy` is no measure and no `let`\n --> r/x.yaml:5:17\n  |\n5 |   busy_all: min(bsy) >= 0.9\n  |                 ^^^\n  = did you mean `busy`?";
    assert_eq!(told[0], want);
    assert!(
        told[1].contains("r/x.yaml:6:22") && told[1].contains("a unit is missing"),
        "{}",
        told[1]
    );
    assert_eq!(told.len(), 2);
}

#[test]
fn a_file_of_the_folder_stands_instead_of_ours() {
    let fixed = RULE.replace("bsy", "busy").replace("> 20", "> 20s");
    let theirs = texts(&[("a/x.yaml", &fixed), ("a/x.test.yaml", "[]")]);
    let ours = texts(&[
        ("d/y.yaml", &fixed.replace("0.9", "0.5")),
        ("d/z.yaml", &fixed.replace("code.x", "code.z")),
    ]);
    let loaded = load_files(&ours, &theirs).expect("rules");
    assert_eq!((loaded.replaced, loaded.set.rules().len()), (1, 2));
    assert_eq!(&*loaded.set.get("code.x").expect("x").file, "a/x.yaml");
    let twice = texts(&[("a/x.yaml", &fixed), ("a/y.yaml", &fixed)]);
    let problems = load_files(&ours, &twice).expect_err("twice");
    assert!(problems[0].message.contains("has a rule already"), "{problems:?}");
}

#[test]
fn a_bad_file_keeps_the_set_before_and_says_so() {
    let dir = tempfile::tempdir().expect("a folder");
    let file = dir.path().join("x.yaml");
    let good = RULE.replace("bsy", "busy").replace("> 20", "> 20s");
    std::fs::write(&file, &good).expect("written");
    let at = streamwarden_core::estate::Millis;
    let live = Live::begin(Some(dir.path().to_path_buf()), at(1)).expect("rules");
    let count = live.set().rules().len();
    let mut seen = None;
    live.look(&mut seen, at(2));
    std::fs::write(&file, RULE).expect("written");
    live.look(&mut seen, at(3));
    assert_eq!((live.set().rules().len(), live.status().problems.len()), (count, 2));
    assert!(live.set().get("code.x").is_some());
    std::fs::remove_file(&file).expect("removed");
    live.look(&mut seen, at(4));
    assert_eq!((live.set().rules().len(), live.status().problems.len()), (count - 1, 0));
    assert_eq!(live.status().since, at(4));
}

/// A slip in one file does not keep a process from watching with all the others.
#[test]
fn a_process_starts_with_the_rules_that_are_good() {
    let dir = tempfile::tempdir().expect("a folder");
    let good = RULE.replace("bsy", "busy").replace("> 20", "> 20s").replace("code.x", "code.y");
    std::fs::write(dir.path().join("good.yaml"), good).expect("written");
    std::fs::write(dir.path().join("bad.yaml"), RULE).expect("written");
    let at = streamwarden_core::estate::Millis;
    let live = Live::begin(Some(dir.path().to_path_buf()), at(1)).expect("it starts");
    assert!(live.set().get("code.y").is_some() && live.set().get("code.x").is_none());
    assert_eq!(live.status().problems.len(), 2);
    live.look(&mut None, at(2));
    assert!(live.set().get("code.y").is_some() && live.status().problems.len() == 2);
    let none = Live::begin(Some(Path::new("/nowhere").to_path_buf()), at(1)).expect("ours");
    assert_eq!(none.status().problems.len(), 1);
    assert_eq!(none.set().rules().len() + 1, live.set().rules().len());
}

const CHECK: &str = "inspection: job.x\ncomponent: flink\nat: job\nlooks_at: state_size over 14d\nhigh:\n  grows: growth(\"state_size\") over 14d > 1MB/s\nsays: { en: a, zh: b }\nprevents: [code.slow_udf_cpu]\nsource: mine\n";

#[test]
fn checks_are_read_beside_rules_and_their_mistakes_told() {
    let bad = CHECK.replace("(\"state_size\")", "(\"state_sise\")");
    let ours = Files::embedded();
    let problems = load_files(&ours, &texts(&[("r/x.yaml", &bad)])).expect_err("mistakes");
    let told: Vec<String> = problems.iter().map(ToString::to_string).collect();
    assert!(told[0].contains("r/x.yaml:6:") && told[0].contains("did you mean"), "{}", told[0]);
    let misnamed = CHECK.replace("slow_udf", "slow_ufd");
    let problems = load_files(&ours, &texts(&[("r/x.yaml", &misnamed)])).expect_err("mistakes");
    assert_eq!((problems.len(), problems[0].line), (1, 8), "{problems:?}");
    assert!(problems[0].todo.contains("code.slow_udf_cpu"), "{problems:?}");

    let both = texts(&[("a/x.yaml", CHECK), ("a/y.yaml", &CHECK.replace("job.x", "job.y"))]);
    let other = texts(&[("b/x.yaml", &CHECK.replace("14d", "7d"))]);
    let loaded = load_files(&both, &other).expect("checks");
    let files: Vec<&str> = loaded.checks.iter().map(|c| &*c.file).collect();
    assert_eq!((loaded.replaced, files), (1, vec!["b/x.yaml", "a/y.yaml"]));
    let twice = texts(&[("b/x.yaml", CHECK), ("b/z.yaml", CHECK)]);
    let problems = load_files(&both, &twice).expect_err("twice");
    assert!(problems[0].message.contains("job.x` already"), "{problems:?}");

    let dir = tempfile::tempdir().expect("a folder");
    let at = streamwarden_core::estate::Millis;
    let live = Live::begin(Some(dir.path().to_path_buf()), at(1)).expect("rules");
    let count = live.checks().len();
    std::fs::write(dir.path().join("x.yaml"), CHECK).expect("written");
    live.look(&mut None, at(2));
    assert_eq!((live.checks().len(), live.status().problems.len()), (count + 1, 0));
}

/// `BLESS=1 cargo test` writes the tables anew.
#[test]
fn the_page_on_rules_lists_every_word() {
    use streamwarden_core::rules::docs;
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("diagnostics/README.md");
    let mut page = std::fs::read_to_string(&path).expect("the page");
    let before = page.clone();
    for (mark, table) in [
        ("<!-- relations -->\n", docs::relation_table()),
        ("<!-- measures -->\n", docs::measure_table()),
        ("<!-- kept -->\n", docs::kept_table()),
    ] {
        let from = page.find(mark).expect(mark) + mark.len();
        let to = from + page[from..].find("<!-- end -->").expect("end");
        page.replace_range(from..to, &table);
    }
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, &page).expect("written");
    } else {
        assert!(
            page == before,
            "diagnostics/README.md is out of date: BLESS=1 cargo test writes it"
        );
    }
}

/// For one's own rules English will do; ours are said in both.
#[test]
fn every_sentence_of_ours_is_said_in_both_languages() {
    fn lacking(n: &Node) -> usize {
        let own = usize::from(n.get("en").is_some() && n.get("zh").is_none());
        let values = n.entries().iter().map(|(_, v)| v);
        let items = if let Value::List(items) = &n.value { items.as_slice() } else { &[] };
        own + values.chain(items).map(lacking).sum::<usize>()
    }
    let files = Files::embedded();
    for (name, text) in files.rules().chain(files.checks()) {
        let read = crate::config::RuleText::read(name, text).expect("yaml");
        let root = &read.file.root;
        assert_eq!(lacking(root), 0, "{name}");
        let source = root.get("source").filter(|_| root.get("inspection").is_some());
        let both = source.is_none_or(|s| s.get("en").is_some() && s.get("zh").is_some());
        assert!(both, "{name}: `source` stands in one language");
    }
}

/// What the page on rules shows works as it stands there.
#[test]
fn the_examples_of_the_page_on_rules_pass_together() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("diagnostics/README.md");
    let page = std::fs::read_to_string(path).expect("the page");
    let block = |title: &str| {
        let after = &page[page.find(title).expect(title)..];
        let after = &after[after.find("```yaml\n").expect("an example") + 8..];
        after[..after.find("```").expect("its end")].to_owned()
    };
    let theirs = texts(&[
        ("x/x.yaml", &block("## A rule")),
        ("x/x.test.yaml", &block("## A test")),
        ("x/y.yaml", &block("## A check")),
        ("x/y.test.yaml", &block("Advice tells the figure")),
    ]);
    let set = load_files(&Files::embedded(), &theirs)
        .unwrap_or_else(|p| panic!("{}", p.iter().map(|p| format!("{p}\n")).collect::<String>()));
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(recordings::FOLDER);
    let tested =
        test(&theirs, &set, &|all, judge| recordings::moments(&folder, all, judge, &|_| ()));
    assert!(tested.fine(), "{:#?} {:#?}", tested.outcomes, tested.problems);
    assert!(tested.outcomes.len() >= 3 && tested.untested.is_empty());
}

fn conditions(all: &[streamwarden_core::rules::Condition]) -> String {
    let all: Vec<String> = all.iter().map(|c| format!("`{}`", c.text)).collect();
    all.join(" and ").replace('|', "\\|")
}

/// `BLESS=1 cargo test` writes the list of checks anew.
#[test]
fn the_list_of_checks_is_as_they_are() {
    let checks = load_files(&Files::embedded(), &Files::default()).expect("checks").checks;
    let components: BTreeSet<_> = checks.iter().map(|c| c.component).collect();
    let mut is = format!(
        "# The daily inspection\n{} checks. Each stands in a file of its own in `inspections/`, with its test beside it, and \
         says what to set; [README.md](README.md#a-check) says how one is written. This list is made of them.\n",
        checks.len()
    );
    for component in components {
        let name = serde_json::to_value(component).expect("a word");
        is += &format!("\n## {}\n", name.as_str().expect("a word"));
        is += "| check | of | looks at | high | low | prevents | thresholds from |\n|---|---|---|---|---|---|---|\n";
        for c in checks.iter().filter(|c| c.component == component) {
            let file = c.file.rsplit('/').next().expect("a name");
            let causes: Vec<String> = c.prevents.iter().map(|p| format!("`{p}`")).collect();
            is += &format!(
                "| [{}](inspections/{file}) | {} | {} | {} | {} | {} | {} |\n",
                c.name,
                c.at.name(),
                c.looks_at,
                conditions(&c.high),
                conditions(&c.low),
                causes.join(" "),
                c.source.en
            );
        }
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("diagnostics/INSPECTIONS.md");
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, &is).expect("written");
    }
    let was = std::fs::read_to_string(&path).expect("the list");
    assert!(is == was, "diagnostics/INSPECTIONS.md is out of date: BLESS=1 cargo test writes it");
    let mut same: BTreeMap<_, Vec<&str>> = BTreeMap::new();
    checks.iter().for_each(|c| same.entry((c.at, &c.looks_at)).or_default().push(&c.name));
    let same: Vec<_> = same.into_values().filter(|all| all.len() > 1).collect();
    let pairs = [
        ["broker.disk", "sight.disks"],
        ["vertex.idle_subtasks", "vertex.uneven_partitions"],
        ["vertex.key_groups", "vertex.max_parallelism"],
        ["job.restart_strategy", "sight.job_config"],
    ];
    assert_eq!(BTreeSet::from_iter(same), pairs.iter().map(|p| p.to_vec()).collect());
    assert!(checks.len() >= 40, "{}", checks.len());
    assert!(checks.iter().all(|c| !c.prevents.is_empty() && !c.advice.is_empty()));
}

/// Of the pairs of ours that look at the same, this one can hold of one subject at once.
#[test]
fn uneven_key_groups_and_no_room_to_grow_count_once() {
    use streamwarden_core::rules::testing::build;
    let text = "given: { jobs: { a: { plan: \"src(2) -> agg(80 hash)\" } } }";
    let read = crate::config::RuleText::read("x.yaml", text).expect("yaml").file;
    let mut mistakes = streamwarden_core::rules::Mistakes::of(&read.name);
    let world = build(read.root.get("given").expect("a world"), &mut mistakes).expect("a world");
    let checks = load_files(&Files::embedded(), &Files::default()).expect("checks").checks;
    let all: Vec<_> =
        checks.iter().filter(|c| &*c.looks_at == "max_parallelism").cloned().collect();
    let none = |_: &streamwarden_core::estate::Subject| None;
    let report = streamwarden_core::inspect::inspect(&all, &world.snapshot, None, &[], &none);
    let told: Vec<_> =
        report.findings.iter().map(|f| (&*f.check, f.counted_by.as_deref(), f.points())).collect();
    let counted = ("vertex.key_groups", None, 4);
    assert_eq!(told, [counted, ("vertex.max_parallelism", Some("vertex.key_groups"), 0)]);
}

#[test]
fn rules_ask_for_no_more_past_than_is_kept() {
    assert_eq!(streamwarden_core::rules::KEPT, crate::store::WINDOW);
}

fn state(rule: &Rule) -> String {
    let file = rule.file.rsplit('/').next().expect("a name");
    let link = format!("[{file}](causes/{file})");
    match rule.proof {
        Proof::None => format!("rule that only advises: {link}"),
        Proof::Bed => format!("rule {link}, proof: bed"),
        Proof::Recorded => format!("rule {link}, proof: recorded"),
    }
}

/// `BLESS=1 cargo test` writes what the list of causes says of rules anew.
#[test]
fn the_list_of_causes_knows_every_rule() {
    let set = load_files(&Files::embedded(), &Files::default()).expect("rules").set;
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("diagnostics/CAUSES.md");
    let was = std::fs::read_to_string(&path).expect("the list");
    let (mut is, mut named) = (String::new(), BTreeSet::new());
    let [mut proven, mut code, mut advising, mut missing] = [0; 4];
    for line in was.lines() {
        let cells: Vec<&str> = line.split(" | ").collect();
        let cause = cells[0].strip_prefix("| `").and_then(|c| c.strip_suffix('`'));
        let (Some(cause), [.., role, said]) = (cause, cells.as_slice()) else {
            is += &format!("{line}\n");
            continue;
        };
        let Some(rule) = set.get(cause) else {
            assert!(!said.starts_with("rule"), "{cause} has no rule, and the list names one");
            let in_code = said.starts_with("in code");
            *(if in_code { &mut code } else { &mut missing }) += 1;
            is += &format!("{line}\n");
            continue;
        };
        named.insert(cause.to_owned());
        *(if rule.proof == Proof::None { &mut advising } else { &mut proven }) += 1;
        let head = cells[..cells.len() - 2].join(" | ");
        is += &format!("{head} | {role} | {} |\n", state(rule));
    }
    let total = format!(
        "{proven} with a rule and proof, {code} in code with proof, {advising} with a rule that only \
         advises, {missing} not yet."
    );
    let old = is.lines().find(|l| l.contains(" with a rule and proof, ")).expect("a total");
    is = is.replace(old, &total);
    for rule in set.rules().iter().filter(|r| !named.contains(&*r.cause)) {
        let below = is.contains(&format!("`{}` (", rule.cause)) && is.contains(&state(rule)[5..]);
        assert!(below, "{} stands nowhere in the list of causes", rule.cause);
    }
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, &is).expect("written");
    } else {
        assert!(is == was, "diagnostics/CAUSES.md is out of date: BLESS=1 cargo test writes it");
    }
}

/// What holds a plan because it is not known is told in words, not by the name of a condition.
#[test]
fn every_condition_of_what_a_playbook_cures_has_words() {
    use streamwarden_core::case::Hold;
    let loaded = load_files(&Files::embedded(), &Files::default()).expect("ours are right");
    let curable = loaded.set.rules().iter().filter(|r| r.cures.iter().any(|c| &**c != "page"));
    let names: BTreeSet<_> =
        curable.flat_map(|r| r.needs.iter().chain(&r.against)).map(|c| c.name.clone()).collect();
    assert!(names.len() > 30);
    let said = |name: &streamwarden_core::estate::Name| {
        let hold = Hold::MissingEvidence { what: vec![name.clone()] };
        let (at, estate) = Default::default();
        streamwarden_core::plan::say::hold(&hold, at, &estate)
    };
    let bare: Vec<_> = names.iter().filter(|n| said(n).zh["未知：".len()..].is_ascii()).collect();
    assert!(bare.is_empty(), "{bare:?}");
}
