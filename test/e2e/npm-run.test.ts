/** What npm puts around the program: the folder that a command is called in, and what `npm ci` prints before anything is seen. */
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { CHECKOUT, npmRunMillrace, run } from '../support/run-millrace.ts'

const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true })
})

test('a command called among the device maps names files from there', async () => {
  const { code, out } = await npmRunMillrace(['check', 'press-07.yaml'], { cwd: join(CHECKOUT, 'devices') })
  expect({ code, out }).toEqual({ code: 0, out: 'valid: 1 machine\n' })
})

test('an installation for a Node.js older than the one brought along prints no page of warnings', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-npm-'))
  folders.push(folder)
  for (const file of ['package.json', 'package-lock.json', '.npmrc'])
    cpSync(join(CHECKOUT, file), join(folder, file))
  // A dry run judges every package against the Node.js that npm runs on, and installs nothing. That is the machine's own.
  const PATH = (process.env.PATH ?? '')
    .split(delimiter)
    .filter((path) => !path.includes('node_modules'))
    .join(delimiter)
  const { code, out, err } = await run('npm', ['ci', '--dry-run'], { cwd: folder, env: { PATH } })
  expect(`${out}${err}`.split('\n').filter((line) => line.includes('EBADENGINE'))).toEqual([])
  expect(code).toBe(0)
})
