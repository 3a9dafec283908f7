/**
 * `millrace buffer adopt`: takes this gateway's stream in central over, after a fork, an old disk image or a replaced disk.
 *
 * It shows what both sides say, and acts only with --yes and with the gateway stopped. The order of the steps is such that
 * it may die between any two of them, and running it again finishes the work:
 *
 * 1. What must be left out is written to a file and synced: nothing is removed before it lies there.
 * 2. The closings of rows that nobody lives are appended, with the machines' new states, in one commit. Until step 3 they
 *    are ordinary unacknowledged events; a second run meets them as such and finds no row to close any more.
 * 3. The log begins a new incarnation, in one commit. Central still names the old one, so nothing is pushed.
 * 4. Central takes the new incarnation over, in one transaction that also writes the incident, and only where it stands as
 *    it did before step 1. Only from here on does the gateway push; a second run finds both sides in agreement.
 *
 * The local side comes first because its fence holds by itself: the other order would let a half-filtered log be pushed.
 */

import { parseArgs } from 'node:util'
import { type AdoptionPlan, planAdoption } from '../../adoption/adoption-plan.ts'
import { keepLeftOut, type LeftOut } from '../../adoption/left-out.ts'
import { type InstanceLock, InstanceLocked, lockInstance } from '../../buffer/instance-lock.ts'
import { type BufferOutbox, openOutbox } from '../../buffer/outbox.ts'
import type { DestinationSession, Incident } from '../../domain/destination.ts'
import { ConfigError } from '../../domain/errors.ts'
import { drivers } from '../../drivers/index.ts'
import { CENTRAL } from '../../gateway.ts'
import { createMapStore } from '../../maps/map-store.ts'
import { openLedger } from '../../routes/mes/ledger.ts'
import { createPostgresCentral } from '../../routes/mes/route.ts'
import { readBootId } from '../../runtime/boot-id.ts'
import { systemClock } from '../../runtime/clock.ts'
import { fenceCause } from '../../uploader/causes.ts'
import { sameHead } from '../../uploader/resync.ts'
import { type Look, look } from '../../uploader/synchronise.ts'
import type { CommandContext } from '../command.ts'
import { CONFIG_OPTION } from '../options.ts'
import { type Action, NONE_OPEN, openSite, type Site, SOME_OPEN } from './site.ts'

type Fenced = Look & { readonly decision: { readonly kind: 'fence' } }

export const adopt: Action = async (context) => {
  const options = { ...CONFIG_OPTION, yes: { type: 'boolean' } } as const
  const { values } = parseArgs({ args: [...context.args], options })
  const site = openSite(values, context)
  using lock = takeLock(site, context)
  if (!lock) return SOME_OPEN
  await using outbox = await openOutbox(site.outbox)
  await using session = await createPostgresCentral(site.settings).connect(context.signal)
  const found = await look(session, { outbox, consumer: CENTRAL.name })
  context.out(describeSides(found))
  if (!isFenced(found)) {
    context.out('nothing to adopt: both sides agree, the gateway goes on by itself\n')
    return NONE_OPEN
  }
  context.out(`fence     ${fenceCause(found.decision.reason, found.head)}\n`)
  await using leftOut = keepLeftOut(site.config.dataFolder, systemClock.now().wallMs, values.yes === true)
  const plan = await planFor(site, context, { outbox, found, leftOut })
  context.out(describePlan(plan))
  if (!values.yes) {
    context.out('nothing was changed; once the other gateway is stopped for good, add --yes\n')
    return SOME_OPEN
  }
  return await carryOut({ outbox, session, found, plan, leftOut }, context)
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

function isFenced(found: Look): found is Fenced {
  return found.decision.kind === 'fence'
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
  const { machines, faults } = createMapStore({ devicesFolder, dataFolder, drivers, cwd, now }).load()
  if (faults.length > 0) throw new ConfigError(faults)
  return machines.map(({ map }) => map.machine)
}

interface Adoption {
  readonly outbox: BufferOutbox
  readonly session: DestinationSession
  readonly found: Fenced
  readonly plan: AdoptionPlan
  readonly leftOut: LeftOut
}

/** The four steps of this file's head. */
async function carryOut(adoption: Adoption, { out, err }: CommandContext): Promise<number> {
  const { outbox, found, plan, leftOut } = adoption
  const file = leftOut.sync()
  if (file) out(`left out  ${plan.leftOut.length} events, kept in ${file}\n`)
  if (plan.events.length > 0 || Object.keys(plan.states).length > 0)
    await outbox.append({ at: systemClock.now(), events: plan.events, states: plan.states })
  await outbox.beginIncarnation(Math.max(found.local.identity.epoch, found.head?.epoch ?? 0) + 1, {
    consumer: CENTRAL.name,
    seqs: plan.leftOut,
  })
  if (!(await takeOver(adoption, file))) {
    err(
      'central has moved meanwhile: another gateway still writes under this name. Stop it, and run adopt again\n',
    )
    return SOME_OPEN
  }
  const { incarnation, epoch } = outbox.identity
  out(`adopted   as incarnation ${incarnation}, epoch ${epoch}; start the gateway\n`)
  return NONE_OPEN
}

/** False where central no longer stands as it was seen. */
async function takeOver(
  { outbox, session, found, plan }: Adoption,
  file: string | undefined,
): Promise<boolean> {
  const beginning = await outbox.cursor(CENTRAL.name)
  return session.transaction(async (transaction) => {
    if (!sameHead(transaction.head, found.head)) return false
    await transaction.begin(outbox.identity, beginning)
    await transaction.record(incidentOf({ outbox, found, plan }, file))
    return true
  })
}

function incidentOf(
  { outbox, found, plan }: Pick<Adoption, 'outbox' | 'found' | 'plan'>,
  file: string | undefined,
): Incident {
  const { head, local, decision } = found
  const before = head && { ...head, hash: Buffer.from(head.hash).toString('hex') }
  return {
    kind: 'adoption',
    detail: {
      reason: decision.reason,
      central: before ?? null,
      log: { ...local.identity, tailSeq: local.tailSeq, acknowledgedSeq: local.acknowledgedSeq },
      adopted: outbox.identity,
      keptEvents: plan.kept,
      leftOutEvents: plan.leftOut.length,
      leftOutFile: file ?? null,
      closingEvents: plan.events.length,
    },
  }
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
  const closed = events.filter(({ kind }) => kind === 'status.amended').map(({ machine }) => machine)
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
