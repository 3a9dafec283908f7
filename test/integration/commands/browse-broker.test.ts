/** `millrace browse mqtt://…` and `millrace try` of a map of MQTT, at a real broker, as a technician calls them. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startBroker, type TestBroker } from '../../support/broker.ts'
import { callMillrace } from '../../support/called-command.ts'
import { publisherAt } from '../../support/mqtt-publisher.ts'

let broker: TestBroker
let cwd: string
let publisher: Awaited<ReturnType<typeof publisherAt>>
let speaking: NodeJS.Timeout

beforeAll(async () => {
  broker = await startBroker()
  cwd = mkdtempSync(join(tmpdir(), 'millrace-browse-'))
  publisher = await publisherAt(broker.url)
  await publisher.say('plant/press/kept', 'old', { retain: true })
  speaking = setInterval(() => {
    void publisher.say('plant/press', { state: 2, 'a.b': [{ v: 1.5 }] })
    void publisher.say('plant/mode', 'Auto')
  }, 100)
})

afterAll(async () => {
  clearInterval(speaking)
  await publisher[Symbol.asyncDispose]()
  await broker[Symbol.asyncDispose]()
  rmSync(cwd, { recursive: true, force: true })
})

const browse = (...args: string[]) => callMillrace(['browse', broker.url, '--for', '2s', ...args], { cwd })

test('what is published is shown with its last values, ready to paste below signals', async () => {
  const { code, out } = await browse()
  expect(code).toBe(0)
  expect(out).toMatch(/^plant\/mode {2}\(\d+ messages\)\n {2}"Auto" {2}\{ topic: plant\/mode \}\n/)
  expect(out).toMatch(/\n {2}2 {2}\{ topic: plant\/press, path: state \}\n/)
  expect(out).toContain(`  1.5  { topic: plant/press, path: '["a.b"][0].v' }\n`)
  expect(out).toContain('plant/press/kept  (retained only)\n  "old"  { topic: plant/press/kept }\n')
})

test('only some topics, only what has a text in it, and nothing', async () => {
  expect((await browse('plant/press/#', '--search', 'STATE')).out).toMatch(
    /^plant\/press {2}\(\d+ messages\)\n {2}2 {2}\{ topic: plant\/press, path: state \}\n$/,
  )
  const nothing = await browse('elsewhere/#')
  expect(nothing.code).toBe(1)
  expect(nothing.err).toContain('nothing came on elsewhere/#')
  const searched = await browse('--search', 'spindle')
  expect(searched.code).toBe(1)
  expect(searched.err).toContain(
    'nothing of what came on # has "spindle" in it; leave --search out to see all',
  )
})

test('a map is played live, whatever session the gateway has', async () => {
  const file = join(cwd, 'press.yaml')
  writeFileSync(
    file,
    `machine: PRESS-07
device: {driver: mqtt, url: "${broker.url}", client_id: the-gateway}
signals:
  state: {topic: plant/press, path: state, type: u16, names: {2: auto, 3: fault}}
  wrong: {topic: plant/press, path: stat}
status:
  - {when: {state: fault}, is: down}
  - {when: {state: auto}, is: running}
  - {else: true, is: idle}
`,
  )
  await using gateway = await publisherAt(broker.url, { clientId: 'the-gateway' })
  const { code, out } = await callMillrace(['try', file, '--for', '4s'], { cwd })
  expect(code).toBe(1)
  expect(out).toContain('state  plant/press state  auto  good')
  expect(out).toContain('status: running')
  expect(out).toContain('the message has no stat: it has the keys state, a.b; did you mean state?')
  await gateway.say('still', 'connected')
})

test('a device that has not said anything is shown with what is waited for', async () => {
  const file = join(cwd, 'silent.yaml')
  writeFileSync(
    file,
    `machine: PRESS-08
device: {driver: mqtt, url: "${broker.url}"}
signals: {state: {topic: Plant/press, path: state}}
status: [{else: true, is: idle}]
`,
  )
  const { code, out } = await callMillrace(['try', file, '--for', '1s'], { cwd })
  expect(code).toBe(1)
  expect(out).toContain(`PRESS-08 connecting: ${broker.url} answers; waits for a message of Plant/press`)
})
