//! JMX pages, each by the name of its bean: a whole page is 300 kB.

use super::parse::{self, DataNode, Journal, NameNode};
use crate::collect::http::ReadClient;
use crate::collect::jvm;
use std::time::Duration;
use streamwarden_core::estate::GapReason;

const DEADLINE: Duration = Duration::from_secs(4);
/// NameNodeInfo names every DataNode, 400 bytes each; the others are 4 kB.
const CAP: u64 = 16 << 20;
pub const NAMENODE_PAGES: u32 = 6;
pub const DATANODE_PAGES: u32 = 2;

async fn bean(client: &ReadClient, base: &str, bean: &str) -> Result<Vec<u8>, GapReason> {
    let url = format!("{base}/jmx?qry=Hadoop:service={bean}");
    client.get(&url, DEADLINE, CAP).await.map(|answer| answer.body.to_vec())
}

pub async fn namenode(client: &ReadClient, base: &str) -> Result<NameNode, GapReason> {
    let of = |name: &'static str| async move {
        bean(client, base, &format!("NameNode,name={name}")).await
    };
    let status = of("NameNodeStatus").await?;
    let (info, state, rpc, journals) = futures_util::future::join4(
        of("NameNodeInfo"),
        of("FSNamesystemState"),
        of("RpcActivityForPort*"),
        of("IPCLoggerChannel-*"),
    )
    .await;
    let told = parse::namenode(&status, &info?, &state?, &rpc?, &journals?)?;
    Ok(NameNode { jvm: jvm::of_hadoop(client, base, "NameNode").await, ..told })
}

pub async fn datanode(client: &ReadClient, base: &str) -> Result<DataNode, GapReason> {
    let told = parse::datanode(&bean(client, base, "DataNode,name=FSDatasetState*").await?)?;
    Ok(DataNode { jvm: jvm::of_hadoop(client, base, "DataNode").await, ..told })
}

pub async fn journalnode(client: &ReadClient, base: &str) -> Result<Journal, GapReason> {
    parse::journalnode(&bean(client, base, "JournalNode,name=Journal*").await?)
}
