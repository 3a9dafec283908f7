/** What docs/simulators.md says, held against machines that run, line by line of its tables. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  AttributeIds,
  type ClientSession,
  DataType,
  MessageSecurityMode,
  NodeClass,
  OPCUACertificateManager,
  OPCUAClient,
  SecurityPolicy,
} from 'node-opcua'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { STATE_NUMBERS, waitState } from '../../../simulators/packml/states.ts'
import { PLANT_STATES, statusOf } from '../../../simulators/plant-state.ts'
import { FAULTS, scenarioSchema } from '../../../simulators/scenario.ts'
import type { TruthLine } from '../../../simulators/truth.ts'
import { optionsOf } from '../../../src/commands/help.ts'
import { simulateCommand } from '../../../src/commands/simulate.ts'
import { runSimulate } from './run-simulate.ts'
import { eventually, type Line, modbusClient, opcuaUrl, startLine } from './support.ts'

const PAGE = readFileSync('docs/simulators.md', 'utf8')

/** The rows of the table that begins with these titles, each as its cells without quotes of code. */
function table(...titles: readonly string[]): readonly (readonly string[])[] {
  const lines = PAGE.split('\n')
  const head = lines.findIndex((line) => line.startsWith(`| ${titles.join(' | ')} |`))
  expect(head, titles.join(' | ')).toBeGreaterThanOrEqual(0)
  const below = lines.slice(head + 2)
  return below
    .slice(
      0,
      below.findIndex((line) => !line.startsWith('|')),
    )
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim().replaceAll('`', '')),
    )
}

const first = ([cell = '']: readonly string[]) => cell

const SHOWN = Object.entries({
  off: 'off',
  running: 'running',
  idle: 'idle',
  down: 'down, fault: 204',
  setup: 'setup',
  maintenance: 'maintenance',
}).map(
  ([state, how]) =>
    `P-${state}: {kind: modbus-press, faults: {204: {reason: jam}}, day: {script: [{state: ${how}, for: 1h}]}}`,
)

const SCENARIO = `
micro_stop_below: 50ms
machines:
  ${SHOWN.join('\n  ')}
  FILLER-01:
    kind: opcua-packml
    faults: {204: {reason: jam, category: material, stop: held}}
    day: {script: [{state: down, fault: 204, for: 700ms}, {state: running, for: 300ms}, {state: idle, for: 700ms}], repeat: true}
  PRESS-07: {kind: modbus-press, day: {script: [{state: down, for: 3s}, {state: running, for: 300ms}], repeat: true}}
scanners:
  ST-07:
    machine: PRESS-07
    operator: {badge: B1, orders: [WO-1, WO-2], order_for: 1s, reasons: {jam: material}, reason_after: 0s, codes: [A, B], every: 500ms..600ms}
`

let line: Line
let gateway: Socket
beforeAll(async () => {
  line = await startLine(SCENARIO)
  gateway = beepingGateway(line)
}, 120_000)
afterAll(async () => {
  gateway.destroy()
  await line[Symbol.asyncDispose]()
})

/** Answers whatever the scanner sends with a beep. */
function beepingGateway({ simulators }: Line): Socket {
  const [scanner] = simulators.scanners
  const socket = connect({ host: scanner?.host ?? '', port: scanner?.port ?? 0 })
  return socket.on('data', () => socket.write(Buffer.of(0x06)))
}

describe('a press', () => {
  test('has the registers of the page, and no others', async () => {
    const client = await modbusClient(line, 'P-running')
    const exists = async (offset: number) =>
      client.readHoldingRegisters(offset, 1).then(
        () => true,
        () => false,
      )
    const found: number[] = []
    for (let offset = 0; offset < 200; offset += 1) if (await exists(offset)) found.push(offset)
    const documented = table('Register', 'Offset', 'Type').flatMap(([register, offset, type]) => {
      expect(Number(register) - 40_001).toBe(Number(offset))
      return type === 'u32' ? [Number(offset), Number(offset) + 1] : [Number(offset)]
    })
    expect(found).toEqual(documented)
    client.close(() => undefined)
  })

  test.each(table('State in the scenario', 'Low four bits of `40101`', 'Door'))(
    'in state %s shows %s, with the door %s, which central calls %s',
    async (state, bits, door, status) => {
      const client = await modbusClient(line, `P-${state}`)
      const { data } = await client.readHoldingRegisters(100, 2)
      expect(data).toEqual([Number(bits) | (door === 'open' ? 0x1000 : 0), state === 'down' ? 204 : 0])
      expect(status).toBe(statusOf(state as (typeof PLANT_STATES)[number]))
      client.close(() => undefined)
    },
  )

  test('is described in every state that it can show', () => {
    const documented = table('State in the scenario').map(first)
    expect([...documented, 'starved'].toSorted()).toEqual(PLANT_STATES.toSorted())
  })
})

describe('a packaging machine', () => {
  test('has the nodes of the page, each of its type, and no others', async () => {
    await withSession(SecurityPolicy.None, async (session) => {
      const namespace = (await session.readNamespaceArray()).indexOf('urn:millrace:simulators')
      const objects = await session.browse('ObjectsFolder')
      const unit = objects.references?.find(({ browseName }) => browseName.name === 'FILLER-01')
      const inside = await session.browse(String(unit?.nodeId))
      const nodes = inside.references?.filter(({ nodeClass }) => nodeClass === NodeClass.Variable) ?? []
      const found = await Promise.all(
        nodes.map(async ({ nodeId }) => {
          const { value } = await session.read({ nodeId, attributeId: AttributeIds.Value })
          return [String(nodeId).replace(`ns=${namespace};`, ''), DataType[value.dataType]]
        }),
      )
      expect(found).toEqual(table('NodeId', 'Type').map((row) => row.slice(0, 2)))
    })
  })

  test('takes clients with the security of the page', async () => {
    const client = OPCUAClient.create({ endpointMustExist: false })
    await client.connect(opcuaUrl(line, 'FILLER-01'))
    const offered = (await client.getEndpoints()).map(({ securityPolicyUri, securityMode }) => [
      securityPolicyUri?.split('#')[1],
      MessageSecurityMode[securityMode],
    ])
    await client.disconnect()
    expect(offered).toEqual([
      ['None', 'None'],
      ['Basic256Sha256', 'SignAndEncrypt'],
    ])
    expect(PAGE).toContain('Security `None`, and `Basic256Sha256` with `SignAndEncrypt`')
    await withSession(SecurityPolicy.Basic256Sha256, (session) => session.readNamespaceArray())
  })

  test('numbers its states as the page says', () => {
    const documented = table('PackML state', '`packml-tr88`', '`packml-tmc`')
    for (const [column, numbers] of [
      [1, STATE_NUMBERS['packml-tr88']],
      [2, STATE_NUMBERS['packml-tmc']],
    ] as const)
      expect(Object.fromEntries(documented.map((row) => [first(row), Number(row[column])]))).toEqual(numbers)
  })

  test('shows its wait states when the page says so', () => {
    const documented = table('PackML state', '`packml-tr88`').map(
      (row) => [first(row), row[3] ?? ''] as const,
    )
    for (const state of PLANT_STATES) {
      const [name] =
        documented.find(([, when]) =>
          new RegExp(`^(.*, |.* or )?${state}( \\(.*)?(, .*| or .*| by .*)?$`).test(when),
        ) ?? []
      expect(name, state).toBe(waitState({ state, fault: 0 }, {}))
    }
  })
})

test('the keys of scenarios are those of the page', () => {
  const schema = z.toJSONSchema(scenarioSchema, { io: 'input', unrepresentable: 'any' })
  expect(table('Key', 'Default').map(first).toSorted()).toEqual([...new Set(keysIn(schema))].toSorted())
})

test('the faults are those of the page', () => {
  expect(table('Fault', 'What clients see').map(first)).toEqual([...FAULTS])
})

test('the lines of the truth have the keys of the page', async () => {
  await line.simulators.fault('FILLER-01', 'freeze', { forMs: 3_000 })
  const kinds = await eventually(() => {
    const seen = line.truth()
    const keys = new Map<string, Set<string>>()
    for (const one of seen)
      keys.set(one.event, new Set([...(keys.get(one.event) ?? []), ...Object.keys(one)]))
    expect([...keys.keys()].toSorted()).toEqual([
      'badge',
      'beep',
      'downtime',
      'fault',
      'reason',
      'scan',
      'status',
      'work_order',
    ] satisfies TruthLine['event'][])
    expect(keys.get('status')).toContain('hidden')
    return keys
  })
  const documented = table('Event', 'Key').map(([event, key]) => `${event} ${key}`)
  const found = [...kinds].flatMap(([event, keys]) => [...keys].map((key) => `${event} ${key}`))
  expect(documented.toSorted()).toEqual(found.toSorted())
})

test('the options and exit codes are those of the page', () => {
  const documented = table('Option', 'What it does').map((row) => first(row).split(' ')[0])
  expect([...documented, '--help'].toSorted()).toEqual(optionsOf(simulateCommand).toSorted())
  expect(table('Exit code', 'When').map(first)).toEqual(
    simulateCommand.exits.map((exit) => exit.split(' ')[0]),
  )
})

describe('a scenario of the page itself', () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-documented-'))
  const run = runSimulate([scenarioOfThePage(folder), '--for', '300ms'])
  afterAll(() => rmSync(folder, { recursive: true }))

  test('prints the ready line with the keys of the page', async () => {
    const ready = JSON.parse(await run.line(0)) as object
    expect(Object.keys(ready)).toEqual(table('Key', 'What it is').map(first))
    expect(await run.exitCode, run.complaints()).toBe(0)
  })
})

test('every request of the page is answered, and the program knows no other', async () => {
  const documented = table('Request', 'What it does').map(first)
  const source = readFileSync('simulators/control.ts', 'utf8')
  const known = [...source.matchAll(/case '((?:GET|POST) [^']+)'/g)].map(([, request]) => request)
  expect(documented).toEqual([...known, 'POST /machines/CODE/faults'])
  for (const request of documented) {
    const path = (request.split(' ')[1] ?? '').replace('CODE', 'P-off')
    // Whatever is no success is thrown.
    await line.simulators.control(path, path.endsWith('/faults') ? { fault: 'drop', for_ms: 1 } : undefined)
  }
  const counters = Object.keys((await line.simulators.counters())['P-off'] ?? {})
  for (const name of counters) expect(PAGE).toContain(`\`${name}\``)
})

/** The port of the example may be taken here; any other does as well. */
function scenarioOfThePage(folder: string): string {
  const [, example = ''] = /```yaml\n(machines:\n[\s\S]*?)```/.exec(PAGE) ?? []
  const file = join(folder, 'page.yaml')
  writeFileSync(file, example.replace('port: 1502', 'port: 0'))
  return file
}

/** Paths of all keys: `machines.*.day.repeat`; `*` stands for any name and for any item of a list. */
function keysIn(schema: z.core.JSONSchema._JSONSchema, path = ''): readonly string[] {
  if (typeof schema === 'boolean') return []
  const { properties = {}, additionalProperties, items, anyOf = [], oneOf = [] } = schema
  const below = path === '' ? '' : `${path}.`
  return [
    ...Object.entries(properties).flatMap(([key, inside]) => [
      `${below}${key}`,
      ...keysIn(inside, `${below}${key}`),
    ]),
    ...[additionalProperties, items]
      .filter((inside) => inside !== undefined && !Array.isArray(inside))
      .flatMap((inside) => keysIn(inside as z.core.JSONSchema._JSONSchema, `${below}*`)),
    ...[...anyOf, ...oneOf].flatMap((inside) => keysIn(inside, path)),
  ]
}

async function withSession(
  securityPolicy: SecurityPolicy,
  work: (session: ClientSession) => Promise<unknown>,
) {
  const securityMode =
    securityPolicy === SecurityPolicy.None ? MessageSecurityMode.None : MessageSecurityMode.SignAndEncrypt
  const rootFolder = mkdtempSync(join(tmpdir(), 'millrace-documented-client-'))
  const clientCertificateManager = new OPCUACertificateManager({
    rootFolder,
    automaticallyAcceptUnknownCertificate: true,
  })
  const client = OPCUAClient.create({
    securityPolicy,
    securityMode,
    endpointMustExist: false,
    clientCertificateManager,
  })
  try {
    await client.withSessionAsync(opcuaUrl(line, 'FILLER-01'), work)
  } finally {
    await clientCertificateManager.dispose()
    rmSync(rootFolder, { recursive: true, force: true })
  }
}
