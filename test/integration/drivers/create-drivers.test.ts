import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { createDrivers } from '../../../src/drivers/index.ts'

const ROOT = join(import.meta.dirname, '../../..')

/** Which of the drivers' libraries a fresh process has loaded after running this text. */
async function loadedAfter(text: string): Promise<unknown> {
  const program = `
    import { registerHooks } from 'node:module'
    const loaded = new Set()
    registerHooks({ load: (url, context, next) => {
      loaded.add(/node_modules[/](node-opcua-client|protobufjs|mqtt)[/]/.exec(url)?.[1])
      return next(url, context)
    } })
    ${text}
    console.log(JSON.stringify([...loaded].filter(Boolean).sort()))`
  const args = ['--input-type=module', '--eval', program]
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: ROOT })
  return JSON.parse(stdout)
}

const CREATE = "const { createDrivers } = await import('./src/drivers/index.ts'); createDrivers()"

test('making drivers loads no library, so that check and schema stay quick', async () => {
  expect(await loadedAfter(CREATE)).toEqual([])
  expect(await loadedAfter(`${CREATE}; await import('node-opcua-client')`)).toEqual(['node-opcua-client'])
})

test('each gateway has drivers of its own, which know the same protocols and have an end', async () => {
  const [one, other] = [createDrivers(), createDrivers()]
  expect(one.all.map(({ protocol }) => protocol)).toEqual([
    'opcua',
    'modbus-tcp',
    'modbus-rtu',
    'modbus-rtu-over-tcp',
    'mqtt',
    'sparkplug',
  ])
  expect(one.all.filter((driver) => other.all.includes(driver))).toEqual([])
  for (const drivers of [one, other]) await drivers[Symbol.asyncDispose]()
})
