import { execFileSync } from 'node:child_process'
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { StatusReport } from '../../src/console/report.ts'
import { type Line, startLine } from '../../src/demo/line.ts'
import { settle } from '../../src/demo/settle.ts'
import { PROGRAM, runMillrace } from '../support/run-millrace.ts'

const STARTED_MAX_MS = 120_000
const CHANGED_MAX_MS = 60_000
/** Five seconds are promised; the rest is for a machine that does much else. */
const STOP_MAX_MS = 20_000
/** Of a machine that goes on being read, however busy the computer is. */
const DATA_AGE_MAX_S = 15

let line: Line

beforeAll(async () => {
  line = await startLine({ program: PROGRAM })
  line.gateway.start()
  expect(await line.gateway.untilInSight(STARTED_MAX_MS)).toBe(true)
}, 360_000)

afterAll(() => line[Symbol.asyncDispose]())

test('status shows a healthy line, every machine seen and central connected', async () => {
  await settle(() => line.gateway.look?.report.central.state === 'connected', { withinMs: CHANGED_MAX_MS })
  const finished = await runMillrace(['status', '--json', '--config', line.site.configFile])
  const report = JSON.parse(finished.out) as StatusReport
  expect({ code: finished.code, healthy: report.healthy }, finished.out).toEqual({ code: 0, healthy: true })
  expect(report.machines.map(({ machine }) => machine).toSorted()).toEqual(line.machines.toSorted())
})

// Fault of the catalogue: [B8]
test('a second gateway on the same data directory ends with 1 and says why', async () => {
  const finished = await runMillrace(['run', '--config', line.site.configFile])
  expect(finished.code).toBe(1)
  expect(finished.err).toContain(line.site.dataFolder)
  expect(finished.err).toContain('another gateway process is using')
  expect(finished.err).toContain('stop the other one first')
  expect(finished.err).not.toMatch(/^ +at /m)
  expect(line.gateway.hasFallen).toBe(false)
})

test('a map that is broken while the gateway runs leaves its last good one in force, and status shows where', async () => {
  const file = join(line.site.devicesFolder, 'press-07.yaml')
  const good = await readFile(file, 'utf8')
  await writeFile(file, good.replace('driver: modbus-tcp', 'driver: modbus-tpc'))
  line.gateway.reload()
  const press = () => line.gateway.look?.report.machines.find(({ machine }) => machine === 'PRESS-07')
  expect(await settle(() => (press()?.map?.faults.length ?? 0) > 0, { withinMs: CHANGED_MAX_MS })).toBe(true)

  const finished = await runMillrace(['status', '--json', '--config', line.site.configFile])
  expect(finished.code).toBe(1)
  const report = JSON.parse(finished.out) as StatusReport
  expect(report.degraded).toContainEqual(
    expect.objectContaining({ code: 'map-faults', what: expect.stringContaining('press-07.yaml:') }),
  )
  const { out } = await runMillrace(['status', '--config', line.site.configFile])
  expect(out).toMatch(
    /^wrong {5}map-faults: .*press-07\.yaml:.*; did you mean "modbus-tcp"\?; until then its last good map goes on$/m,
  )
  expect(press()?.status).not.toBeNull()
  expect(press()?.data_age_s).toBeLessThan(DATA_AGE_MAX_S)

  await writeFile(file, good)
  expect(await settle(() => press()?.map?.faults.length === 0, { withinMs: CHANGED_MAX_MS })).toBe(true)
}, 360_000)

test('whatever lies beside the maps stops no machine, hides no change, and is named', async () => {
  const folder = line.site.devicesFolder
  execFileSync('mkfifo', [join(folder, 'a-pipe.yaml')])
  await symlink('/dev/zero', join(folder, 'a-device.yaml'))
  await symlink('a-circle.yaml', join(folder, 'a-circle.yaml'))
  await mkdir(join(folder, 'a-folder.yaml'))
  const named = () => line.gateway.look?.report.degraded.map(({ what }) => what).join('\n') ?? ''
  for (const name of ['a-pipe', 'a-device', 'a-circle', 'a-folder'])
    expect(
      await settle(() => named().includes(`${name}.yaml:1:1: the file cannot be read: `), {
        withinMs: CHANGED_MAX_MS,
      }),
    ).toBe(true)

  const file = join(folder, 'press-07.yaml')
  const press = () => line.gateway.look?.report.machines.find(({ machine }) => machine === 'PRESS-07')
  const before = press()?.map?.loaded_at
  await writeFile(file, `${await readFile(file, 'utf8')}# changed\n`)
  expect(await settle(() => press()?.map?.loaded_at !== before, { withinMs: CHANGED_MAX_MS })).toBe(true)
  expect(press()?.data_age_s).toBeLessThan(DATA_AGE_MAX_S)
  const check = await runMillrace(['check', '--config', line.site.configFile])
  expect(check.code).toBe(2)
  expect(check.out.match(/a-(pipe|device|circle|folder)\.yaml:1:1: the file cannot be read/g)).toHaveLength(4)
}, 360_000)

test('the gateway never wrote to a machine', async () => {
  const counters = await line.simulators.counters()
  const writes = Object.entries(counters).map(([machine, { writeRequests }]) => [machine, writeRequests])
  expect(writes).toEqual(line.machines.map((machine) => [machine, 0]))
})

test('SIGTERM stops it in time, cleanly', async () => {
  const askedMs = performance.now()
  const code = await line.gateway.stop()
  expect(performance.now() - askedMs).toBeLessThan(STOP_MAX_MS)
  expect(code).toBe(0)
  const finished = await runMillrace(['status', '--config', line.site.configFile])
  expect(finished.code).toBe(3)
})
