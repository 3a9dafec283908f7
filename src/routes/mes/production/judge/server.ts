/** Version, encoding, and whether what was committed survives a power cut. */

import { type Judgement, matter } from '../../../../domain/judgement.ts'
import { knownHole } from '../../../../postgres/known-holes.ts'
import type { ServerFacts } from '../facts/server.ts'
import type { ServerSettings } from '../facts/settings.ts'
import { SUPPORT_ENDS } from './support-ends.ts'

const DAY_MS = 86_400_000
/** An upgrade of a plant's database takes months to plan. */
const WARN_BEFORE_END_DAYS = 270

export function judgeServer(
  server: ServerFacts,
  settings: ServerSettings,
  nowMs: number,
): readonly Judgement[] {
  return [
    judgeVersion(server, nowMs),
    judgeEncoding(server),
    judgeTimeZone(server, settings),
    judgeDurability(settings),
    judgeChecksums(server, settings),
  ]
}

function judgeVersion({ version }: ServerFacts, nowMs: number): Judgement {
  const { good, advice, bad, unseen } = matter('version')
  const major = Math.floor(version / 10_000)
  const name = `PostgreSQL ${major}.${version % 10_000}`
  const hole = knownHole(version)
  const end = SUPPORT_ENDS[major]
  const isOver = end !== undefined && Date.parse(end) < nowMs
  if (hole !== undefined && !isOver)
    return bad(hole, 'install the newest minor version; it takes a restart, and no dump')
  if (end === undefined)
    return unseen(
      `${name}: until when it is supported is not known to this gateway`,
      'see https://www.postgresql.org/support/versioning/',
    )
  const daysLeft = (Date.parse(end) - nowMs) / DAY_MS
  const upgrade = 'plan the upgrade to a supported major version (pg_upgrade, or a logical replica)'
  if (isOver) return bad(`${name}: nobody mends its faults since ${end}`, upgrade)
  if (daysLeft < WARN_BEFORE_END_DAYS) return advice(`${name}: supported until ${end}`, upgrade)
  return good(`${name}, supported until ${end}; keep to its newest minor version`)
}

function judgeEncoding({ encoding }: ServerFacts): Judgement {
  const { good, advice, bad } = matter('encoding')
  if (encoding === 'UTF8') return good('UTF8')
  const remedy = 'dump the database, and restore it into one that was created with ENCODING UTF8'
  if (encoding === 'SQL_ASCII') return bad('SQL_ASCII: nobody knows what its bytes mean', remedy)
  return advice(`${encoding}: characters that it lacks are written as escapes`, remedy)
}

function judgeTimeZone({ zonelessTimes }: ServerFacts, settings: ServerSettings): Judgement {
  const { good, bad } = matter('time zone')
  const zone = settings.get('TimeZone') ?? 'unknown'
  if (zonelessTimes.length === 0) return good(`${zone}; times of events are stored with their zone`)
  const statements = zonelessTimes.map(
    ({ table, column }) =>
      `ALTER TABLE ${table} ALTER COLUMN ${column} TYPE timestamptz USING ${column} AT TIME ZONE '${zone}';`,
  )
  const names = zonelessTimes.map(({ table, column }) => `${table}.${column}`).join(', ')
  return bad(
    `${names} hold times without a zone: what they mean hangs on the TimeZone of whoever writes (here ${zone})`,
    ['once it is clear in which zone they were written:', ...statements].join('\n'),
  )
}

/** Each with the value that keeps data safe, and what another one costs. */
const SAFE: readonly (readonly [name: string, safe: string, otherwise: string])[] = [
  ['fsync', 'on', 'a power cut destroys the whole database'],
  ['full_page_writes', 'on', 'a power cut may leave pages half written'],
  ['zero_damaged_pages', 'off', 'damaged pages are silently emptied'],
  ['ignore_checksum_failure', 'off', 'damaged pages are read as if they were sound'],
]

function judgeDurability(settings: ServerSettings): Judgement {
  const { good, bad } = matter('durability')
  const unsafe = SAFE.filter(([name, safe]) => (settings.get(name) ?? safe) !== safe)
  if (unsafe.length > 0) {
    const faults = unsafe.map(([name, , otherwise]) => `${name} is ${settings.get(name)}: ${otherwise}`)
    const statements = unsafe.map(([name, safe]) => `ALTER SYSTEM SET ${name} = ${safe};`)
    return bad(faults.join('; '), [...statements, 'SELECT pg_reload_conf();'].join('\n'))
  }
  const commit = settings.get('synchronous_commit') ?? 'on'
  const own = commit === 'off' ? '; the gateway sets synchronous_commit to on for itself' : ''
  return good(`fsync and full_page_writes on, synchronous_commit ${commit}${own}`)
}

function judgeChecksums({ damagedPages }: ServerFacts, settings: ServerSettings): Judgement {
  const { good, advice, bad } = matter('checksums')
  if (damagedPages !== null && damagedPages > 0)
    return bad(
      `${damagedPages} damaged pages were read since statistics began`,
      'look into the server log for "page verification failed", check disk and memory, restore from a backup',
    )
  if (settings.get('data_checksums') === 'on') return good('on, and no damaged page was read')
  return advice(
    'off: damage by a disk is noticed late or never',
    'stop the server in good order, run pg_checksums --enable on its data folder, start it',
  )
}
