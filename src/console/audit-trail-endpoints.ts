/** The audit trail, for those who may administer. */
import { z } from 'zod'
import type { AuditTrail } from '../audit-trail/audit-trail.ts'
import type { TrailRecord } from '../audit-trail/records.ts'
import { utcText } from '../domain/instant.ts'
import { type Endpoint, endpoint } from './endpoint.ts'
import { type AuditTrailOnWire, auditTrailShape } from './shapes.ts'

const PAGE_MAX = 500
const PAGE = 100

const question = z.strictObject({
  before: z.coerce.number().int().positive().optional(),
  who: z.string().max(200).optional(),
  limit: z.coerce.number().int().min(1).max(PAGE_MAX).default(PAGE),
})

export function auditTrailEndpoints(trail: AuditTrail): readonly Endpoint[] {
  return [
    endpoint({
      method: 'GET',
      path: '/audit-trail',
      role: 'administer',
      summary:
        'Who changed what, when and from where, and what the gateway did and found, newest first; refused calls and failed sign-ins included.',
      query: question,
      answer: auditTrailShape,
      handle: async ({ query: { before = null, who = null, limit } }) => {
        const found = await trail.records({ before, who, limit: limit + 1 })
        return { entries: found.slice(0, limit).map(onWire), more: found.length > limit }
      },
    }),
  ]
}

function onWire({
  id,
  atMs,
  event,
  who,
  origin,
  what,
  details,
}: TrailRecord): AuditTrailOnWire['entries'][number] {
  const { method = null, path = null, status = null } = callIn(details)
  return { id, at: utcText(atMs), event, who, from: origin, what, method, path, status }
}

interface RecordedCall {
  readonly method?: string
  readonly path?: string
  readonly status?: number
}

/** Of a call of the console; empty of anything else. */
function callIn(details: string): RecordedCall {
  return JSON.parse(details) as RecordedCall
}
