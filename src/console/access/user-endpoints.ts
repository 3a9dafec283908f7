/** Users and tokens, for those who may administer. */
import { z } from 'zod'
import { type Endpoint, endpoint } from '../endpoint.ts'
import {
  changedUserShape,
  madeTokenShape,
  newTokenShape,
  newUserShape,
  type UsersOnWire,
  usersShape,
} from '../shapes.ts'
import { attemptKey, type ConsoleAccess } from './access.ts'
import { withoutToken, withoutUser, withPassword, withRole, withToken, withUser } from './edit-users.ts'
import type { UserList } from './user-file.ts'

interface UserParts {
  readonly access: ConsoleAccess
  readonly nowMs: () => number
}

const named = z.strictObject({ name: z.string() })

export function userEndpoints(parts: UserParts): readonly Endpoint[] {
  const { access } = parts
  return [
    endpoint({
      method: 'GET',
      path: '/users',
      role: 'administer',
      summary: 'All users and all tokens of scripts.',
      answer: usersShape,
      handle: () => usersOnWire(access),
    }),
    addUser(parts),
    changeUser(parts),
    endpoint({
      method: 'DELETE',
      path: '/users/:name',
      role: 'administer',
      summary: 'Removes a user, and ends the user’s sessions.',
      params: named,
      answer: usersShape,
      audit: ({ params }) => `user ${params.name} removed`,
      handle: ({ params }) => changed(access, (list) => withoutUser(list, params.name)),
    }),
    addToken(parts),
    endpoint({
      method: 'DELETE',
      path: '/tokens/:name',
      role: 'administer',
      summary: 'Removes the token of a script, which is of no use from then on.',
      params: named,
      answer: usersShape,
      audit: ({ params }) => `token ${params.name} removed`,
      handle: ({ params }) => changed(access, (list) => withoutToken(list, params.name)),
    }),
  ]
}

function addUser({ access, nowMs }: UserParts): Endpoint {
  return endpoint({
    method: 'POST',
    path: '/users',
    role: 'administer',
    summary: 'Makes a user. From the first one on, everybody has to sign in.',
    body: newUserShape,
    answer: usersShape,
    audit: ({ body }) => `user ${body.name} made with the role ${body.role}`,
    handle: async ({ body: { password, ...user } }) => {
      const passwordHash = await access.passwords.hash(password)
      return changed(access, (list) => withUser(list, { ...user, passwordHash, nowMs: nowMs() }))
    },
  })
}

function changeUser({ access, nowMs }: UserParts): Endpoint {
  return endpoint({
    method: 'PUT',
    path: '/users/:name',
    role: 'administer',
    summary: 'Gives a user another role or a new password, and ends the user’s sessions.',
    params: named,
    body: changedUserShape,
    answer: usersShape,
    audit: ({ params, body: { role, password } }) => {
      const changes = [...(role ? [`the role ${role}`] : []), ...(password ? ['a new password'] : [])]
      return `user ${params.name} given ${changes.join(' and ') || 'nothing'}`
    },
    handle: async ({ params: { name }, body: { role, password } }) => {
      const passwordHash = password === undefined ? undefined : await access.passwords.hash(password)
      return changed(access, (list) => {
        const ranked = role === undefined ? list : withRole(list, name, role)
        return passwordHash === undefined
          ? ranked
          : withPassword(ranked, name, { passwordHash, nowMs: nowMs() })
      })
    },
  })
}

function addToken({ access, nowMs }: UserParts): Endpoint {
  return endpoint({
    method: 'POST',
    path: '/tokens',
    role: 'administer',
    summary: 'Makes a token for a script. It is shown this once.',
    body: newTokenShape,
    answer: madeTokenShape,
    audit: ({ body }) => `token ${body.name} made with the role ${body.role}`,
    handle: async ({ body }) => {
      let token = ''
      await access.change((list) => {
        const made = withToken(list, { ...body, nowMs: nowMs() })
        token = made.token
        return made.list
      })
      return { ...body, token }
    },
  })
}

async function changed(access: ConsoleAccess, change: (list: UserList) => UserList): Promise<UsersOnWire> {
  await access.change(change)
  return usersOnWire(access)
}

function usersOnWire({ list, lockOut }: ConsoleAccess): UsersOnWire {
  return {
    users: list.users.map(({ name, role, created_at, password_at }) => {
      const waitMs = lockOut.waitMsOf(attemptKey(name))
      return { name, role, created_at, password_at, locked_s: waitMs > 0 ? Math.ceil(waitMs / 1_000) : null }
    }),
    tokens: list.tokens.map(({ name, role, created_at }) => ({ name, role, created_at })),
  }
}
