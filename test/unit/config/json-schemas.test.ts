import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { schemaFiles } from '../../../src/commands/schema.ts'

describe('the JSON Schemas for editors', () => {
  it.each(Object.entries(schemaFiles()))('%s is what `npm run schema` writes', (file, text) => {
    const written = readFileSync(new URL(`../../../${file}`, import.meta.url), 'utf8')
    expect(written).toBe(text)
  })

  const deviceMap = JSON.parse(schemaFiles()['config/device-map.schema.json'] ?? '')

  it('know the keys of each driver', () => {
    const { properties } = deviceMap.else
    const byDriver = properties.device.allOf.map((branch: { then: { properties: object } }) =>
      Object.keys(branch.then.properties),
    )
    expect(byDriver).toContainEqual(expect.arrayContaining(['url', 'security', 'driver', 'poll']))
    expect(byDriver).toContainEqual(expect.arrayContaining(['host', 'word_order', 'driver', 'poll']))
  })

  it('know the keys of a scanner, and those of each kind of port', () => {
    const { if: isScanner, then } = deviceMap
    expect(isScanner).toEqual({ required: ['scanner'] })
    expect(Object.keys(then.properties)).toEqual(
      expect.arrayContaining(['port', 'station', 'frame', 'operator', 'rules', 'steps', 'ack', 'examples']),
    )
    expect(Object.keys(then.properties.rules.items.properties)).toContain('lookup')
    const byPort = then.properties.port.oneOf.map((branch: { properties: object }) =>
      Object.keys(branch.properties),
    )
    expect(byPort).toContainEqual(expect.arrayContaining(['usb_serial', 'baud', 'mode', 'brand']))
    expect(byPort).toContainEqual(['tcp', 'brand'])
  })
})
