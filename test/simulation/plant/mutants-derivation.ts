/** Mistakes that the derivation, and what reads the devices, could make. */
import type { DeviceMessage } from '../../../src/domain/device.ts'
import type { DeviceLink, Driver } from '../../../src/domain/driver.ts'
import { LinkLost } from '../../../src/domain/errors.ts'
import type { Event } from '../../../src/domain/events/event.ts'
import type { StatusOpened } from '../../../src/domain/events/status.ts'
import { shift } from '../../../src/domain/instant.ts'
import type { MachineMap } from '../../../src/domain/machine-map.ts'
import type { Reading } from '../../../src/domain/signal.ts'
import type { Message, Stall, Taken, Tick } from '../../../src/domain/subject.ts'
import { FAITHFUL, type Habits } from './habits.ts'

type Input = Message | Tick | Stall

/** Changes what a machine is told, or what comes of it. */
function taking(change: (take: (input: Input) => Taken, input: Input) => Taken): Habits {
  return {
    ...FAITHFUL,
    subject: (subject) =>
      new Proxy(subject, {
        get: (target, key) => {
          if (key !== 'take') return Reflect.get(target, key) as unknown
          return (input: Input) => change((other) => target.take(other), input)
        },
      }),
  }
}

const NOTHING: Taken = { events: [] }

/** Of machines only. */
function machines(change: (input: Input) => Input | undefined): Habits {
  return taking((take, input) => {
    const other = change(input)
    return other ? take(other) : NOTHING
  })
}

function readings(change: (reading: Reading) => Reading): Habits {
  return machines((input) => {
    if (input.kind !== 'reading') return input
    const message = input as unknown as Extract<DeviceMessage, { kind: 'reading' }>
    return { ...message, reading: change(message.reading) } as unknown as Input
  })
}

function events(change: (event: Event) => Event | undefined): Habits {
  return taking((take, input) => {
    const taken = take(input)
    return { ...taken, events: taken.events.flatMap((event) => change(event) ?? []) }
  })
}

function maps(change: (map: MachineMap) => Partial<MachineMap>): Habits {
  return { ...FAITHFUL, map: (map) => ({ ...map, ...change(map) }) }
}

/** Changes what a link yields. */
function links(change: (link: DeviceLink) => AsyncGenerator<Reading>): Habits {
  const driver = (own: Driver): Driver =>
    new Proxy(own, {
      get: (target, key) => {
        if (key !== 'connect') return Reflect.get(target, key) as unknown
        const connect: Driver['connect'] = async (device, context, signal) => {
          const link = await target.connect(device, context, signal)
          return {
            [Symbol.asyncIterator]: () => change(link),
            [Symbol.asyncDispose]: () => link[Symbol.asyncDispose](),
          }
        }
        return connect
      },
    })
  return { ...FAITHFUL, driver }
}

/** Takes the loss of a link for the end of its values, and goes on as if it were there. */
async function* swallowing(link: DeviceLink): AsyncGenerator<Reading> {
  let last: Reading | undefined
  try {
    for await (const reading of link) {
      last = reading
      yield reading
    }
  } catch (error) {
    if (!(error instanceof LinkLost) || !last) throw error
    await new Promise(() => {})
  }
}

async function* everySecond(link: DeviceLink): AsyncGenerator<Reading> {
  let count = 0
  for await (const reading of link) {
    count += 1
    yield count % 2 === 0 ? { ...reading, samples: [] } : reading
  }
}

/** Holds what it saw for good in a link that is lost. */
const neverLost: Partial<MachineMap['onCommLoss']> = { afterMs: 3_600_000 }
const heldAlways = Object.fromEntries(
  ['available', 'running', 'idle', 'down', 'setup', 'maintenance'].map((status) => [status, 'hold' as const]),
) as MachineMap['onCommLoss']['byStatus']

export const DERIVATION_MUTANTS: Readonly<Record<string, Habits>> = {
  'counts durations with the wall clock': {
    ...FAITHFUL,
    clock: (clock) => ({
      ...clock,
      now: () => {
        const { boot, wallMs } = clock.now()
        return { boot, wallMs, monoMs: wallMs }
      },
    }),
  },
  'never takes a silent device for lost': maps(({ onCommLoss }) => ({
    onCommLoss: { ...onCommLoss, ...neverLost },
  })),
  'holds every status while nothing is seen': maps(({ onCommLoss }) => ({
    onCommLoss: { ...onCommLoss, byStatus: heldAlways },
  })),
  'passes over a heartbeat that stands still': maps(() => ({ heartbeats: [] })),
  'believes a stop only after a minute': maps(({ rules }) => ({
    rules: rules.map((rule) => ({ ...rule, forMs: 60_000, releaseMs: 60_000 })),
  })),
  'takes the first rule for the last': maps(({ rules }) => ({
    rules: [...rules.slice(0, -1).reverse(), ...rules.slice(-1)].filter(({ is }) => is !== 'setup'),
  })),
  'reports every micro stop': maps(({ stops }) => ({ stops: { ...stops, microStopBelowMs: 5_000 } })),
  'reports no downtime': events((event) => (event.kind.startsWith('downtime') ? undefined : event)),
  'reports no downtime of a stop that ended unseen': taking((take, input) => {
    const taken = take(input)
    const downtimes = taken.events.filter(({ kind }) => kind.startsWith('downtime'))
    // It is known only with the next contact that it has lasted long enough: it is opened and ended at once.
    const isLate = ({ at }: Event) => downtimes.filter((one) => one.at === at).length > 1
    return { ...taken, events: taken.events.filter((one) => !(downtimes.includes(one) && isLate(one))) }
  }),
  'forgets to end rows': events((event) =>
    event.kind === 'status.amended' && 'ended' in event && event.ended !== null ? undefined : event,
  ),
  'fills gaps with the status before': events((event) => {
    const opened = event as StatusOpened
    if (event.kind !== 'status.opened' || opened.reason !== 'NO_DATA') return event
    return { ...opened, reason: null, status: opened.previousStatus ?? 'idle' } as StatusOpened
  }),
  'dates a row by when it is written': events((event) =>
    event.kind === 'status.opened'
      ? { ...event, at: new Date(Date.parse(event.at) + 20_000).toISOString() }
      : event,
  ),
  'takes bad values for good ones': readings((reading) => ({
    ...reading,
    samples: reading.samples.map((sample) =>
      sample.quality === 'good' ? sample : { ...sample, quality: 'good', value: 'run' },
    ),
  })),
  'claims to have seen what comes late': readings((reading) => ({
    ...reading,
    completeTo: shift(reading.at, 60_000),
  })),
  'swallows that a link is lost': links(swallowing),
  'drops every second change': links(everySecond),
  'starts as one that was never here': {
    ...FAITHFUL,
    recording: (recorder) => ({
      append: (entry) => recorder.append(entry),
      get uncommitted() {
        return recorder.uncommitted
      },
      states: async () => ({}),
    }),
  },
}

/** The same for subjects of stations. */
export const SCAN_MUTANTS: Readonly<Record<string, Habits>> = {
  'beeps before the commit': { ...FAITHFUL, answerWaitsFor: () => Promise.resolve() },
  'takes scans that follow quickly for repeats': taking((take, input) => {
    const taken = take(input)
    if (input.kind !== 'scan') return taken
    const isQuick =
      (input as unknown as { readonly at: { readonly monoMs: number } }).at.monoMs % 5_000 < 1_000
    return isQuick ? { ...taken, events: [] } : taken
  }),
  'stores a scan twice': taking((take, input) => {
    const taken = take(input)
    return input.kind === 'scan' ? { ...taken, events: [...taken.events, ...taken.events] } : taken
  }),
  'refuses a scan that it stores': taking((take, input) => {
    const taken = take(input)
    return input.kind === 'scan' && taken.answer
      ? { ...taken, answer: { verdict: 'bad', why: 'none' } }
      : taken
  }),
  'cuts a code short': taking((take, input) => {
    const taken = take(input)
    const events = taken.events.map((event) =>
      event.kind === 'scan' ? ({ ...event, data: 'LBL-1' } as Event) : event,
    )
    return { ...taken, events }
  }),
}
