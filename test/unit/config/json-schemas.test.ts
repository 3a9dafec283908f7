import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { schemaFiles } from '../../../src/commands/schema.ts'

describe('the JSON Schemas for editors', () => {
  it.each(Object.entries(schemaFiles()))('%s is what `npm run schema` writes', (file, text) => {
    const written = readFileSync(new URL(`../../../${file}`, import.meta.url), 'utf8')
    expect(written).toBe(text)
  })

  it('know the keys of each driver', () => {
    const { properties } = JSON.parse(schemaFiles()['config/device-map.schema.json'] ?? '')
    const byDriver = properties.device.allOf.map((branch: { then: { properties: object } }) =>
      Object.keys(branch.then.properties),
    )
    expect(byDriver).toContainEqual(expect.arrayContaining(['url', 'security', 'driver', 'poll']))
    expect(byDriver).toContainEqual(expect.arrayContaining(['host', 'word_order', 'driver', 'poll']))
  })
})
