/**
 * The routes in force, and the last good file of each on disk.
 *
 * A file that turns bad, cannot be read or is half written changes nothing: what was in force stays, over restarts too. A route that
 * must deliver is never given up because its file is bad or was taken away: it is said here which those are, and whoever runs the
 * routes keeps their events. It never throws for what files contain.
 */
import { join, resolve } from 'node:path'
import { parseYaml } from '../documents/yaml-source.ts'
import type { ConfigFault } from '../domain/errors.ts'
import type { Consumer } from '../domain/outbox.ts'
import { type ReadAheadOptions, readAhead } from '../runtime/read-ahead.ts'
import { type GoodRoute, GoodRouteKeeper, readGoodRoutes } from './good-routes.ts'
import { type DescribedRoute, judgeRouteFile, type RouteFile, type RouteJudge } from './route-file.ts'
import { type RouteFiles, readRouteFiles } from './route-files.ts'
import { ROUTES_FOLDER } from './route-kind.ts'

/** A route that runs, and the file that it comes from. */
export interface RouteInForce extends DescribedRoute {
  /** As named to the user. */
  readonly file: string
  readonly text: string
  /** What is wrong with the file now, when an earlier version of it is in force. */
  readonly faults: readonly ConfigFault[]
  /** Its file was taken away: it ends once it has delivered what it owes. */
  readonly isTakenAway: boolean
}

/** A route that must deliver and cannot run: its file has faults, and no earlier version of it can be used. */
export interface HeldRoute extends Consumer {
  /** As named to the user. */
  readonly file: string
}

/** What a reading of the whole folder comes to. */
export interface RouteSet {
  readonly inForce: readonly RouteInForce[]
  readonly held: readonly HeldRoute[]
  /** Routes at best effort whose file was taken away. */
  readonly over: readonly string[]
  /** Faults of files of which nothing is in force. */
  readonly faults: readonly ConfigFault[]
  /** What is not read although it looks like a route file. */
  readonly passedOver: readonly ConfigFault[]
}

/** Reads the route files, and keeps the last good ones on disk. */
export interface RouteStore {
  /** Reads the folder again. While machines are polled only after {@link readAhead}: it waits for the disk. */
  read(): RouteSet
  /** Has everything that {@link read} reads in the system's memory, beside this thread. */
  readAhead(how: ReadAheadOptions): Promise<void>
  /**
   * Writes down what the latest reading found good, for the next start, and whatever could not be written before. To be done before the log keeps
   * events for a route: else a kill, where its file is taken away meanwhile, would leave nobody who knows of it.
   * @returns why it cannot, once it is durable
   */
  keep(): Promise<readonly ConfigFault[]>
  /** Forgets the last good file of a route that is over. @returns why it is still there; `keep` tries it again */
  forget(name: string): Promise<readonly ConfigFault[]>
}

interface RouteStoreOptions extends RouteJudge {
  /** The route files. */
  readonly folder: string
  readonly dataFolder: string
}

/** Nothing is read or written before it is asked for. */
export function createRouteStore(options: RouteStoreOptions): RouteStore {
  const store = resolve(options.dataFolder, ROUTES_FOLDER)
  const keeper = new GoodRouteKeeper(store)
  /** What was good since the start: a disk that could not keep it, or lost it, ends no route. */
  const remembered = new Map<string, GoodRoute>()
  let unkept: readonly GoodRoute[] = []
  const unremoved = new Set<string>()
  const remove = async (name: string) => {
    unremoved.add(name)
    const faults = await keeper.forget(name)
    if (faults.length === 0) unremoved.delete(name)
    return faults
  }
  return {
    readAhead: (how) => readAhead([options.folder, store], how),
    read: () => {
      const kept = readGoodRoutes(store, options.cwd)
      for (const name of unremoved) kept.routes.delete(name)
      const goods = new Map([...kept.routes, ...remembered])
      const set = readSet(options, goods)
      unkept = set.fresh.filter((good) => !isSame(good, kept.routes.get(good.name)))
      for (const good of set.fresh) remembered.set(good.name, good)
      return { ...set, faults: [...set.faults, ...kept.faults] }
    },
    keep: async () => {
      // One that is over and comes again is kept in the place of its former record.
      for (const { name } of unkept) unremoved.delete(name)
      const removed = await Promise.all([...unremoved].map(remove))
      const kept = unkept.map(async (good) => ({ good, faults: await keeper.keep(good) }))
      const failed = (await Promise.all(kept)).filter(({ faults }) => faults.length > 0)
      unkept = failed.map(({ good }) => good)
      return [...removed.flat(), ...failed.flatMap(({ faults }) => faults)]
    },
    forget: (name) => {
      remembered.delete(name)
      return remove(name)
    },
  }
}

function isSame(good: GoodRoute, kept: GoodRoute | undefined): boolean {
  return (
    kept !== undefined &&
    kept.text === good.text &&
    kept.fileName === good.fileName &&
    kept.must === good.must
  )
}

interface FreshSet extends RouteSet {
  /** Those whose file is good now. */
  readonly fresh: readonly GoodRoute[]
}

function readSet(options: RouteStoreOptions, goods: ReadonlyMap<string, GoodRoute>): FreshSet {
  const holders = new Map([...goods.values()].map(({ name, fileName }) => [name, fileName]))
  const listing = readRouteFiles(options, holders)
  const fresh = listing.files.flatMap(freshOf)
  const names = new Set(fresh.map(({ name }) => name))
  const absent = [...goods.values()].filter(({ name }) => !names.has(name))
  const lasting = absent.map((good) => lastingOf(good, listing, options))
  const known = new Set([...names, ...absent.map(({ name }) => name)])
  const folderFault = listing.isAbsent && goods.size === 0 ? undefined : listing.folderFault
  const inForce = lasting.flatMap(({ route }) => route ?? [])
  const shown = new Set(inForce.flatMap(({ faults }) => faults))
  return {
    inForce: [...listing.files.flatMap(inForceOf), ...inForce],
    held: [
      ...lasting.flatMap(({ held }) => held ?? []),
      ...listing.files.flatMap((file) => heldBy(file, known)),
    ],
    over: lasting.flatMap(({ over }) => over ?? []),
    faults: [
      ...(folderFault ? [folderFault] : []),
      ...lasting.flatMap(({ fault }) => fault ?? []),
      ...listing.files.flatMap(({ faults }) => faults),
    ].filter((fault) => !shown.has(fault)),
    passedOver: listing.passedOver,
    fresh,
  }
}

function freshOf({ route, name: fileName, file, text }: RouteFile): readonly GoodRoute[] {
  return route ? [{ name: route.name, must: route.must, fileName, file, text }] : []
}

function inForceOf({ route, file, text }: RouteFile): readonly RouteInForce[] {
  return route ? [{ ...route, file, text, faults: [], isTakenAway: false }] : []
}

/** A file with faults of a route that never was in force here: its events are kept from now on. */
function heldBy({ claim, route, file }: RouteFile, known: ReadonlySet<string>): readonly HeldRoute[] {
  if (route || claim?.must !== 'deliver' || known.has(claim.name)) return []
  return [{ ...claim, file }]
}

interface Lasting {
  readonly route?: RouteInForce
  readonly held?: HeldRoute
  readonly over?: string
  /** Why a route whose file was taken away cannot even deliver what it owes. */
  readonly fault?: ConfigFault
}

/** What becomes of a route whose file is bad now, or gone. */
function lastingOf(good: GoodRoute, { files, folderFault }: RouteFiles, judge: RouteStoreOptions): Lasting {
  const bad =
    files.find(
      ({ name, route, claim }) => !route && name === good.fileName && (!claim || claim.name === good.name),
    ) ?? files.find(({ claim, route }) => !route && claim?.name === good.name)
  const isTakenAway = !bad && !folderFault
  const { name, must, text } = good
  if (isTakenAway && must === 'best-effort') return { over: name }
  const file = bad?.file ?? good.file
  const path = join(judge.folder, good.fileName)
  const { route, faults } = judgeRouteFile(parseYaml(text, good.file), path, judge, { isLastGood: true })
  if (!route && must === 'best-effort') return {}
  if (!route) return { held: { name, must, file }, ...(isTakenAway && { fault: unusable(good, faults) }) }
  return { route: { ...route, file, text, faults: bad?.faults ?? [], isTakenAway } }
}

function unusable({ file, name }: GoodRoute, [first]: readonly ConfigFault[]): ConfigFault {
  const why = first ? `: ${first.message}` : ''
  const message = `${file} was taken away, and this version cannot use what was in it, so ${name} cannot get what is kept for it${why}`
  const hint = 'put the file back and mend it; with must: best-effort the route can be taken away'
  return { file, line: first?.line ?? 1, column: first?.column ?? 1, path: '', message, hint }
}
