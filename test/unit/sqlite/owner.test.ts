/** Whose the files are that a command makes, run by root beside a gateway that is somebody else. */
import { chownSync, mkdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openDatabase } from '../../../src/sqlite/database.ts'
import { testFolder } from '../../support/buffer.ts'

const NOBODY = 65_534

test.runIf(process.getuid?.() === 0)(
  'a file that root makes in the data folder of the gateway is the gateway’s',
  () => {
    const data = join(testFolder(), 'data')
    mkdirSync(data)
    chownSync(data, NOBODY, NOBODY)
    const file = join(data, 'routes', 'plant-feed.db')
    const db = openDatabase(
      { name: 'feed-book', file, upper: data },
      { steps: ['CREATE TABLE note (key TEXT) STRICT'] },
    )
    const owners = [join(data, 'routes'), file, `${file}-wal`].map((path) => statSync(path).uid)
    db.close()
    expect(owners).toEqual([NOBODY, NOBODY, NOBODY])
  },
)
