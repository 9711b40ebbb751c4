//! A door in front of an address: what the product is told to scrape. Shut, it accepts and never answers, while the
//! service behind it runs on undisturbed.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result};

pub struct Gate {
    port: u16,
    shared: Arc<Shared>,
}

struct Shared {
    target: u16,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    shut: bool,
    closing: bool,
    /// connections under way, and those that wait in vain
    open: Vec<TcpStream>,
}

impl Gate {
    pub fn open(target: u16) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no port for a gate")?;
        let port = listener.local_addr()?.port();
        let shared = Arc::new(Shared { target, state: Mutex::default() });
        let accepting = Arc::clone(&shared);
        std::thread::spawn(move || accepting.accept(&listener));
        Ok(Gate { port, shared })
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub fn set_shut(&self, shut: bool) {
        let mut state = self.shared.lock();
        state.shut = shut;
        // on shutting, answers under way break off; on opening, those who waited ask again
        hang_up(&mut state.open);
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        let mut state = self.shared.lock();
        state.closing = true;
        hang_up(&mut state.open);
        drop(state);
        // wakes the accepting thread, which then sees that it is over
        let _ = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port));
    }
}

impl Shared {
    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn accept(self: &Arc<Self>, listener: &TcpListener) {
        for client in listener.incoming() {
            let Ok(client) = client else { continue };
            let mut state = self.lock();
            if state.closing {
                return;
            }
            if state.shut {
                state.open.push(client);
            } else {
                state.open.retain(|stream| stream.peer_addr().is_ok());
                let _ = self.forward(client, &mut state.open);
            }
        }
    }

    fn forward(&self, client: TcpStream, open: &mut Vec<TcpStream>) -> std::io::Result<()> {
        let server = TcpStream::connect((Ipv4Addr::LOCALHOST, self.target))?;
        open.extend([client.try_clone()?, server.try_clone()?]);
        let (up_from, up_to) = (client.try_clone()?, server.try_clone()?);
        std::thread::spawn(move || pump(up_from, up_to));
        std::thread::spawn(move || pump(server, client));
        Ok(())
    }
}

fn hang_up(open: &mut Vec<TcpStream>) {
    for stream in open.drain(..) {
        let _ = stream.shutdown(Shutdown::Both);
    }
}

fn pump(mut from: TcpStream, mut to: TcpStream) {
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(n @ 1..) = from.read(&mut buffer) {
        if to.write_all(&buffer[..n]).is_err() {
            break;
        }
    }
    let _ = from.shutdown(Shutdown::Both);
    let _ = to.shutdown(Shutdown::Both);
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn shut_it_keeps_silent_and_open_it_answers() {
        let service = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let gate = Gate::open(service.local_addr().unwrap().port()).unwrap();
        std::thread::spawn(move || {
            for stream in service.incoming() {
                let _ = stream.and_then(|mut s| s.write_all(b"hello"));
            }
        });
        let ask = || {
            let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, gate.port)).unwrap();
            stream.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
            let mut answer = [0; 5];
            stream.read_exact(&mut answer).map(|()| answer)
        };
        assert_eq!(&ask().unwrap(), b"hello");
        gate.set_shut(true);
        assert!(ask().is_err());
        gate.set_shut(false);
        assert_eq!(&ask().unwrap(), b"hello");
    }
}
