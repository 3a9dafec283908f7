/** The Dockerfile, as far as its steps can be taken without Docker. */
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Release } from '../../tools/package/checkout.ts'
import { CHECKOUT } from '../support/run-millrace.ts'

interface Instruction {
  /** `RUN`. */
  readonly word: string
  readonly rest: string
}

function stages(): readonly (readonly Instruction[])[] {
  const text = readFileSync(join(CHECKOUT, 'Dockerfile'), 'utf8')
  const lines = text
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .join('\n')
    .replaceAll('\\\n', ' ')
    .split('\n')
    .filter((line) => line.trim() !== '')
  const instructions = lines.map((line): Instruction => {
    const [, word = '', rest = ''] = /^(\w+)\s+(.*)$/.exec(line) ?? []
    return { word, rest }
  })
  const begins = instructions.flatMap(({ word }, index) => (word === 'FROM' ? [index] : []))
  return begins.map((begin, stage) => instructions.slice(begin, begins[stage + 1]))
}

/** How the image is run: its instructions of one kind, the last of which counts. */
export function imageInstruction(word: string): string {
  return (
    stages()
      .at(-1)
      ?.findLast((one) => one.word === word)?.rest ?? ''
  )
}

/** What the first stage brings out for the last one. */
export const STAGED = '/opt/millrace'

/**
 * Takes the steps of the first stage in a folder. In place of `npm ci` come the packages that it has put into the checkout.
 * @param folder empty
 * @param tree what stands for {@link STAGED}
 * @param release what the arguments of the build say
 */
export function takeBuildSteps(folder: string, tree: string, { commit, epochSeconds }: Release): void {
  const env = { ...process.env, MILLRACE_COMMIT: commit, SOURCE_DATE_EPOCH: String(epochSeconds) }
  const [build = []] = stages()
  for (const { word, rest } of build) {
    if (word === 'COPY') copy(rest.split(/\s+/), folder)
    if (word !== 'RUN') continue
    if (rest === 'npm ci') linkPackages(folder)
    else execFileSync('sh', ['-c', rest.replaceAll(STAGED, tree)], { cwd: folder, env, stdio: 'inherit' })
  }
}

function copy(words: readonly string[], folder: string): void {
  const ignored = readFileSync(join(CHECKOUT, '.dockerignore'), 'utf8').split('\n').filter(Boolean)
  const outside = ignored.map((name) => join(CHECKOUT, name))
  mkdirSync(folder, { recursive: true })
  for (const name of words.slice(0, -1))
    cpSync(join(CHECKOUT, name), join(folder, name), {
      recursive: true,
      filter: (path) => !outside.includes(path),
    })
}

function linkPackages(folder: string): void {
  execFileSync('cp', ['--archive', '--link', join(CHECKOUT, 'node_modules'), folder])
}
