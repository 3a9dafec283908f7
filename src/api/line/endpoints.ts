/** The line: how all machines stand, as a list and as a stream, and what they did. */
import { type Endpoint, type EventStream, endpoint, eventStream } from '../../console/endpoint.ts'
import { ApiRefusal } from '../../console/refusal.ts'
import { utcMs, utcText } from '../../domain/instant.ts'
import type { Clock } from '../../runtime/clock.ts'
import { isMachineSubject } from '../../status/machine-subject.ts'
import { type AskedSpan, type PastParts, sums, timelines } from './past.ts'
import { lineChange, lineShape, spanQuery, sumsShape, timelinesShape } from './shapes.ts'
import { TileFeed } from './tile-feed.ts'
import { lineTiles, type TileParts } from './tiles.ts'

type LineParts = TileParts & PastParts & { readonly clock: Clock }

/** In one question. */
const DAYS_MAX = 32
const MACHINE_DAYS_MAX = 64
const DAY_MS = 86_400_000

export function lineEndpoints(parts: LineParts): readonly Endpoint[] {
  return [
    endpoint({
      method: 'GET',
      path: '/line',
      role: 'view',
      summary: 'How every machine stands now.',
      answer: lineShape,
      handle: () => ({ at: utcText(parts.clock.now().wallMs), machines: [...lineTiles(parts)] }),
    }),
    endpoint({
      method: 'GET',
      path: '/line/timelines',
      role: 'view',
      summary: 'What the machines did in a span of time, without a hole: what was not seen says so.',
      query: spanQuery,
      answer: timelinesShape,
      handle: ({ query }) => timelines(parts, boundedSpan(parts, askedSpan(query))),
    }),
    endpoint({
      method: 'GET',
      path: '/line/sums',
      role: 'view',
      summary: 'Availability of the machines in a span of time, and the reasons of their stops.',
      query: spanQuery,
      answer: sumsShape,
      handle: ({ query }) => sums(parts, askedSpan(query)),
    }),
  ]
}

export function lineStreams(parts: LineParts): readonly EventStream[] {
  const feed = new TileFeed({ tiles: () => lineTiles(parts), clock: parts.clock })
  return [
    eventStream({
      path: '/line/events',
      role: 'view',
      summary: 'How every machine stands, and then what changes in that.',
      event: lineChange,
      open: (_call, send) => feed.open(send),
    }),
  ]
}

interface SpanQuery {
  readonly from: string
  readonly to: string
  readonly machines?: string | undefined
}

function askedSpan({ from, to, machines }: SpanQuery): AskedSpan {
  const lengthMs = utcMs(to) - utcMs(from)
  if (!(lengthMs > 0 && lengthMs <= DAYS_MAX * DAY_MS)) {
    const what = `a span ends after it begins, and is at most ${DAYS_MAX} days long`
    throw new ApiRefusal(400, 'history-span', what, { hint: 'ask for several shorter ones' })
  }
  const codes = machines === undefined ? undefined : machines.split(',').filter(Boolean).map(decoded)
  return { from, to, machines: codes }
}

/** The whole of many machines is made and sent in one piece, while others wait. */
function boundedSpan(parts: LineParts, span: AskedSpan): AskedSpan {
  const machines = span.machines?.length ?? parts.pipeline.subjects.filter(isMachineSubject).length
  const machineDays = (machines * (utcMs(span.to) - utcMs(span.from))) / DAY_MS
  if (machineDays <= MACHINE_DAYS_MAX) return span
  const what = `timelines are given for at most ${MACHINE_DAYS_MAX} machines and a day at a time, or for fewer and more`
  throw new ApiRefusal(400, 'history-machines', what, { hint: 'name some machines, and then the others' })
}

function decoded(code: string): string {
  try {
    return decodeURIComponent(code)
  } catch {
    return code
  }
}
