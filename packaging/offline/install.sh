#!/bin/sh
# Installs Millrace from this folder, without internet: sh install.sh
#
# Nothing is installed before every file of the folder is proven to be the one that was packed. Where the computer has a key of
# whoever packs (/etc/millrace-release-key.pem, an Ed25519 public key), their signature has to be right as well.
set -eu
cd "$(dirname "$0")"
key=/etc/millrace-release-key.pem

fail() {
  echo "Nothing was installed: $1" >&2
  exit 1
}

[ "$(id -u)" = 0 ] || fail 'run it as root: sudo sh install.sh'
[ -s SHA256SUMS ] || fail 'SHA256SUMS is missing, so nothing here can be proven; unpack the archive again'
if [ -e "$key" ]; then
  [ -e SHA256SUMS.sig ] || fail "the archive is not signed, and this computer wants a signature ($key)"
  command -v openssl >/dev/null || fail "the signature cannot be judged: the package openssl is missing"
  openssl pkeyutl -verify -pubin -inkey "$key" -rawin -in SHA256SUMS -sigfile SHA256SUMS.sig >/dev/null 2>&1 ||
    fail "the signature is not of the key in $key"
fi
sha256sum --check --strict --quiet SHA256SUMS >&2 || fail 'files differ from SHA256SUMS (named above); copy the archive again'
for file in *; do
  case "$file" in
    SHA256SUMS | SHA256SUMS.sig) ;;
    *) grep -q "  $file\$" SHA256SUMS || fail "$file is not in SHA256SUMS" ;;
  esac
done
[ -e "$key" ] || echo "Every file is as it was packed. To see whether it is ours, compare this sum with the one that you were given: $(sha256sum SHA256SUMS | cut -c1-64)"

exec dpkg --install ./*.deb
