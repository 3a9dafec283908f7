import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { REQUEST_BYTES, writeRequest } from '../../../src/drivers/modbus/transports/pdu.ts'
import { rtuRequest } from '../../../src/drivers/modbus/transports/rtu.ts'

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

/** The calls that put bytes onto a wire to a PLC: those of a request that the last tests here look at. */
const SENDING: Readonly<Record<string, string>> = {
  [join('modbus', 'transports', 'rtu-over-tcp.ts')]: 'send: (frame) => void socket.write(frame)',
  [join('modbus', 'transports', 'tcp-channel.ts')]: 'this.#socket.write(frame)',
}

test('the room of the drivers was found', () => {
  expect(sources).toContain(join('modbus', 'link.ts'))
  expect(sources).toContain(join('opcua', 'session', 'session.ts'))
})

test.each(sources)('%s can only read from devices', (file) => {
  const source = readFileSync(join(ROOM, file), 'utf8').replace(SENDING[file] ?? '', '')
  for (const pattern of WRITING) expect(source).not.toMatch(pattern)
})

test('every request of Modbus that can be built is one of the four that read', () => {
  const codes = (['coil', 'discrete', 'holding', 'input'] as const).map((area) => {
    const request = Buffer.alloc(REQUEST_BYTES)
    writeRequest(request, 0, { area, start: 0xffff, count: 125 })
    return request[0]
  })
  expect(codes).toEqual([1, 2, 3, 4])
})

test('every frame of Modbus RTU that can be sent is one of the four that read', () => {
  const codes = (['coil', 'discrete', 'holding', 'input'] as const).map(
    (area) => rtuRequest(1, { area, start: 0xffff, count: 125 })[1],
  )
  expect(codes).toEqual([1, 2, 3, 4])
  const channel = readFileSync(join(ROOM, 'modbus', 'transports', 'rtu-channel.ts'), 'utf8')
  expect(channel.match(/\.send\([^)]*\)/g)).toEqual(['.send(frame)'])
  expect(channel).toContain('const frame = rtuRequest(unit, request)')
})
