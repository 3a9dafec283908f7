/** Alarms of a machine as its reasons: a server with alarms of its own, from the event to the value of a signal. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  CallRequest,
  DataType,
  EventNotificationList,
  NodeId,
  PublishResponse,
  StatusCodes,
  Variant,
  WriteRequest,
} from 'node-opcua'
import { afterAll, expect, test } from 'vitest'
import { AddressFault } from '../../../src/domain/driver.ts'
import type { AlarmFormat, Sample } from '../../../src/domain/signal.ts'
import { createOpcUaDriver } from '../../../src/drivers/opcua/driver.ts'
import { deviceOf, driverContext, readUntil, samplesOf } from '../../support/driver-bench.ts'
import { type OpcUaTestServer, startOpcUaServer } from '../../support/opcua-server.ts'

const folder = mkdtempSync(join(tmpdir(), 'millrace-opcua-alarms-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const SERVER = 'i=2253'
const signal = new AbortController().signal
const VARIABLES = [
  { name: 'input', dataType: 'Int32', initial: { dataType: DataType.Int32, value: 0 } } as const,
]

interface Alarm {
  raise(severity: number, message: string): void
  end(): void
  /** An operator switches it off at the server, whatever its state. */
  disable(): void
}

/** Alarms of two machines, below the server's own node. With `isShown` their conditions are in its tree. */
function alarmsOf({ engine }: OpcUaTestServer): Record<'jam' | 'door' | 'other', Alarm> {
  const { addressSpace } = engine.engine
  if (!addressSpace) throw new Error('the server has no address space')
  const namespace = addressSpace.getOwnNamespace()
  const machine = (browseName: string) =>
    namespace.addObject({
      organizedBy: addressSpace.rootFolder.objects,
      browseName,
      eventSourceOf: addressSpace.rootFolder.objects.server,
      eventNotifier: 1,
    })
  const [filler, press] = [machine('Filler'), machine('Press')]
  const inputNode = addressSpace.findNode('ns=2;s=input')
  const alarm = (owner: typeof filler, name: string): Alarm => {
    const condition = namespace.instantiateAlarmCondition('AlarmConditionType', {
      browseName: name,
      componentOf: owner,
      conditionOf: owner,
      conditionSource: owner,
      conditionName: name,
      inputNode: inputNode as never,
    })
    return {
      raise: (severity, message) => {
        condition.activateAlarm()
        condition.raiseNewCondition({ severity, message, quality: StatusCodes.Good, retain: true })
      },
      disable: () => void condition.setEnabledState(false),
      end: () => {
        condition.deactivateAlarm()
        condition.raiseNewCondition({
          severity: 100,
          message: 'over',
          quality: StatusCodes.Good,
          retain: false,
        })
      },
    }
  }
  return { jam: alarm(filler, 'Jam'), door: alarm(filler, 'DoorOpen'), other: alarm(press, 'Jam') }
}

async function withAlarms(
  format: AlarmFormat,
  steps: (alarms: ReturnType<typeof alarmsOf>) => readonly (() => void)[],
  before: (alarms: ReturnType<typeof alarmsOf>, server: OpcUaTestServer) => void = () => {},
): Promise<readonly Sample[]> {
  await using server = await startOpcUaServer({ folder, variables: VARIABLES })
  const alarms = alarmsOf(server)
  before(alarms, server)
  await using driver = createOpcUaDriver()
  const device = deviceOf(
    driver,
    { url: server.url, security: 'None' },
    { a: { at: SERVER, alarms: format } },
  )
  await using link = await driver.connect(device, driverContext(folder), signal)
  const todo = [...steps(alarms)]
  const readings = await readUntil(link, (all) => {
    const shown = samplesOf(all, 'a').length
    if (shown === 0 || shown < steps(alarms).length - todo.length + 1) return false
    const next = todo.shift()
    next?.()
    return next === undefined
  })
  return samplesOf(readings, 'a')
}

test('the alarm that came first is the code, and gone when it is over', async () => {
  const samples = await withAlarms({}, ({ jam, door }) => [
    () => jam.raise(700, 'Jam at the star wheel'),
    () => door.raise(500, 'Guard open'),
    () => jam.end(),
    () => door.end(),
  ])
  expect(samples.map(({ value }) => value)).toEqual(['', 'Jam', 'Jam', 'DoorOpen', ''])
  expect(samples[2]).toMatchObject({
    quality: 'good',
    detail: expect.stringMatching(/^severity 700, .*: Jam at the star wheel; 1 more active$/),
  })
})

test('alarms are chosen by their severity and their source', async () => {
  const format = { severity: { above: { value: 500, inclusive: true } }, source: '1:Fill*' }
  const samples = await withAlarms(format, ({ jam, door, other }) => [
    () => {
      other.raise(900, 'of another machine')
      door.raise(100, 'a hint')
      jam.raise(500, 'now')
    },
    () => jam.raise(499, 'less'),
  ])
  expect(samples.map(({ value }) => value)).toEqual(['', 'Jam', ''])
})

test.each([
  ['source', '1:Filler'],
  ['message', 'Guard open'],
  ['ConditionName', 'DoorOpen'],
])('with code: %s the value is %s', async (code, value) => {
  const samples = await withAlarms({ code }, ({ door }) => [() => door.raise(500, 'Guard open')])
  expect(samples.at(-1)?.value).toBe(value)
})

test('alarms that were active before are read from their nodes, and no method is called', async () => {
  let calls = 0
  const [first] = await withAlarms(
    {},
    () => [],
    ({ jam, door }, server) => {
      server.teach({
        request: (request) => {
          if (request instanceof CallRequest || request instanceof WriteRequest) calls++
        },
      })
      door.raise(500, 'Guard open')
      jam.raise(700, 'Jam')
      door.end()
    },
  )
  expect(first).toMatchObject({ value: 'Jam', quality: 'good' })
  expect(calls).toBe(0)
})

test('an alarm that is disabled while it is active is no reason any more', async () => {
  const samples = await withAlarms({}, ({ jam }) => [() => jam.raise(700, 'Jam'), () => jam.disable()])
  expect(samples.map(({ value }) => value)).toEqual(['', 'Jam', ''])
})

test('an alarm that was disabled before the connect is no reason', async () => {
  const [first] = await withAlarms(
    {},
    () => [],
    ({ jam }) => {
      jam.raise(700, 'Jam')
      jam.disable()
    },
  )
  expect(first).toMatchObject({ value: '', quality: 'good' })
})

/** Changes what is sent of each event. */
function changeEvents(server: OpcUaTestServer, change: (list: EventNotificationList) => void): void {
  server.teach({
    answer: (answer) => {
      const sent = answer instanceof PublishResponse ? answer.notificationMessage.notificationData : []
      for (const list of sent ?? []) if (list instanceof EventNotificationList) change(list)
      return answer
    },
  })
}

test.each([
  ['leaves out', new Variant()],
  ['gives as null', new Variant({ dataType: DataType.NodeId, value: NodeId.nullNodeId })],
])('two alarms of a server that %s the ids of its conditions are two', async (_how, conditionId) => {
  const samples = await withAlarms(
    {},
    ({ jam, door }) => [
      () => jam.raise(700, 'Jam'),
      () => door.raise(500, 'Guard open'),
      () => door.end(),
      () => jam.end(),
    ],
    (_alarms, server) =>
      changeEvents(server, ({ events }) => {
        for (const { eventFields } of events ?? []) eventFields?.splice(0, 1, conditionId)
      }),
  )
  expect(samples.map(({ value }) => value)).toEqual(['', 'Jam', 'Jam', 'Jam', ''])
})

test.each(['EventQueueOverflowEventType', 'RefreshRequiredEventType'])(
  'after an event %s the conditions are read again',
  async (type) => {
    let isDropping = false
    let raiseEvent = () => {}
    const samples = await withAlarms(
      {},
      ({ jam, door }) => [
        () => jam.raise(700, 'Jam'),
        () => {
          isDropping = true
          jam.end()
          door.raise(500, 'Guard open')
          setTimeout(() => {
            isDropping = false
            raiseEvent()
          }, 500)
        },
      ],
      (_alarms, server) => {
        const object = server.engine.engine.addressSpace?.rootFolder.objects.server
        raiseEvent = () => object?.raiseEvent(type, { severity: { dataType: DataType.UInt16, value: 1 } })
        changeEvents(server, (list) => {
          if (isDropping) list.events = []
        })
      },
    )
    expect(samples.map(({ value }) => value)).toEqual(['', 'Jam', 'DoorOpen'])
  },
)

test('where the server does not show its conditions, that is said', async () => {
  await using server = await startOpcUaServer({ folder, variables: VARIABLES })
  await using driver = createOpcUaDriver()
  const device = deviceOf(driver, { url: server.url, security: 'None' }, { a: { at: SERVER, alarms: {} } })
  await using link = await driver.connect(device, driverContext(folder), signal)
  const [first] = samplesOf(await readUntil(link, (all) => all.length === 1), 'a')
  expect(first).toMatchObject({
    value: '',
    quality: 'good',
    detail: expect.stringMatching(/active before.*are not seen until they change/),
  })
})

test('a node that sends no events is said to be none', async () => {
  await using server = await startOpcUaServer({ folder, variables: VARIABLES })
  await using driver = createOpcUaDriver()
  const settings = { url: server.url, security: 'None' }
  const device = deviceOf(driver, settings, { a: { at: 'ns=2;s=input', alarms: {} } })
  await using link = await driver.connect(device, driverContext(folder), signal)
  const [first] = samplesOf(await readUntil(link, (all) => all.length === 1), 'a')
  expect(first).toMatchObject({
    value: null,
    quality: 'bad',
    detail: expect.stringMatching(/sends no events.*i=2253/),
  })
})

test('alarms are not polled, and no part of a value sends some', () => {
  const driver = createOpcUaDriver()
  const parse = (text: string, mode: string) =>
    driver.parseAddress(text, { alarms: {} }, driver.settings.parse({ url: 'opc.tcp://a', mode }))
  expect(() => parse('i=2253', 'poll')).toThrow(AddressFault)
  expect(() => parse('i=2253[1]', 'subscribe')).toThrow(AddressFault)
})
