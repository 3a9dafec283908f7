/** The tree that the Dockerfile's steps make, started as the image starts it: by a user without a name, on a read-only file system. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { settle } from '../../src/demo/settle.ts'
import { CHECKOUT } from '../support/run-millrace.ts'
import { imageInstruction, STAGED } from './dockerfile.ts'
import type { Packaged } from './packaged.ts'

/** The user of the image. */
const USER = 10_001
const RUNS_MAX_MS = 180_000

export function inImage(packaged: () => Packaged): void {
  const cannot = process.getuid?.() !== 0 || spawnSync('unshare', ['--mount', 'true']).status !== 0
  describe.skipIf(cannot)(
    'the image (only root can make a file system read-only, where it may mount)',
    () => {
      let site: string
      let gateway: ChildProcess
      let said = ''

      beforeAll(() => {
        site = makeSite(packaged().folder)
        gateway = started(imageCommand('ENTRYPOINT'), imageCommand('CMD'))
        gateway.stderr?.on('data', (chunk: Buffer) => {
          said += chunk.toString()
        })
      })
      afterAll(() => gateway.kill('SIGKILL'))

      const imageCommand = (word: string) => JSON.parse(imageInstruction(word)) as readonly string[]
      const here = (text: string) =>
        text
          .replaceAll(STAGED, packaged().tree)
          .replaceAll('/etc/millrace', site)
          .replaceAll('/var/lib/millrace', join(site, 'data'))
      /** Everything is read-only but the volume. */
      const contained = (command: readonly string[]) => [
        '--mount',
        'sh',
        '-c',
        `mount --bind "$0" "$0" && mount -o remount,bind,ro / && ! touch "${site}/x" 2>/dev/null && exec setpriv --reuid=${USER} --regid=${USER} --clear-groups "$@"`,
        join(site, 'data'),
        ...command.map(here),
      ]
      const environment = () => ({ PATH: process.env.PATH, MILLRACE_DATA: join(site, 'data') })
      const started = (...command: readonly (readonly string[])[]) =>
        spawn('unshare', contained(command.flat()), {
          env: environment(),
          stdio: ['ignore', 'ignore', 'pipe'],
        })
      const health = () => {
        const [, command = ''] = /CMD (.*)$/.exec(imageInstruction('HEALTHCHECK')) ?? []
        return spawnSync('unshare', contained(['sh', '-c', command]), { env: environment() }).status
      }

      test(
        'runs its gateway as a user of its own who can write nothing but the volume',
        async () => {
          expect(await settle(() => said.includes('"running"'), { withinMs: RUNS_MAX_MS }), said).toBe(true)
          const status = readFileSync(`/proc/${gateway.pid}/status`, 'utf8')
          expect(status).toMatch(new RegExp(`^Uid:\\s+${USER}\\s`, 'm'))
          expect(status).toMatch(/^CapEff:\s+0+$/m)
        },
        2 * RUNS_MAX_MS,
      )

      // Several times, as Docker asks: a computer with other things to do may be late once.
      test(
        'passes its health check while central is away',
        async () => {
          expect(await settle(() => health() === 0, { withinMs: RUNS_MAX_MS }), said).toBe(true)
        },
        2 * RUNS_MAX_MS,
      )

      test('stops in order, and then fails its health check', async () => {
        const ended = once(gateway, 'exit')
        gateway.kill('SIGTERM')
        expect(await ended).toEqual([0, null])
        expect(health()).toBe(1)
      })
    },
  )
}

function makeSite(above: string): string {
  const site = mkdtempSync(join(above, 'image-'))
  for (const folder of ['devices', 'data']) mkdirSync(join(site, folder))
  chmodSync(site, 0o755)
  chownSync(join(site, 'data'), USER, USER)
  const map = readFileSync(join(CHECKOUT, 'devices/press-07.yaml'), 'utf8')
  writeFileSync(join(site, 'devices/press-07.yaml'), map.replace(/host: [\d.]+/, 'host: 127.0.0.1, port: 1'))
  writeFileSync(
    join(site, 'gateway.yaml'),
    `gateway: edge-image-01
organization: SAV
plant: SAV-1
timezone: Europe/Rome
devices: devices
data: data
central: {url: 'postgres://millrace@127.0.0.1:1/mes', tls: off}
console: {port: 0}
`,
  )
  return site
}
