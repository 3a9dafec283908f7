import { describe, expect, it } from 'vitest'
import { parseYaml } from '../../../src/documents/yaml-source.ts'
import { machineOwner } from '../../../src/domain/owner.ts'
import { claimIn } from '../../../src/maps/claims.ts'
import { MAP_KINDS } from '../../../src/maps/compile-map.ts'

describe('the machine that a text claims', () => {
  it.each([
    'machine: PRESS-07\ndevice: {}\n',
    '# Hall 3\n\nmachine: Säge 7   # the old one\n\n# its PLC\ndevice: {}\n',
    'device: {}\r\nmachine: "Halle 3/7"\r\nstatus: []\r\n',
    "machine: '07'\n",
    'signals: {}\nmachine: M-1',
  ])('is what YAML says of %j', (text) => {
    const { machine } = parseYaml(text, 'm.yaml').value as { machine: string }
    expect(claimIn(text, MAP_KINDS)).toBe(machineOwner(machine))
  })

  it.each([
    'device: {}\n',
    '{machine: PRESS-07}\n',
    'machine: PRESS\n  07\ndevice: {}\n',
    'machine: PRESS\n\n  07\n',
    'machine: "PRESS\\x2d07"\n',
    "machine: 'it''s'\n",
    'machine: &name PRESS-07\n',
    'machine: *name\n',
    'machine: |\n  PRESS-07\n',
    '"machine": PRESS-07\n',
    'device:\n  machine: PRESS-07\n',
    'machine: a: b\n',
    'machine: PRESS-07#2\n',
    'machine: M-1\nscanner: S-1\n',
  ])('is left to the parser in %j', (text) => {
    expect(claimIn(text, MAP_KINDS)).toBeUndefined()
  })

  it('is known at once, or left to the parser at once, however many blanks and empty lines there are', () => {
    const many = 100_000
    const blanks = ' '.repeat(many)
    const lines = '\n'.repeat(many)
    expect(claimIn(`machine: M-1${blanks}${lines}device: {}\n`, MAP_KINDS)).toBe(machineOwner('M-1'))
    for (const end of [': a\n', `${lines} # a\n`, `# ${blanks}${lines}  a\n`])
      expect(claimIn(`machine: M-1${blanks}${end}`, MAP_KINDS)).toBeUndefined()
  })
})
