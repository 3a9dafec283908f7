/** `millrace buffer adopt`: shows what both sides say, and takes the stream over only with `--yes`; see `src/adoption/`. */
import { parseArgs } from 'node:util'
import { adopt as carryOut, isFenced } from '../../adoption/adopt.ts'
import { keepLeftOut, type LeftOut } from '../../adoption/left-out.ts'
import { type AdoptionPlan, planAdoption } from '../../adoption/plan.ts'
import { type InstanceLock, InstanceLocked, lockInstance } from '../../buffer/instance-lock.ts'
import { type BufferOutbox, openOutbox } from '../../buffer/outbox.ts'
import { ConfigError } from '../../domain/errors.ts'
import { ownerCode } from '../../domain/owner.ts'
import { createDrivers } from '../../drivers/index.ts'
import { createMapStore } from '../../maps/map-store.ts'
import { openLedger } from '../../routes/mes/ledger.ts'
import { CENTRAL, createMesDestination } from '../../routes/mes/route.ts'
import { readBootId } from '../../runtime/boot-id.ts'
import { systemClock } from '../../runtime/clock.ts'
import { fenceCause } from '../../uploader/causes.ts'
import { type Look, look } from '../../uploader/synchronise.ts'
import type { CommandContext } from '../command.ts'
import { CONFIG_OPTION } from '../options.ts'
import { type Action, NONE_OPEN, openSite, type Site, SOME_OPEN } from './site.ts'

export const adopt: Action = async (context) => {
  const options = { ...CONFIG_OPTION, yes: { type: 'boolean' } } as const
  const { values } = parseArgs({ args: [...context.args], options })
  const site = openSite(values, context)
  using lock = takeLock(site, context)
  if (!lock) return SOME_OPEN
  await using outbox = await openOutbox(site.outbox)
  await using session = await createMesDestination(site.settings).connect(context.signal)
  const found = await look(session, { outbox, consumer: CENTRAL })
  context.out(describeSides(found))
  if (!isFenced(found)) {
    context.out('nothing to adopt: both sides agree, the gateway goes on by itself\n')
    return NONE_OPEN
  }
  context.out(`fence     ${fenceCause(CENTRAL, found.decision.reason, found.head)}\n`)
  await using leftOut = keepLeftOut(site.config.dataFolder, systemClock.now().wallMs, values.yes === true)
  const plan = await planFor(site, context, { outbox, found, leftOut })
  context.out(describePlan(plan))
  if (!values.yes) {
    context.out('nothing was changed; once the other gateway is stopped for good, add --yes\n')
    return SOME_OPEN
  }
  const adoption = { outbox, session, found, plan, leftOut, now: systemClock.now() }
  return reportOf(await carryOut(adoption), adoption, context)
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
    found,
    leftOut,
  }: { readonly outbox: BufferOutbox; readonly found: Look; readonly leftOut: LeftOut },
): Promise<AdoptionPlan> {
  await using ledger = await openLedger(site.settings, signal)
  const boot = { bootId: readBootId(), now: systemClock.now() }
  const parts = { outbox, ledger, machines: machinesOf(site, cwd), boot }
  return await planAdoption(parts, found.local.acknowledgedSeq, leftOut.add)
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
  { isTakenOver, leftOutFile }: Awaited<ReturnType<typeof carryOut>>,
  { outbox, plan }: { readonly outbox: BufferOutbox; readonly plan: AdoptionPlan },
  { out, err }: CommandContext,
): number {
  if (leftOutFile) out(`left out  ${plan.leftOut.length} events, kept in ${leftOutFile}\n`)
  if (!isTakenOver) {
    err(
      'central has moved meanwhile: another gateway still writes under this name. Stop it, and run adopt again\n',
    )
    return SOME_OPEN
  }
  const { incarnation, epoch } = outbox.identity
  out(`adopted   as incarnation ${incarnation}, epoch ${epoch}; start the gateway\n`)
  return NONE_OPEN
}

function describeSides({ head, local }: Look): string {
  const { identity, tailSeq, acknowledgedSeq } = local
  const pending = tailSeq - acknowledgedSeq
  const central = head
    ? `incarnation ${head.incarnation}, epoch ${head.epoch}, up to event ${head.seq}`
    : 'has no stream of this gateway'
  return (
    `this log  incarnation ${identity.incarnation}, epoch ${identity.epoch}, up to event ${tailSeq}, ${pending} unacknowledged\n` +
    `central   ${central}\n`
  )
}

function describePlan({ kept, leftOut, events }: AdoptionPlan): string {
  const closed = events
    .filter(({ kind }) => kind === 'status.amended')
    .map(({ subject }) => ownerCode(subject))
  const lines = [
    `plan      ${kept} unacknowledged events come along, ${leftOut.length} are left out`,
    ...(leftOut.length > 0
      ? ['          (central has them, or rows of the same time; they are kept in a file)']
      : []),
    ...(closed.length > 0
      ? [`          open rows in central that nobody continues are ended: ${[...new Set(closed)].join(', ')}`]
      : []),
  ]
  return `${lines.join('\n')}\n`
}
