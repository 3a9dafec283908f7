/** How much the pages have a phone load over a slow link. */
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { buildConsoleIfNewer, PAGES } from '../../tools/build-console.ts'

const ALL_MAX_BYTES = 150_000

test('all JavaScript of all pages and languages together is at most 150 kB, compressed', async () => {
  await buildConsoleIfNewer()
  const files = globSync('assets/*.js', { cwd: PAGES })
  const sizes = files.map((file) => gzipSync(readFileSync(join(PAGES, file)), { level: 9 }).length)
  expect(files.length).toBeGreaterThan(10)
  expect(sizes.reduce((total, size) => total + size, 0)).toBeLessThanOrEqual(ALL_MAX_BYTES)
})

test('nothing in the page is inline, and nothing comes from elsewhere', async () => {
  await buildConsoleIfNewer()
  const html = readFileSync(join(PAGES, 'index.html'), 'utf8')
  expect(html).not.toMatch(/<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=/)
  expect(html.match(/(?:src|href)="[^"]*"/g)?.every((place) => /="\//.test(place))).toBe(true)
})
