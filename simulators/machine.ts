/**
 * One machine playing its day: holds each state, goes through the acting states, counts parts and changes its heartbeat.
 *
 * A change of status is first written to the ground truth and then shown to clients, in one turn of the event loop. While
 * its PLC is frozen the machine goes on, and the truth marks what no client could see. Nothing that clients do changes it.
 */
import { setTimeout as wait } from 'node:timers/promises'
import { meaningOf, type Step } from './day.ts'
import type { Panel, View } from './panel.ts'
import type { MachineSpec } from './scenario.ts'
import type { MachineRecord } from './truth.ts'

/** Between two changes of the heartbeat, in real time, whatever the speed of the day. */
const TICK_MS = 500

export interface Machine {
  /** Shows the first state and starts the heartbeat. The day begins with {@link Machine.play}. */
  appear(): void
  /** Plays the day; resolves when the machine will not change its state any more. */
  play(): Promise<void>
  /** Keeps the present state from now on; a transition that is under way is completed first. */
  hold(): void
  /** While frozen, the machine goes on and shows nothing of it. */
  freeze(frozen: boolean): void
  /** Ends everything at once, even a transition that is under way. */
  stop(): void
}

interface MachineOptions {
  readonly spec: MachineSpec
  readonly steps: Iterator<Step>
  readonly panel: Panel
  readonly record: MachineRecord
  readonly speed: number
  /** How long each acting state lasts, in real time. */
  readonly actingMs: number
  /** Whether a fault hides the machine right now. */
  readonly isHidden: () => boolean
  /** Who stands at the machine sees each of its states. */
  readonly onState?: (entered: EnteredState) => void
}

/** A state that the machine has just entered, in real time. */
export interface EnteredState {
  readonly step: Step
  /** As the truth has it. */
  readonly atMs: number
  /** How long it will stay in it. */
  readonly forMs: number
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
    options.onState?.({ step, atMs, forMs: step.holdMs / speed })
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
  /** Runs for this long in real time, and counts the parts that it makes. */
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

/** Sleeps. @returns whether it slept the whole time; false where an abort ended it early */
async function slept(ms: number, signal: AbortSignal): Promise<boolean> {
  if (signal.aborted) return false
  await wait(Math.max(0, ms), undefined, { signal }).catch(() => {
    // It fails only because of the abort, and the caller learns of that from the answer.
  })
  return !signal.aborted
}
