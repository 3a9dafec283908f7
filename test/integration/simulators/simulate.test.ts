/** `millrace simulate` as other people's CI calls it: what it prints, when it ends, and what it says of what is wrong. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { portOf } from '../../../simulators/port-of.ts'
import { PROGRAM, runMillrace } from '../../support/run-millrace.ts'
import { runSimulate } from './run-simulate.ts'

const folder = mkdtempSync(join(tmpdir(), 'millrace-simulate-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const SCRIPT = 'day: {script: [{state: running, for: 100ms}, {state: idle, for: 1h}]}'
const PRESS = `machines: {PRESS-07: {kind: modbus-press, ${SCRIPT}}}`
const UNIT = `machines: {FILLER-01: {kind: opcua-packml, ${SCRIPT}}}`

function scenario(text: string): string {
  const file = join(mkdtempSync(join(folder, 'scenario-')), 'day.yaml')
  writeFileSync(file, text)
  return file
}

test('with --for it ends by itself after that time, with 0', async () => {
  const truth = join(folder, 'truth.ndjson')
  const run = runSimulate([scenario(PRESS), '--for', '300ms', '--truth', truth])
  expect(await run.exitCode, run.complaints()).toBe(0)
  expect(JSON.parse(await run.line(0))).toMatchObject({ ready: true, day: 'begun', start: null })
  expect(JSON.parse(await run.line(1))).toMatchObject({ ended: true })
  const told = readFileSync(truth, 'utf8').trim().split('\n')
  expect(told.map((line) => JSON.parse(line).status)).toEqual(['running', 'idle'])
})

test('without --for it goes on after the day, and ends with 0 when it is stopped', async () => {
  const run = runSimulate([scenario(PRESS)])
  const ready = JSON.parse(await run.line(0)) as { machines: { machine: string }[] }
  expect(ready.machines.map(({ machine }) => machine)).toEqual(['PRESS-07'])
  run.stop()
  expect(await run.exitCode, run.complaints()).toBe(0)
})

test('a day that waits for a command says how it begins, in the ready line and in a sentence', async () => {
  const run = runSimulate([scenario(`start: on_command\n${PRESS}`), '--for', '200ms'])
  const { day, start } = JSON.parse(await run.line(0)) as { day: string; start: string }
  expect(day).toBe('waiting')
  // It goes out by another pipe than the ready line.
  await expect
    .poll(() => run.complaints())
    .toBe(`The machines show their first state. Their day begins with: curl -X POST ${start}\n`)
  await fetch(start, { method: 'POST' })
  expect(await run.exitCode).toBe(0)
})

describe('what is in the way is said without a stack, with what to do, and ends with 1', () => {
  let taken: Server
  beforeAll(async () => {
    taken = createServer().listen(0, '127.0.0.1')
    await once(taken, 'listening')
  })
  afterAll(() => void taken.close())

  test.each<[name: string, args: () => readonly string[], words: () => string]>([
    [
      "a machine's port that is taken",
      () => [scenario(PRESS.replace('kind:', `port: ${portOf(taken)}, kind:`))],
      () =>
        `PRESS-07 cannot listen on 127.0.0.1:${portOf(taken)}: another program has that port\n` +
        'end it, or choose another port: (0: any free one)\n',
    ],
    [
      'a remote control whose port is taken',
      () => [scenario(PRESS), '--control-port', String(portOf(taken))],
      () =>
        `the remote control cannot listen on 127.0.0.1:${portOf(taken)}: another program has that port\n` +
        'end it, or choose another --control-port (0: any free one)\n',
    ],
    [
      'a host that this computer is not',
      () => [scenario(PRESS.replace('kind:', 'host: 192.0.2.1, kind:'))],
      () =>
        'PRESS-07 cannot listen on 192.0.2.1:0: this computer has no such address\n' +
        'write 127.0.0.1 as host: for this computer alone, or 0.0.0.0 for its network\n',
    ],
    [
      'a truth in a folder that is not there',
      () => [scenario(PRESS), '--truth', join(folder, 'nowhere', 'truth.ndjson')],
      () =>
        `--truth ${join(folder, 'nowhere', 'truth.ndjson')}: it cannot be written: ` +
        `the folder ${join(folder, 'nowhere')} does not exist\nmake it first\n`,
    ],
    [
      'a truth on a full disk',
      () => [scenario(PRESS), '--truth', '/dev/full'],
      () => '--truth /dev/full: it cannot be written: the disk is full\n',
    ],
  ])('%s', async (_, args, words) => {
    const run = runSimulate(args())
    expect(await run.exitCode).toBe(1)
    expect(run.complaints()).toBe(words())
  })
})

describe('a scenario with faults ends with 2, with line, column and the nearest word', () => {
  test.each([
    ['', '1:1: the file is empty'],
    ['machines: {', '1:12: a closing } is missing before this'],
    ['start: at_onec\nmachines: {}', '1:8: "at_onec" is not valid here; did you mean "at_once"?'],
    [PRESS.replace('press', 'pres'), '1:29: "modbus-pres" is not valid here; did you mean "modbus-press"?'],
    [
      PRESS.replace('kind: modbus-press, ', ''),
      '1:12: "kind" is missing; one of: modbus-press, opcua-packml',
    ],
    [PRESS.replace('kind:', 'unti: 3, kind:'), '1:23: unknown key "unti"; did you mean "unit"?'],
    [
      UNIT.replace('kind:', 'unit: 3, kind:'),
      '1:24: unknown key "unit"; one of: kind, states, host, port, parts_per_minute, scrap_every, faults, reasons, day, faults_at',
    ],
    [
      PRESS.replace('for: 1h', 'for: 3'),
      '1:107: 3 is not a duration; a number and its unit, as in 500ms, 2s or 5m',
    ],
    [PRESS.replace('idle', 'idel'), '1:96: "idel" is not valid here; did you mean "idle"?'],
    [PRESS.replace('idle', 'starved'), "1:96: a press cannot show 'starved'"],
    [
      PRESS.replace('kind:', 'reasons: {offf: {reason: x}}, kind:'),
      '1:33: unknown key "offf"; did you mean "off"?',
    ],
    [
      PRESS.replace('kind:', 'faults: {E7: {reason: x}}, kind:'),
      '1:32: "E7" is not valid as a key here; a fault code is a number from 1 to 65535',
    ],
    [
      PRESS.replace(/day: .*/, 'day: {random: {states: {idle: {weight: 1, hold: 2s..1s}}}}}}'),
      '1:91: 2s..1s is not a range; from the shorter time to the longer, as in 1.5s..4s',
    ],
    [
      `machines:\n  A: {kind: modbus-press, port: 1502, ${SCRIPT}}\n  B: {kind: modbus-press, port: 1502, ${SCRIPT}}`,
      '3:33: 127.0.0.1:1502 is the port of A already',
    ],
    [PRESS.replace('kind:', 'mqtt: [jsn], kind:'), '1:30: "jsn" is not valid here; did you mean "json"?'],
    [
      `broker: {url: "mqtt://h", port: 1883}\n${PRESS}`,
      '1:33: a broker has either url, or host and port of the one that the simulators bring',
    ],
    [
      `broker: {user: u}\n${PRESS}`,
      "1:16: whoever logs in does so at another program's broker: write its url",
    ],
    [
      `broker: {url: "http://h"}\n${PRESS}`,
      '1:15: "http://h" is not valid here; a broker is written as mqtt://HOST:1883',
    ],
  ])('%s', async (text, words) => {
    const file = scenario(text)
    const run = runSimulate([file], join(file, '..'))
    expect(await run.exitCode).toBe(2)
    expect(run.complaints().split('\n')[0]).toBe(`day.yaml:${words}`)
  })

  test.each([
    [
      'a scenario that is not there',
      ['nowhere.yaml'],
      'nowhere.yaml:1:1: the file cannot be read: it does not exist',
    ],
    ['no scenario', [], 'name one scenario file'],
    [
      'an option that nobody knows',
      ['day.yaml', '--truht'],
      'there is no option --truht; did you mean --truth?',
    ],
    ['a time without a unit', ['day.yaml', '--for', '60'], '--for 60: not a duration such as 60s or 5m'],
    [
      'a port that there is not',
      ['day.yaml', '--control-port', '99999'],
      '--control-port 99999: at most 65535',
    ],
  ])('and so does %s', async (_, args, words) => {
    const run = runSimulate(args, folder)
    expect(await run.exitCode).toBe(2)
    expect(run.complaints()).toContain(words)
  })
})

describe('the temporary folder', () => {
  /** Runs with a temporary folder of its own, until the machines answer. */
  async function started() {
    const TMPDIR = mkdtempSync(join(folder, 'tmp-'))
    const child = spawn(PROGRAM.node, [...PROGRAM.nodeOptions, PROGRAM.main, 'simulate', scenario(UNIT)], {
      env: { ...PROGRAM.env, TMPDIR },
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    await once(child.stdout, 'data')
    return { child, TMPDIR, ended: once(child, 'exit') }
  }

  test.each(['SIGTERM', 'SIGHUP'] as const)('is empty after %s, which ends it with 0', async (signal) => {
    const { child, TMPDIR, ended } = await started()
    expect(readdirSync(TMPDIR)).toHaveLength(1)
    child.kill(signal)
    expect(await ended).toEqual([0, null])
    expect(readdirSync(TMPDIR)).toEqual([])
  })

  test('is cleared of what processes left that are gone, and of nothing else', async () => {
    const TMPDIR = mkdtempSync(join(folder, 'tmp-'))
    const gone = spawn('true')
    await once(gone, 'exit')
    const kept = [
      `millrace-line-${hostname()}-${process.pid}-abcdef`,
      `millrace-line-elsewhere.example-${gone.pid}-abcdef`,
      'millrace-line-abcdef',
    ]
    for (const name of [
      ...kept,
      `millrace-line-${hostname()}-${gone.pid}-abcdef`,
      `millrace-central-${hostname()}-${gone.pid}-abcdef`,
    ])
      mkdirSync(join(TMPDIR, name, 'inside'), { recursive: true })
    const { code } = await runMillrace(['simulate', scenario(PRESS), '--for', '50ms'], { env: { TMPDIR } })
    expect(code).toBe(0)
    expect(readdirSync(TMPDIR).toSorted()).toEqual(kept.toSorted())
  })
})
