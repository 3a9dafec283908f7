/** The contract of a program that is measured beside the gateway: how it is found, configured, started, and what it delivered. */

import type { Client } from 'pg'
import type { RoleLogin } from '../central.ts'
import type { GatewayProcess } from '../gateway-process.ts'

export interface Peer {
  readonly name: string
  /** Where it is not installed: what to set, and how to get it. */
  find(): Promise<Installed | Missing>
}

export interface Missing {
  readonly missing: string
}

export interface Installed {
  /** As the program itself says it, with the versions of what it cannot do without. */
  readonly version: string
  /** In a line: what was set, and what was left as it is. */
  readonly settings: string
  /** True for bytes to the server by which rows become final there. */
  isCommit(bytes: Buffer): boolean
  /** Writes its files. */
  prepare(plant: PeerPlant): Promise<PeerSite>
}

/** What is read and where it goes. */
export interface PeerPlant {
  /** Of this program's own. */
  readonly folder: string
  /** Of the devices, on 127.0.0.1; each has its registers from address 0 on, as holding registers of unit 1. */
  readonly ports: readonly number[]
  readonly registers: number
  /** Of a role that owns the schema `peers`; host and port are those of a proxy. */
  readonly central: RoleLogin
  /** For looking at what arrived, past the proxy. */
  readonly superuser: Client
}

export interface PeerSite {
  /** Starts it, or starts it again on the same folder. */
  start(): Promise<GatewayProcess>
  /**
   * The numbers of the reads that are in central, of each device, as often as they are there.
   * @param reads when each read of each device was answered, in ms of the wall clock
   */
  arrived(reads: Reads): Promise<readonly (readonly number[])[]>
}

export type Reads = readonly (readonly number[])[]

export const POLL = '1s'

/** Groups rows of one number each by device. */
export function byDevice(
  devices: number,
  rows: readonly { readonly device: number; readonly number: number }[],
): readonly (readonly number[])[] {
  const numbers: number[][] = Array.from({ length: devices }, () => [])
  for (const { device, number } of rows) numbers[device]?.push(number)
  return numbers
}
