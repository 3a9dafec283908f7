/** Which files a text that was sent from a page may give to a device as its password. */
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, it } from 'vitest'
import { judgingCalls } from '../../../../src/api/maps/judging/judging-calls.ts'
import { testFolder } from '../../../support/buffer.ts'

const REFUSED = 'belongs to no device of this site'

/** A site with secrets of its own, and one of a device. */
function siteWith(files: Readonly<Record<string, string>> = {}) {
  const site = testFolder()
  const all = {
    'gateway.yaml': 'gateway: edge-1\n',
    'secrets/central': 'of central',
    'secrets/server': 'of a device',
    'routes/feed.yaml': 'mqtt: {url: "mqtt://broker", user: me, password_file: ../secrets/broker}\n',
    'secrets/broker': 'of the broker',
    'data/console/users.json': '{}',
    '.ssh/id': 'a key',
    'gateway.env': 'MILLRACE_CENTRAL_PASSWORD=x',
    ...files,
  }
  for (const [name, text] of Object.entries(all)) {
    mkdirSync(dirname(join(site, name)), { recursive: true })
    writeFileSync(join(site, name), text)
  }
  mkdirSync(join(site, 'devices'), { recursive: true })
  const calls = judgingCalls({
    ...{ folder: join(site, 'devices'), dataFolder: join(site, 'data'), cwd: site },
    own: {
      files: [join(site, 'gateway.yaml'), join(site, 'secrets/central')],
      dataFolder: join(site, 'data'),
      routesFolder: join(site, 'routes'),
    },
  })
  const faultsOf = (text: string, name = 'a.yaml') =>
    calls.draft(name, text).faults.map(({ message }) => message)
  return { site, faultsOf }
}

const map = (device: string) => `machine: A
device: {driver: mqtt, url: "mqtt://evil.example", user: me, ${device}}
signals: {s: {topic: a}}
status: [{else: true, is: idle}]
`
const naming = (file: string) => map(`password_file: ${file}`)

it.each([
  '../secrets/central',
  '../secrets/broker',
  '../gateway.yaml',
  '../routes/feed.yaml',
  '../data/console/users.json',
  '../.ssh/id',
  '../gateway.env',
  '/etc/passwd',
  '../../elsewhere',
])('a map that was sent gives no device what stands in %s', (file) => {
  const { faultsOf } = siteWith()
  expect(faultsOf(naming(file))).toEqual([expect.stringContaining(REFUSED)])
})

it('a map that was sent gives a device the password that is kept for it', () => {
  const { faultsOf } = siteWith()
  expect(faultsOf(naming('../secrets/server'))).toEqual([])
})

it('a link beside the maps does not give away what the gateway itself keeps', () => {
  const { site, faultsOf } = siteWith()
  symlinkSync(join(site, 'secrets/central'), join(site, 'secrets/harmless'))
  expect(faultsOf(naming('../secrets/harmless'))).toEqual([expect.stringContaining(REFUSED)])
})

it.each([
  'device: {driver: mqtt, user: me, password_file: FILE}',
  'device: {driver: mqtt}\nvariants: {big: {text: the big one, device: {user: me, password_file: FILE}}}\ndefault: big',
])('a profile that was sent does not give it away either: %s', (device) => {
  const { faultsOf } = siteWith()
  const profile = (file: string) =>
    `text: a sensor\n${device.replace('FILE', file)}\nsignals: {s: {topic: a}}\n`
  expect(faultsOf(profile('../secrets/server'), 'profiles/sensor.yaml')).toEqual([])
  const [said] = faultsOf(profile('../secrets/central'), 'profiles/sensor.yaml')
  expect(said).toContain(REFUSED)
})

it('a map that was written by hand on the gateway may be edited with the file that it names', () => {
  const { faultsOf } = siteWith({ 'devices/a.yaml': naming('/run/credentials/plc') })
  expect(faultsOf(`${naming('/run/credentials/plc')}# mended\n`)).toEqual([])
  expect(faultsOf(naming('/run/credentials/other'))).toEqual([expect.stringContaining(REFUSED)])
})
