/** Opens what a power cut left, and holds it against what was answered before. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { CENTRAL, PLANT } from '../../support/buffer.ts'
import { entry, numberOf } from '../../support/entries.ts'
import { type LogUnderTest, openLogUnderTest } from '../log-under-test.ts'
import type { Expected } from './expected.ts'

const CONSUMERS = [CENTRAL, PLANT]
const PAGE_ROWS = 1_000

/** What a log shows of itself. */
interface Shown {
  readonly incarnation: string
  readonly epoch: number
  /** The events' own numbers, in the order of the log. */
  readonly numbers: readonly number[]
  /** By consumer: the own numbers of the events that it has not acknowledged. */
  readonly unread: Readonly<Record<string, readonly number[]>>
  /** The number of the last event, by the state that was saved with it; 0 without a state. */
  readonly state: number
  readonly chainFault: string | null
}

/** Every law that was broken, in words. */
export async function lawsBroken(
  folder: string,
  expected: Expected,
  inThread: boolean,
): Promise<readonly string[]> {
  mkdirSync(folder, { recursive: true })
  const opening = { file: join(folder, 'outbox.db'), consumers: CONSUMERS, said: () => undefined, inThread }
  try {
    const first = await shown(await openLogUnderTest(opening))
    const second = await shown(await openLogUnderTest(opening), expected.handed + 1)
    return [
      ...eventLaws(first, expected),
      ...cursorLaws(first, expected),
      ...(isDeepStrictEqual(second, first) ? [] : ['the second opening shows another log']),
    ]
  } catch (error) {
    return [`it cannot be used: ${error instanceof Error ? error.message : String(error)}`]
  }
}

/** @param appending the number of an event to append in the end */
async function shown(log: LogUnderTest, appending?: number): Promise<Shown> {
  try {
    const first = Math.max((await log.oldestKept()) - 1, 0)
    const states = (await log.states()) as { readonly 'machine:PRESS-04'?: { readonly count: number } }
    const what = {
      ...log.identity,
      numbers: await numbersAfter(log, first),
      unread: Object.fromEntries(
        await Promise.all(
          CONSUMERS.map(
            async ({ name }) => [name, await numbersAfter(log, (await log.cursor(name)).seq)] as const,
          ),
        ),
      ),
      state: states['machine:PRESS-04']?.count ?? 0,
      chainFault: await log.chainFault(),
    }
    if (appending !== undefined) await log.append(entry(appending))
    return what
  } finally {
    await log[Symbol.asyncDispose]()
  }
}

async function numbersAfter(log: LogUnderTest, seq: number): Promise<readonly number[]> {
  const numbers: number[] = []
  for (let after = seq; ; ) {
    const page = await log.read(after, PAGE_ROWS)
    const last = page.at(-1)
    if (!last) return numbers
    numbers.push(...page.map(({ event }) => numberOf(event)))
    after = last.seq
  }
}

function eventLaws({ numbers, state, epoch, chainFault }: Shown, expected: Expected): readonly string[] {
  const { stored, handed, damaged, epochs } = expected
  const there = new Set(numbers)
  const needed = Math.min(...CONSUMERS.map(({ name }) => expected.cursors[name]?.most ?? 0))
  const missing = range(needed + 1, stored).filter(
    (number) => !there.has(number) && !damaged.includes(number),
  )
  const last = numbers.at(-1) ?? state
  return [
    ...(missing.length === 0 ? [] : [`answered and gone: events ${missing.join(' ')}`]),
    ...(numbers.every((number, index) => index === 0 || number > (numbers[index - 1] ?? 0))
      ? []
      : ['out of order']),
    ...(last <= handed ? [] : [`event ${last} was never handed in`]),
    ...(state === last && state >= stored
      ? []
      : [`the state is that of event ${state}, the last event is ${last}`]),
    ...(epochs.includes(epoch) ? [] : [`epoch ${epoch}, where it is one of ${epochs.join(', ')}`]),
    ...(chainFault === null ? [] : [chainFault]),
  ]
}

/** Whoever asked for nothing beyond an event gets all that is behind it; what was acknowledged is not read again. */
function cursorLaws({ numbers, unread }: Shown, { cursors }: Expected): readonly string[] {
  return CONSUMERS.flatMap(({ name }) => {
    const { least, most } = cursors[name] ?? { least: 0, most: 0 }
    const own = unread[name] ?? []
    const again = own.filter((number) => number <= least)
    const never = numbers.filter((number) => number > most && !own.includes(number))
    return [
      ...(again.length === 0
        ? []
        : [`${name} reads again what it had acknowledged: events ${again.join(' ')}`]),
      ...(never.length === 0 ? [] : [`${name} never reads events ${never.join(' ')}`]),
    ]
  })
}

function range(from: number, to: number): readonly number[] {
  return Array.from({ length: Math.max(to - from + 1, 0) }, (_, index) => from + index)
}
