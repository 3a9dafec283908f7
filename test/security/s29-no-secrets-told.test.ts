import { randomBytes } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { createLog } from '../../src/runtime/log.ts'
import { Secret } from '../../src/runtime/secret.ts'
import { message, PosingServer } from '../support/posing-server.ts'
import { SocketDevice } from '../support/socket-device.ts'
import { startGatewaySite } from './parts/gateway-site.ts'
import { type MakeSite, securityCheck } from './security-check.ts'

/** What was told to whoever asked or reads along, by where it was told; and texts of which nothing may be in it. */
interface Told {
  readonly texts: Readonly<Record<string, string>>
  readonly canaries: readonly string[]
}

const CENTRAL = canary('central')
const OPC_UA = canary('opcua')
const IN_URL = canary('url')
const BROKER = canary('broker')
const CANARIES = [CENTRAL, OPC_UA, IN_URL, BROKER]

/** No other text of this computer has it. */
function canary(name: string): string {
  return `canary-${name}-${randomBytes(9).toString('hex')}`
}

/** Asks for the password in the clear, and closes the door on whoever gives it. */
const asksInClear = () => PosingServer.start(message('R', 3), message('E', 'SFATAL', 'C28P01', 'Mno', ''))

/** Takes a connection and resets it. */
class ResettingDevice extends SocketDevice {
  static async start(): Promise<ResettingDevice> {
    const device = new ResettingDevice()
    await device.listen(0)
    return device
  }

  protected override take(received: Buffer, socket: import('node:net').Socket): Buffer {
    socket.resetAndDestroy()
    return received
  }
}

const PATHS = ['/status', '/health', '/metrics', '/api/v1/openapi.json', '/api/v1/maps', '/api/v1/troubles']

/** A gateway whose every partner misbehaves, and whose maps are wrong in places where secrets stand. */
const suffering: MakeSite<Told> = async (stack) => {
  const central = await asksInClear()
  stack.defer(() => central.stop())
  const plc = await ResettingDevice.start()
  stack.defer(() => plc.stop())
  const site = await startGatewaySite(stack, {
    central: `{url: "postgres://millrace@127.0.0.1:${central.port}/mes", tls: off, password_file: secrets/central}`,
    logLevel: 'debug',
    prepare: (folder) => writeMaps(folder, plc.port),
  })
  await wait(6_000)
  const answers = await Promise.all(PATHS.map((path) => ask(site.port, path)))
  const told = Object.fromEntries(PATHS.map((path, n) => [path, answers[n] ?? '']))
  const proc = (file: string) => readFileSync(`/proc/${site.pid}/${file}`, 'latin1')
  const process = { 'its arguments': proc('cmdline'), 'its environment': proc('environ') }
  const files = filesIn(site.dataFolder)
  await site.stop()
  return { texts: { ...told, ...process, ...files, 'the log': site.log() }, canaries: CANARIES }
}

function writeMaps(folder: string, port: number): void {
  mkdirSync(join(folder, 'secrets'), { mode: 0o700 })
  for (const [name, text] of Object.entries({ central: CENTRAL, opcua: OPC_UA, broker: BROKER }))
    writeFileSync(join(folder, 'secrets', name), `${text}\n`, { mode: 0o600 })
  const files = {
    'opcua.yaml': `machine: OPC-1
device: {driver: opcua, url: "opc.tcp://127.0.0.1:${port}", user: operator, password_file: ${folder}/secrets/opcua}
signals: {state: {node: "ns=2;s=state"}}
status: [{else: true, is: idle}]
`,
    'in-url.yaml': `machine: OPC-2
device: {driver: opcua, url: "opc.tcp://operator:${IN_URL}@127.0.0.1:${port}"}
signals: {state: {node: "ns=2;s=state"}}
status: [{else: true, is: idle}]
`,
    'broker.yaml': `machine: MQTT-1
device: {driver: mqtt, url: "mqtt://127.0.0.1:${port}", user: gateway, password_file: ${folder}/secrets/broker}
signals: {state: {topic: plant/state}}
status: [{else: true, is: idle}]
`,
  }
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, 'devices', name), text)
}

async function ask(port: number, path: string): Promise<string> {
  return (await fetch(`http://127.0.0.1:${port}${path}`, { signal: AbortSignal.timeout(20_000) })).text()
}

/** What it keeps, but for the copies of maps: those are the texts of whoever wrote them. */
function filesIn(folder: string): Readonly<Record<string, string>> {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  return Object.fromEntries(
    names
      .filter((name) => !name.startsWith('map') && statSync(join(folder, name)).isFile())
      .map((name) => [name, readFileSync(join(folder, name), 'latin1')]),
  )
}

const careless: MakeSite<Told> = () => {
  let text = ''
  const write = (line: string) => {
    text += line
  }
  const log = createLog('info', { write })
  log.info({ event: 'central-lost', settings: { user: 'millrace', login: CENTRAL } }, 'no connection')
  return { texts: { 'the log': text }, canaries: CANARIES }
}

securityCheck<Told>({
  id: 'S29',
  title:
    'whatever goes wrong, no secret is in a log, an answer, a file of state, an argument or the environment',
  judge: ({ texts, canaries }) =>
    Object.entries(texts).flatMap(([where, text]) =>
      canaries
        .filter((secret) => text.includes(secret))
        .map((secret) => `${where} has ${secret.split('-')[1]}`),
    ),
  shipped: {
    'a gateway whose partners all misbehave': suffering,
    'a log of settings with a secret in its own type': () => {
      let text = ''
      const write = (line: string) => {
        text += line
      }
      createLog('info', { write }).info(
        { event: 'central-lost', login: new Secret(CENTRAL) },
        `${new Secret(CENTRAL)}`,
      )
      return { texts: { 'the log': text }, canaries: CANARIES }
    },
  },
  weakened: {
    'a log of settings as they are': careless,
    'a password in the arguments': () => ({
      texts: { 'its arguments': `millrace run --password ${CENTRAL}` },
      canaries: CANARIES,
    }),
  },
  timeoutMs: 120_000,
})
