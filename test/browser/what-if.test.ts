/** The page What if in Chromium: an edited map on what a gateway has recorded of a press. */
import { beforeAll, expect, test, vi } from 'vitest'
import { axeFindings, describeInBrowser, eventually, PHONE, widerThanScreen } from '../support/browser.ts'
import { FAULT, RUNNING } from '../support/console-press.ts'
import { pressConsole } from '../support/console-site.ts'

const TIMEOUT_MS = 120_000
const PATIENCE = { timeout: 60_000, interval: 200 }
const HOUR_MS = 3_600_000

/** What is used here of the API's answers. */
interface Answer {
  readonly machines?: readonly { readonly status: string | null }[]
  readonly text?: string
  readonly stops?: readonly { readonly after: { readonly to: string | null } | null }[]
}

/** For the end of a map. */
const SHORT_STOPS = 'stops: {micro_stop_below: 2s}\n'
const PAGE = '/what-if/machine.yaml'

describeInBrowser('the page What if', () => {
  const shared = pressConsole()

  beforeAll(async () => {
    shared.press.show(FAULT)
    await vi.waitFor(async () => expect(await status()).toBe('down'), PATIENCE)
    shared.press.show(RUNNING)
    await vi.waitFor(async () => expect(await status()).toBe('running'), PATIENCE)
    await vi.waitFor(async () => expect(await stopsRecorded()).toBe(1), PATIENCE)
  }, TIMEOUT_MS)

  async function status(): Promise<unknown> {
    const { machines } = await asked('/line')
    return machines?.[0]?.status
  }

  /** Of the hour until now, under a map that counts short ones as well. */
  async function stopsRecorded(): Promise<number> {
    const { text } = await asked('/maps/machine.yaml')
    const span = { from: new Date(Date.now() - HOUR_MS), to: new Date() }
    const { stops = [] } = await asked('/what-if', {
      file: 'machine.yaml',
      text: `${text}${SHORT_STOPS}`,
      ...span,
    })
    return stops.filter(({ after }) => after?.to).length
  }

  async function asked(path: string, body?: unknown): Promise<Answer> {
    const method = body === undefined ? 'GET' : 'POST'
    const headers = { 'x-millrace': '1', 'content-type': 'application/json' }
    const sent = body === undefined ? {} : { body: JSON.stringify(body) }
    const answer = await fetch(`${shared.url}/api/v1${path}`, { method, headers, ...sent })
    return (await answer.json()) as Answer
  }

  test(
    'says of the map as it is that nothing would have been different',
    async () => {
      await using opened = await shared.open('/what-if')
      const { page, complaints } = opened
      await page.getByLabel('Whose recorded time is replayed').selectOption('PRESS-07')
      await page.getByRole('button', { name: 'Replay' }).click()
      await page.getByText('Nothing would have been different.').waitFor({ timeout: 30_000 })
      expect(complaints).toEqual([])
    },
    TIMEOUT_MS,
  )

  test(
    'shows which stops an edited map would have made, on a phone as well, and leads to the page where it is applied',
    async () => {
      await using opened = await shared.open(PAGE, { viewport: PHONE })
      const { page, complaints } = opened
      const text = page.getByRole('textbox')
      const before = await text.inputValue()
      await text.fill(`${before}${SHORT_STOPS}`)
      await page.getByRole('button', { name: 'Replay' }).click()
      await page.getByText(/1 stop of .* would be new/).waitFor({ timeout: 30_000 })
      await page.getByRole('slider', { name: /With this map/ }).waitFor()
      await page
        .getByRole('cell', { name: /e_stop/ })
        .first()
        .waitFor()
      expect(await widerThanScreen(page)).toBe(0)
      expect(await axeFindings(page)).toEqual([])
      await page.getByRole('link', { name: 'Apply these changes…' }).click()
      await eventually(() => page.url()).toContain('/edit/machine.yaml')
      expect(complaints).toEqual([])
    },
    TIMEOUT_MS,
  )

  test(
    'says of a text with a fault where it is',
    async () => {
      await using opened = await shared.open(PAGE)
      const { page } = opened
      await page.getByRole('textbox').fill('machine: PRESS-07\ndevice: {driver: modbus-tcp}\n')
      await page.getByRole('button', { name: 'Replay' }).click()
      await page.getByText('the map has faults').waitFor({ timeout: 30_000 })
    },
    TIMEOUT_MS,
  )
})
