/** The documents of the feed in docs/feed are those that this program writes, and fit each other. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { feedDocuments } from '../../../../src/routes/mqtt/json/documents.ts'

const documents = Object.entries(feedDocuments())

describe('docs/feed', () => {
  it.each(documents)('%s is as `millrace schema --write` writes it', (file, text) => {
    expect(existsSync(file) && readFileSync(file, 'utf8')).toBe(text)
  })

  it('has no file of before', () => {
    expect(
      readdirSync('docs/feed')
        .map((file) => `docs/feed/${file}`)
        .toSorted(),
    ).toEqual(documents.map(([file]) => file).toSorted())
  })

  it('refers only to what is there', () => {
    const [, text = ''] = documents.find(([file]) => file.endsWith('asyncapi.yaml')) ?? []
    const api = parse(text)
    const targets = [...text.matchAll(/\$ref: "?(\S+?)"?$/gm)].map(([, target = '']) => target)
    expect(targets.length).toBeGreaterThan(30)
    for (const target of targets) {
      const path = target.startsWith('#/') ? target.slice(2).split('/') : undefined
      const found = path ? path.reduce((part, key) => part?.[key], api) : existsSync(`docs/feed/${target}`)
      expect(found, target).toBeTruthy()
    }
  })
})
