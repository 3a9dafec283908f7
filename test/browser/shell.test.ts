/** What stands around every page: navigation, language, the state of the connection, and the keyboard alone. */
import { expect, test } from 'vitest'
import { describeInBrowser, eventually, PHONE, settled } from '../support/browser.ts'
import { pressConsole } from '../support/console-site.ts'

describeInBrowser('the shell', () => {
  const shared = pressConsole()

  test('opens the line first, and goes from page to page without loading anew', async () => {
    await using opened = await shared.open()
    const { page, complaints } = opened
    await eventually(() => new URL(page.url()).pathname).toBe('/line')
    await page.evaluate('globalThis.isTheSame = true')
    await page.getByRole('link', { name: 'Troubles', exact: true }).click()
    await page.getByRole('heading', { level: 1, name: 'Troubles' }).waitFor()
    await page.goBack()
    await page.getByRole('heading', { level: 1, name: 'Line' }).waitFor()
    expect(await page.evaluate('globalThis.isTheSame')).toBe(true)
    expect(complaints).toEqual([])
  })

  test('has what a phone has no room for behind "More"', async () => {
    await using opened = await shared.open('/line', { viewport: PHONE })
    const { page } = opened
    await page.getByRole('button', { name: 'More' }).click()
    await page.getByRole('dialog').getByRole('link', { name: 'Scanners' }).click()
    await page.getByRole('heading', { level: 1, name: 'Scanners' }).waitFor()
    expect(await page.getByRole('dialog').count()).toBe(0)
  })

  test('speaks the language that was chosen, also the next time', async () => {
    await using opened = await shared.open('/troubles', { locale: 'de-AT' })
    const { page } = opened
    await page.getByRole('heading', { level: 1, name: 'Störungen' }).waitFor()
    await page.getByRole('button', { name: 'Ihr Konto' }).click()
    await page.getByLabel('Sprache').selectOption('Hrvatski')
    await page.getByRole('heading', { level: 1, name: 'Smetnje' }).waitFor()
    await page.reload()
    await page.getByRole('heading', { level: 1, name: 'Smetnje' }).waitFor()
    expect(await page.locator('html').getAttribute('lang')).toBe('hr')
  })

  test('is used by the keyboard alone: skips to the content, opens a dialog, and is back where it was', async () => {
    await using opened = await shared.open('/troubles')
    const { page } = opened
    await settled(page)
    const focused = () =>
      page.evaluate('document.activeElement.textContent || document.activeElement.ariaLabel')
    await page.keyboard.press('Tab')
    expect(await focused()).toBe('To the content')
    await page.keyboard.press('Enter')
    expect(await page.evaluate('document.activeElement.id')).toBe('content')
    await page.getByRole('button', { name: 'Your account' }).focus()
    await page.keyboard.press('Enter')
    await page.getByRole('dialog').waitFor()
    for (let presses = 0; presses < 12; presses++) {
      await page.keyboard.press('Tab')
      const isInside =
        "!!document.activeElement.closest('dialog') || document.activeElement === document.body"
      expect(await page.evaluate(isInside)).toBe(true)
    }
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    expect(await page.evaluate('document.activeElement.ariaLabel')).toBe('Your account')
  })

  test('says so where its reader’s clock shows another time than those of the plant', async () => {
    await using abroad = await shared.open('/troubles', { timezone: 'America/New_York' })
    await abroad.page
      .getByText(/in the zone of this device \(America.New_York\); the clocks of the plant show Europe.Rome/)
      .waitFor()
    // Another name, and the same time.
    await using near = await shared.open('/troubles', { timezone: 'Europe/Vienna' })
    await settled(near.page)
    expect(await near.page.getByText('the clocks of the plant').count()).toBe(0)
  })

  test('says when the connection to the gateway is lost, and that it is back', async () => {
    await using opened = await shared.open('/machine/PRESS-07')
    const { page } = opened
    await settled(page)
    await page.context().setOffline(true)
    await page.getByText('The connection to the gateway is lost.').waitFor()
    await page.context().setOffline(false)
    await page.getByText('The connection to the gateway is lost.').waitFor({ state: 'detached' })
  })

  test('opens a page that did not come while the gateway was away, once it is back', async () => {
    await using opened = await shared.open('/line')
    const { page } = opened
    await page.locator('.tile').getByText('Live').waitFor()
    await page.context().setOffline(true)
    await page.getByText('The connection to the gateway is lost.').waitFor()
    await page.locator('.tile').getByText('Live').waitFor({ state: 'detached' })
    await page.getByRole('link', { name: 'Delivery' }).click()
    await page.getByText('The gateway cannot be reached.').waitFor()
    await page.context().setOffline(false)
    await page.getByRole('heading', { level: 1, name: 'Delivery' }).waitFor()
  })
})
