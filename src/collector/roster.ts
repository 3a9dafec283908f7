/** Who is being collected: started, replaced and stopped owner by owner, each independently of the others. */
import type { Health, Trouble } from '../domain/health.ts'
import type { Owner } from '../domain/owner.ts'
import type { Service } from '../runtime/service.ts'

/** Keeps the link to one device or scanner while it runs, and says how the link is. */
export interface Collector<Summary> extends Service {
  health(): Health<Summary>
}

interface RosterParts<Source, Member> {
  readonly collect: (source: Source) => Member
  /** Runs a service until it is aborted, and starts it again when it fails. */
  readonly keep: (service: Service, signal: AbortSignal) => Promise<void>
}

/** The devices of all machines, or the scanners of all stations. */
export interface Roster<Source, Member extends Collector<unknown>> {
  /** Replaces those of an owner. The former links are closed first: PLCs allow few connections, and a port only one. */
  assign(owner: Owner, sources: readonly Source[]): Promise<void>
  dismiss(owner: Owner): Promise<void>
  /** For good: whatever is assigned afterwards, by a reading of the maps that still goes on, is not started. */
  dismissAll(): Promise<void>
  of(owner: Owner): readonly Member[]
  health(): Health<readonly SummaryOf<Member>[]>
}

type SummaryOf<Member> = Member extends Collector<infer Summary> ? Summary : never

/** Those of one owner, which start and stop together. */
interface Team<Member> {
  readonly members: readonly Member[]
  readonly stop: AbortController
  readonly stopped: Promise<unknown>
}

/** Nothing is collected before it is assigned. */
export function createRoster<Source, Member extends Collector<unknown>>({
  collect,
  keep,
}: RosterParts<Source, Member>): Roster<Source, Member> {
  const teams = new Map<Owner, Team<Member>>()
  let isOver = false

  async function assign(owner: Owner, sources: readonly Source[]): Promise<void> {
    await dismiss(owner)
    if (isOver) return
    const stop = new AbortController()
    const members = sources.map(collect)
    const stopped = Promise.all(members.map((member) => keep(member, stop.signal)))
    teams.set(owner, { members, stop, stopped })
  }

  async function dismiss(owner: Owner): Promise<void> {
    const team = teams.get(owner)
    if (!team) return
    team.stop.abort()
    await team.stopped
    // Only now: what was scanned last is still answered while the port closes.
    if (teams.get(owner) === team) teams.delete(owner)
  }

  return {
    assign,
    dismiss,
    dismissAll: async () => {
      isOver = true
      await Promise.all([...teams.keys()].map(dismiss))
    },
    of: (owner) => teams.get(owner)?.members ?? [],
    health: () => {
      const healths = [...teams.values()].flatMap(({ members }) => members.map((one) => one.health()))
      return {
        summary: healths.map(({ summary }) => summary as SummaryOf<Member>),
        troubles: healths.flatMap(({ troubles }): readonly Trouble[] => troubles),
      }
    },
  }
}
