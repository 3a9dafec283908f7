/** Device maps that are edited through the console of a real gateway, with real devices and a real central. */
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type EditedSite, editedMap, startEditedSite } from '../../support/edited-site.ts'

let site: EditedSite
let api: EditedSite['api']

beforeAll(async () => {
  site = await startEditedSite()
  ;({ api } = site)
})

afterAll(() => site?.[Symbol.asyncDispose]())

const pathOf = (name: string) => site.pathOf(name)
const bothRun = () =>
  site.gateway.until(({ machines }) =>
    expect(machines.map(({ machine, status }) => [machine, status])).toEqual([
      ['CNC-01', 'running'],
      ['PRESS-07', 'running'],
    ]),
  )
const readPress = async () => (await api.get('/maps/press-07.yaml')).body
const statesOf = async (file: string) =>
  (await api.get(`/maps/${encodeURIComponent(file)}/progress`)).body.subjects.map(
    ({ code, state }: { code: string; state: string }) => [code, state],
  )
const eventually = async (look: () => Promise<void>) => {
  for (let left = 100; ; left -= 1) {
    try {
      return await look()
    } catch (error) {
      if (left === 0) throw error
      await wait(200)
    }
  }
}

test('every file of the folder is listed with what it describes and how it stands', async () => {
  mkdirSync(pathOf('profiles'), { recursive: true })
  writeFileSync(pathOf('profiles/drive.yaml'), 'maker: Some\nsignals: {spare: {at: 40120}}\n')
  writeFileSync(pathOf('codes.csv'), 'fault;code\n1;jam\n')
  writeFileSync(pathOf('old.yaml.bak'), 'machine: X\n')
  site.gateway.reload()
  await eventually(async () => {
    const { body } = await api.get('/maps')
    expect(body).toMatchObject({ folder: pathOf('.').replace(/\/$/, ''), not_writable: null })
    expect(body.files).toMatchObject([
      { file: 'codes.csv', kind: 'table', subject: null },
      { file: 'machine.yaml', kind: 'machine', subject: 'CNC-01', faults: 0, rolled_back: null },
      { file: 'press-07.yaml', kind: 'machine', subject: 'PRESS-07', in_force_since: expect.any(String) },
      { file: 'profiles/drive.yaml', kind: 'profile' },
    ])
    expect(body.passed_over).toMatchObject([{ file: 'devices/old.yaml.bak' }])
  })
})

test('a text is judged within the whole set: faults with their places and hints, and what it would change', async () => {
  const { text } = await readPress()
  const check = async (changed: string) =>
    (await api.post('/maps/check', { file: 'press-07.yaml', text: changed })).body
  expect(await check(text.replace('is: running', 'is: runing'))).toMatchObject({
    faults: [
      {
        file: 'devices/press-07.yaml',
        line: 9,
        column: 28,
        hint: 'did you mean "running"?',
      },
    ],
    effects: [],
  })
  expect((await check(text.replace('PRESS-07', 'CNC-01'))).faults[0].message).toContain(
    'already described in',
  )
  expect(await check(text.replace('is: idle', 'is: available'))).toMatchObject({
    faults: [],
    effects: [{ kind: 'machine', code: 'PRESS-07', what: 'rule 2 changed', links: 'stay' }],
  })
  expect((await check(text.replace('40101', '40103'))).effects).toMatchObject([
    { code: 'PRESS-07', links: 'again' },
  ])
  expect((await check(text.replace('# As', '# Just as'))).effects).toMatchObject([
    { what: '', links: 'stay' },
  ])
  expect((await check('machine: [\n')).faults).not.toEqual([])
  expect(
    (await api.post('/maps/compare', { file: 'press-07.yaml', text: `${text}# end\n` })).body.lines.at(-2),
  ).toEqual({
    kind: 'added',
    text: '# end',
  })
})

test('a fault that a profile brings into a map is a fault of the profile', async () => {
  const text = 'maker: Some\nsignals: {state: {at: 40130, type: bit}}\n'
  const using = editedMap('WELD-03', site.press.port)
    .replace('signals:', 'profile: drive\nsignals:')
    .replace('state: {at: 40101, type: u16}', 'state: {names: {1: on}}')
  writeFileSync(pathOf('weld.yaml'), using)
  const { body } = await api.post('/maps/check', { file: 'profiles/drive.yaml', text: 'maker: [\n' })
  expect(body.faults.length).toBeGreaterThan(0)
  expect((await api.post('/maps/check', { file: 'profiles/drive.yaml', text })).status).toBe(200)
  rmSync(pathOf('weld.yaml'))
})

test('words are completed where the cursor stands', async () => {
  const { text } = await readPress()
  const { body } = await api.post('/maps/complete', {
    file: 'press-07.yaml',
    text: `${text}  - {when: {st\n`,
    line: 11,
    column: 16,
  })
  expect(body).toMatchObject({
    from: 14,
    words: [{ label: 'state', insert: 'state: ', about: '40101, u16' }],
  })
})

test('a text with faults never gets into its file', async () => {
  const { text, hash } = await readPress()
  const answer = await api.put('/maps/press-07.yaml', { text: text.replace('u16', 'u17'), read: hash })
  expect(answer).toMatchObject({ status: 422, body: { code: 'map-has-faults', faults: [{ line: 5 }] } })
  expect(readFileSync(pathOf('press-07.yaml'), 'utf8')).toBe(text)
})

test('what is saved keeps comments, line ends, byte order mark, mode and links, and is in force at once; other machines go on', async () => {
  const before = editedMap('PRESS-07', site.press.port)
  rmSync(pathOf('press-07.yaml'))
  mkdirSync(join(site.gateway.folder, 'shared'), { recursive: true })
  const target = join(site.gateway.folder, 'shared', 'press.yaml')
  writeFileSync(target, `\uFEFF${before.replaceAll('\n', '\r\n')}`)
  chmodSync(target, 0o660)
  symlinkSync(target, pathOf('press-07.yaml'))
  site.gateway.reload()
  await bothRun()
  const cncLinks = site.cnc.connections
  const { text, hash } = await readPress()
  expect(text).toBe(before)
  const { status, body } = await api.put('/maps/press-07.yaml', {
    text: text.replace('is: running', 'is: setup'),
    read: hash,
  })
  expect([status, body.effects]).toMatchObject([
    200,
    [{ code: 'PRESS-07', what: 'rule 1 changed', links: 'stay' }],
  ])
  await site.gateway.until(({ machines }) => expect(machines[1]).toMatchObject({ status: 'setup' }))
  expect(readFileSync(target, 'utf8')).toBe(
    `\uFEFF${before.replace('is: running', 'is: setup').replaceAll('\n', '\r\n')}`,
  )
  expect(statSync(target).mode & 0o777).toBe(0o660)
  expect(lstatSync(pathOf('press-07.yaml')).isSymbolicLink()).toBe(true)
  expect((await readPress()).hash).toBe(body.hash)
  await eventually(async () => expect(await statesOf('press-07.yaml')).toEqual([['PRESS-07', 'kept']]))
  // Another address: its own link is made again, and only this one.
  const moved = await api.put('/maps/press-07.yaml', {
    text: before.replace('40103', '40104'),
    read: body.hash,
  })
  expect(moved.body.effects).toMatchObject([{ links: 'again' }])
  await bothRun()
  expect(site.cnc.connections).toBe(cncLinks)
})

test('who was signed in stands in the history, and a version can be looked at and restored', async () => {
  const { text, hash } = await readPress()
  const changed = text.replace('is: idle', 'is: available')
  const saved = await api.put('/maps/press-07.yaml', { text: changed, read: hash })
  const history = async () => (await api.get('/maps/press-07.yaml/versions')).body.subjects[0].versions
  const [newest, before] = await history()
  expect(newest).toMatchObject({ author: 'local', what: 'rule 2 changed', kept: true, in_force: true })
  const version = await api.get(`/maps/press-07.yaml/versions/${before.content}`)
  expect(version.body).toEqual({ text, drawn_on_since: [] })
  const restored = await api.post(`/maps/press-07.yaml/versions/${before.content}/restore`, {
    read: saved.body.hash,
  })
  expect(restored.status).toBe(200)
  expect((await readPress()).text).toBe(text)
  expect((await history())[0]).toMatchObject({ content: before.content, in_force: true })
  expect((await api.get('/maps/press-07.yaml/versions/ffffffff')).status).toBe(404)
})

test('nothing is saved over what somebody else has saved meanwhile, and nothing is made where something is', async () => {
  const { text, hash } = await readPress()
  const theirs = `${text}# theirs\n`
  writeFileSync(pathOf('press-07.yaml'), theirs)
  expect(await api.put('/maps/press-07.yaml', { text: `${text}# mine\n`, read: hash })).toMatchObject({
    status: 409,
    body: { code: 'map-changed-meanwhile' },
  })
  expect(await api.put('/maps/press-07.yaml', { text, read: null })).toMatchObject({ status: 409 })
  expect(await api.remove(`/maps/press-07.yaml?read=${hash}`)).toMatchObject({ status: 409 })
  expect(readFileSync(pathOf('press-07.yaml'), 'utf8')).toBe(theirs)
})

// Fault of the catalogue: [H3]
test('a file that is made brings its machine into service, and one that is removed ends its row', async () => {
  const text = editedMap('WELD-03', site.press.port)
  const made = await api.put('/maps/weld-03.yaml', { text, read: null })
  expect(made).toMatchObject({ status: 200, body: { effects: [{ code: 'WELD-03', links: 'new' }] } })
  await site.gateway.until(({ machines }) => expect(machines[2]).toMatchObject({ status: 'running' }))
  const { hash, subjects } = (await api.get('/maps/weld-03.yaml')).body
  expect(subjects).toMatchObject([{ code: 'WELD-03', open_row: { status: 'running' } }])
  const removed = await api.remove(`/maps/weld-03.yaml?read=${hash}`)
  expect(removed.body).toMatchObject({ effects: [{ code: 'WELD-03', what: 'taken away', links: 'go' }] })
  await site.gateway.until(({ machines }) => expect(machines).toHaveLength(2))
  expect(await statesOf('weld-03.yaml')).toEqual([['WELD-03', 'gone']])
  const { versions } = (await api.get('/maps/weld-03.yaml/versions')).body.subjects[0]
  expect(versions[0]).toMatchObject({ what: 'taken away', author: 'local' })
})

test.each([
  '../gateway.yaml',
  '/etc/passwd',
  '.hidden.yaml',
  'examples/a.yaml',
  'profiles/../../x.yaml',
  'a.txt',
  'a\u0000.yaml',
  'profiles/x.csv',
])('no name leads out of the folder: %j', async (name) => {
  const path = `/maps/${encodeURIComponent(name)}`
  expect([400, 404]).toContain((await api.get(path)).status)
  expect([400, 404]).toContain((await api.put(path, { text: 'machine: X\n', read: null })).status)
  expect([400, 404]).toContain((await api.remove(`${path}?read=x`)).status)
})
