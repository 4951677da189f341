#!/bin/sh
# The README's two commands on a new Debian 12 that has nothing but Rust: no compiler, no display, no Vulkan, no neighbours.
#
#   tests/fresh.sh                  a new system, then: ./dev test, ./dev demo --shot, and the package: made, installed, tried, removed
#   tests/fresh.sh COMMAND [ARG…]   a new system, then this command in the copy of the checkout
#   tests/fresh.sh again [COMMAND]  the same in the system that the last run left
#
# The system lies in TIRESIAS_FRESH, or in `fresh` in the folder for temporary files, and stays for a look; its picture is
# demo.png there, its log log.txt. Rust is the toolchain in use, lent read-only; downloaded crates, cargo's settings and the
# certificates that this machine trusts are copied. Needs root and debootstrap; DEBIAN_MIRROR names another mirror than its own. `./dev soak fresh` runs it and notes how it ended.

# Functions are called by name, from "$@".
# shellcheck disable=SC2317
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
place=${TIRESIAS_FRESH:-${TMPDIR:-/tmp}/fresh}
system=$place/system
cargo_home=${CARGO_HOME:-$HOME/.cargo}
toolchain=$(rustc --print sysroot)

say() { printf 'fresh: %s\n' "$*" >&2; }
if [ "$(id -u)" != 0 ]; then
    say "a new system in a folder needs root: run this as root, or by sudo with PATH kept"
    exit 2
fi

# Everything mounted below the system, deepest first. What is still mounted must never be deleted. Something that the commands started may hold a
# folder for a moment longer: then it is taken out of sight at once, and let go with its last user.
unmount() {
    awk -v below="$system/" 'index($2, below) == 1 { print $2 }' /proc/mounts | sort -r | while read -r mounted; do
        umount "$mounted" 2>/dev/null || umount --lazy "$mounted"
    done
}
trap unmount EXIT
trap 'exit 130' INT TERM

new_system() {
    unmount
    if grep -q " $system/" /proc/mounts; then
        say "something is still mounted below $system: unmount it first"
        exit 2
    fi
    rm -rf --one-file-system "$system"
    mkdir -p "$system"
    # ca-certificates comes with any way to install Rust.
    debootstrap --variant=minbase --include=ca-certificates bookworm "$system" ${DEBIAN_MIRROR:+"$DEBIAN_MIRROR"} >"$place/debootstrap.log"
    cp /etc/resolv.conf "$system/etc/resolv.conf"
    for settings in /etc/apt/apt.conf.d/*proxy*; do
        if [ -e "$settings" ]; then cp "$settings" "$system/etc/apt/apt.conf.d/"; fi
    done
    # Downloads may go by way of a proxy whose certificate only this machine knows.
    if [ -e /etc/ssl/certs/ca-certificates.crt ]; then cp /etc/ssl/certs/ca-certificates.crt "$system/etc/ssl/certs/"; fi
    mkdir -p "$system/rust" "$system/cargo/registry"
    for settings in config.toml config; do
        if [ -e "$cargo_home/$settings" ]; then cp "$cargo_home/$settings" "$system/cargo/"; fi
    done
    for part in index cache; do
        if [ -e "$cargo_home/registry/$part" ]; then cp -r "$cargo_home/registry/$part" "$system/cargo/registry/"; fi
    done
}

# The checkout as git sees it: what is tracked or could be, without what is ignored.
copy_checkout() {
    mkdir -p "$system/tiresias"
    # Build outputs stay, for `again`.
    find "$system/tiresias" -mindepth 1 -maxdepth 1 ! -name target -exec rm -rf {} +
    # Everything gets the time of now, or cargo would take what changed before the last build in there for built.
    (cd "$here" && git ls-files -z --cached --others --exclude-standard | tar --create --null --files-from=- --ignore-failed-read) |
        tar --extract --touch --directory "$system/tiresias"
}

# inside COMMAND [ARG…]: in the checkout's copy, with an environment that holds nothing of this one.
inside() {
    # shellcheck disable=SC2016
    chroot "$system" /usr/bin/env -i HOME=/cargo/user PATH=/rust/bin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 CARGO_HOME=/cargo \
        http_proxy="${http_proxy:-}" https_proxy="${https_proxy:-}" \
        sh -c 'mkdir -p "$HOME" && cd /tiresias && exec "$@"' sh "$@" </dev/null
}

timed() {
    begun=$(date +%s)
    code=0
    inside "$@" || code=$?
    printf 'fresh: %s: ended with %s after %s s\n' "$*" "$code" "$(($(date +%s) - begun))"
    return "$code"
}

all_of_it() {
    timed ./dev test && timed ./dev demo --shot demo.png && cp "$system/tiresias/demo.png" "$place/demo.png" && timed ./dev soak package
}

mkdir -p "$place"
if [ "${1:-}" = again ]; then shift; else new_system; fi
copy_checkout
mount --bind "$toolchain" "$system/rust"
mount -o remount,ro,bind "$system/rust"
mount -t proc proc "$system/proc"
mount --bind /dev "$system/dev"
mkdir -p "$system/dev/shm"

if [ $# = 0 ]; then set -- all_of_it; else set -- timed "$@"; fi
{
    code=0
    "$@" || code=$?
    echo "$code" >"$place/status"
} 2>&1 | tee "$place/log.txt"
exit "$(cat "$place/status")"
