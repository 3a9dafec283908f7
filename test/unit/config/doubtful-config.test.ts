import { cpSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { soundFolder } from '../../support/broken-config.ts'
import { runCheck } from '../../support/run-check.ts'

const CASES = fileURLToPath(new URL('../../cases/doubtful-config', import.meta.url))

describe('a configuration that is valid, and probably not meant', () => {
  it.each(readdirSync(CASES).sort())(
    '%s is told with file, line, column and what would be right',
    async (name) => {
      const cwd = soundFolder()
      cpSync(join(CASES, name, 'devices'), join(cwd, 'devices'), { recursive: true })
      const { code, out, err } = await runCheck({ cwd })
      rmSync(cwd, { recursive: true })
      const told = `${out}${err}`.split('\n').filter((line) => line.startsWith('hint: '))
      expect(told).toEqual(
        readFileSync(join(CASES, name, 'expected.txt'), 'utf8')
          .trimEnd()
          .split('\n'),
      )
      expect(code).toBe(0)
    },
  )
})
