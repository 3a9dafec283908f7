/** `millrace buffer adopt`: shows what both sides say, and takes the stream over only with `--yes`; see `src/adoption/`. */
import { parseArgs } from 'node:util'
import { adopt as carryOut } from '../../adoption/adopt.ts'
import { keepLeftOut, type LeftOut } from '../../adoption/left-out.ts'
import { type AdoptionPlan, NOTHING_PLANNED, planAdoption } from '../../adoption/plan.ts'
import {
  type FencedSide,
  fencedMes,
  isFenced,
  openSides,
  type RouteSide,
  type RouteSides,
  waitingFor,
} from '../../adoption/sides.ts'
import { type InstanceLock, InstanceLocked, lockInstance } from '../../buffer/instance-lock.ts'
import { type BufferOutbox, openOutbox } from '../../buffer/outbox.ts'
import { ConfigError } from '../../domain/errors.ts'
import { ownerCode } from '../../domain/owner.ts'
import { createDrivers } from '../../drivers/index.ts'
import { createMapStore } from '../../maps/map-store.ts'
import { openLedger } from '../../routes/mes/ledger.ts'
import { systemClock } from '../../runtime/clock.ts'
import { fenceCause } from '../../uploader/causes.ts'
import type { CommandContext } from '../command.ts'
import { CONFIG_OPTION } from '../options.ts'
import { type Action, NONE_OPEN, openSite, type Site, SOME_OPEN } from './site.ts'

type Adopted = Awaited<ReturnType<typeof carryOut>>

/** Of the column in which each line says what it is about. */
const LABEL_WIDTH = 10

export const adopt: Action = async (context) => {
  const options = { ...CONFIG_OPTION, yes: { type: 'boolean' } } as const
  const { values } = parseArgs({ args: [...context.args], options })
  const site = openSite(values, context)
  using lock = takeLock(site, context)
  if (!lock) return SOME_OPEN
  await using outbox = await openOutbox(site.outbox)
  const { routes } = site
  await using sides = await openSides({ outbox, routes, clock: systemClock, signal: context.signal })
  context.out(describeSides(sides, outbox))
  if (!sides.all.some(isFenced)) {
    context.out('nothing to adopt: every route agrees with this log, the gateway goes on by itself\n')
    return NONE_OPEN
  }
  await using leftOut = keepLeftOut(site.config.dataFolder, systemClock.now().wallMs, values.yes === true)
  const mes = fencedMes(sides)
  const plan = mes ? await planFor(site, context, { outbox, mes, leftOut }) : NOTHING_PLANNED
  context.out(describePlan(sides, plan))
  if (!values.yes) {
    context.out('nothing was changed; once the other gateway is stopped for good, add --yes\n')
    return SOME_OPEN
  }
  const adopted = await carryOut({ outbox, sides: sides.all, plan, leftOut, now: systemClock.now() })
  return reportOf(adopted, { outbox, plan }, context)
}

/** The daemon holds the folder while it runs. */
function takeLock({ config }: Site, { err }: CommandContext): InstanceLock | undefined {
  try {
    return lockInstance(config.dataFolder)
  } catch (error) {
    if (!(error instanceof InstanceLocked)) throw error
    err(
      `millrace buffer adopt: the gateway is running on ${config.dataFolder}; stop it first, then adopt, then start it\n`,
    )
    return undefined
  }
}

async function planFor(
  site: Site,
  { cwd, signal }: CommandContext,
  {
    outbox,
    mes,
    leftOut,
  }: { readonly outbox: BufferOutbox; readonly mes: FencedSide; readonly leftOut: LeftOut },
): Promise<AdoptionPlan> {
  await using ledger = await openLedger(site.settings, signal)
  const parts = { outbox, ledger, machines: machinesOf(site, cwd), now: systemClock.now() }
  return await planAdoption(parts, mes.found.local.acknowledgedSeq, leftOut.add)
}

/** A machine without a map would be missed here, and its rows would overlap later: hence all maps must be in force. */
function machinesOf({ config }: Site, cwd: string): readonly string[] {
  const { devicesFolder, dataFolder } = config
  const now = () => systemClock.now().wallMs
  const drivers = createDrivers().all
  const { maps, faults } = createMapStore({ devicesFolder, dataFolder, drivers, cwd, now }).load()
  if (faults.length > 0) throw new ConfigError(faults)
  return maps.map(({ map }) => map.machine)
}

function reportOf(
  { notTakenOver, leftOutFile }: Adopted,
  { outbox, plan }: { readonly outbox: BufferOutbox; readonly plan: AdoptionPlan },
  { out, err }: CommandContext,
): number {
  if (leftOutFile) out(`left out  ${plan.leftOut.length} events, kept in ${leftOutFile}\n`)
  for (const one of notTakenOver) err(`${describeFailure(one)}\n`)
  if (notTakenOver.length > 0) return SOME_OPEN
  const { incarnation, epoch } = outbox.identity
  out(`adopted   as incarnation ${incarnation}, epoch ${epoch}; start the gateway\n`)
  return NONE_OPEN
}

function describeFailure({ name, why }: Adopted['notTakenOver'][number]): string {
  if (why === 'moved')
    return `${name} has moved meanwhile: another gateway still writes under this name. Stop it, and run adopt again`
  const hint = why.hint === undefined ? '' : `; ${why.hint}`
  return `${name} was not taken over: ${why.message}${hint}. Once that is mended, run adopt again`
}

function describeSides({ all }: RouteSides, { identity }: BufferOutbox): string {
  const tailSeq = Math.max(0, ...all.map(({ found }) => found.local.tailSeq))
  const pending = Math.max(0, ...all.map(({ found }) => found.local.tailSeq - found.local.acknowledgedSeq))
  const log = `incarnation ${identity.incarnation}, epoch ${identity.epoch}, up to event ${tailSeq}, ${pending} unacknowledged`
  return lines([['this log', log], ...all.flatMap(describeSide)])
}

function describeSide(side: RouteSide): readonly Line[] {
  const { name, found } = side
  const { head } = found
  const place = head
    ? `incarnation ${head.incarnation}, epoch ${head.epoch}, up to event ${head.seq}`
    : 'has no stream of this gateway'
  if (!isFenced(side)) return [[name, `${place}; agrees with this log`]]
  return [
    [name, place],
    ['fence', fenceCause(name, side.found.decision.reason, found)],
  ]
}

/** Every route is taken over, also one that agrees. */
function describePlan(sides: RouteSides, { kept, leftOut, events }: AdoptionPlan): string {
  const mes = fencedMes(sides)
  const closed = events
    .filter(({ kind }) => kind === 'status.amended')
    .map(({ subject }) => ownerCode(subject))
  const planned = sides.all.map((side): Line => {
    if (side !== mes) return ['plan', `${side.name}: ${waitingFor(side)} events still go there`]
    return ['plan', `${side.name}: ${kept} events still go there, ${leftOut.length} are left out`]
  })
  const notes: Line[] = []
  if (leftOut.length > 0)
    notes.push(['', '(central has them, or rows of the same time; they are kept in a file)'])
  if (closed.length > 0)
    notes.push([
      '',
      `open rows in central that nobody continues are ended: ${[...new Set(closed)].join(', ')}`,
    ])
  return lines([...planned, ...notes])
}

/** What it is about, and what is to be said. */
type Line = readonly [label: string, text: string]

function lines(all: readonly Line[]): string {
  return all.map(([label, text]) => `${label.padEnd(LABEL_WIDTH - 1)} ${text}\n`).join('')
}
