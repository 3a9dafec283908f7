/** The checkout that packages are made of: what it is, and what npm has put into it. */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const CHECKOUT = fileURLToPath(new URL('../../', import.meta.url))

/** The computers that packages are made for, by Debian's names. */
export const ARCHITECTURES = { amd64: 'x64', arm64: 'arm64' } as const
export type Architecture = keyof typeof ARCHITECTURES

/** What a package is made of and for. */
export interface Release {
  readonly version: string
  /** As git names it; `unknown` where the checkout is none of git's, and MILLRACE_COMMIT does not say. */
  readonly commit: string
  /** Of that commit, in s since 1970: every file of a package bears it, so that two packages of one commit are the same. */
  readonly epochSeconds: number
  readonly architecture: Architecture
}

/** One entry of package-lock.json. */
export interface LockedPackage {
  readonly version: string
  readonly integrity?: string
  readonly license?: string
  readonly dev?: boolean
  readonly optional?: boolean
}

/** package.json as far as it matters here. */
export interface Manifest {
  readonly name: string
  readonly version: string
  readonly description: string
  readonly license: string
  readonly dependencies: Readonly<Record<string, string>>
  readonly engines: Readonly<Record<string, string>>
}

export function readManifest(): Manifest {
  return readJson('package.json') as Manifest
}

/** @param wanted what a caller wants to be otherwise; the environment says what git cannot */
export function describeRelease(wanted: Partial<Release> = {}): Release {
  const { MILLRACE_COMMIT: commit, SOURCE_DATE_EPOCH: epoch } = process.env
  return {
    version: wanted.version ?? readManifest().version,
    commit: wanted.commit ?? (commit || git('rev-parse', 'HEAD') || 'unknown'),
    epochSeconds: wanted.epochSeconds ?? Number(epoch || git('log', '-1', '--format=%ct') || 0),
    architecture: wanted.architecture ?? ownArchitecture(),
  }
}

/** The packages that the program needs at run time, by their folder in the checkout; Node.js itself is none of them. */
export function runtimePackages(): ReadonlyMap<string, LockedPackage> {
  const needed = Object.entries(lockedPackages()).filter(
    ([folder, { dev }]) => folder !== '' && !dev && !folder.startsWith(NODE_BUILDS),
  )
  return new Map(needed.filter(([folder, { optional }]) => !optional || existsSync(join(CHECKOUT, folder))))
}

const NODE_BUILDS = 'node_modules/node-linux-'

/** Node.js for an architecture, as package-lock.json pins it. */
export function lockedNode(architecture: Architecture): LockedPackage & { readonly name: string } {
  const name = `node-linux-${ARCHITECTURES[architecture]}`
  const locked = lockedPackages()[`node_modules/${name}`]
  if (!locked) throw new Error(`package-lock.json names no ${name}`)
  return { ...locked, name }
}

function lockedPackages(): Readonly<Record<string, LockedPackage>> {
  return (readJson('package-lock.json') as { readonly packages: Record<string, LockedPackage> }).packages
}

function ownArchitecture(): Architecture {
  return process.arch === 'arm64' ? 'arm64' : 'amd64'
}

/** Empty where the checkout is none of git's. */
function git(...args: readonly string[]): string {
  try {
    return execFileSync('git', args, { cwd: CHECKOUT, stdio: ['ignore', 'pipe', 'ignore'] })
      .toString()
      .trim()
  } catch {
    return ''
  }
}

function readJson(file: string): unknown {
  return JSON.parse(readFileSync(join(CHECKOUT, file), 'utf8'))
}
