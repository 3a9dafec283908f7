/**
 * One press, read over Modbus, over MQTT as JSON, and over Sparkplug B at the same time, each as a machine of its own: the same day gives
 * the same rows, and each of them agrees with what really happened.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readCentral } from '../../../src/demo/central-rows.ts'
import { type CentralRows, parseTruth, type Truth } from '../../../src/demo/reconcile/facts.ts'
import { reconcile } from '../../../src/demo/reconcile/reconcile.ts'
import type { Window } from '../../../src/demo/reconcile/sight.ts'
import { readSights } from '../../../src/demo/sights.ts'
import { startBroker, type TestBroker } from '../../support/broker.ts'
import { testFolder } from '../../support/buffer.ts'
import { startTestCentral, type TestCentral } from '../../support/central.ts'
import { startWatchedGateway, type WatchedGateway } from '../../support/watched-gateway.ts'
import { type Line, startLine } from '../simulators/support.ts'

/** The press that is simulated, and what central calls it by the way in which it is read. */
const PRESS = 'PRESS-07'
const BY_MODBUS = 'PRESS-07'
const BY_SPARKPLUG = 'PRESS-07-S'
const BY_JSON = 'PRESS-07-J'
const MACHINES = [BY_MODBUS, BY_SPARKPLUG, BY_JSON]

/**
 * How far apart the same change may be dated. A poll looks every 100 ms, and is at most 200 ms late where nothing else runs; on a
 * busy computer it, or a message, may be late by so much. Rows are compared one by one, so that none can be missed.
 */
const TOLERANCE_MS = 2_000
const MINUTE_MS = 60_000
const TEST_MAX_MS = 4 * MINUTE_MS

let central: TestCentral
let broker: TestBroker
beforeAll(async () => {
  const seed = { code: 'SAV', plant: 'SAV-1', machines: MACHINES }
  ;[central, broker] = await Promise.all([startTestCentral({ organizations: [seed] }), startBroker()])
}, MINUTE_MS)
afterAll(async () => {
  await Promise.all([central, broker].map((one) => one[Symbol.asyncDispose]()))
})

test.each([
  ['a day without faults', 7, ''],
  ['a day on which the cable is out', 11, 'faults_at: [{at: 6s, fault: drop, for: 3s}]'],
])(
  '%s',
  async (_, seed, faults) => {
    await central.sql('TRUNCATE machine_status_history, downtime_events, edge_gateway.stream')
    await using line = await startLine(scenario(faults), { seed })
    const { devices, folder } = mapsOf(line)
    const gateway = await startWatchedGateway(central, maps(line).modbus, 'edge-1', folder)
    const window = await lived(gateway, line)
    const rows = await readCentral(central.server.superuser(), 'SAV')
    const truth = parseTruth(
      line
        .truth()
        .map((one) => `${JSON.stringify(one)}\n`)
        .join(''),
    )

    const sights = readSights(devices)(everywhere(truth), { of: () => window })
    const report = reconcile(everywhere(truth), rows, sights)
    expect(report).toMatchObject({ missing: [], extra: [], duplicates: [], wrong: [] })
    expect(report.machines).toBe(MACHINES.length)
    expect(report.truth.transitions).toBeGreaterThan(3 * 8)
    if (faults === '') for (const machine of [BY_SPARKPLUG, BY_JSON]) expectSameRows(rows, machine)
  },
  TEST_MAX_MS,
)

/** Plays the day between the first contact of every machine and the last row. @returns when no machine was in sight */
async function lived(gateway: WatchedGateway, line: Line): Promise<readonly Window[]> {
  try {
    await gateway.until(({ machines }) => {
      expect(machines.map(({ machine, status }) => [machine, status]).toSorted()).toEqual(
        MACHINES.map((machine) => [machine, 'running']).toSorted(),
      )
    })
    const seenMs = Date.now()
    await line.simulators.startDay()
    await line.simulators.ended
    const last = line.statuses(PRESS).at(-1)?.status
    await gateway.until(({ machines, outbox }) => {
      expect(machines.map(({ status }) => status)).toEqual(MACHINES.map(() => last))
      expect(outbox.pending).toBe(0)
    })
    return [
      { fromMs: 0, toMs: seenMs },
      { fromMs: Date.now(), toMs: Number.POSITIVE_INFINITY },
    ]
  } finally {
    await gateway[Symbol.asyncDispose]()
  }
}

/** The truth is one press's, and holds for every machine that reads it. */
function everywhere(truth: Truth): Truth {
  const forAll = <T extends { readonly machine: string }>(all: readonly T[]) =>
    MACHINES.flatMap((machine) => all.map((one) => ({ ...one, machine })))
  const { transitions, downtimes, faults, orders, scans } = truth
  return {
    transitions: forAll(transitions),
    downtimes: forAll(downtimes),
    faults: forAll(faults),
    orders: forAll(orders),
    scans,
  }
}

/** Every row of the machine against the one that Modbus gave, in order. Of the first, the moment is that of the first contact. */
function expectSameRows({ history, downtimes }: CentralRows, machine: string): void {
  const of = <Row extends { readonly machine: string }>(rows: readonly Row[], whose: string) =>
    rows.filter((row) => row.machine === whose)
  const words = (whose: string) =>
    of(history, whose).map(({ previousStatus, status, reason }) => [previousStatus, status, reason])
  expect(words(machine)).toEqual(words(BY_MODBUS))
  const stops = (whose: string) => of(downtimes, whose).map(({ reason, category }) => [reason, category])
  expect(stops(machine)).toEqual(stops(BY_MODBUS))
  const moments = (whose: string) => [
    ...of(history, whose)
      .slice(1)
      .map(({ changedAtMs }) => changedAtMs),
    ...of(downtimes, whose).flatMap(({ startedAtMs, endedAtMs }) => [startedAtMs, endedAtMs ?? startedAtMs]),
  ]
  const expected = moments(BY_MODBUS)
  const apart = moments(machine).map((ms, index) => Math.abs(ms - (expected[index] ?? 0)))
  expect(Math.max(...apart)).toBeLessThan(TOLERANCE_MS)
}

function scenario(faults: string): string {
  return `
start: on_command
micro_stop_below: 2s
broker: {url: "${broker.url}"}
machines:
  ${PRESS}:
    kind: modbus-press
    mqtt: [json, sparkplug]
    parts_per_minute: 6000
    faults: {101: {reason: mechanical_failure, category: equipment}, 215: {reason: material_shortage, category: material}}
    reasons: {setup: {reason: changeover, category: setup}, off: {reason: switched_off}}
    ${faults}
    day:
      script:
        - {state: running, for: 3s}
        - {state: down, fault: 101, for: 2500ms}
        - {state: running, for: 2s}
        - {state: setup, for: 2500ms}
        - {state: running, for: 1800ms}
        - {state: down, fault: 215, for: 1500ms}
        - {state: maintenance, for: 2s}
        - {state: off, for: 1800ms}
        - {state: running, for: 2s}
        - {state: down, fault: 101, for: 3s}
        - {state: running, for: 1s}
`
}

/** The maps of all three in one folder: Modbus is the one that the gateway is started with. */
function mapsOf(line: Line) {
  const folder = testFolder()
  const devices = join(folder, 'devices')
  mkdirSync(devices)
  const { json, sparkplug } = maps(line)
  writeFileSync(join(devices, 'json.yaml'), json)
  writeFileSync(join(devices, 'sparkplug.yaml'), sparkplug)
  return { folder, devices }
}

function maps(line: Line) {
  const [press] = line.simulators.machines
  if (press?.protocol !== 'modbus-tcp' || !press.sparkplug || !press.json)
    throw new Error('no press publishes')
  const { group, node, device } = press.sparkplug
  const { state, availability } = press.json
  const at = `url: "${broker.url}", version: "3.1.1"`
  return {
    modbus: `machine: ${BY_MODBUS}
device: {driver: modbus-tcp, host: 127.0.0.1, port: ${press.port}, poll: 100ms, word_order: CDAB}
signals:
  alive: {at: 40100, type: u16, role: heartbeat, stale_after: 10s}
  state: {at: 40101, type: u16, mask: 0x000F, names: {${STATES}}}
  fault: {at: 40102, type: u16, role: fault_code, latch: first, settle: 500ms}
  good: {at: 40110, type: u32, role: good_count, rollover: 2^32}
  scrap: {at: 40112, type: u32, role: scrap_count, rollover: 2^32}
${RULES}`,
    sparkplug: `machine: ${BY_SPARKPLUG}
device: {driver: sparkplug, ${at}, group: ${group}, node: ${node}, device: ${device}, rebirth: request, poll: 100ms}
signals:
  alive: {metric: Heartbeat, role: heartbeat, stale_after: 10s}
  state: {metric: Status/State, names: {${STATES}}}
  fault: {metric: Status/Fault, role: fault_code, latch: first, settle: 500ms}
  good: {metric: Counts/Good, role: good_count}
  scrap: {metric: Counts/Scrap, role: scrap_count}
${RULES}`,
    json: `machine: ${BY_JSON}
device: {driver: mqtt, ${at}, availability: {topic: ${availability}}, time: time, poll: 100ms}
signals:
  alive: {topic: ${state}, path: heartbeat, role: heartbeat, stale_after: 10s}
  state: {topic: ${state}, path: state, names: {running: auto_run, idle: ready, down: fault, maintenance: service, setup: setup, off: off}}
  fault: {topic: ${state}, path: fault, role: fault_code, latch: first, settle: 500ms}
  good: {topic: ${state}, path: good, role: good_count}
  scrap: {topic: ${state}, path: scrap, role: scrap_count}
${RULES}`,
  }
}

const STATES = '0: off, 1: auto_run, 2: ready, 3: fault, 4: setup, 5: service'
const RULES = `stops: {ignore_stop_below: 0s, ignore_run_below: 0s, micro_stop_below: 2s}
status:
  - {when: {state: service}, is: maintenance, for: 300ms, release: 0s}
  - {when: {state: setup}, is: setup, reason: changeover, category: setup, for: 300ms, release: 0s}
  - {when: {any: [{state: fault}, {fault: ">0"}]}, is: down, reason: from fault, for: 300ms, release: 0s}
  - {when: {state: auto_run}, is: running, for: 300ms, release: 0s}
  - {when: {state: off}, is: idle, reason: switched_off, for: 300ms, release: 0s}
  - {else: true, is: idle, for: 300ms, release: 0s}
reasons:
  fault:
    101: {code: mechanical_failure, category: equipment}
    215: {code: material_shortage, category: material}
on_comm_loss: {after: 5s}
`
