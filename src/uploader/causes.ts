/** What people are told about fences and gaps, which only they can mend. The gateway keeps buffering and looks again by itself. */
import type { Incident, StreamHead } from '../domain/destination.ts'
import { utcText } from '../domain/instant.ts'
import type { LogIdentity, ReplacedDamage } from '../domain/outbox.ts'
import type { Recipient } from '../domain/recipient.ts'
import type { FenceReason, Gap, LocalLog } from './resync.ts'

/** What is known on both sides when a fence is found. */
export interface FenceFacts {
  readonly head: StreamHead | undefined
  readonly local: LocalLog
  /** Whom the log was delivered to last, and who answers at the destination now; undefined where that is not known. */
  readonly known: Recipient | undefined
  readonly met: Recipient | undefined
  /** Why this log was begun in place of another one. */
  readonly damage: ReplacedDamage | null
}

const ADOPT = 'run `millrace buffer adopt`'
const IF_RIGHT = `if this gateway is the right one, ${ADOPT}`

/** What has happened, and what to do about it. */
type Explanation = (name: string, facts: FenceFacts) => string

const EXPLANATIONS: Readonly<Record<FenceReason, Explanation>> = {
  'stream row missing': (name) =>
    `${name} holds rows of this gateway but its row in edge_gateway.stream is gone: put it back from ${name}'s backup, or ${IF_RIGHT}`,
  'other incarnation': otherIncarnation,
  'ahead of our log': (name) =>
    `${name} has events that this log never had: an old disk image or a cloned card; stop the other gateway, and ${IF_RIGHT}`,
  'other history': (name) =>
    `${name}'s events differ from this log's: a cloned card or an old disk image; stop the other gateway, and ${IF_RIGHT}`,
  'other organization': (name, { known, met }) =>
    `this log was captured for organization ${quoted(known?.organization)}, and ${name} takes rows of ${quoted(met?.organization)}${sameCode(known, met)}: ` +
    `its events are never sent there; if gateway.yaml is wrong, correct organization; to go on for ${quoted(met?.organization)} without them, ${ADOPT}`,
  'other gateway': (_, { known, met }) =>
    `this log was captured by gateway ${quoted(known?.gateway)}, and gateway.yaml says ${quoted(met?.gateway)}: ` +
    "set gateway back to deliver what waits; on a copy of another gateway's disk, begin with an empty data folder; " +
    `to go on under the new name without what waits, ${ADOPT}`,
  'other database': (name, { known, met }) =>
    `${name} is another database than the one that this log was delivered to (${databaseText(known)}; now ${databaseText(met)}): ` +
    `if it was moved, upgraded or copied, or is meant to take over, ${ADOPT}; else correct its address, in gateway.yaml or in the file of the route`,
  'unproven database': (name, { local }) =>
    `${name} has no stream of this gateway, although ${local.acknowledgedSeq} events were delivered, and nothing proves that it is ` +
    `the same database: if it was restored or moved, ${ADOPT}; else correct its address, in gateway.yaml or in the file of the route`,
  'older timeline': (name, { known, met }) =>
    `${name} at ${met?.host} is on timeline ${met?.timeline} of its system, and this log was delivered to timeline ${known?.timeline} (${known?.host}): ` +
    `it is the primary of before a failover; if it shall be the primary again, ${ADOPT}`,
}

function otherIncarnation(name: string, { head, local, damage }: FenceFacts): string {
  if (damage)
    return (
      `this gateway's log was damaged (found ${utcText(damage.atMs)}: ${damage.damage}), a new one was begun, and ${name} still follows ` +
      `the damaged one: look at the disk, and ${ADOPT}`
    )
  if (head && head.epoch > local.identity.epoch)
    return `another log took ${name}'s stream over by an adoption: a cloned card, or a second gateway of this name; stop the other gateway, and ${IF_RIGHT}`
  if (head && head.epoch < local.identity.epoch)
    return `${name} does not know this log's adoption: it was not finished, or ${name} was restored to before it; stop any other gateway of this name, and ${ADOPT}`
  if (local.acknowledgedSeq === 0)
    return `${name}'s stream belongs to another log, and this one is new: a disk was replaced, or two gateways use one name; stop the other gateway, and ${IF_RIGHT}`
  return `${name}'s stream belongs to another log: two gateways use one name, or somebody changed the stream; stop the other gateway, and ${IF_RIGHT}`
}

function quoted(code: string | undefined): string {
  return `"${code ?? ''}"`
}

function sameCode(known: Recipient | undefined, met: Recipient | undefined): string {
  if (known?.organization !== met?.organization) return ''
  return ` (number ${met?.organizationId}; it was ${known?.organizationId})`
}

function databaseText(recipient: Recipient | undefined): string {
  if (!recipient) return 'not known'
  const { database, host, systemId } = recipient
  return `"${database ?? '?'}" at ${host ?? '?'}, system ${systemId ?? 'unknown'}`
}

/** The cause of a fence, and what to do, in one sentence. */
export function fenceCause(name: string, reason: FenceReason, facts: FenceFacts): string {
  const { head } = facts
  const where = head ? ` (${name}: ${head.incarnation}, epoch ${head.epoch}, event ${head.seq})` : ''
  return `${EXPLANATIONS[reason](name, facts)}${where}`
}

/** What is written down at the destination about a fence. It names nobody: another organization may be reading it. */
export function fenceIncident(
  reason: FenceReason,
  identity: LogIdentity,
  head: StreamHead | undefined,
): Incident {
  const { incarnation, epoch } = identity
  const central = head ? { incarnation: head.incarnation, epoch: head.epoch, seq: head.seq } : null
  return { kind: 'fence', detail: { reason, incarnation, epoch, central } }
}

/** The alarm of a gap: which events a destination lacks, why, and where they may still be. */
export function gapCause(name: string, { fromSeq, toSeq }: Gap, restored: boolean): string {
  const lacking = `events ${fromSeq} to ${toSeq} are no longer kept here`
  return restored
    ? `${name} was restored too far back: ${lacking}; look for them in a backup of ${name}`
    : `${name} begins with event ${toSeq + 1}: ${lacking}, because they were not kept for ${name}; look for them in another destination`
}
