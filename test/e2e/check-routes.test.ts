/** Route files as `check` judges them: within the whole set, alone, and from elsewhere. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { SOUND_GATEWAY, SOUND_MAP, soundFolder } from '../support/broken-config.ts'
import { runCheck } from '../support/run-check.ts'

const FEED = 'route: live-feed\nmust: best-effort\nmqtt: {url: mqtt://broker.plant.example}\n'

let cwd: string

beforeEach(() => {
  cwd = soundFolder()
  mkdirSync(join(cwd, 'config/routes'))
  writeFileSync(join(cwd, 'devices/press-07.yaml'), SOUND_MAP)
})
afterEach(() => rmSync(cwd, { recursive: true }))

function route(name: string, text: string): void {
  writeFileSync(join(cwd, 'config/routes', name), text)
}

test('what was judged is counted', async () => {
  route('feed.yaml', FEED)
  expect(await runCheck({ cwd })).toMatchObject({ code: 0, out: 'valid: 1 machine, 1 route\n' })
  expect(await runCheck({ cwd, args: ['config/routes/feed.yaml'] })).toMatchObject({
    code: 0,
    out: 'valid: 1 route\n',
  })
})

test('a fault has its place, and the nearest word', async () => {
  route('feed.yaml', FEED.replace('must', 'most'))
  const { code, out } = await runCheck({ cwd })
  expect(code).toBe(2)
  expect(out).toBe(
    [
      'config/routes/feed.yaml:1:1: "must" is missing',
      'config/routes/feed.yaml:2:1: unknown key "most" in route; did you mean "must"?',
      '',
    ].join('\n'),
  )
  const json = JSON.parse((await runCheck({ cwd, args: ['--json', 'config/routes/feed.yaml'] })).out)
  expect(json).toMatchObject({
    valid: false,
    faults: [
      { code: 'route-faults', file: 'config/routes/feed.yaml', line: 1, column: 1, path: 'must' },
      { code: 'route-faults', line: 2, column: 1, path: 'most', hint: 'did you mean "must"?' },
    ],
  })
})

test('keys of the other format are not passed over, and a password file that is missing is said', async () => {
  route('feed.yaml', `${FEED.slice(0, -2)}, sparkplug: {primary_host: scada}}\n`)
  expect(await runCheck({ cwd })).toMatchObject({
    code: 2,
    out: 'config/routes/feed.yaml:3:53: sparkplug is for format: sparkplug, and this feed has format: json; write format: sparkplug, or leave sparkplug out\n',
  })
  route('feed.yaml', `${FEED.slice(0, -2)}, format: sparkplug, retain: false}\n`)
  expect((await runCheck({ cwd })).out).toContain('retain is for format: json')
  route('feed.yaml', `${FEED.slice(0, -2)}, user: edge, password_file: nowhere}\n`)
  const { code, err } = await runCheck({ cwd })
  expect(code).toBe(0)
  expect(err).toContain('config/routes/nowhere is not there; the gateway reads it when it connects')
})

test('a file alone is judged within its set, and the faults of others are not its own', async () => {
  route('a.yaml', FEED)
  route('b.yaml', FEED)
  route('c.yaml', 'route: Upper\n')
  expect((await runCheck({ cwd, args: ['config/routes/a.yaml'] })).code).toBe(0)
  const twin = await runCheck({ cwd, args: ['config/routes/b.yaml'] })
  expect(twin.out).toContain('b.yaml:1:8: config/routes/a.yaml describes the route "live-feed" already')
  writeFileSync(join(cwd, 'next.yaml'), FEED)
  expect(await runCheck({ cwd, args: ['next.yaml'] })).toMatchObject({ code: 0, out: 'valid: 1 route\n' })
})

test('a misplaced folder of device maps keeps no route file from being judged', async () => {
  route('feed.yaml', FEED)
  writeFileSync(join(cwd, 'config/gateway.yaml'), `${SOUND_GATEWAY}devices: nowhere\n`)
  expect(await runCheck({ cwd, args: ['config/routes/feed.yaml'] })).toMatchObject({ code: 0 })
})

test('the folder is where the configuration says, and need not be there', async () => {
  rmSync(join(cwd, 'config/routes'), { recursive: true })
  expect(await runCheck({ cwd })).toMatchObject({ code: 0, out: 'valid: 1 machine\n' })
  mkdirSync(join(cwd, 'feeds'))
  writeFileSync(join(cwd, 'feeds/a.yaml'), FEED)
  writeFileSync(join(cwd, 'config/gateway.yaml'), `${SOUND_GATEWAY}routes: ../feeds\n`)
  expect(await runCheck({ cwd })).toMatchObject({ code: 0, out: 'valid: 1 machine, 1 route\n' })
})

test('a password in a route file is refused, and none is ever shown', async () => {
  route(
    'feed.yaml',
    'route: live-feed\nmust: best-effort\nmqtt: {url: "mqtt://me:hush@broker", password: hush}\n',
  )
  const { code, out, err } = await runCheck({ cwd })
  expect(code).toBe(2)
  expect(out).toContain('config/routes/feed.yaml:3:')
  expect(out + err).not.toContain('hush')
})

test('a secret that is misspelt in the environment is named with the nearest that a route asks for', async () => {
  route(
    'there.yaml',
    `route: log-there
must: deliver
to: {url: "postgres://me@db.plant.example/site"}
rows: [{on: status.opened, insert: log, columns: {machine: machine}}]
`,
  )
  const { code, err } = await runCheck({ cwd, env: { MILLRACE_ROUTE_LOG_THER_PASSWORD: 'hush' } })
  expect(code).toBe(0)
  expect(err).toBe(
    'hint: environment:1:1: MILLRACE_ROUTE_LOG_THER_PASSWORD is the secret of no route; did you mean MILLRACE_ROUTE_LOG_THERE_PASSWORD?\n',
  )
  expect((await runCheck({ cwd, env: { MILLRACE_ROUTE_LOG_THERE_PASSWORD: 'hush' } })).err).toBe('')
})
