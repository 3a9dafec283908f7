/** An error that nobody caught, in the real process. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { settle } from '../../src/demo/settle.ts'
import { PROGRAM } from '../support/run-millrace.ts'
import { stopSite } from '../support/stop-site.ts'

const READY_MAX_MS = 60_000
const THROWER = new URL('../support/throw-at-signal.ts', import.meta.url).href

// Fault of the catalogue: [B6]
test.for(['exception', 'rejection'])(
  'an %s that nobody caught is one line in the log, stops the gateway in order, and is no success',
  async (kind) => {
    const { folder, config } = stopSite()
    const child = spawn(
      PROGRAM.node,
      [
        ...PROGRAM.nodeOptions,
        '--import',
        THROWER,
        PROGRAM.main,
        'run',
        '--config',
        join(folder, 'gateway.yaml'),
      ],
      { cwd: folder, env: { ...PROGRAM.env, THROW_AS: kind }, stdio: ['ignore', 'ignore', 'pipe'] },
    )
    onTestFinished(() => void child.kill('SIGKILL'))
    let said = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text
    })
    const ended = once(child, 'close')
    expect(await settle(() => said.includes('"running"'), { withinMs: READY_MAX_MS })).toBe(true)
    child.kill('SIGUSR2')
    child.kill('SIGUSR2')
    expect(await ended).toEqual([1, null])
    const lines = said
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(lines.filter(({ level }) => level === 60)).toEqual([
      expect.objectContaining({
        error: expect.objectContaining({
          name: 'RangeError',
          message: 'nobody catches this (1)',
          stack: expect.stringContaining('throw-at-signal'),
        }),
        msg: 'an error that nobody caught: stopping, to be started again',
      }),
    ])
    expect(lines.filter(({ msg }) => msg === 'stopping')).toHaveLength(1)
    expect(existsSync(join(config.dataFolder, 'running.json'))).toBe(false)
  },
)

test('what Node or a library warns of is a line of the log like any other', async () => {
  const { folder } = stopSite()
  const warner =
    'data:text/javascript,process.on("SIGUSR2", () => process.emitWarning("it is old", "DeprecationWarning"))'
  const child = spawn(
    PROGRAM.node,
    ['--import', warner, PROGRAM.main, 'run', '--config', join(folder, 'gateway.yaml')],
    { cwd: folder, env: PROGRAM.env, stdio: ['ignore', 'ignore', 'pipe'] },
  )
  onTestFinished(() => void child.kill('SIGKILL'))
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  const ended = once(child, 'close')
  const says = (words: string) => settle(() => said.includes(words), { withinMs: READY_MAX_MS })
  expect(await says('"running"')).toBe(true)
  child.kill('SIGUSR2')
  expect(await says('it is old')).toBe(true)
  child.kill('SIGTERM')
  await ended
  const lines = said
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  expect(lines).toContainEqual(
    expect.objectContaining({ code: 'node-warning', msg: 'DeprecationWarning: it is old' }),
  )
})
