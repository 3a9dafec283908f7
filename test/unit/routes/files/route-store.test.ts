/** Which routes are in force, by the files as they are now and as they were when they were last good. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { faultText } from '../../../../src/domain/errors.ts'
import type { RouteKind } from '../../../../src/routes/route-kind.ts'
import { createRouteStore, type RouteSet } from '../../../../src/routes/route-store.ts'
import { archiveKind } from '../../../support/archive-kind.ts'
import { whileUnread } from '../../../support/unread.ts'

let cwd: string

beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'millrace-routes-'))
  for (const name of ['routes', 'data']) mkdirSync(join(cwd, name))
})
afterEach(() => rmSync(cwd, { recursive: true }))

const text = (must = 'deliver', file = 'a.db') => `route: a\nmust: ${must}\narchive: {file: ${file}}\n`

function write(name: string, content: string): void {
  writeFileSync(join(cwd, 'routes', name), content)
}

function remove(name: string): void {
  rmSync(join(cwd, 'routes', name))
}

/** As after a start. */
function store(kinds: readonly RouteKind[] = [archiveKind]) {
  return createRouteStore({
    folder: join(cwd, 'routes'),
    dataFolder: join(cwd, 'data'),
    cwd,
    kinds,
    secrets: {},
  })
}

/** As the gateway takes them. */
async function take(routes: ReturnType<typeof store>): Promise<RouteSet> {
  const set = routes.read()
  const unkept = await routes.keep()
  return { ...set, faults: [...set.faults, ...unkept] }
}

/** In short. */
function told({ inForce, held, over, faults }: RouteSet) {
  return {
    inForce: inForce.map((route) => `${route.name} ${route.must}${route.isTakenAway ? ' leaving' : ''}`),
    held: held.map(({ name, file }) => `${name} ${file}`),
    over,
    faults: [...inForce.flatMap((route) => route.faults), ...faults].map(faultText),
  }
}

const NOTHING = { inForce: [], held: [], over: [], faults: [] }

describe('the routes in force', () => {
  it('are those of the good files', async () => {
    write('a.yaml', text())
    expect(told(await take(store()))).toEqual({ ...NOTHING, inForce: ['a deliver'] })
  })

  it('go on as they were last good, after a start too', async () => {
    write('a.yaml', text())
    await take(store())
    write('a.yaml', 'route: a\n')
    const set = await take(store())
    expect(told(set)).toMatchObject({ inForce: ['a deliver'], held: [] })
    expect(set.inForce[0]?.text).toBe(text())
    expect(told(set).faults).toHaveLength(2)
  })

  it('go on while the file is there under another name, or their folder cannot be read', async () => {
    write('a.yaml', text())
    await take(store())
    remove('a.yaml')
    write('b.yaml', text('best-effort'))
    expect(told(await take(store()))).toEqual({ ...NOTHING, inForce: ['a best-effort'] })
    rmSync(join(cwd, 'routes'), { recursive: true })
    expect(told(await take(store()))).toMatchObject({
      inForce: ['a best-effort'],
      faults: [expect.stringContaining('the folder of route files cannot be read')],
    })
  })

  it('stay until they owe nothing where the file is taken away; at best effort they are over', async () => {
    write('a.yaml', text())
    const one = store()
    await take(one)
    remove('a.yaml')
    expect(told(await take(one))).toEqual({ ...NOTHING, inForce: ['a deliver leaving'] })
    expect(told(await take(store()))).toEqual({ ...NOTHING, inForce: ['a deliver leaving'] })
    await one.forget('a')
    expect(told(await take(one))).toEqual(NOTHING)
    write('a.yaml', text('best-effort'))
    await take(one)
    remove('a.yaml')
    expect(told(await take(one))).toEqual({ ...NOTHING, over: ['a'] })
  })

  it('are held where the file is bad and never was good, if they must deliver', async () => {
    write('a.yaml', 'route: a\nmust: deliver\narchive: {file: \n')
    write('b.yaml', 'route: b\nmust: best-effort\narchive: 1\n')
    expect(told(await take(store()))).toMatchObject({ inForce: [], held: ['a routes/a.yaml'] })
  })

  it('are held where the file is gone and this version cannot use what was in it', async () => {
    write('a.yaml', text())
    await take(store())
    remove('a.yaml')
    const set = await take(store([]))
    expect(told(set)).toMatchObject({ inForce: [], held: ['a routes/a.yaml'] })
    expect(told(set).faults[0]).toContain(
      'routes/a.yaml was taken away, and this version cannot use what was in it',
    )
  })

  it('are kept only by whoever asks for it, as the gateway does', async () => {
    write('a.yaml', text())
    store().read()
    expect(readdirSync(join(cwd, 'data'))).toEqual([])
    await take(store())
    expect(readdirSync(join(cwd, 'data/routes'))).toEqual(['a.json'])
  })

  it('do not depend on the disk that keeps them', async () => {
    write('a.yaml', text())
    const one = store()
    await take(one)
    writeFileSync(join(cwd, 'data/routes/a.json'), 'cut sh')
    write('a.yaml', 'route: a\n')
    expect(told(await take(one))).toMatchObject({
      inForce: ['a deliver'],
      faults: expect.arrayContaining([
        expect.stringContaining('data/routes/a.json:1:1: this last good route is damaged'),
      ]),
    })
  })
})

describe('what the disk refuses', () => {
  it('is said, and tried again: a route is kept, and one that is over is gone for the next start', async () => {
    write('a.yaml', text())
    const routes = store()
    await take(routes)
    const kept = join(cwd, 'data', 'routes')
    await whileUnread(kept, async () => {
      expect((await routes.forget('a')).map(faultText)).toEqual([
        expect.stringContaining('a route that is over could not be removed'),
      ])
      remove('a.yaml')
      expect(told(routes.read())).toMatchObject({ inForce: [], over: [] })
      write('b.yaml', text().replace('route: a', 'route: b'))
      expect(told(await take(routes)).faults).toEqual([
        expect.stringContaining('the last good route cannot be read'),
        expect.stringContaining('a route that is over could not be removed'),
        expect.stringContaining('could not be kept as the last good one'),
      ])
    })
    expect(await routes.keep()).toEqual([])
    expect(readdirSync(kept)).toEqual(['b.json'])
  })
})
