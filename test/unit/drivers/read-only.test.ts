import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const ROOM = join(import.meta.dirname, '../../../src/drivers')

/** Every way that the two libraries have to change something in a device. */
const WRITING = [
  /write(?:Coils?|Registers?|RegisterEnron)\b/,
  /maskWriteRegister|customFunction|writeCustomFC/,
  /writeFC(?!1\b|2\b|3\b|4\b)\w+/,
  /\.(?:write|writeSingleNode|setValue|call|callMethod|historyUpdate|addNodes|deleteNodes)\(/,
  /(?:Write|Call|HistoryUpdate|AddNodes|DeleteNodes)Request/,
]

const sources = readdirSync(ROOM, { recursive: true, encoding: 'utf8' }).filter((file) =>
  file.endsWith('.ts'),
)

test('the room of the drivers was found', () => {
  expect(sources).toContain(join('modbus', 'link.ts'))
  expect(sources).toContain(join('opcua', 'session.ts'))
})

test.each(sources)('%s can only read from devices', (file) => {
  const source = readFileSync(join(ROOM, file), 'utf8')
  for (const pattern of WRITING) expect(source).not.toMatch(pattern)
})
