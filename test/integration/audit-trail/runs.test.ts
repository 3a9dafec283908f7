/** What a start of the gateway finds and records, in a real file. */
import { readFileSync } from 'node:fs'
import Database from 'better-sqlite3'
import { expect, test } from 'vitest'
import { runEnded } from '../../../src/audit-trail/run-begun.ts'
import { openTrail, type TrailFile, trailFileIn } from '../../../src/audit-trail/trail-file.ts'
import { verifyTrail } from '../../../src/audit-trail/verify.ts'
import { testFolder } from '../../support/buffer.ts'

const BEGUN = {
  atMs: 1_000,
  version: '0.9.0',
  configuration: { gateway: '"edge-1"' },
  details: '{}',
  hasLasted: false,
}

function openedTrail(folder = testFolder()): TrailFile {
  return openTrail(trailFileIn(folder), { isOwner: true })
}

/** What was recorded, oldest first. */
function recorded(trail: TrailFile): readonly string[] {
  return trail
    .records({ before: null, who: null, limit: 1_000 })
    .map(({ event, what }) => `${event}: ${what}`)
    .toReversed()
}

test('a start says the version and that the configuration is recorded, and a stop ends it', () => {
  using trail = openedTrail()
  trail.begin(BEGUN)
  trail.add([runEnded(2_000, undefined)])
  trail.begin({ ...BEGUN, atMs: 3_000 })
  expect(recorded(trail)).toEqual([
    'trail-begun: the audit trail begins',
    'gateway-version-changed: the version is 0.9.0',
    'configuration-changed: the configuration is recorded from here on',
    'gateway-started: the gateway was started in version 0.9.0',
    'gateway-stopped: the gateway was stopped',
    'gateway-started: the gateway was started in version 0.9.0',
  ])
})

test('an end that nobody recorded is told by the next start', () => {
  using trail = openedTrail()
  trail.begin(BEGUN)
  trail.begin({ ...BEGUN, atMs: 9_000 })
  expect(recorded(trail).slice(-2)).toEqual([
    'gateway-ended-uncleanly: the run before this one ended without a word: it was killed, or the power went',
    'gateway-started: the gateway was started in version 0.9.0',
  ])
})

test('an end by a fault is told as such, and not as a kill', () => {
  using trail = openedTrail()
  trail.begin(BEGUN)
  trail.add([runEnded(2_000, 'nothing can be stored any more')])
  trail.begin(BEGUN)
  const told = recorded(trail).join('\n')
  expect(told).toContain('gateway-failed: the gateway ended by a fault: nothing can be stored any more')
  expect(told).not.toContain('uncleanly')
})

test('another version and another configuration are told with what they were, and no value', () => {
  const folder = testFolder()
  {
    using trail = openedTrail(folder)
    trail.begin({
      ...BEGUN,
      configuration: { gateway: '"edge-1"', 'central.url': '"postgres://old-canary"' },
    })
    trail.add([runEnded(2_000, undefined)])
    const configuration = {
      gateway: '"edge-1"',
      'central.url': '"postgres://new-canary"',
      'log.level': '"debug"',
    }
    trail.begin({ ...BEGUN, version: '0.10.0', configuration })
    const told = recorded(trail).join('\n')
    expect(told).toContain('the version is 0.10.0, and was 0.9.0')
    expect(told).toContain('another one than at the last start: central.url, log.level')
  }
  expect(readFileSync(trailFileIn(folder)).includes('canary')).toBe(false)
})

test('what versions before kept of the console is taken over in its order', () => {
  const folder = testFolder()
  const file = trailFileIn(folder)
  openTrail(file, { isOwner: false }).close()
  const db = new Database(file)
  db.exec(
    'DROP TABLE held_starts; DROP TABLE record; DROP TABLE chain; DELETE FROM schema_step; INSERT INTO schema_step VALUES (1)',
  )
  db.pragma('user_version = 1')
  const insert = db.prepare(
    'INSERT INTO entry (at_ms, is_known, who, origin, what, method, path, status) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
  )
  insert.run(1_000, 1, 'anna', '10.0.0.7', 'user otto made', 'POST', '/api/v1/users', 200)
  insert.run(2_000, 0, null, '10.0.0.9', 'sign-in as otto', 'POST', '/api/v1/session', 401)
  insert.run(3_000, 1, 'otto', '10.0.0.9', 'map saved', 'PUT', '/api/v1/maps', 200)
  db.close()
  for (let opened = 0; opened < 2; opened += 1) {
    using trail = openedTrail(folder)
    expect(recorded(trail)).toEqual([
      'console-call: user otto made',
      'console-call: sign-in as otto',
      'console-call: map saved',
      expect.stringContaining('trail-taken-over: 3 records of an earlier version'),
    ])
  }
  expect(verifyTrail(file)).toMatchObject({ records: 4, fromMs: 1_000, problems: [] })
})

test('a gateway that falls again and again pushes nothing out of the trail', () => {
  const folder = testFolder()
  {
    using trail = openedTrail(folder)
    const startMs = Date.UTC(2026, 0, 31)
    for (let time = 0; time < 500; time += 1) trail.begin({ ...BEGUN, atMs: startMs + time * 6_000 })
    expect(recorded(trail).length).toBeLessThan(30)
    // The last of them goes on.
    const lasting = { ...BEGUN, atMs: startMs + 499 * 6_000, hasLasted: true }
    expect(trail.begin(lasting)).toBe(true)
    expect(recorded(trail).at(-1)).toBe(
      'gateway-started: the gateway was started in version 0.9.0, after 489 starts since 2026-01-31T00:01:00.000Z that ended within a minute',
    )
    // What was changed is recorded at once, also amidst a loop.
    expect(trail.begin({ ...BEGUN, atMs: startMs + 3_100_000, version: '0.9.1' })).toBe(true)
    expect(trail.begin({ ...BEGUN, atMs: startMs + 86_400_000, version: '0.9.1' })).toBe(true)
  }
  expect(verifyTrail(trailFileIn(folder)).problems).toEqual([])
})
