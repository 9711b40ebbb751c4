//! The listening socket, its connections, and how they end.

use super::auth::Peer;
use super::router::router;
use super::state::WebState;
use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_io_timeout::TimeoutStream;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Connections at once; who comes later waits in the kernel's queue.
const CONNECTIONS: usize = 512;
/// How long a client may let us wait.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patience {
    /// For the head of a request; an idle connection is closed after it too.
    pub head: Duration,
    /// For it to take more of its answer.
    pub stalled: Duration,
}

const PATIENCE: Patience =
    Patience { head: Duration::from_secs(30), stalled: Duration::from_secs(30) };

/// Of a request's head, and of what is read ahead.
const BUFFER: usize = 64 * 1024;
/// What is being answered may end; then connections are cut.
const GRACE: Duration = Duration::from_secs(5);
/// After a failed accept (out of descriptors): time for some to come free.
const BREATHER: Duration = Duration::from_millis(200);
/// So many failures in a row (10 s) are no passing shortage.
const HOPELESS: u32 = 50;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{0} is taken by another process: stop it, or give --listen another port")]
    Taken(SocketAddr),
    #[error("no right to listen on {0}: use a port above 1023")]
    NoRight(SocketAddr),
    #[error("{0} is not an address of this machine: give --listen one that is")]
    NotOurs(SocketAddr),
    #[error("cannot listen on {0}: {1}")]
    Listen(SocketAddr, io::ErrorKind),
    #[error("no connection can be accepted: {0}")]
    Accept(io::ErrorKind),
}

/// Takes the address, before anything else is begun.
///
/// # Errors
/// What is wrong with the address and what to do.
pub async fn bind(listen: SocketAddr) -> Result<TcpListener, Error> {
    TcpListener::bind(listen).await.map_err(|e| match e.kind() {
        io::ErrorKind::AddrInUse => Error::Taken(listen),
        io::ErrorKind::PermissionDenied => Error::NoRight(listen),
        io::ErrorKind::AddrNotAvailable => Error::NotOurs(listen),
        kind => Error::Listen(listen, kind),
    })
}

/// Serves until `stop`; answers that are under way get a few seconds to end.
///
/// # Errors
/// No connection can be accepted for a while: better to end than to be there for nobody.
pub async fn serve(
    listener: TcpListener,
    state: WebState,
    stop: CancellationToken,
) -> Result<(), Error> {
    serve_with(PATIENCE, listener, state, stop).await
}

pub(super) async fn serve_with(
    patience: Patience,
    listener: TcpListener,
    state: WebState,
    stop: CancellationToken,
) -> Result<(), Error> {
    let routes = router(state, stop.clone());
    let room = Arc::new(Semaphore::new(CONNECTIONS));
    let open = TaskTracker::new();
    let cut = CancellationToken::new();
    let mut failures = 0;
    let outcome = loop {
        let permit = tokio::select! {
            permit = room.clone().acquire_owned() => permit,
            () = stop.cancelled() => break Ok(()),
        };
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stop.cancelled() => break Ok(()),
        };
        match accepted {
            Ok((stream, peer)) => {
                failures = 0;
                let routes = from(peer.ip(), routes.clone());
                let served = connection(patience, stream, routes, stop.clone());
                let cut = cut.clone();
                open.spawn(async move {
                    let _permit = permit;
                    tokio::select! { () = served => {}, () = cut.cancelled() => {} }
                });
            }
            Err(e) if failures == HOPELESS => break Err(Error::Accept(e.kind())),
            Err(_) => {
                failures += 1;
                tokio::time::sleep(BREATHER).await;
            }
        }
    };
    drop(listener);
    open.close();
    if tokio::time::timeout(GRACE, open.wait()).await.is_err() {
        cut.cancel();
        open.wait().await;
    }
    outcome
}

/// Each request of the connection says where it comes from.
fn from(peer: IpAddr, routes: Router) -> Router {
    routes.layer(axum::Extension(Peer(peer)))
}

async fn connection(
    patience: Patience,
    stream: TcpStream,
    routes: Router,
    stop: CancellationToken,
) {
    // small answers at once; where it can't be set they come a little later
    let _ = stream.set_nodelay(true);
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(patience.stalled));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(patience.head)
        .max_buf_size(BUFFER)
        .serve_connection(TokioIo::new(Box::pin(stream)), TowerToHyperService::new(routes));
    tokio::pin!(connection);
    // how a client's connection ends is the client's business: no error is worth a line
    tokio::select! {
        _ = connection.as_mut() => return,
        () = stop.cancelled() => connection.as_mut().graceful_shutdown(),
    }
    let _ = connection.await;
}
