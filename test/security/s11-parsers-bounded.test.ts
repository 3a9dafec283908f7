/** `npm run faults -- --parsers 1000000` tries as many texts at each parser, and says how fast that was. */
import { beforeAll } from 'vitest'
import { type FuzzTarget, fuzz } from './fuzz/fuzz.ts'
import { fuzzTargets } from './fuzz/targets.ts'
import { type Sites, securityCheck } from './security-check.ts'

const SEED = 20_261
const CASES = 3_000
/** A whole document, which is read once a person saves it. */
const SLOW: Readonly<Record<string, number>> = { yaml: 150, sheet: 600 }

const NAMES = [
  'modbus-tcp',
  'modbus-rtu',
  'scanner',
  'hid-descriptor',
  'mqtt-packet',
  'mqtt-message',
  'sparkplug',
  'yaml',
  'sheet',
  'opcua-chunks',
]

let targets: readonly FuzzTarget[] = []
beforeAll(async () => {
  targets = await fuzzTargets()
})

const shipped: Sites<FuzzTarget> = Object.fromEntries(NAMES.map((name) => [name, () => targetOf(name)]))

function targetOf(name: string): FuzzTarget {
  const target = targets.find((one) => one.name === name)
  if (!target) throw new Error(`there is no parser ${name}`)
  return target
}

const FRAME = Buffer.from('00000008aabbccdd', 'hex')

/** Parsers as they must not be, each with one of the usual mistakes. */
const MISTAKEN: Readonly<Record<string, (bytes: Buffer) => void>> = {
  'one that reads behind the end': (bytes) => void bytes.readUInt32BE(4),
  'one that nests as deep as it is told': (bytes) => {
    const nest = (depth: number): number => (depth === 0 ? 0 : 1 + nest(depth - 1))
    nest(bytes.length >= 4 ? bytes.readUInt32BE(0) : 0)
  },
  'one whose pattern goes back and forth': () => void /^(a+)+b$/.test('a'.repeat(28)),
}

const kept: Buffer[] = []
const GREEDY: FuzzTarget = {
  name: 'one that keeps as much room as it is told',
  recorded: [FRAME],
  take: (bytes) => {
    const told = bytes.length >= 4 ? bytes.readUInt32BE(0) : 0
    kept.push(Buffer.alloc(Math.min(told, 16 * 1_048_576), 1))
    if (kept.length > 64) kept.length = 0
  },
}

// Faults of the catalogue: [A9] [A15]
securityCheck<FuzzTarget>({
  id: 'S11',
  title: 'changed recordings of what usually comes neither crash nor hold up a parser, nor fill the memory',
  judge: (target) => fuzz(target, SLOW[target.name] ?? CASES, SEED).findings,
  shipped,
  weakened: {
    ...Object.fromEntries(
      Object.entries(MISTAKEN).map(([name, take]) => [name, () => ({ name, recorded: [FRAME], take })]),
    ),
    [GREEDY.name]: () => GREEDY,
  },
  timeoutMs: 120_000,
})
