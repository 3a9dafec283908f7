/**
 * Measures the gateway against the bare libraries it is built on, in one run on one machine.
 *
 * Absolute figures depend on the machine and on what else it does. Ratios of runs that took turns are more reliable. The exit
 * code does not judge the figures: one that misses its aim is printed as such, and people judge it.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import type { Bench, Benchmark, Figure } from './benchmark.ts'
import { ack } from './benchmarks/ack.ts'
import { append } from './benchmarks/append.ts'
import { pages } from './benchmarks/console.ts'
import { drain } from './benchmarks/drain.ts'
import { feed } from './benchmarks/feed.ts'
import { firstPoll } from './benchmarks/first-poll.ts'
import { fleet } from './benchmarks/fleet.ts'
import { latency } from './benchmarks/latency.ts'
import { modbus } from './benchmarks/modbus.ts'
import { mqtt } from './benchmarks/mqtt.ts'
import { opcua } from './benchmarks/opcua.ts'
import { peers } from './benchmarks/peers.ts'
import { planner } from './benchmarks/planner.ts'
import { recording } from './benchmarks/recording.ts'
import { scrape } from './benchmarks/scrape.ts'
import { stranger } from './benchmarks/stranger.ts'
import { tags } from './benchmarks/tags.ts'
import { factsText, type MachineFacts, machineFacts, table } from './report.ts'

const BENCHMARKS: readonly Benchmark[] = [
  ack,
  append,
  pages,
  drain,
  feed,
  firstPoll,
  fleet,
  latency,
  modbus,
  mqtt,
  opcua,
  peers,
  planner,
  recording,
  scrape,
  stranger,
  tags,
]

const { values: options } = parseArgs({
  options: {
    only: { type: 'string', multiple: true },
    quick: { type: 'boolean', default: false },
    json: { type: 'string' },
    entry: { type: 'string', default: 'src/main.ts' },
    profile: { type: 'string' },
    'warm-up': { type: 'string' },
    help: { type: 'boolean', default: false },
  },
})

// Leaving by process.exit runs the exit handlers that end the processes of this run.
process.once('SIGINT', () => process.exit(130))
process.once('SIGTERM', () => process.exit(143))

if (options.help) console.log(usage())
else await runAll(chosen(options.only))
// A link that a proxy reset while it was being closed leaves a handle for which Node.js 24, left to end by itself, waits for ever.
process.exit()

function usage(): string {
  const names = BENCHMARKS.map(({ name, summary }) => `  ${name.padEnd(12)}${summary}`)
  return [
    'npm run bench -- [--only NAME]... [--quick] [--json FILE] [--entry dist/main.js] [--profile FOLDER] [--warm-up SECONDS]',
    '',
    ...names,
  ].join('\n')
}

function chosen(only: readonly string[] | undefined): readonly Benchmark[] {
  const unknown = only?.find((name) => !BENCHMARKS.some((benchmark) => benchmark.name === name))
  if (unknown !== undefined) throw new Error(`There is no benchmark "${unknown}".\n${usage()}`)
  return BENCHMARKS.filter(({ name }) => !only || only.includes(name))
}

async function runAll(benchmarks: readonly Benchmark[]): Promise<void> {
  const facts = machineFacts()
  progress(headText(facts))
  const figures: Figure[] = []
  for (const benchmark of benchmarks) figures.push(...(await runOne(benchmark)))
  console.log(`${headText(facts)}\n\n${table(figures)}`)
  if (options.json)
    await writeFile(options.json, `${JSON.stringify({ facts, entry: options.entry, figures }, null, 2)}\n`)
}

/** Figures of the built program, which customers run, and of the source are not the same. */
function headText(facts: MachineFacts): string {
  return `${factsText(facts)}; the gateway is ${options.entry}`
}

/** A benchmark that fails is said so and leaves the others their turn. */
async function runOne(benchmark: Benchmark): Promise<readonly Figure[]> {
  progress(`${benchmark.name}: ${benchmark.summary}`)
  const folder = await mkdtemp(join(tmpdir(), `millrace-bench-${benchmark.name}-`))
  const { quick, entry } = options
  const bench: Bench = { quick, folder, entry, progress, ...profiled(), ...warmUp() }
  try {
    return await benchmark.run(bench)
  } catch (error) {
    process.exitCode = 1
    progress(`${benchmark.name} failed: ${error instanceof Error ? error.stack : String(error)}`)
    return []
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

function profiled(): Pick<Bench, 'profileFolder'> {
  return options.profile === undefined ? {} : { profileFolder: resolve(options.profile) }
}

function progress(text: string): void {
  console.error(text)
}

/** @throws Error where it is no number */
function warmUp(): Pick<Bench, 'warmUpMs'> {
  const text = options['warm-up']
  if (text === undefined) return {}
  const seconds = Number(text)
  if (!(seconds >= 0)) throw new Error(`"${text}" is no number of seconds.\n${usage()}`)
  return { warmUpMs: seconds * 1_000 }
}
