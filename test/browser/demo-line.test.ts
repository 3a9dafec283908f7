/**
 * The line of the demo, as a newcomer sees it in the browser: every page is alive. `npm run pictures` keeps what is seen here as
 * the pictures of README and docs.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Line, startLine } from '../../src/demo/line.ts'
import {
  describeInBrowser,
  LAPTOP,
  PHONE,
  settled,
  startBrowser,
  type TestBrowser,
  widerThanScreen,
} from '../support/browser.ts'
import { PROGRAM } from '../support/run-millrace.ts'

const MINUTE_MS = 60_000
const START_MAX_MS = 4 * MINUTE_MS
/** Where pictures are kept; undefined: nowhere. */
const PICTURES = process.env.MILLRACE_PICTURES
/** A picture shows a line that has worked for a while. */
const WORKED_MS = PICTURES === undefined ? 0 : MINUTE_MS

interface Seen {
  readonly name: string
  readonly path: string
  /** What only a living line shows. */
  readonly isAlive: (page: Page) => Promise<void>
}

const shows = (text: string | RegExp) => (page: Page) => page.getByText(text).first().waitFor()

/** Replays what was recorded of the press through a map that waits longer before it believes a stop. */
async function replays(page: Page): Promise<void> {
  const text = page.getByRole('textbox').first()
  await text.fill((await text.inputValue()).replace('ignore_stop_below: 0s', 'ignore_stop_below: 1s'))
  await page.getByRole('button', { name: 'Replay' }).click()
  const result = page.getByText('What would have been different')
  await page.getByText('Timelines').waitFor({ timeout: MINUTE_MS })
  await result.evaluate('(heading) => heading.scrollIntoView()')
}

const PAGES: readonly Seen[] = [
  { name: 'line', path: '/line', isAlive: shows('FILLER-01') },
  { name: 'machine', path: '/machine/PRESS-07', isAlive: shows(/decides now/) },
  { name: 'connect', path: '/connect', isAlive: shows(/Modbus/) },
  { name: 'edit', path: '/edit/press-07.yaml', isAlive: shows('press-07.yaml') },
  { name: 'what-if', path: '/what-if/press-07.yaml', isAlive: replays },
  { name: 'scanners', path: '/scanners', isAlive: shows('ST-07') },
  { name: 'delivery', path: '/delivery', isAlive: shows('Connected') },
  { name: 'troubles', path: '/troubles', isAlive: (page) => settled(page) },
]

describeInBrowser('the line of the demo', () => {
  let line: Line
  let browser: TestBrowser
  let url: string
  const things = new AsyncDisposableStack()

  beforeAll(async () => {
    browser = things.use(await startBrowser())
    line = things.use(await startLine({ program: PROGRAM, seed: 7 }))
    line.gateway.start()
    expect(await line.gateway.untilInSight(MINUTE_MS)).toBe(true)
    await line.simulators.startDay()
    url = (line.gateway.pages ?? '').replace(/\/$/, '')
    await wait(WORKED_MS)
  }, START_MAX_MS)
  afterAll(() => things.disposeAsync(), MINUTE_MS)

  test.each(PAGES)('is alive on the page $path', async ({ name, path, isAlive }) => {
    for (const [size, viewport] of Object.entries({ laptop: LAPTOP, phone: PHONE })) {
      await using opened = await browser.open(url, path, { viewport, timezone: 'Europe/Rome' })
      await settled(opened.page)
      await isAlive(opened.page)
      expect(opened.complaints).toEqual([])
      expect(await widerThanScreen(opened.page)).toBe(0)
      if (PICTURES !== undefined) await keepPicture(opened.page, PICTURES, `${name}-${size}.png`)
    }
  })

  test('scrolls a long map within its frame, instead of making the page as long as the map', async () => {
    await using opened = await browser.open(url, '/edit/press-07.yaml')
    const { page } = opened
    await page.getByRole('textbox', { name: 'Text of press-07.yaml' }).waitFor()
    const below =
      'document.documentElement.scrollHeight - document.querySelector("main").getBoundingClientRect().bottom'
    expect(await page.evaluate(below)).toBeLessThan(1)
  })
})

async function keepPicture(page: Page, folder: string, name: string): Promise<void> {
  mkdirSync(folder, { recursive: true })
  await page.screenshot({ path: join(folder, name) })
}
