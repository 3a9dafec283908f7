/** Brings the copy up to date: whole kinds, page by page, so that however much central has, little of it is in memory. */
import type {
  ReferenceGap,
  ReferenceKind,
  ReferenceMachine,
  ReferencePage,
  ReferenceShift,
  ReferenceSource,
  ReferenceUser,
} from '../domain/reference-data.ts'
import type { BadgeHasher } from './badges.ts'
import type { CopyLink } from './copy-link.ts'
import type { HoldersPage, PlantMachine } from './messages.ts'

interface Refreshing {
  readonly kinds: readonly ReferenceKind[]
  readonly source: ReferenceSource
  readonly link: CopyLink
  readonly hasher: BadgeHasher
  readonly nowMs: () => number
  /** Codes of the gateway's own machines: of all others no status is kept, because that of one of them changes each minute. */
  readonly ownMachines: () => readonly string[]
}

/**
 * Reads these kinds. What was read of a kind before a reading breaks off stays, and nothing of that kind is taken away.
 * @returns the kinds that could not be read, though central was there
 * @throws DestinationError when central cannot be read
 * @throws StoreError when the copy cannot be written
 */
export async function readKinds(
  refreshing: Refreshing,
  signal: AbortSignal,
): Promise<readonly ReferenceGap[]> {
  const { kinds, source } = refreshing
  const gaps: ReferenceGap[] = []
  const waiting = [...kinds]
  let reading: KindReading | undefined
  const next = async () => {
    await reading?.end()
    const kind = waiting.shift()
    reading = kind && new KindReading(kind, refreshing)
    await reading?.begin()
  }
  await next()
  for await (const page of source.read(kinds, signal)) {
    // A kind between the last page and this one has no page: central has nothing of it.
    while (reading && reading.kind !== page.kind) await next()
    if ('unread' in page) {
      gaps.push(page)
      reading?.giveUp()
    } else await reading?.take(page)
  }
  signal.throwIfAborted()
  while (reading) await next()
  return gaps
}

/** One kind while it is read. */
class KindReading {
  readonly kind: ReferenceKind
  readonly #parts: Refreshing
  /** Of what is kept as one list. */
  readonly #shifts: ReferenceShift[] = []
  readonly #machines: ReferenceMachine[] = []
  readonly #plantMachines: PlantMachine[] = []
  #isGivenUp = false

  constructor(kind: ReferenceKind, parts: Refreshing) {
    this.kind = kind
    this.#parts = parts
  }

  begin(): Promise<void> {
    return this.#parts.link.call('beginKind', this.kind)
  }

  async take(page: ReferencePage): Promise<void> {
    const { link } = this.#parts
    if (page.kind === 'shifts') this.#shifts.push(...page.rows)
    else if (page.kind === 'machines') this.#takeMachines(page.rows)
    else if (page.kind === 'users') await link.call('takePage', await this.#holders(page.rows))
    else await link.call('takePage', page)
  }

  /** It does not come to its end: what is in no page may be there all the same. */
  giveUp(): void {
    this.#isGivenUp = true
  }

  async end(): Promise<void> {
    if (this.#isGivenUp) return
    const { link, nowMs } = this.#parts
    if (this.kind === 'shifts') await link.call('takePage', { kind: 'shifts', rows: this.#shifts })
    if (this.kind === 'machines') {
      await link.call('takePage', { kind: 'machines', rows: this.#machines })
      await link.call('takePage', { kind: 'plantMachines', rows: this.#plantMachines })
    }
    while (await link.call('forgetGone', this.kind));
    await link.call('endKind', this.kind, nowMs())
  }

  #takeMachines(machines: readonly ReferenceMachine[]): void {
    const own = new Set(this.#parts.ownMachines())
    for (const { name = null, isHere = true, ...machine } of machines) {
      const { code, isActive } = machine
      if (own.has(code)) this.#machines.push(machine)
      if (isHere) this.#plantMachines.push({ code, name, isActive })
    }
  }

  /** One after the other: hashing takes its time on purpose, and must not keep all of the computer busy. */
  async #holders(users: readonly ReferenceUser[]): Promise<HoldersPage> {
    const rows: HoldersPage['rows'][number][] = []
    for (const { id, employeeCode } of users)
      rows.push({ id, badge: await this.#parts.hasher.hash(employeeCode) })
    return { kind: 'holders', rows }
  }
}
