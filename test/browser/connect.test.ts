/**
 * The ten-minute flow in a real browser: from a gateway without any map to rows in a real central, on the simulated press and on the
 * simulated packaging machine.
 */
import { cpSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import {
  describeInBrowser,
  eventually,
  LAPTOP,
  type Look,
  PHONE,
  startBrowser,
  type TestBrowser,
} from '../support/browser.ts'
import { startTestCentral, type TestCentral } from '../support/central.ts'
import { ConnectWalk, holdSearches, shownStates } from '../support/connect-walk.ts'
import { type ConsoleSite, startConsoleSite } from '../support/console-site.ts'
import { E_STOP, type ShownMachine, startShownPress, startShownUnit } from '../support/shown-machine.ts'

const NO_MAP = null
/** A machine that is busy with other things takes its time. */
const LONG_MS = 240_000

describeInBrowser('connecting a machine', () => {
  let central: TestCentral
  let browser: TestBrowser
  let machine: ShownMachine
  let site: ConsoleSite
  const things = new AsyncDisposableStack()

  beforeAll(async () => {
    central = things.use(await startTestCentral())
    browser = things.use(await startBrowser())
  }, LONG_MS)
  afterAll(() => things.disposeAsync())
  beforeEach(async () => {
    await central.sql('TRUNCATE machine_status_history, downtime_events, edge_gateway.stream')
    site = await startConsoleSite(NO_MAP, central)
    return () => site[Symbol.asyncDispose]()
  }, LONG_MS)

  const rowsOf = async (code: string) => {
    const rows = await central.sql<{ new_status: string }>(
      `SELECT new_status FROM machine_status_history h JOIN machines m ON m.id = h.machine_id
       WHERE machine_code = $1 ORDER BY changed_at`,
      [code],
    )
    return rows.map(({ new_status }) => new_status)
  }

  /** The machine is operated, and central has what it did. */
  async function expectRows(code: string): Promise<void> {
    machine.become('running')
    await eventually(() => rowsOf(code)).toContain('running')
    machine.become('down', E_STOP)
    await eventually(async () => (await rowsOf(code)).at(-1)).toBe('down')
    expect(machine.writeRequests()).toBe(0)
  }

  async function connectPress(page: Page, walk: ConnectWalk, isChecked = true): Promise<void> {
    const look = () => (isChecked ? walk.expectSound() : undefined)
    await walk.arrivedAt('Device')
    await page.getByText('profiles').waitFor()
    await look()
    await walk.press('Modbus TCP')

    await walk.arrivedAt('Address')
    await walk.fill('IP address or name', '127.0.0.1')
    await walk.fill('Port', String(machine.port))
    await walk.press('Check the device')
    await page.locator('.notice.good').waitFor()
    await look()
    await walk.press('Next: Signals')

    await walk.arrivedAt('Signals')
    await walk.fill('Address, as the manual prints it', '40101, 40102')
    await page.getByText('40101 = wire 100 (0x0064), function 3').first().waitFor()
    await walk.press('Read now')
    await walk.press('Take 40101 u16')
    await walk.press('Take 40102 u16')
    await page.getByLabel('Name', { exact: true }).nth(1).waitFor()
    await look()
    await walk.press('Next: Teach-in')

    await walk.arrivedAt('Teach-in')
    await look()
    await walk.teach(shownStates(machine, E_STOP))
    await look()
    await walk.press('Next: Machine')

    await walk.arrivedAt('Machine')
    await walk.press(/^PRESS-07/)
    await look()
    await walk.press('Next: Review')

    await walk.arrivedAt('Review')
    await walk.choose('Live')
    await page.getByText('No faults were found.').waitFor()
    await look()
    await walk.press('Save and go live')
    await walk.arrivedAt('Alive')
    await page.getByText('The machine is read.').waitFor()
    await look()
  }

  test.each<[string, Look]>([
    ['on a laptop', { viewport: LAPTOP }],
    ['on a phone, in the dark', { viewport: PHONE, colorScheme: 'dark' }],
  ])(
    'a press on Modbus, %s: from nothing to rows in central',
    async (_, look) => {
      machine = await startShownPress()
      await using _machine = machine
      await using opened = await browser.open(site.url, '/connect', look)
      const { page, complaints } = opened
      const walk = new ConnectWalk(page)
      const beganMs = performance.now()
      await connectPress(page, walk)
      const seconds = Math.round((performance.now() - beganMs) / 1_000)
      console.log(`connected in ${seconds} s with ${walk.presses} presses`)
      await page.getByRole('link', { name: 'The machine' }).waitFor()
      await expectRows('PRESS-07')
      expect(complaints).toEqual([])
    },
    LONG_MS,
  )

  test(
    'a press on Modbus with the keyboard alone',
    async () => {
      machine = await startShownPress()
      await using _machine = machine
      await using opened = await browser.open(site.url, '/connect')
      await connectPress(opened.page, new ConnectWalk(opened.page, { byKeyboard: true }), false)
      await expectRows('PRESS-07')
    },
    LONG_MS,
  )

  test(
    'a packaging machine on OPC UA: browsed, searched, its certificate trusted by fingerprint',
    async () => {
      machine = await startShownUnit()
      await using _machine = machine
      await using opened = await browser.open(site.url, '/connect')
      const { page, complaints } = opened
      const walk = new ConnectWalk(page)
      await walk.press('OPC UA')
      await walk.fill('Address (URL)', `opc.tcp://127.0.0.1:${machine.port}`)
      await walk.press('Check the device')
      await page.getByText('Is this the right server?').waitFor()
      await walk.expectSound()
      await page.getByLabel('I have compared it: it is the same').check()
      await walk.press('Trust this server')
      await page.locator('.notice.good').waitFor()
      await walk.press('Next: Signals')

      await page.getByText('FILLER-01', { exact: true }).click()
      await page.getByText('Status.StateCurrent').first().waitFor()
      await walk.expectSound()
      await walk.press(/^Take .*StateCurrent/)
      const held = await holdSearches(page, 'Heartbeat')
      await walk.fill('Name, id or value', 'Heartbeat')
      await walk.press('Search')
      await held.asked
      // Whoever thinks better of it while a search goes on gets the answer to the newer one.
      await walk.fill('Name, id or value', 'StopReason')
      await walk.press('Search')
      await walk.press(/^Take .*StopReason/)
      held.answer()
      await walk.press('Next: Teach-in')

      await walk.teach(shownStates(machine, E_STOP))
      await walk.press('Next: Machine')
      await walk.fill('Code of the machine', 'CNC-01')
      await walk.press('Next: Review')
      await walk.choose('Live')
      await page.getByText('No faults were found.').waitFor()
      await walk.press('Save and go live')
      await page.getByText('The machine is read.').waitFor()
      await expectRows('CNC-01')
      expect(complaints).toEqual([])
    },
    LONG_MS,
  )

  test(
    'in shadow the machine is shown and central gets nothing until it is made live; what was typed survives a reload, a lost connection and the way back',
    async () => {
      machine = await startShownPress()
      await using _machine = machine
      await using opened = await browser.open(site.url, '/connect')
      const { page } = opened
      const walk = new ConnectWalk(page)
      await walk.press('Modbus TCP')
      await walk.fill('IP address or name', '127.0.0.1')
      await walk.fill('Port', String(machine.port))
      await page.reload()
      expect(await page.getByLabel('Port', { exact: true }).inputValue()).toBe(String(machine.port))
      await walk.press('Check the device')
      await page.locator('.notice.good').waitFor()
      await walk.press('Next: Signals')
      await walk.press('Next: Teach-in')
      await walk.fill('Registers to watch besides', '40100-40112')
      await walk.teach(shownStates(machine, E_STOP))
      const rules = await page.locator('.connect-rules').textContent()
      await page.context().setOffline(true)
      await walk.press('Propose again')
      await page.getByText('The gateway cannot be reached.').first().waitFor()
      await page.context().setOffline(false)
      await walk.press('Propose again')
      await page.getByText('The gateway cannot be reached.').waitFor({ state: 'detached' })
      expect(await page.locator('.connect-rules').textContent()).toBe(rules)
      await page.reload()
      await page.getByText('connected', { exact: true }).waitFor()
      expect(await page.locator('.connect-recorded > li').count()).toBe(3)
      expect(await page.locator('.connect-rules').textContent()).toBe(rules)
      await walk.follow('Back')
      await walk.follow('Back')
      await walk.press('Start again')
      await page.getByText('What was taken and taught so far is lost.').waitFor()
      await walk.press('Cancel')
      await walk.follow('Teach-in')
      expect(await page.locator('.connect-rules').textContent()).toBe(rules)
      await walk.press('Next: Machine')
      await walk.press(/^PRESS-07/)
      await walk.press('Next: Review')
      await page.getByText('shadow: true').waitFor()
      await page.getByText('No faults were found.').waitFor()
      await page.getByText('No faults were found.').waitFor()
      await walk.press('Save in shadow')
      await page.getByText('The machine is read.').waitFor()
      await page.getByText('In shadow: nothing of it goes to central.').waitFor()
      machine.become('running')
      await page.getByText('Running', { exact: true }).waitFor()
      expect(await rowsOf('PRESS-07')).toEqual([])

      await walk.follow('The machine')
      const unwritten = page.getByRole('region', { name: 'What it would have written' }).first()
      await eventually(() => unwritten.textContent()).toMatch(/Running.*goes on/)
      await walk.expectSound()
      await page.goBack()
      await walk.press('Make it live')
      await page.locator('.connect-differences .removed').getByText('shadow: true').waitFor()
      await page.getByText('No faults were found.').waitFor()
      await walk.expectSound()
      await walk.press('Save and go live')
      await page.getByText('Its rows go to central.').waitFor()
      await eventually(() => rowsOf('PRESS-07')).toContain('running')
    },
    LONG_MS,
  )

  test.each(['en-GB', 'de-DE', 'it-IT', 'hr-HR'])(
    'a wrong address says what is wrong and what to do, on a phone in %s',
    async (locale) => {
      await using opened = await browser.open(site.url, '/connect', { viewport: PHONE, locale })
      const { page } = opened
      const walk = new ConnectWalk(page)
      await walk.pressOn(page.getByRole('button', { name: 'Modbus TCP', exact: true }))
      await page.locator('.field input').nth(0).fill('127.0.0.1')
      await page.locator('.field input').nth(1).fill('9')
      await walk.pressOn(page.locator('button[type=submit]'))
      await page.locator('.notice.bad').first().waitFor()
      await walk.expectSound()
      for (const step of ['signals', 'teach', 'machine']) {
        await page.locator(`a[href="/connect/${step}"]`).first().click()
        await page.locator('.section').first().waitFor()
        await walk.expectSound()
      }
    },
    LONG_MS,
  )

  test(
    'a device that the gateway knows needs no addresses, and what its map still lacks is said before it is saved',
    async () => {
      machine = await startShownPress()
      await using _machine = machine
      const { folder } = site.gateway
      cpSync('devices/profiles', join(folder, 'devices/profiles'), { recursive: true })
      await using opened = await browser.open(site.url, '/connect')
      const { page } = opened
      const walk = new ConnectWalk(page)
      await walk.fill('Maker or model', 'sdm630')
      await walk.press(/SDM630/)
      await walk.fill('IP address or name', '127.0.0.1')
      await walk.fill('Port', String(machine.port))
      await walk.expectSound()
      await walk.press('Next: Signals')
      await walk.press('Next: Teach-in')
      await walk.press('Next: Machine')
      await walk.fill('Code of the machine', 'WELD-03')
      await walk.press('Next: Review')
      await page.getByText('profile: eastron-sdm630').waitFor()
      await page.locator('.notice.bad').first().waitFor()
      expect(await page.getByRole('button', { name: 'Save in shadow' }).isDisabled()).toBe(true)
      await walk.expectSound()
    },
    LONG_MS,
  )
})
