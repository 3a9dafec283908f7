/**
 * Runs the whole suite and closes with one plain line, `N passed, N failed`, that any CI can read.
 * Arguments go to vitest: `npm test -- test/unit` runs one folder.
 *
 * Two kinds of files get another chance, each by itself on the computer, and are named:
 * - A file whose process ended. Node.js 24 itself ends one now and then, by SIGTRAP or SIGSEGV, where threads end while others begin
 *   (nodejs/node issue 64500; src/node.sh makes it rare). That takes the whole file of tests along, and says nothing of it.
 * - A file with a failed test, where hardly any other failed. Whole plants are played here beside each other, and some computers are
 *   too busy for that. Whoever reads `failed beside others only` has a race to look for, in the test or in the product.
 * A file that fails each time fails.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

interface FileReport {
  readonly name: string
  readonly status: string
  /** What kept the file from loading; empty where its process ended before it could say anything. */
  readonly message: string
  readonly assertionResults: readonly {
    readonly status: string
    readonly failureMessages?: readonly string[]
  }[]
}

/** What one run of vitest came to. */
interface Run {
  readonly passed: number
  readonly failed: number
  /** Files whose process ended in the middle of their tests. */
  readonly crashed: readonly string[]
  /** Files of which a test failed, with what they passed and failed. */
  readonly fallen: readonly FileCount[]
  readonly isClean: boolean
}

interface FileCount {
  readonly name: string
  readonly passed: number
  readonly failed: number
}

/** More files than this do not crash by chance: of some 220, one does in a run on a busy machine. */
const CRASHED_MAX = 5
/** So often such a file is run again. */
const AGAIN_MAX = 3
/** More files than this do not fail because the computer is busy. */
const FALLEN_MAX = 5

/** As fast-check says it. */
const REFUTED = 'Property failed after'

const first = run(process.argv.slice(2))
const crashed = first.crashed.length <= CRASHED_MAX ? first.crashed : []
const fallen = first.fallen.length <= FALLEN_MAX ? first.fallen : []
const runs = [excused(first, crashed.length, fallen), ...crashed.map(runAgain), ...fallen.map(runAlone)]
const failed = sum(runs.map((one) => one.failed))
console.log(`${sum(runs.map(({ passed }) => passed))} passed, ${failed} failed`)
process.exitCode = failed === 0 && runs.every(({ isClean }) => isClean) ? 0 : 1

/** Until its process lives to the end of its tests, or has been given enough chances. */
function runAgain(file: string): Run {
  for (let time = 1; ; time += 1) {
    console.log(`the process of ${file} ended in the middle of its tests; again, ${time} of ${AGAIN_MAX}:`)
    const next = run([file])
    if (next.crashed.length === 0 || time === AGAIN_MAX) return next
  }
}

/** Once, with nothing beside it. */
function runAlone({ name }: FileCount): Run {
  console.log(`${name} failed beside others; once more, by itself:`)
  const alone = run([name])
  if (alone.isClean)
    console.log(`${name} failed beside others only: look for a race in it, or in what it tests`)
  return alone
}

/** The run without the files that are judged by another run. */
function excused(all: Run, crashes: number, others: readonly FileCount[]): Run {
  const failed = all.failed - crashes - sum(others.map((file) => file.failed))
  const passed = all.passed - sum(others.map((file) => file.passed))
  return { ...all, passed, failed, isClean: all.isClean || (crashes + others.length > 0 && failed === 0) }
}

function run(args: readonly string[]): Run {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-test-'))
  const reportFile = join(folder, 'report.json')
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${reportFile}`]
  const vitest = ['node_modules/vitest/vitest.mjs', 'run', ...reporters, ...args]
  const { status } = spawnSync(process.execPath, vitest, { stdio: 'inherit' })
  const files = readReport(reportFile)
  rmSync(folder, { recursive: true, force: true })
  if (!files) return { passed: 0, failed: 1, crashed: [], fallen: [], isClean: false }
  const outcomes = files.flatMap(({ assertionResults }) => assertionResults.map((test) => test.status))
  const broken = files.filter(isBroken)
  return {
    passed: outcomes.filter((outcome) => outcome === 'passed').length,
    failed: outcomes.filter((outcome) => outcome === 'failed').length + broken.length,
    crashed: broken.filter(({ message }) => message === '').map(({ name }) => name),
    fallen: files.filter((file) => !hasCounterexample(file)).flatMap(fallenOf),
    isClean: status === 0,
  }
}

function fallenOf({ name, assertionResults }: FileReport): readonly FileCount[] {
  const count = (wanted: string) => assertionResults.filter(({ status }) => status === wanted).length
  const failed = count('failed')
  return failed > 0 ? [{ name, passed: count('passed'), failed }] : []
}

/** What a property was refuted with is no matter of how busy a computer is, and hardly comes again with another seed. */
function hasCounterexample({ assertionResults }: FileReport): boolean {
  return assertionResults.some(({ failureMessages = [] }) =>
    failureMessages.some((text) => text.includes(REFUTED)),
  )
}

/** A file that does not load, or whose process ended, has no failed test of its own, and must count all the same. */
function isBroken({ status, assertionResults }: FileReport): boolean {
  return status === 'failed' && !assertionResults.some((test) => test.status === 'failed')
}

function readReport(file: string): readonly FileReport[] | undefined {
  try {
    return (JSON.parse(readFileSync(file, 'utf8')) as { testResults: readonly FileReport[] }).testResults
  } catch {
    return undefined
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0)
}
