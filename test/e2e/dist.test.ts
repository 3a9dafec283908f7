/**
 * The built program, laid out as the Dockerfile lays it out: dist/ beside package.json and node_modules. What the compiler
 * does not carry over (SQL, migrations) and what is found by a path at run time (the buffer's thread) is missed only here.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { copyFile, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { schemaFiles } from '../../src/commands/schema.ts'
import type { StatusReport } from '../../src/console/report.ts'
import { settle } from '../../src/demo/settle.ts'
import { CHECKOUT, run } from '../support/run-millrace.ts'

const BUILT_MAX_MS = 300_000
const LOADED_MAX_MS = 300_000
const LISTENS_MAX_MS = 60_000
/** Five seconds are promised; the rest is for a machine that does much else. */
const STOP_MAX_MS = 20_000

const SRC = join(CHECKOUT, 'src')

let image: string
let program: string
const built = (...args: readonly string[]) =>
  run(process.execPath, [...process.execArgv, program, ...args], { cwd: CHECKOUT })

beforeAll(async () => {
  image = await mkdtemp(join(tmpdir(), 'millrace-dist-'))
  program = join(image, 'dist/main.js')
  const build = await run(process.execPath, ['tools/build.ts', join(image, 'dist')], { cwd: CHECKOUT })
  expect(build).toEqual({ code: 0, out: '', err: '' })
  await copyFile(join(CHECKOUT, 'package.json'), join(image, 'package.json'))
  await symlink(join(CHECKOUT, 'node_modules'), join(image, 'node_modules'))
}, BUILT_MAX_MS)

afterAll(() => rm(image, { recursive: true, force: true }))

test('--help names every command', async () => {
  const { code, out } = await built('--help')
  expect(code).toBe(0)
  expect(out).toMatch(/^ {2}run .*\n(?: {2}[\w-]+ .*\n)* {2}schema /m)
})

test('check finds the example configuration valid', async () => {
  const { code, out } = await built('check', '--config', 'config/gateway.yaml')
  expect({ code, out }).toEqual({ code: 0, out: expect.stringContaining('valid') })
})

test('schema prints what the source prints', async () => {
  const { code, out } = await built('schema')
  expect(code).toBe(0)
  expect(out).toBe(Object.values(schemaFiles()).join(''))
})

test('central sql finds the SQL that was copied beside it', async () => {
  const { code, out } = await built('central', 'sql', '--organization', 'SAV')
  expect(code).toBe(0)
  expect(out).toContain('edge_gateway')
})

test(
  'whatever it may load later is there, and of packages only those that are installed with it',
  async () => {
    await copyFile(join(CHECKOUT, 'test/support/load-everything.ts'), join(image, 'load-everything.ts'))
    const { out } = await run(process.execPath, [...process.execArgv, 'load-everything.ts'], { cwd: image })
    expect(out).toBe('loaded everything\n')
  },
  LOADED_MAX_MS,
)

test('each thread begins where the build has put it, and what is no code lies where its reader looks for it', () => {
  const begins = globSync('**/*.ts', { cwd: SRC }).flatMap((file) =>
    [...readFileSync(join(SRC, file), 'utf8').matchAll(/threadFile\(import\.meta\.url, '([^']+)'\)/g)].map(
      ([, path = '']) => join(dirname(file), `${path}.js`),
    ),
  )
  expect(begins).toContain('buffer/file/worker.js')
  const others = globSync('**/*.*', { cwd: SRC, exclude: ['**/*.ts'] })
  expect([...begins, ...others].filter((file) => !existsSync(join(image, 'dist', file)))).toEqual([])
})

describe('run', () => {
  let site: string
  let gateway: ChildProcess
  let said = ''

  beforeAll(async () => {
    site = await writeSite(join(image, 'site'))
    gateway = spawn(process.execPath, [...process.execArgv, program, 'run', '--config', site], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    for (const stream of [gateway.stdout, gateway.stderr])
      stream?.on('data', (chunk: Buffer) => {
        said += chunk.toString()
      })
  })

  afterAll(() => gateway.kill('SIGKILL'))

  test('answers status, with its log open on the thread that owns it', async () => {
    const isRunning = () => /"running"/.test(said) && existsSync(join(image, 'site/data/running.json'))
    expect(await settle(isRunning, { withinMs: LISTENS_MAX_MS }), said).toBe(true)
    const { out } = await built('status', '--json', '--config', site)
    const { gateway: name, machines, version } = JSON.parse(out) as StatusReport
    expect(name).toBe('edge-dist-01')
    expect(version).toBe(await versionOfCheckout())
    expect(machines.map(({ machine }) => machine)).toEqual(['PRESS-07'])
  })

  test('serves the pages that were built beside it', async () => {
    const presence = await readFile(join(image, 'site/data/running.json'), 'utf8')
    const { port } = JSON.parse(presence) as { readonly port: number }
    const page = await (await fetch(`http://127.0.0.1:${port}/line`)).text()
    const [, script] = /<script type="module"[^>]* src="([^"]+)"/.exec(page) ?? []
    const loaded = await fetch(`http://127.0.0.1:${port}${script}`)
    expect(loaded.headers.get('content-type')).toContain('text/javascript')
  })

  test('SIGTERM ends it with 0, in time', async () => {
    const askedMs = performance.now()
    const ended = once(gateway, 'exit')
    gateway.kill('SIGTERM')
    const [code] = await ended
    expect(code, said).toBe(0)
    expect(performance.now() - askedMs).toBeLessThan(STOP_MAX_MS)
  })
})

async function versionOfCheckout(): Promise<string> {
  const { version } = JSON.parse(await readFile(join(CHECKOUT, 'package.json'), 'utf8')) as {
    version: string
  }
  return version
}

/** A gateway whose central and only device are not there: it has to start without them. Returns its configuration file. */
async function writeSite(folder: string): Promise<string> {
  const file = join(folder, 'gateway.yaml')
  await mkdir(join(folder, 'devices'), { recursive: true })
  const map = await readFile(join(CHECKOUT, 'devices/press-07.yaml'), 'utf8')
  await writeFile(
    join(folder, 'devices/press-07.yaml'),
    map.replace(/host: [\d.]+/, 'host: 127.0.0.1, port: 1'),
  )
  await writeFile(
    file,
    `gateway: edge-dist-01
organization: SAV
plant: SAV-1
timezone: Europe/Rome
devices: devices
data: data
central: {url: 'postgres://millrace@127.0.0.1:1/mes', tls: off}
console: {port: 0}
`,
  )
  return file
}
