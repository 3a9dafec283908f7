/** The page of what is wrong now. */
import { expect, test } from 'vitest'
import { describeInBrowser, eventually } from '../support/browser.ts'
import { pressConsole } from '../support/console-site.ts'

describeInBrowser('the page of troubles', () => {
  const shared = pressConsole()

  test('says in the reader’s language what is wrong, what to do, and where to click', async () => {
    await using opened = await shared.open('/troubles', { locale: 'de-DE' })
    const { page, complaints } = opened
    await page.getByText('Alles in Ordnung').first().waitFor()
    await shared.press[Symbol.asyncDispose]()

    await page.getByRole('heading', { level: 2, name: 'Ein Gerät ist nicht erreichbar' }).waitFor()
    await eventually(() => page.getByRole('banner').textContent()).toMatch(/\d Störung/)
    const trouble = page.getByRole('listitem').filter({ hasText: 'refuses the connection' })
    expect(await trouble.textContent()).toMatch(/PRESS-07.*Was zu tun ist: port \d+ is closed/)
    await trouble.getByRole('link', { name: 'PRESS-07 öffnen' }).click()
    await page.getByRole('heading', { level: 1, name: 'PRESS-07' }).waitFor()
    await eventually(() => page.getByRole('region', { name: 'Geräte' }).textContent()).toContain('Verloren')
    await eventually(() => page.getByRole('row').filter({ hasText: 'current' }).textContent()).toContain(
      'von vor der Unterbrechung',
    )
    expect(complaints).toEqual([])
  })
})
