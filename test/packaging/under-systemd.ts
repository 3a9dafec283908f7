/** The package under a real systemd: installed, started, watched, upgraded with a full log, kept from going back, removed. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import Database from 'better-sqlite3'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openTestOutbox } from '../support/buffer.ts'
import { entry } from '../support/entries.ts'
import { CHECKOUT } from '../support/run-millrace.ts'
import { BootedComputer, whyNotBooted } from './booted-computer.ts'
import type { Packaged } from './packaged.ts'

const PROVEN_MAX_MS = 2_100_000
/** That wait for a central which is away. */
const EVENTS = 20_000

export function underSystemd(packaged: () => Packaged): void {
  const why = whyNotBooted()
  describe.skipIf(why !== undefined)(
    `the package on a computer with systemd${why ? ` (${why})` : ''}`,
    () => {
      let computer: BootedComputer
      const said = (name: string) => computer.said(name)

      beforeAll(async () => {
        computer = new BootedComputer()
        computer.addDevices([...GIVEN, ...KEPT_FROM_IT])
        await computer.run(fileURLToPath(new URL('steps.sh', import.meta.url)), await filesFor(packaged()))
      }, PROVEN_MAX_MS)
      afterAll(() => computer[Symbol.dispose]())

      test('is installed, and waits for somebody to fill in gateway.yaml', () => {
        expect(said('install.exit'), said('install')).toBe('0')
        expect(said('install')).toContain('fill in /etc/millrace/gateway.yaml')
        expect(said('installed-state')).toBe('inactive enabled')
      })

      test('is started once it says that it is ready, and says with what', () => {
        expect(said('start.exit'), said('journal')).toBe('0')
        expect(said('status-text')).toBe('running: machines 1, stations 0')
      })

      test('runs as a user of its own, without any right of root, and writes nowhere but where it must', () => {
        const process = said('process')
        expect(process).not.toMatch(/^Uid:\s+0/m)
        expect(process).toMatch(/^CapEff:\s+0+$/m)
        expect(process).toMatch(/^CapBnd:\s+0+$/m)
        expect(process).toMatch(/^NoNewPrivs:\s+1$/m)
        expect(process).toMatch(/^Seccomp:\s+2$/m)
        expect(said('groups')).toContain('dialout')
        expect(said('mounts')).toMatch(/ \/ \S+ ro,/)
        expect(said('mounts')).toMatch(/ \/var\/lib\/millrace \S+ rw,/)
        expect(said('mounts')).toMatch(/ \/etc\/millrace\/devices \S+ rw,/)
      })

      test('may open ports, scanners and keyboards, and no other device', ({ skip }) => {
        const refused = (name: string) =>
          said(name)
            .split('\n')
            .filter((line) => line.endsWith('Operation not permitted'))
            .map((line) => line.split(' ')[0])
        const all = [...GIVEN, ...KEPT_FROM_IT].toSorted()
        // Where not even a unit that may open nothing is kept from anything, this machine's kernel lets nobody judge.
        skip(refused('devices-none').length === 0, 'no device can be kept from a unit on this machine')
        expect(refused('devices-none').toSorted(), said('devices-none')).toEqual(all)
        expect(refused('devices').toSorted(), said('devices')).toEqual(KEPT_FROM_IT.toSorted())
      })

      test('takes its maps in again at systemctl reload', () => {
        expect(said('reload.exit'), said('reload')).toBe('0')
      })

      test('is left alone by the watchdog while central is away', () => {
        expect(said('status')).toMatch(/^central +away/m)
        expect(said('alive')).toBe('0 running')
      })

      test.skipIf(!existsSync('/usr/sbin/chronyd'))(
        'asks chrony from within its sandbox whether the clock is right (chrony is installed)',
        () => {
          expect(said('metrics'), said('journal')).toMatch(/^millrace_clock_synchronised 1$/m)
          expect(said('metrics')).toMatch(/^millrace_clock_error_max_seconds [\d.e-]+$/m)
        },
      )

      test('is started again by the watchdog once its main loop hangs', () => {
        expect(said('hung')).toBe('1 running')
        expect(said('journal')).toContain('Watchdog timeout')
      })

      test('is stopped, swapped and started by an upgrade, which loses no event that is unsent', () => {
        expect(said('upgrade.exit'), said('upgrade')).toBe('0')
        expect(said('version-before')).toContain('millrace 0.0.9 ')
        expect(said('version-after')).toContain(`millrace ${packaged().newer.release.version} `)
        expect(said('upgraded-state')).toBe('active running: machines 1, stations 0')
        const before = said('events-before').split('\n')
        const after = said('events-after').split('\n')
        expect(before.length).toBeGreaterThanOrEqual(EVENTS)
        expect(after.length).toBeGreaterThan(before.length)
        expect(after.slice(0, before.length)).toEqual(before)
        const numbers = after.map((line) => (JSON.parse(line) as { readonly seq: number }).seq)
        expect(numbers).toEqual(numbers.map((_, index) => index + 1))
        const { unsent } = JSON.parse(said('unsent')) as { readonly unsent: { readonly central: number } }
        expect(unsent.central).toBeGreaterThanOrEqual(after.length)
      })

      test('keeps what somebody has written into its files', () => {
        expect(said('kept')).toBe('MILLRACE_LOG_LEVEL=debug\nthe same gateway.yaml')
      })

      test('is refused as an older version, in words, and the running one is not disturbed', () => {
        expect(said('downgrade.exit')).not.toBe('0')
        expect(said('downgrade')).toContain('millrace 0.0.9 is older than')
        expect(said('downgraded-state')).toBe('active undisturbed')
      })

      test('is started by an upgrade also where it had failed, and again where an upgrade was cut off', () => {
        expect(said('mended-state'), said('journal')).toBe('failed active')
        expect(said('interrupted-state'), said('journal')).toBe('active anew')
      })

      test('stays down where its log is of a newer version, says so once, and touches nothing', () => {
        expect(said('newer-log.exit')).not.toBe('0')
        expect(said('newer-log-state'), said('journal')).toBe('failed exit-code 2 untouched')
        expect(said('newer-log-words')).toMatch(/^millrace run: buffer \S+ has schema 99, .*$/)
        expect(said('own-log.exit'), said('journal')).toBe('0')
      })

      test('leaves the log and the configuration behind when it is removed, and no older version gets at them', () => {
        expect(said('remove.exit'), said('remove')).toBe('0')
        expect(said('remove')).toContain('are kept in /var/lib/millrace and /etc/millrace')
        expect(said('removed-state')).toBe(
          'not-found /etc/millrace/gateway.yaml\n/var/lib/millrace/outbox.db',
        )
        expect(said('install-older.exit')).not.toBe('0')
        expect(said('install-older')).toContain('is or was installed here')
        expect(said('reinstall.exit'), said('reinstall')).toBe('0')
        expect(said('reinstalled-state')).toBe('active')
      })

      test('keeps the log even when it is purged, where something is unsent, and says so', () => {
        expect(said('purge-unsent.exit'), said('purge-unsent')).toBe('0')
        expect(said('purge-unsent')).toMatch(/Kept: .*\n.*central: \d+ events are unsent/)
        expect(said('purged-unsent')).toBe('/etc/millrace/gateway.yaml\n/var/lib/millrace/outbox.db')
      })

      test('is backed up by root into any folder, and a restore belongs to the gateway', () => {
        expect(said('backup.exit'), said('backup')).toBe('0')
        expect(said('restore.exit'), said('restore')).toBe('0')
        expect(said('restart.exit'), said('journal')).toBe('0')
        expect(said('restored')).toBe('running: machines 1, stations 0;')
      })

      test('leaves nothing behind when it is purged, where nothing is unsent', () => {
        expect(said('purge.exit'), said('purge')).toBe('0')
        expect(said('purged')).toBe('')
      })
    },
  )
}

/** Of a built-in port, input (13), ttyACM (166), ttyUSB (188), USB (189), and ports of ARM boards (204, 207). */
const GIVEN = ['4:64', '13:64', '166:0', '188:0', '189:0', '204:64', '207:16']
/** Memory, a console, /dev/kvm, and numbers that systems give away as they like, such as to hidraw. */
const KEPT_FROM_IT = ['1:1', '5:1', '10:232', '240:0', '254:0']

/** A site whose central is away, with a press on the same computer, and a log that is full of events. */
async function filesFor({ folder, older, newer }: Packaged): Promise<Readonly<Record<string, string>>> {
  const site = join(folder, 'site')
  mkdirSync(site)
  const map = readFileSync(join(CHECKOUT, 'devices/press-07.yaml'), 'utf8')
  writeFileSync(join(site, 'press-07.yaml'), map.replace(/host: [\d.]+/, 'host: 127.0.0.1, port: 5020'))
  writeFileSync(join(site, 'gateway.yaml'), GATEWAY)
  const outbox = await openTestOutbox({
    file: join(site, 'outbox.db'),
    consumers: [{ name: 'central', must: 'deliver' }],
  })
  await Promise.all(Array.from({ length: EVENTS }, (_, index) => outbox.append(entry(index + 1))))
  await outbox[Symbol.asyncDispose]()
  await writeNewerLog(join(site, 'newer-outbox.db'))
  writeFileSync(join(site, 'time-server.conf'), TIME_SERVER)
  writeFileSync(join(site, 'time-follower.conf'), TIME_FOLLOWER)
  const names = ['gateway.yaml', 'press-07.yaml', 'outbox.db', 'newer-outbox.db']
  const named = [...names, 'time-server.conf', 'time-follower.conf'].map((name) => [name, join(site, name)])
  return {
    ...Object.fromEntries(named),
    'press.ts': fileURLToPath(new URL('press.ts', import.meta.url)),
    'open-devices.sh': fileURLToPath(new URL('open-devices.sh', import.meta.url)),
    'older.deb': older.deb,
    'newer.deb': newer.deb,
  }
}

/** Such as no version has written yet. */
async function writeNewerLog(file: string): Promise<void> {
  const outbox = await openTestOutbox({ file, consumers: [] })
  await outbox[Symbol.asyncDispose]()
  const db = new Database(file)
  db.pragma('user_version = 99')
  db.exec('INSERT INTO schema_step (version) VALUES (99)')
  db.close()
}

const TIME_SERVER = `port 11123
bindaddress 127.0.0.1
allow 127.0.0.0/8
local stratum 3
cmdport 0
bindcmdaddress /
pidfile /run/time-server.pid
`
/** Asked where every chronyd is asked. */
const TIME_FOLLOWER = `port 0
server 127.0.0.1 port 11123 iburst minpoll 0 maxpoll 0
pidfile /run/chrony/chronyd.pid
`
const GATEWAY = `gateway: edge-packaged-01
organization: SAV
plant: SAV-1
timezone: Europe/Rome
devices: devices
routes: routes
data: /var/lib/millrace
central: {url: 'postgres://millrace@127.0.0.1:1/mes', tls: off}
`
