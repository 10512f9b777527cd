#!/bin/sh
# Compiles the policy to one-domain.wasm, or to the file that is named. Needs clang and lld with the target wasm32; CC names
# another clang. No C library: libc/ is all there is.
set -eu
out=${1:-one-domain.wasm}
case $out in /*) ;; *) out=$PWD/$out ;; esac
cd "$(dirname "$0")"
"${CC:-clang}" --target=wasm32-unknown-unknown -std=c11 -Os -Wall -Wextra -ffreestanding -fno-builtin -nostdlib -Ilibc \
    -Wl,--no-entry,--strip-debug,-z,stack-size=65536 \
    one_domain.c settings.c libc/libc.c bindings/check_module.c bindings/check_module_component_type.o -o "$out"
