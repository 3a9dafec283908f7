/** A foreign program in the place of the scanner: socat, over TCP and on a terminal that it opens itself. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { freePort } from '../../../simulators/central/free-port.ts'
import type { ScannerLink } from '../../../src/domain/scanner.ts'
import { codesOf, endOfScanner, itemsUntil, scannerContext, scannerOf } from '../../support/scanner-bench.ts'
import { transportOf } from '../../support/scanner-folders.ts'

const hasSocat = spawnSync('socat', ['-V']).status === 0
const GS1 = '010401234567890110LOT42\x1d21S1'

let folder: string
let abort: AbortController
let socat: ChildProcess | undefined
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-socat-'))
  abort = new AbortController()
})
afterEach(async () => {
  abort.abort()
  if (socat && socat.exitCode === null && socat.signalCode === null) {
    socat.kill()
    await once(socat, 'exit')
  }
  await rm(folder, { recursive: true })
})

/** What socat is given is what the scanner sends, and what it prints is what the scanner hears. */
function startSocat(address: string): { say(text: string): void; heard(): string } {
  const child = spawn('socat', [address, 'STDIO'], { stdio: ['pipe', 'pipe', 'ignore'] })
  socat = child
  let heard = ''
  child.stdout.setEncoding('latin1').on('data', (text: string) => {
    heard += text
  })
  return { say: (text) => void child.stdin.write(Buffer.from(text, 'latin1')), heard: () => heard }
}

/** socat needs a moment until it is there. */
async function connected(key: string, port: object): Promise<ScannerLink> {
  const transport = transportOf(key)
  const scanner = scannerOf(transport, port)
  const untilMs = performance.now() + 60_000
  while (true) {
    try {
      return await transport.connect(scanner, scannerContext(), abort.signal)
    } catch (error) {
      if (performance.now() > untilMs) throw error
      await wait(20)
    }
  }
}

async function scansAreReadAndAnswered(
  link: ScannerLink,
  { say, heard }: ReturnType<typeof startSocat>,
): Promise<void> {
  const reading = itemsUntil(link, (items) => codesOf(items).length === 3)
  say(`WO-4711\r${GS1}\r`)
  await wait(20)
  say('HAL')
  await wait(20)
  say('VES\r')
  expect(codesOf(await reading)).toEqual(['WO-4711', GS1, 'HALVES'])
  await link.acknowledge?.(Buffer.from([0x16, 0x07, 0x0d, 0x0a]))
  await expect.poll(heard, { timeout: 60_000 }).toBe('\x16\x07\r\n')
}

describe.runIf(hasSocat)('socat plays a scanner', () => {
  test('behind a device server', async () => {
    const port = await freePort('127.0.0.1')
    const device = startSocat(`TCP-LISTEN:${port},bind=127.0.0.1`)
    await using link = await connected('tcp', { tcp: `127.0.0.1:${port}` })
    await scansAreReadAndAnswered(link, device)
  })

  test('on a terminal, and pulls it out', async () => {
    const path = join(folder, 'scanner')
    const device = startSocat(`PTY,rawer,link=${path}`)
    await using link = await connected('serial', { serial: path })
    await scansAreReadAndAnswered(link, device)
    const end = endOfScanner(link)
    socat?.kill()
    expect(await end).toMatchObject({ fault: { code: 'port-unplugged' } })
  })
})
