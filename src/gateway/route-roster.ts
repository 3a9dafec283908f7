/**
 * The routes out of files, as they run: each has an uploader of its own, which is started, replaced and stopped alone. A route that
 * must deliver and cannot run holds its events back all the same. One whose file was taken away ends once it has delivered what had
 * been stored until that was noticed.
 */
import type { Route } from '../domain/destination.ts'
import type { RouteHealth, UploadHealth } from '../domain/health.ts'
import type { Consumer, Outbox } from '../domain/outbox.ts'
import type { RouteContext } from '../routes/route-kind.ts'
import type { HeldRoute, RouteInForce, RouteSet } from '../routes/route-store.ts'
import { createStopBudget, type StopBudget } from '../runtime/budget.ts'
import type { Parts } from '../runtime/service.ts'
import { createUploader, type Uploader } from '../uploader/upload.ts'
import type { World } from './world.ts'

/** What a member says of itself. */
interface RouteStanding {
  readonly health: UploadHealth | RouteHealth
  readonly route: RouteInForce | HeldRoute
  /** Undefined where it cannot run. */
  readonly uploader: Uploader | undefined
  /** Whether it takes events of a kind. Of one that cannot run nobody knows that, so it may. */
  takes(kind: string): boolean
}

/** Starts and stops routes. One call at a time. */
export interface RouteRoster {
  readonly members: readonly RouteStanding[]
  /** Brings what runs in step with what the files say; a route whose file says what it said goes on untouched. */
  apply(set: RouteSet): Promise<void>
  /** Ends those whose file was taken away and who owe nothing any more. Returns their names. */
  endPaidUp(): Promise<readonly string[]>
  /** For good: whatever is applied afterwards is not started. */
  dismissAll(): Promise<void>
}

interface RosterParts {
  readonly outbox: Outbox & { configure(consumers: readonly Consumer[]): Promise<void> }
  /** The routes that are there whatever the files say. */
  readonly fixed: readonly Route[]
  readonly context: RouteContext
  readonly parts: Parts
  readonly budget: StopBudget
}

/** Nothing runs before it is applied. */
export function createRouteRoster(world: World, parts: RosterParts): RouteRoster {
  const members = new Map<string, Member>()
  let isOver = false

  async function apply({ inForce, held }: RouteSet): Promise<void> {
    const wanted = new Map([...held, ...inForce].map((route) => [route.name, route]))
    const leaving = [...members.values()].filter((member) => !member.goesOnAs(wanted.get(member.route.name)))
    await dismiss(leaving)
    if (isOver) return
    await parts.outbox.configure([...parts.fixed, ...wanted.values()])
    // A stop may have come meanwhile.
    if (isOver) return
    const failures = [...wanted.values()].flatMap(failureToPut)
    if (failures.length > 0) throw failures[0]
  }

  /** What keeps one route from being made keeps no other from it. */
  function failureToPut(route: RouteInForce | HeldRoute): readonly unknown[] {
    try {
      const known = members.get(route.name)
      if (known) known.route = route
      else members.set(route.name, new Member(route, world, parts))
      return []
    } catch (error) {
      return [error]
    }
  }

  async function dismiss(leaving: readonly Member[]): Promise<void> {
    await Promise.all(leaving.map((member) => member.stop()))
    for (const { route } of leaving) members.delete(route.name)
  }

  return {
    get members() {
      return [...members.values()]
    },
    apply,
    endPaidUp: async () => {
      const paidUp: Member[] = []
      for (const member of members.values()) if (await member.owesNothing()) paidUp.push(member)
      if (paidUp.length === 0) return []
      await dismiss(paidUp)
      await parts.outbox.configure([...parts.fixed, ...[...members.values()].map(({ route }) => route)])
      return paidUp.map(({ route }) => route.name)
    },
    dismissAll: async () => {
      isOver = true
      await dismiss([...members.values()])
    },
  }
}

/** One route, running or held. */
class Member implements RouteStanding {
  route: RouteInForce | HeldRoute
  readonly uploader: Uploader | undefined
  readonly #made: Route | undefined
  readonly #outbox: Outbox
  readonly #stop = new AbortController()
  readonly #stopped: Promise<unknown>
  readonly #sinceMs: number
  /** The last event that was stored when it was noticed that its file is gone. */
  #owedUpTo: number | undefined

  constructor(route: RouteInForce | HeldRoute, world: World, parts: RosterParts) {
    this.route = route
    this.#outbox = parts.outbox
    this.#sinceMs = world.clock.now().wallMs
    this.#made = 'kind' in route ? route.kind.create(route.settings, route, parts.context) : undefined
    this.uploader = this.#made && this.#uploaderOf(this.#made, world, parts)
    this.#stopped = this.uploader ? parts.parts.keep(this.uploader, this.#stop.signal) : Promise.resolve()
  }

  get health(): UploadHealth | RouteHealth {
    const { name, must, file } = this.route
    const cause = `${file} has faults, and there is no earlier version of it; its events are kept`
    return (
      this.uploader?.health().summary ?? { route: name, must, state: 'held', sinceMs: this.#sinceMs, cause }
    )
  }

  takes(kind: string): boolean {
    return this.#made?.takes(kind) ?? true
  }

  /** Whether nothing has to be started or stopped for it. */
  goesOnAs(wanted: RouteInForce | HeldRoute | undefined): boolean {
    const { route } = this
    if (!wanted || !('kind' in wanted && 'kind' in route))
      return wanted !== undefined && !('kind' in wanted || 'kind' in route)
    return wanted.text === route.text && wanted.kind === route.kind
  }

  async stop(): Promise<void> {
    this.#stop.abort()
    await this.#stopped
  }

  async owesNothing(): Promise<boolean> {
    if (!('kind' in this.route && this.route.isTakenAway)) {
      this.#owedUpTo = undefined
      return false
    }
    this.#owedUpTo ??= (await this.#outbox.tail()).seq
    return (await this.#outbox.cursor(this.route.name)).seq >= this.#owedUpTo
  }

  #uploaderOf(route: Route, world: World, { outbox, budget }: RosterParts): Uploader {
    const own = createStopBudget(this.#stop.signal, world.clock)
    // Replaced while the gateway goes on, it has as long as in a stop; within a stop all share one budget.
    const leftMs: StopBudget['leftMs'] = (stage) => (budget.signal.aborted ? budget : own).leftMs(stage)
    return createUploader({ ...world, outbox, route, budget: { leftMs } })
  }
}
