/** What a real gateway leaves in its trail: started, stopped, killed, and started with another configuration. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { SOUND_GATEWAY, SOUND_MAP } from '../../support/broken-config.ts'
import { testFolder } from '../../support/buffer.ts'
import { callMillrace } from '../../support/called-command.ts'
import { PROGRAM } from '../../support/run-millrace.ts'

const START_MAX_MS = 60_000

/** Runs until it says so, and its start stands in the trail. */
async function startedGateway(cwd: string) {
  const child = spawn(PROGRAM.node, [...PROGRAM.nodeOptions, PROGRAM.main, 'run'], { cwd, stdio: 'pipe' })
  onTestFinished(() => void child.kill('SIGKILL'))
  let log = ''
  child.stderr.on('data', (text) => {
    log += text
  })
  const started = () => log.includes('"gateway-running"') && log.includes('"audit-trail-head"')
  await expect.poll(started, { timeout: START_MAX_MS, interval: 100 }).toBe(true)
  return async (signal: NodeJS.Signals) => {
    child.kill(signal)
    await once(child, 'exit')
  }
}

test('starts, stops, kills and a changed configuration stand in the trail, and it is whole', async () => {
  const cwd = testFolder()
  for (const folder of ['config', 'devices']) mkdirSync(join(cwd, folder))
  const config = join(cwd, 'config', 'gateway.yaml')
  writeFileSync(config, `${SOUND_GATEWAY}console: {port: 0}\n`)
  writeFileSync(join(cwd, 'devices', 'press.yaml'), SOUND_MAP.replace('10.20.3.17', '127.0.0.1'))
  const stop = await startedGateway(cwd)
  await stop('SIGTERM')
  writeFileSync(config, `${SOUND_GATEWAY}console: {port: 0}\nlog: {level: debug}\n`)
  const kill = await startedGateway(cwd)
  await kill('SIGKILL')
  const stopAgain = await startedGateway(cwd)
  await stopAgain('SIGTERM')
  const { out } = await callMillrace(['trail', '--json'], { cwd })
  const records = out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  expect(records.map(({ event }) => event)).toEqual([
    ...[
      'trail-begun',
      'gateway-version-changed',
      'configuration-changed',
      'gateway-started',
      'map-in-force',
      'gateway-stopped',
    ],
    ...['configuration-changed', 'gateway-started'],
    ...['gateway-ended-uncleanly', 'gateway-started', 'gateway-stopped'],
  ])
  expect(records[6].what).toContain('another one than at the last start: log.level')
  expect(await callMillrace(['trail', 'verify'], { cwd })).toMatchObject({ code: 0 })
}, 240_000)
