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
      for: z.number(),
    }),
  ),
  story: z.array(z.string()),
  stops: z.array(z.string()),
})

const TICK_SECONDS = 5
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
  let count = 0
  const ticking = () => Object.fromEntries(ticks.map((name) => [name, count]))
  for (const { show, blink, for: seconds } of trace) {
    const stepSeconds = blink.length > 0 ? BLINK_SECONDS : TICK_SECONDS
    let isLit = true
    const lamps = () => Object.fromEntries(blink.map((name) => [name, isLit]))
    play.read(seen({ ...show, ...ticking(), ...lamps() }))
    for (let left = seconds; left > 0; left -= stepSeconds) {
      count++
      play.live(seen({ ...ticking(), ...lamps() }), Math.min(left, stepSeconds))
      isLit = !isLit
    }
  }
  return play
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
