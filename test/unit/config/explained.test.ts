/** The page on configuration explains every key and every word that a file may hold: at a cabinet there is no editor to show them. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

const read = (path: string) => readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8')
const PAGE = read('docs/configuration.md')
/** Whatever the page sets as code, in its lines and in its examples. */
const CODE = [...PAGE.matchAll(/```[\s\S]*?```|`[^`]+`/g)].map(([code]) => code)
/** A version such as 3.1.1 is one word. */
const NAMED: ReadonlySet<string> = new Set(CODE.flatMap((code) => code.match(/\d+(?:\.\d+)+|[\w-]+/g) ?? []))

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly not?: object
}

/** All keys and words below a schema, without those that are only there to be refused. */
function wordsOf(schema: Schema): readonly string[] {
  const keys = Object.entries(schema.properties ?? {}).filter(([, value]) => value.not === undefined)
  const inside = [...keys.map(([, value]) => value), ...Object.entries(schema).flatMap(partsOf)]
  const words = [...(schema.enum ?? []), schema.const].filter((word) => typeof word === 'string')
  return [...keys.map(([key]) => key), ...words, ...inside.flatMap(wordsOf)]
}

function partsOf([keyword, value]: readonly [string, unknown]): readonly Schema[] {
  if (keyword === 'properties' || typeof value !== 'object' || value === null) return []
  return Array.isArray(value) ? value.filter((item) => typeof item === 'object') : [value]
}

describe('docs/configuration.md explains', () => {
  it.each(['gateway', 'device-map', 'device-profile'])('every key and word of the schema of %s', (name) => {
    const words = [...new Set(wordsOf(JSON.parse(read(`config/${name}.schema.json`)) as Schema))]
    expect(words.length).toBeGreaterThan(10)
    expect(words.filter((word) => !NAMED.has(word))).toEqual([])
  })
})
