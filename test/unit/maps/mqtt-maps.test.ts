/** Device maps of MQTT: what is wrong in them is named with its place and what would be right. */
import { describe, expect, test } from 'vitest'
import { faultsOfText, hintsOfText, mapOfText } from '../../support/compiled.ts'

function mapText(device: string, signal: string, more = ''): string {
  return `machine: PRESS-07
device: {driver: mqtt, ${device}}
signals:
  state: {${signal}}
status: [{else: true, is: idle}]
${more}`
}

const URL = 'url: mqtt://broker'
const TOPIC = 'topic: press/state'

describe('a fault', () => {
  test.each([
    ['no topic', URL, 'path: a', 'm.yaml:4:3: "topic" is missing: where is "state" in the device?'],
    ['a register', URL, 'at: 40101', 'm.yaml:4:11: mqtt has no "at"; did you mean "topic"?'],
    [
      'a wildcard within a level',
      URL,
      'topic: press+/state',
      'm.yaml:4:18: + stands for a whole level, and "press+" has it within one; write + alone between the slashes',
    ],
    [
      '# in the middle',
      URL,
      'topic: "a/#/b"',
      'm.yaml:4:18: # stands for all levels that follow, and so at the end only; use + for one level',
    ],
    [
      'a path of JSONPath',
      URL,
      `${TOPIC}, path: $.a.b`,
      'm.yaml:4:37: a path begins without $; as in ENERGY.Power, list[0].v, ["key with a dot"] or values[id=Line1.State].v',
    ],
    [
      'another scheme',
      'url: tcp://broker:1883',
      TOPIC,
      'm.yaml:2:29: this is not the URL of a broker; write mqtt://',
    ],
    [
      'WebSocket',
      'url: ws://broker',
      TOPIC,
      'm.yaml:2:29: this is not the URL of a broker; MQTT over WebSocket is not spoken here: ask for the broker’s port for MQTT, mostly 1883',
    ],
    [
      'a password in the URL',
      'url: "mqtt://me:secret@broker"',
      TOPIC,
      'm.yaml:2:29: a URL holds nobody who logs in; write user and password_file beside it',
    ],
    [
      'a password',
      `${URL}, password: secret`,
      TOPIC,
      'm.yaml:2:44: a password has no place in this file: use password_file',
    ],
    [
      'a password without its user',
      `${URL}, password_file: /dev/null`,
      TOPIC,
      'm.yaml:2:59: a password needs its user: write user beside password_file',
    ],
    [
      'files of TLS without TLS',
      `${URL}, tls: {ca_file: /dev/null}`,
      TOPIC,
      'm.yaml:2:49: mqtt:// goes without TLS: write the url with mqtts://',
    ],
    [
      'half of a certificate',
      'url: mqtts://broker, tls: {cert_file: /dev/null}',
      TOPIC,
      'm.yaml:2:62: cert_file and key_file go together',
    ],
    [
      'another version',
      `${URL}, version: 4`,
      TOPIC,
      'm.yaml:2:53: 4 is no version of MQTT that is spoken here; did you mean 5?',
    ],
    [
      'retained: current with nobody who vouches',
      `${URL}, retained: current`,
      TOPIC,
      'm.yaml:2:54: retained: current needs availability, without which nobody knows whether its publisher is there',
    ],
    [
      'the same of a signal',
      URL,
      `${TOPIC}, retained: current`,
      'm.yaml:4:41: retained: current needs availability, without which nobody knows whether its publisher is there; write availability under device',
    ],
    [
      'a persistent session without times',
      `${URL}, session: persistent`,
      TOPIC,
      'm.yaml:4:18: session: persistent brings what came while the gateway was away, and nothing says when that was; write time: where it stands in the message, or leave session out',
    ],
    [
      'availability with a wildcard',
      `${URL}, availability: {topic: press/+/online}`,
      TOPIC,
      'm.yaml:2:66: an availability topic is one topic, without wildcards; as in plant/press-07/online',
    ],
    [
      'a misspelt key',
      `${URL}, stale_affter: 5s`,
      TOPIC,
      'm.yaml:2:44: unknown key "stale_affter"; did you mean "stale_after"?',
    ],
    ['bcd', URL, `${TOPIC}, type: bcd16`, 'm.yaml:4:18: a message has no bcd16; leave type out'],
  ])('%s', (_name, device, signal, expected) => {
    expect(faultsOfText(mapText(device, signal))).toContain(expected)
  })

  test('a comm loss that is shorter than the silence that is allowed', () => {
    const faults = faultsOfText(mapText(`${URL}, stale_after: 10m`, TOPIC, 'on_comm_loss: {after: 60s}'))
    expect(faults.join()).toMatch(
      /a device may be silent for longer, as its stale_after says; at least 600000ms/,
    )
  })

  test('keys of messages at a register', () => {
    const text = `machine: A
device: {driver: modbus-tcp, host: h}
signals: {state: {at: 40101, type: u16, path: a}}
status: [{else: true, is: idle}]
`
    expect(faultsOfText(text)).toEqual([
      'm.yaml:3:41: modbus-tcp has no messages: "path" is for topics; remove "path"',
    ])
  })
})

test('a machine is out of sight no sooner than its publisher may be silent', () => {
  const after = (device: string) => mapOfText(mapText(`${URL}${device}`, TOPIC)).onCommLoss.afterMs
  expect(after('')).toBe(60_000)
  expect(after(', stale_after: 5s')).toBe(30_000)
  expect(after(', stale_after: 5m')).toBe(300_000)
  expect(after(', availability: {topic: a/online}')).toBe(30_000)
})

test('a password that everybody on the network could read is a doubt, but not on this computer', () => {
  const withPassword = (url: string) =>
    hintsOfText(mapText(`url: ${url}, user: me, password_file: /dev/null`, TOPIC)).join()
  expect(withPassword('mqtt://broker')).toMatch(/the password of me goes to broker readable for everybody/)
  expect(withPassword('mqtt://localhost')).toBe('')
  expect(withPassword('mqtts://broker')).toBe('')
})

test('files of TLS begin where the map is', () => {
  const [device] = mapOfText(mapText('url: mqtts://broker, tls: {ca_file: ca.pem}', TOPIC)).devices
  expect(device?.settings).toMatchObject({
    broker: { tls: { caFile: '/maps/ca.pem' }, port: 8883, isSecure: true },
  })
})
