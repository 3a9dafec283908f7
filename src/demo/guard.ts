/**
 * A small process beside the line that cleans up where this one is killed and cannot: it ends the gateway, and removes the
 * folder. It reads our pipe; if that ends without a word, we are dead.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'

/** Disposing it says that nothing is left to clean up. */
export interface Guard extends AsyncDisposable {
  /** The gateway that is to end with us; undefined while none runs. */
  minds(gatewayPid: number | undefined): void
}

/**
 * Databases and machines have guards of their own and write into the folder until they have ended: it is removed again until
 * it stays away, for a few seconds.
 */
const GUARD = `
gateway=
while read -r word pid; do
  case $word in
    gateway) gateway=$pid ;;
    done) exit ;;
  esac
done
if [ -n "$gateway" ]; then kill -KILL "$gateway"; fi
if [ -z "$0" ]; then exit; fi
for second in 1 2 3 4 5 6 7 8; do
  sleep 1
  rm -rf -- "$0"
done
`

/** @param folder what to remove; undefined where it is to stay */
export function postGuard(folder: string | undefined): Guard {
  // In a group of its own, so that what a terminal sends to its programs does not reach it.
  const shell = spawn('/bin/sh', ['-c', GUARD, folder ?? ''], {
    cwd: '/',
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  // Where there is no shell, the line is played without its guard.
  const ended = once(shell, 'exit').catch(() => undefined)
  shell.stdin.on('error', () => undefined)
  return {
    minds: (gatewayPid) => void shell.stdin.write(`gateway ${gatewayPid ?? ''}\n`),
    [Symbol.asyncDispose]: async () => {
      shell.stdin.end('done\n')
      await ended
    },
  }
}
