#!/usr/bin/env bash
# Builds the Debian package, looks at it, installs it, runs what is in it, and removes it again.
#   deb.sh            with the programs of the release profile
#   deb.sh debug      with those of the dev profile, which are there sooner
# As root, or with a sudo that does not ask, it is installed by dpkg; else it is unpacked and run from there.
set -euo pipefail
cd "$(dirname "$0")/.."
profile=${1:-release}
version=3.8.0
case "$profile" in
  release) cargo_profile=release ;;
  debug) cargo_profile=dev ;;
  *) echo "usage: deb.sh [release | debug]" >&2; exit 1 ;;
esac

fail() { echo "deb: $*" >&2; exit 1; }

tool=$(command -v cargo-deb || echo target/cargo-deb/bin/cargo-deb)
[ -x "$tool" ] || cargo install --quiet --locked --root target/cargo-deb cargo-deb --version "$version"

cargo build --quiet --locked --profile "$cargo_profile" --bin step --bin step-ca --bin step-policy
programs=target/$profile
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export STEPPATH=$work/step

# What the programs say of themselves.
rm -rf target/deb && mkdir -p target/deb
"$programs/step" help --man target/deb/man >/dev/null
"$programs/step" completion bash >target/deb/step.bash
"$programs/step" completion zsh >target/deb/_step
"$programs/step" completion fish >target/deb/step.fish

package=$("$tool" --package step-ca --profile "$cargo_profile" --no-build --no-strip --quiet)
package=$(echo "$package" | tail -n 1)
[ -f "$package" ] || fail "there is no package"

# What lintian would say: fields, owners, modes, scripts, documents.
for field in Package Version Architecture Maintainer Description Depends Section Priority Installed-Size; do
  [ -n "$(dpkg-deb --field "$package" "$field")" ] || fail "the package has no $field"
done
dpkg-deb --contents "$package" >"$work/contents"
if grep -v -E ' (root/root|0/0) ' "$work/contents"; then fail "these are not root's"; fi
if grep -E '^.{5}w|^.{8}w|^-..s|^-.....s' "$work/contents" | grep -v '^l'; then fail "these can be changed by others"; fi
dpkg-deb --control "$package" "$work/control"
for script in postinst prerm postrm; do
  sh -n "$work/control/$script"
  [ "$(stat -c %a "$work/control/$script")" = 755 ] || fail "$script cannot be run"
done
unpacked=$work/unpacked
dpkg-deb --extract "$package" "$unpacked"
for file in \
  bin/step bin/step-ca bin/step-policy lib/systemd/system/step-ca.service lib/systemd/system/step-ca.socket \
  share/doc/step-ca/copyright share/doc/step-ca/examples/ca.json share/step-ca/policies/office-hours.wasm \
  share/bash-completion/completions/step share/zsh/vendor-completions/_step share/fish/vendor_completions.d/step.fish; do
  [ -s "$unpacked/usr/$file" ] || fail "there is no /usr/$file"
done
for page in step step-ca-certificate step-crypto-jwt-sign; do
  text=$(gzip -dc "$unpacked/usr/share/man/man1/$page.1.gz")
  [[ "$text" == *".SH SYNOPSIS"* ]] || fail "there is no page $page.1"
done

# Whether the programs below a folder run, and a shell completes their words.
run_from() {
  [[ "$("$1/usr/bin/step" version)" == "Step CLI/"* ]]
  "$1/usr/bin/step-ca" version >/dev/null
  "$1/usr/bin/step" policy --help >/dev/null
  "$1/usr/bin/step" certificate create --profile root-ca --no-password --insecure Root "$work/root.crt" "$work/root.key" \
    --force 2>/dev/null
  "$1/usr/bin/step" certificate lint --strict "$work/root.crt" >/dev/null
  # shellcheck disable=SC2016
  PATH="$1/usr/bin:$PATH" bash --norc -c '
    source "$0/usr/share/bash-completion/completions/step"
    COMP_WORDS=(step ca prov) COMP_CWORD=2
    _step step prov ca
    [[ " ${COMPREPLY[*]} " == *" provisioner "* ]]' "$1"
}

if [ "$(id -u)" = 0 ]; then as_root=(); elif sudo -n true 2>/dev/null; then as_root=(sudo -n); else as_root=(none); fi
if [ "${as_root[0]:-}" = none ] || dpkg -s step-ca >/dev/null 2>&1 || [ -e /var/lib/step-ca ]; then
  echo "deb: unpacked and run from there: nobody may install it here, or there is one already"
  run_from "$unpacked"
  exit 0
fi
had_user=$(getent passwd step || true)
# A check that fails leaves nothing behind: the next run would find it installed, and look no further than unpacking.
remove() {
  rm -rf "$work"
  "${as_root[@]}" dpkg --purge step-ca >/dev/null 2>&1 || true
  "${as_root[@]}" rmdir /var/lib/step-ca 2>/dev/null || true
  [ -n "$had_user" ] || ! getent passwd step >/dev/null || "${as_root[@]}" deluser --quiet --system step
}
trap remove EXIT
"${as_root[@]}" apt-get install -y -q --no-install-recommends "$(realpath "$package")" >/dev/null
run_from ""
# What it lists has changed or is missing. Documents are left out where dpkg is told to, as in images of containers.
changed=$(dpkg --verify step-ca | grep -v -E ' /usr/share/(doc|man|locale)/' || true)
[ -z "$changed" ] || fail "these are not as in the package: $changed"
[ "$("${as_root[@]}" stat -c '%U:%G %a' /var/lib/step-ca)" = "step:step 700" ] || fail "/var/lib/step-ca is not step's"
"${as_root[@]}" dpkg --purge step-ca >/dev/null
[ ! -e /usr/bin/step-ca ] && [ ! -e /usr/lib/systemd/system/step-ca.service ] || fail "something is left of it"
[ -d /var/lib/step-ca ] || fail "keys and records are gone"
echo "deb: $package was installed, run and removed"
