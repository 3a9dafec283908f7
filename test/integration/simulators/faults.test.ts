import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { closeModbus, eventually, type Line, modbusClient, startLine } from './support.ts'

const PRESS = 'PRESS-07'
const [HEARTBEAT, STATE] = [99, 100]

/** Changes every 100 ms, so that a frozen PLC has something to miss. */
const SCENARIO = `
machines:
  PRESS-07:
    kind: modbus-press
    faults: {101: {reason: mechanical_failure, category: equipment}}
    day:
      script: [{state: running, for: 100ms}, {state: down, fault: 101, for: 100ms}]
      repeat: true
  PRESS-08:
    kind: modbus-press
    day: {script: [{state: idle, for: 1s}]}
    faults_at: [{at: 100ms, fault: exception, for: 1m}]
`

describe('a fault on command', () => {
  let line: Line
  beforeAll(async () => {
    line = await startLine(SCENARIO)
  })
  afterAll(() => line[Symbol.asyncDispose]())

  test('freeze: it answers, but its registers stand still while the world goes on', async () => {
    const client = await modbusClient(line, PRESS)
    await line.simulators.fault(PRESS, 'freeze', { forMs: 1_500 })
    const fault = line.faults(PRESS).find((one) => one.fault === 'freeze')
    const { data: frozen } = await client.readHoldingRegisters(HEARTBEAT, 3)
    const untilMs = Date.parse(fault?.until ?? '') - 100
    while (Date.now() < untilMs) {
      const { data } = await client.readHoldingRegisters(HEARTBEAT, 3)
      if (Date.now() < untilMs) expect(data).toEqual(frozen)
    }
    await eventually(async () => {
      const { data } = await client.readHoldingRegisters(HEARTBEAT, 1)
      expect(data[0]).toBeGreaterThan((frozen[0] ?? 0) + 1)
    })
    closeModbus(client)

    const during = line
      .statuses(PRESS)
      .filter(({ at }) => at > (fault?.at ?? '') && at < (fault?.until ?? ''))
    expect(during.length).toBeGreaterThan(5)
    expect(during.filter(({ hidden }) => !hidden)).toEqual([])
  })

  test('drop: its connections are reset, and so are new ones until it is over', async () => {
    const standing = await openSocket(line)
    const lost = new Promise((resolve) => standing.once('close', resolve))
    await line.simulators.fault(PRESS, 'drop', { forMs: 2_000 })
    await lost
    expect(await attempt(line)).toBe('reset')
    await answersAgain(line)
  })

  test('refuse: its port is closed until it is over, and then the same one is open again', async () => {
    await line.simulators.fault(PRESS, 'refuse', { forMs: 2_000 })
    expect(await attempt(line)).toBe('refused')
    await answersAgain(line)
  })

  test('silent: it accepts and never answers, not even later', async () => {
    const client = await modbusClient(line, PRESS, 1_200)
    await line.simulators.fault(PRESS, 'silent', { forMs: 600 })
    await expect(client.readHoldingRegisters(STATE, 1)).rejects.toThrow(/timed out/i)
    expect((await client.readHoldingRegisters(STATE, 1)).data).toHaveLength(1)
    closeModbus(client)
  })

  test('delay: every answer is late by so much', async () => {
    const client = await modbusClient(line, PRESS)
    await line.simulators.fault(PRESS, 'delay', { forMs: 20_000, delayMs: 300 })
    const beganMs = performance.now()
    await client.readHoldingRegisters(STATE, 1)
    expect(performance.now() - beganMs).toBeGreaterThanOrEqual(295)
    await line.simulators.fault(PRESS, 'delay', { forMs: 1, delayMs: 0 })
    closeModbus(client)
  })

  test('bad quality: exception 4, for want of a better word in Modbus', async () => {
    const client = await modbusClient(line, PRESS)
    await line.simulators.fault(PRESS, 'bad_quality', { forMs: 500 })
    await expect(client.readHoldingRegisters(STATE, 1)).rejects.toMatchObject({ modbusCode: 4 })
    closeModbus(client)
    await answersAgain(line)
  })

  test('on the scenario’s own time: faults_at', async () => {
    const client = await modbusClient(line, 'PRESS-08')
    await eventually(async () => {
      await expect(client.readHoldingRegisters(STATE, 1)).rejects.toMatchObject({ modbusCode: 4 })
    })
    closeModbus(client)
    expect(line.faults('PRESS-08').map(({ fault }) => fault)).toEqual(['exception'])
  })

  test.each([
    [/no machine PRESS-99/, '/machines/PRESS-99/faults', { fault: 'drop', for_ms: 100 }],
    [/Invalid option/, '/machines/PRESS-07/faults', { fault: 'rust', for_ms: 100 }],
    [/no POST \/day\/off/, '/day/off', {}],
  ])('that nobody can understand is refused: %s', async (words, path, body) => {
    await expect(line.simulators.control(path, body)).rejects.toThrow(words)
  })
})

async function answersAgain(line: Line): Promise<void> {
  await eventually(async () => {
    const client = await modbusClient(line, PRESS, 2_000)
    try {
      expect((await client.readHoldingRegisters(STATE, 1)).data).toHaveLength(1)
    } finally {
      closeModbus(client)
    }
  })
}

/** A bare connection to the press. Modbus clients notice a reset only when they ask the next time. */
async function openSocket(line: Line): Promise<Socket> {
  const socket = dial(line)
  await once(socket, 'connect')
  return socket
}

/** What happens to somebody who connects and waits. */
function attempt(line: Line): Promise<'refused' | 'reset' | 'open'> {
  const socket = dial(line)
  return new Promise((resolve) => {
    socket.on('error', (error) => resolve(error.message.includes('ECONNREFUSED') ? 'refused' : 'reset'))
    socket.on('close', () => resolve('reset'))
    socket.setTimeout(1_000, () => {
      resolve('open')
      socket.destroy()
    })
  })
}

function dial(line: Line): Socket {
  const address = line.simulators.machines.find(({ machine }) => machine === PRESS)
  if (address?.protocol !== 'modbus-tcp') throw new Error('the press of this test is not there')
  // Being reset is an answer here; 'close' follows.
  return connect(address.port, address.host).on('error', () => {})
}
