/**
 * The contract between the console's server and the rooms whose views it serves: a list of endpoints. Each one says who may call
 * it, and what goes in and comes out. The server checks all of that; the OpenAPI document is made from the same list.
 */
import { z } from 'zod'
import type { Secret } from '../runtime/secret.ts'
import type { Role } from './shapes.ts'

/** Who calls. */
export interface Caller {
  /** The name of a user, or of the token of a script; `local` where no user has been made yet. */
  readonly name: string
  readonly role: Role
}

/** Where a call comes from. */
export interface CallOrigin {
  /** The address of the computer that asks, or of the proxy before it. */
  readonly address: string
  /** Whether it is this computer itself, and no proxy on it. */
  readonly isHere: boolean
  readonly kind: 'user' | 'token' | 'local' | 'nobody'
  /** For signing in and out only. */
  readonly browser: BrowserSession
}

/** What the caller's browser holds of a session. */
interface BrowserSession {
  /** Right or wrong; undefined where it holds nothing. */
  readonly held: Secret | undefined
  keep(session: Secret): void
  forget(): void
}

/** What belongs to every endpoint. */
interface EndpointBasics {
  /** Below `/api/v1`, such as `/machines/:machine/rows`. */
  readonly path: string
  /** The least role; `anybody` needs no sign-in. */
  readonly role: Role | 'anybody'
  /** One sentence for the OpenAPI document. */
  readonly summary: string
  /** It has a body and changes nothing, as a text that is judged while it is typed: the audit trail has no word of it. */
  readonly isQuestion?: true
}

/** A call as its endpoint sees it: everything has been checked by the endpoint's schemas. */
export interface ApiCall<Params, Query, Body> {
  readonly params: Params
  readonly query: Query
  readonly body: Body
  readonly caller: Caller
  readonly origin: CallOrigin
  /** Aborted when the caller has gone, or the gateway stops. */
  readonly signal: AbortSignal
}

/** An answer that is a file: its handler gives text or bytes. */
interface FileAnswer {
  readonly mediaType: string
}

/** One question and its answer. `GET` changes nothing; everything else is written into the audit trail, unless it is a question. */
export interface Endpoint extends EndpointBasics {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  readonly params: z.ZodType
  readonly query: z.ZodType
  readonly body: z.ZodType
  /** Of the answer; of one that is a file, its media type instead. */
  readonly answer: z.ZodType | FileAnswer
  /** What the audit trail says of a call, in words and without secrets; absent: the summary. */
  readonly audit?: (call: ApiCall<never, never, never>) => string
  readonly handle: (call: ApiCall<never, never, never>) => Promise<unknown>
}

/** A stream of server-sent events: the present state first, then what changes in it. */
export interface EventStream extends EndpointBasics {
  readonly params: z.ZodType
  readonly query: z.ZodType
  readonly event: z.ZodType
  /** @param send sends one event; what a slow caller has not taken is dropped for the newest of the same stream. @returns how to end it */
  readonly open: (call: ApiCall<never, never, undefined>, send: (event: unknown) => void) => Disposable
}

/** Everything that the console serves below `/api/v1`. */
export interface ConsoleApi {
  readonly endpoints: readonly Endpoint[]
  readonly streams: readonly EventStream[]
}

const NOTHING = z.strictObject({})
const NO_BODY = z.undefined()

interface EndpointDefinition<
  Params extends z.ZodType,
  Query extends z.ZodType,
  Body extends z.ZodType,
  Answer,
> extends EndpointBasics {
  readonly method: Endpoint['method']
  readonly params?: Params
  readonly query?: Query
  readonly body?: Body
  readonly answer: z.ZodType<unknown, Answer> | FileAnswer
  readonly audit?: (call: ApiCall<z.output<Params>, z.output<Query>, z.output<Body>>) => string
  /** @throws ApiRefusal with what the caller is to read */
  readonly handle: (
    call: ApiCall<z.output<Params>, z.output<Query>, z.output<Body>>,
  ) => NoInfer<Answer> | Promise<NoInfer<Answer>>
}

/** An endpoint whose handler is typed by its schemas. Where no schema is given, nothing is taken. */
export function endpoint<
  Answer = string | Uint8Array,
  Params extends z.ZodType = typeof NOTHING,
  Query extends z.ZodType = typeof NOTHING,
  Body extends z.ZodType = typeof NO_BODY,
>({ handle, ...definition }: EndpointDefinition<Params, Query, Body, Answer>): Endpoint {
  return {
    params: NOTHING,
    query: NOTHING,
    body: NO_BODY,
    ...definition,
    handle: async (call) => handle(call),
  }
}

interface StreamDefinition<Params extends z.ZodType, Query extends z.ZodType, Event> extends EndpointBasics {
  readonly params?: Params
  readonly query?: Query
  readonly event: z.ZodType<unknown, Event>
  /** @param send sends one event. @returns how to end it. @throws ApiRefusal with what the caller is to read */
  readonly open: (
    call: ApiCall<z.output<Params>, z.output<Query>, undefined>,
    send: (event: NoInfer<Event>) => void,
  ) => Disposable
}

/** A stream whose events are typed by its schema. */
export function eventStream<
  Event,
  Params extends z.ZodType = typeof NOTHING,
  Query extends z.ZodType = typeof NOTHING,
>({ open, ...definition }: StreamDefinition<Params, Query, Event>): EventStream {
  return { params: NOTHING, query: NOTHING, ...definition, open: (call, send) => open(call, send) }
}
