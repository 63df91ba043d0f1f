//! Listening sockets: at which loopback addresses a connection reaches a given process and no other.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// Every TCP socket that listens, and its inode.
#[derive(Clone, Debug, Default)]
pub(crate) struct Listeners {
    sockets: Vec<(SocketAddr, u64)>,
}

impl Listeners {
    /// From the text of `/proc/net/tcp` and `tcp6`.
    pub(crate) fn parse(tcp: &str, tcp6: &str) -> Self {
        let sockets = tcp.lines().chain(tcp6.lines()).filter_map(parse_line).collect();
        Self { sockets }
    }

    /// From (address, owner's number) pairs of other systems.
    #[cfg_attr(
        target_os = "linux",
        allow(dead_code, reason = "other systems list their sockets this way")
    )]
    pub(crate) fn new(sockets: Vec<(SocketAddr, u64)>) -> Self {
        Self { sockets }
    }

    /// The loopback addresses at which a connection reaches one of these sockets for certain.
    pub(crate) fn reached(&self, inodes: &[u64]) -> Vec<SocketAddr> {
        let mut ports: Vec<u16> = self
            .sockets
            .iter()
            .filter(|(_, inode)| inodes.contains(inode))
            .map(|(address, _)| address.port())
            .collect();
        ports.sort_unstable();
        ports.dedup();
        let hosts = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];
        let others = self
            .sockets
            .iter()
            .map(|(address, _)| address.ip())
            .filter(IpAddr::is_loopback);
        let mut hosts: Vec<IpAddr> = hosts.into_iter().chain(others).collect();
        hosts.sort_unstable();
        hosts.dedup();
        ports
            .iter()
            .flat_map(|&port| hosts.iter().map(move |&host| SocketAddr::new(host, port)))
            .filter(|&address| self.is_reached(address, inodes))
            .collect()
    }

    /// The kernel gives a connection to the socket that is bound most exactly; where several are (`SO_REUSEPORT`), to any.
    fn is_reached(&self, target: SocketAddr, inodes: &[u64]) -> bool {
        let unspecified = |ip| SocketAddr::new(ip, target.port());
        let mut places = vec![target];
        if target.is_ipv4() {
            places.push(unspecified(Ipv4Addr::UNSPECIFIED.into()));
        }
        // A socket at `[::]` also accepts IPv4 unless configured otherwise; then the connection fails harmlessly.
        places.push(unspecified(Ipv6Addr::UNSPECIFIED.into()));
        for place in places {
            let mut owners = self.sockets.iter().filter(|(address, _)| *address == place).peekable();
            if owners.peek().is_some() {
                return owners.all(|(_, inode)| inodes.contains(inode));
            }
        }
        false
    }
}

/// `  0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 48217 1 …`
fn parse_line(line: &str) -> Option<(SocketAddr, u64)> {
    const LISTEN: &str = "0A";
    let mut fields = line.split_whitespace();
    let address = fields.nth(1)?;
    if fields.nth(1)? != LISTEN {
        return None;
    }
    let inode = fields.nth(5)?.parse().ok()?;
    let (ip, port) = address.split_once(':')?;
    Some((
        SocketAddr::new(parse_ip(ip)?, u16::from_str_radix(port, 16).ok()?),
        inode,
    ))
}

/// Words of 32 bits in the machine's byte order: `0100007F` is 127.0.0.1 on a little-endian one.
fn parse_ip(hex: &str) -> Option<IpAddr> {
    let word = |at: usize| {
        u32::from_str_radix(hex.get(at * 8..at * 8 + 8)?, 16)
            .ok()
            .map(u32::to_ne_bytes)
    };
    match hex.len() {
        8 => Some(IpAddr::from(word(0)?)),
        32 => {
            let words = [word(0)?, word(1)?, word(2)?, word(3)?].concat();
            let bytes: [u8; 16] = words.try_into().ok()?;
            let ip = Ipv6Addr::from(bytes);
            Some(ip.to_ipv4_mapped().map_or(IpAddr::V6(ip), IpAddr::V4))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str =
        "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n";

    fn line(address: &str, state: &str, inode: u64) -> String {
        format!(
            "   0: {address} 00000000:0000 {state} 00000000:00000000 00:00000000 00000000  1000        0 {inode} 1 0 100 0 0 10 0\n"
        )
    }

    /// An address as this machine's kernel writes it.
    fn v4(ip: [u8; 4], port: u16) -> String {
        format!("{:08X}:{port:04X}", u32::from_ne_bytes(ip))
    }

    const ANY: [u8; 4] = [0; 4];
    const LOCAL: [u8; 4] = [127, 0, 0, 1];

    #[test]
    fn only_listening_sockets_of_the_process_count() {
        let tcp = [
            HEAD.to_owned(),
            line(&v4(LOCAL, 4096), "0A", 11),
            line(&v4(LOCAL, 4097), "01", 11),
            line(&v4(LOCAL, 4098), "0A", 12),
        ]
        .concat();
        let listeners = Listeners::parse(&tcp, HEAD);
        assert_eq!(
            listeners.reached(&[11]),
            ["127.0.0.1:4096".parse().expect("an address")]
        );
        assert!(listeners.reached(&[99]).is_empty());
    }

    #[test]
    fn a_wildcard_is_reached_unless_another_process_is_more_exact() {
        let wildcard = line(&v4(ANY, 4096), "0A", 11);
        let reached = |text: &str| Listeners::parse(text, "").reached(&[11]);
        assert_eq!(reached(&wildcard), ["127.0.0.1:4096".parse().expect("an address")]);
        let trap = wildcard + &line(&v4(LOCAL, 4096), "0A", 66);
        assert!(reached(&trap).is_empty());
    }

    #[test]
    fn a_port_shared_with_another_process_is_not_reached_for_certain() {
        let shared = line(&v4(LOCAL, 4096), "0A", 11) + &line(&v4(LOCAL, 4096), "0A", 66);
        assert!(Listeners::parse(&shared, "").reached(&[11]).is_empty());
        assert_eq!(Listeners::parse(&shared, "").reached(&[11, 66]).len(), 1);
    }

    #[test]
    fn reads_ipv6_in_the_kernels_spelling() {
        let loopback: String = [0, 0, 0, 1_u32.to_be()].map(|word: u32| format!("{word:08X}")).concat();
        let tcp6 = line(&format!("{loopback}:1F90"), "0A", 11);
        assert_eq!(
            Listeners::parse("", &tcp6).reached(&[11]),
            ["[::1]:8080".parse().expect("an address")]
        );
    }
}
