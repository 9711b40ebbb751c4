use super::*;
use std::io::Write as _;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use wiremock::matchers::{header, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

const SECOND: Duration = Duration::from_secs(1);
const MIB: u64 = 1 << 20;

fn client() -> ReadClient {
    ReadClient::new(HttpAccess::default()).unwrap()
}

fn detail(reason: GapReason) -> String {
    match reason {
        GapReason::NotUnderstood { detail }
        | GapReason::Unreachable { detail }
        | GapReason::NoRights { detail }
        | GapReason::NotConfigured { detail } => detail,
        other => panic!("{other:?}"),
    }
}

/// A server that reads one request and then does what `answer` does.
async fn raw<F, Fut>(answer: F) -> String
where
    F: Fn(TcpStream) -> Fut + Send + 'static,
    Fut: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/x", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0; 4096];
            if stream.read(&mut request).await.is_ok() {
                tokio::spawn(answer(stream));
            }
        }
    });
    url
}

async fn serve(template: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(path("/x")).respond_with(template).mount(&server).await;
    server
}

fn gzip(data: impl Iterator<Item = Vec<u8>>) -> Vec<u8> {
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    data.for_each(|chunk| writer.write_all(&chunk).unwrap());
    writer.finish().unwrap()
}

#[tokio::test]
async fn a_target_that_hangs_or_drips_is_given_up_at_the_deadline() {
    let hangs = raw(|stream| async move {
        tokio::time::sleep(10 * SECOND).await;
        drop(stream);
    })
    .await;
    let drips = raw(|mut stream| async move {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n").await;
        while stream.write_all(b"x").await.is_ok() {
            tokio::time::sleep(SECOND / 20).await;
        }
    })
    .await;
    for url in [hangs, drips] {
        let begun = Instant::now();
        let got = client().get(&url, SECOND / 3, MIB).await;
        assert_eq!(got.unwrap_err(), GapReason::TimedOut { after_ms: 333 });
        assert!(begun.elapsed() < 2 * SECOND);
    }
}

#[tokio::test]
async fn an_endless_body_is_left_at_the_cap() {
    let endless = |length: &'static str| {
        raw(move |mut stream| async move {
            let head = format!("HTTP/1.1 200 OK\r\n{length}\r\n");
            let _ = stream.write_all(head.as_bytes()).await;
            while stream.write_all(&[b'x'; 65536]).await.is_ok() {}
        })
    };
    for length in ["content-length: 104857600\r\n", ""] {
        let url = endless(length).await;
        let got = client().get(&url, 10 * SECOND, MIB).await;
        assert_eq!(got.unwrap_err(), GapReason::TooLarge { cap_bytes: MIB });
        let head = client().get_head(&url, 10 * SECOND, 1000).await.unwrap();
        assert_eq!(head.body.len(), 1000);
    }
}

#[tokio::test]
async fn a_gzip_bomb_stops_at_the_cap() {
    let bomb = gzip((0..256).map(|_| vec![0u8; 1 << 20]));
    assert!(bomb.len() < 512 << 10);
    let server = serve(
        ResponseTemplate::new(200).insert_header("content-encoding", "gzip").set_body_bytes(bomb),
    )
    .await;
    let got = client().get(&format!("{}/x", server.uri()), 10 * SECOND, MIB).await;
    assert_eq!(got.unwrap_err(), GapReason::TooLarge { cap_bytes: MIB });
}

#[test]
fn the_buffer_never_reserves_more_than_its_cap() {
    let mut sink = body::capped(1000);
    assert!(sink.write_all(&[1; 600]).is_ok());
    assert!(sink.write_all(&[1; 600]).is_err());
    assert_eq!((sink.bytes.len(), sink.bytes.capacity(), sink.over), (1000, 1000, true));
}

#[tokio::test]
async fn gzip_is_unpacked_and_a_damaged_one_is_said() {
    let packed = gzip(std::iter::once(b"[1,2,3]".to_vec()));
    let cut = packed[..packed.len() - 4].to_vec();
    for (bytes, good) in [(packed, true), (cut, false), (b"[1,2,3]".to_vec(), false)] {
        let template = ResponseTemplate::new(200)
            .insert_header("content-encoding", "gzip")
            .set_body_bytes(bytes);
        let server = serve(template).await;
        let url = format!("{}/x", server.uri());
        match client().get_json::<Vec<u32>>(&url, SECOND, MIB).await {
            Ok((list, _)) => assert!(good && list == [1, 2, 3]),
            Err(reason) => assert!(!good && detail(reason).contains("gzip")),
        }
    }
}

#[tokio::test]
async fn a_status_is_a_reason() {
    for (code, wanted) in [(500, None), (503, None), (204, None), (401, Some("401: set `bearer`"))]
    {
        let server = serve(ResponseTemplate::new(code)).await;
        let got = client().get(&format!("{}/x", server.uri()), SECOND, MIB).await.unwrap_err();
        match wanted {
            None => assert_eq!(got, GapReason::Status { code }),
            Some(text) => assert!(detail(got).contains(text)),
        }
    }
}

#[tokio::test]
async fn a_closed_port_and_an_unknown_host_say_what_to_check() {
    let port = {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        listener.local_addr().unwrap().port()
    };
    let refused = client().get(&format!("http://127.0.0.1:{port}/"), SECOND, MIB).await;
    assert!(detail(refused.unwrap_err()).ends_with("is it running, is the port right?"));
    let nowhere = client().get("http://nowhere.invalid/", 10 * SECOND, MIB).await;
    assert!(detail(nowhere.unwrap_err()).contains("check the host's name"));
    let not_http = client().get("ftp://x", SECOND, MIB).await;
    assert!(detail(not_http.unwrap_err()).contains("write http://host:port"));
}

#[tokio::test]
async fn credentials_are_sent_and_never_shown() {
    let cases = [
        ("hunter2", Some(Auth::Bearer(Secret::new("hunter2"))), "Bearer hunter2"),
        (
            "hunter2",
            Some(Auth::Basic { user: "u".into(), password: Secret::new("hunter2") }),
            "Basic dTpodW50ZXIy",
        ),
        ("u:hunter%32@", None, "Basic dTpodW50ZXIy"),
    ];
    for (text, auth, wanted) in cases {
        let server = MockServer::start().await;
        let right = header("authorization", wanted);
        Mock::given(right).respond_with(ResponseTemplate::new(200)).mount(&server).await;
        let client = ReadClient::new(HttpAccess { auth, ca_file: None }).unwrap();
        let user = if text.ends_with('@') { text } else { "" };
        let url = server.uri().replace("http://", &format!("http://{user}"));
        client.get(&url, SECOND, MIB).await.unwrap();
        assert!(!format!("{client:?}").contains("hunter"));
        let url = url.replace(&server.address().port().to_string(), "1");
        let refused = client.get(&url, SECOND, MIB).await.unwrap_err();
        assert!(!format!("{refused:?}").contains("hunter"));
    }
    assert_eq!(safe_address("http://u:p@h:8081/a?token=t#f"), "http://h:8081/a");
}

#[tokio::test]
async fn redirects_stay_within_the_origin() {
    let other = serve(ResponseTemplate::new(200)).await;
    let server = MockServer::start().await;
    let to = |to: &str| ResponseTemplate::new(302).insert_header("location", to);
    for (at, template) in [
        ("/near", to("/x")),
        ("/far", to(&format!("{}/x?token=t", other.uri()))),
        ("/loop", to("/loop")),
        ("/x", ResponseTemplate::new(200)),
    ] {
        Mock::given(path(at)).respond_with(template).mount(&server).await;
    }
    let client = client();
    let ask = |at: &str| {
        let url = format!("{}{at}", server.uri());
        let client = client.clone();
        async move { client.get(&url, SECOND, MIB).await }
    };
    assert!(ask("/near").await.is_ok());
    let far = detail(ask("/far").await.unwrap_err());
    assert!(far.contains("302") && far.contains(&other.uri()) && !far.contains("token"), "{far}");
    assert!(detail(ask("/loop").await.unwrap_err()).contains("302"));
    assert!(other.received_requests().await.unwrap().is_empty());
}

#[test]
fn json_that_does_not_fit_is_named_without_its_content() {
    #[derive(serde::Deserialize, Debug)]
    struct Shape {
        _list: Vec<u32>,
    }
    let said = |body: &[u8]| detail(parse_json::<Shape>(body).unwrap_err());
    assert!(said(b" \n<!DOCTYPE html>").starts_with("answered HTML"));
    assert_eq!(said(b""), "the answer is empty");
    assert_eq!(said(b"{\"_list\": \"\xff\"}"), "bad UTF-8 at byte 11");
    assert_eq!(said(br#"{"_list":[1,"hunter2"]}"#), "_list[1]: expected u32 at line 1 column 21");
    assert_eq!(said(b"{}"), "missing field `_list` at line 1 column 2");
    assert!(said(br#"{"_list":[]} x"#).starts_with("after the JSON"));
    assert!(parse_json::<Shape>(br#"{"_list":[], "new": {}}"#).is_ok());
}

#[tokio::test]
async fn a_certificate_needs_its_ca_file() {
    dial::install_crypto();
    let made = rcgen::generate_simple_self_signed(vec!["localhost".into()]).unwrap();
    let key = rustls_pki_types::PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
    let config = rustls::ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key.into())
        .unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(std::sync::Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://localhost:{}/", listener.local_addr().unwrap().port());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            if let Ok(mut stream) = acceptor.accept(stream).await {
                let _ = stream.read(&mut [0; 4096]).await;
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await;
            }
        }
    });
    let stranger = detail(client().get(&url, SECOND, MIB).await.unwrap_err());
    assert!(stranger.contains("set `ca_file`"), "{stranger}");

    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("ca.pem");
    let access = HttpAccess { auth: None, ca_file: Some(file.clone()) };
    assert!(matches!(ReadClient::new(access.clone()), Err(Error::CaUnreadable { .. })));
    std::fs::write(&file, "no certificate").unwrap();
    assert!(matches!(ReadClient::new(access.clone()), Err(Error::CaNotPem { .. })));
    std::fs::write(&file, made.cert.pem()).unwrap();
    let answer = ReadClient::new(access).unwrap().get(&url, SECOND, MIB).await.unwrap();
    assert_eq!(&answer.body[..], b"ok");
}
