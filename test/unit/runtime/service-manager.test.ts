/** What systemd hears of the daemon. A script stands in for `systemd-notify` and writes down what it is called with. */
import { existsSync, readFileSync } from 'node:fs'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { settle } from '../../../src/demo/settle.ts'
import { systemClock } from '../../../src/runtime/clock.ts'
import { createServiceManager } from '../../../src/runtime/service-manager.ts'

const HEARD_MAX_MS = 60_000

let folder: string
const warnings: unknown[] = []
const log = { warn: (fields: unknown) => void warnings.push(fields) } as never

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-notify-'))
  warnings.length = 0
})
afterEach(() => rm(folder, { recursive: true, force: true }))

async function putNotifier(lastLine = ''): Promise<void> {
  const file = join(folder, 'systemd-notify')
  await writeFile(
    file,
    `#!/bin/sh\nprintf '%s|' "$@" >> "$NOTIFY_SOCKET"\necho >> "$NOTIFY_SOCKET"\n${lastLine}\n`,
  )
  await chmod(file, 0o755)
}

function manager(more: Readonly<Record<string, string>> = {}) {
  const env = { NOTIFY_SOCKET: join(folder, 'heard'), PATH: `${folder}:/bin:/usr/bin`, ...more }
  return createServiceManager({ env, clock: systemClock, log })
}

function heard(): readonly string[] {
  const file = join(folder, 'heard')
  return existsSync(file) ? readFileSync(file, 'utf8').split('|\n').slice(0, -1) : []
}

const hears = (count: number) => settle(() => heard().length >= count, { withinMs: HEARD_MAX_MS })

describe('a daemon that systemd has started', () => {
  test('says that it is ready, that it takes its files in again until that is done, and that it stops, in this order', async () => {
    await putNotifier()
    using systemd = manager()
    const reread = Promise.withResolvers<void>()
    systemd.ready('running: machines 2, stations 1')
    systemd.reloading(reread.promise)
    systemd.reloading(Promise.reject(new Error('unreadable')))
    await hears(2)
    reread.resolve()
    await hears(3)
    systemd.stopping()
    await hears(4)
    expect(heard()).toEqual([
      'READY=1|STATUS=running: machines 2, stations 1',
      'RELOADING=1',
      'READY=1',
      'STOPPING=1|STATUS=stopping',
    ])
  })

  test('does not say that it is ready because it was asked to reload while it starts', async () => {
    await putNotifier()
    using systemd = manager()
    systemd.reloading(Promise.resolve())
    systemd.ready('running')
    await hears(1)
    expect(heard()).toEqual(['READY=1|STATUS=running'])
  })

  // Fault of the catalogue: [B5]
  test('gives signs of life as long as its main loop turns', async () => {
    await putNotifier()
    const systemd = manager({ WATCHDOG_USEC: '200000' })
    await hears(3)
    systemd[Symbol.dispose]()
    expect(new Set(heard())).toEqual(new Set(['WATCHDOG=1']))
  })

  test('goes on, and warns once, where systemd-notify fails', async () => {
    await putNotifier('exit 1')
    using systemd = manager()
    systemd.ready('running')
    systemd.stopping()
    await hears(2)
    expect(await settle(() => warnings.length > 0, { withinMs: HEARD_MAX_MS })).toBe(true)
    expect(warnings).toEqual([{ event: 'service-manager-unreached', cause: 'it ended with 1' }])
  })

  test('goes on, and warns, where there is no systemd-notify', async () => {
    using systemd = manager({ PATH: folder })
    systemd.ready('running')
    expect(await settle(() => warnings.length > 0, { withinMs: HEARD_MAX_MS })).toBe(true)
  })
})

test('a daemon that nobody asked sends nothing', async () => {
  await putNotifier()
  using nobody = createServiceManager({ env: { PATH: folder }, clock: systemClock, log })
  nobody.ready('running')
  nobody.stopping()
  expect(heard()).toEqual([])
})
