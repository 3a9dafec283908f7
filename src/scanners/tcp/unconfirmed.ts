/**
 * How long the other end has confirmed nothing of what was sent, as Linux shows it. While sent bytes wait for that, the system
 * does not probe a silent connection, and sends them again for a quarter of an hour before it gives up. So a device server that
 * loses its power in the moment of a beep would be waited for long after it is back.
 */
import { readFile } from 'node:fs/promises'
import type { Socket } from 'node:net'
import { join } from 'node:path'

/** The state of a connection that is open. */
const ESTABLISHED = '01'

/**
 * How often the system has sent the same bytes again without an answer: the first time after some 0.2 s, and each wait is twice as
 * long as the one before. Undefined where all is confirmed.
 */
export async function timesSentAgain(
  { localPort, remotePort }: Pick<Socket, 'localPort' | 'remotePort'>,
  proc: string,
): Promise<number | undefined> {
  const tables = ['tcp', 'tcp6'].map((name) => readFile(join(proc, 'net', name), 'utf8').catch(() => ''))
  const rows = (await Promise.all(tables)).flatMap((table) => table.split('\n').slice(1))
  const waiting = rows.flatMap((row) => {
    const [, local = '', remote = '', state, queues = '', , again = ''] = row.trim().split(/\s+/)
    const isMeant = state === ESTABLISHED && portOf(local) === localPort && portOf(remote) === remotePort
    return isMeant ? [{ sentBytes: hex(queues), again: hex(again) }] : []
  })
  // Connections to two hosts may have the same ports. Then only what holds for both is said.
  if (waiting.length === 0 || waiting.some(({ sentBytes }) => sentBytes === 0)) return undefined
  return Math.min(...waiting.map(({ again }) => again))
}

/** `0100007F:0FA1`. */
function portOf(address: string): number {
  return hex(address.slice(address.indexOf(':') + 1))
}

/** Reads up to the first character that is no digit: `00000001:00000000` begins with what was sent. */
function hex(text: string): number {
  return Number.parseInt(text, 16)
}
