import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'

const MODULE = fileURLToPath(new URL('../../../simulators/temporary-folder.ts', import.meta.url))

/** Runs in a process of its own, whose temporary folder is `parent`, and hands back what it prints. */
function inProcess(parent: string, code: string): string {
  const program = `import * as folders from ${JSON.stringify(MODULE)}; ${code}`
  const args = [...process.execArgv, '--input-type=module', '-e', program]
  return spawnSync(process.execPath, args, { env: { ...process.env, TMPDIR: parent } }).stdout.toString()
}

test('what a process left behind is removed by the next one, but not what is kept for somebody to look at', () => {
  const parent = mkdtempSync(join(tmpdir(), 'millrace-sweep-'))
  onTestFinished(() => rmSync(parent, { recursive: true }))
  const made = inProcess(
    parent,
    `console.log(['line', 'kept'].map((purpose) => folders.makeTemporaryFolder(purpose)).join())`,
  )
  const [left = '', kept = ''] = made.trim().split(',')
  expect([left, kept].map((folder) => existsSync(folder))).toEqual([true, true])
  inProcess(parent, 'folders.sweepTemporaryFolders()')
  expect([left, kept].map((folder) => existsSync(folder))).toEqual([false, true])
})
