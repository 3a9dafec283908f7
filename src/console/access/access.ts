/** Who may come in: users by their sessions, scripts by their tokens, and this computer itself as long as there are no users. */

import type {} from '@fastify/cookie'
import type { FastifyReply } from 'fastify'
import { withHint } from '../../domain/errors.ts'
import type { Trouble } from '../../domain/health.ts'
import type { Clock } from '../../runtime/clock.ts'
import type { Log } from '../../runtime/log.ts'
import { Secret } from '../../runtime/secret.ts'
import type { AskedRequest } from '../asked-request.ts'
import type { Caller, CallOrigin, Endpoint } from '../endpoint.ts'
import { ApiRefusal } from '../refusal.ts'
import { ROLES, type Role } from '../shapes.ts'
import { tokenHash } from './edit-users.ts'
import { LockOut } from './lock-out.ts'
import { addressOf, isFromHere, refuseForeignPages } from './origin.ts'
import { PasswordCheck } from './passwords.ts'
import { BrowserSessions } from './sessions.ts'
import { FollowedUserFile, nameKey, UserFileFault, type UserList, type UserRecord } from './user-file.ts'

const ACCESS_TROUBLES = { users: 'console-users' } as const

const LOCAL: Caller = { name: 'local', role: 'administer' }
/** Of what `anybody` may ask. */
const NOBODY: Caller = { name: 'nobody', role: 'view' }
const BEARER = /^Bearer(?: +(\S+)$|\b)/i

/** Somebody who was let in. */
export interface Admitted {
  readonly caller: Caller
  readonly kind: CallOrigin['kind']
}

/** Who asks: somebody, or the reason why it is nobody. */
type Visitor =
  | { readonly kind: 'user'; readonly user: UserRecord }
  | { readonly kind: 'token'; readonly caller: Caller }
  | { readonly kind: 'local' | 'needed' | 'refused' }

interface AccessParts {
  readonly dataFolder: string
  readonly clock: Clock
  readonly log: Log
}

/** Lets calls into one gateway's console, or refuses them. */
export class ConsoleAccess {
  readonly sessions: BrowserSessions
  readonly lockOut: LockOut
  readonly passwords: PasswordCheck
  readonly #parts: AccessParts
  readonly #file: FollowedUserFile
  /** Undefined where the file cannot be used, or has not been read yet: then nobody is let in. */
  #list: UserList | undefined
  #trouble: Trouble | undefined

  constructor(parts: AccessParts) {
    const { clock, dataFolder } = parts
    const monoMs = () => clock.now().monoMs
    this.#parts = parts
    this.#file = new FollowedUserFile(dataFolder)
    this.sessions = new BrowserSessions(monoMs)
    this.lockOut = new LockOut(monoMs)
    this.passwords = new PasswordCheck(clock)
  }

  /** What is wrong with it. */
  get troubles(): readonly Trouble[] {
    return this.#trouble ? [this.#trouble] : []
  }

  /** @throws ApiRefusal where nobody knows who they are */
  get list(): UserList {
    if (this.#list) return this.#list
    const { hint } = this.#trouble ?? { hint: 'try again in a moment' }
    const what = 'the users of this gateway cannot be read'
    throw new ApiRefusal(503, 'access-users', what, { hint, retryAfterS: 5 })
  }

  /** Reads the file where somebody has changed it, such as `millrace users`. */
  async look(): Promise<void> {
    try {
      this.#list = (await this.#file.changed()) ?? this.#list
      if (this.#trouble)
        this.#parts.log.info(
          { event: 'trouble-over', code: ACCESS_TROUBLES.users },
          'over: the users can be read',
        )
      this.#trouble = undefined
    } catch (error) {
      if (!(error instanceof UserFileFault)) throw error
      this.#list = undefined
      this.#found(error)
    }
  }

  /** @throws ApiRefusal, UserFileFault */
  async change(change: (list: UserList) => UserList): Promise<void> {
    await this.#file.change(change)
    await this.look()
  }

  /** @throws ApiRefusal where the caller may not do this */
  admit(request: AskedRequest, role: Endpoint['role']): Admitted {
    if (tokenIn(request) === undefined) refuseForeignPages(request)
    if (role === 'anybody') return this.whoIs(request)
    const visitor = this.#visitor(request)
    if (visitor.kind === 'needed' || visitor.kind === 'refused') throw refusalOf(visitor.kind)
    const { caller, kind } = admitted(visitor)
    if (mayDo(caller.role, role)) return { caller, kind }
    throw new ApiRefusal(403, 'access-role', `${caller.name} may not do this: it takes the role ${role}`, {
      hint: 'an administrator can give it, on the page Users or with "millrace users role"',
    })
  }

  /** @param isUse false where asking is not to keep a session going. @throws ApiRefusal where nobody knows who the users are */
  #visitor(request: AskedRequest, isUse = true): Visitor {
    const { users, tokens } = this.list
    const token = tokenIn(request)
    if (token !== undefined) {
      const hash = tokenHash(token)
      const known = tokens.find(({ sha256 }) => sha256 === hash)
      return known ? { kind: 'token', caller: { name: known.name, role: known.role } } : { kind: 'needed' }
    }
    if (users.length === 0) return { kind: isFromHere(request) ? 'local' : 'refused' }
    const key = request.cookies[cookieName(request)]
    const user = key === undefined ? undefined : this.sessions.userOf(key, users, isUse)
    return user ? { kind: 'user', user } : { kind: 'needed' }
  }

  /** Whether somebody who was let in may stay: for what goes on longer than a call. */
  mayStay(request: AskedRequest, role: Endpoint['role']): boolean {
    if (role === 'anybody') return true
    try {
      const visitor = this.#visitor(request, false)
      if (visitor.kind === 'needed' || visitor.kind === 'refused') return false
      return mayDo(admitted(visitor).caller.role, role)
    } catch {
      // Nobody knows who the users are.
      return false
    }
  }

  /** Somebody, or nobody; also where nobody knows who the users are. */
  whoIs(request: AskedRequest): Admitted {
    return admitted(this.#list ? this.#visitor(request) : { kind: 'needed' })
  }

  #found(error: UserFileFault): void {
    const { message: what, hint = '' } = error
    if (this.#trouble?.what === what) return
    const { clock, log } = this.#parts
    this.#trouble = { code: ACCESS_TROUBLES.users, what, hint, sinceMs: clock.now().wallMs }
    log.error({ event: 'trouble-began', code: ACCESS_TROUBLES.users }, withHint(what, hint))
  }
}

/** Where a call comes from, and what its browser holds and is given. */
export function originOf(request: AskedRequest, reply: FastifyReply, kind: CallOrigin['kind']): CallOrigin {
  const name = cookieName(request)
  const key = request.cookies[name]
  const options = {
    path: '/',
    httpOnly: true,
    sameSite: 'strict',
    secure: request.protocol === 'https',
  } as const
  return {
    address: addressOf(request),
    isHere: isFromHere(request),
    kind,
    browser: {
      held: key === undefined ? undefined : new Secret(key),
      keep: (session) => void reply.setCookie(name, session.reveal(), options),
      forget: () => void reply.clearCookie(name, options),
    },
  }
}

/** Cookies know no ports: two gateways of one computer must not sign each other's users out. */
function cookieName({ raw: { socket }, protocol }: AskedRequest): string {
  return `${protocol === 'https' ? '__Host-' : ''}millrace-${socket.localPort}`
}

/**
 * Only a script sends one. Of other kinds no word is taken: a browser sends a name and a password by itself where a page elsewhere has
 * put them into a link or form, or a proxy asks for them.
 */
function tokenIn({ headers }: AskedRequest): string | undefined {
  const bearer = BEARER.exec(headers.authorization ?? '')
  return bearer ? (bearer[1] ?? '') : undefined
}

function admitted(visitor: Visitor): Admitted {
  if (visitor.kind === 'user') {
    const { name, role } = visitor.user
    return { kind: 'user', caller: { name, role } }
  }
  if (visitor.kind === 'token') return visitor
  return visitor.kind === 'local' ? { kind: 'local', caller: LOCAL } : { kind: 'nobody', caller: NOBODY }
}

function mayDo(has: Role, needs: Role): boolean {
  return ROLES.indexOf(has) >= ROLES.indexOf(needs)
}

function refusalOf(kind: 'needed' | 'refused'): ApiRefusal {
  if (kind === 'needed') {
    const hint = 'sign in, or send a token: "Authorization: Bearer TOKEN"'
    return new ApiRefusal(401, 'access-sign-in', 'nobody is signed in', { hint })
  }
  return new ApiRefusal(401, 'access-no-users', 'without users the console answers its own computer only', {
    hint: 'make one there: "millrace users add NAME"',
  })
}

/** A name as failed sign-ins are counted by, whoever made it up. */
export function attemptKey(name: string): string {
  return nameKey(name).slice(0, 64)
}
