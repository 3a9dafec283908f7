import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { timesSentAgain } from '../../../src/scanners/tcp/unconfirmed.ts'

const HEAD =
  '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n'
const SOCKET = { localPort: 0x64d9, remotePort: 4_001 }

/** As Linux writes it. The remote port is 4001. */
function row(sent: string, again: string, { local = '64D9', state = '01' } = {}): string {
  return `   0: 0100007F:${local} 2803140A:0FA1 ${state} ${sent}:00000000 01:00000014 ${again}  1000        0 4354445 1 00\n`
}

let proc: string
beforeEach(async () => {
  proc = await mkdtemp(join(tmpdir(), 'millrace-proc-'))
  await mkdir(join(proc, 'net'))
})
afterEach(() => rm(proc, { recursive: true }))

describe('how often sent bytes were sent again', () => {
  test.each([
    ['all is confirmed', [row('00000000', '00000000')], undefined],
    ['they were sent just now', [row('00000001', '00000000')], 0],
    ['they were sent again', [row('00000003', '0000000B')], 11],
    ['another connection waits', [row('00000001', '00000005', { local: '64DA' })], undefined],
    ['the connection is closing', [row('00000001', '00000005', { state: '04' })], undefined],
    [
      'of two with the same ports one is confirmed',
      [row('00000001', '00000005'), row('00000000', '00000000')],
      undefined,
    ],
  ])('%s', async (_, rows, times) => {
    await writeFile(join(proc, 'net/tcp'), HEAD + rows.join(''))
    expect(await timesSentAgain(SOCKET, proc)).toBe(times)
  })

  test('is not known where the system does not show it', async () => {
    expect(await timesSentAgain(SOCKET, proc)).toBeUndefined()
  })
})
