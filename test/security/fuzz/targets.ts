/** Every parser of the gateway that reads what comes from a device, a scanner, a broker or a file, with what it reads on a usual day. */
import { EventEmitter } from 'node:events'
import { globSync, readFileSync } from 'node:fs'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import mqttPacket from 'mqtt-packet'
import { MessageBuilder, MessageSecurityMode } from 'node-opcua'
import { GatewayError } from '../../../src/domain/errors.ts'
import { mbapFrame, PDU_OFFSET } from '../../../src/drivers/modbus/transports/mbap.ts'
import { RtuChannel } from '../../../src/drivers/modbus/transports/rtu-channel.ts'
import { TcpChannel } from '../../../src/drivers/modbus/transports/tcp-channel.ts'
import { Unanswered } from '../../../src/drivers/modbus/unanswered.ts'
import { HeardMessage } from '../../../src/drivers/mqtt/message.ts'
import { decodePayload, encodePayload } from '../../../src/mqtt/sparkplug/payload.ts'
import { parseTopic } from '../../../src/mqtt/sparkplug/topics.ts'
import { systemClock } from '../../../src/runtime/clock.ts'
import { fieldsOf } from '../../../src/scanners/hid/report-descriptor.ts'
import { understand } from '../../../src/scans/understand.ts'
import { readSheet } from '../../../src/sheets/read-sheet.ts'
import { codesStation, rawScan } from '../../support/codes-station.ts'
import { faultsOfText } from '../../support/compiled.ts'
import { rtuFrame } from '../../support/rtu-units.ts'
import { framingBench } from '../../support/scanner-frames.ts'
import type { FuzzTarget } from './fuzz.ts'
import { recordedChunks } from './opcua-chunks.ts'

const ROOT = join(import.meta.dirname, '../../..')

function filesOf(...patterns: readonly string[]): readonly Buffer[] {
  return globSync([...patterns], { cwd: ROOT }).map((file) => readFileSync(join(ROOT, file)))
}

function modbusTcp(): FuzzTarget {
  const pdu = Buffer.from([3, 4, 0x12, 0x34, 0x56, 0x78])
  const frame = mbapFrame(1, 1, pdu.length)
  pdu.copy(frame, PDU_OFFSET)
  const refused = Buffer.from('000100000003018302', 'hex')
  const registered = Buffer.concat([Buffer.from('ID:0042\r\n'), frame])
  const socket = Object.assign(new EventEmitter(), { write: () => true, destroy: () => undefined })
  const channel = new TcpChannel(socket as unknown as Socket, undefined, () => performance.now())
  const request = { area: 'holding', start: 0, count: 2 } as const
  return {
    name: 'modbus-tcp',
    recorded: [frame, refused, registered, Buffer.concat([frame, frame])],
    take: (bytes) => {
      void channel.read(1, { ...request })
      channel.take(bytes)
      channel.instead()
    },
  }
}

function modbusRtu(): FuzzTarget {
  const frame = rtuFrame(Buffer.from([1, 3, 4, 0x12, 0x34, 0x56, 0x78]))
  const refused = rtuFrame(Buffer.from([1, 0x83, 2]))
  return {
    name: 'modbus-rtu',
    recorded: [frame, refused, Buffer.concat([refused, frame])],
    take: (bytes) => {
      const channel = new RtuChannel({
        wire: { send: () => undefined, close: () => Promise.resolve() },
        unanswered: new Unanswered(),
        clock: { now: systemClock.now, after: () => () => undefined },
        characterMs: 0,
        mayForgetUs: true,
        lingerMs: 0,
      })
      void channel.read(1, { area: 'holding', start: 0, count: 2 }, 0)
      channel.take(bytes)
      channel.instead()
    },
  }
}

function scanners(): FuzzTarget {
  const codes = filesOf('test/cases/codes/*.json').flatMap((file) =>
    (JSON.parse(file.toString()) as { readonly scan: string }[]).map(({ scan }) => Buffer.from(`${scan}\r`)),
  )
  const bench = framingBench('CR')
  const map = codesStation()
  return {
    name: 'scanner',
    recorded: codes,
    take: (bytes) => {
      bench.items.length = 0
      bench.out.length = 0
      bench.framer.take(bytes)
      bench.pause(2_000)
      for (const item of bench.items) {
        if (item.kind === 'scan') understand(map, rawScan(item.bytes))
      }
    },
  }
}

function hid(): FuzzTarget {
  const descriptor =
    '05010906a101050719e029e71500250175019508810295017508810395057501050819012905910295017503910395067508150025650507190029658100c0'
  return {
    name: 'hid-descriptor',
    recorded: [Buffer.from(descriptor, 'hex')],
    take: (bytes) => void fieldsOf(bytes),
  }
}

function mqttPackets(): FuzzTarget {
  const recorded = [
    { cmd: 'connack', returnCode: 0, sessionPresent: false },
    { cmd: 'publish', qos: 1, messageId: 7, topic: 'plant/press-07/state', payload: '{"state": 3}' },
    { cmd: 'suback', messageId: 8, granted: [1, 0] },
    { cmd: 'pingresp' },
  ].map((packet) => mqttPacket.generate({ dup: false, retain: false, ...packet } as mqttPacket.Packet))
  return {
    name: 'mqtt-packet',
    recorded,
    take: (bytes) => {
      const parser = mqttPacket.parser()
      // A packet that is none ends the connection.
      parser.on('error', () => undefined)
      parser.on('packet', () => undefined)
      parser.parse(bytes)
    },
  }
}

function mqttMessages(): FuzzTarget {
  const texts = [
    '{"state": 3, "count": 12345678901234567890, "a": [1, {"b": null}]}',
    '17.5',
    'running',
    '[[[[1]]]]',
  ]
  return {
    name: 'mqtt-message',
    recorded: texts.map((text) => Buffer.from(text)),
    take: (bytes) => {
      const { json, plain } = new HeardMessage(bytes)
      if (!('value' in json || 'fault' in json) || !plain) throw new Error('it says nothing')
    },
  }
}

function sparkplug(): FuzzTarget {
  const metrics = [
    { name: 'state', type: 'Int32', value: 3 },
    { name: 'text', type: 'String', value: 'running' },
    { name: 'bdSeq', type: 'UInt64', value: 7n },
  ] as const
  const payload = encodePayload({
    at: 1_790_000_000_000,
    seq: 3,
    metrics: metrics.map((one) => ({ ...one, at: 1_790_000_000_000 })),
  })
  return {
    name: 'sparkplug',
    recorded: [Buffer.from(payload), Buffer.from('spBv1.0/plant/DDATA/edge/press-07')],
    take: (bytes) => {
      decodePayload(bytes)
      parseTopic(bytes.toString('utf8'))
    },
  }
}

function yaml(): FuzzTarget {
  return {
    name: 'yaml',
    recorded: filesOf('devices/*.yaml', 'devices/examples/*.yaml'),
    take: (bytes) => void faultsOfText(bytes.toString('utf8')),
  }
}

function sheets(): FuzzTarget {
  return {
    name: 'sheet',
    recorded: filesOf('test/cases/sheets/*'),
    take: (bytes) => {
      try {
        readSheet(bytes, {} as Parameters<typeof readSheet>[1])
      } catch (error) {
        if (!(error instanceof GatewayError)) throw error
      }
    },
  }
}

async function opcUa(): Promise<FuzzTarget> {
  const recorded = await recordedChunks()
  return {
    name: 'opcua-chunks',
    recorded,
    take: (bytes) => {
      const builder = new MessageBuilder({ getDerivedKey: () => null } as never, {
        name: 'fuzz',
        securityMode: MessageSecurityMode.None,
        maxMessageSize: 16 * 1_048_576,
        maxChunkCount: 1_024,
      })
      // What cannot be read ends the connection.
      builder.on('error', () => undefined)
      builder.feed(bytes)
    },
  }
}

/** All of them; those of OPC UA are recorded at a real server first. */
export async function fuzzTargets(): Promise<readonly FuzzTarget[]> {
  return [
    modbusTcp(),
    modbusRtu(),
    scanners(),
    hid(),
    mqttPackets(),
    mqttMessages(),
    sparkplug(),
    yaml(),
    sheets(),
    await opcUa(),
  ]
}
