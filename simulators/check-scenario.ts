/** Checks of a scenario that need several keys at once, after each key has been checked by itself. */
import { type PlantState, statusOf } from './plant-state.ts'

/** As much of a machine's part of a scenario as is looked at here. */
interface MachineDay {
  readonly kind: string
  readonly faults: Readonly<Record<string, unknown>>
  readonly day: {
    readonly script?:
      | readonly { readonly state: PlantState; readonly fault?: number | undefined }[]
      | undefined
    readonly repeat: boolean
    readonly random?:
      | { readonly first: PlantState; readonly states: Readonly<Record<string, unknown>> }
      | undefined
  }
}

type Complain = (path: readonly (string | number)[], message: string) => void

/** Collects the faults of a file. The context that zod hands to its checks has this shape. */
interface Complaints {
  addIssue(issue: { code: 'custom'; path: (string | number)[]; message: string; params: object }): void
}

/** Finds fault codes without an explanation, states that this kind of machine cannot show, and days in which no time passes. */
export function checkDay(spec: MachineDay, context: Complaints): void {
  const complain = (path: readonly (string | number)[], message: string) =>
    context.addIssue({ code: 'custom', path: ['day', ...path], message, params: {} })
  checkScript(spec, complain)
  checkRandom(spec, complain)
}

interface OwnPort {
  readonly host: string
  readonly port: number
}

/** Finds machines, or scanners, that are to listen on the same port. Port 0 is another free one for each. */
export function checkPorts(listeners: Readonly<Record<string, OwnPort>>, context: Complaints): void {
  const owners = new Map<string, string>()
  for (const [code, { host, port }] of Object.entries(listeners)) {
    const owner = owners.get(`${host}:${port}`)
    if (port === 0) continue
    owners.set(`${host}:${port}`, owner ?? code)
    if (owner === undefined) continue
    const message = `${host}:${port} is the port of ${owner} already`
    context.addIssue({ code: 'custom', path: [code, 'port'], message, params: {} })
  }
}

interface BrokerKeys {
  readonly url?: string | undefined
  readonly user?: string | undefined
  readonly password_file?: string | undefined
  readonly host?: string | undefined
  readonly port?: number | undefined
}

/** Finds a broker that is another program's and the simulators' own at once. */
export function checkBroker(keys: BrokerKeys, context: Complaints): void {
  const complain = (key: string, message: string) =>
    context.addIssue({ code: 'custom', path: [key], message, params: {} })
  for (const key of ['host', 'port'] as const) {
    if (keys.url !== undefined && keys[key] !== undefined)
      complain(key, `a broker has either url, or host and port of the one that the simulators bring`)
  }
  for (const key of ['user', 'password_file'] as const) {
    if (keys.url === undefined && keys[key] !== undefined)
      complain(key, `whoever logs in does so at another program's broker: write its url`)
  }
  if (keys.password_file !== undefined && keys.user === undefined)
    complain('password_file', 'a password needs its user: write user beside password_file')
}

interface LineOfScanners {
  readonly machines: Readonly<Record<string, unknown>>
  readonly scanners: Readonly<Record<string, { readonly machine: string }>>
}

/** Finds scanners at machines that are not part of the line. */
export function checkScanners({ machines, scanners }: LineOfScanners, context: Complaints): void {
  for (const [code, { machine }] of Object.entries(scanners)) {
    if (machine in machines) continue
    const message = `there is no machine '${machine}' in this scenario`
    context.addIssue({ code: 'custom', path: ['scanners', code, 'machine'], message, params: {} })
  }
}

/** Finds a scenario in which there is nothing to read. */
export function checkAnything(
  { machines, devices }: { readonly machines: object; readonly devices: object },
  context: Complaints,
): void {
  if (Object.keys(machines).length + Object.keys(devices).length > 0) return
  const message = 'a line has at least one machine or device'
  context.addIssue({ code: 'custom', path: ['machines'], message, params: {} })
}

function checkScript(spec: MachineDay, complain: Complain): void {
  const script = spec.day.script ?? []
  if (spec.day.repeat && new Set(script.map(({ state }) => statusOf(state))).size < 2) {
    complain(['script'], 'repeated, it needs two statuses to change between')
  }
  for (const [index, { state, fault }] of script.entries()) {
    if (!canShow(spec.kind, state)) complain(['script', index, 'state'], `a press cannot show '${state}'`)
    if (fault === undefined) continue
    if (state !== 'down') complain(['script', index, 'fault'], `only 'down' has a fault`)
    if (!(fault in spec.faults)) complain(['script', index, 'fault'], `${fault} is not in the table faults:`)
  }
}

function checkRandom(spec: MachineDay, complain: Complain): void {
  const random = spec.day.random
  if (!random) return
  const states = Object.keys(random.states) as PlantState[]
  for (const state of states) {
    if (!canShow(spec.kind, state)) complain(['random', 'states', state], `a press cannot show '${state}'`)
  }
  if (!(random.first in random.states))
    complain(['random', 'first'], `'${random.first}' is not among the states`)
  if (new Set(states.map(statusOf)).size < 2)
    complain(['random', 'states'], 'needs two statuses to change between')
}

function canShow(kind: string, state: PlantState): boolean {
  return kind === 'opcua-packml' || state !== 'starved'
}
