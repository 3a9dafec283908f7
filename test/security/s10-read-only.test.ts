import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import modbusSerial from 'modbus-serial'
import { OPCUAClient, type OPCUAServer, StatusCodes } from 'node-opcua'
import { createModbusDriver } from '../../src/drivers/modbus/driver.ts'
import { REQUEST_BYTES, writeRequest } from '../../src/drivers/modbus/transports/pdu.ts'
import { rtuRequest } from '../../src/drivers/modbus/transports/rtu.ts'
import { tcpTransport } from '../../src/drivers/modbus/transports/tcp.ts'
import { codeOnly } from '../style/imports.ts'
import { type SourceFile, sourceFiles } from '../style/source-files.ts'
import { deviceOf, driverContext, readUntil } from '../support/driver-bench.ts'
import type { OpcUaTestServer } from '../support/opcua-server.ts'
import { type Connect, gateway, scratchFolder, startServer, trust } from './parts/opcua-site.ts'
import { securityCheck } from './security-check.ts'

/** How a program of TypeScript would write to a device, by the libraries that it has or by hand. */
const WRITING: Readonly<Record<string, RegExp>> = {
  'a writing call of modbus-serial':
    /\.(?:writeFC(?:5|6|15|16|22|23)|writeCoils?|writeRegisters?|maskWriteRegister|customFunction)\b/,
  'a writing service of OPC UA':
    /\b(?:Write|Call|HistoryUpdate|AddNodes|DeleteNodes)Request\b|\bsession\.(?:write\w*|call\w*|setMonitoringMode\w*Write)\(/,
  'a control function of a broker’s device': /\bN?DCMD\b.*\bpublish/,
}

securityCheck<readonly SourceFile[]>({
  id: 'S10',
  title: 'nothing in the program can write to a device or call a method of it',
  judge: (files) =>
    files.flatMap(({ file, text }) =>
      Object.entries(WRITING).flatMap(([what, words]) =>
        words.test(codeOnly(text)) ? [`${file}: ${what}`] : [],
      ),
    ),
  shipped: () => sourceFiles('src'),
  weakened: {
    'a driver that writes a register': () => [
      { file: 'src/drivers/modbus/link.ts', text: 'await client.writeRegister(1, 2)' },
    ],
    'a driver that writes a node': () => [
      { file: 'src/drivers/opcua/session/session.ts', text: 'await this.session.write(nodes)' },
    ],
    'a driver that calls a method': () => [
      { file: 'src/drivers/opcua/driver.ts', text: 'const request = new CallRequest({})' },
    ],
  },
})

/** 5, 6, 15, 16, 22 and 23 write; so may any code that is not known to read. */
const READING_CODES = [1, 2, 3, 4]
const AREAS = ['coil', 'discrete', 'holding', 'input'] as const

securityCheck<() => readonly number[]>({
  id: 'S10',
  title: 'every request of Modbus that can be built has one of the four function codes that read',
  judge: (codes) =>
    codes()
      .filter((code) => !READING_CODES.includes(code))
      .map((code) => `function code ${code}`),
  shipped: () => () =>
    AREAS.flatMap((area) => {
      const request = Buffer.alloc(REQUEST_BYTES)
      writeRequest(request, 0, { area, start: 0xffff, count: 125 })
      return [request[0] ?? 0, rtuRequest(1, { area, start: 0, count: 1 })[1] ?? 0]
    }),
  weakened: { 'an area that is written': () => () => [3, 16] },
})

interface CountedDevice {
  /** Function codes that came, each as often as it came. */
  readonly codes: readonly number[]
  readonly use: () => Promise<unknown>
}

/** Answers reads with zeros, and writes with their echo, as a device without any right of its own does. */
async function countingDevice(stack: AsyncDisposableStack) {
  const codes: number[] = []
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.on('data', (frame) => {
      const code = frame.readUInt8(7)
      codes.push(code)
      const values = Buffer.alloc(2 * frame.readUInt16BE(10))
      const pdu =
        code > 4 ? frame.subarray(7, 12) : Buffer.concat([Buffer.from([code, values.length]), values])
      const header = Buffer.from(frame.subarray(0, 7))
      header.writeUInt16BE(pdu.length + 1, 4)
      socket.write(Buffer.concat([header, pdu]))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  stack.defer(() => void server.close())
  return { codes, port: (server.address() as AddressInfo).port }
}

securityCheck<CountedDevice>({
  id: 'S10',
  title: 'a device of Modbus counts no write while it is read',
  judge: async ({ codes, use }) => {
    await use()
    if (codes.length === 0) return ['the device was asked for nothing']
    return codes.filter((code) => !READING_CODES.includes(code)).map((code) => `function code ${code} came`)
  },
  shipped: async (stack) => {
    const { codes, port } = await countingDevice(stack)
    const driver = stack.use(createModbusDriver(tcpTransport))
    const drafts = { state: { at: '40101', type: 'u16' }, guard: { at: '00001', type: 'bit' } } as const
    const device = deviceOf(driver, { host: '127.0.0.1', port }, drafts)
    return {
      codes,
      use: async () => {
        await using link = await driver.connect(device, driverContext(), AbortSignal.timeout(20_000))
        await readUntil(link, ({ length }) => length > 4)
      },
    }
  },
  weakened: {
    'a client that sets a register': async (stack) => {
      const { codes, port } = await countingDevice(stack)
      const client = new modbusSerial.default()
      await client.connectTCP('127.0.0.1', { port })
      stack.defer(() => void client.close(() => undefined))
      return { codes, use: () => client.writeRegister(100, 1) }
    },
  },
})

/** What a client asks of a server to change something there. */
const CHANGING = [
  'WriteRequest',
  'CallRequest',
  'HistoryUpdateRequest',
  'AddNodesRequest',
  'DeleteNodesRequest',
]

interface CountedServer {
  readonly server: OpcUaTestServer
  readonly use: () => Promise<unknown>
}

function usedBy(connect: Connect) {
  return async (stack: AsyncDisposableStack): Promise<CountedServer> => {
    const folder = scratchFolder(stack)
    const server = await startServer(stack)
    await trust(server, folder)
    letIn(server.engine)
    return { server, use: () => connect(server, folder) }
  }
}

/** Every user, and every write. */
function letIn(engine: OPCUAServer): void {
  engine.userManager = { isValidUser: async () => true } as unknown as OPCUAServer['userManager']
}

const writer: Connect = async (server) => {
  const client = OPCUAClient.create({ endpointMustExist: false, connectionStrategy: { maxRetry: 0 } })
  await client.connect(server.url)
  try {
    const session = await client.createSession()
    const status = await session.write({ nodeId: 'ns=1;s=state', attributeId: 13, value: { value: {} } })
    if (status.equals(StatusCodes.Good)) throw new Error('the server takes anything')
  } finally {
    await client.disconnect()
  }
}

securityCheck<CountedServer>({
  id: 'S10',
  title: 'a server of OPC UA counts no write and no call while it is read',
  judge: async ({ server, use }) => {
    await use().catch(() => undefined)
    const asked = CHANGING.filter((kind) => server.requests(kind) > 0)
    if (server.requests('CreateSessionRequest') === 0) return ['nobody used the server']
    return asked.map((kind) => `the server was sent a ${kind}`)
  },
  shipped: {
    'a device that is subscribed to': usedBy(gateway()),
    'a device that is polled': usedBy(gateway({ mode: 'poll' })),
  },
  weakened: { 'a client that writes a node': usedBy(writer) },
})
