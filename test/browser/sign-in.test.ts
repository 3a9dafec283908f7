/** Users, sign-in, own password, and the trail of what was changed. */
import { expect, test } from 'vitest'
import { describeInBrowser, type WatchedPage } from '../support/browser.ts'
import { pressConsole } from '../support/console-site.ts'

const PASSWORD = 'a long password'

describeInBrowser('people', () => {
  const shared = pressConsole()

  async function signIn({ page }: WatchedPage, name: string, password = PASSWORD): Promise<void> {
    await page.getByLabel('Name').fill(name)
    await page.getByLabel('Password').fill(password)
    await page.keyboard.press('Enter')
  }

  test('make the first user, who then has to sign in and may add others', async () => {
    await using opened = await shared.open('/users')
    const { page, complaints } = opened
    await page.getByText('Nobody has been added yet').waitFor()
    await page.getByRole('button', { name: 'Add a user' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Name').fill('anna')
    await dialog.getByLabel('Password').fill(PASSWORD)
    await dialog.getByRole('button', { name: 'Add a user' }).click()

    await page.getByRole('button', { name: 'Sign in' }).waitFor()
    await signIn(opened, 'anna', 'not this one')
    await page.getByRole('alert').waitFor()
    await signIn(opened, 'anna')
    await page.getByRole('row').filter({ hasText: 'anna' }).waitFor()

    await page.getByRole('button', { name: 'Add a user' }).click()
    await page.getByRole('dialog').getByLabel('Name').fill('bruno')
    await page.getByRole('dialog').getByLabel('Password').fill(PASSWORD)
    await page.getByRole('dialog').getByRole('button', { name: 'Add a user' }).click()
    await page.getByRole('row').filter({ hasText: 'bruno' }).waitFor()
    expect(complaints).toEqual([])
  })

  test('see what they may, and nothing else', async () => {
    await using opened = await shared.open('/users')
    const { page } = opened
    await signIn(opened, 'bruno')
    await page.getByText('This page is for people who may do this: administer').waitFor()
    await page.getByRole('button', { name: 'Your account' }).click()
    expect(await page.getByRole('dialog').getByRole('link').allTextContents()).toEqual(['Change my password'])
  })

  test('who configure are offered no page that they may not see', async () => {
    await using made = await shared.open('/users')
    await signIn(made, 'anna')
    await made.page.getByRole('button', { name: 'Add a user' }).click()
    const dialog = made.page.getByRole('dialog')
    await dialog.getByLabel('Name').fill('clara')
    await dialog.getByLabel('Password').fill(PASSWORD)
    await dialog.getByLabel('May', { exact: true }).selectOption('configure')
    await dialog.getByRole('button', { name: 'Add a user' }).click()
    await made.page.getByRole('row').filter({ hasText: 'clara' }).waitFor()

    await using opened = await shared.open('/line')
    await signIn(opened, 'clara')
    await opened.page.getByRole('button', { name: 'Your account' }).click()
    expect(await opened.page.getByRole('dialog').getByRole('link').allTextContents()).toEqual([
      'Change my password',
    ])
  })

  test('change their password, and sign out', async () => {
    await using opened = await shared.open('/password')
    const { page } = opened
    await signIn(opened, 'bruno')
    await page.getByLabel('Present password').fill(PASSWORD)
    await page.getByLabel('New password', { exact: true }).fill('another long one')
    await page.getByLabel('New password, once more').fill('another long one')
    await page.getByRole('button', { name: 'Change it' }).click()
    await page.getByText('The password is changed.').waitFor()
    await page.getByRole('button', { name: 'Your account' }).click()
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByRole('button', { name: 'Sign in' }).waitFor()
    await signIn(opened, 'bruno', 'another long one')
    await page.getByRole('heading', { level: 1, name: 'Change my password' }).waitFor()
  })

  test('find in the trail who changed what', async () => {
    await using opened = await shared.open('/audit')
    const { page } = opened
    await signIn(opened, 'anna')
    await page.getByRole('row').filter({ hasText: 'bruno' }).first().waitFor()
    expect(await page.locator('tbody').textContent()).not.toContain('long password')
  })
})
