/** The page on which device maps are edited, in a real browser: no map that is saved here takes a machine down. */
import { appendFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import {
  axeFindings,
  describeInBrowser,
  eventually,
  LAPTOP,
  PHONE,
  startBrowser,
  type TestBrowser,
  widerThanScreen,
} from '../support/browser.ts'
import { historyIn } from '../support/central-tiling.ts'
import { type EditedSite, startEditedSite } from '../support/edited-site.ts'

/** A trial takes a minute. */
const TRIAL_MS = 150_000

describeInBrowser('the page on which device maps are edited', () => {
  let site: EditedSite
  let browser: TestBrowser

  beforeAll(async () => {
    site = await startEditedSite(true)
    browser = await startBrowser()
  })

  afterAll(async () => {
    await browser?.[Symbol.asyncDispose]()
    await site?.[Symbol.asyncDispose]()
  })

  const saved = (file = 'press-07.yaml') => readFileSync(site.pathOf(file), 'utf8')

  async function open(path = '/edit/press-07.yaml', look = {}): Promise<Page> {
    const { page, complaints, ...opened } = await browser.open(site.api.url, path, look)
    onTestFinished(async () => {
      await opened[Symbol.asyncDispose]()
      expect(complaints).toEqual([])
    })
    return page
  }

  /** Replaces a part of the text as somebody who types it. */
  async function replace(page: Page, part: string, by: string): Promise<void> {
    const area = page.locator('textarea')
    await area.evaluate((element, wanted) => {
      const field = element as unknown as {
        value: string
        focus(): void
        setSelectionRange(from: number, to: number): void
      }
      field.focus()
      const at = field.value.indexOf(wanted)
      field.setSelectionRange(at, at + wanted.length)
    }, part)
    await page.keyboard.insertText(by)
  }

  /** For whoever wants to look at the page: in the folder that the environment names. */
  async function picture(page: Page, name: string): Promise<void> {
    const folder = process.env.MILLRACE_PICTURES
    if (folder) await page.screenshot({ path: join(folder, `edit-${name}.png`) })
  }

  async function apply(page: Page): Promise<void> {
    await page.getByRole('button', { name: 'What changes …' }).click()
    await page.getByRole('button', { name: 'Apply' }).click()
  }

  test(
    'an address that the device refuses is rolled back by itself, while the other machine goes on without a gap',
    async () => {
      const page = await open()
      const [before, links] = [saved(), site.cnc.connections]
      await replace(page, 'at: 40101', 'at: 41501')
      await page.getByRole('button', { name: 'What changes …' }).click()
      await page.getByText('1 signal changed: state').waitFor()
      await page.getByText('Its connections are closed and made again.').waitFor()
      const [fromMs, turnsBefore] = [Date.now(), site.turns()]
      await page.getByRole('button', { name: 'Apply' }).click()
      await page.getByText('in force, on trial').waitFor()
      await page
        .getByText(/^Nothing could be read for \d/)
        .last()
        .waitFor()
      await picture(page, 'trial')
      await page
        .getByText('rolled back: the version before it is in force again')
        .waitFor({ timeout: TRIAL_MS })
      const [untilMs, turnsMade] = [Date.now(), site.turns() - turnsBefore]
      await picture(page, 'rolled-back')
      // It is read again as before, though its file still says the other thing.
      await site.gateway.until(({ machines }) => expect(machines[1]).toMatchObject({ status: 'running' }))
      expect(saved()).toBe(before.replace('40101', '41501'))
      await page.getByText('no such address').first().waitFor()

      const rows = async () =>
        (await historyIn(site.central)).filter(
          ({ machine, atMs }) => machine === 'CNC-01' && atMs >= fromMs && atMs <= untilMs,
        )
      expect(turnsMade).toBeGreaterThan(2)
      // One that was made at the very edge of that time may have its row beyond it.
      await eventually(async () => (await rows()).length).toBeGreaterThanOrEqual(turnsMade - 1)
      expect(new Set((await rows()).map(({ status }) => status))).toEqual(new Set(['running', 'idle']))
      expect(site.cnc.connections).toBe(links)

      // Whoever opens the file later is told as well that it is not what is in force.
      await page.reload()
      await page.getByText('rolled back: the version before it is in force again').waitFor()
      await page.getByRole('tab', { name: 'Versions' }).click()
      await page.getByRole('cell', { name: /^rolled back/ }).waitFor()
      await page
        .getByRole('button', { name: /^Compare the version/ })
        .first()
        .click()
      await page.getByRole('button', { name: 'Take up this text again' }).click()
      await page.getByRole('button', { name: 'Apply' }).click()
      await page.getByText('in force, and read well').waitFor()
      expect(saved()).toBe(before)
    },
    TRIAL_MS * 2,
  )

  test('a text with faults is marked where it is wrong, put right with one press, and never applied', async () => {
    const page = await open()
    const before = saved()
    await replace(page, 'is: idle', 'is: idel')
    await page.getByText('1 fault', { exact: true }).first().waitFor()
    await page.locator('.code-line.bad').waitFor()
    expect(await page.locator('textarea').getAttribute('aria-invalid')).toBe('true')
    expect(await page.getByRole('button', { name: 'What changes …' }).isDisabled()).toBe(true)
    await page.getByRole('tab', { name: 'What changes' }).click()
    await page.getByText('A text with faults is never put in force.').waitFor()
    await page.getByRole('tab', { name: 'Text' }).click()
    await page.getByRole('button', { name: 'Line 10, column 22' }).click()
    expect(await page.evaluate('getSelection().toString()')).toBe('idel')
    await page.getByRole('button', { name: 'Write “idle”' }).click()
    await page.getByText('as it is saved').waitFor()
    expect(saved()).toBe(before)
  })

  test('what was typed is still there when the page is opened again, and can be undone', async () => {
    const page = await open()
    await replace(page, '# As the manual says.', '# By hand.')
    await page.getByText('no faults').waitFor()
    await page.reload()
    await eventually(() => page.locator('textarea').inputValue()).toContain('# By hand.')
    await replace(page, '# By hand.', '# Twice.')
    await page.keyboard.press('Control+z')
    expect(await page.locator('textarea').inputValue()).toContain('# By hand.')
  })

  test('nothing is saved over what somebody else has saved: both are shown, and one is chosen', async () => {
    const page = await open()
    await replace(page, '# 1 is production', '# 1 is mine')
    await page.getByText('no faults').waitFor()
    appendFileSync(site.pathOf('press-07.yaml'), '# theirs\n')
    await apply(page)
    await page.getByText('Somebody else has changed this file').waitFor()
    await page.locator('.diff-line.removed', { hasText: '# theirs' }).waitFor()
    await page.locator('.diff-line.added', { hasText: '# 1 is mine' }).waitFor()
    expect(saved()).not.toContain('mine')
    await page.getByRole('button', { name: 'Take what is in the file' }).click()
    await page.getByRole('tab', { name: 'Text' }).click()
    expect(await page.locator('textarea').inputValue()).toContain('# theirs')
  })

  test('by the keyboard alone: words are offered, Tab indents, and Escape lets Tab leave the text', async () => {
    const page = await open()
    const area = page.locator('textarea')
    await area.focus()
    await page.keyboard.press('Control+End')
    await page.keyboard.type('events_for: [se')
    await page.getByRole('option', { name: 'setup' }).waitFor()
    await page.keyboard.press('Enter')
    await page.keyboard.type(']\nneed')
    await page.getByRole('option', { name: 'needs_wo' }).waitFor()
    await page.getByText('Not running without a work order is available').first().waitFor()
    await page.keyboard.press('Tab')
    await page.getByRole('option', { name: 'true' }).waitFor()
    await page.keyboard.press('Escape')
    await page.keyboard.type('false')
    expect(await area.inputValue()).toMatch(/events_for: \[setup\]\nneeds_wo: false$/)
    await page.keyboard.press('Enter')
    await page.keyboard.press('Tab')
    expect(await area.inputValue()).toMatch(/needs_wo: false\n {2}$/)
    await page.keyboard.press('Escape')
    await page.keyboard.press('Tab')
    expect(await area.evaluate('document.activeElement.tagName')).not.toBe('TEXTAREA')
  })

  test('a new file brings a machine into service, and removing it says what becomes of its row', async () => {
    const page = await open('/edit')
    await page.getByRole('button', { name: 'New file' }).click()
    await page.getByLabel('Name').fill('weld-03')
    await page.getByText('The file will be weld-03.yaml.').waitFor()
    await page.getByRole('button', { name: 'Begin' }).click()
    await page
      .getByText(/\d faults/)
      .first()
      .waitFor()
    await replace(page, 'machine: ', 'machine: WELD-03')
    await replace(page, 'host: ,', `host: 127.0.0.1, port: ${site.press.port},`)
    await page.getByText('no faults').waitFor()
    await page.getByRole('button', { name: 'What changes …' }).click()
    await page.getByText('It is connected for the first time.').waitFor()
    await page.getByRole('button', { name: 'Make and apply' }).click()
    await site.gateway.until(({ machines }) => expect(machines[2]).toMatchObject({ status: 'running' }))
    await page.reload()
    await page.getByRole('button', { name: 'Remove' }).click()
    await page.getByText(/Its open row \(running since/i).waitFor()
    await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click()
    await page.getByRole('button', { name: 'New file' }).waitFor()
    await site.gateway.until(({ machines }) => expect(machines).toHaveLength(2))
  })

  test.each([
    { size: 'laptop', viewport: LAPTOP, colorScheme: 'light' },
    { size: 'laptop', viewport: LAPTOP, colorScheme: 'dark' },
    { size: 'phone', viewport: PHONE, colorScheme: 'light' },
    { size: 'phone', viewport: PHONE, colorScheme: 'dark' },
  ] as const)(
    'axe finds nothing on a $size in $colorScheme, and nothing is wider than the screen',
    async (look) => {
      const page = await open('/edit', look)
      const sound = async (name: string) => {
        expect(await axeFindings(page)).toEqual([])
        expect(await widerThanScreen(page)).toBe(0)
        const pictures = process.env.MILLRACE_PICTURES
        if (pictures)
          await page.screenshot({ path: `${pictures}/edit-${name}-${look.size}-${look.colorScheme}.png` })
      }
      await page.getByRole('link', { name: 'press-07.yaml' }).waitFor()
      await sound('files')
      await page.getByRole('link', { name: 'press-07.yaml' }).click()
      await replace(page, 'is: idle', 'is: idel')
      await page.getByText('1 fault', { exact: true }).first().waitFor()
      await sound('faults')
      await replace(page, 'idel', 'ava')
      await page.keyboard.press('Control+Space')
      await page.getByRole('option', { name: 'available' }).waitFor()
      await sound('words')
      await page.keyboard.press('Enter')
      await page.getByText('no faults').waitFor()
      await page.getByRole('button', { name: 'What changes …' }).click()
      await page.getByText('rule 2 changed').waitFor()
      await page.locator('.diff').waitFor()
      await sound('changes')
      await page.getByRole('tab', { name: 'Versions' }).click()
      await page.getByRole('cell', { name: 'the first one' }).waitFor()
      await sound('versions')
    },
  )
})
