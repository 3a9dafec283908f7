import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test, vi } from 'vitest'
import { runMillrace } from '../support/run-millrace.ts'

/** Each command is a process of its own, slow to start on a computer that does much else. */
vi.setConfig({ testTimeout: 120_000 })

const KEPWARE = fileURLToPath(new URL('../cases/sheets/kepware.csv', import.meta.url))

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'millrace-import-'))
  onTestFinished(() => rmSync(path, { recursive: true }))
  return path
}

test('a sheet is shown before anything is written, becomes a map, and goes out as a sheet again', async () => {
  const cwd = folder()
  const preview = await runMillrace(['import', KEPWARE, '--machine', 'PRESS-07', '--host', '10.20.3.17'], {
    cwd,
  })
  expect(preview).toMatchObject({ code: 0 })
  expect(preview.err).toContain('7 signals, 1 line left out')
  expect(preview.err).toContain('left out: line 8: "Recipe"')
  expect(preview.out).toContain('machine: PRESS-07\n')

  const written = await runMillrace(
    ['import', KEPWARE, '--machine', 'PRESS-07', '--host', '10.20.3.17', '--into', 'press-07.yaml'],
    { cwd },
  )
  expect(written).toMatchObject({ code: 0, out: '' })
  expect(readFileSync(join(cwd, 'press-07.yaml'), 'utf8')).toBe(preview.out)
  // Nobody has said yet what the signals mean.
  const judged = await runMillrace(['check', 'press-07.yaml'], { cwd })
  expect(judged.code).toBe(2)
  expect(judged.out).toContain('status')
  expect(judged.out).not.toContain('signals.')

  const exported = await runMillrace(['export', 'press-07.yaml'], { cwd })
  writeFileSync(join(cwd, 'sheet.csv'), exported.out)
  const again = await runMillrace(['import', 'sheet.csv', '--into', 'press-07.yaml'], { cwd })
  expect(again).toMatchObject({ code: 0 })
  expect(again.err).toContain('7 unchanged')
})

test('an address that cannot be is named with its line of the sheet, and nothing is written', async () => {
  const cwd = folder()
  writeFileSync(join(cwd, 'tags.csv'), 'signal;at;type\nstate;40101;u16\nfault;94102;u16\n')
  const { code, err } = await runMillrace(['import', 'tags.csv', '--host', 'x', '--into', 'press.yaml'], {
    cwd,
  })
  expect(code).toBe(2)
  expect(err).toContain('fault: line 3: "94102" is not a modicon address')
  expect(() => readFileSync(join(cwd, 'press.yaml'))).toThrow('ENOENT')
  const unknown = await runMillrace(['import', 'tags.csv', '--format', 'excel'], { cwd })
  expect(unknown.code).toBe(2)
  expect(unknown.err).toContain('there is no format "excel"')
})
