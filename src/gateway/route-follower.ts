/**
 * Keeps the routes out of files in step with their files, and says what is wrong with them: a bad file changes nothing, a good one
 * only its own route, and neither central nor any device notices.
 */
import type { BufferOutbox } from '../buffer/outbox.ts'
import type { Route } from '../domain/destination.ts'
import type { ConfigFault } from '../domain/errors.ts'
import type { Health, RouteHealth, UploadHealth } from '../domain/health.ts'
import type { RouteContext } from '../routes/route-kind.ts'
import type { RouteSet, RouteStore } from '../routes/route-store.ts'
import type { StopBudget } from '../runtime/budget.ts'
import { InTurn } from '../runtime/in-turn.ts'
import type { Parts, Service } from '../runtime/service.ts'
import { fingerprint, watchFolders } from '../runtime/watch-folders.ts'
import type { Uploader } from '../uploader/upload.ts'
import { createRouteNews, type RouteNews, routeFileTroubles } from './route-news.ts'
import { createRouteRoster, type RouteRoster } from './route-roster.ts'
import type { World } from './world.ts'

interface RouteFollowerParts {
  readonly store: RouteStore
  readonly folder: string
  /** As it was read for the opening of the log. */
  readonly first: RouteSet
  /** The fingerprint of the folder just before that. */
  readonly since: string
  readonly outbox: BufferOutbox
  /** The routes that are there whatever the files say. */
  readonly fixed: readonly Route[]
  readonly context: RouteContext
  readonly parts: Parts
  readonly budget: StopBudget
}

/** Runs the routes while it runs, reads their files again whenever they change or a reload is asked for, and ends routes one by one. */
export interface RouteFollower extends Service {
  readonly uploaders: readonly Uploader[]
  /** Whether any of the routes takes events of a kind, or may take them: of one that is not started yet nobody knows. */
  takes(kind: string): boolean
  health(): Health<readonly (UploadHealth | RouteHealth)[]>
  /** Of the routes in force, as their files say. */
  readonly settings: readonly unknown[]
  /** Ends all routes, for good. */
  dismissAll(): Promise<void>
}

/** Between two looks whether a route whose file was taken away has delivered what it owes. */
const LOOK_MS = 1_000

/** After so long what the disk did not take of the files is tried again. */
const AGAIN_MS = 5_000

/** Nothing runs before the service is started. */
export function createRouteFollower(world: World, parts: RouteFollowerParts): RouteFollower {
  return new FileRoutes(world, parts)
}

class FileRoutes implements RouteFollower {
  readonly name = 'route files'
  readonly #world: World
  readonly #parts: RouteFollowerParts
  readonly #roster: RouteRoster
  readonly #news: RouteNews
  /** Since when the file of a route is gone that must deliver and is not done, ms since 1970. */
  readonly #takenAwayMs = new Map<string, number>()
  #set: RouteSet
  /** What the disk did not take of the files, and when that was tried last, by the monotonic clock. */
  #unkept: readonly ConfigFault[] = []
  #triedMs = 0
  /** One reading, or one look at routes that end, after the other. What fails ends the run, and is tried again with the next one. */
  readonly #turns = new InTurn()
  #hasRun = false

  constructor(world: World, parts: RouteFollowerParts) {
    this.#world = world
    this.#parts = parts
    this.#roster = createRouteRoster(world, parts)
    this.#news = createRouteNews(world)
    this.#set = parts.first
  }

  get uploaders(): readonly Uploader[] {
    return this.#roster.members.flatMap(({ uploader }) => uploader ?? [])
  }

  get settings(): readonly unknown[] {
    return this.#set.inForce.map(({ settings }) => settings)
  }

  takes(kind: string): boolean {
    const { members } = this.#roster
    const areStarted = members.length >= this.#set.inForce.length + this.#set.held.length
    return !areStarted || members.some((member) => member.takes(kind))
  }

  async run(signal: AbortSignal): Promise<void> {
    const { folder } = this.#parts
    const isFirstRun = !this.#hasRun
    const { clock } = this.#world
    const since = isFirstRun ? this.#parts.since : await fingerprint([folder], { clock, signal })
    this.#hasRun = true
    const again = () => this.#turns.do(() => this.#readAgain(signal))
    await (isFirstRun ? this.#turns.do(() => this.#take(this.#set)) : again())
    const lookAfter = async () => {
      if (this.#takenAwayMs.size > 0) await this.#turns.do(() => this.#endPaidUp())
      if (this.#unkept.length > 0) await this.#turns.do(() => this.#keepAgain())
    }
    try {
      await followFiles({ folder, since, again, lookAfter }, this.#world, signal)
    } finally {
      await this.#turns.do(() => undefined)
    }
  }

  health(): Health<readonly (UploadHealth | RouteHealth)[]> {
    const nowMs = this.#world.clock.now().wallMs
    return {
      summary: this.#roster.members.map(({ health }) => health),
      troubles: [
        ...this.uploaders.flatMap((uploader) => uploader.health().troubles),
        ...routeFileTroubles(this.#withUnkept, this.#takenAwayMs, nowMs),
      ],
    }
  }

  dismissAll(): Promise<void> {
    return this.#roster.dismissAll()
  }

  async #readAgain(signal: AbortSignal): Promise<void> {
    const { store } = this.#parts
    await store.readAhead({ clock: this.#world.clock, signal })
    if (!signal.aborted) await this.#take(store.read())
  }

  get #withUnkept(): RouteSet {
    return { ...this.#set, faults: [...this.#set.faults, ...this.#unkept] }
  }

  async #keep(): Promise<void> {
    this.#unkept = await this.#parts.store.keep()
    this.#triedMs = this.#world.clock.now().monoMs
  }

  async #keepAgain(): Promise<void> {
    if (this.#world.clock.now().monoMs - this.#triedMs < AGAIN_MS) return
    await this.#keep()
    this.#news.tell(this.#withUnkept)
  }

  async #take(read: RouteSet): Promise<void> {
    await this.#keep()
    this.#set = { ...read, over: [] }
    await this.#roster.apply(read)
    for (const name of read.over) await this.#end(name, 'nothing had to be delivered')
    this.#news.tell(this.#withUnkept)
    for (const { name, isTakenAway } of read.inForce) {
      if (!isTakenAway) this.#takenAwayMs.delete(name)
      else if (!this.#takenAwayMs.has(name)) this.#takenAwayMs.set(name, this.#world.clock.now().wallMs)
    }
  }

  async #endPaidUp(): Promise<void> {
    for (const name of await this.#roster.endPaidUp())
      await this.#end(name, 'it has all that was stored until then')
  }

  async #end(name: string, why: string): Promise<void> {
    this.#unkept = [...this.#unkept, ...(await this.#parts.store.forget(name))]
    this.#takenAwayMs.delete(name)
    this.#set = { ...this.#set, inForce: this.#set.inForce.filter((route) => route.name !== name) }
    this.#world.log.info(
      { event: 'route-over', route: name },
      `${name} is over: its file was taken away, and ${why}`,
    )
  }
}

interface Following {
  readonly folder: string
  /** As the folder was just before it was read. */
  readonly since: string
  readonly again: () => Promise<void>
  /** Asked every second. */
  readonly lookAfter: () => Promise<void>
}

/** Until aborted. @throws what a reading of the files, or its consequences, failed with */
async function followFiles(
  { folder, since, again, lookAfter }: Following,
  { clock, onReload }: Pick<World, 'clock' | 'onReload'>,
  signal: AbortSignal,
): Promise<void> {
  const failed = Promise.withResolvers<never>()
  const ended = new AbortController()
  const until = AbortSignal.any([signal, ended.signal])
  const onChange = () => void again().catch(failed.reject)
  const looking = async () => {
    while (!until.aborted) {
      await clock.sleep(LOOK_MS, until)
      await lookAfter()
    }
  }
  const stopReload = onReload(onChange)
  try {
    const following = [watchFolders([folder], onChange, until, { clock, since }), looking()]
    await Promise.race([Promise.all(following), failed.promise])
  } finally {
    ended.abort()
    stopReload()
  }
}
