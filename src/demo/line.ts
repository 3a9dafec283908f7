/**
 * The whole line on one machine: central's PostgreSQL, the simulated machines and the gateway, each as a process of its
 * own, with a truth that the simulators write down.
 *
 * The demo plays one day of it; the fault tests also break parts of it. Disposing it always ends every process that it
 * started and removes every file.
 */
import { readFile, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { readCentral } from './central-rows.ts'
import { DATABASE, prepareCentral } from './central-server.ts'
import {
  type Checkout,
  type DatabaseLogin,
  openCheckout,
  type PostgresServer,
  type Simulators,
} from './checkout.ts'
import { installExamples } from './example-routes.ts'
import { postGuard } from './guard.ts'
import { followFeed, type LiveFeed, writeFeedRoute } from './live-feed.ts'
import type { Program } from './program.ts'
import { type CentralRows, isStop, parseTruth, type TrueTransition, type Truth } from './reconcile/facts.ts'
import { reconcile } from './reconcile/reconcile.ts'
import type { Report } from './reconcile/report.ts'
import type { Sight } from './reconcile/sight.ts'
import { settle } from './settle.ts'
import { readSights, type Views } from './sights.ts'
import { type DemoSite, ORGANIZATION, writeSite } from './site.ts'
import { type WatchedGateway, watchedGateway } from './watched-gateway.ts'

/** How many steps it takes to start a line. */
export const LINE_STEPS = 3

/** What the line is made of. */
export interface LineOptions {
  readonly program: Program
  /** Chooses the day: the same seed gives the same day. */
  readonly seed?: number
  /** Also feeds a broker, so that what happens can be followed live. */
  readonly hasFeed?: boolean
  /** Also fills the tables of the example routes. */
  readonly hasRoutes?: boolean
  /** Leaves the folder behind, for people to look at. */
  readonly keep?: boolean
  /** Puts something between the gateway and central, such as a proxy. @returns the address that the gateway uses */
  readonly centralVia?: (server: Address) => Promise<Address>
  /** Called before each of the {@link LINE_STEPS} with what is started, for people. */
  readonly onStep?: (what: string) => void
  readonly signal?: AbortSignal
}

interface Address {
  readonly host: string
  readonly port: number
}

/** A running line. The gateway is started by the caller. */
export interface Line extends AsyncDisposable {
  readonly folder: string
  readonly site: DemoSite
  readonly machines: readonly string[]
  readonly central: PostgresServer
  readonly simulators: Simulators
  readonly gateway: WatchedGateway
  /** A login that may see all rows. */
  readonly auditor: DatabaseLogin
  /** Where people may look into the database with a program of theirs. */
  readonly viewerUrl: string
  /** What comes over the live feed, where there is one. */
  readonly feed: LiveFeed | undefined
  truth(): Promise<Truth>
  rows(): Promise<CentralRows>
  /**
   * Waits until the gateway shows the true status of each machine and central has all of its events. Call it on a day that is
   * on hold. @returns whether that happened in time
   */
  untilDrained(withinMs: number, signal?: AbortSignal): Promise<boolean>
  /** Compares central with the ground truth. Call it when the gateway has been stopped. */
  reconcile(): Promise<Report>
}

/** Starts everything but the gateway and the day. */
export async function startLine(options: LineOptions): Promise<Line> {
  const stack = new AsyncDisposableStack()
  try {
    return await buildLine(options, stack)
  } catch (error) {
    await stack.disposeAsync()
    throw error
  }
}

async function buildLine(options: LineOptions, stack: AsyncDisposableStack): Promise<Line> {
  const { program } = options
  const step = (what: string) => {
    options.signal?.throwIfAborted()
    options.onStep?.(what)
  }
  const checkout = await openCheckout()
  checkout.sweepTemporaryFolders()
  const folder = checkout.makeTemporaryFolder(options.keep ? 'kept' : 'line')
  const guard = stack.use(postGuard(options.keep ? undefined : folder))
  if (!options.keep) stack.defer(() => rm(folder, { recursive: true, force: true }))

  step('PostgreSQL')
  const central = stack.use(await checkout.startPostgres({ folder: join(folder, 'postgres') }))
  step('the simulated machines')
  const truthFile = join(folder, 'truth.ndjson')
  const simulators = stack.use(await startMachines(checkout, truthFile, options))
  const machines = simulators.machines.map(({ machine }) => machine)
  step('the tables of the MES, and a role for the gateway')
  const {
    gateway: login,
    auditor,
    viewerUrl,
  } = await prepareCentral(central, { checkout, program, machines })
  const { host, port } = await (options.centralVia?.(central) ?? central)
  const site = await writeSite({
    folder,
    central: { ...login, host, port },
    deviceMapsFolder: checkout.deviceMapsFolder,
    profilesFolder: checkout.profilesFolder,
    machines: simulators.machines,
    scanners: simulators.scanners,
  })
  if (options.hasRoutes) await installRoutes(site, central, { checkout, program })
  const feed = options.hasFeed ? stack.use(await startFeed(folder, checkout, options)) : undefined
  const logFile = join(folder, 'gateway.log')
  const scanners = simulators.scanners.map(({ scanner }) => scanner)
  const gateway = stack.use(watchedGateway({ program, site, logFile, machines, scanners, guard }))

  const parts = { folder, site, machines, central, simulators, gateway, auditor, viewerUrl, feed, truthFile }
  return { ...parts, ...observations(parts), [Symbol.asyncDispose]: () => stack.disposeAsync() }
}

/** The tables are in the database of the MES, beside its own. */
async function installRoutes(
  { configFile }: DemoSite,
  central: PostgresServer,
  { checkout, program }: { readonly checkout: Checkout; readonly program: Program },
): Promise<void> {
  await installExamples({
    program,
    examplesFolder: checkout.exampleRoutesFolder,
    configFile,
    routesFolder: join(dirname(configFile), 'routes'),
    owner: central.superuser(DATABASE),
  })
}

/** A broker, the gateway's route to it, and a reader who is there before the gateway. */
async function startFeed(folder: string, checkout: Checkout, { signal }: LineOptions): Promise<LiveFeed> {
  const broker = await checkout.startLocalBroker()
  await writeFeedRoute(folder, broker)
  return followFeed(broker, signal ?? new AbortController().signal)
}

function startMachines(
  { startSimulators, scenarioFile }: Checkout,
  truthFile: string,
  { seed, signal }: Pick<LineOptions, 'seed' | 'signal'>,
): Promise<Simulators> {
  return startSimulators({
    scenario: scenarioFile,
    truthFile,
    ...(seed === undefined ? {} : { seed }),
    ...(signal === undefined ? {} : { signal }),
  })
}

function observations(
  line: Pick<Line, 'site' | 'gateway' | 'auditor' | 'machines'> & { readonly truthFile: string },
): Pick<Line, 'truth' | 'rows' | 'untilDrained' | 'reconcile'> {
  const views: Views = readSights(line.site.devicesFolder)
  const truth = async () => parseTruth(await readFile(line.truthFile, 'utf8'))
  const rows = () => readCentral(line.auditor, ORGANIZATION)
  return {
    truth,
    rows,
    untilDrained: async (withinMs, signal) => {
      const happened = await truth()
      const last = new Map(happened.transitions.map((one) => [one.machine, one]))
      const decidedAtMs = stopsDecidedAtMs([...last.values()], views(happened, line.gateway.dark))
      const settled = () => {
        const { look } = line.gateway
        if (look === undefined || look.atMs < decidedAtMs || look.report.outbox.pending > 0) return false
        return look.report.machines.every(({ machine, status }) => status === last.get(machine)?.status)
      }
      return await settle(settled, { withinMs, ...(signal === undefined ? {} : { signal }) })
    },
    reconcile: async () => {
      const [happened, held] = await Promise.all([truth(), rows()])
      return reconcile(happened, held, views(happened, line.gateway.dark))
    },
  }
}

/** When every stop that goes on is so much longer than `micro_stop_below` that a late poll cannot make a difference. */
function stopsDecidedAtMs(last: readonly TrueTransition[], sights: Readonly<Record<string, Sight>>): number {
  const decidedAt = last
    .filter(({ status }) => isStop(status))
    .map(({ machine, atMs }) => {
      const sight = sights[machine]
      return sight ? atMs + sight.microStopBelowMs + 2 * sight.lateMs : 0
    })
  return Math.max(0, ...decidedAt)
}
