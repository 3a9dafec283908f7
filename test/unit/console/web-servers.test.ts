import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))

/** What is loaded once a process has loaded these modules of ours: Node's own modules by their names, those of packages by their files. */
function loadedWith(...modules: readonly string[]): readonly string[] {
  const program = `const { createRequire } = await import('node:module')
    for (const module of ${JSON.stringify(modules)}) await import(module)
    const { cache } = createRequire(import.meta.url)
    console.log(JSON.stringify([...process.moduleLoadList, ...Object.keys(cache)]))`
  const args = ['--input-type=module', '--eval', program]
  return JSON.parse(execFileSync(process.execPath, args, { cwd: ROOT, encoding: 'utf8' }))
}

test('a gateway with its console loads no client for the web, which takes 6 MB', () => {
  const loaded = loadedWith('./src/commands/run.ts', './src/console/listener.ts')
  expect(loaded).toContain('NativeModule http')
  expect(loaded.filter((module) => module.includes('undici'))).toEqual([])
})

test('a gateway that nobody asks loads no server of web pages and nothing of what they ask, which takes 11 MB', () => {
  const isFastify = (module: string) => module.includes('/fastify/')
  expect(loadedWith('./src/commands/run-configured.ts', './src/console/port.ts').filter(isFastify)).toEqual(
    [],
  )
  expect(loadedWith('./src/console/web-app.ts').some(isFastify)).toBe(true)
})
