/** A gateway whose pages a test opens, without a central: what machines do stays in its log. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect } from 'vitest'
import { findPresence } from '../../src/console/presence.ts'
import { BROWSER_TEST_MAX_MS, type Look, startBrowser, type WatchedPage } from './browser.ts'
import { type ConsolePress, startConsolePress } from './console-press.ts'
import { type CentralAddress, startWatchedGateway, type WatchedGateway } from './watched-gateway.ts'

/** Nothing listens at port 9 of a computer that has no service "discard". */
const NO_CENTRAL = {
  role: 'millrace',
  password: 'none',
  settings: () => ({ connection: { hosts: [{ host: '127.0.0.1', port: 9 }] } }),
} as unknown as CentralAddress

export interface ConsoleSite extends AsyncDisposable {
  readonly gateway: WatchedGateway
  /** `http://127.0.0.1:41234`. */
  readonly url: string
}

/** @param map the device map of its machine; null: it begins without any */
export async function startConsoleSite(
  map: string | null,
  central: CentralAddress = NO_CENTRAL,
): Promise<ConsoleSite> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-console-'))
  const gateway = await startWatchedGateway(central, map, 'edge-1', folder)
  await gateway.until((report) => expect(report.gateway).toBe('edge-1'))
  return {
    gateway,
    url: consoleUrl(gateway),
    [Symbol.asyncDispose]: async () => {
      await gateway[Symbol.asyncDispose]()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Where the pages of a gateway are. */
export function consoleUrl({ dataFolder }: Pick<WatchedGateway, 'dataFolder'>): string {
  const presence = findPresence(dataFolder)
  if (typeof presence !== 'object') throw new Error('the gateway does not say where its console is')
  return `http://${presence.host}:${presence.port}`
}

/** What the tests of a file share. */
interface PressConsole {
  readonly press: ConsolePress
  readonly url: string
  open(path?: string, look?: Look): Promise<WatchedPage>
}

/** A press, the gateway that reads it, and a browser, from before the tests of a group until after them. */
export function pressConsole(): PressConsole {
  const parts = new AsyncDisposableStack()
  let started: PressConsole | undefined
  beforeAll(async () => {
    const press = parts.use(await startConsolePress())
    const { gateway, url } = parts.use(await startConsoleSite(press.map))
    await gateway.until(({ machines }) => expect(machines).toHaveLength(1))
    const browser = parts.use(await startBrowser())
    started = { press, url, open: (path, look) => browser.open(url, path, look) }
  }, BROWSER_TEST_MAX_MS)
  afterAll(() => parts.disposeAsync(), BROWSER_TEST_MAX_MS)
  const now = () => {
    if (!started) throw new Error('it is there only while tests run')
    return started
  }
  return {
    get press() {
      return now().press
    },
    get url() {
      return now().url
    },
    open: (path, look) => now().open(path, look),
  }
}
