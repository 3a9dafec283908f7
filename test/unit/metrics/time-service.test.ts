/** What the time service says: real answers of chrony, the files of systemd-timesyncd, and a real chronyd where one is installed. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { afterEach, describe, expect, test } from 'vitest'
import { askTimeService, readTracking, type TimeServiceWord } from '../../../src/metrics/time-service.ts'
import { testFolder } from '../../support/buffer.ts'

/** Long, for a computer that has other things to do. */
const FOLLOWS_MAX_MS = 90_000
const NO_WORD = { isSynchronised: null, errorMaxMs: null }
/** chrony 4.3, following a server. */
const FOLLOWING =
  'C0A80A02,192.168.10.2,3,1795734305.382508984,-0.000250000,-0.000000228,0.000000885,0.092,-0.007,0.123,0.010000000,0.001500000,64.2,Normal\n'

describe('an answer of chronyc', () => {
  test('says whether the clock follows a source, and by how much it can be wrong', () => {
    const { isSynchronised, errorMaxMs } = readTracking(FOLLOWING)
    expect(isSynchronised).toBe(true)
    // 0.25 ms that are not turned yet, half of 10 ms there and back, and 1.5 ms of drift.
    expect(errorMaxMs).toBeCloseTo(6.75, 6)
  })

  test('knows no error before the first source has answered, nor where the clock follows itself', () => {
    const unsynchronised =
      '00000000,,0,0.000000000,0.000000000,0.000000000,0.000000000,0.000,0.000,0.000,1.000000000,1.000000000,0.0,Not synchronised\n'
    const local =
      '7F7F0101,,3,1795734292.288445230,0.000000000,0.000000000,0.000000000,0.000,0.000,0.000,0.000000000,0.000000000,0.0,Normal\n'
    for (const line of [unsynchronised, local])
      expect(readTracking(line)).toEqual({ isSynchronised: false, errorMaxMs: null })
  })

  test('is no word where it is none', () => {
    for (const line of ['', '\n', '506 Cannot talk to daemon\n']) expect(readTracking(line)).toEqual(NO_WORD)
  })
})

test('systemd-timesyncd is taken at its files, and nobody has a word where neither of the two runs', async () => {
  const runFolder = testFolder()
  expect(await askTimeService({ runFolder })).toEqual(NO_WORD)
  mkdirSync(join(runFolder, 'systemd/timesync'), { recursive: true })
  expect(await askTimeService({ runFolder })).toEqual({ isSynchronised: false, errorMaxMs: null })
  writeFileSync(join(runFolder, 'systemd/timesync/synchronized'), '')
  expect(await askTimeService({ runFolder })).toEqual({ isSynchronised: true, errorMaxMs: null })
})

const why = whyNoChrony()
describe.skipIf(why !== undefined)(`a real chronyd${why ? ` (${why})` : ''}`, () => {
  const daemons: ChildProcess[] = []
  afterEach(async () => {
    for (const daemon of daemons.splice(0)) {
      if (daemon.exitCode !== null || daemon.signalCode !== null) continue
      const ended = once(daemon, 'exit')
      daemon.kill('SIGKILL')
      await ended
    }
  })

  /** It sets no clock (-x). @returns its folder, with the socket by which it is asked */
  function chronyd(lines: string): string {
    const folder = testFolder()
    const socket = join(folder, 'chronyd.sock')
    const file = join(folder, 'chrony.conf')
    const own = `bindcmdaddress ${socket}\ncmdport 0\npidfile ${join(folder, 'chronyd.pid')}\n`
    writeFileSync(file, own + lines)
    daemons.push(spawn('chronyd', ['-d', '-x', '-U', '-u', 'root', '-f', file], { stdio: 'ignore' }))
    mkdirSync(join(folder, 'run/chrony'), { recursive: true })
    return folder
  }
  const ask = (folder: string) =>
    askTimeService({ runFolder: join(folder, 'run'), chronyArgs: ['-h', join(folder, 'chronyd.sock')] })
  async function asked(folder: string, isIt: (word: TimeServiceWord) => boolean): Promise<TimeServiceWord> {
    const deadlineMs = performance.now() + FOLLOWS_MAX_MS
    for (;;) {
      const word = await ask(folder)
      if (isIt(word) || performance.now() > deadlineMs) return word
      await wait(100)
    }
  }

  test(
    'is believed: not while no server answers it, and once it follows one',
    async () => {
      const port = await freePort()
      const follower = chronyd(`port 0\nserver 127.0.0.1 port ${port} iburst minpoll 0 maxpoll 0\n`)
      const before = await asked(follower, ({ isSynchronised }) => isSynchronised !== null)
      expect(before).toEqual({ isSynchronised: false, errorMaxMs: null })
      const server = chronyd(`port ${port}\nbindaddress 127.0.0.1\nallow 127.0.0.0/8\nlocal stratum 3\n`)
      const after = await asked(follower, ({ isSynchronised }) => isSynchronised === true)
      expect(after).toEqual({ isSynchronised: true, errorMaxMs: expect.any(Number) })
      expect(after.errorMaxMs).toBeGreaterThan(0)
      const ofServer = await asked(server, ({ isSynchronised }) => isSynchronised !== null)
      expect(ofServer).toEqual({ isSynchronised: false, errorMaxMs: null })
    },
    3 * FOLLOWS_MAX_MS + 30_000,
  )

  test('has no word where it answers nobody', async () => {
    const folder = testFolder()
    mkdirSync(join(folder, 'run/chrony'), { recursive: true })
    expect(await ask(folder)).toEqual(NO_WORD)
  })
})

function whyNoChrony(): string | undefined {
  if (process.getuid?.() !== 0) return 'only root is answered on its socket'
  if (spawnSync('chronyd', ['--version']).error || spawnSync('chronyc', ['--version']).error)
    return 'the package chrony is not installed'
  return undefined
}

async function freePort(): Promise<number> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1')
  await once(socket, 'listening')
  const { port } = socket.address()
  socket.close()
  await once(socket, 'close')
  return port
}
