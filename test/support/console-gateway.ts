/** A whole gateway with its console, a machine that it polls, and no central: for whoever attacks the console. */
import { setTimeout as wait } from 'node:timers/promises'
import { onTestFinished } from 'vitest'
import { withToken, withUser } from '../../src/console/access/edit-users.ts'
import { hashPassword } from '../../src/console/access/passwords.ts'
import { changeUsers } from '../../src/console/access/user-file.ts'
import { findPresence } from '../../src/console/presence.ts'
import { ROLES, type Role } from '../../src/console/shapes.ts'
import { createDrivers } from '../../src/drivers/index.ts'
import { runGateway } from '../../src/gateway.ts'
import { createReferences, createRoutes, ROUTE_KINDS } from '../../src/routes/index.ts'
import { systemClock } from '../../src/runtime/clock.ts'
import { createScanners } from '../../src/scanners/index.ts'
import { recordingLog } from './buffer.ts'
import { answerRegisters, ModbusDevice } from './modbus-device.ts'
import { stopSite } from './stop-site.ts'

const RUNNING = 1
const START_MAX_MS = 60_000

/** One operation, as the API itself describes it. */
export interface DescribedOperation {
  /** `GET /machines/{machine}/rows`. */
  readonly name: string
  readonly method: string
  /** With `{name}` for each parameter. */
  readonly path: string
  readonly role: Role | 'anybody'
  readonly summary: string
  readonly isStream: boolean
  readonly takesBody: boolean
}

/** Its administrator is `anna` with this password. */
export const PASSWORD = 'correct horse battery'

/** Stopped after the test. */
export async function startConsoleGateway() {
  const device = await ModbusDevice.start(answerRegisters(() => RUNNING))
  const { folder, config } = stopSite({ 'm-1': mapOf(device.port) })
  const tokens = await makeUsers(config.dataFolder)
  const { log, lines } = recordingLog()
  const stop = new AbortController()
  const running = runGateway(
    config,
    {
      ...{ clock: systemClock, random: Math.random, log, bootId: 'boot-1', version: '0', cwd: folder },
      drivers: createDrivers(),
      scanners: createScanners(),
      routes: createRoutes(config, { clock: systemClock, log }),
      routeKinds: ROUTE_KINDS,
      references: createReferences(config, { clock: systemClock, log }),
      onReload: () => () => undefined,
    },
    stop.signal,
  )
  onTestFinished(async () => {
    stop.abort()
    await running
    await device.stop()
  })
  const port = await portOf(config.dataFolder)
  return {
    port,
    tokens,
    lines,
    polls: () => device.requests.length,
    /** Everything that it serves. */
    operations: () => operationsOf(port, tokens.administer),
  }
}

function mapOf(port: number): string {
  return `machine: M-1
device: {driver: modbus-tcp, host: 127.0.0.1, port: ${port}, poll: 100ms}
signals: {state: {at: 40101, type: u16}}
status: [{when: {state: ${RUNNING}}, is: running, for: 0s}, {else: true, is: idle}]
`
}

/** A token for each role, and one administrator with a password. */
async function makeUsers(dataFolder: string): Promise<Readonly<Record<Role, string>>> {
  const nowMs = Date.now()
  const passwordHash = await hashPassword(PASSWORD)
  changeUsers(dataFolder, (list) => withUser(list, { name: 'anna', role: 'administer', passwordHash, nowMs }))
  const made: Partial<Record<Role, string>> = {}
  for (const role of ROLES) {
    changeUsers(dataFolder, (before) => {
      const { list, token } = withToken(before, { name: `script-${role}`, role, nowMs })
      made[role] = token
      return list
    })
  }
  return made as Record<Role, string>
}

async function portOf(dataFolder: string): Promise<number> {
  const untilMs = performance.now() + START_MAX_MS
  while (performance.now() < untilMs) {
    const presence = findPresence(dataFolder)
    if (typeof presence === 'object') return presence.port
    await wait(50)
  }
  throw new Error('the gateway has not said where its console listens')
}

async function operationsOf(port: number, token: string): Promise<readonly DescribedOperation[]> {
  const url = `http://127.0.0.1:${port}/api/v1/openapi.json`
  const answer = await fetch(url, { headers: { authorization: `Bearer ${token}` } })
  const { paths } = (await answer.json()) as { readonly paths: Record<string, Record<string, OperationJson>> }
  return Object.entries(paths).flatMap(([path, of]) =>
    Object.entries(of).map(([method, operation]) => ({
      name: `${method.toUpperCase()} ${path}`,
      method: method.toUpperCase(),
      path,
      role: operation['x-role'],
      summary: operation.summary,
      isStream: 'text/event-stream' in (operation.responses['200']?.content ?? {}),
      takesBody: operation.requestBody !== undefined,
    })),
  )
}

interface OperationJson {
  readonly summary: string
  readonly 'x-role': Role | 'anybody'
  readonly responses: Readonly<Record<string, { readonly content?: object }>>
  readonly requestBody?: object
}
