import { readdirSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DataType, StatusCodes } from 'node-opcua'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type AddressCase, playAddressCase, readAddressCases } from '../../support/address-cases.ts'
import { type OpcUaTestServer, startOpcUaServer } from '../../support/opcua-server.ts'

const CASES = new URL('../../cases/addresses/', import.meta.url)
const files = readdirSync(CASES).filter((file) => file.endsWith('.yaml'))
/** A busy machine needs longer until everything was read and looked up: what is not said in the first time may be later. */
const TRY_FOR = ['1.5s', '4s', '15s']

let server: OpcUaTestServer
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-addresses-'))
  const number = (name: string) =>
    ({ name, dataType: 'Int16', initial: { dataType: DataType.Int16, value: 3 } }) as const
  server = await startOpcUaServer({
    folder,
    variables: ['Filler.State', '"DB_Press"."State"', 'Secret'].map(number),
  })
  server.set('Secret', { dataType: DataType.Int16, value: 3 }, StatusCodes.BadUserAccessDenied)
  const space = server.engine.engine.addressSpace
  const plant = space?.rootFolder.objects.getFolderElementByName('Plant')
  const own = space?.getNamespace('urn:millrace:test')
  if (plant)
    own?.addVariable({ componentOf: plant, browseName: 'Numbered', nodeId: 'i=6001', dataType: 'Int16' })
}, 120_000)
afterAll(async () => {
  await server.stop()
  await rm(folder, { recursive: true, force: true })
})

test('the corpus has at least forty situations', async () => {
  const all = await Promise.all(files.map((file) => readAddressCases(new URL(file, CASES))))
  expect(all.flat().length).toBeGreaterThanOrEqual(40)
})

const all = await Promise.all(
  files.map(async (file) => ({ file, cases: await readAddressCases(new URL(file, CASES)) })),
)

describe.each(all)('$file: the text names the cause', ({ cases }) => {
  test.concurrent.each(cases)('$name', { timeout: 180_000 }, async (situation) => {
    let missing: readonly string[] = ['everything']
    let said = ''
    for (const tryFor of situation.run ? TRY_FOR.slice(0, 1) : TRY_FOR) {
      said = await playAddressCase(situation, server.url, tryFor)
      missing = missingIn(said, situation)
      if (missing.length === 0) break
    }
    expect({ missing, said: missing.length === 0 ? '' : said }).toEqual({ missing: [], said: '' })
  })
})

function missingIn(said: string, { says }: AddressCase): readonly string[] {
  return says.map(String).filter((words) => !said.toLowerCase().includes(words.toLowerCase()))
}
