import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import type { MasterData } from '../../../src/domain/master-data.ts'
import { readScan } from '../../../src/scans/read-scan.ts'
import { codesStation, rawScan } from '../../support/codes-station.ts'

const BADGE = 'B4711'
/** No UTF-8. */
const NOISE = Buffer.from([0xff, 0x80, 0xfe])

/** A cache that knows one badge and one work order, and notes what it was asked for. */
function cache(changes: Partial<MasterData> = {}): MasterData & { readonly asked: string[] } {
  const asked: string[] = []
  return {
    asked,
    holderOf: async (employeeCode) => {
      asked.push(employeeCode)
      return { badge: 'ab12', operator: 7, why: null }
    },
    find: async ({ code }) => {
      asked.push(code)
      return { kind: 'one', reference: { type: 'work_order', id: 3, code, state: 'released' } }
    },
    shiftEndMs: (atMs) => atMs + 1000,
    ...changes,
  }
}

const scanned = (text: string) => rawScan(Buffer.from(text))

describe('a scanned badge', () => {
  it.each([
    ['in front of it', [NOISE, BADGE]],
    ['behind it', [BADGE, NOISE]],
  ])('is one also where a disturbed line puts bytes %s', async (_, parts) => {
    const bytes = Buffer.concat(parts.map((part) => Buffer.from(part)))
    expect(await readScan(codesStation(), rawScan(bytes), cache())).toMatchObject({ kind: 'badge' })
  })

  it('is the holder, the hash and the end of the shift, and nothing that was scanned', async () => {
    const read = await readScan(codesStation(), scanned(BADGE), cache())
    const { at } = scanned(BADGE)
    expect(read).toEqual({
      kind: 'badge',
      subject: 'station:ST-12',
      at,
      badge: 'ab12',
      operator: 7,
      why: null,
      shiftEndMs: at.wallMs + 1000,
    })
    expect(JSON.stringify(read)).not.toContain('4711')
  })

  it.each([
    ['with an AIM identifier', `]C0${BADGE}`],
    ['with blanks and line ends around it', ` ${BADGE}\r\n`],
    ['with a blank before the AIM identifier', ` ]C0${BADGE} `],
    ['with the letter of the maker before the AIM identifier', `j]C0${BADGE}`],
    ['within STX and ETX', `\x02${BADGE}\x03`],
    ['with XOFF in it', `B4\x13711`],
    ['behind the ACK of a beep', `\x06${BADGE}`],
  ])('is a badge also %s that the map does not expect', async (_, text) => {
    const map = codesStation({ payload: { prefix: '', aimId: 'off', dedupeMs: 0 } })
    const masterData = cache()
    expect(await readScan(map, scanned(text), masterData)).toMatchObject({ kind: 'badge' })
    expect(masterData.asked).toEqual(['4711'])
  })

  it.each([
    ['even', (ones: number) => ones % 2 === 1],
    ['odd', (ones: number) => ones % 2 === 0],
    ['mark', () => true],
  ])('is a badge also where the port should be set to %s parity', async (_, setsEighthBit) => {
    const bytes = [...Buffer.from(BADGE)].map((byte) => {
      const ones = byte.toString(2).replaceAll('0', '').length
      return setsEighthBit(ones) ? byte | 0x80 : byte
    })
    const masterData = cache()
    expect(await readScan(codesStation(), rawScan(Buffer.from(bytes)), masterData)).toMatchObject({
      kind: 'badge',
    })
    expect(masterData.asked).toEqual(['4711'])
  })

  it.each([
    ['a code of this station is refused with what to do', 'SHP-4711\r', 'scan-parity'],
    ['another one is stored as it came', 'HALLO\r', undefined],
  ])('where the port should be set to even parity, %s', async (_, text, code) => {
    const bytes = [...Buffer.from(text)].map((byte) =>
      byte.toString(2).replaceAll('0', '').length % 2 === 1 ? byte | 0x80 : byte,
    )
    const reading = readScan(codesStation(), rawScan(Buffer.from(bytes)), cache())
    const fault: unknown = await reading.then(
      () => ({}),
      (error) => error,
    )
    expect((fault as { code?: string }).code).toBe(code)
  })

  it('is a badge also where a rule would take it', async () => {
    const map = codesStation({
      rules: [{ takes: { kind: 'all' }, means: { kind: 'reference' }, lookup: null, scanType: 'any' }],
    })
    expect(await readScan(map, scanned(BADGE), cache())).toMatchObject({ kind: 'badge' })
  })

  it('is in no part of the error when the cached users cannot be read', async () => {
    const masterData = cache({ holderOf: (code) => Promise.reject(new Error(`cannot read ${code}`)) })
    const error: unknown = await readScan(codesStation(), scanned(BADGE), masterData).catch((fault) => fault)
    expect(error).toMatchObject({ code: 'badge-unread' })
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain('4711')
  })
})

describe('a scanned code', () => {
  it('is looked up in the places of its rule', async () => {
    const masterData = cache()
    const read = await readScan(codesStation(), scanned('WO-2026-1'), masterData)
    expect(read).toMatchObject({
      kind: 'scan',
      code: { meaning: { kind: 'work_order', workOrder: '2026-1' } },
      found: { kind: 'one', reference: { code: '2026-1' } },
    })
    expect(masterData.asked).toEqual(['2026-1'])
  })

  it('is found nowhere without a lookup, and the cache is not asked', async () => {
    const masterData = cache()
    expect(await readScan(codesStation(), scanned('!START'), masterData)).toMatchObject({ found: null })
    expect(masterData.asked).toEqual([])
  })

  it('is not lost when the cache cannot be read', async () => {
    const masterData = cache({ find: () => Promise.reject(new Error('disk I/O error')) })
    const read = await readScan(codesStation(), scanned('SHP-42'), masterData)
    expect(read).toMatchObject({ code: { data: 'SHP-42' }, found: { kind: 'unknown' } })
  })
})
