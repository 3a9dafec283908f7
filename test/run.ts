/**
 * Runs the whole suite and closes with one plain line, `N passed, N failed`, that any CI can read.
 * Arguments go to vitest: `npm test -- test/unit` runs one folder.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

interface Report {
  readonly numPassedTests: number
  readonly numFailedTests: number
  readonly testResults: readonly {
    readonly status: string
    readonly assertionResults: readonly { readonly status: string }[]
  }[]
}

const folder = mkdtempSync(join(tmpdir(), 'millrace-test-'))
const reportFile = join(folder, 'report.json')
const { status } = spawnSync(
  process.execPath,
  [
    'node_modules/vitest/vitest.mjs',
    'run',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${reportFile}`,
    ...process.argv.slice(2),
  ],
  { stdio: 'inherit' },
)

const report = readReport(reportFile)
rmSync(folder, { recursive: true, force: true })
const failed = report ? report.numFailedTests + filesNotLoaded(report) : 1
console.log(`${report?.numPassedTests ?? 0} passed, ${failed} failed`)
process.exitCode = status === 0 && failed === 0 ? 0 : 1

/** A file that does not even load has no failed test of its own, and must count all the same. */
function filesNotLoaded({ testResults }: Report): number {
  return testResults.filter(
    ({ status, assertionResults }) =>
      status === 'failed' && !assertionResults.some((test) => test.status === 'failed'),
  ).length
}

function readReport(file: string): Report | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Report
  } catch {
    return undefined
  }
}
