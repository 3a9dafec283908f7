/** Signing in and out, and what people may change of themselves. */

import { Secret } from '../../runtime/secret.ts'
import { type ApiCall, type Endpoint, endpoint } from '../endpoint.ts'
import { ApiRefusal } from '../refusal.ts'
import { languageShape, ownPasswordShape, type SessionOnWire, sessionShape, signInShape } from '../shapes.ts'
import { attemptKey, type ConsoleAccess } from './access.ts'
import { withLanguage, withPassword } from './edit-users.ts'
import { isSameName, type UserRecord } from './user-file.ts'

interface SessionParts {
  readonly access: ConsoleAccess
  readonly gateway: string
  /** Of the plant, IANA name. */
  readonly timezone: string
  readonly nowMs: () => number
}

/** What everybody may know of the gateway. */
type About = Pick<SessionParts, 'gateway' | 'timezone'>

type AnyCall = ApiCall<unknown, unknown, unknown>

export function sessionEndpoints(parts: SessionParts): readonly Endpoint[] {
  return [whoAmI(parts), signIn(parts), signOut(parts), ownPassword(parts), ownLanguage(parts)]
}

function whoAmI(parts: SessionParts): Endpoint {
  return endpoint({
    method: 'GET',
    path: '/session',
    role: 'anybody',
    summary: 'Who is signed in, or why nobody is.',
    answer: sessionShape,
    handle: (call) => sessionOf(parts, call),
  })
}

function signIn(parts: SessionParts): Endpoint {
  const { access } = parts
  return endpoint({
    method: 'POST',
    path: '/session',
    role: 'anybody',
    summary: 'Signs a user in. The answer sets a cookie.',
    body: signInShape,
    answer: sessionShape,
    // What is no name of a user may be a password in the wrong field.
    audit: ({ body }) => `sign-in as ${userNamed(access, body.name)?.name ?? 'somebody unknown'}`,
    handle: async ({ body, origin }) => {
      if (access.list.users.length === 0) throw noUsers()
      const attempt = { ...origin, user: attemptKey(body.name) }
      access.lockOut.begin(attempt)
      const user = userNamed(access, body.name)
      const isRight = await access.passwords.isRight(body.password, user?.password_hash)
      if (!user || !isRight) throw wrongPassword()
      access.lockOut.succeeded(attempt)
      origin.browser.keep(new Secret(access.sessions.begin(user)))
      return signedIn(user, parts)
    },
  })
}

function signOut(parts: SessionParts): Endpoint {
  const { access } = parts
  return endpoint({
    method: 'DELETE',
    path: '/session',
    role: 'anybody',
    summary: 'Signs out.',
    answer: sessionShape,
    handle: ({ origin }) => {
      if (origin.browser.held) access.sessions.end(origin.browser.held.reveal())
      origin.browser.forget()
      return nobodyIn(parts, 'needed')
    },
  })
}

function ownPassword(parts: SessionParts): Endpoint {
  const { access, nowMs } = parts
  return endpoint({
    method: 'PUT',
    path: '/session/password',
    role: 'view',
    summary: 'Sets a new password of one’s own. Other sessions of the same user end.',
    body: ownPasswordShape,
    answer: sessionShape,
    handle: async (call) => {
      const { body, origin } = call
      const user = requireUser(access, call)
      const attempt = { ...origin, user: attemptKey(user.name) }
      access.lockOut.begin(attempt)
      if (!(await access.passwords.isRight(body.present, user.password_hash))) throw wrongPassword()
      access.lockOut.succeeded(attempt)
      const passwordHash = await access.passwords.hash(body.next)
      await access.change((list) => withPassword(list, user.name, { passwordHash, nowMs: nowMs() }))
      const changed = requireUser(access, call)
      origin.browser.keep(new Secret(access.sessions.begin(changed)))
      return signedIn(changed, parts)
    },
  })
}

function ownLanguage(parts: SessionParts): Endpoint {
  const { access } = parts
  return endpoint({
    method: 'PUT',
    path: '/session/language',
    role: 'view',
    summary: 'Sets the language in which the pages speak to the user.',
    body: languageShape,
    answer: sessionShape,
    handle: async (call) => {
      const { name } = requireUser(access, call)
      await access.change((list) => withLanguage(list, name, call.body.language))
      return sessionOf(parts, call)
    },
  })
}

function sessionOf(parts: SessionParts, { caller, origin }: AnyCall): SessionOnWire {
  const { access } = parts
  const user = userNamed(access, caller.name)
  if (origin.kind === 'user' && user) return signedIn(user, parts)
  if (origin.kind === 'local' || origin.kind === 'token') {
    const { name, role } = caller
    const state = origin.kind === 'local' ? 'local' : 'signed-in'
    return { ...about(parts), state, user: { name, role, language: null } }
  }
  return nobodyIn(parts, access.list.users.length > 0 || origin.isHere ? 'needed' : 'refused')
}

function nobodyIn(parts: About, state: 'needed' | 'refused'): SessionOnWire {
  return { ...about(parts), state, user: null }
}

function signedIn({ name, role, language }: UserRecord, parts: About): SessionOnWire {
  return { ...about(parts), state: 'signed-in', user: { name, role, language } }
}

function about({ gateway, timezone }: About): About {
  return { gateway, timezone }
}

function userNamed(access: ConsoleAccess, name: string): UserRecord | undefined {
  return access.list.users.find((user) => isSameName(user.name, name))
}

/** @throws ApiRefusal where the caller is no user: a script, or this computer */
function requireUser(access: ConsoleAccess, { caller, origin }: AnyCall): UserRecord {
  const user = origin.kind === 'user' ? userNamed(access, caller.name) : undefined
  if (user) return user
  throw new ApiRefusal(409, 'access-no-user', `${caller.name} is no user and has no password or language`, {
    hint: 'sign in as a user',
  })
}

function wrongPassword(): ApiRefusal {
  return new ApiRefusal(401, 'access-wrong', 'the name or the password is wrong', {
    hint: 'an administrator can set a new password, also with "millrace users password" at the gateway',
  })
}

function noUsers(): ApiRefusal {
  return new ApiRefusal(409, 'access-no-users', 'there are no users to sign in as', {
    hint: 'make one at the gateway: "millrace users add NAME"',
  })
}
