#!/bin/sh
# Builds a standard library for WebAssembly from Debian's packages, where rustup cannot download one.
#
#     apt-get install rustc-web cargo-web rust-web-src
#     policies/build/wasm-sysroot.sh DIRECTORY        a minute of CPU, once
#     STEP_WASM_SYSROOT=DIRECTORY cargo policies
#
# The packages bring a compiler and the sources of its library in one version. RUSTC_BOOTSTRAP, which lets a stable
# compiler build its own library, is set for that and for nothing else: policies are compiled without it.
set -eu

directory=${1:?usage: wasm-sysroot.sh DIRECTORY}
target=wasm32-unknown-unknown
rustc=/usr/bin/rustc
cargo=/usr/bin/cargo

for program in "$rustc" "$cargo"; do
    [ -x "$program" ] || { echo "there is no $program: apt-get install rustc-web cargo-web" >&2; exit 1; }
done
rustlib=$("$rustc" --print sysroot)/lib/rustlib
sources=$(readlink -f "$rustlib/src/rust" || true)
[ -f "$sources/library/std/Cargo.toml" ] || { echo "no sources in $rustlib/src: apt-get install rust-web-src" >&2; exit 1; }
host=$("$rustc" -vV | sed -n 's/^host: //p')

# An empty crate makes cargo build what every crate needs.
seed=$(mktemp -d)
trap 'rm -rf "$seed"' EXIT
mkdir "$seed/src"
: > "$seed/src/lib.rs"
cat > "$seed/Cargo.toml" <<'EOF'
[package]
name = "seed"
version = "0.0.0"
edition = "2024"

[profile.release]
codegen-units = 1
panic = "abort"

[workspace]
EOF

# The paths of this machine are kept out of the library, and so out of every module: whoever compiles gets the same.
registry=${CARGO_HOME:-$HOME/.cargo}/registry/src
flags="--remap-path-prefix=$sources=/rustc --remap-path-prefix=$rustlib/src/rust=/rustc \
--remap-path-prefix=$registry=/registry -Cembed-bitcode=yes"
(
    cd "$seed"
    RUSTC_BOOTSTRAP=1 RUSTC=$rustc RUSTFLAGS=$flags CARGO_TARGET_DIR=$seed/target \
        "$cargo" rustc --quiet --release --crate-type rlib --target "$target" -Zbuild-std=std,panic_abort
)

# The folder looks like a compiler's own. Build scripts and macros run on the host, with the host's library.
rm -rf "$directory"
mkdir -p "$directory/lib/rustlib/$target/lib"
for library in "$seed/target/$target/release/deps"/*.rlib; do
    case ${library##*/} in libseed*) ;; *) cp "$library" "$directory/lib/rustlib/$target/lib/" ;; esac
done
ln -s "$rustlib/$host" "$directory/lib/rustlib/$host"
"$rustc" -vV > "$directory/VERSION"
