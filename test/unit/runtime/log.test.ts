import { expect, test } from 'vitest'
import { createLog, type Log } from '../../../src/runtime/log.ts'

function logged(write: (log: Log) => void): readonly Readonly<Record<string, unknown>>[] {
  const lines: Record<string, unknown>[] = []
  write(createLog('debug', { write: (line) => void lines.push(JSON.parse(line)) }))
  return lines
}

test('a line says which kind it is by a name that collectors can rely on', () => {
  expect(logged((log) => log.info({ event: 'gateway-running', machines: 3 }, 'running'))).toEqual([
    { level: 30, time: expect.any(String), event: 'gateway-running', machines: 3, msg: 'running' },
  ])
})

test('a line without such a name does not compile', () => {
  // @ts-expect-error there is no event
  logged((log) => log.info({ machines: 3 }, 'running'))
  // @ts-expect-error an event has a part, and what of it
  logged((log) => log.info({ event: 'running' }, 'running'))
  // @ts-expect-error words alone
  logged((log) => log.info('running'))
})

test('what is a secret by its name does not get into a line', () => {
  const canary = 'canary-5f1c'
  const secrets = { password: canary, passphrase: canary, token: canary, verifier: canary }
  const [line] = logged((log) => log.warn({ event: 'test-line', ...secrets, inside: secrets }, 'refused'))
  expect(JSON.stringify(line)).not.toContain(canary)
  expect(line).toMatchObject({ msg: 'refused' })
})
