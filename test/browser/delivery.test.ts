import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  axeFindings,
  describeInBrowser,
  eventually,
  PHONE,
  startBrowser,
  type TestBrowser,
  widerThanScreen,
} from '../support/browser.ts'
import { startTestCentral, type TestCentral } from '../support/central.ts'
import { consoleUrl, startConsoleSite } from '../support/console-site.ts'
import { answerRegisters, ModbusDevice } from '../support/modbus-device.ts'
import { startWatchedGateway } from '../support/watched-gateway.ts'

const PATIENCE_MS = 120_000

describeInBrowser('the page of delivery', () => {
  let browser: TestBrowser
  let central: TestCentral
  beforeAll(async () => {
    central = await startTestCentral()
    browser = await startBrowser()
  }, PATIENCE_MS)
  afterAll(async () => {
    await browser[Symbol.asyncDispose]()
    await central[Symbol.asyncDispose]()
  })

  /** A press under a code that central does not know: each of its rows is refused. */
  async function startPress(machine: string) {
    let state = 1
    const device = await ModbusDevice.start(answerRegisters(() => state))
    return {
      show: (next: number) => {
        state = next
      },
      map: `machine: ${machine}
device: {driver: modbus-tcp, host: 127.0.0.1, port: ${device.port}, poll: 100ms}
signals: {state: {at: 40101, type: u16}}
status: [{when: {state: 1}, is: running, for: 0s}, {else: true, is: idle, for: 0s}]
`,
      [Symbol.asyncDispose]: () => device[Symbol.asyncDispose](),
    }
  }

  test(
    'a row that central refuses is seen with its reason, tried again, and given up with a reason that is kept',
    async () => {
      await using press = await startPress('PRES-07')
      await using gateway = await startWatchedGateway(central, press.map, 'edge-quarantine')
      await gateway.until(({ quarantine }) => expect(quarantine.count).toBe(1))
      await using opened = await browser.open(consoleUrl(gateway), '/delivery')
      const { page, complaints } = opened
      await page.getByText('Connected', { exact: true }).waitFor()
      await page.getByRole('tab', { name: 'Quarantine' }).click()
      await page.getByRole('heading', { name: 'PRES-07' }).waitFor()
      await page.getByText('create it in the MES').first().waitFor()
      await page.locator('summary').first().click()
      await page.getByText('machine:PRES-07').waitFor()
      await page.getByRole('button', { name: 'Try again (PRES-07)' }).click()
      await page.getByText('0 rows landed, 1 still in quarantine').waitFor()
      expect(await axeFindings(page)).toEqual([])

      await page.getByRole('button', { name: 'Give up … (PRES-07)' }).click()
      const giveUp = page.getByRole('button', { name: 'Give up', exact: true })
      expect(await giveUp.isDisabled()).toBe(true)
      await page.getByLabel('Why does nobody want them?').fill('the code was misspelt')
      await giveUp.click()
      await page.getByText('1 row given up, 0 still in quarantine').waitFor()
      await page.getByText('The quarantine is empty').waitFor()
      const rows = await central.sql(
        `SELECT kind, detail->>'why' AS why, detail->>'by' LIKE 'local@%' AS named FROM edge_gateway.incident WHERE gateway_id = 'edge-quarantine'`,
      )
      expect(rows).toEqual([{ kind: 'discard', why: 'the code was misspelt', named: true }])

      await page.getByRole('tab', { name: 'Incidents' }).click()
      await page.getByRole('heading', { name: 'Given up by a person' }).waitFor()
      await page.getByText('the code was misspelt').waitFor()
      expect(complaints).toEqual([])
    },
    PATIENCE_MS,
  )

  test(
    'an audit that is started on the page names the row that somebody has deleted in central',
    async () => {
      await using press = await startPress('PRESS-07')
      await using gateway = await startWatchedGateway(central, press.map, 'edge-audit')
      const rows = () => central.sql('SELECT FROM machine_status_history')
      await eventually(async () => (await rows()).length).toBe(1)
      press.show(2)
      await eventually(async () => (await rows()).length).toBe(2)
      await using opened = await browser.open(consoleUrl(gateway), '/delivery/audit', { viewport: PHONE })
      const { page, complaints } = opened
      await page.getByText('Nothing was compared since the gateway started').waitFor()
      await page.getByRole('button', { name: 'Compare now' }).click()
      await page.getByText('Central has every row, once, as this log says.').waitFor()
      await central.sql("DELETE FROM machine_status_history WHERE new_status = 'running'")
      await page.getByRole('button', { name: 'Compare now' }).click()
      await page.getByText('Not everything is as this log says.').waitFor()
      await page.getByText('Missing rows are sent again with: millrace buffer resend --from').waitFor()
      await page.getByText('machine_status_history').first().waitFor()
      expect(await axeFindings(page)).toEqual([])
      expect(await widerThanScreen(page)).toBe(0)
      expect(complaints).toEqual([])
    },
    PATIENCE_MS,
  )

  test(
    'with central away the page says so, and shows what is known here',
    async () => {
      await using press = await startPress('PRESS-07')
      await using site = await startConsoleSite(press.map)
      await using opened = await browser.open(site.url, '/delivery')
      const { page, complaints } = opened
      await page.getByText('Away', { exact: true }).waitFor()
      await page.getByText('Everything is kept here, and goes out by itself once it answers.').waitFor()
      await eventually(() => page.locator('dd').first().textContent()).toMatch(/^[1-9]\d* events?$/)
      await page.getByRole('tab', { name: 'Quarantine' }).click()
      await page.getByText('central cannot be asked now.').waitFor()
      expect(complaints).toEqual([])
    },
    PATIENCE_MS,
  )
})
