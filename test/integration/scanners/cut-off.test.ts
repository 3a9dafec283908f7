/** A device server that is gone without a word. It takes a network of its own, which only root may make. */
import { execFile, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const SCRIPT = join(import.meta.dirname, '../../support/cut-beep.ts')
const mayMakeNetworks = spawnSync('unshare', ['-n', 'ip', 'link', 'set', 'lo', 'up']).status === 0

test.runIf(mayMakeNetworks)(
  'a device server that is cut off in the moment of a beep is given up within seconds, not after a quarter of an hour',
  async () => {
    const { stdout } = await promisify(execFile)('unshare', ['-n', process.execPath, SCRIPT], {
      timeout: 25_000,
    })
    expect(JSON.parse(stdout)).toMatchObject({
      code: 'link-timeout',
      message: expect.stringMatching(/^ST-12: 127\.0\.0\.1:\d+ does not answer any more$/),
    })
  },
)
