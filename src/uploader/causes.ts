/** What people are told about fences and gaps, which only they can mend. The gateway keeps buffering and looks again by itself. */
import type { Incident, StreamHead } from '../domain/destination.ts'
import type { LogIdentity } from '../domain/outbox.ts'
import type { FenceReason, Gap } from './resync.ts'

const ADOPT = 'if this gateway is the right one, run `millrace buffer adopt`'

const EXPLANATIONS: Readonly<Record<FenceReason, (name: string) => string>> = {
  'stream row missing': (name) =>
    `${name} holds rows of this gateway but its row in edge_gateway.stream is gone: put it back from ${name}'s backup, or`,
  'other incarnation': (name) =>
    `${name}'s stream belongs to another log: a disk was replaced, or two gateways use one name; stop the other gateway, and`,
  'ahead of our log': (name) =>
    `${name} has events that this log never had: an old disk image or a cloned card; stop the other gateway, and`,
  'other history': (name) =>
    `${name}'s events differ from this log's: a cloned card or an old disk image; stop the other gateway, and`,
}

/** The cause of a fence, and what to do, in one sentence. */
export function fenceCause(name: string, reason: FenceReason, head: StreamHead | undefined): string {
  const where = head ? ` (${name}: ${head.incarnation}, epoch ${head.epoch}, event ${head.seq})` : ''
  return `${EXPLANATIONS[reason](name)} ${ADOPT}${where}`
}

/** What is written down at the destination about a fence. */
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
