/** What a running gateway says of its API, and docs/api.md. */
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { apiPage } from '../../support/api-page.ts'
import { startConsoleGateway } from '../../support/console-gateway.ts'

const PAGE = fileURLToPath(new URL('../../../docs/api.md', import.meta.url))

interface Described {
  readonly operationId: string
  readonly summary: string
  readonly parameters: readonly { readonly name: string; readonly in: string; readonly schema: object }[]
  readonly requestBody?: { readonly content: object }
  readonly responses: Readonly<Record<string, object>>
}

test('every operation has a name of its own, a sentence, its parameters and its answers', async () => {
  const { port, tokens } = await startConsoleGateway()
  const headers = { authorization: `Bearer ${tokens.view}` }
  const answer = await fetch(`http://127.0.0.1:${port}/api/v1/openapi.json`, { headers })
  const document = (await answer.json()) as { readonly paths: Record<string, Record<string, Described>> }
  expect(document).toMatchObject({ openapi: '3.1.0', info: { title: 'Millrace console', version: 'v1' } })
  const paths = Object.entries(document.paths)
  const all = paths.flatMap(([path, of]) => Object.values(of).map((operation) => ({ path, ...operation })))
  expect(new Set(all.map(({ operationId }) => operationId)).size).toBe(all.length)
  for (const { path, summary, parameters, requestBody, responses, operationId } of all) {
    const inPath = parameters.filter((one) => one.in === 'path').map(({ name }) => name)
    expect([operationId, inPath.toSorted()]).toEqual([operationId, namesIn(path).toSorted()])
    expect(summary, operationId).toMatch(/^[A-Z].*\.$/)
    expect(Object.keys(responses)).toEqual(['200', 'default'])
    if (requestBody) expect(Object.keys(requestBody.content)).toEqual(['application/json'])
  }
  expect(JSON.stringify(document)).not.toContain('$schema')
})

function namesIn(path: string): readonly string[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name)
}

test('docs/api.md names every call with its role', async () => {
  const gateway = await startConsoleGateway()
  await expect(apiPage(await gateway.operations())).toMatchFileSnapshot(PAGE)
})
