/** A gateway with two routes that must deliver: the MES in a real PostgreSQL, and an archive in a SQLite file. */
import { cpSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect } from 'vitest'
import { adopt } from '../../src/adoption/adopt.ts'
import { keepLeftOut } from '../../src/adoption/left-out.ts'
import { NOTHING_PLANNED, planAdoption } from '../../src/adoption/plan.ts'
import { scopeOf } from '../../src/adoption/scope.ts'
import { fencedMes, openSides } from '../../src/adoption/sides.ts'
import { auditLog } from '../../src/audit/audit.ts'
import { hashText } from '../../src/buffer/chain.ts'
import { openLogReader } from '../../src/buffer/log-reader.ts'
import { type BufferOutbox, openOutbox } from '../../src/buffer/outbox.ts'
import type { Incident, Route } from '../../src/domain/destination.ts'
import type { Event } from '../../src/domain/events/event.ts'
import { eventCodec } from '../../src/domain/events/index.ts'
import { openLedger } from '../../src/routes/mes/ledger.ts'
import { createMesRoute } from '../../src/routes/mes/route.ts'
import { systemClock } from '../../src/runtime/clock.ts'
import { createLog } from '../../src/runtime/log.ts'
import { archivedEvents, archivedIncidents, archiveRoute } from '../seams/archive-route.ts'
import { testFolder } from './buffer.ts'
import { pressBefore, uploadTo } from './buffer-site.ts'
import type { TestCentral } from './central.ts'

const SIGNAL_MAX_MS = 60_000

/** States of a press, and for how many seconds it shows each. */
export type Shown = readonly (readonly [state: string, seconds: number])[]

/** Lets a piece of work die. It wraps what the work calls. */
export type Mortal = <T extends object>(target: T) => T

const immortal: Mortal = (target) => target

export class TwoRouteSite {
  readonly folder: string
  readonly archiveFile: string
  readonly mes: Route
  readonly archive: Route
  readonly #central: TestCentral

  /** Without a file of its own, the archive is in the folder and is cloned with it. */
  constructor(central: TestCentral, folder = testFolder(), archiveFile = join(folder, 'archive.db')) {
    this.#central = central
    this.folder = folder
    this.archiveFile = archiveFile
    this.mes = createMesRoute(central.settings({ batch: { rows: 100, lingerMs: 10 } }))
    this.archive = archiveRoute(archiveFile, eventCodec)
  }

  get routes(): readonly Route[] {
    return [this.mes, this.archive]
  }

  open(): Promise<BufferOutbox> {
    return openOutbox({
      file: join(this.folder, 'outbox.db'),
      retentionMs: 100 * 365 * 86_400_000,
      maxBytes: 1024 ** 3,
      consumers: this.routes,
      bootId: 'boot',
      clock: systemClock,
      log: createLog('silent'),
    })
  }

  /** A copy of the whole folder, as of a cloned SD card. An archive that is elsewhere is shared with the copy. */
  clone(): TwoRouteSite {
    const copy = testFolder()
    cpSync(this.folder, copy, { recursive: true })
    const isInside = dirname(this.archiveFile) === this.folder
    return new TwoRouteSite(this.#central, copy, isInside ? join(copy, 'archive.db') : this.archiveFile)
  }

  /** A copy with a copy of the archive: what happens to it leaves this one as it is. */
  rehearsal(): TwoRouteSite {
    const copy = this.clone().folder
    cpSync(this.archiveFile, join(copy, 'archive.db'))
    return new TwoRouteSite(this.#central, copy)
  }

  /** One life on the log: the press shows these states, then these routes push. Returns how each of them stood. */
  async live(fromMs: number, shown: Shown, routes = this.routes): Promise<readonly string[]> {
    await using outbox = await this.open()
    const machine = await pressBefore(outbox, fromMs, `boot-${fromMs}`)
    for (const [state, seconds] of shown) await machine.show(state, seconds)
    const states: string[] = []
    for (const route of routes) states.push(await uploadTo(outbox, route))
    return states
  }

  /** What `buffer adopt --yes` does. */
  async adopt(mortal: Mortal = immortal): Promise<Awaited<ReturnType<typeof adopt>>> {
    const signal = AbortSignal.timeout(SIGNAL_MAX_MS)
    const now = systemClock.now()
    await using outbox = await this.open()
    await using sides = await openSides({ outbox, routes: this.routes, clock: systemClock, signal })
    await using leftOut = keepLeftOut(this.folder, now.wallMs, true)
    await using ledger = await openLedger(this.#central.settings(), signal)
    const parts = { outbox, ledger, machines: ['PRESS-07'], now }
    const mes = fencedMes(sides)
    const plan = mes
      ? await planAdoption(parts, scopeOf(mes, { refill: false, leavesMachines: false }), leftOut.add)
      : NOTHING_PLANNED
    return await adopt({
      outbox: mortal(outbox),
      sides: sides.all.map((side) => ({ ...side, session: mortal(side.session) })),
      plan,
      leftOut: mortal(leftOut),
      now,
    })
  }

  /** Everything that is kept in the log. */
  async logged(): Promise<readonly Event[]> {
    await using outbox = await this.open()
    return (await outbox.read(0, 1_000)).map(({ event }) => event)
  }

  /** What of the log the archive has still to get: what is behind its own place if that is one of this log, else behind the cursor. */
  async waitingForArchive(): Promise<readonly Event[]> {
    await using outbox = await this.open()
    await using session = await this.archive.destination.connect(AbortSignal.timeout(SIGNAL_MAX_MS))
    const head = await session.head()
    const hash = head && (await outbox.hashAt(head.seq))
    const isOurs = hash !== undefined && hashText(hash) === hashText(head?.hash ?? new Uint8Array())
    const after = isOurs ? head?.seq : (await outbox.cursor('archive')).seq
    return (await outbox.read(after ?? 0, 1_000)).map(({ event }) => event)
  }

  archived(): readonly Event[] {
    return archivedEvents(this.archiveFile, eventCodec)
  }

  archiveIncidents(): readonly Incident[] {
    return archivedIncidents(this.archiveFile)
  }

  /** What the audit finds wrong in the MES. */
  async auditFindings(): Promise<readonly string[]> {
    const signal = AbortSignal.timeout(SIGNAL_MAX_MS)
    using log = openLogReader(join(this.folder, 'outbox.db'))
    await using ledger = await openLedger(this.#central.settings(), signal)
    const { inStep, complete, chain, findings } = await auditLog(log, ledger, signal)
    expect({ inStep, complete, chain }).toEqual({ inStep: true, complete: true, chain: [] })
    return findings.map(({ kind, expected }) => `${kind} ${expected.row.at}`)
  }
}

/** Calls that only look. */
const LOOKS = ['cursor', 'head', 'tail', 'hashAt', 'oldestKept', 'read', 'holdsAny', 'add']

/** How a killed piece of work ends. */
export class Killed extends Error {}

/**
 * Kills a piece of work behind its nth call that changes something: the call is carried out, and its answer never comes.
 * Within a transaction that means that it is not committed.
 */
export function killedBehind(calls: number): Mortal {
  let left = calls
  const behind = <T>(outcome: T): T => {
    left -= 1
    if (left === 0) throw new Killed()
    return outcome
  }
  const mortal: Mortal = (target) =>
    new Proxy(target, {
      get: (_, key) => {
        const value: unknown = Reflect.get(target, key)
        if (typeof value !== 'function') return value
        const call = (...args: readonly unknown[]) => value.apply(target, args.map(taken))
        if (typeof key === 'symbol' || LOOKS.includes(key)) return call
        return (...args: readonly unknown[]) => {
          const outcome: unknown = call(...args)
          return outcome instanceof Promise ? outcome.then(behind) : behind(outcome)
        }
      },
    })
  const taken = (argument: unknown) =>
    typeof argument === 'function'
      ? // The work of a transaction is given it; other functions are given nothing.
        (...given: readonly object[]) => argument(...given.map((one) => mortal(one)))
      : argument
  return mortal
}
