/** `millrace bundle`: device maps and routes as one signed file, which gateways fetch from a URL. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { faultText, GatewayError } from '../domain/errors.ts'
import { readBundle, writeBundle } from '../releases/bundle/bundle-file.ts'
import { isLocked, makeBundleKeys, readPrivateKey, readPublicKey } from '../releases/bundle/bundle-keys.ts'
import { judgeSet } from '../releases/judging/judge-release.ts'
import { isReleasePath, judgeReleaseFiles, type ReleaseFile } from '../releases/release-files.ts'
import { otherUserAt } from '../runtime/act-as.ts'
import { systemClock } from '../runtime/clock.ts'
import { replaceFileSync } from '../runtime/files.ts'
import { Secret } from '../runtime/secret.ts'
import { type Command, type CommandContext, UsageError } from './command.ts'
import { counted } from './counted.ts'
import { readAs } from './gateway-user.ts'
import { wrongAction } from './wrong-action.ts'

const OPTIONS = {
  devices: { type: 'string' },
  routes: { type: 'string' },
  key: { type: 'string' },
  number: { type: 'string' },
  gateway: { type: 'string', multiple: true },
  open: { type: 'boolean' },
} as const

const INVALID = 2
const PUBLIC_MODE = 0o644
const PRIVATE_MODE = 0o600
const MS_PER_S = 1_000

export const bundleCommand: Command = {
  name: 'bundle',
  summary: 'makes and signs a bundle of device maps and routes, which gateways fetch from a URL',
  usage: `millrace bundle make FILE --key KEY.pem [--devices devices] [--routes config/routes]
                     [--number N] [--gateway NAME]…
millrace bundle key NAME [--open]
millrace bundle show FILE --key NAME.pub
    key: makes NAME.pem, which signs, behind a passphrase unless --open says otherwise, and NAME.pub for the gateways
    --number: gateways take a higher one only; the seconds since 1970 unless given
    --gateway: only these gateways take it`,
  exits: ['0 done', '1 not done', '2 the device maps or routes have faults: nothing is written'],
  example: 'millrace bundle make line-1.bundle --key release.pem --devices devices',
  page: 'docs/operate.md',
  async run(context) {
    const { args } = context
    const { values, positionals } = parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true })
    const [action = '', name, ...more] = positionals
    if (!Object.hasOwn(ACTIONS, action)) throw wrongAction('bundle', action, Object.keys(ACTIONS))
    if (name === undefined || more.length > 0) throw new UsageError('name one file')
    return ACTIONS[action as keyof typeof ACTIONS](resolve(context.cwd, name), values, context)
  },
}

interface Options {
  readonly devices?: string | undefined
  readonly routes?: string | undefined
  readonly key?: string | undefined
  readonly number?: string | undefined
  readonly gateway?: readonly string[] | undefined
  readonly open?: boolean | undefined
}

const ACTIONS = { make, key, show } as const

async function make(target: string, options: Options, context: CommandContext): Promise<number> {
  const { cwd, out, err } = context
  const { gateway: gateways = [], devices = 'devices', routes = 'config/routes' } = options
  const keyFile = keyOf(options, context)
  refuseThere([target], context)
  const number = numberOf(options.number)
  const folders = { devices: resolve(cwd, devices), routes: resolve(cwd, routes) }
  const { faults, files } = readAs(
    otherUserAt(folders.devices) ?? otherUserAt(folders.routes),
    context,
    () => ({
      faults: judgeSet(folders, { cwd }),
      files: [...filesBelow(folders.devices, 'devices'), ...filesBelow(folders.routes, 'routes')],
    }),
  )
  for (const fault of faults) err(`${faultText(fault)}\n`)
  if (faults.length > 0) return INVALID
  judgeReleaseFiles(files)
  const signing = readPrivateKey(keyFile, isLocked(keyFile) ? await passphrase(keyFile, context) : undefined)
  const bytes = await writeBundle(files, { number, gateways, madeMs: systemClock.now().wallMs }, signing)
  replaceFileSync(target, bytes, PUBLIC_MODE)
  for (const { path } of files) out(`${path}\n`)
  err(`${relative(cwd, target)}: bundle ${number} with ${counted(files.length, 'file')}\n`)
  return 0
}

async function key(base: string, { open = false }: Options, context: CommandContext): Promise<number> {
  const { cwd, err } = context
  const [privateFile, publicFile] = [`${base}.pem`, `${base}.pub`]
  refuseThere([privateFile, publicFile], context)
  const secret = open ? undefined : await newPassphrase(context)
  const { privateKey, publicKey } = makeBundleKeys(secret)
  replaceFileSync(privateFile, Buffer.from(privateKey), PRIVATE_MODE)
  replaceFileSync(publicFile, Buffer.from(publicKey), PUBLIC_MODE)
  err(`${relative(cwd, privateFile)} signs: keep it where nobody else gets at it, and never on a gateway\n`)
  err(
    `${relative(cwd, publicFile)} goes to the gateways: configuration: {bundle: {url: …, public_key_file: …}}\n`,
  )
  return 0
}

async function show(file: string, options: Options, context: CommandContext): Promise<number> {
  const publicKey = readPublicKey(keyOf(options, context))
  const { manifest } = await readBundle(readFileSync(file), publicKey)
  const { number, made, gateways, files } = manifest
  const whom = gateways.length === 0 ? 'any gateway with this key' : gateways.join(', ')
  context.out(`bundle ${number}, made ${made}, for ${whom}\n`)
  for (const { path, bytes, sha256 } of files) context.out(`${sha256}  ${path}  ${bytes}\n`)
  return 0
}

function refuseThere(files: readonly string[], { cwd }: CommandContext): void {
  const there = files.find((file) => existsSync(file))
  if (there !== undefined)
    throw new NotMade(`${relative(cwd, there)} is there already`, 'choose another name, or move it away')
}

function keyOf({ key }: Options, { cwd }: CommandContext): string {
  if (key === undefined) throw new UsageError('--key is missing')
  return resolve(cwd, key)
}

function numberOf(written: string | undefined): number {
  if (written === undefined) return Math.floor(systemClock.now().wallMs / MS_PER_S)
  const number = Number(written)
  if (/^\d+$/.test(written) && Number.isSafeInteger(number) && number > 0) return number
  throw new UsageError(`--number ${written}: a whole number, higher than the one before`)
}

/** What gateways read of a folder; what else lies there is named by `check`, and not brought along. */
function filesBelow(folder: string, as: string): readonly ReleaseFile[] {
  if (!existsSync(folder)) return []
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()
  return names
    .map((name) => ({ path: `${as}/${name}`, file: join(folder, name) }))
    .filter(({ path, file }) => isReleasePath(path) && statSync(file).isFile())
    .map(({ path, file }) => ({ path, bytes: readFileSync(file) }))
}

async function passphrase(file: string, { askSecret, cwd }: CommandContext): Promise<Secret> {
  const typed = await askSecret?.(`passphrase of ${relative(cwd, file)}: `)
  if (typed === undefined) throw new NotMade('no passphrase was given', 'nothing is signed')
  return new Secret(typed)
}

async function newPassphrase({ askSecret, isInTerminal }: CommandContext): Promise<Secret> {
  const typed = await askSecret?.('passphrase of the new key: ')
  if (typed === undefined || typed === '') throw new NotMade('no passphrase was given', 'or say --open')
  if (isInTerminal === true && (await askSecret?.('the same again: ')) !== typed)
    throw new NotMade('the two are not the same', 'nothing is made')
  return new Secret(typed)
}

/** What was asked for could not be made. */
class NotMade extends GatewayError {
  override readonly name = 'NotMade'
  readonly retryable = false
  constructor(message: string, hint: string) {
    super('bundle-input', message, { hint })
  }
}
