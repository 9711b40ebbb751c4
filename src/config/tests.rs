use super::*;
use crate::collect::kafka::{KafkaAccess, Mechanism};
use crate::dial::Auth;
use crate::notify::Happened;
use std::collections::BTreeMap;
use streamwarden_core::estate::ClusterId;
use streamwarden_core::lineage::SlaScope;

fn parse(text: &str) -> Result<Config, Vec<Problem>> {
    let env = |name: &str| (name == "TOKEN").then(|| "s3cret".to_owned());
    Config::parse("c.yaml", text, Path::new("/nowhere"), &env)
}

fn told(text: &str) -> String {
    let problems = parse(text).expect_err("mistakes");
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n\n")
}

#[test]
fn a_whole_configuration() {
    let config = parse(
        r#"
listen: localhost:9000
data_dir: data
tick: 2s
history: 30m
flink:
  - name: pay
    rest: http://127.0.0.1:8081/
    prometheus: http://127.0.0.1:9249
    auth: { bearer: "${TOKEN}" }
    identity: [{ job: "order-*", key: orders }]
kafka:
  - name: pay-kafka
    bootstrap: [127.0.0.1:9092, "[::1]:9092"]
    tls: true
    sasl: { mechanism: scram-sha-512, user: observer, password: "${TOKEN}" }
layers: [{ name: ODS, match: ["ods-*", "topic:orders"] }]
edges: [{ job: x, operator: "Sink: y", writes: [a, b] }]
slas:
  - { path: { from: ods-orders, to: risk-alerts }, target: 10s, near: 0.9, objective: 99.95% }
  - { layer: ODS, target: 1500ms }
  - { default: true, target: 1m }
"#,
    )
    .expect("no mistakes");
    assert_eq!(config.listen.to_string(), "127.0.0.1:9000");
    assert_eq!(config.data_dir, Path::new("/nowhere/data"));
    let flink = &config.flink[0];
    assert_eq!(flink.rest.at(), Some("http://127.0.0.1:8081"));
    assert_eq!(flink.prometheus, ["http://127.0.0.1:9249/metrics"]);
    assert_eq!(flink.kafka.as_ref().expect("the only one").as_str(), "pay-kafka");
    assert_eq!(flink.access.auth, Some(Auth::Bearer(crate::secret::Secret::new("s3cret"))));
    let sasl = config.kafka[0].access.sasl.as_ref().expect("sasl");
    assert_eq!((sasl.mechanism, sasl.password.reveal()), (Mechanism::ScramSha512, "s3cret"));
    assert!(config.kafka[0].access.tls.is_some());
    assert_eq!(config.settings.kafka_of.len(), 1);
    assert_eq!(config.settings.fresh, Span::secs(6));
    assert_eq!(config.settings.quantile_window, Span::secs(1800));
    assert_eq!(config.settings.declared.len(), 2);
    let slas: Vec<_> = config.settings.slas.iter().map(|s| (s.target_s, s.near)).collect();
    assert_eq!(slas, [(10.0, 0.9), (1.5, 0.8), (60.0, 0.8)]);
    assert_eq!(config.settings.slas[2].scope, SlaScope::Default);
    let objectives: Vec<_> = config.settings.slas.iter().map(|s| s.objective).collect();
    assert_eq!(objectives, [0.9995, 0.999, 0.999]);
}

const MISTAKES: &str = r#"listen: 0.0.0.0:8470
tick: 100ms
histroy: 2h
flink:
  - name: pay
    rest: 127.0.0.1:8081
    kafka: pay-kafk
    auth: { basic: { user: x, passwrd: hunter2 } }
  - name: pay
    rest: http://u:hunter2@h:1
    ca_file: ca.pem
    prometheus: [[x]]
kafka:
  - name: pay-kafka
    bootstrap: ["http://a:9092", "a,b:1", ""]
    name: again
    tls: { ca_fil: x }
    sasl: { mechanism: SCRAM-SHA256, user: u }
layers:
  - { name: 应用层, match: ["a.*", "b["] }
slas:
  - { job: j, target: 0s }
  - { layer: 应用, target: 5, near: 1.5 }
  - { job: j, target: 10s }
  - { job: k, layer: L, target: "${NOPE}" }
"#;

#[test]
fn all_mistakes_at_once_with_place_and_remedy() {
    insta::assert_snapshot!(told(MISTAKES));
}

#[test]
fn not_yaml_empty_and_bombs() {
    assert!(told("flink: [a").contains("this is not YAML"));
    assert!(told("a: { b: ${X} }").contains("quote it"));
    assert!(told("").contains("the configuration is empty"));
    assert!(told("a: 1\n---\nb: 2\n").contains("a second YAML document"));
    assert!(told("flink: 3").contains("a Flink cluster is a block of keys, not a single value"));
    let deep = format!("flink: {}{}", "[".repeat(500), "]".repeat(500));
    assert!(told(&deep).contains("this is not YAML"));
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for i in 1..12 {
        let items = vec![format!("*a{}", i - 1); 10].join(", ");
        bomb.push_str(&format!("a{i}: &a{i} [{items}]\n"));
    }
    assert!(told(&bomb).contains("too much to be a configuration"));
}

#[test]
fn flags_need_no_file() {
    let flag = |text: &str| vec![text.to_owned()];
    let config = Config::from_flags(&flag("http://h:8081/"), &[], &flag("a:9092,b:9092"));
    let config = config.expect("good flags");
    assert_eq!(config.flink[0].name.as_str(), "h:8081");
    assert_eq!(config.kafka[0].bootstrap, ["a:9092", "b:9092"]);
    assert_eq!(config.flink[0].kafka.as_ref().expect("the only one").as_str(), "a:9092");
    let problems = Config::from_flags(&flag("h:8081"), &[], &flag("b")).expect_err("bad flags");
    assert_eq!(problems.len(), 2);
    assert!(problems[1].to_string().contains("write http://h:8081"));
}

#[test]
fn a_cluster_from_a_target_file() {
    let (name, access) = (ClusterId::new("k"), KafkaAccess::default());
    let kafka = [Kafka { name, bootstrap: vec!["a:1".into()], access }];
    let labels = |text: &[(&str, &str)]| -> BTreeMap<String, String> {
        text.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
    };
    let bare = Flink::discovered("http://h:8081", &labels(&[]), &kafka);
    assert_eq!((bare.name.as_str(), bare.kafka), ("h:8081", Some(ClusterId::new("k"))));
    let told = [("name", "pay"), ("kafka", "other"), ("prometheus", "http://a/m, http://b/m")];
    let told = Flink::discovered("http://h:8081", &labels(&told), &kafka);
    assert_eq!((told.name.as_str(), told.kafka), ("pay", None));
    assert_eq!(told.prometheus, ["http://a/m", "http://b/m"]);
}

proptest::proptest! {
    #[test]
    fn any_text_is_told_about_not_panicked_at(text in "[a-z:\\[\\]{}&*\\- \n\"'${}0-9#|>!%\t]{0,200}") {
        if let Err(problems) = parse(&text) {
            proptest::prop_assert!(!problems.is_empty());
            problems.iter().for_each(|p| { let _ = p.to_string(); });
        }
    }
}

#[test]
fn the_example_is_right() {
    let text = include_str!("../../streamwarden.example.yaml");
    let config = parse(text).map_err(|p| p[0].to_string()).expect("no mistakes");
    assert_eq!(config.settings.slas.len(), 5);
    // each key that is commented out there is one we know
    let all = text.replace("# auth", "auth").replace("# prometheus_file_sd", "prometheus_file_sd");
    let all = all.replace("# identity", "identity").replace("# tls", "tls").replace("# - {", "- {");
    let all = all.replace("# flink_file_sd", "flink_file_sd").replace("# sasl", "sasl");
    let all = all.replace("# allow_remote", "allow_remote").replace("# hosts", "hosts");
    let problems = parse(&all).expect_err("secrets that are not there");
    let told: Vec<_> = problems.iter().map(|p| p.message.as_str()).collect();
    assert!(told.iter().all(|m| m.starts_with("cannot read /run/secrets/")), "{told:?}");
}

#[test]
fn users_have_a_role_a_hash_a_scope_and_an_end() {
    let hash = "ab".repeat(32);
    let text = |user: &str| {
        format!("flink: [{{ name: pay, rest: http://127.0.0.1:8081 }}]\nusers:\n  - {user}\n")
    };
    let good = format!(
        "{{ name: zhou, role: approver, token_sha256: {hash}, clusters: [pay], expires: 2027-03-31 }}"
    );
    let user = parse(&text(&good)).expect("no mistakes").access.users.remove(0);
    assert_eq!((user.role, user.token_sha256), (crate::access::Role::Approver, Some([0xab; 32])));
    // the end of the last day, UTC
    assert_eq!(user.expires, Some(streamwarden_core::estate::Millis(1_806_537_600_000)));
    for (wrong, said) in [
        (format!("{{ name: z, role: aprover, token_sha256: {hash} }}"), "approver"),
        ("{ name: z, role: admin, token_sha256: 12 }".to_owned(), "64 hex digits"),
        ("{ name: z, role: admin }".to_owned(), "no token"),
        (format!("{{ name: z, role: admin, token_sha256: {hash}, clusters: [pey] }}"), "pay"),
        (
            format!("{{ name: z, role: admin, token_sha256: {hash}, clusters: [] }}"),
            "leave the key out",
        ),
        (
            format!("{{ name: z, role: admin, token_sha256: {hash}, clusters: }}"),
            "leave the key out",
        ),
        (format!("{{ name: z, role: admin, token_sha256: {hash}, expires: soon }}"), "2027-03-31"),
    ] {
        let told = told(&text(&wrong));
        assert!(told.contains(said) && told.contains("c.yaml:3:"), "{wrong}: {told}");
    }
}

#[test]
fn how_far_it_may_go_and_how_jobs_are_started() {
    let text = r#"
heal: { mode: { a: approve, b: auto, c: auto }, debounce: 15s, verify: 20s }
flink:
  - name: pay
    rest: http://127.0.0.1:8081
    act: { auth: { bearer: canary }, roots: [file:///ckpt, s3://b/flink] }
    submit:
      - { job: "orders-*", tier: critical, parallelism: { min: 1, max: 8 },
          session: { jar: o.jar, entry_class: a.B, args: [--x], configuration: { a.b: c } } }
      - { job: "risk", command: [/bin/sh, "{job_id}", "{savepoint_path}"] }
      - { job: "hook", webhook: { url: https://p.example.com/s, secret: canary } }
      - { job: "*", stateless: true }
"#;
    let config = parse(text).unwrap();
    assert_eq!(format!("{config:?}").matches("canary").count(), 0, "secrets stay hidden");
    let heal = &config.heal;
    use streamwarden_core::case::Mode;
    assert_eq!((heal.a, heal.b, heal.c), (Mode::Approve, Mode::Auto, Mode::Auto));
    assert_eq!(heal.limits.debounce, streamwarden_core::estate::Span::secs(15));
    assert_eq!(heal.limits.verify, streamwarden_core::estate::Span::secs(20));
    let act = config.flink[0].act.as_ref().unwrap();
    assert!(act.roots.admits("file:/ckpt/ab/chk-1") && !act.roots.admits("file:/other/chk-1"));
    assert_eq!(act.rules.len(), 4);
    assert_eq!((act.rules[0].max_parallelism, act.rules[3].stateless), (Some(8), true));
    assert!(act.rules[..3].iter().all(|r| r.submitter.is_some()));

    let quiet = parse("flink: [{ name: a, rest: http://x:1 }]").unwrap();
    assert_eq!((quiet.heal.b, quiet.flink[0].act.clone()), (Mode::Observe, None));
}

#[test]
fn mistakes_in_what_may_be_done_are_told() {
    for (text, want) in [
        ("heal: { mode: yolo }", "none of the words"),
        ("heal: { mode: { a: auto } }", "never done without a person"),
        ("heal: { debounce: 1s }", "out of range"),
        ("submit: [{ job: x }]", "`submit` without `act`"),
        ("act: {}", "`act` has no `roots`"),
        ("act: { roots: [/] }", "the whole file system"),
        ("act: { roots: [http://x/y] }", "no directory"),
        (
            "act: { roots: [/c] }, submit: [{ job: x, command: [sh, \"{job_id}\"] }]",
            "{savepoint_path}",
        ),
        (
            "act: { roots: [/c] }, submit: [{ job: x, parallelism: { min: 4, max: 2 } }]",
            "more than `max`",
        ),
        ("act: { roots: [/c] }, submit: [{ job: x, parallelism: { max: 0 } }]", "no parallelism"),
        (
            "act: { roots: [/c] }, submit: [{ job: x, session: { jar: a }, command: [a] }]",
            "in one way",
        ),
        (
            "act: { roots: [/c] }, submit: [{ job: x, session: { jar: a, configuration: { execution.savepoint.ignore-unclaimed-state: true } } }]",
            "not for a rule",
        ),
        (
            "act: { roots: [/c] }, submit: [{ job: x, command: [sh, -n, \"{job_id}\", \"{savepoint_path}\"] }]",
            "`-n` is not for a rule",
        ),
        (
            "act: { roots: [/c] }, submit: [{ job: x, session: { jar: a, args: [--allowNonRestoredState] } }]",
            "state is never dropped",
        ),
        (
            "act: { roots: [/c] }, submit: [{ job: x, session: { jar: a, configuration: { execution.savepoint-restore-mode: CLAIM } } }]",
            "NO_CLAIM",
        ),
        (
            "act: { roots: [/c] }, submit: [{ job: x, command: [/no/such, \"{job_id}\", \"{savepoint_path}\"] }]",
            "/no/such: No such file",
        ),
        (
            "act: { roots: [/c] }, submit: [{ job: x, command: [/etc, \"{job_id}\", \"{savepoint_path}\"] }]",
            "not executable",
        ),
        (
            "act: { roots: [/c] }, submit: [{ job: x, command: [bin/s, \"{job_id}\", \"{savepoint_path}\"] }]",
            "not a whole path",
        ),
        (
            "act: { roots: [/c] }, submit: [{ job: x, command: [no-such-program, \"{job_id}\", \"{savepoint_path}\"] }]",
            "in PATH",
        ),
        ("heal: { mode: auto }", "no cluster has `act`"),
        ("heal: { mode: { c: approve } }", "no cluster has `act`"),
        ("act: { roots: [/c] }, submit: [{ job: x, webhook: { url: https://x } }]", "secret_file"),
        ("act: { roots: [/c], wrong: 1 }", "unknown key `wrong`"),
    ] {
        let text = match text.starts_with("heal") {
            true => format!("{text}\nflink: [{{ name: a, rest: http://x:1 }}]"),
            false => format!("flink: [{{ name: a, rest: http://x:1, {text} }}]"),
        };
        let said = told(&text);
        assert!(said.contains(want), "{text}\n{said}");
        assert!(said.contains("--> c.yaml:1:"), "{said}");
    }
}

#[test]
fn what_is_most_likely_not_meant_is_warned_of_with_its_place() {
    let hash = "ab".repeat(32);
    let text = format!(
        "users: [{{ name: z, role: admin, token_sha256: {hash}, expires: 2020-01-01 }}]
flink:
  - name: pay
    rest: http://x:1
    act: {{ roots: [file:///c] }}
    submit:
      - {{ job: \"orders-*\", tier: critical }}
      - {{ job: \"orders-eu-*\" }}
      - {{ job: \"a?\" }}
      - {{ job: \"a*\" }}
      - {{ job: \"*\" }}
      - {{ job: risk, session: {{ jar: r.jar }} }}
"
    );
    let told: Vec<String> =
        parse(&text).expect("no mistakes").warnings.iter().map(|w| w.to_string()).collect();
    let [reached, star, expired] = &told[..] else { panic!("{told:#?}") };
    for (one, place, says) in [
        (expired, "c.yaml:1:", "over since 2020-01-01"),
        (reached, "c.yaml:8:", "`orders-*` above"),
        (star, "c.yaml:12:", "`*` above"),
    ] {
        assert!(one.starts_with("warning: ") && one.contains(place) && one.contains(says), "{one}");
    }
}

#[test]
fn what_would_never_be_done_by_itself_is_warned_of() {
    let told = |cluster: &str| -> Vec<String> {
        let text = format!("flink: [{{ name: a, {cluster} }}]\nheal: {{ mode: auto }}\n");
        let found = parse(&text).map(|c| c.warnings).unwrap_or_else(|problems| problems);
        let aside =
            |w: &String| ["nobody can say yes", "nobody is called"].iter().any(|a| w.contains(a));
        let all = found.iter().map(ToString::to_string).filter(|w| !aside(w));
        all.collect()
    };
    let submit = "submit: [{ job: x, session: { jar: r.jar } }]";
    let with = |rest: &str, act: &str, submit: &str| {
        told(&format!("rest: \"{rest}\", act: {{ roots: [file:///c]{act} }}, {submit}"))
    };
    for (rest, act) in [
        ("https://flink.example.com", ""),
        ("http://localhost:8081", ""),
        ("http://127.0.0.1:8081", ""),
        ("http://[::1]:8081", ""),
        ("http://flink.example.com", ", plain_http: true"),
    ] {
        assert_eq!(with(rest, act, submit), [] as [String; 0], "{rest}");
    }
    for rest in ["http://flink.example.com", "http://localhost.example.com:8081", "http://10.0.0.1"]
    {
        let told = with(rest, "", submit);
        assert!(told.len() == 1 && told[0].contains("plain_http: true"), "{rest}: {told:?}");
    }
    let told_of = |act: &str, submit: &str, says: &str| {
        let told = told(&format!("rest: \"http://localhost:1\", act: {{ {act} }}, {submit}"));
        assert!(told.len() == 1 && told[0].contains(says), "{says}: {told:?}");
    };
    let roots = "roots: [file:///c]";
    told_of(roots, "submit: [{ job: x }]", "names no way");
    told_of("roots: [/c]", submit, "no scheme");
    told_of("roots: \"s3://b/c,s3://b/d\"", submit, "write a list");
    let args = "submit: [{ job: x, session: { jar: r.jar, args: \"--topic orders\" } }]";
    told_of(roots, args, "`args` is one string");
}

#[test]
fn a_yes_that_nobody_can_give_and_a_word_that_nobody_hears_are_warned_of() {
    let told = |heal: &str, more: &str| -> Vec<String> {
        let act = "act: { roots: [file:///c] }, submit: [{ job: x, session: { jar: r.jar } }]";
        let flink = format!("flink: [{{ name: a, rest: \"http://x:1\", {act} }}]");
        let text = format!("{flink}\nheal: {{ mode: {heal} }}\n{more}\n");
        parse(&text).expect("no mistakes").warnings.iter().map(|w| w.to_string()).collect()
    };
    let user = |role: &str| {
        format!("users: [{{ name: li, role: {role}, token_sha256: {} }}]", "ab".repeat(32))
    };
    assert!(told("approve", "")[0].contains("c.yaml:2:7") && told("approve", "").len() == 2);
    let hook = "notify: { webhook: { url: \"http://x:2\" } }";
    assert_eq!(told("approve", &format!("{}\n{hook}", user("operator"))).len(), 1);
    assert_eq!(told("approve", &format!("{}\n{hook}", user("approver"))), [] as [String; 0]);
    assert!(told("suggest", "")[0].contains("webhook"));
    assert_eq!(told("observe", ""), [] as [String; 0]);
    // it may act, and whoever has to look would not hear of it
    for mode in ["{ c: approve }", "approve"] {
        let told = told(mode, &user("approver"));
        assert!(told.len() == 1 && told[0].contains("nobody is called when a repair"), "{told:?}");
    }
}

#[test]
fn who_has_to_look_at_a_repair_is_called_whatever_else_is_wanted() {
    let hook =
        "webhook: { url: \"http://x:2\", only: [opened, resolved], page: \"https://sw/ops/\" }";
    let text = format!("flink: [{{ name: a, rest: \"http://x:1\" }}]\nnotify: {{ {hook} }}\n");
    let hook = parse(&text).expect("no mistakes").webhook.expect("one");
    assert_eq!(hook.only, [Happened::Opened, Happened::Resolved, Happened::RepairStuck].into());
    assert_eq!(hook.page, "https://sw/ops");
}

#[test]
fn who_somebody_is_must_be_clear() {
    let hash = "ab".repeat(32);
    let text = |more: &str| format!("flink: [{{ name: a, rest: http://x:1 }}]\n{more}\n");
    let user = |name: &str| format!("{{ name: {name}, role: admin, token_sha256: {hash} }}");
    let two = format!("users:\n  - {}\n  - {}", user("li"), user("wang"));
    for (more, place, says) in [
        (&*two, "c.yaml:4:", "the user in line 3 has the same token"),
        ("trusted_proxy: { header: x-user, from: [] }", "c.yaml:2:", "believed from nowhere"),
        (
            "trusted_proxy: { header: Authorization, from: [127.0.0.1] }",
            "c.yaml:2:",
            "every client",
        ),
    ] {
        let said = told(&text(more));
        assert!(said.contains(place) && said.contains(says), "{said}");
    }
}

#[test]
fn a_server_in_place_of_endpoints() {
    let of = |api: &str, more: &str| {
        parse(&format!(
            "flink:\n  - name: pay\n    rest: http://h:8081\n    prometheus_api: {api}\n{more}"
        ))
    };
    let config =
        of("{ url: http://prom:9090/x/, labels: { job: pay, cluster: 'a\"b' }, every: 30s }", "");
    let config = config.expect("no mistakes");
    let api = config.flink[0].prometheus_api.as_ref().expect("it is given");
    assert_eq!((&*api.of.base, api.every.as_secs()), ("http://prom:9090/x", 30));
    assert_eq!(api.of.and(), r#",cluster="a\"b",job="pay""#);
    assert_eq!(config.settings.fresh, Span::secs(90), "a value each 30 s is no older than that");
    for (api, more, told) in [
        ("{ labels: { job: a } }", "", "has no `url`"),
        ("{ url: http://p:9090, labels: { 'a\"}': x } }", "", "is no name of a label"),
        ("{ url: http://p:9090, labels: pay }", "", "is a block of names and values"),
        ("{ url: http://p:9090, every: 5m }", "", "5m"),
        ("{ url: http://p:9090 }", "    prometheus: http://h:9249\n", "tell the same"),
    ] {
        let problems = of(api, more).expect_err(api);
        let all: Vec<String> = problems.iter().map(ToString::to_string).collect();
        assert!(all.len() == 1 && all[0].contains(told), "{api}: {all:?}");
    }
}

const FLINK: &str = "flink: [{ name: pay, rest: http://127.0.0.1:8081 }]\n";

#[test]
fn what_the_jobs_stand_on() {
    let text = r#"
zookeeper: [{ name: zk, servers: [z1:2181, z2:2181], flink: [pay] }]
hdfs: [{ name: lake, namenodes: [http://nn1:9870/], nameservice: ns1, auth: { bearer: "${TOKEN}" } }]
yarn: [{ name: y, resourcemanagers: [http://rm1:8088] }]
machines: [{ exporter: http://10.0.0.7:9100 }, { name: h8, exporter: http://10.0.0.8:9100/metrics }]
components:
  - { name: dim, kind: redis, tcp: "r:6379", exporter: http://r:9121, metrics: ['keys'], health: ['metric("keys") < 9'], jobs: ["dwd-*"] }
"#;
    let bases = parse(&format!("{FLINK}{text}")).expect("no mistakes").bases;
    let kinds: Vec<&str> = bases.clusters.iter().map(|c| c.kind.name()).collect();
    assert_eq!(kinds, ["zookeeper", "hdfs", "yarn", "component"]);
    assert_eq!(bases.clusters[0].place.flink, [ClusterId::new("pay")]);
    assert!(matches!(&bases.clusters[1].how, How::Hdfs(p) if p.namenodes == ["http://nn1:9870"]));
    assert!(bases.clusters[1].access.auth.is_some());
    let hosts: Vec<&str> = bases.hosts.iter().map(|h| &*h.host).collect();
    assert_eq!(hosts, ["10.0.0.7", "h8"]);
}

#[test]
fn where_something_stands_in_the_pipeline() {
    let text = r#"
components:
  - { name: agent, kind: flume, tcp: "a:1", writes: [orders] }
  - { name: bus, kind: pulsar, exporter: "http://b:1", metrics: [backlog_ms], upstream: ["job:ods-*"], downstream: ["dwd-*", "component:ck"], delay: 'metric("backlog_ms") / 1000', target: 5s }
  - { name: ck, kind: clickhouse, tcp: "c:1", upstream: [ads-risk], stage: warehouse }
  - { name: dim, kind: redis, tcp: "r:1", jobs: ["dwd-*"] }
"#;
    let bases = parse(&format!("{FLINK}{text}")).expect("no mistakes").bases;
    let stages: Vec<&str> = bases.clusters.iter().map(|c| c.place.stage().name()).collect();
    assert_eq!(stages, ["collection", "queue", "warehouse", "processing"]);
    let delay = bases.clusters[1].place.delay.as_ref().unwrap();
    assert_eq!(delay.target, Some(Span::secs(5)));
    assert_eq!(bases.clusters[1].place.downstream.len(), 2);
}

#[test]
fn mistakes_in_what_the_jobs_stand_on_are_told() {
    for (text, wanted) in [
        ("zookeeper: [{ name: zk }]", "one of `servers` and `admin`"),
        ("zookeeper: [{ name: zk, servers: [z1], flink: [pya] }]", "`z1` is not host:port"),
        ("zookeeper: [{ name: zk, servers: [z:1], flink: [pya] }]", "did you mean `pay`"),
        ("hdfs: [{ name: l }]", "has no `namenodes`"),
        ("yarn: [{ name: y, resourcemanagers: [rm] }]", "not an http address"),
        ("components: [{ name: x, kind: redis }]", "how this component is asked"),
        (
            "components: [{ name: x, kind: r, tcp: 'r:1', health: ['metric(\"a\")'] }]",
            "not a truth",
        ),
        ("components: [{ name: x, kind: r, tcp: 'r:1', health: ['healthy'] }]", "come to"),
        (
            "components: [{ name: x, kind: r, tcp: 'r:1', health: ['metric(\"a\") < 1'] }]",
            "add `exporter: http://…` and `metrics: ['a']`",
        ),
        (
            "components: [{ name: x, kind: r, exporter: http://r:1, metrics: [a_b], health: ['metric(\"a_c\") < 1'] }]",
            "did you mean `a_b`",
        ),
        (
            "components: [{ name: x, kind: r, exporter: http://r:1, metrics: [a_b], delay: 'metric(\"zz\")' }]",
            "is not among the `metrics`",
        ),
        ("components: [{ name: x, kind: r, tcp: 'r:1', metrics: [a] }]", "an exporter's"),
        ("components: [{ name: x, kind: r, tcp: 'r:1', stage: warehose }]", "mean `warehouse`"),
        (
            "components: [{ name: x, kind: r, tcp: 'r:1', upstream: ['component:y'] }]",
            "no component is named `y`",
        ),
        ("components: [{ name: x, kind: r, tcp: 'r:1', upstream: ['job:a.*'] }]", "regular"),
        ("components: [{ name: x, kind: r, tcp: 'r:1', target: 5s }]", "a target of what?"),
        ("components: [{ name: x, kind: r, tcp: 'r:1', delay: 'metric(\"a\") < 5' }]", "seconds"),
        ("components: [{ name: x, kind: r, exporter: http://r:1, metrics: ['a{'] }]", "no series"),
        (
            "yarn: [{ name: x, resourcemanagers: [http://r:1] }]\nhdfs: [{ name: x, namenodes: [http://n:1] }]",
            "two base clusters or components are named `x`",
        ),
    ] {
        let said = told(&format!("{FLINK}{text}"));
        assert!(said.contains(wanted), "{text}: {said}");
    }
}

#[test]
fn a_cluster_that_yarn_starts() {
    let yarn = "yarn: [{ name: y, resourcemanagers: [http://rm:8088] }]\n";
    let flink = "flink:\n  - name: pay\n    yarn: { cluster: y, application: pay-session }\n";
    let config = parse(&format!("{flink}{yarn}")).unwrap();
    let how = config.flink[0].rest.in_yarn().unwrap();
    assert_eq!((how.cluster.as_str(), how.application.as_str()), ("y", "pay-session"));
    assert_eq!(config.bases.clusters[0].place.flink, [ClusterId::new("pay")], "it stands on it");

    let wrong = [
        (flink.replace("cluster: y", "cluster: z") + yarn, "c.yaml:3:22", "no YARN is named `z`"),
        (flink.to_owned(), "c.yaml:3:22", "add `yarn: [{ name: y,"),
        (flink.replace(", application: pay-session", "") + yarn, "c.yaml:3", "no `application`"),
        (format!("{flink}    rest: http://h:8081\n{yarn}"), "c.yaml:4:5", "tell the same"),
        (
            format!("{flink}    auth: {{ bearer: x }}\n{yarn}"),
            "c.yaml:4:5",
            "no credential is sent",
        ),
        (
            format!("{flink}    act: {{ roots: [\"file:///c\"] }}\n{yarn}"),
            "c.yaml:4:5",
            "nothing is done",
        ),
    ];
    for (text, at, why) in wrong {
        let told = told(&text);
        assert!(told.contains(at) && told.contains(why), "{at} {why}\n{told}");
    }
}
