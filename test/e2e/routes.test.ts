/** The real process with several routes: what becomes of them when a file is bad, when it is killed, and when nobody answers. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { connectAsync } from 'mqtt'
import { Client } from 'pg'
import { expect, onTestFinished, test } from 'vitest'
import type { StatusReport } from '../../src/console/report.ts'
import { settle } from '../../src/demo/settle.ts'

import { startBroker } from '../support/broker.ts'
import { testFolder } from '../support/buffer.ts'
import { startTestCentral, type TestCentral } from '../support/central.ts'
import { answerRegisters, ModbusDevice } from '../support/modbus-device.ts'
import { PROGRAM, runMillrace } from '../support/run-millrace.ts'
import { startSilentServer } from '../support/silent-server.ts'
import { leavePending, type StopSite, stopSite } from '../support/stop-site.ts'

const READY_MAX_MS = 60_000
/** Five seconds are promised; the rest is for a machine that does much else. */
const STOPPED_MAX_MS = 20_000

interface Run {
  readonly child: ChildProcess
  readonly ended: Promise<{ readonly code: number | null; readonly signal: string | null }>
  readonly said: () => string
}

function start(folder: string, env: Readonly<Record<string, string>> = {}): Run {
  const args = [...PROGRAM.nodeOptions, PROGRAM.main, 'run', '--config', join(folder, 'gateway.yaml')]
  const child = spawn(PROGRAM.node, args, {
    cwd: folder,
    env: { ...PROGRAM.env, ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  const ended = once(child, 'close').then(([code, signal]) => ({ code, signal }))
  return { child, ended, said: () => said }
}

async function until(condition: () => boolean): Promise<void> {
  expect(await settle(condition, { withinMs: READY_MAX_MS })).toBe(true)
}

function routeFile({ folder }: { readonly folder: string }, name: string, text: string): void {
  mkdirSync(join(folder, 'routes'), { recursive: true })
  writeFileSync(join(folder, 'routes', name), text)
}

const feedTo = (port: number) => `route: live-feed\nmust: deliver\nmqtt: {url: "mqtt://127.0.0.1:${port}"}\n`

test(
  'destinations of which none says a word do not hold up SIGTERM',
  async () => {
    await using central = await startSilentServer()
    await using broker = await startSilentServer()
    await using database = await startSilentServer()
    const site: StopSite = stopSite({}, central.port)
    routeFile(site, 'feed.yaml', feedTo(broker.port))
    const url = `postgres://nobody@127.0.0.1:${database.port}/site`
    routeFile(site, 'there.yaml', mappedTo('log-there', `{url: "${url}", tls: off}`))
    await leavePending(site)
    const { child, ended, said } = start(site.folder)
    await until(
      () => [central, broker, database].every(({ heard }) => heard > 0) && said().includes('"running"'),
    )
    const askedMs = performance.now()
    child.kill('SIGTERM')
    expect(await ended, said()).toEqual({ code: 0, signal: null })
    expect(performance.now() - askedMs).toBeLessThan(STOPPED_MAX_MS)
  },
  READY_MAX_MS * 2,
)

const SHOWN_MS = 300
const LIVES = 3
const LIFE_MS = 4_000
/** At least so many events each of its lives brings. */
const EVENTS_A_LIFE = 5
const OPENED_IN_CENTRAL =
  'SELECT new_status AS status, changed_at AS began_at FROM machine_status_history ORDER BY changed_at'
const LOGGED = 'SELECT status, began_at FROM site.machine_log ORDER BY began_at'

const mappedTo = (name: string, to: string, must = 'deliver') => `route: ${name}
must: ${must}
to: ${to}
rows:
  - on: status.opened
    insert: machine_log
    columns: {machine: machine, status: status, began_at: started_at}
`

/** A gateway whose machine changes its state all the time, with central, two databases of the site and a broker. */
async function lineSite(
  central: TestCentral,
  device: ModbusDevice,
  brokerUrl: string,
  mustThere: 'deliver' | 'best-effort' = 'deliver',
) {
  const { role, password } = central
  const { port } = central.server
  const table = `CREATE SCHEMA site; CREATE TABLE site.machine_log (id serial, machine text, status text, began_at timestamptz);
    GRANT USAGE ON SCHEMA site TO ${role}; GRANT SELECT, INSERT ON site.machine_log TO ${role};
    GRANT USAGE ON SEQUENCE site.machine_log_id_seq TO ${role}`
  await central.sql(table)
  await central.sql('CREATE DATABASE elsewhere TEMPLATE postgres')
  const folder = testFolder()
  const url = (database: string) => `postgres://${role}@127.0.0.1:${port}/${database}`
  mkdirSync(join(folder, 'devices'))
  writeFileSync(
    join(folder, 'gateway.yaml'),
    `gateway: edge-1
organization: SAV
plant: SAV-1
timezone: Europe/Rome
devices: devices
data: data
central: {url: "${url('postgres')}", tls: off}
console: {port: 0}
`,
  )
  writeFileSync(
    join(folder, 'devices/cnc-01.yaml'),
    `machine: CNC-01
device: {driver: modbus-tcp, host: 127.0.0.1, port: ${device.port}, poll: 50ms}
signals:
  state: {at: 40101, type: u16}
stops: {ignore_stop_below: 0s, ignore_run_below: 0s}
status:
  - {when: {state: 1}, is: running, for: 0s}
  - {else: true, is: idle, for: 0s}
`,
  )
  routeFile({ folder }, 'here.yaml', mappedTo('log-here', '{schema: site}'))
  routeFile(
    { folder },
    'there.yaml',
    mappedTo('log-there', `{url: "${url('elsewhere')}", tls: off, schema: site}`, mustThere),
  )
  routeFile({ folder }, 'feed.yaml', `route: live-feed\nmust: deliver\nmqtt: {url: "${brokerUrl}"}\n`)
  const env = { MILLRACE_CENTRAL_PASSWORD: password, MILLRACE_ROUTE_LOG_THERE_PASSWORD: password }
  const status = async () => {
    const { out } = await runMillrace(['status', '--json', '--config', 'gateway.yaml'], { cwd: folder })
    return JSON.parse(out === '' ? '{}' : out) as Partial<StatusReport>
  }
  return { folder, env, status }
}

test(
  'central, tables here and elsewhere, and a feed get every event through kills, the tables each once',
  async () => {
    let isSteady = false
    const shown = () => (isSteady ? 1 : Math.floor(Date.now() / SHOWN_MS) % 2)
    await using device = await ModbusDevice.start(answerRegisters(shown))
    await using central = await startTestCentral()
    await using broker = await startBroker()
    const site = await lineSite(central, device, broker.url)
    const heard = await hearAll(broker.url)
    routeFile(site, 'bad.yaml', 'route: spoilt\nmust: best-effort\nrows: []\n')

    for (let life = 0; life < LIVES; life += 1) {
      const { child, ended, said } = start(site.folder, site.env)
      await until(() => ['"running"', 'routes/bad.yaml:3:'].every((text) => said().includes(text)))
      await wait(LIFE_MS)
      await until(() => new Set(heard()).size > (life + 1) * EVENTS_A_LIFE)
      child.kill('SIGKILL')
      await ended
    }
    const { child, ended, said } = start(site.folder, site.env)
    await until(() => said().includes('"running"'))
    isSteady = true
    await wait(LIFE_MS)
    await untilDelivered(site)
    child.kill('SIGTERM')
    expect(await ended, said()).toEqual({ code: 0, signal: null })

    const truth = await central.sql(OPENED_IN_CENTRAL)
    expect(truth.length).toBeGreaterThan(LIVES * EVENTS_A_LIFE)
    expect(await central.sql(LOGGED)).toEqual(truth)
    expect(await elsewhere(central, LOGGED)).toEqual(truth)
    expect(new Set(heard()).size).toBe(truth.length)
  },
  READY_MAX_MS * 4,
)

test(
  'after a replaced disk one adoption takes all routes over, one at best effort too, and the tables go on, each row once',
  async () => {
    const shown = () => Math.floor(Date.now() / SHOWN_MS) % 2
    await using device = await ModbusDevice.start(answerRegisters(shown))
    await using central = await startTestCentral()
    await using broker = await startBroker()
    const site = await lineSite(central, device, broker.url, 'best-effort')
    await lifeOf(site, () => wait(LIFE_MS))
    for (const name of readdirSync(join(site.folder, 'data')).filter((one) => one.startsWith('outbox.db')))
      rmSync(join(site.folder, 'data', name))
    await lifeOf(site, async () => {
      const fenced = ['central', 'log-here', 'log-there']
      const isFound = (routes: Readonly<Record<string, string>>) =>
        fenced.every((name) => routes[name] === 'fenced') && routes['live-feed'] === 'connected'
      await untilRoutes(site, isFound)
    })
    const options = { cwd: site.folder, env: site.env }
    const adopted = await runMillrace(['buffer', 'adopt', '--yes', '--config', 'gateway.yaml'], options)
    expect(adopted, adopted.out + adopted.err).toMatchObject({ code: 0 })
    await lifeOf(site, async () => {
      await untilRoutes(site, (routes) => Object.values(routes).every((state) => state === 'connected'))
      await wait(LIFE_MS)
    })

    const truth = await central.sql(OPENED_IN_CENTRAL)
    expect(await central.sql(LOGGED)).toEqual(truth)
    expect(await elsewhere(central, LOGGED)).toEqual(truth)
    const audit = await runMillrace(['buffer', 'audit', '--config', 'gateway.yaml'], options)
    expect(audit, audit.out + audit.err).toMatchObject({ code: 0 })
    expect(audit.out).toContain('log-there stands at event')
  },
  READY_MAX_MS * 4,
)

/** One life of the gateway, ended in good order. */
async function lifeOf(site: LineSite, work: () => Promise<unknown>): Promise<void> {
  const { child, ended, said } = start(site.folder, site.env)
  await until(() => said().includes('"running"'))
  await work()
  child.kill('SIGTERM')
  expect(await ended, said()).toEqual({ code: 0, signal: null })
}

type LineSite = Awaited<ReturnType<typeof lineSite>>

async function untilRoutes(
  site: LineSite,
  isSo: (states: Readonly<Record<string, string>>) => boolean,
): Promise<void> {
  const untilMs = Date.now() + READY_MAX_MS
  for (;;) {
    const { routes = [], degraded } = await site.status()
    if (routes.length === 4 && isSo(Object.fromEntries(routes.map(({ route, state }) => [route, state]))))
      return
    if (Date.now() > untilMs) expect({ routes, degraded }).toEqual({})
    await wait(500)
  }
}

async function untilDelivered(site: LineSite): Promise<void> {
  const untilMs = Date.now() + READY_MAX_MS
  for (;;) {
    const { routes = [] } = await site.status()
    if (routes.length === 4 && routes.every(({ pending }) => pending === 0)) return
    if (Date.now() > untilMs) expect(routes).toEqual([])
    await wait(500)
  }
}

async function elsewhere({ server }: TestCentral, sql: string): Promise<readonly unknown[]> {
  const client = new Client({ ...server.superuser(), database: 'elsewhere' })
  await client.connect()
  try {
    return (await client.query(sql)).rows
  } finally {
    await client.end()
  }
}

/** The ids of the openings of statuses that a listener has heard. */
async function hearAll(url: string): Promise<() => readonly string[]> {
  const listener = await connectAsync(url, { clientId: 'listener', clean: false, reconnectPeriod: 200 })
  onTestFinished(() => listener.endAsync(true))
  const ids: string[] = []
  listener.on('message', (_, payload) => {
    const { id, kind } = JSON.parse(String(payload || '{}')) as {
      readonly id?: string
      readonly kind?: string
    }
    if (kind === 'status.opened' && id !== undefined) ids.push(id)
  })
  await listener.subscribeAsync('#', { qos: 1 })
  return () => ids
}
