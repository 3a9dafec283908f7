/** Lets a simulated process die: from then on no call of it starts, none returns, and no timer of it fires. */
import type { Clock } from '../../src/runtime/clock.ts'
import type { VirtualTime } from './virtual-time.ts'

export interface Life {
  over: boolean
  /** While the process stands still, until when. */
  pause?: Promise<void> | undefined
}

/** Called before and after each call, with the name of that point. It may end the life. */
type Fate = (point: string) => void

/** Wraps single calls: after the death none starts and none returns. */
export function createStep(life: Life, fate: Fate) {
  return async <T>(name: string, call: () => Promise<T>): Promise<T> => {
    fate(`before ${name}`)
    if (life.over) return new Promise(() => {})
    const outcome = await call().then(returned<T>, thrown)
    if (life.pause) await life.pause
    if (!life.over) fate(`after ${name}`)
    if (life.over) return new Promise(() => {})
    if ('reason' in outcome) throw outcome.reason
    return outcome.value
  }
}

function returned<T>(value: T): { readonly value: T } {
  return { value }
}

function thrown(reason: unknown): { readonly reason: unknown } {
  return { reason }
}

/** Wraps an object with async methods, and the objects that these return: after the death no call starts and none returns. */
export function createMortal(life: Life, fate: Fate) {
  const step = createStep(life, fate)
  const mortal = <T extends object>(target: T): T =>
    new Proxy(target, {
      get: (_, key) => {
        const value: unknown = Reflect.get(target, key)
        if (typeof value !== 'function') return value
        if (key === 'onStored') return value
        return (...args: readonly unknown[]) =>
          step(String(key), async () => handedOut(await value.apply(target, args.map(taken))))
      },
    })
  const handedOut = (value: unknown) => (isSession(value) ? mortal(value) : value)
  // The work of a transaction is handed a transaction that can die as well.
  const taken = (argument: unknown) =>
    typeof argument === 'function' ? (transaction: object) => argument(mortal(transaction)) : argument
  return mortal
}

function isSession(value: unknown): value is object {
  return typeof value === 'object' && value !== null && Symbol.asyncDispose in value
}

export function mortalClock(time: VirtualTime, life: Life): Clock {
  const after = (ms: number, ring: () => void) => time.after(ms, () => life.over || ring())
  return {
    now: time.now,
    after,
    sleep: (ms, signal) => time.sleep(ms, signal).then(() => (life.over ? new Promise(() => {}) : undefined)),
  }
}
