import { rmSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { brokenConfigs, brokenFolder, expectedFaults } from '../../support/broken-config.ts'
import { runCheck } from '../../support/run-check.ts'

// Fault of the catalogue: [H1]
describe('a broken configuration', () => {
  it.each(brokenConfigs)('%s is told with file, line, column and what would be right', async (name) => {
    const cwd = brokenFolder(name)
    const { code, out } = await runCheck({ cwd })
    rmSync(cwd, { recursive: true })
    expect(out).toBe(expectedFaults(name))
    expect(code).toBe(2)
  })
})
