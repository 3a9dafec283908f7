/** For the whole run of vitest: a folder for the one database cluster of which its servers are copies. The first server fills it. */
import { rmSync } from 'node:fs'
import { makeTemporaryFolder, openTmpdir } from '../simulators/temporary-folder.ts'
import { TEMPLATE_VARIABLE } from './support/test-postgres.ts'

export function setup(): () => void {
  const folder = makeTemporaryFolder('central', openTmpdir())
  process.env[TEMPLATE_VARIABLE] = folder
  return () => rmSync(folder, { recursive: true, force: true })
}
