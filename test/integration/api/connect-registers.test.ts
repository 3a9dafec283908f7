/** Connecting a machine by Modbus over the API: from an address to rules that the machine was shown to follow. */

import { once } from 'node:events'
import { createServer } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import type { PictureOnWire } from '../../../src/api/connect/map-shapes.ts'
import type { TeachLive } from '../../../src/api/connect/teach-shapes.ts'
import { mapOfText } from '../../support/compiled.ts'
import { startConnectSite } from '../../support/connect-site.ts'
import {
  type DeviceHabits,
  type DeviceRegisters,
  startRegisterDevice,
} from '../../support/register-device.ts'

async function device(registers: DeviceRegisters, habits: DeviceHabits = {}) {
  const started = await startRegisterDevice(registers, habits)
  onTestFinished(() => started.stop())
  return { started, keys: { driver: 'modbus-tcp', host: '127.0.0.1', port: started.port, timeout: '300ms' } }
}

const PRESS: DeviceRegisters = { holding: { '0-20': 0, 100: 1, 101: 0, 110: 12, 111: 0 }, discrete: { 0: 1 } }

test('a device that answers is found good, step by step', async () => {
  const site = await startConnectSite()
  const { keys } = await device(PRESS)
  const { body } = await site.call('POST', '/connect/probe', { device: keys })
  expect(body).toMatchObject({ verdict: 'good', units: [1], read_for: [] })
  expect(
    body.steps.map(({ step, verdict }: { step: string; verdict: string }) => `${step} ${verdict}`),
  ).toEqual(['name good', 'network good', 'port good', 'unit good'])
})

test('a unit id that nobody has is explained, with the one that answers', async () => {
  const site = await startConnectSite()
  const { keys } = await device(PRESS, { unit: 3 })
  const { body } = await site.call('POST', '/connect/probe', { device: { ...keys, unit: 7 } })
  expect(body).toMatchObject({ verdict: 'bad', units: [3] })
  expect(body.steps.at(-1)).toMatchObject({ step: 'unit', hint: expect.stringContaining('unit 3 answers') })
})

test('a converter behind which nobody answers is told from a device', async () => {
  const site = await startConnectSite()
  const { keys } = await device(PRESS, { exception: 11 })
  const { body } = await site.call('POST', '/connect/probe', { device: keys, try_units: false })
  expect(body.steps.at(-1)).toMatchObject({ verdict: 'bad', hint: expect.stringContaining('baud rate') })
})

test('a port that is refused, and a name that nobody knows, say what to look at', async () => {
  const site = await startConnectSite()
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { readonly port: number }
  server.close()
  const refused = await site.call('POST', '/connect/probe', {
    device: { driver: 'modbus-tcp', host: '127.0.0.1', port },
  })
  expect(refused.body.steps.at(-1)).toMatchObject({
    step: 'port',
    verdict: 'bad',
    said: `port ${port} is refused`,
  })
  expect(refused.body.steps.at(-1).hint).toContain('The usual port is 502')
  const unknown = await site.call('POST', '/connect/probe', {
    device: { driver: 'modbus-tcp', host: 'no-such-plc.invalid' },
  })
  expect(unknown.body).toMatchObject({ verdict: 'bad', said: 'no-such-plc.invalid: nobody knows this name' })
})

test('a device that the gateway reads already is not connected to a second time', async () => {
  const { started, keys } = await device(PRESS, { clientsMax: 1 })
  const map = mapOfText(
    `machine: PRESS-07\ndevice: {driver: modbus-tcp, host: 127.0.0.1, port: ${keys.port}, poll: 250ms}\nsignals: {state: {at: 40101, type: u16}}\nstatus: [{when: {state: 1}, is: running}, {else: true, is: idle}]`,
  )
  const site = await startConnectSite({ maps: () => [map] })
  const live = await site.call('POST', '/connect/live', {
    text: `machine: PRESS-08\ndevice: {driver: modbus-tcp, host: 127.0.0.1, port: ${keys.port}, poll: 250ms}\nsignals: {state: {at: 40101, type: u16}}\nstatus: [{when: {state: 1}, is: running}, {else: true, is: idle}]`,
  })
  expect(live.body.remarks[0]).toContain('PRESS-07')
  await site.watch<PictureOnWire>(
    `/connect/live/${live.body.live}/pictures`,
    ({ devices }) => devices[0]?.state === 'connected',
  )
  const { body } = await site.call('POST', '/connect/probe', { device: keys })
  expect(body).toMatchObject({ verdict: 'good', read_for: ['PRESS-07'] })
  expect(started.openConnections).toBe(1)
})

test('addresses are echoed in every form, without asking the device', async () => {
  const site = await startConnectSite()
  const { started, keys } = await device(PRESS)
  const texts = ['40101', 'HR101', '0x0064', '40103:12', 'nonsense']
  const { body } = await site.call('POST', '/connect/addresses', {
    device: keys,
    addresses: texts.map((text) => ({ text })),
  })
  const forms = body.addresses.map(({ forms }: { forms: string | null }) => forms)
  expect(forms.slice(0, 3)).toEqual(Array(3).fill('40101 = wire 100 (0x0064), function 3'))
  expect(forms[3]).toContain('bit 12')
  expect(body.addresses[4]).toMatchObject({
    forms: null,
    fault: expect.stringContaining('not a Modbus address'),
  })
  expect(started.requests).toEqual([])
})

test('a register is read in every way in which it may be meant, and a wrong address is explained', async () => {
  const site = await startConnectSite()
  const { keys } = await device({ holding: { 100: 0x4366, 101: 0x8000, 102: 0, 103: 0 } })
  const { body } = await site.call('POST', '/connect/read', { device: keys, addresses: ['40101', '41001'] })
  const [value, missing] = body.values
  expect(value.address).toBe('40101 = wire 100 (0x0064), function 3')
  expect(value.decodings).toContainEqual(
    expect.objectContaining({
      type: 'f32',
      word_order: 'ABCD',
      value: '230.5',
      is_plausible: true,
      keys: { at: '40101', type: 'f32' },
    }),
  )
  expect(missing).toMatchObject({ quality: 'bad', why: expect.stringContaining('exception 2') })
})

test('what the display shows is found, and narrowed by a second look', async () => {
  const site = await startConnectSite()
  const { started, keys } = await device({
    holding: { '0-19': 0, 20: 2305, '21-39': 0, 40: 2305, '41-60': 0 },
  })
  const first = await site.call('POST', '/connect/find', {
    device: keys,
    shows: '230.5',
    from: '40001',
    to: '40061',
  })
  expect(
    first.body.places.map(({ signal }: { signal: { keys: { at: string } } }) => signal.keys.at).toSorted(),
  ).toEqual(['40021', '40041'])
  started.held.set('holding:20', 2411)
  const then = await site.call('POST', `/connect/find/${first.body.search}/again`, { shows: '241.1' })
  expect(then.body.places).toMatchObject([
    { confirmation: 'agrees', signal: { keys: { at: '40021', type: 'u16', scale: 0.1 } } },
  ])
})

test('a machine is shown running, standing and in emergency stop, and gets the rules of it', {
  timeout: 120_000,
}, async () => {
  const site = await startConnectSite()
  const { started, keys } = await device({ holding: { '0-15': 0 }, discrete: { '0-7': 0 } })
  const beat = setInterval(
    () => started.held.set('holding:3', ((started.held.get('holding:3') ?? 0) + 1) % 65_536),
    400,
  )
  onTestFinished(() => clearInterval(beat))
  const begun = await site.call('POST', '/connect/teach', {
    device: keys,
    scan: ['40001-40020', '10001-10008'],
  })
  expect(begun.body).toMatchObject({ signals: 24, left_out: 4, every_ms: 250 })
  const { teach } = begun.body
  const show = async (kind: string, state: number) => {
    started.held.set('holding:5', state)
    await site.call('POST', `/connect/teach/${teach}/phases`, { kind, seconds: 4 })
    await site.watch<TeachLive>(`/connect/teach/${teach}/live`, ({ phases }) =>
      phases.every(({ left_s }) => left_s === null),
    )
  }
  await site.watch<TeachLive>(`/connect/teach/${teach}/live`, ({ link }) => link.state === 'connected')
  await show('run', 2)
  await show('stop', 1)
  await show('emergency_stop', 7)
  await show('run', 2)
  await show('stop', 1)
  const { body: proposal } = await site.call('POST', `/connect/teach/${teach}/proposal`, {})
  expect(proposal.signals).toEqual([
    {
      name: 'state',
      about: 'found by teach-in',
      keys: { at: '40006', type: 'u16', names: { 1: 'stopped', 2: 'running', 7: 'emergency_stop' } },
    },
  ])
  expect(proposal.status.map(({ when, is }: { when?: object; is: string }) => [when, is])).toEqual([
    [{ state: 'emergency_stop' }, 'down'],
    [{ state: 'running' }, 'running'],
    [undefined, 'idle'],
  ])
  expect(proposal.remarks).toContainEqual(expect.objectContaining({ what: 'heartbeat', signal: 'r40004' }))
  const made = await site.call('POST', '/connect/map', {
    machine: 'PRESS-07',
    device: { driver: 'modbus-tcp', host: '10.20.3.17' },
    signals: proposal.signals,
    status: proposal.status,
    others: proposal.others,
  })
  expect(made.body).toMatchObject({ file: 'press-07.yaml', faults: [] })
  expect(made.body.text).toContain('  - { when: { state: running }, is: running } # run\n')
  expect(await site.call('DELETE', `/connect/teach/${teach}`)).toMatchObject({ body: { ended: true } })
  expect(await site.call('POST', `/connect/teach/${teach}/phases`, { kind: 'run' })).toMatchObject({
    status: 404,
  })
})

test('a device of a profile is taught in by the signals that the profile has', {
  timeout: 120_000,
}, async () => {
  const site = await startConnectSite()
  const { started, keys } = await device({ holding: { '0-9000': 0, 3201: 0x0250 } })
  const { driver: _, ...place } = keys
  const profile = { profile: 'schneider-atv320', ...place }
  const { body } = await site.call('POST', '/connect/teach', { device: profile })
  const live = `/connect/teach/${body.teach}/live`
  await site.watch<TeachLive>(live, ({ link }) => link.state === 'connected')
  for (const kind of ['run', 'stop', 'run', 'stop']) {
    started.held.set('holding:3201', kind === 'run' ? 0x0237 : 0x0250)
    await site.call('POST', `/connect/teach/${body.teach}/phases`, { kind, seconds: 4 })
    await site.watch<TeachLive>(live, ({ phases }) => phases.every(({ left_s }) => left_s === null))
  }
  const { body: proposal } = await site.call('POST', `/connect/teach/${body.teach}/proposal`, {})
  expect(
    proposal.status.map(({ is }: { is: string }) => is),
    proposal.said,
  ).toEqual(['running', 'idle'])
  const made = await site.call('POST', '/connect/map', {
    ...{ machine: 'CONVEYOR-03', device: { profile: 'schneider-atv320', host: '10.20.3.71' } },
    ...{ signals: proposal.signals, status: proposal.status, others: proposal.others },
  })
  expect(made.body.faults).toEqual([])
})

test('the bits of a measured value are never taken for contacts', { timeout: 120_000 }, async () => {
  const site = await startConnectSite()
  const { started, keys } = await device({ holding: { '0-15': 0 } })
  const bytes = Buffer.alloc(4)
  let amperes = 2
  const load = setInterval(() => {
    bytes.writeFloatBE(amperes + Math.random())
    started.held.set('holding:10', bytes.readUInt16BE(0))
    started.held.set('holding:11', bytes.readUInt16BE(2))
  }, 150)
  onTestFinished(() => clearInterval(load))
  const { body } = await site.call('POST', '/connect/teach', { device: keys, scan: ['40001-40016'] })
  const live = `/connect/teach/${body.teach}/live`
  await site.watch<TeachLive>(live, ({ link }) => link.state === 'connected')
  for (const kind of ['run', 'stop', 'run', 'stop']) {
    amperes = kind === 'run' ? 9 : 2
    await site.call('POST', `/connect/teach/${body.teach}/phases`, { kind, seconds: 6 })
    await site.watch<TeachLive>(live, ({ phases }) => phases.every(({ left_s }) => left_s === null))
  }
  const first = await site.call('POST', `/connect/teach/${body.teach}/proposal`, {})
  const [level] = first.body.signals
  expect(level).toMatchObject({ name: 'level', keys: { at: '40011', type: 'f32' } })
  expect(level.keys.running_above).toBeGreaterThan(level.keys.stopped_below)
  const second = await site.call('POST', `/connect/teach/${body.teach}/proposal`, { without: ['level'] })
  expect(second.body).toMatchObject({ status: [], confidence: 0 })
})

test('a map is played live before it is saved, and its faults are said', async () => {
  const site = await startConnectSite()
  const { started, keys } = await device(PRESS)
  const text = `machine: PRESS-07\ndevice: {driver: modbus-tcp, host: 127.0.0.1, port: ${keys.port}, poll: 250ms}\nsignals: {state: {at: 40101, type: u16, names: {1: run, 2: stop}}}\nstatus: [{when: {state: run}, is: running}, {else: true, is: idle}]\n`
  const { body } = await site.call('POST', '/connect/live', { text })
  const pictures = `/connect/live/${body.live}/pictures`
  const running = await site.watch<PictureOnWire>(pictures, ({ status }) => status?.is === 'running')
  expect(running.signals[0]).toMatchObject({
    raw: '1',
    value: 'run',
    address: '40101 = wire 100 (0x0064), function 3',
  })
  expect(running.rules).toEqual([
    { text: 'state: run -> running, for 2 s, release 2 s', is_matching: true },
    { text: 'else -> idle, for 2 s, release 2 s', is_matching: false },
  ])
  started.held.set('holding:100', 2)
  await site.watch<PictureOnWire>(pictures, ({ status }) => status?.is === 'idle')
  const faulty = await site.call('POST', '/connect/live', { text: text.replace('type: u16', 'type: u17') })
  expect(faulty.body).toMatchObject({ live: null, faults: [{ line: 3, message: expect.any(String) }] })
})

test('no file of the computer is given to a device as its password', async () => {
  const site = await startConnectSite()
  const keys = {
    driver: 'opcua',
    url: 'opc.tcp://127.0.0.1:4840',
    security: 'None',
    user: 'me',
    password_file: '/etc/hostname',
  }
  expect(await site.call('POST', '/connect/probe', { device: keys })).toMatchObject({
    status: 422,
    body: { code: 'connect-file' },
  })
  for (const own of ['../secrets/central', '../gateway.yaml', '../data/console/users.json', '../.env'])
    expect(
      await site.call('POST', '/connect/probe', { device: { ...keys, password_file: own } }),
    ).toMatchObject({ status: 422, body: { code: 'connect-file' } })
  const text = `machine: A\ndevice: {driver: opcua, url: "opc.tcp://127.0.0.1:4840", user: me, password_file: ../../etc/hostname}\nsignals: {s: {node: "ns=1;s=a"}}\nstatus: [{else: true, is: idle}]\n`
  const { body } = await site.call('POST', '/connect/live', { text })
  expect(body).toMatchObject({
    live: null,
    faults: [{ message: expect.stringContaining('belongs to no device') }],
  })
})

test.each([
  ['mqtt', { url: 'mqtt://me:pass@word/1@127.0.0.1:1' }],
  ['opcua', { url: 'opc.tcp://me:pass/word@127.0.0.1:1/?secret=word', security: 'None' }],
  ['modbus-tcp', { host: 'me:pass@word@127.0.0.1', port: 1 }],
] as const)(
  'a password that was typed into the address of %s is not in the audit trail',
  async (driver, keys) => {
    const site = await startConnectSite()
    await site.call('POST', '/connect/probe', { device: { driver, ...keys } })
    const entries = async () =>
      (await site.call('GET', '/audit-trail')).body.entries.filter(
        ({ event }: { event: string }) => event === 'console-call',
      )
    await expect.poll(entries, { timeout: 60_000, interval: 50 }).toHaveLength(1)
    const [{ what }] = await entries()
    expect(what).toContain('127.0.0.1')
    expect(what).not.toMatch(/me:|pass|word/)
  },
)

test.each([
  ['lines', '\n'.repeat(900_000)],
  ['columns', `Tag Name;Address\n${';'.repeat(900_000)}`],
])('a sheet of hundreds of thousands of %s is refused before it is read', async (_, text) => {
  const site = await startConnectSite()
  expect(await site.call('POST', '/connect/sheet', { text })).toMatchObject({
    status: 422,
    body: { code: 'connect-sheet', what: expect.stringContaining('too large') },
  })
})

test('a sheet is shown before anything is made of it', async () => {
  const site = await startConnectSite()
  const text =
    'Tag Name,Address,Data Type,Respect Data Type,Client Access,Scan Rate\nState,40101,Word,1,R/O,100\nDoor,40103.12,Boolean,1,R/O,100\n'
  const { body } = await site.call('POST', '/connect/sheet', {
    base64: Buffer.from(text, 'utf16le').toString('base64'),
  })
  const plain = await site.call('POST', '/connect/sheet', { text })
  expect(plain.body.signals.map(({ name }: { name: string }) => name)).toEqual(['State', 'Door'])
  expect(body).toBeDefined()
  expect((await site.call('POST', '/connect/sheet', { text: 'nothing' })).status).toBe(422)
})

test('the profiles and the plant’s machines are listed', async () => {
  const machines = [{ code: 'PRESS-07', name: 'Press 7', isActive: true }]
  const site = await startConnectSite({
    masterData: { machinesOfPlant: () => ({ readAtMs: Date.now() - 90_000, machines }) },
  })
  const profiles = await site.call('GET', '/connect/profiles')
  expect(profiles.body.profiles.map(({ name }: { name: string }) => name)).toContain('eastron-sdm630')
  const { body } = await site.call('GET', '/connect/machines')
  expect(body).toMatchObject({
    plant: 'SAV-1',
    machines: [{ code: 'PRESS-07', name: 'Press 7', map_file: null }],
  })
  expect(body.age_s).toBeGreaterThanOrEqual(90)
})
