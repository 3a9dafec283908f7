/** Real git repositories: with commits, with signatures by SSH keys, and behind an HTTPS server that asks for a password. */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { type ReleaseTexts, writeTexts } from './release-site.ts'
import { makeTlsCertificate } from './tls-certificate.ts'

export interface TestRepository {
  readonly folder: string
  /** Runs git in it, and gives what it says. */
  git(...args: readonly string[]): string
  /** Puts files in place of all that were there, and commits. @returns the commit */
  commit(texts: ReleaseTexts, how?: CommitOptions): string
}

interface CommitOptions {
  /** The file of a private key. */
  readonly signedWith?: string
  /** By the clock of whoever commits. */
  readonly date?: string
}

const PERSON = { GIT_AUTHOR_NAME: 'Anna', GIT_AUTHOR_EMAIL: 'anna@plant.example' }
const COMMITTER = { GIT_COMMITTER_NAME: 'Anna', GIT_COMMITTER_EMAIL: 'anna@plant.example' }

/** @param folder does not exist yet */
export function makeRepository(folder: string): TestRepository {
  mkdirSync(folder, { recursive: true })
  const git = (...args: readonly string[]) => runGit(folder, args)
  git('init', '--quiet', '--initial-branch=main')
  return {
    folder,
    git,
    commit: (texts, { signedWith, date = '2026-01-02T03:04:05Z' } = {}) => {
      git('rm', '-r', '--quiet', '--ignore-unmatch', '.')
      writeTexts(folder, texts)
      git('add', '--all')
      const signing = signedWith ? ['-c', 'gpg.format=ssh', '-c', `user.signingkey=${signedWith}`] : []
      const signed = signedWith ? ['-S'] : []
      runGit(folder, [...signing, 'commit', '--quiet', '--allow-empty', ...signed, '-m', 'maps'], date)
      return git('rev-parse', 'HEAD')
    },
  }
}

function runGit(folder: string, args: readonly string[], date = '2026-01-02T03:04:05Z'): string {
  const env = { PATH: process.env.PATH, HOME: folder, GIT_CONFIG_NOSYSTEM: '1', ...PERSON, ...COMMITTER }
  const dates = { GIT_AUTHOR_DATE: date, GIT_COMMITTER_DATE: date }
  const { status, stdout, stderr } = spawnSync('git', args, {
    cwd: folder,
    env: { ...env, ...dates },
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`git ${args.join(' ')}: ${stderr}`)
  return stdout.trim()
}

/** Makes a key of SSH. @returns the file of the private key, and its line for a file of allowed signers */
export function makeSigner(folder: string, name: string): { readonly key: string; readonly line: string } {
  const key = join(folder, `${name}-key`)
  rmSync(key, { force: true })
  spawnSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', key])
  return { key, line: `${name}@plant.example ${readFileSync(`${key}.pub`, 'utf8').trim()}\n` }
}

interface GitServer extends AsyncDisposable {
  readonly url: string
  /** What a client has to trust. */
  readonly caFile: string
  readonly user: string
  readonly password: string
  /** Paths that were asked for. */
  readonly asked: readonly string[]
  /** What it does in place of answering; undefined: it answers. */
  misbehaves: ((request: IncomingMessage, response: ServerResponse) => void) | undefined
}

/** Serves a repository over HTTPS as git's own program for that does. */
export async function serveRepository(repository: TestRepository, folder: string): Promise<GitServer> {
  const { cert, key, caFile } = await makeTlsCertificate(folder, ['localhost'])
  const [user, password] = ['reader', 'canary-of-git-7f3a']
  const asked: string[] = []
  const login = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
  const server = createServer({ cert, key }, (request, response) => {
    asked.push(request.url ?? '')
    if (served.misbehaves) return served.misbehaves(request, response)
    if (request.headers.authorization !== login) {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="maps"' }).end()
      return
    }
    void answer(request, response, repository.folder)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const served: GitServer = {
    url: `https://localhost:${(server.address() as AddressInfo).port}/.git`,
    ...{ caFile, user, password, asked },
    misbehaves: undefined,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
  return served
}

/** Through the gateway interface of web servers: head lines, an empty one, the body. */
async function answer(request: IncomingMessage, response: ServerResponse, root: string): Promise<void> {
  const [path = '', query = ''] = (request.url ?? '').split('?')
  const child = spawn('git', ['http-backend'], {
    env: {
      PATH: process.env.PATH,
      HOME: root,
      GIT_PROJECT_ROOT: root,
      GIT_HTTP_EXPORT_ALL: '1',
      REQUEST_METHOD: request.method ?? 'GET',
      PATH_INFO: decodeURIComponent(path),
      QUERY_STRING: query,
      CONTENT_TYPE: request.headers['content-type'] ?? '',
      GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
      REMOTE_USER: 'reader',
    },
  })
  const isPacked = request.headers['content-encoding'] === 'gzip'
  if (isPacked) {
    const { createGunzip } = await import('node:zlib')
    request.pipe(createGunzip()).pipe(child.stdin)
  } else request.pipe(child.stdin)
  const chunks: Buffer[] = []
  for await (const chunk of child.stdout) chunks.push(chunk as Buffer)
  const whole = Buffer.concat(chunks)
  const end = whole.indexOf('\r\n\r\n')
  const heads = whole.subarray(0, end).toString('latin1').split('\r\n')
  const pairs = heads.map((line) => [
    line.slice(0, line.indexOf(':')),
    line.slice(line.indexOf(':') + 1).trim(),
  ])
  const status = pairs.find(([name]) => name === 'Status')?.[1]
  for (const [name = '', value = ''] of pairs) if (name !== 'Status') response.setHeader(name, value)
  response.writeHead(Number.parseInt(status ?? '200', 10)).end(whole.subarray(end + 4))
}

/** A file that holds nothing but a password. */
export function secretFile(folder: string, text: string): string {
  const file = join(folder, 'git-password')
  writeFileSync(file, `${text}\n`, { mode: 0o600 })
  return file
}
