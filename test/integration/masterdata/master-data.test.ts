/** The copy of central's reference data, in real files. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import type {
  ReferenceGap,
  ReferenceKind,
  ReferencePage,
  ReferenceSource,
} from '../../../src/domain/reference-data.ts'
import { createMasterData, type MasterDataService } from '../../../src/masterdata/master-data.ts'
import type { WantedBy } from '../../../src/masterdata/troubles.ts'
import { systemClock } from '../../../src/runtime/clock.ts'
import { createLog } from '../../../src/runtime/log.ts'
import { testFolder } from '../../support/buffer.ts'

const LABEL = { places: [{ table: 'barcode_labels', column: 'barcode_data' }], code: 'L-1' } as const

const order = (id: number, number: string, sap: string, state = 'released'): ReferencePage => ({
  kind: 'work_orders',
  rows: [
    {
      id,
      codes: { work_order_number: number, sap_production_order: sap },
      type: 'work_order',
      code: number,
      state,
    },
  ],
})
const users = (...codes: readonly string[]): ReferencePage => ({
  kind: 'users',
  rows: codes.map((employeeCode, index) => ({ id: index + 1, employeeCode })),
})

/** Central as it is now; `fails` makes a reading break off behind the pages. */
interface Central {
  pages: readonly ReferencePage[]
  fails?: boolean
  /** What it does not let be read. */
  gaps?: readonly ReferenceGap[]
  /** The kinds of each reading. */
  asked?: (readonly ReferenceKind[])[]
  /** How many readings have begun. */
  readings?: number
}

function sourceOf(central: Central): ReferenceSource {
  return {
    async *read(kinds: readonly ReferenceKind[]) {
      central.readings = (central.readings ?? 0) + 1
      central.asked?.push(kinds)
      yield* central.gaps?.filter(({ kind }) => kinds.includes(kind)) ?? []
      for (const kind of kinds) yield* central.pages.filter((page) => page.kind === kind)
      if (central.fails) throw new Error('central is away')
    },
  }
}

interface Site {
  readonly central: Central
  readonly file?: string
  readonly whose?: readonly string[]
  readonly wanted?: () => WantedBy
}

async function copyOf({
  central,
  file = join(testFolder(), 'masterdata.db'),
  whose = ['a:5432/mes/SAV'],
  wanted = () => 'stations',
}: Site) {
  const masterData = await createMasterData({
    file,
    whose,
    source: sourceOf(central),
    timezone: 'Europe/Rome',
    breaks: [],
    ownMachines: () => ['PRESS-07'],
    wanted,
    clock: systemClock,
    log: createLog('silent'),
  })
  onTestFinished(() => masterData[Symbol.asyncDispose]())
  return { masterData, file, central }
}

/** Runs it until it has read users, shifts, machines and work orders once: it goes on with labels then. */
async function refresh({ masterData, central }: Awaited<ReturnType<typeof copyOf>>) {
  const before = central.readings ?? 0
  const stop = new AbortController()
  const running = masterData.run(stop.signal)
  await vi.waitFor(() => expect(central.readings).toBe(before + 2), 60_000)
  stop.abort()
  await running
  return masterData
}

async function find(masterData: MasterDataService, column: string, code: string) {
  return masterData.find({ places: [{ table: 'work_orders', column }], code })
}

describe('after central was read', () => {
  test('a badge has its holder, and one that nobody has says so', async () => {
    const masterData = await refresh(await copyOf({ central: { pages: [users('4711', '4712')] } }))
    expect(await masterData.holderOf('4712')).toEqual({
      badge: expect.stringMatching(/^[0-9a-f]{64}$/),
      operator: 2,
      why: null,
    })
    expect(await masterData.holderOf('9999')).toMatchObject({
      operator: null,
      why: 'nobody who may work in this plant has this badge',
    })
  })

  test('badges are known at once where the map of a station comes into force behind those of machines', async () => {
    let wanted: WantedBy = 'machines'
    const central: Central = { pages: [users('4711')], asked: [] }
    const { masterData } = await copyOf({ central, wanted: () => wanted })
    const stop = new AbortController()
    const running = masterData.run(stop.signal)
    await vi.waitFor(() => expect(central.asked).toEqual([['shifts', 'machines']]), 60_000)
    wanted = 'stations'
    await vi.waitFor(() => expect(central.asked?.flat()).toContain('users'), 60_000)
    await vi.waitFor(
      async () => expect(await masterData.holderOf('4711')).toMatchObject({ operator: 1 }),
      60_000,
    )
    stop.abort()
    await running
  })

  test('a badge that two users have is nobody’s', async () => {
    const masterData = await refresh(await copyOf({ central: { pages: [users('4711', '4711')] } }))
    expect(await masterData.holderOf('4711')).toMatchObject({
      operator: null,
      why: 'several users have this badge',
    })
  })

  test('a code is found in each of its columns, and the first place that knows it counts', async () => {
    const masterData = await refresh(
      await copyOf({
        central: { pages: [order(7, 'WO-7', '4500'), order(8, '4500', 'X')] },
      }),
    )
    const reference = { type: 'work_order', id: 7, code: 'WO-7', state: 'released' }
    expect(await find(masterData, 'work_order_number', 'WO-7')).toEqual({ kind: 'one', reference })
    expect(await find(masterData, 'sap_production_order', '4500')).toEqual({ kind: 'one', reference })
    const places = [
      { table: 'work_orders', column: 'work_order_number' },
      { table: 'work_orders', column: 'sap_production_order' },
    ] as const
    expect(await masterData.find({ places, code: '4500' })).toMatchObject({ reference: { id: 8 } })
  })

  test('an article number is found with and without its leading zeros, and first as it was scanned', async () => {
    // Work orders are the codes that a test need not wait for.
    const numbers = (...codes: readonly string[]): ReferencePage => ({
      kind: 'work_orders',
      rows: codes.map((barcode_data, index) => ({
        id: index + 1,
        codes: { barcode_data },
        type: 'work_order',
        code: null,
        state: null,
      })),
    })
    const pages = [numbers('4012345000009', '96385074', '012345678905', '00012345678905', '0123')]
    const masterData = await refresh(await copyOf({ central: { pages } }))
    const idOf = async (code: string) => {
      const found = await find(masterData, 'barcode_data', code)
      return found.kind === 'one' ? found.reference.id : found.kind
    }
    expect(await idOf('04012345000009')).toBe(1)
    expect(await idOf('00000096385074')).toBe(2)
    expect(await idOf('012345678905')).toBe(3)
    expect(await idOf('0012345678905')).toBe(4)
    expect(await idOf('00000000000123')).toBe('unknown')
    expect(await idOf('14012345000009')).toBe('unknown')
  })

  test('a code of two rows is ambiguous, and one of none is unknown', async () => {
    const masterData = await refresh(
      await copyOf({
        central: { pages: [order(7, 'WO-7', 'S'), order(8, 'WO-8', 'S')] },
      }),
    )
    expect(await find(masterData, 'sap_production_order', 'S')).toEqual({ kind: 'many' })
    expect(await find(masterData, 'sap_production_order', 'T')).toEqual({ kind: 'unknown' })
  })

  test('a label of a material and one of an order are two, though both have the same number', async () => {
    const label = (type: string): ReferencePage => ({
      kind: 'barcode_labels',
      rows: [{ id: 5, codes: { barcode_data: 'L-1' }, type, code: null, state: null }],
    })
    const copy = await copyOf({ central: { pages: [label('material'), label('work_order')] } })
    const { masterData } = copy
    const stop = new AbortController()
    const running = masterData.run(stop.signal)
    await vi.waitFor(async () => expect(await masterData.find(LABEL)).toEqual({ kind: 'many' }), 60_000)
    stop.abort()
    await running
  })

  test('what changed in central is changed, and what is gone is gone', async () => {
    const central: Central = { pages: [users('4711'), order(7, 'WO-7', 'A'), order(8, 'WO-8', 'B')] }
    const site = { central, file: join(testFolder(), 'masterdata.db') }
    await refresh(await copyOf(site))
    central.pages = [order(7, 'WO-7', 'A', 'completed')]
    const masterData = await refresh(await copyOf(site))
    expect(await find(masterData, 'work_order_number', 'WO-7')).toMatchObject({
      reference: { state: 'completed' },
    })
    expect(await find(masterData, 'work_order_number', 'WO-8')).toEqual({ kind: 'unknown' })
    expect(await masterData.holderOf('4711')).toMatchObject({ operator: null })
  })
})

describe('without central', () => {
  test('nothing is said to be missing before anybody has looked into the copy, whose stations come after it', async () => {
    let wanted: WantedBy = 'nobody'
    const { masterData } = await copyOf({ central: { pages: [], fails: true }, wanted: () => wanted })
    wanted = 'stations'
    expect(masterData.health().troubles).toEqual([])
    await masterData.holderOf('4711')
    expect(masterData.health().troubles).toMatchObject([{ code: 'masterdata-missing' }])
  })

  test('the copy answers as it was left, in another run of the program too', async () => {
    const site = {
      central: { pages: [users('4711'), order(7, 'WO-7', 'A')] },
      file: join(testFolder(), 'm.db'),
    }
    await refresh(await copyOf(site))
    const masterData = await refresh(await copyOf({ ...site, central: { pages: [], fails: true } }))
    expect(await masterData.holderOf('4711')).toMatchObject({ operator: 1 })
    expect(await find(masterData, 'work_order_number', 'WO-7')).toMatchObject({ kind: 'one' })
    expect(masterData.health().troubles).toEqual([])
  })

  test('a reading that breaks off takes nothing away', async () => {
    const central: Central = { pages: [order(7, 'WO-7', 'A'), order(8, 'WO-8', 'B')] }
    const site = { central, file: join(testFolder(), 'm.db') }
    await refresh(await copyOf(site))
    central.pages = [order(7, 'WO-7', 'A')]
    central.fails = true
    const masterData = await refresh(await copyOf(site))
    expect(await find(masterData, 'work_order_number', 'WO-8')).toMatchObject({ kind: 'one' })
  })

  test('that was never read no badge is known, which is a trouble and has a reason', async () => {
    const masterData = await refresh(await copyOf({ central: { pages: [], fails: true } }))
    expect(await masterData.holderOf('4711')).toMatchObject({
      operator: null,
      why: 'no badges are known yet: central has not been read',
    })
    expect(masterData.health().troubles).toMatchObject([{ code: 'masterdata-missing' }])
  })
})

describe('central that does not let its users be read', () => {
  test('leaves everybody badged in who was known, and is a trouble', async () => {
    const central: Central = { pages: [users('4711')] }
    const site = { central, file: join(testFolder(), 'm.db') }
    await refresh(await copyOf(site))
    central.pages = []
    central.gaps = [{ kind: 'users', unread: 'no right on users', hint: 'ask the DBA' }]
    const masterData = await refresh(await copyOf(site))
    expect(await masterData.holderOf('4711')).toMatchObject({ operator: 1 })
    expect(masterData.health().troubles).toEqual([
      {
        code: 'masterdata-unread',
        what: expect.stringContaining('no right on users'),
        hint: 'ask the DBA',
        sinceMs: expect.any(Number),
      },
    ])
  })
})

describe('a badge that nobody has, scanned again and again', () => {
  async function askedIn3s(central: Central) {
    const { masterData } = await copyOf({ central })
    const stop = new AbortController()
    const running = masterData.run(stop.signal)
    await vi.waitFor(() => expect(central.readings).toBe(2), 60_000)
    const before = central.readings ?? 0
    for (let second = 0; second < 3; second += 1) {
      await masterData.holderOf('0815')
      await setTimeout(1_000)
    }
    stop.abort()
    await running
    return (central.readings ?? 0) - before
  }

  test('asks central no more often while it is away than while it is there', async () => {
    expect(await askedIn3s({ pages: [users('4711')] })).toBe(0)
    expect(await askedIn3s({ pages: [], fails: true })).toBe(0)
  }, 120_000)

  test('asks for users, and not for all that central has', async () => {
    const central: Central = { pages: [users('4711')], asked: [] }
    const { masterData } = await copyOf({ central })
    const stop = new AbortController()
    const running = masterData.run(stop.signal)
    await vi.waitFor(() => expect(central.readings).toBe(2), 60_000)
    await masterData.holderOf('0815')
    await vi.waitFor(() => expect(central.readings).toBe(3), 60_000)
    stop.abort()
    await running
    expect(central.asked?.at(-1)).toEqual(['users'])
  }, 120_000)
})

describe('the file', () => {
  test('holds no badge in clear', async () => {
    const copy = await copyOf({ central: { pages: [users('BADGE-815-4711')] } })
    const { masterData, file } = copy
    await refresh(copy)
    expect(await masterData.holderOf('BADGE-815-4711')).toMatchObject({ operator: 1 })
    const folder = join(file, '..')
    for (const name of readdirSync(folder))
      expect(readFileSync(join(folder, name)).includes('BADGE-815-4711')).toBe(false)
  })

  test('that is damaged is begun again', async () => {
    const file = join(testFolder(), 'm.db')
    writeFileSync(file, Buffer.alloc(20_000, 'not a database '))
    const masterData = await refresh(await copyOf({ file, central: { pages: [users('4711')] } }))
    expect(await masterData.holderOf('4711')).toMatchObject({ operator: 1 })
  })

  test('of another organization is emptied before anything is looked up in it', async () => {
    const site = {
      central: { pages: [users('4711'), order(7, 'WO-7', 'A')] },
      file: join(testFolder(), 'm.db'),
    }
    await refresh(await copyOf(site))
    const { masterData } = await copyOf({ ...site, whose: ['a:5432/mes/OTHER'] })
    expect(await masterData.holderOf('4711')).toMatchObject({ operator: null })
    expect(await find(masterData, 'work_order_number', 'WO-7')).toEqual({ kind: 'unknown' })
  })

  test('of a central for trials is emptied, and one of which a host is added or leaves is kept', async () => {
    const site = { central: { pages: [users('4711')] }, file: join(testFolder(), 'm.db') }
    await refresh(await copyOf(site))
    const holder = async (...whose: readonly string[]) => {
      const { masterData } = await copyOf({ ...site, whose })
      return (await masterData.holderOf('4711')).operator
    }
    expect(await holder('a:5432/mes/SAV', 'b:5432/mes/SAV')).toBe(1)
    expect(await holder('b:5432/mes/SAV')).toBe(1)
    expect(await holder('trial:5432/mes/SAV')).toBeNull()
  })

  test('that cannot be opened is a trouble, and nothing fails', async () => {
    const noFolder = join(testFolder(), 'a-file')
    writeFileSync(noFolder, '')
    const { masterData } = await copyOf({ file: join(noFolder, 'm.db'), central: { pages: [users('4711')] } })
    expect(await masterData.find(LABEL)).toEqual({ kind: 'unknown' })
    expect(await masterData.holderOf('4711')).toMatchObject({ operator: null })
    expect(masterData.health().troubles).toMatchObject([{ code: 'masterdata-file' }])
  })
})
