/**
 * One machine living through its day: holds each state, goes through the acting states, counts parts, beats its heart.
 *
 * A change of status is written to the truth and shown to the wire in the same turn of the event loop, in this order.
 * The world goes on under a frozen PLC; what nobody could see is marked so. It never reads what clients think of it.
 */
import { setTimeout as wait } from 'node:timers/promises'
import { meaningOf, type Step } from './day.ts'
import type { Panel, View } from './panel.ts'
import type { MachineSpec } from './scenario.ts'
import type { MachineRecord } from './truth.ts'

/** Real time, whatever the speed of the day: a heart that beats twice a second. */
const TICK_MS = 500

export interface Machine {
  /** Shows its first state and begins to beat, but its day does not go on before {@link Machine.play}. */
  appear(): void
  /** Goes through the day; resolves when no transition will come any more. */
  play(): Promise<void>
  /** Keeps the present state from now on; a transition that is under way is completed first. */
  hold(): void
  /** While frozen the world goes on, but nothing of it is shown. */
  freeze(frozen: boolean): void
  /** No further change, not even the end of one that is under way. */
  stop(): void
}

export interface MachineOptions {
  readonly spec: MachineSpec
  readonly steps: Iterator<Step>
  readonly panel: Panel
  readonly record: MachineRecord
  readonly speed: number
  /** How long each acting state lasts, in real time. */
  readonly actingMs: number
  /** Whether a fault hides the machine right now. */
  readonly isHidden: () => boolean
}

export function createMachine(options: MachineOptions): Machine {
  const { spec, steps, panel, record, speed, actingMs } = options
  const held = new AbortController()
  const stopped = new AbortController()
  const production = countParts(spec, speed)
  let present: Step = nextStep(steps) ?? { state: 'off', fault: 0, holdMs: 0 }
  let heartbeat = 0
  let frozen = false
  let shown: View | undefined

  const view = (atMs: number, acting?: number): View => {
    const seen = { situation: present, ...production.counts(), heartbeat, atMs }
    return acting === undefined ? seen : { ...seen, acting }
  }
  const show = (next: View) => {
    shown = next
    if (!frozen) panel.show(next)
  }
  const enter = (step: Step) => {
    present = step
    const atMs = Date.now()
    record.enter(meaningOf(step, spec), atMs, options.isHidden())
    show(view(atMs))
  }
  const tick = () => {
    heartbeat += 1
    const acting = shown?.acting
    if (present.state === 'running' && acting === undefined) production.work(TICK_MS)
    show(view(Date.now(), acting))
  }

  /** True when the next state has been reached, false when the day was held or stopped before. */
  async function change(next: Step): Promise<boolean> {
    const acting = panel.actingStates(present, next)
    const holdMs = present.holdMs / speed - acting.length * actingMs
    if (!(await slept(holdMs, AbortSignal.any([held.signal, stopped.signal])))) return false
    for (const number of acting) {
      show(view(Date.now(), number))
      if (!(await slept(actingMs, stopped.signal))) return false
    }
    enter(next)
    return true
  }

  return {
    appear: () => {
      enter(present)
      const ticking = setInterval(tick, TICK_MS)
      stopped.signal.addEventListener('abort', () => clearInterval(ticking), { once: true })
    },
    play: async () => {
      let next = nextStep(steps)
      while (next && (await change(next))) next = nextStep(steps)
    },
    hold: () => held.abort(),
    freeze: (on) => {
      frozen = on
      if (!on && shown) panel.show(shown)
    },
    stop: () => stopped.abort(),
  }
}

function nextStep(steps: Iterator<Step>): Step | undefined {
  const { done, value } = steps.next()
  return done ? undefined : value
}

interface Production {
  /** Runs for this long, in real time. */
  work(ms: number): void
  counts(): { readonly goodCount: number; readonly scrapCount: number }
}

function countParts(spec: MachineSpec, speed: number): Production {
  let parts = 0
  return {
    work: (ms) => {
      parts += (spec.parts_per_minute * speed * ms) / 60_000
    },
    counts: () => {
      const whole = Math.floor(parts)
      const scrapCount = spec.scrap_every > 0 ? Math.floor(whole / spec.scrap_every) : 0
      return { goodCount: whole - scrapCount, scrapCount }
    },
  }
}

/** Whether it slept the whole time; an abort ends the sleep early. */
async function slept(ms: number, signal: AbortSignal): Promise<boolean> {
  if (signal.aborted) return false
  await wait(Math.max(0, ms), undefined, { signal }).catch(() => {
    // The only way to fail is the abort, which the answer tells.
  })
  return !signal.aborted
}
