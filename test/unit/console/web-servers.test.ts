import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))

/** The modules of Node that are loaded once a process has loaded these of ours. */
function loadedWith(...modules: readonly string[]): readonly string[] {
  const program = `for (const module of ${JSON.stringify(modules)}) await import(module)
    console.log(JSON.stringify(process.moduleLoadList))`
  const args = ['--input-type=module', '--eval', program]
  return JSON.parse(execFileSync(process.execPath, args, { cwd: ROOT, encoding: 'utf8' }))
}

test('a gateway with its console loads no client for the web, which takes 6 MB', () => {
  const loaded = loadedWith('./src/commands/run.ts', './src/console/listener.ts')
  expect(loaded).toContain('NativeModule http')
  expect(loaded.filter((module) => module.includes('undici'))).toEqual([])
})
