import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { closeModbus, eventually, type Line, type ModbusClient, modbusClient, startLine } from './support.ts'

const PRESS = 'PRESS-07'
const [HEARTBEAT, STATE, GOOD, SCRAP] = [99, 100, 109, 111]

const SCENARIO = `
start: on_command
machines:
  PRESS-07:
    kind: modbus-press
    unit: 17
    word_order: CDAB
    parts_per_minute: 60000
    scrap_every: 10
    faults:
      101: {reason: mechanical_failure, category: equipment}
      215: {reason: material_shortage, category: material}
    reasons: {setup: {reason: changeover, category: setup}}
    day:
      script:
        - {state: running, for: 600ms}
        - {state: down, fault: 101, for: 300ms}
        - {state: setup, for: 300ms}
        - {state: running, for: 200ms}
        - {state: down, fault: 215, for: 250ms}
        - {state: maintenance, for: 200ms}
        - {state: idle, for: 150ms}
        - {state: off, for: 1s}
  PRESS-08:
    kind: modbus-press
    day: {script: [{state: idle, for: 1s}]}
`

/** What the low four bits and the fault code say, in the words of the truth. */
const WORDS: Readonly<Record<string, string>> = {
  '1 0': 'running -',
  '3 101': 'down mechanical_failure',
  '3 215': 'down material_shortage',
  '4 0': 'setup changeover',
  '5 0': 'maintenance -',
  '2 0': 'idle -',
  '0 0': 'idle -',
}

describe('a press on Modbus TCP', () => {
  let line: Line
  let client: ModbusClient
  beforeAll(async () => {
    line = await startLine(SCENARIO)
    client = await modbusClient(line, PRESS)
  })
  afterAll(async () => {
    closeModbus(client)
    await line[Symbol.asyncDispose]()
  })

  test('shows its first state before the day begins, and it is in the truth', async () => {
    const { data } = await client.readHoldingRegisters(STATE, 2)
    expect(data).toEqual([1, 0])
    expect(line.statuses(PRESS).map(({ status }) => status)).toEqual(['running'])
  })

  test('shows on the wire what the truth says, when it says it, and nothing else', async () => {
    const seen: { word: string; betweenMs: readonly [number, number]; inTruth: number }[] = []
    let done = false
    void line.simulators.ended.then(() => {
      done = true
    })
    await line.simulators.startDay()
    let lastAskedMs = 0
    // The last look comes after the end: the last change may fall right before it.
    for (let isLast = false; !isLast; ) {
      isLast = done
      const askedMs = Date.now()
      const { data } = await client.readHoldingRegisters(STATE, 2)
      const word = WORDS[`${(data[0] ?? 0) & 0xf} ${data[1]}`] ?? `nonsense ${data}`
      if (word !== seen.at(-1)?.word) {
        const inTruth = line.statuses(PRESS).length
        seen.push({ word, betweenMs: [lastAskedMs, Date.now()], inTruth })
      }
      lastAskedMs = askedMs
    }

    const truth = line.statuses(PRESS)
    expect(seen.map(({ word }) => word)).toEqual(
      truth.map(({ status, reason }) => `${status} ${reason ?? '-'}`),
    )
    // Each was in the file when it was seen, and became true between the last look at the old and the first at the new.
    expect(seen.every(({ inTruth }, index) => inTruth >= index + 1)).toBe(true)
    const atMs = truth.map(({ at }) => Date.parse(at))
    const mistimed = seen.slice(1).filter(({ betweenMs: [fromMs, toMs] }, index) => {
      const changedMs = atMs[index + 1] ?? 0
      return changedMs < fromMs || changedMs > toMs
    })
    expect(mistimed).toEqual([])
  })

  test('has its downtimes in the truth, from the first to the last moment of each stop', () => {
    const statuses = line.statuses(PRESS)
    const at = (status: string) => statuses.filter((one) => one.status === status).map((one) => one.at)
    const after = (stamp: string | undefined) =>
      statuses[statuses.findIndex((one) => one.at === stamp) + 1]?.at
    const stops = [...at('down'), ...at('setup')].sort()
    expect(line.downtimes(PRESS).map(({ started_at, ended_at }) => [started_at, ended_at])).toEqual(
      stops.map((started) => [started, after(started)]),
    )
  })

  test('counts its parts in two words, low word first, and its heart goes on beating', async () => {
    const u32 = async (address: number) => {
      const { data } = await client.readHoldingRegisters(address, 2)
      return (data[0] ?? 0) + (data[1] ?? 0) * 0x1_0000
    }
    const [good, scrap] = [await u32(GOOD), await u32(SCRAP)]
    expect(good).toBeGreaterThan(0)
    expect(scrap).toBe(Math.floor((good + scrap) / 10))
    const { data: before } = await client.readHoldingRegisters(HEARTBEAT, 1)
    await eventually(async () => {
      const { data } = await client.readHoldingRegisters(HEARTBEAT, 1)
      expect(data).not.toEqual(before)
    })
  })

  test.each([
    ['an unmapped address', 102, 1],
    ['a block over a gap', 100, 12],
  ])('answers exception 2 to %s', async (_, address, count) => {
    await expect(client.readHoldingRegisters(address, count)).rejects.toMatchObject({ modbusCode: 2 })
  })

  test('answers exception 1 to what is not its own, and exception 3 to too much', async () => {
    await expect(client.readInputRegisters(STATE, 1)).rejects.toMatchObject({ modbusCode: 1 })
    await expect(client.readHoldingRegisters(STATE, 126)).rejects.toMatchObject({ modbusCode: 3 })
  })

  test('keeps quiet when another unit is asked', async () => {
    const other = await modbusClient(line, PRESS, 300)
    other.setID(1)
    await expect(other.readHoldingRegisters(STATE, 1)).rejects.toThrow(/timed out/i)
    closeModbus(other)
  })

  test('refuses to be written to, and counts who tries', async () => {
    const before = await line.simulators.counters()
    await expect(client.writeRegister(STATE, 0)).rejects.toMatchObject({ modbusCode: 1 })
    await expect(client.writeRegisters(STATE, [0, 0])).rejects.toMatchObject({ modbusCode: 1 })
    await expect(client.writeCoil(0, true)).rejects.toMatchObject({ modbusCode: 1 })
    const after = await line.simulators.counters()
    expect(before[PRESS]).toMatchObject({ writeRequests: 0 })
    expect(before[PRESS]?.polls).toBeGreaterThan(10)
    expect(after[PRESS]?.writeRequests).toBe(3)
    expect(after['PRESS-08']).toEqual({ requests: 0, writeRequests: 0, polls: 0, connections: 0 })
  })
})
