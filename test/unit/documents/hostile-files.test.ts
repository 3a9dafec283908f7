/** Whatever a file holds, reading it ends with a map or with faults that have a place, and never with a crash. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { gatewaySchema } from '../../../src/config/gateway-schema.ts'
import { loadConfig } from '../../../src/config/load-config.ts'
import { createDraft } from '../../../src/documents/draft.ts'
import { parseYaml, readYamlFile } from '../../../src/documents/yaml-source.ts'
import { ConfigError, type ConfigFault } from '../../../src/domain/errors.ts'
import { judgeRules } from '../../../src/maps/check-rules.ts'
import { compileMap } from '../../../src/maps/compile-map.ts'
import { folderTables } from '../../../src/maps/machine/reasons/reason-file.ts'
import { testHardware } from '../../support/hardware.ts'

const EXAMPLES = fileURLToPath(new URL('../../../devices/', import.meta.url))
const examples = readdirSync(EXAMPLES)
  .filter((name) => name.endsWith('.yaml'))
  .map((name) => readFileSync(join(EXAMPLES, name), 'utf8'))
const gateway = readFileSync(new URL('../../../config/gateway.yaml', import.meta.url), 'utf8')
const profiles = { names: () => [], find: () => undefined }
const tables = folderTables('/nowhere', '/')

function compile(text: string) {
  return compileMap(parseYaml(text, 'm.yaml'), { ...testHardware, profiles, tables, folder: '/maps' })
}

function expectPlaces(faults: readonly ConfigFault[], text: string): void {
  const lines = text.split('\n').length
  for (const { line, column, message } of faults) {
    expect(message).not.toBe('')
    expect(column).toBeGreaterThanOrEqual(1)
    expect(line).toBeGreaterThanOrEqual(1)
    expect(line).toBeLessThanOrEqual(lines)
  }
}

/** A text with a few places overwritten, removed or doubled. */
function mutated(texts: readonly string[]): fc.Arbitrary<string> {
  const edit = fc.record({
    at: fc.nat(4_000),
    length: fc.nat(12),
    insert: fc.oneof(
      fc.string({ maxLength: 6, unit: 'binary' }),
      fc.constantFrom(
        ': ',
        '- ',
        '{',
        '}',
        '[',
        ']',
        '"',
        '*a',
        '&a ',
        '!!set',
        '\t',
        '\n',
        '|',
        '>',
        '__proto__',
        'null',
        '0x',
        '~',
      ),
    ),
  })
  return fc
    .tuple(fc.constantFrom(...texts), fc.array(edit, { minLength: 1, maxLength: 5 }))
    .map(([text, edits]) =>
      edits.reduce((result, { at, length, insert }) => {
        const start = at % (result.length + 1)
        return result.slice(0, start) + insert + result.slice(start + length)
      }, text),
    )
}

// Fault of the catalogue: [H1]
describe('a device map that is', () => {
  it('an example with edits at random ends as a map or as faults with places', () => {
    fc.assert(
      fc.property(mutated(examples), (text) => {
        const { map, faults } = compile(text)
        expect(map === undefined).toBe(faults.length > 0)
        expectPlaces(faults, text)
      }),
      { numRuns: 400 },
    )
  })

  it('any tree of values ends as faults with places', () => {
    const key = fc.constantFrom(
      'machine',
      'device',
      'devices',
      'signals',
      'status',
      'reasons',
      'preset',
      'profile',
      'stops',
      'when',
      'any',
      '__proto__',
      'constructor',
      'x',
    )
    const tree = fc.letrec((tie) => ({
      node: fc.oneof(
        { depthSize: 'small' },
        fc.jsonValue(),
        fc.dictionary(key, tie('node'), { maxKeys: 6 }),
        fc.array(tie('node'), { maxLength: 3 }),
      ),
    })).node
    fc.assert(
      fc.property(fc.dictionary(key, tree, { maxKeys: 8 }), (value) => {
        const text = JSON.stringify({ machine: 'M', ...value })
        expectPlaces(compile(text).faults, text)
      }),
      { numRuns: 300 },
    )
  })

  it("any rules and values of a scanner's file end as a map that can be checked, or as faults with places", () => {
    const pattern = fc.oneof(
      fc.constantFrom(
        '^a+$',
        '(x|y)*',
        '^\\p{L}{2,5}$',
        'a|',
        '[',
        '^[^\\x1d]*$',
        '^(?:A(?:B(?:C)?)?)+$',
        '(?i:wo)-(?<n>.+)',
      ),
      fc.string(),
    )
    const mostly = <T>(sound: fc.Arbitrary<T>) =>
      fc.oneof({ weight: 9, arbitrary: sound }, { weight: 1, arbitrary: fc.jsonValue() })
    const rule = fc.record(
      {
        match: pattern,
        parse: fc.constantFrom('gs1', 'iso15434', 'none'),
        is: fc.constantFrom('label', 'badge', 'work_order', 'command', 'downtime_reason'),
        lookup: mostly(fc.constantFrom('any', 'none', 'materials.barcode_data')),
        need: mostly(fc.constantFrom(['01'], ['part'])),
        di: mostly(fc.constant({ part: 'P' })),
        part: fc.constantFrom('P', 'Q'),
        collect: fc.constantFrom(['P', 'Q'], ['P', 'P']),
      },
      { requiredKeys: ['is'] },
    )
    const example = fc.record({ scan: fc.string({ minLength: 1 }), is: fc.constantFrom('label', 'badge') })
    const file = fc.record(
      {
        port: mostly(fc.constant({ tcp: 'a:1', brand: 'none' })),
        operator: mostly(
          fc.record({
            badge: fc.oneof({ weight: 9, arbitrary: fc.constant('^B(?<employee_code>[0-9]+)$') }, pattern),
          }),
        ),
        rules: mostly(fc.array(rule, { maxLength: 4 })),
        examples: fc.array(example, { maxLength: 3 }),
        ack: mostly(fc.constant({ good: 'brand' })),
        reasons: mostly(fc.constant({ jam: {} })),
      },
      { requiredKeys: ['port', 'operator', 'rules'] },
    )
    fc.assert(
      fc.property(file, (value) => {
        const text = JSON.stringify({ scanner: 'S', ...value })
        const source = parseYaml(text, 'm.yaml')
        const { map, faults } = compile(text)
        expectPlaces(faults, text)
        if (map) expectPlaces(judgeRules([{ map, source }]).faults, text)
      }),
      { numRuns: 300 },
    )
  })

  it.each([
    ['deeply nested brackets', '['.repeat(50_000)],
    [
      'deeply nested keys',
      Array.from({ length: 3_000 }, (_, depth) => `${' '.repeat(depth)}a:`)
        .join('\n')
        .slice(0, 900_000),
    ],
    [
      'a condition nested too deeply',
      `machine: M\nsignals: {a: {at: 1}}\nstatus: [{when: ${'{not: '.repeat(300)}{a: 1}${'}'.repeat(300)}, is: idle}]\n`,
    ],
    ['an alias of itself', 'machine: &a [*a]\n'],
    ['nothing but NUL bytes', '\u0000'.repeat(1_000)],
    ['a lone surrogate', 'machine: "\\ud800"\n'],
  ])('%s is refused', (_, text) => {
    const { map, faults } = compile(text)
    expect(map).toBeUndefined()
    expect(faults.length).toBeGreaterThan(0)
  })

  it('one with tens of thousands of keys is refused in good time', () => {
    const lines = Array.from({ length: 30_000 }, (_, index) => `  s${index}: {at: ${index}, type: u16}\n`)
    expect(compile(`machine: M\nsignals:\n${lines.join('')}`).faults.length).toBeGreaterThan(0)
  }, 120_000)
})

/** Time of the processor: that of the clock would judge what else the computer does. */
const BUSY_MAX_MS = 20_000

describe('a file of one line with a mistake in each of its parts', () => {
  it.each([
    ['commas that are missing', '{', 'a: 1 b: 2, ', '}'],
    ['items without a colon', '{', 'a, b: 1, ', '}'],
    ['numbers cut by commas', '{', 'a: 1,2,3, ', '}'],
    ['blanks that are missing', '{', 'a:b, ', '}'],
    ['no-break spaces', '{', '\u00a0a: 1, b: 2 c: 3, ', '}'],
    ['references to nothing', '[', '*a, ', ']'],
    ['exclamation marks', '[', '!a, ', ']'],
    ['brackets in texts', '[', 'a[0], ', ']'],
    ['characters that nothing begins with', '[', '@a, ', ']'],
    ['comments that swallow a bracket', '', 'a: {b: 1 #}\n', ''],
  ])(
    'is refused in good time: %s',
    (_, opening, part, closing) => {
      const text = `a: ${opening}${part.repeat(Math.floor(100_000 / part.length))}${closing}`
      const before = process.cpuUsage()
      const { faults } = parseYaml(text, 'm.yaml')
      expect(process.cpuUsage(before).user / 1_000).toBeLessThan(BUSY_MAX_MS)
      expect(faults.length).toBeGreaterThan(0)
      expect(faults.length).toBeLessThan(100)
    },
    120_000,
  )
})

describe('a file with more mistakes than a call of a function takes arguments', () => {
  it('is refused like any other', () => {
    expect(parseYaml(`a: {${'b:1,'.repeat(200_000)}}`, 'm.yaml').faults.length).toBeGreaterThan(0)
  }, 120_000)
})

describe('bytes at random', () => {
  it('are a source with faults, or with a value', () => {
    const folder = mkdtempSync(join(tmpdir(), 'millrace-hostile-'))
    const file = join(folder, 'm.yaml')
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        writeFileSync(file, bytes)
        const source = readYamlFile(file, folder)
        expect(source.value === undefined).toBe(source.faults.length > 0)
        expect(() => compileMap(source, { ...testHardware, profiles, tables, folder })).not.toThrow()
      }),
      { numRuns: 200 },
    )
    rmSync(folder, { recursive: true })
  })

  it('more of them than the limit are refused unread', () => {
    const folder = mkdtempSync(join(tmpdir(), 'millrace-hostile-'))
    writeFileSync(join(folder, 'm.yaml'), 'x'.repeat(5_000_000))
    expect(readYamlFile(join(folder, 'm.yaml'), folder).faults[0]?.hint).toBe('at most 1000000 bytes')
    rmSync(folder, { recursive: true })
  })
})

describe('gateway.yaml with edits at random', () => {
  it('is a configuration or a ConfigError with places', () => {
    const cwd = mkdtempSync(join(tmpdir(), 'millrace-hostile-'))
    fc.assert(
      fc.property(mutated([gateway]), (text) => {
        writeFileSync(join(cwd, 'gateway.yaml'), text.toWellFormed())
        try {
          expect(loadConfig({ file: 'gateway.yaml', env: {}, cwd }).gateway).not.toBe('')
        } catch (error) {
          if (!(error instanceof ConfigError)) throw error
          expect(error.faults.length).toBeGreaterThan(0)
          expectPlaces(error.faults, text)
        }
      }),
      { numRuns: 300 },
    )
    rmSync(cwd, { recursive: true })
  })

  it('judges any value without a crash', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = JSON.stringify(value)
        const draft = createDraft(parseYaml(text, 'g.yaml'))
        draft.judge([], gatewaySchema)
        expectPlaces(draft.faults, text)
      }),
      { numRuns: 200 },
    )
  })
})
