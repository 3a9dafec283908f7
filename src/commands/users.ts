/** `millrace users`: who may use the console, and the tokens of scripts. */
import { parseArgs } from 'node:util'
import { loadConfigWithoutSecrets } from '../config/load-config.ts'
import {
  userOf,
  withoutToken,
  withoutUser,
  withPassword,
  withRole,
  withToken,
  withUser,
} from '../console/access/edit-users.ts'
import { hashPassword } from '../console/access/passwords.ts'
import { changeUsers, listUsers, type UserList } from '../console/access/user-file.ts'
import type { ConsoleTls } from '../console/settings.ts'
import { password, ROLES, type Role, userName } from '../console/shapes.ts'
import { shownFingerprint } from '../console/tls/shown-fingerprint.ts'
import { GatewayError } from '../domain/errors.ts'
import { systemClock } from '../runtime/clock.ts'
import { type Command, type CommandContext, UsageError } from './command.ts'
import { CONFIG_OPTION, configFile } from './options.ts'
import { recordDone } from './record-done.ts'
import { wrongAction } from './wrong-action.ts'

const ROLE_WORDS = ROLES.join(', ')

export const usersCommand: Command = {
  name: 'users',
  summary: 'shows and changes who may use the console in the browser, and the tokens of scripts',
  usage: `millrace users [list] [--json] [--config config/gateway.yaml]
millrace users add NAME [--role ROLE]
millrace users password NAME
millrace users role NAME ROLE
millrace users remove NAME
millrace users token NAME [--role ROLE | --remove]
    ROLE: ${ROLE_WORDS}; the first user administers, others and tokens view unless you say otherwise
    passwords are asked for, or read from standard input: one line
    token: shows a new one for a script, this once; a running gateway knows every change within seconds`,
  exits: ['0 done', '1 not done: no such user, a name that is taken, a password that is too short'],
  example: 'millrace users add anna --role administer',
  page: 'docs/console.md',
  run: users,
}

const ACTIONS = { list, add, password: setPassword, role: setRole, remove, token } as const

interface Asked {
  readonly dataFolder: string
  readonly tls: ConsoleTls | undefined
  /** What stands behind the action. */
  readonly words: readonly string[]
  readonly role: Role | undefined
  readonly isJson: boolean
  readonly isRemoved: boolean
  readonly context: CommandContext
}

async function users(context: CommandContext): Promise<number> {
  const { args, env, cwd } = context
  const options = {
    ...CONFIG_OPTION,
    role: { type: 'string' },
    json: { type: 'boolean' },
    remove: { type: 'boolean' },
  } as const
  const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true })
  const [action = 'list', ...words] = positionals
  if (!isAction(action)) throw wrongAction('users', action, Object.keys(ACTIONS))
  const role = values.role === undefined ? undefined : roleNamed(values.role)
  const { dataFolder, console } = loadConfigWithoutSecrets({ file: configFile(values, cwd), env, cwd })
  const isRemoved = values.remove === true
  return ACTIONS[action]({
    dataFolder,
    tls: console.tls,
    words,
    role,
    isJson: values.json === true,
    isRemoved,
    context,
  })
}

function isAction(word: string): word is keyof typeof ACTIONS {
  return Object.hasOwn(ACTIONS, word)
}

async function list({ dataFolder, tls, words, isJson, context: { out } }: Asked): Promise<number> {
  if (words.length > 0) throw new UsageError(`"${words.join(' ')}" is not known here`)
  const found = listUsers(dataFolder)
  const shown = {
    users: found.users.map(({ name, role, created_at, password_at }) => ({
      name,
      role,
      created_at,
      password_at,
    })),
    tokens: found.tokens.map(({ name, role, created_at }) => ({ name, role, created_at })),
    certificate_sha256: await shownFingerprint(dataFolder, tls),
  }
  if (isJson) out(`${JSON.stringify(shown, undefined, 2)}\n`)
  else out(`${listText(found)}${fingerprintText(shown.certificate_sha256)}`)
  return 0
}

async function add(asked: Asked): Promise<number> {
  const { dataFolder, words, role, context } = asked
  const name = requireName(words)
  const isFirst = listUsers(dataFolder).users.length === 0
  const given = role ?? (isFirst ? 'administer' : 'view')
  const passwordHash = await askedHash(name, context)
  if (passwordHash === undefined) return nothingChanged(context)
  change(asked, `user ${name} made with the role ${given}`, (all) =>
    withUser(all, { name, role: given, passwordHash, nowMs: systemClock.now().wallMs }),
  )
  context.out(`${name} may ${given}\n`)
  if (isFirst) context.out('from now on everybody has to sign in, at this computer too\n')
  return 0
}

async function setPassword(asked: Asked): Promise<number> {
  const { dataFolder, words, context } = asked
  const name = requireName(words)
  // Before anybody types a password for a user who does not exist.
  userOf(listUsers(dataFolder), name)
  const passwordHash = await askedHash(name, context)
  if (passwordHash === undefined) return nothingChanged(context)
  const nowMs = systemClock.now().wallMs
  change(asked, `user ${name} got a new password`, (all) => withPassword(all, name, { passwordHash, nowMs }))
  context.out(`${name} has a new password, and is signed out everywhere\n`)
  return 0
}

async function setRole(asked: Asked): Promise<number> {
  const { words, context } = asked
  const [name, written, ...more] = words
  if (name === undefined || written === undefined || more.length > 0)
    throw new UsageError(`name a user and a role: users role anna configure (${ROLE_WORDS})`)
  const role = roleNamed(written)
  change(asked, `user ${name} got the role ${role}`, (all) => withRole(all, name, role))
  context.out(`${name} may ${role}\n`)
  return 0
}

async function remove(asked: Asked): Promise<number> {
  const { words, context } = asked
  const name = requireName(words)
  const { users: left } = change(asked, `user ${name} removed`, (all) => withoutUser(all, name))
  context.out(`${name} is removed\n`)
  if (left.length === 0) context.out('there are no users now: the console answers this computer only\n')
  return 0
}

async function token(asked: Asked): Promise<number> {
  const { words, role = 'view', isRemoved, context } = asked
  const name = requireName(words)
  if (isRemoved) {
    change(asked, `token ${name} removed`, (all) => withoutToken(all, name))
    context.out(`the token ${name} is of no use any more\n`)
    return 0
  }
  const nowMs = systemClock.now().wallMs
  let made = ''
  change(asked, `token ${name} made with the role ${role}`, (all) => {
    const { list: changed, token: secret } = withToken(all, { name, role, nowMs })
    made = secret
    return changed
  })
  context.out(`${made}\n`)
  context.err(`the token ${name} may ${role}; it is shown this once: Authorization: Bearer TOKEN\n`)
  return 0
}

/** Changes the list, and records that. */
function change({ dataFolder, context }: Asked, what: string, edit: (list: UserList) => UserList): UserList {
  const changed = changeUsers(dataFolder, edit)
  recordDone(context, dataFolder, 'users-changed', what)
  return changed
}

/** Asks twice where a person types. Undefined where nothing was typed. */
async function askedHash(name: string, context: CommandContext): Promise<string | undefined> {
  const { askSecret, isInTerminal } = context
  if (!askSecret) return undefined
  const typed = await askSecret(`new password of ${name}: `)
  if (typed === undefined) return undefined
  const checked = password.safeParse(typed)
  if (!checked.success) throw new BadInput(`the password must have ${checked.error.issues[0]?.message}`)
  if (isInTerminal === true && (await askSecret('the same again: ')) !== typed)
    throw new BadInput('the two are not the same')
  return hashPassword(typed)
}

function nothingChanged({ err }: CommandContext): number {
  err('no password was given, and nothing is changed\n')
  return 1
}

/** What was typed cannot be used. */
class BadInput extends GatewayError {
  override readonly name = 'BadInput'
  readonly retryable = false
  constructor(message: string) {
    super('users-input', message, { hint: 'nothing is changed' })
  }
}

function requireName(words: readonly string[]): string {
  const [name, ...more] = words
  if (name === undefined || more.length > 0) {
    throw new UsageError('name one; a password never stands in a command, it is asked for')
  }
  const checked = userName.safeParse(name)
  if (!checked.success)
    throw new UsageError(`"${name}" cannot be a name: ${checked.error.issues[0]?.message}`)
  return name
}

function roleNamed(word: string): Role {
  const role = ROLES.find((one) => one === word)
  if (role) return role
  throw new UsageError(`there is no role "${word}"; there are ${ROLE_WORDS}`)
}

function fingerprintText(fingerprint: string | null): string {
  return fingerprint === null ? '' : `SHA-256 of the certificate that the console shows: ${fingerprint}\n`
}

function listText({ users: all, tokens }: UserList): string {
  if (all.length === 0 && tokens.length === 0) {
    return 'there are no users: the console answers this computer only; make one: millrace users add NAME\n'
  }
  const names = [...all, ...tokens].map(({ name }) => name.length)
  const width = Math.max(...names)
  const line = (kind: string) => (one: UserList['users'][number] | UserList['tokens'][number]) =>
    `${one.name.padEnd(width)}  ${one.role.padEnd(10)}  ${kind} since ${one.created_at.slice(0, 10)}\n`
  return [...all.map(line('user')), ...tokens.map(line('token'))].join('')
}
