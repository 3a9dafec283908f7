/** What becomes of a folder of route files: which routes it describes, and what is wrong with the others. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { faultText } from '../../../../src/domain/errors.ts'
import { readRouteFiles } from '../../../../src/routes/route-files.ts'
import type { RouteKind } from '../../../../src/routes/route-kind.ts'
import { Secret } from '../../../../src/runtime/secret.ts'
import { archiveKind } from '../../../support/archive-kind.ts'

let cwd: string

beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'millrace-routes-'))
  mkdirSync(join(cwd, 'routes'))
})
afterEach(() => rmSync(cwd, { recursive: true }))

const other: RouteKind = {
  ...archiveKind,
  key: 'bin',
  schema: archiveKind.schema.omit({ archive: true }),
} as never

function write(name: string, text: string): void {
  writeFileSync(join(cwd, 'routes', name), text)
}

function read(secrets = {}, extra: readonly string[] = []) {
  return readRouteFiles({ folder: join(cwd, 'routes'), cwd, kinds: [archiveKind, other], secrets, extra })
}

function said(): readonly string[] {
  return read().files.flatMap(({ faults }) => faults.map(faultText))
}

describe('a route file', () => {
  it('describes a route, with paths relative to it and its secret out of the environment', () => {
    write('a.yaml', 'route: line-archive\nmust: deliver\narchive: {file: ../archive.db}\n')
    const [file] = read({ MILLRACE_ROUTE_LINE_ARCHIVE_PASSWORD: new Secret('hush') }).files
    expect(file).toMatchObject({ faults: [], hints: [], claim: { name: 'line-archive', must: 'deliver' } })
    expect(file?.route).toMatchObject({
      name: 'line-archive',
      must: 'deliver',
      settings: { file: join(cwd, 'archive.db'), password: 'hush' },
    })
  })

  it.each([
    [
      'route: Line\nmust: deliver\narchive: {file: a.db}',
      [
        '1:8: "Line" is not valid here; small letters and digits, with hyphens between them, such as operation-timestamps',
      ],
    ],
    [
      'route: central\nmust: deliver\narchive: {file: a.db}',
      ['1:8: "central" is not valid here; this name is taken by a part of the gateway itself'],
    ],
    ['route: a\narchive: {file: a.db}', ['1:1: "must" is missing']],
    [
      'route: a\nmust: delivered\narchive: {file: a.db}',
      ['2:7: "delivered" is not valid here; did you mean "deliver"?'],
    ],
    [
      'route: a\nmust: deliver\narchiv: {file: a.db}',
      [
        '1:1: this route says nothing of where its events go; it needs one of: archive:, bin:',
        '3:1: unknown key "archiv" in route; did you mean "archive"?',
      ],
    ],
    [
      'route: a\nmust: deliver\narchive: {file: a.db, fiel: b}',
      ['3:23: unknown key "fiel"; did you mean "file"?'],
    ],
    ['route: a\nmust: deliver\narchive: {file: a.txt}', ['3:17: "a.txt" is no archive; such as archive.db']],
    [
      'route: a\nmust: deliver\narchive: {file: a.db}\nbin: {}',
      [
        '4:1: a route has one destination, and "archive" is another one; make two files of it',
        '4:1: unknown key "bin" in route',
      ],
    ],
    ['- route: a', ['1:1: a list stands where a group of keys is wanted']],
    ['', ['1:1: the file is empty']],
  ])('with faults says where they are: %j', (text, expected) => {
    write('a.yaml', text)
    const faults = said()
    expect(read().files[0]?.route).toBeUndefined()
    for (const one of expected) expect(faults.join('\n')).toContain(`routes/a.yaml:${one}`)
  })

  it('that is half written still says whose events are to be kept', () => {
    write('a.yaml', 'route: a # the first\nmust: best-effort\narchive: {file: \n')
    write('b.yaml', 'archive: {file: \nroute: "b"\n')
    expect(read().files.map(({ claim }) => claim)).toEqual([
      { name: 'a', must: 'best-effort' },
      { name: 'b', must: 'deliver' },
    ])
  })
})

describe('a folder of route files', () => {
  it('may be absent', () => {
    rmSync(join(cwd, 'routes'), { recursive: true })
    expect(read()).toMatchObject({ files: [], isAbsent: true })
  })

  it('gives a route to one of two files: to the one that had it before', () => {
    const text = 'route: a\nmust: deliver\narchive: {file: a.db}\n'
    write('a.yaml', text)
    write('b.yaml', text)
    expect(said()).toEqual([
      'routes/b.yaml:1:8: routes/a.yaml describes the route "a" already; give one of them another name, or remove one file',
    ])
    const held = readRouteFiles(
      { folder: join(cwd, 'routes'), cwd, kinds: [archiveKind], secrets: {} },
      new Map([['a', 'b.yaml']]),
    )
    expect(held.files.map(({ route }) => route?.name)).toEqual([undefined, 'a'])
  })

  it('names what somebody may believe to be read', () => {
    write('a.yaml.old', '')
    write('.a.yaml.swp', '')
    mkdirSync(join(cwd, 'routes/more'))
    write('more/b.yaml', '')
    mkdirSync(join(cwd, 'routes/examples'))
    write('examples/c.yaml', '')
    expect(
      read()
        .passedOver.map(({ file }) => file)
        .sort(),
    ).toEqual(['routes/a.yaml.old', 'routes/more'])
  })

  it('is judged with a file from elsewhere in place of the one of that route', () => {
    write('a.yaml', 'route: a\nmust: deliver\narchive: {file: a.db}\n')
    writeFileSync(join(cwd, 'new.yaml'), 'route: a\nmust: best-effort\narchive: {file: a.db}\n')
    const { files } = read({}, [join(cwd, 'new.yaml')])
    expect(files.map(({ file, route }) => [file, route?.must])).toEqual([['new.yaml', 'best-effort']])
  })
})
