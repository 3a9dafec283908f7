/**
 * Builds the pages of the console from console/ into console/dist, where the gateway finds them in a checkout. Without vite, as after
 * `npm ci --omit=dev`, there is nothing to build with: that is said, and is no failure.
 *
 *     build-console.ts            builds
 *     build-console.ts --if-newer builds if a source has changed since
 */
import { existsSync, globSync, renameSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { InlineConfig } from 'vite'

const ROOT = fileURLToPath(new URL('../console/', import.meta.url))
/** Where the built pages are. */
export const PAGES = join(ROOT, 'dist')

/** Builds them where a source is newer than they are, or there are none. Others may do the same at the same time. */
export async function buildConsoleIfNewer(): Promise<void> {
  if (!isOld()) return
  const aside = await buildAside()
  // Somebody else was quicker, and may be using them already.
  if (aside && !isOld()) rmSync(aside, { recursive: true })
  else if (aside) putInPlace(aside)
}

function isOld(): boolean {
  const builtMs = modifiedMs(join(PAGES, 'index.html'))
  const sources = globSync(['index.html', 'tsconfig.json', 'public/**', 'src/**'], { cwd: ROOT })
  return sources.some((file) => modifiedMs(join(ROOT, file)) > builtMs)
}

/** Builds them beside their place, so that nobody is served half a page. @returns where; undefined without vite */
async function buildAside(): Promise<string | undefined> {
  const aside = `${PAGES}-${process.pid}`
  return (await buildPages(aside)) ? aside : undefined
}

/** The same source gives the same bytes, whoever builds it. @returns false without vite, where nothing is built */
export async function buildPages(folder: string): Promise<boolean> {
  const vite = await import('vite').catch(() => undefined)
  if (!vite) {
    console.log('the pages of the console are not built: vite is not installed (npm ci brings it)')
    return false
  }
  await asProduction(() => vite.build(settings(folder)))
  return true
}

/**
 * Vite asks the environment, and no setting, whether it builds for developers. Under vitest, whose NODE_ENV is `test`, the pages got the
 * checks and names of components that only developers want, and a quarter more bytes.
 */
async function asProduction(work: () => Promise<unknown>): Promise<void> {
  const { NODE_ENV: before } = process.env
  process.env.NODE_ENV = 'production'
  try {
    await work()
  } finally {
    if (before === undefined) delete process.env.NODE_ENV
    else process.env.NODE_ENV = before
  }
}

function putInPlace(aside: string): void {
  const before = `${aside}-before`
  if (existsSync(PAGES)) renameSync(PAGES, before)
  renameSync(aside, PAGES)
  rmSync(before, { recursive: true, force: true })
}

function settings(folder: string): InlineConfig {
  return {
    root: ROOT,
    configFile: false,
    envDir: false,
    mode: 'production',
    logLevel: 'warn',
    oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
    build: {
      outDir: folder,
      emptyOutDir: true,
      target: 'es2022',
      // Nothing inline: the content security policy of the console allows nothing but its own files.
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      reportCompressedSize: false,
    },
  }
}

/** Ms since 1970; 0 for a file that is not there. */
function modifiedMs(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0
}

if (import.meta.main) {
  if (process.argv.includes('--if-newer')) await buildConsoleIfNewer()
  else {
    const aside = await buildAside()
    if (aside) putInPlace(aside)
  }
}
