/** What goes over the wire about who is signed in, users, the audit trail, and refusals. The pages import the types. */
import { z } from 'zod'

/** What a signed-in person may do; each role may do what those before it may. */
export const ROLES = ['view', 'configure', 'administer'] as const
export type Role = (typeof ROLES)[number]

/** Of the texts of the pages. */
export const LANGUAGES = ['en', 'de', 'it', 'hr'] as const

const role = z.enum(ROLES)
const language = z.enum(LANGUAGES)
/** UTC text. */
const moment = z.string()

/** Every call of the API that changes something carries it, with any value: no page of another site can send it. */
export const PAGE_HEADER = 'x-millrace'

/** The JSON of every answer of the API that is no success. */
export const refusalShape = z.object({
  code: z.string(),
  what: z.string(),
  hint: z.string().optional(),
  /** Of a text that was sent, each with its place. */
  faults: z
    .array(
      z.object({
        file: z.string(),
        line: z.number(),
        column: z.number(),
        path: z.string(),
        message: z.string(),
        hint: z.string().optional(),
      }),
    )
    .optional(),
})
export type RefusalOnWire = z.output<typeof refusalShape>

/** The rules of a user's name and password. */
export const userName = z
  .string()
  .regex(/^[\p{L}\p{N}][\p{L}\p{N}._@-]{0,63}$/u, 'letters, digits and . _ @ -')
export const password = z.string().min(10, 'at least 10 characters').max(200, 'at most 200 characters')

/** `GET`, `POST` (sign in) and `DELETE` (sign out) of `/session`. */
export const sessionShape = z.object({
  gateway: z.string(),
  /** Of the plant, IANA name: shifts are in it, while the pages show the reader's own. */
  timezone: z.string(),
  /**
   * `local`: no user has been made, and this computer asks; `signed-in`: as `user`; `needed`: sign in first;
   * `refused`: no user has been made, and another computer asks.
   */
  state: z.enum(['local', 'signed-in', 'needed', 'refused']),
  user: z.object({ name: z.string(), role, language: language.nullable() }).nullable(),
})
export const signInShape = z.strictObject({ name: z.string().max(200), password: z.string().max(1_000) })
/** `PUT /session/password`, of one's own. */
export const ownPasswordShape = z.strictObject({ present: z.string().max(1_000), next: password })
/** `PUT /session/language`. */
export const languageShape = z.strictObject({ language })

/** `GET /users`. */
export const usersShape = z.object({
  users: z.array(
    z.object({
      name: z.string(),
      role,
      created_at: moment,
      password_at: moment,
      locked_s: z.number().nullable(),
    }),
  ),
  tokens: z.array(z.object({ name: z.string(), role, created_at: moment })),
})
/** `POST /users`. */
export const newUserShape = z.strictObject({ name: userName, role, password })
/** `PUT /users/:name`: what is given is changed. */
export const changedUserShape = z.strictObject({ role: role.optional(), password: password.optional() })
/** `POST /tokens`, and its answer: the only time that the token is shown. */
export const newTokenShape = z.strictObject({ name: userName, role })
export const madeTokenShape = z.object({ name: z.string(), role, token: z.string() })

/** `GET /audit-trail?before=ID&limit=N&who=NAME`, newest first. */
export const auditTrailShape = z.object({
  entries: z.array(
    z.object({
      id: z.number(),
      at: moment,
      /** What kind of record it is, by a name that stays the same: `console-call`, `map-in-force`. */
      event: z.string(),
      /** Null where nobody was signed in, and where it was the gateway itself. */
      who: z.string().nullable(),
      /** The address of a caller, `command`, or `gateway`. */
      from: z.string(),
      what: z.string(),
      /** Of a call of the console, as the status is; else null. */
      method: z.string().nullable(),
      path: z.string().nullable(),
      /** Of HTTP: below 400 it was done. */
      status: z.number().nullable(),
    }),
  ),
  /** Whether there are older ones. */
  more: z.boolean(),
})

export type SessionOnWire = z.output<typeof sessionShape>
export type UsersOnWire = z.output<typeof usersShape>
export type MadeTokenOnWire = z.output<typeof madeTokenShape>
export type AuditTrailOnWire = z.output<typeof auditTrailShape>
