/** What each fault leaves in the trail is in test/integration/audit-trail. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import type { NewRecord } from '../../src/audit-trail/records.ts'
import { openTrail, trailFileIn } from '../../src/audit-trail/trail-file.ts'
import { verifyTrail } from '../../src/audit-trail/verify.ts'
import { startGatewaySite } from './parts/gateway-site.ts'
import { scratchFolder } from './parts/opcua-site.ts'
import { type MakeSite, securityCheck } from './security-check.ts'

/** A trail that somebody has meddled with who has the file and a shell. */
interface Edited {
  /** What a look at the trail says of it. */
  verify(): readonly string[]
}

function record(n: number): NewRecord {
  return {
    ...{ atMs: Date.UTC(2026, 0, 31) + n, chain: 'gateway', event: 'users-changed', who: 'anna' },
    ...{ origin: 'command', what: `user ${n} added`, subject: null, state: null, details: '{}' },
  }
}

function edited(statement: string, beside = (_file: string): void => undefined): MakeSite<Edited> {
  return (stack) => {
    const file = trailFileIn(scratchFolder(stack))
    {
      using trail = openTrail(file, { isOwner: true })
      for (let n = 0; n < 20; n += 1) trail.add([record(n)])
    }
    const db = new Database(file)
    db.exec(statement)
    db.close()
    beside(file)
    return { verify: () => verifyTrail(file).problems }
  }
}

const CUT_WITH_ITS_HEAD = `DELETE FROM record WHERE seq > 1;
  UPDATE chain SET seq = 1, hash = (SELECT hash FROM record WHERE seq = 1);
  UPDATE chain SET seq = 0, hash = genesis WHERE name = 'strangers'`

securityCheck<Edited>({
  id: 'S27',
  title: 'whoever edits the trail is found out',
  judge: ({ verify }) => (verify().length > 0 ? [] : ['the trail looks whole']),
  shipped: {
    'a text was changed': edited("UPDATE record SET what = 'nothing happened' WHERE seq = 7"),
    'a name was changed': edited("UPDATE record SET who = 'otto' WHERE seq = 7"),
    'a time was changed': edited('UPDATE record SET at_ms = at_ms - 1 WHERE seq = 7'),
    'a record was deleted': edited('DELETE FROM record WHERE seq = 7'),
    'the end was cut off': edited('DELETE FROM record WHERE seq > 15'),
    'the end was cut off, and its head moved back': edited(CUT_WITH_ITS_HEAD),
  },
  weakened: {
    'the note beside the trail was taken away as well': edited(CUT_WITH_ITS_HEAD, (file) =>
      rmSync(join(file, '..', 'audit-trail.head')),
    ),
  },
})

/** What stands in the trail of a gateway after its end. */
type Story = readonly string[]

const NEEDED = ['gateway-started', 'map-in-force', 'gateway-stopped']

function lifeOf(signal: 'SIGTERM' | 'SIGKILL'): MakeSite<Story> {
  return async (stack) => {
    const site = await startGatewaySite(stack)
    process.kill(site.pid, signal)
    await site.stop()
    using db = opened(trailFileIn(site.dataFolder))
    return db.events()
  }
}

function opened(file: string) {
  const db = new Database(file)
  return {
    events: () =>
      db
        .prepare<[], { event: string }>('SELECT event FROM record ORDER BY seq')
        .all()
        .map(({ event }) => event),
    [Symbol.dispose]: () => void db.close(),
  }
}

securityCheck<Story>({
  id: 'S27',
  title: 'a life of the gateway is in its trail, from its start to its stop',
  judge: (events) =>
    NEEDED.filter((needed) => !events.includes(needed)).map((needed) => `it lacks ${needed}`),
  shipped: lifeOf('SIGTERM'),
  weakened: { 'a gateway that was killed': lifeOf('SIGKILL') },
  timeoutMs: 120_000,
})
