/** The gateway as its pair sees it: the machines that it reads, and the two ways in which it may do so. */
import type { LatestRows } from '../domain/latest-rows.ts'
import type { PairStanding } from './standing.ts'

/** How well the gateway could take over. */
export interface TakeoverCondition {
  /** Why it cannot: it is starting, or central would take none of its rows. Null where it can. */
  readonly unable: string | null
  /** What it does not see of its machines; null where it sees all. */
  readonly blind: string | null
}

/** The machines of the gateway. */
export interface PairedLine {
  /** Their codes. */
  readonly machines: readonly string[]
  readonly mapsHash: string
  condition(): TakeoverCondition
  /** Their events are stored from now on, behind what central has of each. Resolves once that is on disk, with the standing. */
  takeOver(latest: ReadonlyMap<string, LatestRows>, aliveMs: number, standing: PairStanding): Promise<void>
  /** Nothing of them is stored from now on. Resolves once that is on disk. */
  standBy(): Promise<void>
}
