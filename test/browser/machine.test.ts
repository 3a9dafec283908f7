/** The page of one machine, on a real device. */
import { expect, test } from 'vitest'
import { describeInBrowser, eventually } from '../support/browser.ts'
import { FAULT, RUNNING } from '../support/console-press.ts'
import { pressConsole } from '../support/console-site.ts'

describeInBrowser('the page of a machine', () => {
  const shared = pressConsole()

  test('shows each signal as the device gave it and as the rules see it, with every form of its address', async () => {
    await using opened = await shared.open('/machine/PRESS-07')
    const { page } = opened
    const row = page.getByRole('row').filter({ hasText: 'current' })
    await eventually(() => row.textContent()).toMatch(/230\.5 A.*2305 0x0901.*good/)
    expect(await row.textContent()).toContain('40103 = wire 102 (0x0066), function 3')
  })

  test('shows which rule decides, what is about to follow, and afterwards why it was so', async () => {
    shared.press.show(RUNNING)
    await using opened = await shared.open('/machine/PRESS-07')
    const { page, complaints } = opened
    const now = page.getByRole('region', { name: 'Now' })
    const deciding = page.locator('.rule.decides')
    await eventually(() => now.textContent()).toContain('Running')
    await eventually(() => deciding.textContent()).toContain('state: running')

    shared.press.show(FAULT)
    await eventually(() => now.textContent()).toMatch(/Down \(e_stop\) follows in \d s if this lasts/)
    await eventually(() => deciding.textContent()).toMatch(/state: fault: holds.*guard: true: holds/)
    await eventually(() => now.textContent()).toMatch(/Down.*Reason e_stop/)

    const rows = page.getByRole('region', { name: 'Last rows' })
    const first = rows.locator('tbody tr').first()
    await eventually(() => first.textContent()).toMatch(/Down.*goes on.*state = fault/)
    expect(await rows.textContent()).toMatch(/still on .* way/)
    await first.getByRole('button').click()
    await eventually(() => page.getByRole('dialog').textContent()).toMatch(/state = fault.*guard = true/)
    await page.keyboard.press('Escape')

    await page.getByLabel('Why was it so at …').fill(inAMinute())
    await page.getByRole('button', { name: 'Show' }).click()
    await eventually(() => page.getByRole('dialog').textContent()).toMatch(/Down.*e_stop.*state = fault/)
    expect(complaints).toEqual([])
  })

  test('says what to do where there is no such machine', async () => {
    await using opened = await shared.open('/machine/PRESS-77')
    await opened.page.getByText('no map of PRESS-77 is in force').waitFor()
  })
})

/** As the field for a moment takes it, in the time of this computer. */
function inAMinute(): string {
  const at = new Date(Date.now() + 60_000)
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16)
}
