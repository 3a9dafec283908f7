/**
 * Logs once when a signal is no use, a machine cannot be decided, a device is silent, a scan has no answer or badges are not known,
 * and once when that is over.
 *
 * These happen in rooms that have no log, or show only when somebody looks. What comes and goes is counted and not logged
 * again, and a plant that goes bad as a whole is a few lines.
 */
import { withHint } from '../domain/errors.ts'
import type {
  DeviceHealth,
  Health,
  MachineHealth,
  MapsHealth,
  SignalHealth,
  Trouble,
} from '../domain/health.ts'
import { machineOwner, type Owner, ownerCode } from '../domain/owner.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Log, LogFields } from '../runtime/log.ts'
import type { Service } from '../runtime/service.ts'

/** How often everything is looked at. */
const LOOK_EVERY_MS = 2_000
/** What is back within this comes and goes: that is logged once, and again only when it has been away for as long. */
const FLAPPING_MS = 60_000
/** Lines in a minute; whatever goes beyond them is counted in one more. */
const LINES_PER_MINUTE = 30
/** A trouble that changes its cause while it lasts is logged again with each, up to so many. */
const CAUSES_MAX = 5
const MINUTE_MS = 60_000

/** Troubles that nobody else logs, by the beginning or the whole of their code. */
const LOGGED_HERE =
  /^(signal-|machine-undecided$|device-no-values$|device-silent$|scanner-unanswered$|masterdata-missing$|masterdata-old$)/

interface QualityParts {
  readonly machines: () => readonly Health<MachineHealth>[]
  readonly devices: () => Health<readonly DeviceHealth[]>
  /** What is wrong with scanners, and with what stations draw on. */
  readonly stations: () => readonly Trouble[]
  readonly maps: () => Pick<MapsHealth, 'inForce'>
  readonly clock: Clock
  readonly log: Pick<Log, 'info' | 'warn'>
}

/** Something for the log. */
interface Notice {
  readonly what: string
  readonly fields: Partial<Omit<Trouble, 'what' | 'sinceMs'>>
  readonly isWarning: boolean
  /** When the map came into force by which it is so. */
  readonly mapSinceMs: number | undefined
}

/** What is wrong at one look. */
interface Look {
  /** By what they are about. */
  readonly notices: ReadonlyMap<string, Notice>
  /** Devices that do not answer: what they said last is neither there nor over. */
  readonly away: ReadonlySet<string>
}

/** Something that was logged. */
interface Logged {
  /** As it is now, or was last. */
  notice: Notice
  /** The causes that were logged of it. */
  readonly causes: Set<string>
  readonly beganMs: number
  /** When it was there last, on the monotonic clock. */
  seenMs: number
  /** `over`: logged to be over, a short while ago; `flapping`: logged to be back since. */
  state: 'there' | 'over' | 'flapping'
  isThere: boolean
  returns: number
}

/** Looks while it runs. */
export function createQualityLog(parts: QualityParts): Service {
  const { clock } = parts
  const lines = new QualityLines(parts.log)
  return {
    name: 'quality log',
    run: async (signal) => {
      while (!signal.aborted) {
        await clock.sleep(LOOK_EVERY_MS, signal)
        if (!signal.aborted) lines.look(lookAt(parts), clock.now().monoMs)
      }
    },
  }
}

/** A signal that something depends on is named by its trouble. */
function lookAt({ machines, devices, stations, maps }: QualityParts): Look {
  const health = devices()
  const since = new Map(maps().inForce.map(({ owner, loadedAtMs }) => [owner, loadedAtMs]))
  const subjects = new Map(health.summary.map(({ device, subject }) => [device, subject]))
  const subjectOf = ({ device, machine }: Trouble) =>
    subjects.get(device ?? '') ?? machineOwner(machine ?? '')
  const troubles = [...machines().flatMap((machine) => machine.troubles), ...health.troubles, ...stations()]
  const notices = new Map(
    troubles
      .filter(({ code }) => LOGGED_HERE.test(code))
      .map((trouble) => [keyOf(trouble), warning(trouble, since.get(subjectOf(trouble)))]),
  )
  const known = new Set(troubles.map(({ device, signal }) => `${device} ${signal}`))
  for (const { device, subject, signals } of health.summary) {
    for (const signal of signals) {
      if (known.has(`${device} ${signal.signal}`)) continue
      notices.set(`signal ${device} ${signal.signal}`, remark(subject, signal, since.get(subject)))
    }
  }
  const away = health.summary.filter(({ state }) => state === 'lost' || state === 'connecting')
  return { notices, away: new Set(away.map(({ device }) => device)) }
}

function keyOf({ code, machine, device, scanner, signal }: Trouble): string {
  return `${code} ${machine} ${device} ${scanner} ${signal}`
}

function warning({ what, sinceMs: _, ...fields }: Trouble, mapSinceMs: number | undefined): Notice {
  return { what, fields, isWarning: true, mapSinceMs }
}

/** Of a signal that nothing depends on. */
function remark(
  subject: Owner,
  { signal, device, quality, detail }: SignalHealth,
  mapSinceMs: number | undefined,
): Notice {
  const what = `${ownerCode(subject)} ${signal} is ${quality}, and nothing depends on it: ${detail}`
  return { what, fields: { code: 'signal-bad', device, signal }, isWarning: false, mapSinceMs }
}

/** Without values and addresses, which may be others at each look. */
function causeOf({ what }: Notice): string {
  return what.replaceAll(/"[^"]*"|\d+/g, '…')
}

function levelOf({ isWarning }: Notice): 'warn' | 'info' {
  return isWarning ? 'warn' : 'info'
}

/** What was over and is there again by another map does not come and go: somebody has changed the map. */
function isOtherMatter({ isThere, notice }: Logged, now: Notice): boolean {
  return !isThere && notice.mapSinceMs !== now.mapSinceMs
}

/** Remembers what was logged. */
class QualityLines {
  readonly #log: Pick<Log, 'info' | 'warn'>
  readonly #logged = new Map<string, Logged>()
  #minuteMs = Number.NEGATIVE_INFINITY
  #lines = 0
  #unlogged = 0

  constructor(log: Pick<Log, 'info' | 'warn'>) {
    this.#log = log
  }

  look({ notices, away }: Look, nowMs: number): void {
    this.#beginMinute(nowMs)
    for (const [key, notice] of notices) this.#there(key, notice, nowMs)
    for (const [key, logged] of this.#logged) {
      const { device } = logged.notice.fields
      if (!notices.has(key) && !(device !== undefined && away.has(device))) this.#gone(key, logged, nowMs)
    }
  }

  #there(key: string, notice: Notice, nowMs: number): void {
    const logged = this.#logged.get(key)
    if (!logged || isOtherMatter(logged, notice)) {
      const causes = new Set([causeOf(notice)])
      this.#logged.set(key, {
        notice,
        causes,
        beganMs: nowMs,
        seenMs: nowMs,
        state: 'there',
        isThere: true,
        returns: 0,
      })
      this.#began(notice, withHint(notice.what, notice.fields.hint))
      return
    }
    if (!logged.isThere) logged.returns += 1
    logged.isThere = true
    logged.seenMs = nowMs
    logged.notice = notice
    const isNewCause = logged.causes.size < CAUSES_MAX && !logged.causes.has(causeOf(notice))
    if (isNewCause) logged.causes.add(causeOf(notice))
    if (logged.state === 'over') this.#began(notice, `comes and goes: ${notice.what}`)
    else if (isNewCause) this.#began(notice, withHint(notice.what, notice.fields.hint))
    if (logged.state === 'over') logged.state = 'flapping'
  }

  #gone(key: string, logged: Logged, nowMs: number): void {
    logged.isThere = false
    const isSettled = nowMs - logged.seenMs >= FLAPPING_MS
    if (logged.state === 'there' || (logged.state === 'flapping' && isSettled)) this.#sayOver(logged)
    if (logged.state === 'there') logged.state = 'over'
    if (isSettled) this.#logged.delete(key)
  }

  #sayOver({ notice, beganMs, seenMs, returns }: Logged): void {
    const lasted_s = Math.round((seenMs - beganMs) / 1_000)
    const fields = { ...notice.fields, lasted_s, ...(returns === 0 ? {} : { returns }) }
    this.#say('info', { event: 'trouble-over', ...fields }, `over: ${notice.what}`)
  }

  #began(notice: Notice, message: string): void {
    this.#say(levelOf(notice), { event: 'trouble-began', ...notice.fields }, message)
  }

  #say(level: 'info' | 'warn', fields: LogFields, message: string): void {
    this.#lines += 1
    if (this.#lines > LINES_PER_MINUTE) this.#unlogged += 1
    else this.#log[level](fields, message)
  }

  /** At the end of a minute, one line says how many were left out. */
  #beginMinute(nowMs: number): void {
    if (nowMs - this.#minuteMs < MINUTE_MS) return
    if (this.#unlogged > 0) {
      this.#log.warn(
        { event: 'trouble-unlogged', more: this.#unlogged },
        `and ${this.#unlogged} more like these: millrace status --json names them`,
      )
    }
    this.#minuteMs = nowMs
    this.#lines = 0
    this.#unlogged = 0
  }
}
