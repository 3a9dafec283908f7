/**
 * Millions of scans through the framer: cut into packets at random places, among noise, halves of scans and bytes without end.
 * What is read is compared with what was sent, scan by scan.
 */
import { SUFFIXES, type Suffix } from '../../../src/domain/scanner.ts'
import { FRAME_ENDS, SCAN_MAX_BYTES } from '../../../src/scanners/framing/frame-ends.ts'
import { GIVE_UP_AFTER_MS } from '../../../src/scanners/framing/framer.ts'
import { type FramingBench, framingBench } from '../../support/scanner-frames.ts'
import { seededRandom } from '../faults.ts'

/** After so many frames another scanner begins, with another suffix. */
const FRAMES_A_SCANNER = 1_000
const CODE_MAX_BYTES = 60
const ENDLESS_MAX_BYTES = 65_536
/** Bytes that begin or end a scan, by one suffix or another, are in no code here. */
const ENDS = new Set([0x02, 0x03, 0x09, 0x0a, 0x0d])
const CODE_BYTES = Array.from({ length: 256 }, (_, byte) => byte).filter((byte) => !ENDS.has(byte))

/** At its edges a code has nothing that a line puts around codes: control characters of a line, and the 0xFF of a port that is switched on. */
const EDGE_BYTES = CODE_BYTES.filter((byte) => byte >= 0x1c && byte < 0xff)

type Random = () => number

/** Sends one thing, and says what must be read of it; undefined where only what follows must be right. */
type Act = (scanner: Sender) => readonly (string | number)[] | undefined

interface Sender {
  readonly bench: FramingBench
  readonly random: Random
  /** The suffix in bytes. */
  readonly end: string
}

export interface FramesFound {
  /** Each with the seed of its scanner. */
  readonly findings: readonly string[]
  /** The most memory that the process had, above what it had before. */
  readonly grownBytes: number
}

/** Plays so many frames. */
export function playFrames(frames: number, seed: number): FramesFound {
  const findings: string[] = []
  const beforeBytes = process.memoryUsage.rss()
  let mostBytes = beforeBytes
  for (let played = 0, one = seed; played < frames; played += FRAMES_A_SCANNER, one += 1) {
    const finding = playScanner(one, Math.min(FRAMES_A_SCANNER, frames - played))
    if (finding) findings.push(`seed ${one}: ${finding}`)
    mostBytes = Math.max(mostBytes, process.memoryUsage.rss())
  }
  return { findings, grownBytes: mostBytes - beforeBytes }
}

/** For the command line. @returns whether nothing was wrong */
export function framesCampaign(frames: number, seed: number): boolean {
  const beganMs = performance.now()
  const { findings, grownBytes } = playFrames(frames, seed)
  const seconds = ((performance.now() - beganMs) / 1_000).toFixed(1)
  const grown = (grownBytes / 1_048_576).toFixed(0)
  console.log(
    `frames: ${frames} in ${seconds} s, memory grew by at most ${grown} MB, ${findings.length} findings`,
  )
  for (const finding of findings.slice(0, 20)) console.log(`  ${finding}`)
  return findings.length === 0
}

/** @returns what was read otherwise than it was sent, if anything */
function playScanner(seed: number, frames: number): string | undefined {
  const random = seededRandom(seed)
  const suffix: Suffix = SUFFIXES[seed % SUFFIXES.length] ?? 'CR'
  const end = Buffer.from(FRAME_ENDS[suffix].bytes).toString('latin1')
  const sender = { bench: framingBench(suffix), random, end }
  const acts = end === '' ? WITHOUT_SUFFIX : WITH_SUFFIX
  // Once a suffix has come, a pause does not end a scan any more.
  scan(sender)
  for (let frame = 0; frame < frames; frame += 1) {
    sender.bench.out.length = 0
    sender.bench.items.length = 0
    const expected = pick(acts, random)(sender)
    const { out } = sender.bench
    if (expected && JSON.stringify(out) !== JSON.stringify(expected)) {
      return `${suffix}, frame ${frame}: sent ${JSON.stringify(expected)} and read ${JSON.stringify(out)}`
    }
    const odd = out.find((read) => typeof read === 'string' && (read === '' || read.length > SCAN_MAX_BYTES))
    if (odd !== undefined) return `${suffix}, frame ${frame}: read a scan of ${String(odd).length} bytes`
  }
  return undefined
}

const scan: Act = (scanner) => {
  const code = codeOf(scanner.random)
  sendSplit(scanner, code + scanner.end)
  if (scanner.end === '') scanner.bench.pause(GIVE_UP_AFTER_MS)
  return [code]
}

const merged: Act = (scanner) => {
  const codes = [codeOf(scanner.random), codeOf(scanner.random), codeOf(scanner.random)]
  sendSplit(scanner, codes.map((code) => code + scanner.end).join(''))
  return codes
}

const empty: Act = ({ bench, end }) => {
  bench.take(end + end)
  return []
}

const half: Act = ({ bench, random }) => {
  const code = codeOf(random)
  bench.take(code)
  bench.pause(GIVE_UP_AFTER_MS)
  return [code.length]
}

const endless: Act = (scanner) => {
  const { bench, random, end } = scanner
  const length = SCAN_MAX_BYTES + 1 + Math.floor(random() * (ENDLESS_MAX_BYTES - SCAN_MAX_BYTES))
  bench.take('x'.repeat(length))
  if (end === '') bench.pause(GIVE_UP_AFTER_MS)
  else bench.take(end)
  return [length + end.length]
}

/** Bytes of every kind: whatever is made of them, it is over after a pause. */
const noise: Act = ({ bench, random }) => {
  const length = 1 + Math.floor(random() * CODE_MAX_BYTES)
  bench.take(String.fromCharCode(...Array.from({ length }, () => Math.floor(random() * 256))))
  bench.pause(GIVE_UP_AFTER_MS)
  return undefined
}

/** Most of what comes are scans; bytes without end are rare, because they are many. */
const WITH_SUFFIX: readonly Act[] = [
  ...Array.from({ length: 160 }, () => scan),
  ...Array.from({ length: 20 }, () => merged),
  ...Array.from({ length: 6 }, () => half),
  ...Array.from({ length: 8 }, () => noise),
  ...Array.from({ length: 5 }, () => empty),
  endless,
]
const WITHOUT_SUFFIX: readonly Act[] = [...Array.from({ length: 190 }, () => scan), noise, endless]

function sendSplit({ bench, random }: Sender, text: string): void {
  const at = random() < 0.5 ? 0 : Math.floor(random() * text.length)
  bench.take(text.slice(0, at))
  bench.take(text.slice(at))
}

function codeOf(random: Random): string {
  const length = 1 + Math.floor(random() * CODE_MAX_BYTES)
  const bytes = Array.from({ length }, (_, index) =>
    pick(index === 0 || index === length - 1 ? EDGE_BYTES : CODE_BYTES, random),
  )
  return String.fromCharCode(...bytes)
}

function pick<T>(choices: readonly T[], random: Random): T {
  return choices[Math.floor(random() * choices.length)] as T
}
