/** The catalogue of faults as a table, for people and for docs/guarantees.md. */
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

export function printCatalogue(): void {
  console.log(catalogueTable().join('\n'))
}
