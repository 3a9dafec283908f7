/** The example maps: that they are valid, and that each derives what its comments promise, from a short trace of what its device shows. */
import { readdirSync, readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'
import { faultText } from '../../../src/domain/errors.ts'
import { interpret } from '../../../src/domain/interpret.ts'
import type { MachineMap } from '../../../src/domain/machine-map.ts'
import type { SignalValue } from '../../../src/domain/signal.ts'
import { readMapFile } from '../../../src/maps/map-file.ts'
import { readMapFiles } from '../../../src/maps/map-files.ts'
import { testHardware } from '../../support/hardware.ts'
import { machineMap } from '../../support/machine-map.ts'
import { Play } from '../../support/play.ts'

const FOLDER = 'devices/examples'
const EXAMPLES = readdirSync(FOLDER).filter((name) => name.endsWith('.yaml'))
const where = { folder: 'devices', ...testHardware, cwd: '.' }

/** Raw values as the device shows them, each for so many seconds, and what has to come of them. */
const traceSchema = z.strictObject({
  /** Signals that count on all the time. */
  ticks: z.array(z.string()).default([]),
  trace: z.array(
    z.strictObject({
      show: z.record(z.string(), z.union([z.number(), z.string(), z.boolean()])).default({}),
      /** Lamps that blink meanwhile, once a second. */
      blink: z.array(z.string()).default([]),
      /** Counters to which one is added each so many seconds, a multiple of three. */
      pulse: z.record(z.string(), z.number().multipleOf(3)).default({}),
      for: z.number(),
    }),
  ),
  story: z.array(z.string()),
  stops: z.array(z.string()),
})

const TICK_SECONDS = 3
const BLINK_SECONDS = 0.5

function played(map: MachineMap, { ticks, trace }: z.output<typeof traceSchema>): Play {
  const specs = new Map(map.devices.flatMap(({ signals }) => signals.map((signal) => [signal.name, signal])))
  const seen = (raw: Readonly<Record<string, SignalValue>>) =>
    Object.fromEntries(
      Object.entries(raw).map(([name, value]) => {
        const spec = specs.get(name)
        if (!spec) throw new Error(`the map has no signal ${name}`)
        const { value: meant, fault } = interpret(value, spec)
        if (fault !== undefined) throw new Error(`${name}: ${fault}`)
        return [name, meant]
      }),
    )
  const play = new Play(map)
  const show = createShow(ticks)
  for (const { show: changed, blink, pulse, for: seconds } of trace) {
    const stepSeconds = blink.length > 0 ? BLINK_SECONDS : TICK_SECONDS
    play.read(seen({ ...changed, ...show.next(0, blink, pulse) }))
    for (let at = 0; at < seconds; at += stepSeconds) {
      play.live(seen(show.next(at, blink, pulse)), Math.min(seconds - at, stepSeconds))
    }
  }
  return play
}

/** What changes by itself: counters that go on, lamps that blink, and pulses. */
function createShow(ticks: readonly string[]) {
  let count = 0
  const pulses: Record<string, number> = {}
  return {
    next: (at: number, blink: readonly string[], pulse: Readonly<Record<string, number>>) => {
      count++
      for (const [name, every] of Object.entries(pulse)) {
        pulses[name] = (pulses[name] ?? 0) + (at > 0 && at % every === 0 ? 1 : 0)
      }
      return {
        ...Object.fromEntries(ticks.map((name) => [name, count])),
        ...Object.fromEntries(blink.map((name) => [name, (at / BLINK_SECONDS) % 2 === 0])),
        ...Object.fromEntries(Object.keys(pulse).map((name) => [name, pulses[name] ?? 0])),
      }
    },
  }
}

describe('the example', () => {
  it.each(EXAMPLES)('%s is valid, and says in comments what it is for', (name) => {
    const path = `${FOLDER}/${name}`
    const { faults, hints } = readMapFile(where, path)
    expect([...faults, ...hints].map(faultText).filter((text) => !text.includes('role heartbeat'))).toEqual(
      [],
    )
    expect(readFileSync(path, 'utf8').match(/#/g)?.length).toBeGreaterThan(5)
  })

  it.each(EXAMPLES)('%s derives what its comments promise', (name) => {
    const text = readFileSync(`test/cases/examples/${name}`, 'utf8')
    const one = traceSchema.parse(parse(text))
    const play = played(machineMap(readMapFile(where, `${FOLDER}/${name}`).map), one)
    expect({ story: play.story, stops: play.stops }).toEqual({ story: one.story, stops: one.stops })
  })

  it('is of a machine of its own, and is named in the list of them', () => {
    const owners = EXAMPLES.map((name) => readMapFile(where, `${FOLDER}/${name}`).owner)
    const live = readMapFiles(where).files.map(({ owner }) => owner)
    expect(new Set([...owners, ...live]).size).toBe(owners.length + live.length)
    const readme = readFileSync(`${FOLDER}/README.md`, 'utf8')
    expect(EXAMPLES.filter((name) => !readme.includes(`(${basename(name)})`))).toEqual([])
  })

  it('is no map of the gateway, which passes the folder over without a word', () => {
    const { files, passedOver } = readMapFiles(where)
    expect(files.map(({ file }) => file).filter((file) => file.includes('examples'))).toEqual([])
    expect(passedOver).toEqual([])
  })
})
