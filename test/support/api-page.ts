/** docs/api.md, made of what the API says of itself, so that neither can go without the other. */
import type { DescribedOperation } from './console-gateway.ts'

const HEAD = `# The API

Everything that the pages of the console show and change goes over this API, and is there for scripts as well. It is described as OpenAPI 3.1 at
\`/api/v1/openapi.json\` of each gateway, with the schema of everything that goes in and comes out. How to sign in, how to make a token
for a script, and what is refused: [console.md](console.md).

This page is made by a test of what a gateway says of itself; \`npx vitest run -u test/integration/console/openapi.test.ts\` writes it again.
Paths are below \`/api/v1\`. A role may do what those before it may: \`view\`, \`configure\`, \`administer\`. \`events\` are server-sent events.
`

/** The whole page. */
export function apiPage(operations: readonly DescribedOperation[]): string {
  const areas = Map.groupBy(operations, ({ path }) => path.split('/')[1] ?? '')
  const sections = [...areas]
    .toSorted(([a], [b]) => a.localeCompare(b, 'en'))
    .map(([area, of]) => {
      const rows = of.toSorted(
        (a, b) => a.path.localeCompare(b.path, 'en') || a.method.localeCompare(b.method, 'en'),
      )
      return `\n## ${area}\n\n| Call | Role | What it is |\n|---|---|---|\n${rows.map(rowOf).join('')}`
    })
  return `${HEAD}${sections.join('')}`
}

function rowOf({ method, path, role, summary, isStream }: DescribedOperation): string {
  return `| \`${method} ${path}\`${isStream ? ' (events)' : ''} | ${role} | ${summary.replaceAll('|', '\\|')} |\n`
}
