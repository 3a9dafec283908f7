/** Walks through the wizard of the page Connect as a technician does, with a mouse or with the keyboard alone, and counts what is pressed. */
import type { Locator, Page } from 'playwright-core'
import { expect } from 'vitest'
import { axeFindings, eventually, widerThanScreen } from './browser.ts'
import type { ShownMachine } from './shown-machine.ts'

/** What is shown to the teach-in, one after the other. */
interface Shown {
  /** The words of the button. */
  readonly button: string
  readonly become: () => void
}

/** More elements than this are on no step. */
const TABS_MAX = 250
/** The shortest that the page takes: a machine of the simulators changes at once. */
const SECONDS = '3'

export class ConnectWalk {
  /** How often something was pressed. */
  presses = 0
  readonly #page: Page
  readonly #byKeyboard: boolean

  constructor(page: Page, { byKeyboard = false } = {}) {
    this.#page = page
    this.#byKeyboard = byKeyboard
  }

  async press(name: string | RegExp): Promise<void> {
    await this.pressOn(this.#page.getByRole('button', { name, exact: typeof name === 'string' }).first())
  }

  async follow(name: string | RegExp): Promise<void> {
    await this.pressOn(this.#page.getByRole('link', { name }).first())
  }

  async fill(label: string, value: string): Promise<void> {
    const field = this.#page.getByLabel(label, { exact: true }).first()
    await field.waitFor()
    if (!this.#byKeyboard) return field.fill(value)
    await this.#reach(field)
    await this.#page.keyboard.press('ControlOrMeta+A')
    await this.#page.keyboard.type(value)
  }

  async pressOn(target: Locator): Promise<void> {
    await target.waitFor()
    await eventually(() => target.isEnabled()).toBe(true)
    this.presses += 1
    if (!this.#byKeyboard) return target.click()
    await this.#reach(target)
    await this.#page.keyboard.press('Enter')
  }

  /** One of a bar of choices. */
  async choose(name: string): Promise<void> {
    const radio = this.#page.getByRole('radio', { name })
    this.presses += 1
    if (!this.#byKeyboard) return radio.check({ force: true })
    const checked = this.#page.getByRole('radio', { checked: true })
    await this.#reach(checked)
    for (let step = 0; step < 4 && !(await radio.isChecked()); step += 1)
      await this.#page.keyboard.press('ArrowRight')
  }

  /** Which step is shown. */
  async arrivedAt(step: string): Promise<void> {
    const current = this.#page.locator('[aria-current="step"]')
    await eventually(() => current.textContent()).toContain(step)
  }

  /** Nothing is wider than the screen, and axe has nothing to say. */
  async expectSound(): Promise<void> {
    expect(await axeFindings(this.#page)).toEqual([])
    expect(await widerThanScreen(this.#page)).toBeLessThanOrEqual(0)
  }

  /** Shows what the machine does, each for the shortest time, and asks for rules. */
  async teach(all: readonly Shown[]): Promise<void> {
    await this.fill('Seconds for each state', SECONDS)
    await this.press('Begin the teach-in')
    await this.#page.getByText('connected', { exact: true }).waitFor()
    for (const [index, { button, become }] of all.entries()) {
      become()
      await this.press(new RegExp(`^${button}`))
      const recorded = this.#page.locator('.connect-recorded > li')
      await eventually(() => recorded.count()).toBe(index + 1)
    }
    await this.press('Propose rules')
    await this.#page.locator('.connect-rules > li').first().waitFor()
  }

  /** As somebody without a mouse gets there. */
  async #reach(target: Locator): Promise<void> {
    await target.waitFor()
    for (let tab = 0; tab < TABS_MAX; tab += 1) {
      if (await target.evaluate((element) => element === element.ownerDocument.activeElement)) return
      await this.#page.keyboard.press('Tab')
    }
    throw new Error(`the keyboard does not reach ${target}`)
  }
}

/** Running, standing still, and with its E-stop pressed. */
export function shownStates(machine: ShownMachine, eStop: number): readonly Shown[] {
  return [
    { button: 'Runs', become: () => machine.become('running') },
    { button: 'Stands still', become: () => machine.become('idle') },
    { button: 'E-stop', become: () => machine.become('down', eStop) },
  ]
}

/** Searches for a word get no answer until they may: `asked` is when the first of them is on its way. */
export async function holdSearches(page: Page, word: string) {
  const asked = Promise.withResolvers<void>()
  const mayAnswer = Promise.withResolvers<void>()
  await page.route('**/connect/browse', async (route) => {
    if (route.request().postDataJSON().search === word) {
      asked.resolve()
      await mayAnswer.promise
    }
    // The page may have given the question up.
    await route.continue().catch(() => undefined)
  })
  return { asked: asked.promise, answer: mayAnswer.resolve }
}
