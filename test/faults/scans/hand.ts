/** The hand that holds a scanner: scans, waits for the beep, and writes down which codes were confirmed. */
import { setTimeout as wait } from 'node:timers/promises'
import type { SimulatedScanner } from '../../../simulators/scanner/scanner.ts'
import type { Random } from '../faults.ts'

/** As the maps of the campaign have them. */
export const GOOD = 'G'
const BAD = 'B'
const LOOK_EVERY_MS = 4
/** Longer than the gateway needs for an answer on a busy computer. */
const PATIENCE_MS = 2_500
/** Some wait until the gateway is back: what they scanned may lie in the port meanwhile. */
const LONG_PATIENCE_MS = 9_000

/** What is scanned before the gateway has found a scanner again is lost, as on any port that nobody has open. */
const FOUND_AGAIN_MS = 1_000

export type Heard = typeof GOOD | typeof BAD | undefined
/** What whoever scanned a code may rely on. */
export type Word = 'good' | 'bad' | 'none'

/** What was scanned, each code once, with what was heard for it. */
export type Told = Map<string, Word>

export interface Hand {
  readonly told: Told
  readonly random: Random
  /** A code that was never scanned before. */
  code(kind: string): string
  /** Scans and waits for the beep. Where none comes, the cable is pulled out and plugged in, so that none can come any more. */
  scan(code: string, options?: { readonly isCounted?: boolean }): Promise<Heard>
  /**
   * Scans several; only after the last one is a beep expected, and it stands for all of them. A bad one only where the last one is a
   * code: a badge that is refused leaves waiting what waits for a badge.
   */
  group(
    codes: readonly string[],
    last: { readonly code: string; readonly isCounted: boolean },
  ): Promise<Heard>
  /** Scans a code again and again where nothing is heard, as long as it counts as the same scan. */
  insist(code: string, withinMs: number): Promise<Heard>
  /** After a silence or a kill: gives up whatever may still wait for more at the station. */
  beginAgain(): Promise<void>
}

interface HandOptions {
  readonly scanner: SimulatedScanner
  readonly random: Random
  /** Waits until it is this scanner's turn to scan. */
  readonly turn: () => Promise<void>
  /** Changes with each kill. */
  readonly lives: () => number
}

export function handOf({ scanner, random, turn, lives }: HandOptions): Hand {
  const told: Told = new Map()
  let codes = 0
  let beepsTaken = 0
  let settledLife = lives()
  let wasSilent = false

  const beeps = () => scanner.beeps.map(({ bytes }) => bytes.toString('latin1')).join('')

  /** The next beep that was not heard yet. */
  async function listen(patienceMs: number): Promise<Heard> {
    const untilMs = performance.now() + patienceMs
    for (;;) {
      const heard = beeps()[beepsTaken]
      if (heard !== undefined) {
        beepsTaken += 1
        return heard === GOOD ? GOOD : BAD
      }
      if (performance.now() > untilMs) return undefined
      await wait(LOOK_EVERY_MS)
    }
  }

  async function send(code: string): Promise<void> {
    await turn()
    await scanner.play([{ scan: code }])
  }

  async function replug(): Promise<void> {
    wasSilent = true
    await scanner.cable.unplug()
    await scanner.cable.plugIn()
    await wait(FOUND_AGAIN_MS)
    beepsTaken = beeps().length
  }

  async function hearOut(): Promise<Heard> {
    const heard = await listen(random() < 0.5 ? PATIENCE_MS : LONG_PATIENCE_MS)
    if (heard === undefined) await replug()
    return heard
  }

  const wordOf = (heard: Heard): Word => (heard === undefined ? 'none' : heard === GOOD ? 'good' : 'bad')

  async function scan(code: string, { isCounted = true } = {}): Promise<Heard> {
    if (isCounted) told.set(code, 'none')
    await send(code)
    const heard = await hearOut()
    if (isCounted) told.set(code, wordOf(heard))
    return heard
  }

  return {
    told,
    random,
    code: (kind) => {
      codes += 1
      return kind.replace('#', String(codes).padStart(6, '0'))
    },
    scan,
    group: async (held, last) => {
      const life = lives()
      let isWhole = true
      for (const code of held) {
        told.set(code, 'none')
        await send(code)
        isWhole &&= scanner.sent.at(-1)?.isTaken === true
      }
      // A bad beep before the last one means that something from before was given up: nobody can say for what it stands.
      const early = beeps().length - beepsTaken
      const heard = await scan(last.code, { isCounted: last.isCounted && early === 0 })
      if (early > 0) {
        if (last.isCounted) told.set(last.code, 'none')
        await replug()
      } else if (isWhole && lives() === life && (heard === GOOD || last.isCounted)) {
        for (const code of held) told.set(code, wordOf(heard))
      }
      return heard
    },
    beginAgain: async () => {
      while (wasSilent || settledLife !== lives()) {
        const life = lives()
        wasSilent = false
        if ((await scan('!CANCEL', { isCounted: false })) === GOOD) settledLife = life
      }
    },
    insist: async (code, withinMs) => {
      const untilMs = performance.now() + withinMs
      let heard: Heard
      let times = 0
      told.set(code, 'none')
      while (!heard && performance.now() < untilMs) {
        await send(code)
        times += 1
        heard = await listen(Math.min(PATIENCE_MS / 5, untilMs - performance.now()))
      }
      told.set(code, wordOf(heard))
      // Beeps for the others of these scans must not be taken for that of the next code.
      if (times > 1 || !heard) await replug()
      return heard
    },
  }
}
