/** What holds for every page: contrast, labels and structure, nothing wider than the screen, nothing asked of elsewhere. */
import { expect, test } from 'vitest'
import {
  axeFindings,
  describeInBrowser,
  LAPTOP,
  type Look,
  PHONE,
  settled,
  widerThanScreen,
} from '../support/browser.ts'
import { consolePages } from '../support/console-pages.ts'
import { pressConsole } from '../support/console-site.ts'

const PAGES = [...consolePages(), '/machine/PRESS-07', '/no-such-page']
const LOOKS: readonly (Look & { readonly name: string })[] = [
  { name: 'on a laptop', viewport: LAPTOP, colorScheme: 'light' },
  { name: 'on a laptop, dark', viewport: LAPTOP, colorScheme: 'dark' },
  { name: 'on a phone', viewport: PHONE, colorScheme: 'light' },
]

describeInBrowser('every page', () => {
  const shared = pressConsole()

  test('is in the list', () => {
    expect(PAGES.length).toBeGreaterThan(10)
  })

  test.each(LOOKS)('has contrast, labels and no fault, and fits, $name', async (look) => {
    await using opened = await shared.open('/', look)
    const { page, complaints } = opened
    const findings: string[] = []
    for (const path of PAGES) {
      await page.goto(shared.url + path)
      await settled(page)
      findings.push(...(await axeFindings(page)).map((finding) => `${path}: ${finding}`))
      const wider = await widerThanScreen(page)
      if (wider > 0) findings.push(`${path}: wider than the screen by ${wider} px`)
    }
    expect(findings).toEqual([])
    expect(complaints).toEqual([])
  })

  test.each(['de', 'it', 'hr'])('fits on a phone in %s too', async (locale) => {
    await using opened = await shared.open('/', { viewport: PHONE, locale })
    const { page } = opened
    const wide: string[] = []
    for (const path of PAGES) {
      await page.goto(shared.url + path)
      await settled(page)
      if ((await widerThanScreen(page)) > 0) wide.push(path)
    }
    expect(await page.locator('html').getAttribute('lang')).toBe(locale)
    expect(wide).toEqual([])
    const cut =
      "[...document.querySelectorAll('.navigation span')].filter((word) => word.scrollWidth > word.clientWidth).length"
    expect(await page.evaluate(cut)).toBe(0)
  })
})
