/** The data folder of a real gateway is moved away while it runs: nothing makes another one in its place, and all goes on once it is back. */
import { existsSync, mkdirSync, readdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { answerRegisters, ModbusDevice } from '../support/modbus-device.ts'
import { type RunningGateway, runToStop, type StopSite, stopSite } from '../support/stop-site.ts'

const RUNNING = 1
const PATIENCE_MS = 480_000
/** Behind the pauses after which files are opened and noted again. */
const AWAY_MS = 65_000

/** What the gateway makes once the folder is back. */
const MADE = [
  'history.db',
  'recording.db',
  'routes/feed-2.db',
  'maps/M-3.json',
  'opcua/pki/own/certs/millrace.pem',
]

function siteWith(port: number): StopSite {
  // Without OPC UA: the folder is not to be moved away in the middle of making the gateway's first certificate.
  const site = stopSite({ 'm-1': modbusMap('M-1', port) })
  mkdirSync(join(site.folder, 'routes'))
  return site
}

function modbusMap(machine: string, port: number): string {
  return mapOf(
    machine,
    `driver: modbus-tcp, host: 127.0.0.1, port: ${port}, poll: 100ms`,
    'at: 40101, type: u16',
  )
}

/** Nobody answers it. */
function opcUaMap(machine: string): string {
  return mapOf(machine, 'driver: opcua, url: "opc.tcp://127.0.0.1:1"', 'node: "ns=2;s=State"')
}

function mapOf(machine: string, device: string, state: string): string {
  return `machine: ${machine}
device: {${device}}
signals: {state: {${state}}}
status: [{when: {state: ${RUNNING}}, is: running, for: 0s}, {else: true, is: idle}]
`
}

/** Everything that makes the gateway open or write a file of its own. */
function changeAll({ folder }: StopSite, port: number, nth: number): void {
  writeFileSync(join(folder, 'devices', `m-${nth}.yaml`), modbusMap(`M-${nth}`, port))
  writeFileSync(join(folder, 'devices', `u-${nth}.yaml`), opcUaMap(`U-${nth}`))
  const route = `route: feed-${nth}\nmust: deliver\nmqtt: {url: "mqtt://127.0.0.1:1"}\n`
  writeFileSync(join(folder, 'routes', `feed-${nth}.yaml`), route)
}

/** Codes of troubles that began and are not over. */
function standing({ lines }: RunningGateway): ReadonlySet<string> {
  const codes = new Set<string>()
  for (const { event, code, machine = '', service = '' } of lines as readonly Record<string, string>[]) {
    const about = [code, machine, service].filter(Boolean).join(' ')
    if (event === 'trouble-began') codes.add(about)
    if (event === 'trouble-over') codes.delete(about)
  }
  return codes
}

function isSaid({ lines }: RunningGateway, ...words: readonly string[]): boolean {
  return lines.some((line) => words.every((word) => JSON.stringify(line).includes(word)))
}

// Fault of the catalogue: [C7]
test(
  'a data folder that is moved away while the gateway runs is not made anew, and all goes on once it is back',
  async () => {
    const device = await ModbusDevice.start(answerRegisters(() => RUNNING))
    onTestFinished(() => device[Symbol.asyncDispose]())
    const site = siteWith(device.port)
    const data = site.config.dataFolder
    const gateway = runToStop(site)
    await gateway.until(() => device.requests.length > 10)
    await gateway.until(() => existsSync(join(data, 'console/audit-trail.db')))
    renameSync(data, `${data}-away`)
    const movedAtMs = gateway.clock.now().monoMs
    changeAll(site, device.port, 2)
    await gateway.until(() => gateway.clock.now().monoMs > movedAtMs + AWAY_MS)
    changeAll(site, device.port, 3)
    await gateway.until(() => isSaid(gateway, 'link-own-files', 'U-3'))
    await gateway.until(() => isSaid(gateway, 'route-interrupted', 'feed-3', `put ${data} back`))
    await gateway.until(() => standing(gateway).has('part-restarts history'))
    const polls = device.requests.length
    await gateway.until(() => device.requests.length > polls + 10)
    expect(existsSync(data)).toBe(false)
    expect(standing(gateway)).toContain('buffer-blocked')
    renameSync(`${data}-away`, data)
    await gateway.until(() => standing(gateway).size === 0)
    await gateway.until(
      () => isSaid(gateway, 'link-refused', 'U-3') || isSaid(gateway, 'link-timeout', 'U-3'),
    )
    const missing = () => MADE.filter((name) => !existsSync(join(data, name)))
    await gateway.until(() => missing().length === 0).catch(() => expect(missing()).toEqual([]))
    await gateway.stop()
    expect(readdirSync(site.folder)).not.toContain('data-away')
  },
  PATIENCE_MS,
)
