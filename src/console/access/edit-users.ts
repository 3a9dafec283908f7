/** The changes that can be made to the list of users and tokens, as functions from one list to the next. */
import { createHash, randomBytes } from 'node:crypto'
import { utcText } from '../../domain/instant.ts'
import { ApiRefusal } from '../refusal.ts'
import type { Role } from '../shapes.ts'
import { isSameName, type TokenRecord, type UserList, type UserRecord } from './user-file.ts'

const TOKEN_BYTES = 32
/** So that a token is known for one wherever it is found, such as in a script that is about to be published. */
const TOKEN_PREFIX = 'millrace_'
const HEX = 'hex'

interface NewUser {
  readonly name: string
  readonly role: Role
  readonly passwordHash: string
  /** Ms since 1970. */
  readonly nowMs: number
}

export function withUser(list: UserList, { name, role, passwordHash, nowMs }: NewUser): UserList {
  requireFree(list, name)
  if (list.users.length === 0 && role !== 'administer') {
    throw new ApiRefusal(409, 'users-first', 'the first user must be one who may administer', {
      hint: 'else nobody could make others',
    })
  }
  const at = utcText(nowMs)
  const user: UserRecord = {
    ...{ name: name.normalize('NFC'), role, password_hash: passwordHash },
    ...{ language: null, created_at: at, password_at: at },
  }
  return { ...list, users: [...list.users, user] }
}

export function withoutUser(list: UserList, name: string): UserList {
  userOf(list, name)
  const users = list.users.filter((user) => !isSameName(user.name, name))
  return requireAdministrator({ ...list, users })
}

export function withRole(list: UserList, name: string, role: Role): UserList {
  return requireAdministrator(changed(list, name, (user) => ({ ...user, role })))
}

export function withPassword(
  list: UserList,
  name: string,
  { passwordHash, nowMs }: Pick<NewUser, 'passwordHash' | 'nowMs'>,
): UserList {
  const password_at = utcText(nowMs)
  return changed(list, name, (user) => ({ ...user, password_hash: passwordHash, password_at }))
}

export function withLanguage(list: UserList, name: string, language: UserRecord['language']): UserList {
  return changed(list, name, (user) => ({ ...user, language }))
}

/** A new token, which is nowhere but in what this returns, and the list that knows it. */
export function withToken(
  list: UserList,
  { name, role, nowMs }: Omit<NewUser, 'passwordHash'>,
): { readonly list: UserList; readonly token: string } {
  requireFree(list, name)
  const token = `${TOKEN_PREFIX}${randomBytes(TOKEN_BYTES).toString('base64url')}`
  const made: TokenRecord = { name, role, sha256: tokenHash(token), created_at: utcText(nowMs) }
  return { list: { ...list, tokens: [...list.tokens, made] }, token }
}

export function withoutToken(list: UserList, name: string): UserList {
  const tokens = list.tokens.filter((token) => !isSameName(token.name, name))
  if (tokens.length === list.tokens.length) throw unknown('token', name, list.tokens)
  return { ...list, tokens }
}

/** As a token is stored: it is random and long, so that one pass is enough. */
export function tokenHash(token: string): string {
  return createHash('sha256').update(token).digest(HEX)
}

/** The user of a name. @throws ApiRefusal where there is none */
export function userOf(list: UserList, name: string): UserRecord {
  const user = list.users.find((one) => isSameName(one.name, name))
  if (!user) throw unknown('user', name, list.users)
  return user
}

function changed(list: UserList, name: string, change: (user: UserRecord) => UserRecord): UserList {
  const before = userOf(list, name)
  return { ...list, users: list.users.map((user) => (user === before ? change(user) : user)) }
}

/** Without users the console answers its own computer only. With some, one of them must be able to change that. */
function requireAdministrator(list: UserList): UserList {
  if (list.users.length === 0 || list.users.some(({ role }) => role === 'administer')) return list
  throw new ApiRefusal(409, 'users-last', 'nobody would be left who may administer', {
    hint: 'give another user that role first',
  })
}

function requireFree(list: UserList, name: string): void {
  const isTaken = [...list.users, ...list.tokens].some((one) => isSameName(one.name, name))
  if (!isTaken && !isSameName(name, 'local')) return
  throw new ApiRefusal(409, 'users-name', `the name ${name} is taken`, { hint: 'choose another one' })
}

function unknown(
  kind: 'user' | 'token',
  name: string,
  all: readonly { readonly name: string }[],
): ApiRefusal {
  const hint =
    all.length === 0 ? `there are no ${kind}s` : `there are: ${all.map((one) => one.name).join(', ')}`
  return new ApiRefusal(404, 'users-unknown', `there is no ${kind} ${name}`, { hint })
}
