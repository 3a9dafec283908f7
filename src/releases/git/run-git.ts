/**
 * Runs the system's `git`, bounded in time, output and disk, and deaf to whatever a repository, a home folder or the computer's own
 * configuration of git say: it reads one configuration file that is written here. No password is ever in its arguments or environment.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { lstat, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { finished } from 'node:stream/promises'
import { printable } from '../../domain/errors.ts'
import type { Secret } from '../../runtime/secret.ts'
import { ReleaseRefused, ReleaseUnreachable } from '../release-error.ts'

/** What is the same for every call on one look at a repository. */
export interface GitWorld {
  /** The bare repository of this look, which is removed after it. */
  readonly repository: string
  /** The only configuration that git reads. */
  readonly configFile: string
  /** Who logs in; handed over through a pipe. */
  readonly login?: { readonly user: string; readonly password: Secret } | undefined
  /** Where objects are besides its own: those of a checkout on this computer. */
  readonly objects?: string | undefined
  readonly signal: AbortSignal
}

interface GitCall {
  readonly input?: string
  readonly outputMax?: number
  /** Exit codes that are an answer. */
  readonly answers?: readonly number[]
}

interface GitAnswer {
  readonly code: number
  readonly output: Buffer
}

/** A mirror over a slow link, with a history that is cut. */
const CALL_MAX_S = 120
/** What `timeout` ends with where it had to end the program, by its signal or by a kill. */
const TIMED_OUT = [124, 137]
/** What it ends with where there is no such program. */
const NO_PROGRAM = 127
const OUTPUT_MAX = 1_048_576
const ERROR_TEXT_MAX = 16_384
const SHOWN_MAX = 300
/** Of a repository that is fetched: far more than device maps ever need. */
const REPOSITORY_BYTES_MAX = 256 * 1024 ** 2
const DISK_LOOK_MS = 250
const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
/** Standard input, output and error come before it: git hands it on to the helper that it asks for a login. */
export const LOGIN_PIPE = 3

/** @throws ReleaseUnreachable where git does not end well or in time; ReleaseRefused where the repository is too large */
export async function runGit(
  args: readonly string[],
  world: GitWorld,
  call: GitCall = {},
): Promise<GitAnswer> {
  const { input = '', outputMax = OUTPUT_MAX, answers = [0] } = call
  const pipe = 'pipe' as const
  const git = ['git', '--git-dir', world.repository, ...args]
  // It puts git and its helpers into a group, which ends as a whole.
  const child = spawn('timeout', ['--kill-after=2', String(CALL_MAX_S), ...git], {
    env: environmentOf(world),
    cwd: '/',
    stdio: [pipe, pipe, pipe, pipe],
  })
  const bounds = new Bounds(child, world)
  try {
    const login = child.stdio[LOGIN_PIPE] as NodeJS.WritableStream
    for (const stream of [child.stdin, login]) stream?.on('error', () => undefined)
    login.end(loginText(world))
    child.stdin?.end(input)
    const [output, text, code] = await Promise.all([
      collected(child.stdout, outputMax, bounds),
      collected(child.stderr, ERROR_TEXT_MAX),
      ended(child),
    ])
    bounds.throwIfOver()
    if (answers.includes(code)) return { code, output }
    throw failed(args[0] ?? '', code, reasonIn(text.toString('utf8')))
  } finally {
    bounds[Symbol.dispose]()
  }
}

function failed(action: string, code: number, said: string): ReleaseUnreachable {
  if (code === NO_PROGRAM) return new ReleaseUnreachable('there is no git on this computer', 'install git')
  if (TIMED_OUT.includes(code))
    return new ReleaseUnreachable(`git did not end within ${CALL_MAX_S} s`, 'check the network')
  const why = said || `it ended with code ${code}`
  return new ReleaseUnreachable(`git ${action} failed: ${why}`, remedyOf(why))
}

function environmentOf({ configFile, objects }: GitWorld): NodeJS.ProcessEnv {
  return {
    PATH,
    HOME: '/nonexistent',
    LC_ALL: 'C',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: configFile,
    GIT_TERMINAL_PROMPT: '0',
    GIT_ASKPASS: '/bin/false',
    GIT_LITERAL_PATHSPECS: '1',
    GIT_NO_REPLACE_OBJECTS: '1',
    GIT_NO_LAZY_FETCH: '1',
    GIT_LFS_SKIP_SMUDGE: '1',
    ...(objects !== undefined && { GIT_ALTERNATE_OBJECT_DIRECTORIES: objects }),
  }
}

function loginText({ login }: GitWorld): string {
  if (!login) return ''
  return `username=${login.user}\npassword=${login.password.reveal()}\n`
}

/** Ends git where it writes too much, or nobody waits for it any more. */
class Bounds implements Disposable {
  readonly #child: ChildProcess
  readonly #looking: NodeJS.Timeout
  readonly #signal: AbortSignal
  #over: Error | undefined
  #isLooking = false

  constructor(child: ChildProcess, { repository, signal }: GitWorld) {
    this.#child = child
    this.#signal = signal
    this.#looking = setInterval(() => void this.#look(repository), DISK_LOOK_MS)
    signal.addEventListener('abort', this.#stop, { once: true })
    if (signal.aborted) this.#stop()
  }

  readonly #stop = () => this.end(new ReleaseUnreachable('the gateway stops', 'nothing to do'))

  /** Nothing else in this thread waits for it: a fetched repository is thousands of files, on a disk that git keeps busy. */
  async #look(repository: string): Promise<void> {
    if (this.#isLooking) return
    this.#isLooking = true
    if ((await bytesIn(repository)) > REPOSITORY_BYTES_MAX) this.end(tooLarge())
    this.#isLooking = false
  }

  /** `timeout` hands the signal on to git and all of its helpers. */
  end(why: Error): void {
    this.#over ??= why
    this.#child.kill('SIGTERM')
  }

  throwIfOver(): void {
    if (this.#over) throw this.#over
  }

  [Symbol.dispose](): void {
    clearInterval(this.#looking)
    this.#signal.removeEventListener('abort', this.#stop)
  }
}

function tooLarge(): ReleaseRefused {
  const what = `the repository takes more than ${REPOSITORY_BYTES_MAX / 1024 ** 2} MB`
  return new ReleaseRefused(what, 'keep device maps in a repository of their own')
}

async function collected(
  stream: NodeJS.ReadableStream | null,
  max: number,
  bounds?: Bounds,
): Promise<Buffer> {
  const chunks: Buffer[] = []
  let total = 0
  stream?.on('data', (chunk: Buffer) => {
    total += chunk.byteLength
    if (total <= max) chunks.push(chunk)
    else bounds?.end(new ReleaseRefused('git has more to say than is read', 'keep the repository small'))
  })
  if (stream) await finished(stream).catch(() => undefined)
  return Buffer.concat(chunks)
}

function ended(child: ChildProcess): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  child.once('error', (error: NodeJS.ErrnoException) => {
    reject(
      new ReleaseUnreachable(`git cannot be started: ${error.message}`, 'install git and coreutils', error),
    )
  })
  child.once('exit', (code) => resolve(code ?? -1))
  return promise
}

/** What git itself says went wrong, on one line: what the server said stands before it. */
function reasonIn(text: string): string {
  const lines = text.split('\n').map((line) => line.trim())
  const said = lines.filter((line) => /^(fatal|error|ERROR|remote|ssh|Host key|Permission)/.test(line))
  const line = (said.length > 0 ? said : lines.filter(Boolean)).slice(0, 2).join('; ')
  return printable(line).slice(0, SHOWN_MAX)
}

function remedyOf(why: string): string {
  if (/Authentication|could not read Username|403|401|Permission denied/i.test(why))
    return 'check user and password_file, or the key, and that they may read this repository'
  if (/certificate|SSL/i.test(why)) return 'check ca_file, and the name in the URL'
  if (/Host key/i.test(why)) return 'put the key of the host into known_hosts_file'
  if (/redirect|error: 30\d/i.test(why)) return 'write the address that the server redirects to'
  return 'check the address, the branch and the network; it is tried again by itself'
}

async function bytesIn(folder: string): Promise<number> {
  try {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true })
    let sum = 0
    for (const entry of entries) if (entry.isFile()) sum += await sizeOf(join(entry.parentPath, entry.name))
    return sum
  } catch {
    // Git moves its files while it works.
    return 0
  }
}

async function sizeOf(path: string): Promise<number> {
  return (await lstat(path).catch(() => undefined))?.size ?? 0
}
