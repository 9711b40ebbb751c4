//! A machine's exporter text, shortened from node_exporter 1.x, and what is none.

use super::*;
use crate::collect::http::HttpAccess;
use streamwarden_core::estate::TargetKind;
use streamwarden_core::signals::Signal;

const TEXT: &str = r#"# TYPE node_cpu_seconds_total counter
node_cpu_seconds_total{cpu="0",mode="idle"} 100
node_cpu_seconds_total{cpu="0",mode="user"} 900
node_cpu_seconds_total{cpu="1",mode="idle"} 300
node_cpu_seconds_total{cpu="1",mode="iowait"} 7
node_filefd_allocated 1024
node_filefd_maximum 65536
node_filesystem_avail_bytes{device="/dev/vda",fstype="ext4",mountpoint="/"} 5e+09
node_filesystem_size_bytes{device="/dev/vda",fstype="ext4",mountpoint="/"} 1e+11
node_filesystem_avail_bytes{device="tmpfs",fstype="tmpfs",mountpoint="/run"} 0
node_filesystem_size_bytes{device="tmpfs",fstype="tmpfs",mountpoint="/run"} 1e+06
node_filesystem_readonly{device="/dev/vda",fstype="ext4",mountpoint="/"} 0
node_load1 1.5
node_memory_MemAvailable_bytes 1e+09
node_memory_MemTotal_bytes 4e+09
node_time_seconds 1.795233e+09
node_timex_sync_status 1
node_network_receive_bytes_total{device="eth0"} 5
"#;

#[test]
fn cores_are_summed_mounts_stand_alone_and_its_clock_is_held_against_ours() {
    let at = Millis(1_795_232_999_000);
    let r = read::read(TEXT.as_bytes(), at, 500).unwrap();
    assert_eq!(r.whole[&Signal::CpuIdleTime], 400_000.0);
    assert_eq!(r.whole[&Signal::CpuWaitTime], 7_000.0);
    assert_eq!(r.whole[&Signal::Cpus], 2.0);
    assert_eq!(r.whole[&Signal::ClockSkew], 500.0, "ahead by a second, read half a second later");
    assert_eq!(r.whole[&Signal::MaxFiles], 65_536.0);
    assert_eq!(r.mounts(), ["/".into()], "a tmpfs holds nobody's data");
    assert!(r.mounts["/"].contains(&(Signal::CapacityRemaining, 5e9)));
}

#[test]
fn what_is_no_machine_is_not_understood() {
    for text in ["", "<html>", "{}", "up 1\n", "node_load1 x\n"] {
        let told = read::read(text.as_bytes(), Millis(0), 0);
        assert!(matches!(told, Err(GapReason::NotUnderstood { .. })), "{text}");
    }
}

#[tokio::test]
async fn one_that_is_down_is_said_and_the_others_are_read() {
    use wiremock::{Mock, MockServer, ResponseTemplate, matchers::any};
    crate::dial::install_crypto();
    let mock = MockServer::start().await;
    Mock::given(any())
        .respond_with(ResponseTemplate::new(200).set_body_string(TEXT))
        .mount(&mock)
        .await;
    let host = |name: &str, url: String| Host { name: name.into(), url };
    let hosts = vec![host("h1", mock.uri()), host("h2", "http://127.0.0.1:1/metrics".into())];
    let target = Target { name: "hosts".into(), kind: TargetKind::Host, address: "2".into() };
    let client = ReadClient::new(HttpAccess::default()).unwrap();
    let found = HostTarget::new(target, hosts, client).look(Millis(1)).await;
    assert_eq!(found.gaps.iter().map(|g| &*g.what).collect::<Vec<_>>(), ["h2"]);
    assert_eq!(found.seen, ["h1".into()]);
    let of = found.facts.iter().filter_map(|(_, f)| match f {
        Fact::Host(h) => Some((&*h.host, h.answering)),
        _ => None,
    });
    let told: Vec<_> = of.collect();
    assert!(
        told.contains(&("h1", Answering::Answers))
            && told.contains(&("h2", Answering::Unreachable))
    );
}
