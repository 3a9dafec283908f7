/** `millrace buffer adopt`: shows what both sides say, and takes the stream over only with `--yes`; see `src/adoption/`. */
import { parseArgs } from 'node:util'
import { adopt as carryOut } from '../../adoption/adopt.ts'
import { keepLeftOut, type LeftOut } from '../../adoption/left-out.ts'
import { leavesMachines } from '../../adoption/line-of-pair.ts'
import { type AdoptionPlan, NOTHING_PLANNED, planAdoption } from '../../adoption/plan.ts'
import { mayRefill, scopeOf } from '../../adoption/scope.ts'
import { type FencedSide, fencedMes, isFenced, openSides, type RouteSides } from '../../adoption/sides.ts'
import { type InstanceLock, InstanceLocked, lockInstance } from '../../buffer/instance-lock.ts'
import { type BufferOutbox, openOutbox } from '../../buffer/outbox.ts'
import { ConfigError } from '../../domain/errors.ts'
import { isMachineMap } from '../../maps/map-kind.ts'
import { createMapStore } from '../../maps/map-store.ts'
import { pairOf } from '../../routes/index.ts'
import { openLedger } from '../../routes/mes/ledger.ts'
import { systemClock } from '../../runtime/clock.ts'
import { type CommandContext, UsageError } from '../command.ts'
import { knownHardware } from '../hardware.ts'
import { CONFIG_OPTION } from '../options.ts'
import { recordDone } from '../record-done.ts'
import { ADD_YES, beforeYes, describePlan, describeSides } from './adoption-text.ts'
import { type Action, NONE_OPEN, openSite, type Site, SOME_OPEN } from './site.ts'

type Adopted = Awaited<ReturnType<typeof carryOut>>

const NO_REFILL = 'nothing can be refilled here: --refill is for a central that lacks what it once had'

export const adopt: Action = async (context) => {
  const options = { ...CONFIG_OPTION, yes: { type: 'boolean' }, refill: { type: 'boolean' } } as const
  const { values } = parseArgs({ args: [...context.args], options })
  const site = openSite(values, context)
  using lock = takeLock(site, context)
  if (!lock) return SOME_OPEN
  // All routes are taken over in one run: whose file has faults would be left behind.
  if (site.held.length > 0) throw new ConfigError(site.faults)
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
  const refill = values.refill === true
  if (refill && !(mes && mayRefill(mes))) throw new UsageError(NO_REFILL)
  const plan = mes ? await planFor(site, context, { outbox, mes, leftOut, refill }) : NOTHING_PLANNED
  context.out(describePlan(sides, plan))
  if (!values.yes) {
    context.out(`nothing was changed; ${mes ? beforeYes(mes) : ADD_YES}\n`)
    return SOME_OPEN
  }
  const adopted = await carryOut({ outbox, sides: sides.all, plan, leftOut, now: systemClock.now() })
  const names = sides.all.filter(isFenced).map(({ name }) => name)
  const what = `the stream was taken over for ${names.join(', ')}`
  recordDone(context, site.config.dataFolder, 'stream-adopted', what)
  return reportOf(adopted, { outbox, plan, sides }, context)
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
  context: CommandContext,
  {
    outbox,
    mes,
    leftOut,
    refill,
  }: {
    readonly outbox: BufferOutbox
    readonly mes: FencedSide
    readonly leftOut: LeftOut
    readonly refill: boolean
  },
): Promise<AdoptionPlan> {
  await using ledger = await openLedger(site.settings, context.signal, mes.session.recipient)
  const parts = { outbox, ledger, machines: await machinesOf(site, context.cwd), now: systemClock.now() }
  const ofPair = await ofAnother(site, outbox, context)
  return await planAdoption(parts, scopeOf(mes, { refill, leavesMachines: ofPair }), leftOut.add)
}

/** Whether the machines are the other gateway's of a pair to write. */
async function ofAnother(
  { config, log }: Site,
  outbox: BufferOutbox,
  { signal, out }: CommandContext,
): Promise<boolean> {
  const pair = pairOf(config, { clock: systemClock, log })
  if (!pair) return false
  const { gateway } = config
  const leaves = await leavesMachines({ keeper: pair.keeper, outbox, gateway, signal })
  if (leaves)
    out(`machines are left to pair "${pair.fence.pair}": its active gateway goes on with their rows\n`)
  return leaves
}

/** A machine without a map would be missed here, and its rows would overlap later: hence all maps must be in force. */
async function machinesOf({ config }: Site, cwd: string): Promise<readonly string[]> {
  const { devicesFolder, dataFolder } = config
  const now = () => systemClock.now().wallMs
  const hardware = knownHardware()
  const store = createMapStore({ devicesFolder, dataFolder, ...hardware, cwd, now })
  const { maps, faults } = await store.load()
  if (faults.length > 0) throw new ConfigError(faults)
  return maps.flatMap(({ map }) => (isMachineMap(map) ? [map.machine] : []))
}

function reportOf(
  { notTakenOver, leftOutFile }: Adopted,
  {
    outbox,
    plan,
    sides: { leftBehind },
  }: { readonly outbox: BufferOutbox; readonly plan: AdoptionPlan; readonly sides: RouteSides },
  { out, err }: CommandContext,
): number {
  if (leftOutFile) out(`left out  ${plan.leftOut.length} events, kept in ${leftOutFile}\n`)
  for (const one of notTakenOver) err(`${describeFailure(one)}\n`)
  if (notTakenOver.length > 0) return SOME_OPEN
  const { incarnation, epoch } = outbox.identity
  out(`adopted   as incarnation ${incarnation}, epoch ${epoch}; start the gateway\n`)
  return leftBehind.length === 0 ? NONE_OPEN : SOME_OPEN
}

function describeFailure({ name, why }: Adopted['notTakenOver'][number]): string {
  if (why === 'moved')
    return `${name} has moved meanwhile: another gateway still writes under this name. Stop it, and run adopt again`
  const hint = why.hint === undefined ? '' : `; ${why.hint}`
  return `${name} was not taken over: ${why.message}${hint}. Once that is mended, run adopt again`
}
