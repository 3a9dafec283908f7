import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DataType } from 'node-opcua'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { startBroker } from '../../support/broker.ts'
import { callMillrace } from '../../support/called-command.ts'
import { DEVICE, startEdgeNode } from '../../support/edge-node.ts'
import { startOpcUaServer } from '../../support/opcua-server.ts'
import { startRegisterDevice } from '../../support/register-device.ts'

const REGISTERS = { holding: { 99: 1, 100: 3, 101: 2_305, 110: 0x8000, 111: 0x4366 }, input: { '0-9': 412 } }

/** The first command loads most of the program, and a computer that does much else takes its time for that. */
vi.setConfig({ testTimeout: 120_000 })
/** Longer than any `try` needs to show what a test awaits. */
const PATIENCE = '90s'

let cwd: string
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'millrace-at-device-'))
})
afterEach(() => rm(cwd, { recursive: true, force: true }))

async function withDevice(
  use: (url: string, device: Awaited<ReturnType<typeof startRegisterDevice>>) => Promise<void>,
) {
  await using device = await startRegisterDevice(REGISTERS)
  await use(`modbus://127.0.0.1:${device.port}/1`, device)
}

/** Plays a map until what it said is enough. */
async function tryUntil(
  isEnough: (said: string) => boolean,
  args: readonly string[],
  terminal: { readonly isTerminal?: boolean; readonly columns?: number; readonly rows?: number } = {},
) {
  const stop = new AbortController()
  let said = ''
  const out = (text: string) => {
    said += text
    if (isEnough(said)) stop.abort()
  }
  const { code } = await callMillrace(['try', ...args, '--for', PATIENCE], {
    cwd,
    out,
    signal: stop.signal,
    ...terminal,
  })
  return { code, out: said }
}

const isDown = (said: string) => said.includes('status: down (jam)')

describe('read', () => {
  test('shows a register in every meaning, with its address in every form', () =>
    withDevice(async (url) => {
      const { code, out } = await callMillrace(['read', url, '40111'], { cwd })
      expect(code).toBe(0)
      expect(out).toContain('manual 40111 = wire 110 (0x006E), function 3')
      expect(out).toContain('raw   8000')
      expect(out).toMatch(/order +ABCD +CDAB +BADC +DCBA/)
      expect(out).toMatch(/f32 +- +230\.5 +- +-/)
    }))

  test('names the signals of the map where one is misspelt', () =>
    withDevice(async (_, device) => {
      await mkdir(join(cwd, 'devices'))
      await writeFile(
        join(cwd, 'devices/press-07.yaml'),
        `machine: PRESS-07
device: {driver: modbus-tcp, host: 127.0.0.1, port: ${device.port}}
signals: {state: {at: 40101, type: u16}}
status: [{when: {state: 1}, is: running}, {else: true, is: idle}]
`,
      )
      const { code, err } = await callMillrace(['read', 'PRESS-07', 'stat'], { cwd })
      expect(code).toBe(2)
      expect(err).toContain('the map has no signal "stat"; did you mean "state"?')
    }))

  test('marks the addresses of a range that are not there, and asks the device for no more than it must', () =>
    withDevice(async (url, device) => {
      const { code, out } = await callMillrace(['read', url, '40100-40112'], { cwd })
      expect(code).toBe(1)
      expect(out).toContain('40103  wire 102 (0x0066) to 40110  wire 109 (0x006D)  cannot be read')
      expect(out).toContain('40111  wire 110 (0x006E)  8000')
      expect(device.requests.length).toBeLessThan(40)
    }))

  test('reads what is there of a device that gives no answer where it has nothing', async () => {
    await using device = await startRegisterDevice(REGISTERS, { isMute: true })
    const url = `modbus://127.0.0.1:${device.port}/1?timeout=100ms`
    const { code, out } = await callMillrace(['read', url, '40098-40103'], { cwd })
    expect(code).toBe(1)
    expect(out).toContain('40101  wire 100 (0x0064)  0003')
    expect(out).toMatch(/40103 {2}wire 102 .*cannot be read: .*no answer/)
  })

  test('shows a stretch of bits as on and off', async () => {
    await using device = await startRegisterDevice({ coil: { 0: 1, 1: 0, 2: 1 } })
    const { out } = await callMillrace(['read', `modbus://127.0.0.1:${device.port}/1`, '00001-00004'], {
      cwd,
    })
    expect(out).toMatch(
      /^00001 {2}wire 0 .* on \(1\)\n00002 .* off \(0\)\n00003 .* on \(1\)\n00004 .*cannot be read/,
    )
  })

  test('gives programs all readings as JSON', () =>
    withDevice(async (url) => {
      const { out } = await callMillrace(['read', url, '40111', '--json'], { cwd })
      const { registers } = JSON.parse(out)
      expect(registers[0].decodings).toContainEqual(
        expect.objectContaining({ type: 'f32', order: 'CDAB', value: 230.5, isPlausible: true }),
      )
    }))

  test('reads a signal of a map by its machine, scaled and named as the map says', () =>
    withDevice(async (_url, { port }) => {
      await mkdir(join(cwd, 'devices'))
      await writeFile(join(cwd, 'devices', 'press.yaml'), mapText(port))
      const { code, out } = await callMillrace(['read', 'PRESS-07', 'state', 'volts'], { cwd })
      expect(code).toBe(0)
      expect(out).toContain('state: fault (raw 3)')
      expect(out).toContain('volts: 230.5 (raw 2305)')
    }))

  test('goes on with --watch until it is stopped', () =>
    withDevice(async (url) => {
      const stop = new AbortController()
      let shown = 0
      const out = () => {
        shown++
        if (shown === 2) stop.abort()
      }
      const { code } = await callMillrace(['read', url, '40101', '--watch'], {
        cwd,
        out,
        signal: stop.signal,
      })
      expect({ code, shown }).toEqual({ code: 0, shown: 2 })
    }))
})

describe('find', () => {
  test('keeps what goes on showing what the display shows', () =>
    withDevice(async (url, { held }) => {
      const args = [
        'find',
        url,
        '230.5',
        '--then',
        '231.0',
        '--from',
        '40100',
        '--to',
        '40115',
        '--after',
        '300ms',
      ]
      // As soon as the first look is told, the machine changes: one of both places goes with it.
      const err = () => void held.set('holding:101', 2_310)
      const { code, out } = await callMillrace(args, { cwd, err })
      expect(code).toBe(0)
      expect(out).toContain('1. 40102 = wire 101 (0x0065), function 3')
      expect(out).toContain('then 231, as the display does')
      expect(out).toContain('value: {at: 40102, type: u16, scale: 0.1}')
      expect(out).not.toContain('40111')
    }))

  test('says where it has searched when nothing shows the value', () =>
    withDevice(async (url) => {
      const { code, out } = await callMillrace(['find', url, '77.7', '--from', '30001', '--to', '30010'], {
        cwd,
      })
      expect(code).toBe(1)
      expect(out).toContain('searched 10 from 30001 = wire 0 (0x0000), function 4: 10 can be read')
      expect(out).toContain('nothing there shows this value')
    }))
})

describe('try', () => {
  test('plays a map live: signals, the rule that matches, the status and whether it would be a downtime', () =>
    withDevice(async (_url, { port }) => {
      await writeFile(join(cwd, 'press.yaml'), mapText(port))
      const { code, out } = await tryUntil(isDown, ['press.yaml'])
      expect(out).toContain('state  40101 = wire 100 (0x0064), function 3  fault (raw 3)  good')
      expect(out).toContain('>  1. state: fault -> down, reason jam, for 1 s')
      expect(out).toMatch(/status: down \(jam\) for/)
      expect(out).toMatch(/downtime: it would be one in 1\d\d\.\d s/)
      expect(code).toBe(0)
    }))

  test('counts down what has yet to hold, and stores nothing', () =>
    withDevice(async (_url, { port }) => {
      await writeFile(join(cwd, 'press.yaml'), mapText(port).replace('for: 1s', 'for: 60s'))
      const waitsTwice = (said: string) => said.split('"inMs":').length > 2
      const { out } = await tryUntil(waitsTwice, ['press.yaml', '--json'])
      const pictures = out
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line))
      const waits = pictures.flatMap(({ verdict }) => (verdict.next ? [verdict.next.inMs] : []))
      expect(waits.length).toBeGreaterThan(1)
      expect(waits).toEqual(waits.toSorted((a, b) => b - a))
      expect(pictures.at(-1).signals).toContainEqual(
        expect.objectContaining({ signal: 'volts', raw: 2_305, value: 230.5, quality: 'good' }),
      )
      expect(existsSync(join(cwd, 'data'))).toBe(false)
    }))

  test('is one page that is drawn anew on a terminal', () =>
    withDevice(async (_url, { port }) => {
      await writeFile(join(cwd, 'press.yaml'), mapText(port))
      const terminal = { isTerminal: true, columns: 100, rows: 50 }
      const pagesOf = (said: string) => said.split('\x1b[H\x1b[2J')
      const { out } = await tryUntil((said) => pagesOf(said).length > 3, ['press.yaml'], terminal)
      const pages = pagesOf(out)
      expect(pages.length).toBeGreaterThan(3)
      expect(pages.at(-1)).toMatch(/^PRESS-07 \(press\.yaml\), played live/)
    }))

  test('names the faults of a map as check does, and plays nothing', async () => {
    await writeFile(join(cwd, 'press.yaml'), mapText(502).replace('is: down', 'is: donw'))
    const { code, err } = await callMillrace(['try', 'press.yaml'], { cwd })
    expect(code).toBe(2)
    expect(err).toMatch(/^press\.yaml:\d+:\d+: .*donw.*down/m)
  })
})

test('try plays the map of what is published, by the names of its metrics', async () => {
  await using broker = await startBroker()
  await using node = await startEdgeNode(broker.url, true)
  const { url, group, node: id } = node.settings
  await node.birth()
  await node.deviceBirth([{ name: 'Status/State', type: 'Int32', value: 3 }])
  const map = `machine: PRESS-07
device: {driver: sparkplug, url: "${url}", group: ${group}, node: ${id}, device: ${DEVICE}, rebirth: request}
signals: {state: {metric: Status/State, names: {1: running, 3: fault}}}
status: [{when: {state: fault}, is: down, reason: jam, for: 1s}, {else: true, is: running}]
`
  await writeFile(join(cwd, 'press.yaml'), map)
  const { code, out } = await tryUntil(isDown, ['press.yaml'])
  expect(out).toContain('state  Status/State  fault  good')
  expect(code).toBe(0)
})

describe('at an OPC UA server', () => {
  test('try plays a map, with the values as it means them', async () => {
    const initial = { dataType: DataType.Int16, value: 3 }
    await using server = await startOpcUaServer({
      folder: cwd,
      variables: [{ name: 'State', dataType: 'Int16', initial }],
    })
    const lines = [
      'machine: FILLER-01',
      `device: {driver: opcua, url: "${server.url}", security: None}`,
      'signals: {state: {node: "nsu=urn:millrace:test;s=State", names: {1: execute, 3: held}}}',
      'status: [{when: {state: held}, is: down, reason: jam}, {else: true, is: idle}]',
    ]
    await writeFile(join(cwd, 'filler.yaml'), lines.join('\n'))
    const { code, out } = await tryUntil(isDown, ['filler.yaml'])
    expect(out).toContain('state  nsu=urn:millrace:test;s=State  held  good')
    expect(out).toContain('status: down (jam)')
    expect(code).toBe(0)
  })
})

describe('browse', () => {
  test('shows a server with live values and ids that YAML takes, and finds texts in it', async () => {
    const name = '"DB_Press"."State"'
    const initial = { dataType: DataType.Int16, value: 3 }
    await using server = await startOpcUaServer({
      folder: cwd,
      variables: [{ name, dataType: 'Int16', initial }],
    })
    const browse = (...args: string[]) =>
      callMillrace(['browse', server.url, '--security', 'None', ...args], { cwd })
    const line = `= 3  Int16  node: 'nsu=urn:millrace:test;s="DB_Press"."State"'`
    expect((await browse()).out).toContain(line)
    const found = await browse('--search', 'db_press')
    expect(found.out).toBe(`Plant / "DB_Press"."State" ${line}\n`)
    expect((await browse('--search', 'nowhere')).code).toBe(1)
    const { out, code } = await callMillrace(
      ['find', server.url, '3', '--security', 'None', '--after', '0s'],
      { cwd },
    )
    expect({ code, line: out.includes(`node: 'nsu=urn:millrace:test;s="DB_Press"."State"'}`) }).toEqual({
      code: 0,
      line: true,
    })
  })
})

function mapText(port: number): string {
  return `machine: PRESS-07
device: {driver: modbus-tcp, host: 127.0.0.1, port: ${port}, poll: 200ms}
signals:
  state: {at: 40101, type: u16, names: {1: auto_run, 3: fault}}
  volts: {at: 40102, type: u16, scale: 0.1}
status:
  - {when: {state: fault}, is: down, reason: jam, category: equipment, for: 1s}
  - {when: {state: auto_run}, is: running}
  - {else: true, is: idle}
`
}
