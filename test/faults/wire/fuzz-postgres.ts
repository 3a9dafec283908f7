/**
 * The real uploader and a real PostgreSQL, with damage on the way between them. Whatever comes, nothing may be thrown past the
 * uploader, nothing may hang, no event may count as delivered that is not, and once the way is whole again every row is there once.
 */
import { setTimeout as wait } from 'node:timers/promises'
import { pino } from 'pino'
import type { Event } from '../../../src/domain/events/event.ts'
import type { Outbox } from '../../../src/domain/outbox.ts'
import { machineOwner } from '../../../src/domain/owner.ts'
import type { LinkLimits, TlsSettings } from '../../../src/postgres/settings.ts'
import { createMesDestination } from '../../../src/routes/mes/route.ts'
import { createStopBudget } from '../../../src/runtime/budget.ts'
import { type Clock, systemClock } from '../../../src/runtime/clock.ts'
import { createUploader } from '../../../src/uploader/upload.ts'
import { createModelLog } from '../../simulation/model-outbox.ts'
import { startTestCentral, type TestCentral } from '../../support/central.ts'
import { amended, opened } from '../../support/central-events.ts'
import { centralRoute } from '../../support/central-route.ts'
import { makeTlsCertificate } from '../../support/tls-certificate.ts'
import { type Random, seededRandom } from '../faults.ts'
import { DAMAGES, type Framing, RAW } from './damage.ts'
import { startDamagingProxy } from './damaging-proxy.ts'

/** A letter, the length of the rest, and what it says. The first message of a client has no letter. */
const MESSAGES: Framing = {
  size: (bytes) =>
    bytes.length < 5
      ? undefined
      : (isBeginning(bytes) ? 0 : 1) + Math.max(4, bytes.readUInt32BE(isBeginning(bytes) ? 0 : 1)),
  lengthField: { at: 1, bytes: 4 },
  // A row: its letter, its length, the number of its values, and how long the first one is. Behind that there are values.
  changeable: (message) => (message[0] === LETTER_OF_ROW ? 11 : message.length),
}
const LETTER_OF_ROW = 'D'.charCodeAt(0)

function isBeginning(bytes: Buffer): boolean {
  return bytes[0] === 0
}

/**
 * What a client says holds the rows themselves, so its bytes are not changed. Nor is a message said again later: a COMMIT of
 * before that is put behind an INSERT commits half of a transaction, and no server can know. TCP does no such thing by accident, and
 * against whoever does it on purpose there is TLS.
 */
const IN_ORDER = DAMAGES.filter((kind) => !['bit', 'byte', 'late again', 'swapped'].includes(kind))
/** The uploader's waits pass so many times faster. */
const HURRY = 20
/** Long enough for an answer, as a rule; what is late is only tried again. */
const SUFFERING_LIMITS: LinkLimits = { connectMs: 1_500, answerMs: 700 }
/** Once the way is whole a busy computer may take its time. */
const REPAIRED_LIMITS: LinkLimits = { connectMs: 10_000, answerMs: 10_000 }
const EVENTS = 12
const BATCH = { rows: 4, lingerMs: 0 }
const DAMAGED_LINKS = 4
/** A link has about 20 messages until it is logged in, and as many for each batch. */
const REACH = 90
/** Seeds that may run beside each other; each has a machine of its own. */
export const LANES = 8
const SUFFERING_MS = 1_800
/** From the repair until everything is there. */
const HANG_MS = 120_000
const MINUTE_MS = 60_000
const FIRST_DAY_MS = Date.UTC(2026, 0, 1)

/** A central with TLS and with a machine for each lane. */
export interface FuzzSite extends AsyncDisposable {
  readonly central: TestCentral
  readonly tls: TlsSettings
}

export async function startFuzzSite(folder: string): Promise<FuzzSite> {
  const { cert, key, caFile } = await makeTlsCertificate(folder, ['localhost'])
  const central = await startTestCentral()
  const { server } = central
  await central.sql(`ALTER SYSTEM SET ssl_cert_file = '${await server.addFile('server.crt', cert)}'`)
  await central.sql(`ALTER SYSTEM SET ssl_key_file = '${await server.addFile('server.key', key)}'`)
  await central.sql('ALTER SYSTEM SET ssl = on')
  await server.stop()
  await server.start()
  await central.sql(
    `INSERT INTO machines (organization_id, plant_id, machine_code, name, machine_type)
     SELECT organization_id, plant_id, 'FUZZ-' || n, 'fuzz ' || n, machine_type
     FROM machines, generate_series(0, ${LANES - 1}) n WHERE machine_code = 'CNC-01'`,
  )
  return {
    central,
    tls: { mode: 'verify-ca', caFile },
    [Symbol.asyncDispose]: () => central[Symbol.asyncDispose](),
  }
}

/** @returns what was wrong; nothing, as a rule */
export async function fuzzPostgres({ central, tls }: FuzzSite, seed: number): Promise<readonly string[]> {
  const random = seededRandom(seed)
  const isSecret = random() < 0.15
  await using proxy = await startDamagingProxy({
    target: central.server,
    framing: isSecret ? RAW : MESSAGES,
    random,
    // Encrypted bytes can be changed in any way: what they hold is proven.
    damages: { 'to-client': DAMAGES, 'to-server': isSecret ? DAMAGES : IN_ORDER },
    reach: REACH,
    links: DAMAGED_LINKS,
  })
  const settings = central.settingsVia(proxy)
  let limits = SUFFERING_LIMITS
  const { connection } = settings
  const life = await live(
    {
      destination: createMesDestination({
        ...settings,
        gateway: `fuzz-${seed}`,
        connection: {
          ...connection,
          get limits() {
            return limits
          },
          tls: isSecret ? tls : connection.tls,
        },
      }),
      random,
      events: eventsOf(seed),
      delivered: () => deliveredUpTo(central, seed),
    },
    () => {
      limits = REPAIRED_LIMITS
      proxy.repair()
    },
  )
  const wrong = [...life, ...(await rowsAmiss(central, seed))]
  return wrong.length === 0 ? [] : [...wrong, ...proxy.done]
}

/** What a machine did in ten minutes that belong to this seed alone. */
function eventsOf(seed: number): readonly Event[] {
  const subject = machineOwner(machineOf(seed))
  return Array.from({ length: EVENTS }, (_, index) => {
    const at = new Date(beginningOf(seed) + Math.floor(index / 2) * MINUTE_MS).toISOString()
    return index % 2 === 0 ? opened({ subject, at }) : amended({ subject, at })
  })
}

/** Lanes that run beside each other do not wait for each other's machine. */
function machineOf(seed: number): string {
  return `FUZZ-${seed % LANES}`
}

function beginningOf(seed: number): number {
  return FIRST_DAY_MS + (seed % 1_000_000) * 10 * MINUTE_MS
}

interface Life {
  readonly destination: ReturnType<typeof createMesDestination>
  readonly random: Random
  readonly events: readonly Event[]
  /** How far central has really come. */
  readonly delivered: () => Promise<number>
}

/** Lets an uploader suffer for a while, repairs the way, and waits until it has brought everything over. */
async function live(
  { destination, random, events, delivered }: Life,
  repair: () => void,
): Promise<readonly string[]> {
  const wrong: string[] = []
  const log = createModelLog({ incarnation: crypto.randomUUID(), epoch: 1 })
  const outbox = log.outbox(() => Promise.resolve())
  const stop = new AbortController()
  const clock = hurriedClock()
  const uploader = createUploader({
    outbox: { ...outbox, acknowledge: believing(outbox, delivered, wrong) },
    route: centralRoute(destination, BATCH),
    clock,
    random,
    log: pino({ level: 'silent' }),
    budget: createStopBudget(stop.signal, clock),
  })
  const running = uploader.run(stop.signal).catch((error: unknown) => {
    wrong.push(`the uploader fell: ${error instanceof Error ? error.stack : error}`)
  })
  log.append(events)
  const isDone = () => log.cursorSeq === events.length && uploader.health().summary.quarantineCount === 0
  await until(() => isDone() || wrong.length > 0, SUFFERING_MS)
  repair()
  await until(() => isDone() || wrong.length > 0, HANG_MS)
  const { summary } = uploader.health()
  if (!isDone()) wrong.push(`hangs at event ${log.cursorSeq}: ${JSON.stringify(summary)}`)
  stop.abort()
  await running
  return wrong
}

/** The cursor follows what a COMMIT was believed to have done: here it is looked up whether that was so. */
function believing(outbox: Outbox, delivered: () => Promise<number>, wrong: string[]): Outbox['acknowledge'] {
  return async (consumer, seq) => {
    const really = await delivered()
    if (really < seq) wrong.push(`believed ${seq} to be delivered, and it was ${really}`)
    await outbox.acknowledge(consumer, seq)
  }
}

async function deliveredUpTo(central: TestCentral, seed: number): Promise<number> {
  const [stream] = await central.sql<{ last_seq: string }>(
    'SELECT last_seq FROM edge_gateway.stream WHERE gateway_id = $1',
    [`fuzz-${seed}`],
  )
  return Number(stream?.last_seq ?? 0)
}

async function rowsAmiss(central: TestCentral, seed: number): Promise<readonly string[]> {
  const begin = beginningOf(seed)
  const [found] = await central.sql<{ rows: number; times: number; ended: number }>(
    `SELECT count(*)::int AS rows, count(DISTINCT h.changed_at)::int AS times, count(h.duration_minutes)::int AS ended
     FROM machine_status_history h JOIN machines m ON m.id = h.machine_id
     WHERE m.machine_code = $1 AND h.changed_at >= $2 AND h.changed_at < $3`,
    [machineOf(seed), new Date(begin), new Date(begin + 10 * MINUTE_MS)],
  )
  const wanted = EVENTS / 2
  const isRight = found?.rows === wanted && found.times === wanted && found.ended === wanted
  return isRight ? [] : [`${wanted} rows should be there, each ended: ${JSON.stringify(found)}`]
}

function hurriedClock(): Clock {
  return {
    now: () => {
      const { monoMs, ...rest } = systemClock.now()
      return { ...rest, monoMs: monoMs * HURRY }
    },
    sleep: (ms, signal) => systemClock.sleep(ms / HURRY, signal),
    after: (ms, callback) => systemClock.after(ms / HURRY, callback),
  }
}

async function until(condition: () => boolean, withinMs: number): Promise<void> {
  const endMs = performance.now() + withinMs
  while (!condition() && performance.now() < endMs) await wait(5)
}
