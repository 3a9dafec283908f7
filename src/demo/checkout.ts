/**
 * What the demo takes from the checkout of the repository: PostgreSQL, the MES schema and the simulators. They are not part
 * of the installed program and import nothing of it, so they are loaded by path. Here are the types that the demo expects.
 */
import { fileURLToPath } from 'node:url'
import type { ClientBase } from 'pg'
import type { DemoBroker } from './live-feed.ts'

/** The parts of the checkout that are loaded. */
export interface Checkout {
  /** Makes a temporary folder that says in its name whose it is. */
  makeTemporaryFolder(purpose: 'line' | 'kept'): string
  /** Removes temporary folders of such processes as are gone. */
  sweepTemporaryFolders(): void
  startPostgres(options: { readonly folder: string }): Promise<PostgresServer>
  startSimulators(options: SimulatorsOptions): Promise<Simulators>
  /** A broker that speaks MQTT, on any free port of 127.0.0.1. */
  startLocalBroker(): Promise<DemoBroker>
  /** Creates the MES tables in an empty database. */
  createMesSchema(client: ClientBase): Promise<void>
  seedMasterData(client: ClientBase, data: MasterData): Promise<void>
  readonly scenarioFile: string
  /** Device maps of the scenario's machines; addresses are filled in when the line starts. */
  readonly deviceMapsFolder: string
  /** Profiles of devices. */
  readonly profilesFolder: string
  /** Routes into tables of other systems, with these tables. */
  readonly exampleRoutesFolder: string
}

interface MasterData {
  readonly organizations: readonly {
    readonly code: string
    readonly plant: string
    readonly machines: readonly string[]
    readonly badges: readonly string[]
    readonly workOrders: readonly string[]
    readonly materials: readonly string[]
    readonly shipments: readonly string[]
  }[]
}

/** How a user reaches a database. */
export interface DatabaseLogin {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password: string
  readonly database: string
}

/** A server of the demo's own. Disposing it ends its processes. */
export interface PostgresServer extends AsyncDisposable {
  readonly host: string
  readonly port: number
  superuser(database?: string): DatabaseLogin
  start(): Promise<void>
  stop(mode?: 'smart' | 'fast' | 'immediate'): Promise<void>
  /** Copies the data of the stopped server. */
  snapshot(toFolder: string): Promise<void>
  /** Puts the stopped server back to a copy. */
  restore(fromFolder: string): Promise<void>
}

interface SimulatorsOptions {
  readonly scenario: string
  readonly truthFile: string
  readonly seed?: number
  /** Aborting it ends them, also while they start. */
  readonly signal?: AbortSignal
}

/** Simulated machines in a process of their own. Disposing it ends that. */
export interface Simulators extends AsyncDisposable {
  readonly machines: readonly MachineAddress[]
  readonly scanners: readonly ScannerAddress[]
  startDay(): Promise<void>
  /** Ends the day; resolves when every machine has reached the state in which it stays. */
  hold(): Promise<void>
  counters(): Promise<Readonly<Record<string, { readonly writeRequests: number }>>>
}

/** Where a simulated machine answers. */
export type MachineAddress =
  | { readonly machine: string; readonly protocol: 'opcua'; readonly url: string }
  | {
      readonly machine: string
      readonly protocol: 'modbus-tcp'
      readonly host: string
      readonly port: number
    }

/** Where a simulated scanner answers. */
export interface ScannerAddress {
  readonly scanner: string
  readonly host: string
  readonly port: number
}

/** @throws Error where the program was installed without its checkout */
export async function openCheckout(): Promise<Checkout> {
  const parts = await Promise.all(PARTS.map((path) => import(place(path).href))).catch((cause: unknown) => {
    throw new Error(
      'The demo brings its own database and machines, which are not part of an installed millrace. ' +
        'Run it in a checkout of the repository: npm ci && npm run demo',
      { cause },
    )
  })
  return {
    ...(Object.assign({}, ...parts) as Checkout),
    scenarioFile: fileURLToPath(place('scenarios/demo.yaml')),
    deviceMapsFolder: fileURLToPath(place('scenarios/demo-devices')),
    profilesFolder: fileURLToPath(new URL('../../devices/profiles', import.meta.url)),
    exampleRoutesFolder: fileURLToPath(new URL('../../config/examples/routes', import.meta.url)),
  }
}

/** Together they export the functions of {@link Checkout}, by the same names. */
const PARTS = ['temporary-folder.ts', 'central/postgres.ts', 'central/mes.ts', 'start.ts', 'mqtt/broker.ts']

function place(path: string): URL {
  return new URL(`../../simulators/${path}`, import.meta.url)
}
