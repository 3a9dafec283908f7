/** The map of a machine that is being connected, changed by hand before it is saved. */
import { expect, test } from 'vitest'
import { BROWSER_TEST_MAX_MS, describeInBrowser, startBrowser } from '../support/browser.ts'
import { ConnectWalk } from '../support/connect-walk.ts'
import { startConsoleSite } from '../support/console-site.ts'
import { startShownPress } from '../support/shown-machine.ts'

const NO_MAP = null
const RULES = 'status:\n  - { when: { r40101: 3 }, is: running }\n  - { else: true, is: idle }\n'

describeInBrowser('a map that is changed by hand before it is saved', () => {
  test(
    'is live where it says so, whatever was chosen above it, and is judged again where the gateway could not be reached',
    async () => {
      await using machine = await startShownPress()
      await using site = await startConsoleSite(NO_MAP)
      await using browser = await startBrowser()
      await using opened = await browser.open(site.url, '/connect')
      const { page } = opened
      const walk = new ConnectWalk(page)
      await walk.press('Modbus TCP')
      await walk.fill('IP address or name', '127.0.0.1')
      await walk.fill('Port', String(machine.port))
      await walk.press('Next: Signals')
      await walk.fill('Address, as the manual prints it', '40101')
      await walk.press('Read now')
      await walk.press('Take 40101 u16')
      await walk.press('Next: Teach-in')
      await walk.press('Next: Machine')
      await walk.fill('Code of the machine', 'PRESS-07')
      await walk.press('Next: Review')

      const text = () => page.locator('textarea').first()
      await walk.press('Change by hand')
      await text().waitFor()
      const byHand = (await text().inputValue()).replace(/^shadow: true.*\n/m, '')
      await text().fill(byHand + RULES)
      await page.getByRole('button', { name: 'Save and go live' }).waitFor()
      await walk.choose('Shadow')
      await page.getByRole('button', { name: 'Save in shadow' }).waitFor()
      await page.getByText('shadow: true').waitFor()

      await page.context().setOffline(true)
      await walk.press('Change by hand')
      await text().fill(`${await text().inputValue()}\n`)
      await page.getByText('The gateway cannot be reached.').first().waitFor()
      await page.context().setOffline(false)
      await walk.press('Try again')
      await page.getByText('No faults were found.').waitFor()

      await walk.press('Start again')
      await page.getByText('What was taken and taught so far is lost.').waitFor()
      await walk.press('Cancel')
      expect(await text().isVisible()).toBe(true)
    },
    BROWSER_TEST_MAX_MS,
  )
})
