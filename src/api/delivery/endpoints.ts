/** What the page of delivery asks, and what it sets off. */
import { z } from 'zod'
import { type Endpoint, endpoint } from '../../console/endpoint.ts'
import { ApiRefusal } from '../../console/refusal.ts'
import { GatewayError } from '../../domain/errors.ts'
import { createAuditJob } from './audit-job.ts'
import { incidentsEverywhere } from './incidents.ts'
import { discardRows, quarantines, retryRows } from './quarantine.ts'
import {
  auditJobSchema,
  type ChosenRowsShape,
  deliverySchema,
  discardedSchema,
  discardSchema,
  incidentsSchema,
  quarantineSchema,
  retriedSchema,
  retrySchema,
} from './shapes.ts'
import { deliveryStanding, type LocalParts } from './standing.ts'
import type { VisitParts } from './visits.ts'

interface DeliveryParts extends LocalParts, VisitParts {
  readonly outbox: LocalParts['outbox'] & VisitParts['outbox']
  readonly clock: VisitParts['clock']
  /** The file of the local log. */
  readonly logFile: string
  /** Aborted when the gateway stops. */
  readonly signal: AbortSignal
}

export function deliveryEndpoints(parts: DeliveryParts): readonly Endpoint[] {
  return [standingEndpoint(parts), ...quarantineEndpoints(parts), ...auditEndpoints(parts)]
}

function standingEndpoint(parts: DeliveryParts): Endpoint {
  return endpoint({
    method: 'GET',
    path: '/delivery',
    role: 'view',
    summary: 'How full the local log is, what each route has of it, and when what waits will be gone.',
    answer: deliverySchema,
    handle: () => deliveryStanding(parts),
  })
}

function quarantineEndpoints(parts: DeliveryParts): readonly Endpoint[] {
  const { signal } = parts
  // However many pages are open, a destination is asked once at a time.
  const list = sharing(() => quarantines(parts, signal))
  const incidents = sharing(() => incidentsEverywhere(parts, signal))
  const inTurn = oneAtATime()
  return [
    endpoint({
      method: 'GET',
      path: '/delivery/quarantine',
      role: 'view',
      summary: 'The rows that each route refused for themselves, with the reason and what to do.',
      answer: quarantineSchema,
      handle: list,
    }),
    endpoint({
      method: 'POST',
      path: '/delivery/quarantine/retry',
      role: 'configure',
      summary: 'Tries rows of the quarantine again, at once.',
      body: retrySchema,
      answer: retriedSchema,
      audit: ({ body }) => `tried ${rowsText(body.rows)} of the quarantine of ${body.route} again`,
      handle: ({ body }) => inTurn(() => retryRows(parts, body, signal)),
    }),
    endpoint({
      method: 'POST',
      path: '/delivery/quarantine/discard',
      role: 'configure',
      summary: 'Gives rows of the quarantine up that nobody wants. They are kept, with who did it and why.',
      body: discardSchema,
      answer: discardedSchema,
      audit: ({ body }) => `gave up ${rowsText(body.rows)} in the quarantine of ${body.route}: ${body.why}`,
      handle: ({ body, caller }) => inTurn(() => discardRows(parts, { ...body, by: caller.name }, signal)),
    }),
    endpoint({
      method: 'GET',
      path: '/delivery/incidents',
      role: 'view',
      summary: 'What was written down at the destinations about this gateway, the newest first.',
      answer: incidentsSchema,
      handle: incidents,
    }),
  ]
}

function auditEndpoints(parts: DeliveryParts): readonly Endpoint[] {
  const job = createAuditJob(parts, parts.signal)
  return [
    endpoint({
      method: 'GET',
      path: '/delivery/audit',
      role: 'view',
      summary: 'The comparison of the local log with central: how far it has come, or what it found.',
      answer: auditJobSchema,
      handle: () => job.standing,
    }),
    endpoint({
      method: 'POST',
      path: '/delivery/audit',
      role: 'configure',
      summary: 'Starts to compare the local log with central, row by row. Nothing is changed by it.',
      body: z.strictObject({}),
      answer: auditJobSchema,
      handle: ({ caller }) => {
        if (!job.start(caller.name))
          throw new ApiRefusal(409, 'audit-runs', 'a comparison runs already', { hint: 'wait, or stop it' })
        return job.standing
      },
    }),
    endpoint({
      method: 'DELETE',
      path: '/delivery/audit',
      role: 'configure',
      summary: 'Stops the comparison that runs.',
      answer: auditJobSchema,
      handle: () => {
        job.stop()
        return job.standing
      },
    }),
  ]
}

function rowsText(rows: ChosenRowsShape): string {
  if (rows.which === 'one') return `event ${rows.seq}`
  return rows.which === 'all'
    ? 'all rows'
    : `the rows of ${rows.about} that were refused for "${rows.reason}"`
}

/** Whoever asks while an answer is on its way gets the same one. */
function sharing<T>(ask: () => Promise<T>): () => Promise<T> {
  let asked: Promise<T> | undefined
  return () => {
    asked ??= refusing(ask()).finally(() => {
      asked = undefined
    })
    return asked
  }
}

/** Changes follow each other: two people cannot hold the stream of a route up together. */
function oneAtATime(): <T>(work: () => Promise<T>) => Promise<T> {
  let isBusy = false
  return async (work) => {
    if (isBusy) {
      const hint = 'try again in a moment'
      throw new ApiRefusal(409, 'delivery-busy', 'somebody changes a quarantine just now', { hint })
    }
    isBusy = true
    try {
      return await refusing(work())
    } finally {
      isBusy = false
    }
  }
}

/** A destination that cannot be asked is no fault of this program. */
async function refusing<T>(work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    if (!(error instanceof GatewayError) || error instanceof ApiRefusal) throw error
    const { code, message, hint } = error
    throw new ApiRefusal(503, code, message, { hint, cause: error })
  }
}
