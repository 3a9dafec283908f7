/** How much the pages have a phone load over a slow link. */
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, expect, onTestFinished, test, vi } from 'vitest'
import { buildConsoleIfNewer, buildPages, PAGES } from '../../tools/build-console.ts'

const ALL_MAX_BYTES = 150_000

afterEach(() => {
  vi.unstubAllEnvs()
})

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

test('the same source gives the same bytes, also to whoever builds it under a test or as a developer', async () => {
  const built: ReadonlyMap<string, string>[] = []
  for (const environment of ['test', 'development', 'production', undefined]) {
    const folder = mkdtempSync(join(tmpdir(), 'millrace-pages-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    vi.stubEnv('NODE_ENV', environment)
    await buildPages(folder)
    expect(process.env.NODE_ENV).toBe(environment)
    const files = globSync('**/*.*', { cwd: folder }).sort()
    built.push(new Map(files.map((file) => [file, readFileSync(join(folder, file), 'latin1')])))
  }
  expect(built[0]?.has('index.html')).toBe(true)
  const differences = built
    .slice(1)
    .map((other) => [...other].filter(([file, text]) => built[0]?.get(file) !== text).map(([file]) => file))
  expect(differences).toEqual([[], [], []])
}, 120_000)
