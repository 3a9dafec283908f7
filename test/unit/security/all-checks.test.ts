import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { CHECKS } from '../../security/checks.ts'

const FOLDER = join(import.meta.dirname, '../../security')
const files = readdirSync(FOLDER).filter((name) => name.endsWith('.test.ts'))
const docs = readFileSync(join(FOLDER, '../../docs/security.md'), 'utf8')

test.each(CHECKS)(
  '$id has a file that declares it, and a line in docs/security.md with what it serves',
  (check) => {
    const { id, requirements } = check
    const number = id.slice(1).padStart(2, '0')
    const texts = files
      .filter((name) => name.startsWith(`s${number}-`))
      .map((name) => readFileSync(join(FOLDER, name), 'utf8'))
    expect(texts.length).toBeGreaterThan(0)
    for (const text of texts) expect(text).toContain(`id: '${id}'`)
    expect(docs).toMatch(
      new RegExp(
        `^\\| ${id} \\| .* \\|${requirements.length > 0 ? ` ${requirements.join(', ')}` : ''} \\|$`,
        'm',
      ),
    )
  },
)

test('no file declares a check that is not listed', () => {
  const known = CHECKS.map(({ id }) => `s${id.slice(1).padStart(2, '0')}-`)
  expect(files.filter((name) => !known.some((begin) => name.startsWith(begin)))).toEqual([])
})
