/** A gateway that runs is backed up, its computer is lost, and the backup goes onto a new one: real devices and a real PostgreSQL. */
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { testFolder } from '../../support/buffer.ts'
import { callMillrace } from '../../support/called-command.ts'
import { startTestCentral, type TestCentral } from '../../support/central.ts'
import { historyIn } from '../../support/central-tiling.ts'
import { editedMap } from '../../support/edited-site.ts'
import { answerRegisters, ModbusDevice } from '../../support/modbus-device.ts'
import { startWatchedGateway, type WatchedGateway } from '../../support/watched-gateway.ts'

const PASSPHRASE = 'canary seven wet tractors'

async function streamIn(central: TestCentral) {
  const [row] = await central.sql<{ incarnation: string; epoch: number; last_seq: number }>(
    'SELECT incarnation, epoch::int, last_seq::int FROM edge_gateway.stream',
  )
  if (!row) throw new Error('there is no stream')
  return row
}

test('restored onto a new computer it goes on: no row twice, none lost that was pushed, no number used again', async () => {
  await using central = await startTestCentral()
  let state = 1
  await using press = await ModbusDevice.start(answerRegisters(() => state))
  const map = editedMap('PRESS-07', press.port)
  const old = testFolder()
  const usb = testFolder()
  const [file, passphrase] = [join(usb, 'edge-1.backup'), join(usb, 'passphrase')]
  writeFileSync(passphrase, `${PASSPHRASE}\n`, { mode: 0o600 })
  const start = (folder: string) => startWatchedGateway(central, map, 'edge-1', folder)
  const turn = async (gateway: WatchedGateway, times: number) => {
    for (let left = times; left > 0; left -= 1) {
      state = 1 - state
      const status = state === 1 ? 'running' : 'idle'
      await gateway.until((report) => {
        expect(report.machines).toMatchObject([{ machine: 'PRESS-07', status }])
        expect(report.central.state).toBe('connected')
        expect(report.outbox.pending).toBe(0)
      })
    }
  }
  {
    await using gateway = await start(old)
    await turn(gateway, 4)
    const options = ['--passphrase-file', passphrase, '--config', 'gateway.yaml']
    const made = await callMillrace(['backup', file, ...options], { cwd: old })
    expect(made).toMatchObject({ code: 0, out: expect.stringContaining('edge-1 with ') })
    // What comes after the backup is pushed as well, and central has it.
    await turn(gateway, 2)
  }
  expect(statSync(file).mode & 0o777).toBe(0o600)
  expect(readFileSync(file, 'latin1')).not.toMatch(/PRESS-07|canary|gateway/)
  const pushed = await historyIn(central)
  const before = await streamIn(central)
  expect(pushed.length).toBeGreaterThanOrEqual(6)
  const attic = join(testFolder(), 'old-computer')
  cpSync(old, attic, { recursive: true })
  rmSync(old, { recursive: true, force: true })

  const fresh = testFolder()
  const restored = await callMillrace(
    ['restore', file, '--passphrase-file', passphrase, '--config', 'gateway.yaml'],
    { cwd: fresh },
  )
  expect(restored).toMatchObject({ code: 0, err: '' })
  expect(restored.out).toMatch(
    /1\. switch the old edge-1 off .*had pushed \d+ events then.*\n2\. millrace check/,
  )
  expect(restored.out).toContain('millrace buffer adopt --yes')
  expect(readFileSync(join(fresh, 'devices', 'machine.yaml'), 'utf8')).toBe(map)
  expect(existsSync(join(fresh, 'data', 'outbox.db'))).toBe(false)

  {
    // Whoever forgets to adopt: it is fenced, says what to do, and writes nothing.
    await using gateway = await start(fresh)
    await gateway.until(({ degraded }) =>
      expect(degraded.find(({ code }) => code === 'central-fenced')?.what).toContain(
        'belongs to another log',
      ),
    )
    expect(await historyIn(central)).toEqual(pushed)
  }
  const env = { MILLRACE_CENTRAL_PASSWORD: central.password }
  const adopt = (...more: readonly string[]) =>
    callMillrace(['buffer', 'adopt', ...more, '--config', 'gateway.yaml'], { cwd: fresh, env })
  expect((await adopt()).code).toBe(1)
  expect(await streamIn(central)).toEqual(before)
  expect(await adopt('--yes')).toMatchObject({ code: 0 })
  {
    await using gateway = await start(fresh)
    await turn(gateway, 4)
  }
  const rows = await historyIn(central)
  const moments = rows.map(({ atMs }) => atMs)
  expect(moments).toEqual([...new Set(moments)].toSorted((a, b) => a - b))
  // What central had is there as it was, each row once; only the last one has been closed since.
  expect(rows.slice(0, pushed.length - 1)).toEqual(pushed.slice(0, -1))
  expect(rows.length).toBeGreaterThan(pushed.length + 3)
  const after = await streamIn(central)
  expect(after.incarnation).not.toBe(before.incarnation)
  expect(after.epoch).toBeGreaterThan(before.epoch)

  {
    // The old computer turns up again: it is fenced, and central stays as it is.
    await using gateway = await start(attic)
    await gateway.until(({ degraded }) =>
      expect(degraded.map(({ code }) => code)).toContain('central-fenced'),
    )
    expect((await historyIn(central)).length).toBe(rows.length)
  }
  expect(await streamIn(central)).toMatchObject({ incarnation: after.incarnation, epoch: after.epoch })
  expect(readdirSync(usb).sort()).toEqual(['edge-1.backup', 'passphrase'])
}, 180_000)
