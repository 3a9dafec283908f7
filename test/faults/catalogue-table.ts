/** The catalogue of faults as a table, for people and for docs/guarantees.md. */
import { BOUNDS } from './bounds.ts'
import { CATALOGUE } from './catalogue.ts'

/** Lines of a table in Markdown. */
export function catalogueTable(): readonly string[] {
  const rows = CATALOGUE.map(({ id, fault, expected, tests, campaign, beyond }) => {
    const played = tests.map((file) => `\`${file.replace(/^test\//, '')}\``).join(', ')
    const length = campaign === undefined ? '' : `; at length \`${campaign}\``
    const limit = beyond === undefined ? '' : `. Limits: ${beyond}`
    return `| ${id} | ${fault} | ${expected} | ${played}${length}${limit} |`
  })
  return ['| Id | Fault | What must come of it | Played by |', '|---|---|---|---|', ...rows]
}

/** The bounds of the product, likewise. */
export function boundsTable(): readonly string[] {
  const rows = BOUNDS.map(({ what, limit, reached, name, file, test }) => {
    const where = `\`${name}\` in \`${file}\``
    return `| ${what} | ${limit} | ${reached} | ${where} | \`${test.replace(/^test\//, '')}\` |`
  })
  return ['| What | Limit | There | Named | Reached by |', '|---|---|---|---|---|', ...rows]
}

export function printCatalogue(): void {
  console.log([...catalogueTable(), '', ...boundsTable()].join('\n'))
}
