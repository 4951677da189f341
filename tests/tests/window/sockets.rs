//! Which sockets a running program holds: those to the window system and the desktop's local services, and none that leads out of the machine.
//!
//! Looked at each time that a window comes to rest, so in every test of a window (Linux; `/proc` is where it stands). Refuses: what the sources name and what the program is
//! built of, which is the house's.

use std::fs;
use std::path::Path;

/// The sockets of a program and of all it started that are of no local kind (Unix domain): one sentence each.
pub(crate) fn leading_out(program: u32) -> Vec<String> {
    let mut found = Vec::new();
    for process in family(program) {
        let home = Path::new("/proc").join(process.to_string());
        let open = sockets(&home);
        let local = fs::read_to_string(home.join("net/unix")).unwrap_or_default();
        // Num RefCount Protocol Flags Type St Inode Path: proc(5).
        let local: Vec<&str> = local.lines().skip(1).filter_map(|line| line.split_whitespace().nth(6)).collect();
        // One that was let go between the two looks was local or not; what is still there and in no list of local ones is not.
        let strange = open.into_iter().filter(|inode| !local.contains(&inode.as_str()));
        let still = sockets(&home);
        found.extend(strange.filter(|inode| still.contains(inode)).map(|inode| described(&home, process, &inode)));
    }
    found
}

/// A process and its descendants.
fn family(program: u32) -> Vec<u32> {
    let mut family = vec![program];
    let mut next = 0;
    while let Some(process) = family.get(next) {
        let threads = fs::read_dir(format!("/proc/{process}/task"));
        let threads = threads.into_iter().flatten().flatten();
        let children = threads.filter_map(|thread| fs::read_to_string(thread.path().join("children")).ok());
        let children: Vec<u32> =
            children.flat_map(|list| list.split_whitespace().filter_map(|n| n.parse().ok()).collect::<Vec<_>>()).collect();
        family.extend(children);
        next += 1;
    }
    family
}

/// The inodes of the sockets that a process holds.
fn sockets(home: &Path) -> Vec<String> {
    let files = fs::read_dir(home.join("fd"));
    let links = files.into_iter().flatten().flatten().filter_map(|file| fs::read_link(file.path()).ok());
    links.filter_map(|link| Some(link.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?.to_owned())).collect()
}

/// What is known of a socket, for whoever looks into a failure.
fn described(home: &Path, process: u32, inode: &str) -> String {
    let tables = ["tcp", "tcp6", "udp", "udp6", "raw", "raw6", "netlink", "packet"];
    let lines = tables.iter().filter_map(|table| {
        let text = fs::read_to_string(home.join("net").join(table)).ok()?;
        text.lines().find(|line| line.split_whitespace().any(|word| word == inode)).map(|line| format!("{table}: {}", line.trim()))
    });
    let lines: Vec<String> = lines.collect();
    format!("process {process} holds the socket {inode}, which is not local: {lines:?}")
}

#[test]
fn a_socket_that_leads_out_is_noticed() {
    // Where tests share a process, what other tests started is not looked at.
    let own = |process: u32| {
        leading_out(std::process::id()).into_iter().filter(move |f| f.contains(&format!("process {process} "))).collect::<Vec<_>>()
    };
    let this = std::process::id();
    let pair = std::os::unix::net::UnixStream::pair().unwrap();
    assert_eq!(own(this), Vec::<String>::new(), "local sockets are no matter");
    let sending = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let found = own(this);
    assert!(found.len() == 1 && found[0].contains("udp: "), "{found:?}");
    drop((sending, pair));
    let listening = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let found = own(this);
    assert!(found.len() == 1 && found[0].contains("tcp: "), "{found:?}");
    // A program that this one started counts with it: the socket is handed down as its input.
    let mut child = std::process::Command::new("sleep").arg("60").stdin(std::os::fd::OwnedFd::from(listening)).spawn().unwrap();
    let found = (own(child.id()), own(this));
    let _ = child.kill();
    let _ = child.wait();
    assert!(found.0.len() == 1 && found.1.is_empty(), "{found:?}");
}
