/** For the whole run of vitest: a folder for the built program, which the first test that starts it builds there. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { makeTemporaryFolder, openTmpdir } from '../simulators/temporary-folder.ts'

/** Names the folder of this run; see test/support/built-program.ts. */
export const BUILD_VARIABLE = 'TEST_BUILD_FOLDER'

/** Below that folder: the program, laid out as the Dockerfile lays it out. */
export const IMAGE = 'image'

export function setup(project: TestProject): () => void {
  const folder = makeTemporaryFolder('build', openTmpdir())
  process.env[BUILD_VARIABLE] = folder
  // Where vitest stays, a source has changed.
  project.onTestsRerun(() => rmSync(join(folder, IMAGE), { recursive: true, force: true }))
  return () => rmSync(folder, { recursive: true, force: true })
}
