/** The version of this program, as its package names it, and the build of an installed one. */
import { readFileSync } from 'node:fs'

/** What the packaging writes beside an installed program. */
interface Build {
  /** Of the source, as git names it. */
  readonly commit: string
  /** Of that commit: `2026-11-26`. */
  readonly date: string
  /** `linux-x64`. */
  readonly platform: string
}

/** `0.1.0`. */
export function readVersion(): string {
  return (readJson('../../package.json') as { readonly version: string }).version
}

/** `0.1.0 (build 3f2a9c1b7d04 of 2026-11-26, linux-x64)`; the version alone in a checkout, which nobody has built. */
export function versionText(): string {
  const build = readBuild()
  if (!build) return readVersion()
  const { commit, date, platform } = build
  return `${readVersion()} (build ${commit.slice(0, COMMIT_SHOWN)} of ${date}, ${platform})`
}

/** As many digits name one commit among all. */
const COMMIT_SHOWN = 12

function readBuild(): Build | undefined {
  try {
    return readJson('../../build.json') as Build
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8'))
}
