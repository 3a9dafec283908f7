import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { closeModbus, modbusClient, startLine } from './support.ts'

const RANDOM_DAY = `
machines:
  PRESS-07: &press
    kind: modbus-press
    faults:
      101: {reason: mechanical_failure, category: equipment}
      215: {reason: material_shortage, category: material}
    day:
      random:
        states:
          running: {weight: 3, hold: 20ms..60ms}
          down: {weight: 2, hold: 20ms..60ms}
          maintenance: {weight: 1, hold: 20ms..60ms}
  PRESS-08: *press
`

const folder = mkdtempSync(join(tmpdir(), 'millrace-life-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('a day', () => {
  test('is the same again for the same seed, and another for another', async () => {
    const [one, same, other] = await Promise.all([7, 7, 8].map((seed) => playedDay(seed)))
    const length = Math.min(one?.length ?? 0, same?.length ?? 0, other?.length ?? 0)
    expect(length).toBeGreaterThan(10)
    expect(same?.slice(0, length)).toEqual(one?.slice(0, length))
    expect(other?.slice(0, length)).not.toEqual(one?.slice(0, length))
  })

  test('waits for the command where the scenario says so', async () => {
    await using line = await startLine(`start: on_command\n${RANDOM_DAY}`)
    const client = await modbusClient(line, 'PRESS-07')
    for (let poll = 0; poll < 50; poll += 1) {
      expect((await client.readHoldingRegisters(100, 1)).data).toEqual([1])
    }
    expect(line.statuses('PRESS-07')).toHaveLength(1)
    closeModbus(client)
  })

  test('ends when it is held: the last state stays, on the wire and in the truth', async () => {
    await using line = await startLine(RANDOM_DAY)
    await line.simulators.hold()
    await line.simulators.ended
    const held = line.truth()
    const client = await modbusClient(line, 'PRESS-07')
    const { data } = await client.readHoldingRegisters(100, 1)
    const words = [undefined, 'running', undefined, 'down', undefined, 'maintenance']
    expect(words[(data[0] ?? 0) & 0xf]).toBe(line.statuses('PRESS-07').at(-1)?.status)
    // Ten times as long as any state of this day lasts.
    await new Promise((resolve) => setTimeout(resolve, 600))
    expect(line.truth()).toEqual(held)
    closeModbus(client)
  })

  test('is over when all scripts are played, and the machines go on answering', async () => {
    await using line = await startLine(
      'machines: {PRESS-08: {kind: modbus-press, day: {script: [{state: idle, for: 50ms}, {state: running, for: 1s}]}}}',
    )
    await line.simulators.ended
    const client = await modbusClient(line, 'PRESS-08')
    expect((await client.readHoldingRegisters(100, 1)).data).toEqual([1])
    closeModbus(client)
  })
})

describe('the process', () => {
  test.each(['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT'] as const)(
    'ends with exit code 0 on %s',
    async (signal) => {
      const child = await startProcess()
      const exited = once(child, 'exit')
      child.kill(signal)
      expect(await exited).toEqual([0, null])
    },
  )

  test('ends with whoever started it attached', async () => {
    const child = await startProcess('--attached')
    const exited = once(child, 'exit')
    child.stdin?.end()
    expect(await exited).toEqual([0, null])
  })

  test('ends where nobody reads its output any more', async () => {
    const child = await startProcess('--for', '300ms')
    const exited = once(child, 'exit')
    child.stdout?.destroy()
    expect(await exited).toEqual([0, null])
  })

  test('leaves no port behind', async () => {
    const line = await startLine(RANDOM_DAY)
    const [address] = line.simulators.machines
    expect(await line.simulators.stop()).toBe(0)
    await line[Symbol.asyncDispose]()
    const server = createServer()
    const port = address?.protocol === 'modbus-tcp' ? address.port : 0
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(port, '127.0.0.1', resolve)
    })
    server.close()
  })

  test('says what is wrong with its scenario before it ends', async () => {
    await expect(startLine('machines: {A: {kind: modbus-pres}}')).rejects.toThrow(
      /exit code 2: test\.yaml: machines\.A\.kind/,
    )
  })
})

async function playedDay(seed: number): Promise<readonly string[]> {
  await using line = await startLine(RANDOM_DAY, { seed, forMs: 1_500 })
  await line.simulators.ended
  return line.statuses('PRESS-07').map(({ status, reason }) => `${status} ${reason}`)
}

function scenarioFile(): string {
  const file = join(folder, 'day.yaml')
  writeFileSync(file, RANDOM_DAY)
  return file
}

async function startProcess(...options: string[]): Promise<ChildProcess> {
  const child = spawn(process.execPath, ['simulators/main.ts', scenarioFile(), ...options])
  await once(child.stdout, 'data')
  return child
}
