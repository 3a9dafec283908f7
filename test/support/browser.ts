/**
 * Real Chromium, from the system, for tests of the pages. A machine without one says which package brings it, and skips them.
 * Every page is watched: what it logs as an error, what the content security policy refuses, and what it asks of other hosts.
 */
import { accessSync, constants, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { delimiter, join } from 'node:path'
import { type Browser, chromium, type Page } from 'playwright-core'
import { describe, expect } from 'vitest'
import { buildConsoleIfNewer } from '../../tools/build-console.ts'

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']
/** Root may not use Chromium's own sandbox, as in a container. */
const ARGUMENTS = ['--no-sandbox', '--disable-dev-shm-usage']
/** On a busy machine a page takes its time, and a test looks at several. */
const PATIENCE_MS = 60_000
export const BROWSER_TEST_MAX_MS = 240_000
const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js')

const CHROMIUM = findChromium()

/** Tests in a browser, or none where the machine has no browser. */
export function describeInBrowser(name: string, tests: () => void): void {
  if (CHROMIUM === undefined) {
    console.log(
      `skipped: ${name}: no Chromium here; the Debian package "chromium" brings it, or CHROME_PATH names it`,
    )
  }
  describe.skipIf(CHROMIUM === undefined)(name, { timeout: BROWSER_TEST_MAX_MS }, tests)
}

/** The size of a screen, in CSS pixels. */
export const LAPTOP = { width: 1280, height: 800 } as const
export const PHONE = { width: 390, height: 844 } as const

export interface Look {
  readonly viewport?: { readonly width: number; readonly height: number }
  readonly colorScheme?: 'light' | 'dark'
  /** The browser's language. */
  readonly locale?: string
  /** IANA name; that of this computer unless given. */
  readonly timezone?: string
}

/** A page, and what went wrong on it. */
export interface WatchedPage extends AsyncDisposable {
  readonly page: Page
  /** Errors of scripts, refusals by the content security policy, and requests to elsewhere. */
  readonly complaints: readonly string[]
}

export interface TestBrowser extends AsyncDisposable {
  /** Opens a page of a gateway, with cookies and a memory of its own. @param url the gateway's address */
  open(url: string, path?: string, look?: Look): Promise<WatchedPage>
}

/** The pages that it shows are built before, where a source is newer. */
export async function startBrowser(): Promise<TestBrowser> {
  if (CHROMIUM === undefined) throw new Error('no Chromium here')
  await buildConsoleIfNewer()
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ARGUMENTS, timeout: PATIENCE_MS })
  return {
    open: (url, path = '/', look = {}) => openPage(browser, `${url}${path}`, look),
    [Symbol.asyncDispose]: () => browser.close(),
  }
}

async function openPage(browser: Browser, address: string, look: Look): Promise<WatchedPage> {
  const context = await browser.newContext({
    viewport: look.viewport ?? LAPTOP,
    colorScheme: look.colorScheme ?? 'light',
    locale: look.locale ?? 'en-GB',
    reducedMotion: 'reduce',
    ...(look.timezone !== undefined && { timezoneId: look.timezone }),
  })
  context.setDefaultTimeout(PATIENCE_MS)
  const page = await context.newPage()
  const complaints = watch(page, new URL(address).origin)
  await page.goto(address)
  await page.locator('h1, .alone').first().waitFor()
  return { page, complaints, [Symbol.asyncDispose]: () => context.close() }
}

function watch(page: Page, origin: string): readonly string[] {
  const complaints: string[] = []
  page.on('pageerror', ({ message }) => complaints.push(`error: ${message}`))
  page.on('console', (message) => {
    // That a call was refused is what the page shows; whether it should have been is for its test to say.
    const isAnswer = message.text().startsWith('Failed to load resource')
    if (message.type() === 'error' && !isAnswer) complaints.push(`console: ${message.text()}`)
  })
  page.on('request', (request) => {
    const url = request.url()
    if (!url.startsWith(origin) && !url.startsWith('blob:')) complaints.push(`request: ${url}`)
  })
  return complaints
}

/** Until a page has what it asked for. */
export async function settled(page: Page): Promise<void> {
  await page.locator('h1').first().waitFor()
  await page.locator('.loading').first().waitFor({ state: 'detached' })
}

/** What axe finds of contrast, labels and structure on what is shown now, as `rule: element`. */
export async function axeFindings(page: Page): Promise<readonly string[]> {
  // The content security policy of the page allows no script but its own; the debugger's is not the page's.
  await page.evaluate(readFileSync(AXE, 'utf8'))
  return page.evaluate(async () => {
    const axe = (globalThis as unknown as { axe: AxeOnPage }).axe
    const { violations } = await axe.run()
    return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 200)}`))
  })
}

interface AxeOnPage {
  run(): Promise<{
    readonly violations: readonly {
      readonly id: string
      readonly nodes: readonly { readonly html: string }[]
    }[]
  }>
}

/** By how many pixels a page is wider than the screen. */
export function widerThanScreen(page: Page): Promise<number> {
  return page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth')
}

/** Looks again and again until it is as expected. */
export function eventually<Value>(look: () => Value | Promise<Value>) {
  return expect.poll(look, { timeout: PATIENCE_MS, interval: 100 })
}

function findChromium(): string | undefined {
  const { CHROME_PATH, PATH = '' } = process.env
  const candidates = PATH.split(delimiter).flatMap((folder) => NAMES.map((name) => join(folder, name)))
  return [CHROME_PATH ?? '', ...candidates].find(isProgram)
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return file !== ''
  } catch {
    return false
  }
}
