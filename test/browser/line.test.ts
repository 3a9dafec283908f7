/** The page of the line in Chromium, on a gateway that reads a press: what it shows is what the press does. */
import { expect, test } from 'vitest'
import { axeFindings, describeInBrowser, eventually, PHONE } from '../support/browser.ts'
import { FAULT, RUNNING } from '../support/console-press.ts'
import { pressConsole } from '../support/console-site.ts'

const TIMEOUT_MS = 120_000

describeInBrowser('the page of the line', () => {
  const shared = pressConsole()

  test(
    'shows on its tile what the press does, as soon as it does it',
    async () => {
      await using opened = await shared.open('/line')
      const { page, complaints } = opened
      const tile = page.locator('.tile', { hasText: 'PRESS-07' })
      await tile.getByText('Running').waitFor()
      shared.press.show(FAULT)
      await tile.getByText('Down').waitFor()
      await tile.getByText('e_stop').waitFor()
      shared.press.show(RUNNING)
      await tile.getByText('Running').waitFor()
      expect(complaints).toEqual([])
    },
    TIMEOUT_MS,
  )

  test(
    'finds machines by name and by status, and says where none is left',
    async () => {
      await using opened = await shared.open('/line')
      const { page } = opened
      const tiles = page.locator('.tile')
      await tiles.first().waitFor()
      await page.getByLabel('Search').fill('press-99')
      await page.getByText('No machine matches').waitFor()
      expect(await tiles.count()).toBe(0)
      await page.getByRole('button', { name: 'Show all machines' }).click()
      await tiles.first().waitFor()
      await page.getByRole('button', { name: /Running 1/ }).click()
      expect(await tiles.count()).toBe(1)
    },
    TIMEOUT_MS,
  )

  test(
    'walks and zooms the timeline by keyboard alone, and says what each stretch is',
    async () => {
      await using opened = await shared.open('/line')
      const { page } = opened
      const strip = page.getByRole('slider', { name: 'Timeline of PRESS-07' })
      await eventually(() => strip.getAttribute('aria-valuemax').then(Number)).toBeGreaterThan(0)
      await strip.focus()
      await page.keyboard.press('ArrowRight')
      await page.keyboard.press('ArrowRight')
      await eventually(() => strip.getAttribute('aria-valuetext')).toMatch(/Running|Down|Idle/)
      await page.locator('.strip-note').waitFor()
      const whole = await page.locator('.zoom-window').textContent()
      await page.keyboard.press('+')
      await eventually(() => page.locator('.zoom-window').textContent()).not.toBe(whole)
      await page.keyboard.press('Home')
      await eventually(() => page.locator('.zoom-window').textContent()).toBe(whole)
      expect(await axeFindings(page)).toEqual([])
    },
    TIMEOUT_MS,
  )

  test(
    'says of a day before the log began that the log does not reach back so far',
    async () => {
      await using opened = await shared.open('/line', { viewport: PHONE })
      const { page } = opened
      await page.locator('.tile').first().waitFor()
      await page.getByRole('button', { name: 'Yesterday' }).click()
      const strip = page.getByRole('slider', { name: 'Timeline of PRESS-07' })
      await strip.focus()
      await page.getByText('The local log reaches back to').waitFor()
      await page.keyboard.press('ArrowRight')
      await eventually(() => strip.getAttribute('aria-valuetext')).toMatch(/Older than the local log/)
      await page.getByText('No planned time was seen').waitFor()
    },
    TIMEOUT_MS,
  )

  test(
    'says how much of the planned time that was seen the press has run',
    async () => {
      await using opened = await shared.open('/line')
      const { page } = opened
      const sums = page.getByRole('region', { name: 'Availability' }).first()
      await sums.getByText('%').first().waitFor()
    },
    TIMEOUT_MS,
  )
})
