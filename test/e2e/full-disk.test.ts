/** A gateway that is started on a disk that is really full, with the reserve of its log beside it. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { freePort } from '../../simulators/central/free-port.ts'
import type { StatusReport } from '../../src/console/report.ts'
import { settle } from '../../src/demo/settle.ts'
import { answerRegisters, ModbusDevice } from '../support/modbus-device.ts'
import { PROGRAM, runMillrace } from '../support/run-millrace.ts'
import { canMount, smallDisk } from '../support/small-disk.ts'

const EVENTUALLY_MS = 60_000
const MINUTES_MS = 60_000

interface Run {
  readonly child: ChildProcess
  readonly said: () => string
  stop(): Promise<number | null>
}

function start(folder: string): Run {
  const child = spawn(
    PROGRAM.node,
    [...PROGRAM.nodeOptions, PROGRAM.main, 'run', '--config', 'gateway.yaml'],
    {
      cwd: folder,
      env: PROGRAM.env,
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  )
  onTestFinished(() => void child.kill('SIGKILL'))
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  const ended = once(child, 'close').then(([code]) => code as number | null)
  return {
    child,
    said: () => said,
    stop: () => {
      child.kill('SIGTERM')
      return ended
    },
  }
}

async function running(run: Run): Promise<void> {
  await settle(() => run.said().includes('"running"') || run.child.exitCode !== null, {
    withinMs: EVENTUALLY_MS,
  })
  expect(run.said()).toContain('"running"')
}

// Fault of the catalogue: [C3]
describe.skipIf(!canMount)('on a disk that is full when it starts', () => {
  test(
    'a gateway runs, polls, is found by status, and has no stack to show',
    async () => {
      await using press = await ModbusDevice.start(answerRegisters(() => 1))
      const { folder } = smallDisk('128m')
      mkdirSync(join(folder, 'devices'))
      writeFileSync(
        join(folder, 'gateway.yaml'),
        `gateway: edge-1
organization: SAV
plant: SAV-1
timezone: Europe/Rome
devices: devices
data: data
central: {url: "postgres://nobody@127.0.0.1:9/mes", tls: off}
console: {port: ${await freePort('127.0.0.1')}}
`,
      )
      writeFileSync(
        join(folder, 'devices', 'press.yaml'),
        `machine: CNC-01
device: {driver: modbus-tcp, host: 127.0.0.1, port: ${press.port}, poll: 100ms}
signals: {state: {at: 40001, type: u16}}
status: [{when: {state: 1}, is: running, for: 0s}, {else: true, is: idle, for: 0s}]
`,
      )
      const first = start(folder)
      await running(first)
      expect(await first.stop()).toBe(0)
      expect(existsSync(join(folder, 'data', 'outbox.db.reserve'))).toBe(true)

      expect(() => writeFileSync(join(folder, 'ballast'), Buffer.alloc(128 << 20))).toThrow('ENOSPC')
      const polls = press.requests.length
      const second = start(folder)
      await running(second)
      expect(await settle(() => press.requests.length > polls + 10, { withinMs: EVENTUALLY_MS })).toBe(true)
      const { out } = await runMillrace(['status', '--json', '--config', 'gateway.yaml'], { cwd: folder })
      expect((JSON.parse(out) as StatusReport).gateway).toBe('edge-1')
      expect(second.said()).not.toContain('"stack"')
      expect(await second.stop(), second.said()).toBe(0)
      rmSync(join(folder, 'ballast'))
    },
    3 * MINUTES_MS,
  )
})
