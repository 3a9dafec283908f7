/** What every code means, with the bytes and what must come of them as data in test/cases/codes. */
import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { StationMap } from '../../../src/domain/station-map.ts'
import { classify } from '../../../src/scans/classify.ts'
import { payloadOf } from '../../../src/scans/codes/payload.ts'
import { codesStation, rawScan } from '../../support/codes-station.ts'

interface Case {
  readonly name: string
  readonly scan?: string
  readonly hex?: string
  readonly aim_id_beside?: string
  readonly payload?: Partial<StationMap['payload']>
  readonly expect: object
}

const FOLDER = new URL('../../cases/codes/', import.meta.url)

/** In the words of the cases. */
function understood({ scan, hex, aim_id_beside, payload }: Case) {
  const map = codesStation()
  const bytes = hex ? Buffer.from(hex, 'hex') : Buffer.from(scan ?? '', 'latin1')
  const rules = { ...map.payload, ...payload }
  const code = classify(map, payloadOf(rawScan(bytes, aim_id_beside ?? null), rules))
  const { data, scanType, aimId, fields, marks, meaning, lookup } = code
  return { data, type: scanType, aim_id: aimId, fields, marks, meaning, looked_up: lookup?.code ?? null }
}

for (const file of readdirSync(FOLDER).filter((name) => name.endsWith('.json'))) {
  const cases: readonly Case[] = JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8'))
  describe(`codes of ${file}`, () => {
    it.each(cases)('$name', (example) => {
      const found = understood(example)
      const compared = Object.keys(example.expect).map((key) => [key, found[key as keyof typeof found]])
      expect(Object.fromEntries(compared)).toEqual(example.expect)
    })
  })
}
