/**
 * Brings a release into force in a process of its own, which kills itself once a step is done.
 * Arguments: the data folder, the register that its maps read, and the step; without a step it ends by itself.
 */
import { installRelease } from '../../src/releases/install-release.ts'
import { machinesOfRelease } from './release-of-many.ts'

const [dataFolder = '', register = '', step] = process.argv.slice(2)
const files = machinesOfRelease(Number(register))
const note = {
  name: `git-${register}`,
  kind: 'git',
  from: 'test',
  line: 'test',
  counter: Number(register),
  id: register,
  signer: null,
} as const
await installRelease(
  { note, files },
  {
    dataFolder,
    judge: async () => [],
    between: async (change) => change(),
    nowMs: () => Date.now(),
    done: (done) => {
      if (done === step) process.kill(process.pid, 'SIGKILL')
    },
  },
)
