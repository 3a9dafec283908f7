/** Device maps that are changed while the daemon runs: what becomes of them, of their machines, and of those beside them. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import type { StatusReport } from '../../src/console/report.ts'
import { settle } from '../../src/demo/settle.ts'
import { callMillrace } from '../support/called-command.ts'
import { answerRegisters, ModbusDevice } from '../support/modbus-device.ts'
import { PROGRAM, runMillrace } from '../support/run-millrace.ts'
import { type StopSite, stopSite } from '../support/stop-site.ts'

const READY_MAX_MS = 60_000
/** A trial takes a minute; the rest is for a computer that does much else. */
const ROLLED_BACK_MAX_MS = 120_000
const LOOK_MS = 200
const RUNNING = 1
const NO_SUCH_ADDRESS = 2
/** The device has no registers from here on. */
const END_OF_REGISTERS = 1_000

interface MapOf {
  readonly at?: number
  readonly rules?: string
}

function mapOf(machine: string, port: number, { at = 40_101, rules = '' }: MapOf = {}): string {
  return `machine: ${machine}
device: {driver: modbus-tcp, host: 127.0.0.1, port: ${port}, poll: 100ms}
signals: {state: {at: ${at}, type: u16}}
status: [{when: {state: ${RUNNING}}, is: running, for: 0s}, ${rules}{else: true, is: idle}]
`
}

async function startDevice(): Promise<ModbusDevice> {
  const refusesAll = ({ start }: { readonly start: number }) =>
    start >= END_OF_REGISTERS ? NO_SUCH_ADDRESS : undefined
  const device = await ModbusDevice.start(answerRegisters(() => RUNNING, refusesAll))
  onTestFinished(() => device[Symbol.asyncDispose]())
  return device
}

interface Daemon {
  readonly child: ChildProcess
  readonly said: () => string
}

function start({ folder }: StopSite): Daemon {
  const { node, nodeOptions, main, env } = PROGRAM
  const args = [...nodeOptions, main, 'run', '--config', join(folder, 'gateway.yaml')]
  const child = spawn(node, args, { cwd: folder, env, stdio: ['ignore', 'ignore', 'pipe'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  return { child, said: () => said }
}

const ask = ({ folder }: StopSite, ...args: readonly string[]) =>
  runMillrace([...args, '--config', join(folder, 'gateway.yaml')], { cwd: folder })

/** Asked in this process: one of its own for each look would keep the computer busy. */
async function statusOf({ folder }: StopSite): Promise<StatusReport | undefined> {
  const { out } = await callMillrace(['status', '--json', '--config', join(folder, 'gateway.yaml')], {
    cwd: folder,
  })
  return out.startsWith('{') ? (JSON.parse(out) as StatusReport) : undefined
}

async function until(site: StopSite, looks: (report: StatusReport) => boolean, withinMs = READY_MAX_MS) {
  const untilMs = performance.now() + withinMs
  for (;;) {
    const report = await statusOf(site)
    if (report && looks(report)) return report
    if (performance.now() > untilMs) throw new Error(`never as awaited: ${JSON.stringify(report)}`)
    await wait(LOOK_MS)
  }
}

const runs =
  (...machines: readonly string[]) =>
  (report: StatusReport) =>
    machines.every((name) =>
      report.machines.some(({ machine, status, data_age_s }) => {
        return machine === name && status === 'running' && data_age_s !== null && data_age_s < 2
      }),
    )

/** Until a machine was read with its changed map: only then is that map the one that comes back in place of a wrong one. */
async function untilProven({ folder }: StopSite, machine: string): Promise<void> {
  const former = join(folder, 'data', 'maps', 'former', `${machine}.json`)
  expect(await settle(() => !existsSync(former), { withinMs: READY_MAX_MS })).toBe(true)
}

// Fault of the catalogue: [H1]
test('a changed map is told in words, and taken back where nothing can be read with it, also over a restart', {
  timeout: 5 * 60_000,
}, async () => {
  const [device, beside, off] = [await startDevice(), await startDevice(), await startDevice()]
  const site = stopSite({
    'm-1': mapOf('M-1', device.port),
    'm-2': mapOf('M-2', beside.port),
    'm-3': mapOf('M-3', off.port),
  })
  const save = (name: string, text: string) => writeFileSync(join(site.folder, 'devices', name), text)
  const daemon = start(site)
  await until(site, runs('M-1', 'M-2', 'M-3'))
  const connections = device.connections
  const { out: stored } = await ask(site, 'buffer', 'export')

  // Only a rule is new: the link stays, and so does the run.
  save('m-1.yaml', mapOf('M-1', device.port, { rules: '{when: {state: 7}, is: setup}, ' }))
  const changed = await until(site, ({ machines }) => machines[0]?.map?.changed?.what === 'rule 2 added')
  expect(changed.machines[1]?.map?.changed).toBeNull()
  await until(site, runs('M-1', 'M-2'))
  await untilProven(site, 'M-1')
  expect(device.connections).toBe(connections)
  expect(daemon.said()).toContain('map in force: rule 2 added')
  expect((await ask(site, 'status')).out).toMatch(/changed +M-1, .*: rule 2 added/)

  // One machine is off when its map is changed. Another one's map is changed to registers that its device has not got.
  const { port: offPort } = off
  await off[Symbol.asyncDispose]()
  await until(site, ({ devices }) => devices[2]?.state === 'lost')
  save('m-3.yaml', mapOf('M-3', offPort, { at: 40_200 }))
  save('m-1.yaml', mapOf('M-1', device.port, { at: 45_000 }))
  daemon.child.kill('SIGHUP')
  const back = await until(
    site,
    ({ degraded }) => degraded.some(({ code }) => code === 'map-rolled-back'),
    ROLLED_BACK_MAX_MS,
  )
  expect(back.degraded.filter(({ code }) => code === 'map-rolled-back')).toEqual([
    expect.objectContaining({
      machine: 'M-1',
      what: expect.stringMatching(/^devices\/m-1\.yaml:1:10: .*state/),
    }),
  ])
  await until(site, runs('M-1', 'M-2'))
  expect(daemon.said()).toContain('map in force: rolled back: ')
  expect(daemon.said()).not.toContain('"machine":"M-3","msg":"map in force: rolled back')

  // Neither another file nor another start tries it again.
  save('m-2.yaml', mapOf('M-2', beside.port, { rules: '{when: {state: 9}, is: down}, ' }))
  await until(site, ({ machines }) => machines[1]?.map?.changed?.what === 'rule 2 added')
  daemon.child.kill('SIGKILL')
  await once(daemon.child, 'close')
  const next = start(site)
  const again = await until(site, runs('M-1', 'M-2'))
  expect(again.degraded.map(({ code }) => code)).toContain('map-rolled-back')
  const { out } = await ask(site, 'maps', 'history', 'M-1')
  expect(out.split('\n')).toEqual([
    'M-1',
    expect.stringMatching(
      / devices\/m-1\.yaml, saved by .+: rolled back: 1 signal changed: state; .*rule 2 added$/,
    ),
    expect.stringMatching(/: 1 signal changed: state; .*rule 2 removed$/),
    expect.stringMatching(/: rule 2 added$/),
    expect.stringMatching(/: the first one$/),
    '',
  ])

  // Whoever has mended the device lets it be tried once more.
  next.child.kill('SIGHUP')
  expect(
    await settle(() => next.said().includes('map in force: 1 signal changed'), { withinMs: READY_MAX_MS }),
  ).toBe(true)
  next.child.kill('SIGTERM')
  await once(next.child, 'close')
  // What was stored before is still there as it was, and the run of the machine beside it has gone on all the time.
  const { out: exported } = await ask(site, 'buffer', 'export')
  expect(exported.startsWith(stored)).toBe(true)
  expect(exported.split('\n').filter((line) => line.includes('machine:M-2'))).toHaveLength(1)
})
