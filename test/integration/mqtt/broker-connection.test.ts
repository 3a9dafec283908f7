/** One connection to a real broker: what comes over it, what is refused, and how its end is noticed. */
import { chmodSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { type BrokerOptions, openBroker } from '../../../src/mqtt/broker.ts'
import type { BrokerConnection } from '../../../src/mqtt/connection.ts'
import type { BrokerFault } from '../../../src/mqtt/fault.ts'
import { type BrokerSettings, brokerKeys, brokerOf, judgeBroker } from '../../../src/mqtt/settings.ts'
import { hasMosquitto, startBroker, type TestBroker } from '../../support/broker.ts'
import { startTcpProxy } from '../../support/tcp-proxy.ts'
import { makeTlsCertificate, type TlsCertificate } from '../../support/tls-certificate.ts'

const log = { debug: () => undefined, warn: () => undefined }
const schema = z.strictObject(brokerKeys).superRefine(judgeBroker)

function settingsOf(keys: object): BrokerSettings {
  return brokerOf(schema.parse(keys))
}

function opened(keys: object, options: Partial<BrokerOptions> = {}): Promise<BrokerConnection> {
  return openBroker(settingsOf(keys), { log, signal: new AbortController().signal, ...options })
}

/** What is said when the connection cannot be made: message and hint. */
async function refusalOf(keys: object, options: Partial<BrokerOptions> = {}): Promise<string> {
  try {
    await using connection = await opened(keys, options)
    return `no refusal by ${connection.where}`
  } catch (error) {
    const { message, hint } = error as BrokerFault
    return `${message}; ${hint}`
  }
}

/** What a connection says in the log, and when it has said something. */
function warnings() {
  const { promise: said, resolve } = Promise.withResolvers<string>()
  return { said, log: { debug: () => undefined, warn: (_: object, message: string) => resolve(message) } }
}

function lossOf({ lost }: BrokerConnection): Promise<BrokerFault> {
  return new Promise((resolve) => {
    if (lost.aborted) resolve(lost.reason)
    else lost.addEventListener('abort', () => resolve(lost.reason), { once: true })
  })
}

/** Collects what comes, and waits for a number of messages. */
function inbox() {
  const texts: string[] = []
  let wake = () => {}
  return {
    texts,
    onMessage: (topic: string, payload: Buffer, { retain }: { readonly retain: boolean }) => {
      texts.push(`${topic} ${payload}${retain ? ' (retained)' : ''}`)
      wake()
    },
    until: async (count: number) => {
      while (texts.length < count) await new Promise<void>((resolve) => (wake = resolve))
      return texts
    },
  }
}

describe.each(['3.1.1', 5])('with MQTT %s', (version) => {
  let broker: TestBroker
  beforeAll(async () => {
    broker = await startBroker()
  })
  afterAll(() => broker[Symbol.asyncDispose]())
  const keys = () => ({ url: broker.url, version: broker.kind === 'local' ? '3.1.1' : version })

  test('what is published arrives, in order, and what was retained says so', async () => {
    await using sender = await opened(keys())
    await sender.publish('plant/kept', 'before', { retain: true })
    const { onMessage, until } = inbox()
    await using receiver = await opened(keys(), { onMessage })
    await receiver.subscribe(['plant/#'])
    await until(1)
    await Promise.all(['a', 'b', 'c'].map((text) => sender.publish('plant/live', text)))
    await sender.publish('plant/live', 'last', { qos: 0 })
    expect(await until(5)).toEqual([
      'plant/kept before (retained)',
      'plant/live a',
      'plant/live b',
      'plant/live c',
      'plant/live last',
    ])
  })

  test('a message that cannot be taken is passed over, which the log says, and the next one comes', async () => {
    for (const fails of ['at once', 'later']) {
      const { said, log } = warnings()
      const next = Promise.withResolvers<string>()
      const onMessage = (_: string, payload: Buffer) => {
        if (String(payload) !== 'poison') return next.resolve(String(payload))
        if (fails === 'at once') throw new TypeError('no such key')
        return Promise.reject(new TypeError('no such key'))
      }
      await using connection = await opened(keys(), { onMessage, log })
      await connection.subscribe(['poisoned/#'])
      await connection.publish('poisoned/well', 'poison')
      await connection.publish('poisoned/well', 'water')
      expect(await next.promise).toBe('water')
      expect(await said).toContain('passed over')
    }
  })

  // Bound: IN_FLIGHT_MAX
  test('thousands of messages go out, no more than the broker takes at once', async () => {
    const { onMessage, until } = inbox()
    await using receiver = await opened(keys(), { onMessage })
    await receiver.subscribe(['many/+'])
    await using sender = await opened(keys())
    const numbers = Array.from({ length: 3_000 }, (_, index) => String(index))
    await Promise.all(numbers.map((text) => sender.publish('many/one', text)))
    expect(await until(3_000)).toEqual(numbers.map((text) => `many/one ${text}`))
  })

  test('a round trip proves that the broker has read what was sent before', async () => {
    const { onMessage, texts, until } = inbox()
    await using receiver = await opened(keys(), { onMessage })
    await receiver.subscribe(['trip'])
    await using sender = await opened(keys())
    const sent = Array.from({ length: 50 }, (_, index) => sender.publish('trip', String(index), { qos: 0 }))
    await Promise.all([...sent, sender.roundTrip(), sender.roundTrip()])
    // The broker has everything: a sender that breaks off now takes nothing with it.
    await until(50)
    await receiver.roundTrip()
    expect(texts).toHaveLength(50)
  })

  test('the last will is published for a connection that breaks, not for one that is closed', async () => {
    const { onMessage, until, texts } = inbox()
    await using receiver = await opened(keys(), { onMessage })
    await receiver.subscribe(['will'])
    const will = { topic: 'will', qos: 1, retain: false } as const
    await using proxy = await startTcpProxy({ host: '127.0.0.1', port: broker.port })
    const breaking = await opened(
      { ...keys(), url: `mqtt://127.0.0.1:${proxy.port}` },
      { will: { ...will, payload: 'broken' } },
    )
    const closing = await opened(keys(), { will: { ...will, payload: 'closed' } })
    await closing[Symbol.asyncDispose]()
    proxy.reset()
    expect((await lossOf(breaking)).kind).toBe('closed')
    await until(1)
    await receiver.roundTrip()
    expect(texts).toEqual(['will broken'])
  })

  test('two programs with one client id: the first is thrown out, and told why', async () => {
    const first = await opened({ ...keys(), client_id: 'twin' })
    await using _second = await opened({ ...keys(), client_id: 'twin' })
    const { message, hint } = await lossOf(first)
    expect(`${message}; ${hint}`).toMatch(/client id/)
    expect(`${message}; ${hint}`).toMatch(/another program/)
  })

  test('a broker that is killed is noticed at once, and nothing waits for ever', async () => {
    await using own = await startBroker()
    const connection = await opened({ url: own.url, version: own.kind === 'local' ? '3.1.1' : version })
    await own.kill()
    const { where } = connection
    expect((await lossOf(connection)).message).toContain(where)
    await expect(connection.publish('a', 'b')).rejects.toThrow(where)
    await expect(connection.roundTrip()).rejects.toThrow(where)
    await connection[Symbol.asyncDispose]()
  })

  test('nothing more is read while a listener is busy', async () => {
    const texts: string[] = []
    const release: (() => void)[] = []
    await using receiver = await opened(keys(), {
      onMessage: (_topic, payload) => {
        texts.push(String(payload))
        return new Promise<void>((resolve) => release.push(resolve))
      },
    })
    await receiver.subscribe(['slow'])
    await using sender = await opened(keys())
    await sender.publish('slow', 'a')
    await sender.publish('slow', 'b')
    await expect.poll(() => texts).toEqual(['a'])
    await sender.roundTrip()
    expect(texts).toEqual(['a'])
    release.shift()?.()
    await expect.poll(() => texts).toEqual(['a', 'b'])
    release.shift()?.()
  })
})

describe('a way that breaks', () => {
  test('a half-open connection is noticed within one and a half keep-alives', async () => {
    await using broker = await startBroker()
    await using proxy = await startTcpProxy({ host: '127.0.0.1', port: broker.port })
    const connection = await opened({ url: `mqtt://127.0.0.1:${proxy.port}`, keepalive: '5s' })
    proxy.halfOpen()
    const { kind, message } = await lossOf(connection)
    expect([kind, message]).toEqual([
      'timeout',
      `mqtt://127.0.0.1:${proxy.port} has not answered a ping within 7.5 s`,
    ])
  })

  test('messages that wait for an acknowledgement fail with the connection', async () => {
    await using broker = await startBroker()
    await using proxy = await startTcpProxy({ host: '127.0.0.1', port: broker.port })
    const connection = await opened({ url: `mqtt://127.0.0.1:${proxy.port}` })
    proxy.impair('to-client', { kind: 'drop' })
    const waiting = Array.from({ length: 300 }, () => connection.publish('a', 'b'))
    const outcomes = Promise.allSettled(waiting)
    proxy.reset()
    expect((await outcomes).map(({ status }) => status)).toEqual(waiting.map(() => 'rejected'))
  })

  test('a broker that goes on acknowledging keeps the connection, and one that has stopped does not', async () => {
    const CONNACK = [0x20, 2, 0, 0]
    const isPublish = ([head = 0]: Buffer) => head >> 4 === 3
    const first = Promise.withResolvers<void>()
    let published = 0
    // It answers the second message only. Its number stands behind the topic, which has one letter.
    const server = createServer((socket) =>
      socket.on('data', (packet) => {
        if (!isPublish(packet)) return socket.write(Buffer.from(CONNACK))
        published += 1
        if (published === 1) first.resolve()
        else socket.write(Buffer.from([0x40, 2, ...packet.subarray(5, 7)]))
      }),
    )
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as { readonly port: number }
    const alarms = new Set<() => void>()
    const after = (_: number, ring: () => void) => {
      alarms.add(ring)
      return () => alarms.delete(ring)
    }
    const ringAll = () => {
      const ringing = [...alarms]
      alarms.clear()
      for (const ring of ringing) ring()
    }
    const url = `mqtt://127.0.0.1:${port}`
    const connection = await opened({ url, version: '3.1.1' }, { clock: { after } })
    const waiting = Promise.allSettled([connection.publish('a', 'one')])
    await first.promise
    await connection.publish('a', 'two')
    ringAll()
    expect(connection.lost.aborted).toBe(false)
    ringAll()
    const message = `${url} has not answered a message of a within 20 s`
    expect(await waiting).toMatchObject([{ reason: { message } }])
    server.close()
  })

  test('a goodbye does not wait for acknowledgements that never come', async () => {
    await using broker = await startBroker()
    await using proxy = await startTcpProxy({ host: '127.0.0.1', port: broker.port })
    const connection = await opened({ url: `mqtt://127.0.0.1:${proxy.port}` })
    proxy.impair('to-client', { kind: 'drop' })
    const waiting = Promise.allSettled([connection.publish('a', 'b')])
    await connection[Symbol.asyncDispose]()
    expect(await waiting).toMatchObject([{ status: 'rejected', reason: { kind: 'stopped' } }])
  })

  test('what cannot be reached says what to do', async () => {
    await using broker = await startBroker()
    await broker.stop()
    expect(await refusalOf({ url: broker.url })).toBe(
      `${broker.url} cannot be reached: nothing listens there; check host and port, and that the broker runs`,
    )
    expect(await refusalOf({ url: 'mqtt://no-such-broker.invalid' })).toMatch(/its name cannot be resolved/)
  })

  test('a port that speaks something else is said to', async () => {
    const server = createServer((socket) => socket.end('220 smtp.plant.example ready\r\n'))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as { readonly port: number }
    expect(await refusalOf({ url: `mqtt://127.0.0.1:${port}`, version: 5 })).toMatch(/speaks MQTT/)
    server.close()
  })

  test('an attempt that is called off ends at once', async () => {
    const server = createServer(() => undefined)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as { readonly port: number }
    const abort = new AbortController()
    const attempt = refusalOf({ url: `mqtt://127.0.0.1:${port}` }, { signal: abort.signal })
    setTimeout(() => abort.abort(), 50)
    expect(await attempt).toMatch(/^stopped/)
    server.close()
  })
})

describe('who may log in', () => {
  let folder: string
  let certificate: TlsCertificate
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-mqtt-'))
    certificate = await makeTlsCertificate(folder, ['localhost'])
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  test('a password is read again at each connect, and a wrong one is called so', async () => {
    await using broker = await startBroker({ users: { gateway: 'right' } })
    const file = join(folder, 'password')
    const keys = { url: broker.url, user: 'gateway', password_file: file }
    expect(await refusalOf({ url: broker.url })).toMatch(
      /refuses the login: it lets nobody in without a user, it seems; write user and password_file/,
    )
    expect(await refusalOf(keys)).toMatch(/password for .* cannot be read|cannot be read/)
    writeFileSync(file, 'wrong\n')
    expect(await refusalOf(keys)).toMatch(/refuses the login: .*; check user and password_file/)
    writeFileSync(file, 'right\n')
    await using connection = await opened(keys)
    await connection.publish('a', 'b')
  })

  test('a certificate that nobody here trusts is refused, and one for another host as well', async () => {
    await using broker = await startBroker({ tls: certificate })
    const url = `mqtts://localhost:${broker.port}`
    const tls = { ca_file: certificate.caFile }
    await using connection = await opened({ url, tls })
    await connection.publish('a', 'b')
    expect(await refusalOf({ url })).toMatch(/name that certificate as tls.ca_file/)
    expect(await refusalOf({ url: broker.url, tls })).toMatch(/its certificate is another host’s/)
    expect(await refusalOf({ url: `mqtt://localhost:${broker.port}`, version: 5 })).toMatch(
      /with TLS or without/,
    )
  })

  test('a broker without TLS at a port for TLS is called so', async () => {
    await using broker = await startBroker()
    expect(await refusalOf({ url: `mqtts://localhost:${broker.port}` })).toMatch(/cannot be reached/)
  })

  test.runIf(hasMosquitto)('a broker that asks for a certificate of the gateway gets one', async () => {
    await using broker = await startBroker({ tls: { ...certificate, ca: certificate.cert } })
    const url = `mqtts://localhost:${broker.port}`
    const keyFile = join(folder, 'client-key.pem')
    writeFileSync(keyFile, certificate.key)
    chmodSync(keyFile, 0o600)
    const tls = { ca_file: certificate.caFile }
    expect(await refusalOf({ url, tls, version: 5 })).toMatch(/certificate of the gateway/)
    await using connection = await opened({
      url,
      tls: { ...tls, cert_file: certificate.caFile, key_file: keyFile },
    })
    await connection.publish('a', 'b')
  })

  test.runIf(hasMosquitto)('what a user may not do is refused by its name', async () => {
    const acl = join(folder, 'acl')
    writeFileSync(acl, 'topic read open/#\ntopic write open/#\n')
    chmodSync(acl, 0o600)
    await using broker = await startBroker({ mosquitto: [`acl_file ${acl}`, 'max_packet_size 2000'] })
    await using connection = await opened({ url: broker.url })
    await expect(connection.publish('secret/a', 'b')).rejects.toMatchObject({
      kind: 'publish',
      reasonCode: 135,
      isAboutMessage: false,
    })
    await expect(connection.publish('open/a', 'x'.repeat(5_000))).rejects.toMatchObject({
      message: expect.stringMatching(/too large/),
      isAboutMessage: true,
    })
    await expect(connection.subscribe(['open/#', 'secret/#'])).resolves.toBeUndefined()
    await connection.publish('open/a', 'b')
  })
})

test('a session that the broker keeps brings what came meanwhile', async () => {
  await using broker = await startBroker()
  const keys = { url: broker.url, client_id: 'keeper' }
  const kept = { clean: false, sessionExpiryS: 3_600 }
  const before = await opened(keys, kept)
  expect(before.isSessionKept).toBe(false)
  await before.subscribe(['kept/#'])
  await before[Symbol.asyncDispose]()
  await using sender = await opened({ url: broker.url })
  await sender.publish('kept/a', 'while away')
  const { onMessage, until } = inbox()
  await using after = await opened(keys, { ...kept, onMessage })
  expect(after.isSessionKept).toBe(true)
  expect(await until(1)).toEqual(['kept/a while away'])
})
