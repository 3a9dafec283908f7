/**
 * Runs the whole suite and closes with one plain line, `N passed, N failed`, that any CI can read.
 * Arguments go to vitest: `npm test -- test/unit` runs one folder.
 *
 * Node.js 24 itself ends a process now and then, by SIGTRAP or SIGSEGV, where threads end while others begin (nodejs/node
 * issue 64500; src/node.sh makes it rare). That takes the whole file of tests along, and says nothing of it. So such a file is
 * named and run again. A file whose process ends each time fails.
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
  readonly assertionResults: readonly { readonly status: string }[]
}

/** What one run of vitest came to. */
interface Run {
  readonly passed: number
  readonly failed: number
  /** Files whose process ended in the middle of their tests. */
  readonly crashed: readonly string[]
  readonly isClean: boolean
}

/** More files than this do not crash by chance: of some 220, one does in a run on a busy machine. */
const CRASHED_MAX = 5
/** So often such a file is run again. */
const AGAIN_MAX = 3

const first = run(process.argv.slice(2))
const again = first.crashed.length <= CRASHED_MAX ? first.crashed : []
const runs = [excused(first, again.length), ...again.map(runAgain)]
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

/** The run without its crashed files, which are judged by another run. */
function excused(all: Run, crashes: number): Run {
  const failed = all.failed - crashes
  return { ...all, failed, isClean: all.isClean || (crashes > 0 && failed === 0) }
}

function run(args: readonly string[]): Run {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-test-'))
  const reportFile = join(folder, 'report.json')
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${reportFile}`]
  const vitest = ['node_modules/vitest/vitest.mjs', 'run', ...reporters, ...args]
  const { status } = spawnSync(process.execPath, vitest, { stdio: 'inherit' })
  const files = readReport(reportFile)
  rmSync(folder, { recursive: true, force: true })
  if (!files) return { passed: 0, failed: 1, crashed: [], isClean: false }
  const outcomes = files.flatMap(({ assertionResults }) => assertionResults.map((test) => test.status))
  const broken = files.filter(isBroken)
  return {
    passed: outcomes.filter((outcome) => outcome === 'passed').length,
    failed: outcomes.filter((outcome) => outcome === 'failed').length + broken.length,
    crashed: broken.filter(({ message }) => message === '').map(({ name }) => name),
    isClean: status === 0,
  }
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
