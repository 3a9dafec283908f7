/**
 * Brings a release into force as nobody should: over the files of the one before, one after the other. It kills itself half way.
 * Arguments as those of install-and-die.ts.
 */
import { writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { releaseFolders } from '../../src/releases/settings.ts'
import { machinesOfRelease } from './release-of-many.ts'

const [dataFolder = '', register = '', step] = process.argv.slice(2)
const { devices } = releaseFolders(dataFolder)
for (const [index, { path, bytes }] of machinesOfRelease(Number(register)).entries()) {
  if (step !== undefined && index === 10) process.kill(process.pid, 'SIGKILL')
  writeFileSync(join(devices, basename(path)), bytes)
}
