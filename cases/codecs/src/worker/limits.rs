//! What a worker takes from itself before it reads anything: memory, core files, written files, and processor time.
//!
//! Owns: the calls to the operating system. Refuses: to go on without a limit that this system could set. Where there are no such limits (Windows; the
//! address space outside Linux) the worker runs without, and the parent's time limit and the bounds of the messages are what is left.

#[cfg(unix)]
pub(super) use unix::{confine, renew};

/// Nothing can be limited here.
#[cfg(not(unix))]
pub(super) fn confine(_memory: u64) -> bool {
    true
}

/// Nothing can be limited here.
#[cfg(not(unix))]
pub(super) fn renew() -> bool {
    true
}

#[cfg(unix)]
mod unix {
    use crate::worker::TIMEOUT;
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    use rustix::time::{ClockId, clock_gettime};

    /// Takes memory beyond `memory` bytes more than there is now, core files and writing to files from this process, for good.
    pub(in crate::worker) fn confine(memory: u64) -> bool {
        let address_space = match address_space_now() {
            Some(now) => lower(Resource::As, now.saturating_add(memory)),
            None => !cfg!(target_os = "linux"),
        };
        address_space && lower(Resource::Core, 0) && lower(Resource::Fsize, 0)
    }

    /// Grants the next request twice the time for which the parent waits: a worker whose parent is gone does not run for ever.
    pub(in crate::worker) fn renew() -> bool {
        let used = clock_gettime(ClockId::ProcessCPUTime).tv_sec;
        let granted = u64::try_from(used).unwrap_or(0).saturating_add(2 * TIMEOUT.as_secs());
        let maximum = getrlimit(Resource::Cpu).maximum;
        setrlimit(Resource::Cpu, Rlimit { current: Some(maximum.map_or(granted, |m| m.min(granted))), maximum }).is_ok()
    }

    /// Sets a limit that cannot be raised again, never above one that holds already.
    fn lower(resource: Resource, to: u64) -> bool {
        let to = getrlimit(resource).maximum.map_or(to, |maximum| maximum.min(to));
        setrlimit(resource, Rlimit { current: Some(to), maximum: Some(to) }).is_ok()
    }

    /// Bytes of address space in use: the first field of statm, in pages (proc(5)).
    fn address_space_now() -> Option<u64> {
        let statm = std::fs::read_to_string("/proc/self/statm").ok()?;
        let pages: u64 = statm.split(' ').next()?.parse().ok()?;
        pages.checked_mul(rustix::param::page_size() as u64)
    }
}
