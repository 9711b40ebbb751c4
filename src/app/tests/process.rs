//! One process of ours in front of an estate, asked over its own API.

use crate::app::App;
use crate::config::Config;
use crate::store::Store;
use serde_json::Value;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

fn text(yaml: &str) -> String {
    format!("listen: 127.0.0.1:0\ndata_dir: data\ntick: 2s\n{yaml}")
}

pub struct Process {
    pub url: String,
    /// To do it harm.
    pub store: Arc<Store>,
    stop: CancellationToken,
    life: JoinHandle<Result<(), crate::app::Error>>,
    client: reqwest::Client,
}

impl Process {
    /// `yaml`: beside what every process here has.
    pub async fn start(dir: &Path, yaml: &str) -> Process {
        Process::start_in(dir, Path::new("data"), yaml).await
    }

    /// With its data elsewhere.
    pub async fn start_in(dir: &Path, data: &Path, yaml: &str) -> Process {
        let text = text(yaml).replace("data_dir: data", &format!("data_dir: {}", data.display()));
        let file = dir.join("streamwarden.yaml");
        std::fs::write(&file, &text).unwrap();
        let config = Config::load(&file).unwrap_or_else(|p| panic!("{p:?}\n{text}"));
        Process::of(App::build(config).await.unwrap())
    }

    /// With everything that it sees recorded into `all.bundle`.
    pub async fn recorded(
        dir: &Path,
        yaml: &str,
        env: &(dyn Fn(&str) -> Option<String> + Sync),
    ) -> Process {
        let config =
            Config::parse("x.yaml", &text(yaml), dir, env).unwrap_or_else(|p| panic!("{p:?}"));
        let mut app = App::build(config).await.unwrap();
        app.record(dir.join("all.bundle")).unwrap();
        Process::of(app)
    }

    fn of(app: App) -> Process {
        let url = format!("http://{}", app.address().unwrap());
        let (stop, store) = (CancellationToken::new(), app.store.clone());
        let life = tokio::spawn(app.run(stop.clone()));
        // no connection twice: one that idles may be closed just then
        let client =
            reqwest::Client::builder().no_proxy().pool_max_idle_per_host(0).build().unwrap();
        Process { url, store, stop, life, client }
    }

    /// Status and body.
    pub async fn read(&self, path: &str, token: &str) -> (u16, Vec<u8>) {
        let request = self.client.get(format!("{}{path}", self.url)).bearer_auth(token);
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.bytes().await.unwrap().to_vec())
    }

    pub async fn post(&self, path: &str, body: &Value, token: &str) -> (u16, String) {
        let request = self.client.post(format!("{}{path}", self.url)).bearer_auth(token);
        let answer = request.json(body).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    pub async fn get(&self, path: &str) -> Value {
        let answer = self.client.get(format!("{}{path}", self.url)).send().await.unwrap();
        let text = answer.text().await.unwrap();
        serde_json::from_str(&text).unwrap_or_else(|e| panic!("{path}: {e}: {text}"))
    }

    /// Asked each 200 ms, until it is so.
    pub async fn wait(&self, path: &str, within: Duration, is: impl Fn(&Value) -> bool) -> Value {
        let end = tokio::time::Instant::now() + within;
        loop {
            let value = self.get(path).await;
            if is(&value) {
                return value;
            }
            if tokio::time::Instant::now() >= end {
                let targets = &self.get("/api/v1/system").await["targets"];
                panic!("{path}: {value:#}\nwith {targets:#}");
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    pub async fn end(self) {
        self.stop.cancel();
        drop(self.store);
        self.life.await.unwrap().unwrap();
    }
}
