/** Teach-ins and maps that are played live: sessions between calls, with a stream of what they show. */
import {
  type ConsoleApi,
  type Endpoint,
  type EventStream,
  endpoint,
  eventStream,
} from '../../console/endpoint.ts'
import type { Clock } from '../../runtime/clock.ts'
import { deviceText } from './asked.ts'
import * as maps from './map-shapes.ts'
import type { ConnectParts } from './parts.ts'
import { Plays } from './playing.ts'
import * as shapes from './teach-shapes.ts'
import { Teachings } from './teaching.ts'

/** How often a stream shows what has become of it. */
const SHOW_EVERY_MS = 500

export function connectSessions(parts: ConnectParts): ConsoleApi {
  const teachings = new Teachings(parts)
  const plays = new Plays(parts)
  return {
    endpoints: [...teachEndpoints(teachings), ...phaseEndpoints(teachings), ...playEndpoints(plays)],
    streams: [teachStream(teachings, parts), playStream(plays, parts)],
  }
}

function teachEndpoints(teachings: Teachings): readonly Endpoint[] {
  return [
    endpoint({
      ...{
        method: 'POST',
        path: '/connect/teach',
        role: 'configure',
        body: shapes.teachAsk,
        answer: shapes.teachSession,
      },
      summary: 'Begins to record what a device shows; a caller has one teach-in at a time.',
      audit: ({ body }) => `began a teach-in at ${deviceText(body.device)}`,
      handle: ({ body, caller, signal }) => teachings.begin(body, caller.name, signal),
    }),
    endpoint({
      method: 'POST',
      path: '/connect/teach/:teach/proposal',
      role: 'configure',
      params: shapes.teachParams,
      body: shapes.proposalAsk,
      answer: shapes.teachProposal,
      summary: 'Rules that agree with everything that was shown, or why there are none.',
      audit: () => 'asked for the rules of a teach-in',
      handle: ({ params, body, caller }) => teachings.propose(params.teach, body.without, caller.name),
    }),
    endpoint({
      ...{ method: 'DELETE', path: '/connect/teach/:teach', role: 'configure', params: shapes.teachParams },
      answer: shapes.ended,
      summary: 'Ends a teach-in.',
      audit: () => 'ended a teach-in',
      handle: ({ params, caller }) => ({ ended: teachings.end(params.teach, caller.name) }),
    }),
  ]
}

function phaseEndpoints(teachings: Teachings): readonly Endpoint[] {
  return [
    endpoint({
      method: 'POST',
      path: '/connect/teach/:teach/phases',
      role: 'configure',
      params: shapes.teachParams,
      body: shapes.phaseAsk,
      answer: shapes.teachSession,
      summary: 'What the machine does from now on, for some seconds.',
      audit: ({ body }) => `showed a machine: ${body.label ?? body.kind}`,
      handle: ({ params, body, caller }) => teachings.beginPhase(params.teach, body, caller.name),
    }),
    endpoint({
      method: 'POST',
      path: '/connect/teach/:teach/phases/end',
      role: 'configure',
      params: shapes.teachParams,
      answer: shapes.teachSession,
      summary: 'Ends the phase that is recorded before its time.',
      audit: () => 'ended a phase of a teach-in',
      handle: ({ params, caller }) => teachings.endPhase(params.teach, caller.name),
    }),
    endpoint({
      ...{
        method: 'DELETE',
        path: '/connect/teach/:teach/phases/:phase',
        role: 'configure',
        params: shapes.phaseParams,
      },
      answer: shapes.teachSession,
      summary: 'Forgets a phase that went wrong.',
      audit: () => 'took a phase of a teach-in away',
      handle: ({ params, caller }) => teachings.forgetPhase(params.teach, params.phase, caller.name),
    }),
  ]
}

function playEndpoints(plays: Plays): readonly Endpoint[] {
  return [
    endpoint({
      ...{
        method: 'POST',
        path: '/connect/live',
        role: 'configure',
        body: maps.liveAsk,
        answer: maps.liveSession,
      },
      summary: 'Plays a map live without saving it, or says its faults.',
      audit: () => 'played a map live',
      handle: ({ body, caller }) => plays.begin(body, caller.name),
    }),
    endpoint({
      ...{ method: 'DELETE', path: '/connect/live/:live', role: 'configure', params: maps.liveParams },
      answer: shapes.ended,
      summary: 'Ends a map that is played live.',
      audit: () => 'ended a map that was played live',
      handle: ({ params, caller }) => ({ ended: plays.end(params.live, caller.name) }),
    }),
  ]
}

function teachStream(teachings: Teachings, { clock }: ConnectParts): EventStream {
  return eventStream({
    ...{
      path: '/connect/teach/:teach/live',
      role: 'configure',
      params: shapes.teachParams,
      event: shapes.teachLive,
    },
    summary: 'What a teach-in records, twice a second.',
    open: ({ params, caller }, send) => showing(teachings.live(params.teach, caller.name), send, clock),
  })
}

function playStream(plays: Plays, { clock }: ConnectParts): EventStream {
  return eventStream({
    ...{
      path: '/connect/live/:live/pictures',
      role: 'configure',
      params: maps.liveParams,
      event: maps.livePicture,
    },
    summary: 'What a map that is played live shows, twice a second.',
    open: ({ params, caller }, send) => showing(plays.watch(params.live, caller.name), send, clock),
  })
}

interface WatchedTrack<T> extends Disposable {
  readonly look: () => T
  readonly ended: AbortSignal
}

function showing<T>(watched: WatchedTrack<T>, send: (event: T) => void, clock: Clock): Disposable {
  let cancel = () => {}
  const show = () => {
    if (watched.ended.aborted) return
    send(watched.look())
    cancel = clock.after(SHOW_EVERY_MS, show)
  }
  show()
  return {
    [Symbol.dispose]: () => {
      cancel()
      watched[Symbol.dispose]()
    },
  }
}
