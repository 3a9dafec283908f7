/**
 * Profiles as they were delivered, and what the devices' manuals print: tables of registers in `test/cases/profiles/`, written from
 * the manuals and not from the profiles, with the words that such a device sends and what its display shows.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { parse } from 'yaml'
import { z } from 'zod'
import { tableSchema } from '../../simulators/table/table.ts'
import { isRecord, keysAt } from '../../src/documents/draft.ts'
import { parseYaml } from '../../src/documents/yaml-source.ts'
import { faultText } from '../../src/domain/errors.ts'
import type { MachineMap } from '../../src/domain/machine-map.ts'
import { compileMap } from '../../src/maps/compile-map.ts'
import { folderTables } from '../../src/maps/machine/reasons/reason-file.ts'
import { folderShelf } from '../../src/maps/profiles/shelf.ts'
import { testHardware } from './hardware.ts'
import { machineMap } from './machine-map.ts'

const CASES = 'test/cases/profiles'

/** By the signal's name: a value of the sample, as a rule would read it. */
const shows = z.record(z.string(), z.union([z.number(), z.string(), z.boolean()])).default({})

const caseSchema = tableSchema.extend({
  profile: z.string(),
  variant: z.string().optional(),
  registers: z.array(tableSchema.shape.registers.element.extend({ shows })).min(1),
})

export type ProfileCase = z.infer<typeof caseSchema>

export const shelf = folderShelf('devices/profiles', '.')

export function profileCases(): readonly (readonly [name: string, one: ProfileCase])[] {
  return readdirSync(CASES)
    .sort()
    .map((file) => [
      basename(file, '.yaml'),
      caseSchema.parse(parse(readFileSync(`${CASES}/${file}`, 'utf8'))),
    ])
}

/** What the device's display shows, by the names of the signals. */
export function shownBy({ registers }: ProfileCase): Readonly<Record<string, number | string | boolean>> {
  return Object.assign({}, ...registers.map((row) => row.shows))
}

/** Every signal that a profile has for one of its models, the optional ones too. */
export function signalsOf(profile: string, variant?: string): readonly string[] {
  const { value } = shelf.find(profile) ?? {}
  const whole = isRecord(value) ? value : {}
  const variants = isRecord(whole.variants) ? whole.variants : {}
  const chosen = variants[variant ?? String(whole.default)]
  return [...new Set([...keysAt(whole.signals), ...(isRecord(chosen) ? keysAt(chosen.signals) : [])])]
}

/** The variants of a profile; undefined stands for the profile as it is where there are none. */
export function variantsOf(profile: string): readonly (string | undefined)[] {
  const { value } = shelf.find(profile) ?? {}
  const names = isRecord(value) ? keysAt(value.variants) : []
  return names.length === 0 ? [undefined] : names
}

/** A map of nothing but the profile, which reads all of its signals. */
export function mapOf(profile: string, variant: string | undefined, device: object, words = {}): MachineMap {
  const named = signalsOf(profile, variant).map((name) => [name, {}])
  const text = JSON.stringify({
    machine: 'M-1',
    profile,
    ...(variant !== undefined && { variant }),
    ...(keysAt(words).length > 0 && { with: words }),
    device,
    // A device without signals of its own, such as a converter, needs one to be a map.
    signals: named.length > 0 ? Object.fromEntries(named) : { register: { at: 'HR1', type: 'u16' } },
    status: [{ else: true, is: 'idle' }],
  })
  const context = { ...testHardware, profiles: shelf, tables: folderTables('/nowhere', '/'), folder: '/' }
  const { map, faults } = compileMap(parseYaml(text, 'map.yaml'), context)
  if (faults.length > 0) throw new Error(faults.map(faultText).join('\n'))
  return machineMap(map)
}
