/**
 * A real PostgreSQL of its own: a private data folder, a private port on the loopback, SCRAM passwords.
 *
 * It plays the plant's central database in the demo, the tests and the fault runs. It never outlives the process that
 * started it, not even where that is killed, and its password is never part of a command line.
 */
import { randomBytes } from 'node:crypto'
import { chmod, chown, mkdir, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { makeTemporaryFolder, openTmpdir } from '../temporary-folder.ts'
import { type Account, runAs, serverAccount } from './account.ts'
import { type Binaries, findBinaries } from './binaries.ts'
import { copyTemplate } from './cluster-template.ts'
import { freePort } from './free-port.ts'
import { PortTaken, type ServerProcess, spawnServer } from './server-process.ts'

interface PostgresOptions {
  /** The server's folder, created where missing. Without one: a temporary folder. */
  readonly folder?: string
  /** 0, or left out: any free port. */
  readonly port?: number
  /** Settings of postgresql.conf by name. */
  readonly settings?: Readonly<Record<string, string>>
  /** A folder beside temporary ones: the first server leaves a new cluster in it, and each copies that. It is the caller's to remove. */
  readonly template?: string
}

/** `smart` waits until clients disconnect, `fast` disconnects them, `immediate` stops without a checkpoint, as after a power cut. */
type StopMode = 'smart' | 'fast' | 'immediate'

interface SuperuserConnection {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password: string
  readonly database: string
}

export interface PostgresServer extends AsyncDisposable {
  readonly host: string
  readonly port: number
  /** For `new pg.Client(…)`; the database is `postgres` unless named. */
  superuser(database?: string): SuperuserConnection
  readonly isRunning: boolean
  /** The postmaster's process id, while it runs. */
  readonly pid: number | undefined
  /** The server's own log. */
  readonly logFile: string
  start(): Promise<void>
  stop(mode?: StopMode): Promise<void>
  /** Copies the data of the stopped server into a folder anywhere. */
  snapshot(toFolder: string): Promise<void>
  /** Puts a stopped server back to a snapshot. */
  restore(fromFolder: string): Promise<void>
  /** Writes a file that only the server may read, such as a TLS key, beside its data. @returns its path */
  addFile(name: string, content: string): Promise<string>
  /** Stops at once and leaves nothing behind. */
  remove(): Promise<void>
}

const HOST = '127.0.0.1'
const SUPERUSER = 'postgres'
/** A random port is chosen and may be taken by another process before the server listens; then another is tried. */
const PORT_ATTEMPTS_MAX = 5

/** Creates a server and starts it. Takes 1 to 3 s. */
export async function startPostgres(options: PostgresOptions = {}): Promise<PostgresServer> {
  const account = serverAccount()
  const binaries = await findBinaries(account)
  const home = await serverHome(options.folder, account)
  const password = await newCluster({ binaries, account, home }, options.template)
  return await start({ binaries, account, home, password, options })
}

interface Home {
  readonly folder: string
  readonly data: string
  readonly logFile: string
  /** The folder that the caller asked for, where the server's account cannot reach it. */
  readonly asked: string | undefined
}

/** The server's account must be able to reach its folder. Where it cannot, the server gets one in the temp folder. */
async function serverHome(asked: string | undefined, account: Account): Promise<Home> {
  const folder = asked ?? (await temporaryFolder(account))
  if (asked) {
    await mkdir(asked, { recursive: true })
    await give(asked, account)
  }
  if ((await runAs(account, '/bin/sh', ['-c', 'cd "$0"', folder])).code === 0) return homeIn(folder, asked)
  return homeIn(await temporaryFolder(account), asked)
}

function homeIn(folder: string, asked: string | undefined): Home {
  return { folder, data: join(folder, 'data'), logFile: join(folder, 'postgres.log'), asked }
}

async function temporaryFolder(account: Account): Promise<string> {
  const folder = makeTemporaryFolder('central', openTmpdir())
  await give(folder, account)
  return folder
}

async function give(path: string, { uid, gid }: Account): Promise<void> {
  if (uid !== undefined && gid !== undefined) await chown(path, uid, gid)
}

interface Cluster {
  readonly binaries: Binaries
  readonly account: Account
  readonly home: Home
  readonly password: string
}

/** @returns the superuser's password */
async function newCluster(cluster: Omit<Cluster, 'password'>, template: string | undefined): Promise<string> {
  const { account, home } = cluster
  if (await stat(join(home.data, 'PG_VERSION')).catch(() => undefined)) {
    throw new Error(`${home.data} already holds a database. Name an empty folder.`)
  }
  if (template !== undefined) {
    return copyTemplate(template, home.data, async ({ folder, data, password }) => {
      await give(folder, account)
      await initialise({ ...cluster, home: { ...home, folder, data }, password })
    })
  }
  const password = randomBytes(18).toString('base64url')
  await initialise({ ...cluster, password })
  return password
}

async function initialise({ binaries, account, home, password }: Cluster): Promise<void> {
  const passwordFile = await writePrivate(join(home.folder, 'superuser-password'), password, account)
  try {
    const made = await runAs(
      account,
      binaries.initdb,
      [...INITDB, '-D', home.data, `--pwfile=${passwordFile}`],
      {
        LC_ALL: 'C',
        TZ: 'UTC',
      },
    )
    if (made.code !== 0) throw new Error(`initdb failed in ${home.data}: ${made.output.trim()}`)
  } finally {
    await rm(passwordFile, { force: true })
  }
}

/** The built-in locale makes the server independent of what the machine has installed. */
const INITDB = [
  `--username=${SUPERUSER}`,
  '--auth=scram-sha-256',
  '--encoding=UTF8',
  '--locale=C',
  '--locale-provider=builtin',
  '--builtin-locale=C.UTF-8',
  '--no-sync',
]

async function writePrivate(path: string, content: string, account: Account): Promise<string> {
  await writeFile(path, content, { mode: 0o600 })
  await chmod(path, 0o600)
  await give(path, account)
  return path
}

async function start(cluster: Cluster & { readonly options: PostgresOptions }): Promise<PostgresServer> {
  const { binaries, account, home, password, options } = cluster
  let port = options.port || (await freePort(HOST))
  let running: ServerProcess | undefined = await listen()

  async function listen(attempt = 1): Promise<ServerProcess> {
    const args = serverArguments(home, port, options.settings)
    try {
      return await spawnServer({
        file: binaries.postgres,
        args,
        account,
        folder: home.folder,
        data: home.data,
        logFile: home.logFile,
      })
    } catch (error) {
      if (!(error instanceof PortTaken) || options.port || attempt >= PORT_ATTEMPTS_MAX) throw error
      port = await freePort(HOST)
      return listen(attempt + 1)
    }
  }

  const live = () => (running?.hasEnded ? undefined : running)
  const server: PostgresServer = {
    host: HOST,
    get port() {
      return port
    },
    get isRunning() {
      return live() !== undefined
    },
    get pid() {
      return live()?.pid
    },
    logFile: home.logFile,
    superuser: (database = 'postgres') => ({ host: HOST, port, user: SUPERUSER, password, database }),
    start: async () => {
      if (!live()) running = await listenAgain()
    },
    stop: async (mode = 'fast') => {
      await live()?.stop(mode)
      running = undefined
    },
    snapshot: (toFolder) => whileStopped(() => copyFolder(home.data, toFolder)),
    restore: (fromFolder) => whileStopped(() => copyFolder(fromFolder, home.data)),
    addFile: (name, content) => writePrivate(join(home.folder, name), content, account),
    remove: async () => {
      await server.stop('immediate')
      await rm(home.folder, { recursive: true, force: true })
      if (home.asked) await rm(home.asked, { recursive: true, force: true })
    },
    [Symbol.asyncDispose]: () => server.remove(),
  }
  return server

  /** A restarted server keeps its port, because clients that reconnect know only that one. */
  function listenAgain(): Promise<ServerProcess> {
    return listen(PORT_ATTEMPTS_MAX)
  }

  async function whileStopped(copy: () => Promise<void>): Promise<void> {
    if (live()) throw new Error('Stop the server before its data is copied.')
    await copy()
  }
}

async function copyFolder(from: string, to: string): Promise<void> {
  const { uid, gid, mode } = await stat(from)
  await rm(to, { recursive: true, force: true })
  // `cp -a` keeps the owners of files; Node's own copying does not.
  const copied = await runAs({}, '/bin/cp', ['-a', from, to])
  if (copied.code !== 0) throw new Error(`Copying ${from} to ${to} failed: ${copied.output.trim()}`)
  await chmod(to, mode)
  if (process.getuid?.() === 0) await chown(to, uid, gid)
}

function serverArguments(home: Home, port: number, settings: PostgresOptions['settings'] = {}): string[] {
  const all: Record<string, string> = {
    listen_addresses: HOST,
    port: String(port),
    unix_socket_directories: '',
    max_connections: '50',
    timezone: 'UTC',
    log_timezone: 'UTC',
    logging_collector: 'off',
    ...settings,
  }
  return ['-D', home.data, ...Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])]
}
