//! Listening sockets: TCP addresses, Unix sockets, and those that systemd hands over.

use crate::core::bad_request::BadRequest;
#[cfg(unix)]
use crate::system::System;
use anyhow::{Context as _, Result, bail};
use mio::event::Source;
use mio::{Interest, Registry, Token};
use std::fmt;
use std::io::{self, Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, ToSocketAddrs};
#[cfg(unix)]
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// otop's port.
const PORT: u16 = 8390;

/// Where to listen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    Tcp(SocketAddr),
    #[cfg(unix)]
    Unix(PathBuf),
}

impl FromStr for Place {
    type Err = String;

    /// `8390`, `127.0.0.1:8390`, `localhost:8390`, `unix:/run/user/1000/ttop.sock`
    fn from_str(text: &str) -> Result<Self, String> {
        #[cfg(unix)]
        if let Some(path) = text.strip_prefix("unix:") {
            return match path.starts_with('/') {
                true => Ok(Self::Unix(path.into())),
                false => Err("expected an absolute path after unix:".to_owned()),
            };
        }
        if let Ok(port) = text.parse::<u16>() {
            return Ok(Self::Tcp(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port)));
        }
        if let Some(port) = text.strip_prefix("localhost:").and_then(|port| port.parse().ok()) {
            return Ok(Self::Tcp(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port)));
        }
        let resolved = text.to_socket_addrs().ok().and_then(|mut found| found.next());
        resolved
            .map(Self::Tcp)
            .ok_or_else(|| "expected PORT, ADDRESS:PORT or unix:PATH".to_owned())
    }
}

impl Place {
    /// As `--listen` takes it.
    pub fn spelling(&self) -> String {
        match self {
            Self::Tcp(address) => address.to_string(),
            #[cfg(unix)]
            Self::Unix(path) => format!("unix:{}", path.display()),
        }
    }

    /// Whether only this machine reaches it.
    pub fn is_local(&self) -> bool {
        match self {
            Self::Tcp(address) => address.ip().is_loopback(),
            #[cfg(unix)]
            Self::Unix(_) => true,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => write!(f, "http://{address}"),
            #[cfg(unix)]
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

/// A socket that accepts connections.
pub(crate) struct Listener {
    pub place: Place,
    socket: ListeningSocket,
}

enum ListeningSocket {
    Tcp(mio::net::TcpListener),
    #[cfg(unix)]
    Unix(mio::net::UnixListener),
}

impl Listener {
    /// The sockets that a supervisor hands over, or those of `--listen` and `--port`, or the default port.
    ///
    /// # Errors
    /// When another program listens there, or there are sockets of both kinds.
    pub(crate) fn open(places: &[Place], port: Option<u16>) -> Result<Vec<Self>> {
        let handed = Self::handed_over()?;
        if !handed.is_empty() {
            if !places.is_empty() || port.is_some() {
                return Err(BadRequest::new("--listen cannot be combined with sockets that systemd hands over").into());
            }
            return Ok(handed);
        }
        if places.is_empty() {
            let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port.unwrap_or(PORT)));
            return Ok(vec![Self::bind(&Place::Tcp(address))?]);
        }
        places.iter().map(Self::bind).collect()
    }

    /// # Errors
    /// When another program listens there, or the place may not be used.
    pub(crate) fn bind(place: &Place) -> Result<Self> {
        match place {
            Place::Tcp(address) => {
                let bound = std::net::TcpListener::bind(address);
                Self::of_tcp(bound.with_context(|| format!("could not listen on {address}"))?)
            }
            #[cfg(unix)]
            Place::Unix(path) => bind_unix(path),
        }
    }

    /// The sockets that systemd or another supervisor opened; none where there is no such supervisor.
    ///
    /// # Errors
    /// When it handed over something else than listening sockets.
    pub(crate) fn handed_over() -> Result<Vec<Self>> {
        let mut listeners = Vec::new();
        let mut handed = listenfd::ListenFd::from_env();
        for at in 0..handed.len() {
            #[cfg(unix)]
            if let Ok(Some(socket)) = handed.take_unix_listener(at)
                && let Ok(address) = socket.local_addr()
            {
                socket.set_nonblocking(true)?;
                listeners.push(Self {
                    place: Place::Unix(address.as_pathname().unwrap_or(Path::new("")).to_owned()),
                    socket: ListeningSocket::Unix(mio::net::UnixListener::from_std(socket)),
                });
                continue;
            }
            match handed.take_tcp_listener(at) {
                Ok(Some(socket)) => listeners.push(Self::of_tcp(socket)?),
                Ok(None) => {}
                Err(error) => bail!("socket {at} of LISTEN_FDS cannot be used: {error}"),
            }
        }
        Ok(listeners)
    }

    fn of_tcp(socket: std::net::TcpListener) -> Result<Self> {
        socket.set_nonblocking(true)?;
        Ok(Self {
            place: Place::Tcp(socket.local_addr()?),
            socket: ListeningSocket::Tcp(mio::net::TcpListener::from_std(socket)),
        })
    }

    pub(crate) fn register(&mut self, registry: &Registry, token: Token) -> io::Result<()> {
        match &mut self.socket {
            ListeningSocket::Tcp(socket) => registry.register(socket, token, Interest::READABLE),
            #[cfg(unix)]
            ListeningSocket::Unix(socket) => registry.register(socket, token, Interest::READABLE),
        }
    }

    /// # Errors
    /// `WouldBlock` when no client waits.
    pub(crate) fn accept(&self) -> io::Result<Socket> {
        match &self.socket {
            ListeningSocket::Tcp(socket) => {
                let (client, _) = socket.accept()?;
                // Answers are written at once: waiting for more to send would only delay them.
                let _ = client.set_nodelay(true);
                Ok(Socket::Tcp(client))
            }
            #[cfg(unix)]
            ListeningSocket::Unix(socket) => Ok(Socket::Unix(socket.accept()?.0)),
        }
    }
}

/// Removes the files of Unix sockets, unless they belong to a supervisor, which keeps them.
#[cfg(unix)]
pub(crate) fn remove_sockets(places: &[Place], system: &System) {
    if system.var("LISTEN_FDS").is_some() {
        return;
    }
    for place in places {
        if let Place::Unix(path) = place {
            // A socket file left behind does no harm: the next server replaces it.
            let _ = std::fs::remove_file(path);
        }
    }
}

#[cfg(unix)]
fn bind_unix(path: &Path) -> Result<Listener> {
    use std::os::unix::fs::{FileTypeExt, PermissionsExt};
    use std::os::unix::net::{UnixListener, UnixStream};
    let is_socket = std::fs::symlink_metadata(path).is_ok_and(|found| found.file_type().is_socket());
    if is_socket && UnixStream::connect(path).is_err() {
        // Left behind by a server that was killed.
        std::fs::remove_file(path).with_context(|| format!("could not remove the old {}", path.display()))?;
    }
    // A folder of the user's own keeps others out until the mode is set.
    let socket = UnixListener::bind(path).with_context(|| format!("could not listen on {}", path.display()))?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))
        .with_context(|| format!("could not protect {}", path.display()))?;
    socket.set_nonblocking(true)?;
    Ok(Listener {
        place: Place::Unix(path.to_owned()),
        socket: ListeningSocket::Unix(mio::net::UnixListener::from_std(socket)),
    })
}

/// A connection's socket.
pub(crate) enum Socket {
    Tcp(mio::net::TcpStream),
    #[cfg(unix)]
    Unix(mio::net::UnixStream),
}

impl Socket {
    fn source(&mut self) -> &mut dyn Source {
        match self {
            Self::Tcp(socket) => socket,
            #[cfg(unix)]
            Self::Unix(socket) => socket,
        }
    }

    pub(crate) fn register(&mut self, registry: &Registry, token: Token) -> io::Result<()> {
        registry.register(self.source(), token, Interest::READABLE | Interest::WRITABLE)
    }

    pub(crate) fn deregister(&mut self, registry: &Registry) -> io::Result<()> {
        registry.deregister(self.source())
    }

    /// Tells the client that nothing more comes.
    pub(crate) fn finish(&self) {
        // The client may be gone.
        let _ = match self {
            Self::Tcp(socket) => socket.shutdown(std::net::Shutdown::Write),
            #[cfg(unix)]
            Self::Unix(socket) => socket.shutdown(std::net::Shutdown::Write),
        };
    }
}

impl Read for Socket {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(socket) => socket.read(buffer),
            #[cfg(unix)]
            Self::Unix(socket) => socket.read(buffer),
        }
    }
}

impl Write for Socket {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(socket) => socket.write(bytes),
            #[cfg(unix)]
            Self::Unix(socket) => socket.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_ports_addresses_and_sockets() {
        for (text, shown, is_local) in [
            ("8390", "http://127.0.0.1:8390", true),
            ("localhost:1", "http://127.0.0.1:1", true),
            ("[::1]:8390", "http://[::1]:8390", true),
            ("0.0.0.0:8390", "http://0.0.0.0:8390", false),
            #[cfg(unix)]
            ("unix:/run/ttop.sock", "unix:/run/ttop.sock", true),
        ] {
            let place: Place = text.parse().expect(text);
            assert_eq!((place.to_string().as_str(), place.is_local()), (shown, is_local));
        }
        for wrong in ["", "host", "99999", "unix:relative", "127.0.0.1"] {
            assert!(wrong.parse::<Place>().is_err(), "{wrong}");
        }
    }
}
