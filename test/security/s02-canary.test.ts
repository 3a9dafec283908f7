/** A secret that nobody could guess, searched wherever the operating system shows a running gateway to others. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'vitest'
import { startTestCentral } from '../support/central.ts'
import { PROGRAM } from '../support/run-millrace.ts'
import { securityCheck } from './security-check.ts'

type Handed = 'in a file' | 'in the environment'

/** What the operating system and the gateway itself show. */
interface Shown {
  readonly canary: string
  readonly pid: number
  readonly said: () => string
  readonly folder: string
}

/** A gateway of its own process, at a real central that it may log in to. */
function running(handed: Handed) {
  return async (stack: AsyncDisposableStack): Promise<Shown> => {
    const central = stack.use(await startTestCentral())
    const folder = await mkdtemp(join(tmpdir(), 'millrace-canary-'))
    stack.defer(() => rm(folder, { recursive: true, force: true }))
    const { port } = central.server
    await mkdir(join(folder, 'devices'))
    await writeFile(join(folder, 'password'), central.password, { mode: 0o600 })
    await writeFile(
      join(folder, 'gateway.yaml'),
      `gateway: edge-1
organization: SAV
plant: SAV-1
timezone: Europe/Rome
devices: devices
data: data
console: {port: 0}
log: {level: debug}
central:
  url: postgres://${central.role}@127.0.0.1:${port}/postgres
  tls: off
${handed === 'in a file' ? '  password_file: password\n' : ''}`,
    )
    const { MILLRACE_CENTRAL_PASSWORD: _, ...env } = process.env
    const child = spawn(
      PROGRAM.node,
      [...PROGRAM.nodeOptions, PROGRAM.main, 'run', '--config', join(folder, 'gateway.yaml')],
      {
        cwd: folder,
        env: { ...env, ...(handed !== 'in a file' && { MILLRACE_CENTRAL_PASSWORD: central.password }) },
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    )
    let said = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes) => (said += String(bytes)))
    const ended = once(child, 'exit')
    stack.defer(async () => {
      child.kill('SIGTERM')
      await ended
    })
    await expect
      .poll(() => central.sql(`SELECT FROM pg_stat_activity WHERE usename = $1`, [central.role]), {
        timeout: 60_000,
      })
      .not.toEqual([])
    return { canary: central.password, pid: child.pid ?? 0, said: () => said, folder }
  }
}

async function judge({ canary, pid, said, folder }: Shown): Promise<readonly string[]> {
  const found: string[] = []
  for (const process of [pid, ...(await childrenOf(pid))])
    for (const file of ['cmdline', 'environ'])
      if ((await readFile(`/proc/${process}/${file}`, 'latin1').catch(() => '')).includes(canary))
        found.push(`/proc/${process}/${file}`)
  if (said().includes(canary)) found.push('what it says')
  for (const path of await filesIn(folder))
    if (!path.endsWith('/password') && (await readFile(path, 'latin1')).includes(canary)) found.push(path)
  return found
}

async function childrenOf(pid: number): Promise<readonly number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '')
  return text.split(' ').filter(Boolean).map(Number)
}

async function filesIn(folder: string): Promise<readonly string[]> {
  await chmod(folder, 0o700)
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name))
}

securityCheck({
  id: 'S2',
  title: 'the password of a running gateway stands in no argument, environment, log or file but its own',
  judge,
  shipped: running('in a file'),
  weakened: { 'it is handed over in the environment': running('in the environment') },
  cannotBeTried: process.platform === 'linux' ? undefined : 'there is no /proc',
})
