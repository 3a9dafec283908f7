/**
 * The program as it is shipped, for tests that start it often: from source a gateway takes some half second more of processor time, at
 * each of a hundred starts. Whatever imports this module has it built, once in a run of vitest, from the source as it is then.
 *
 * A campaign, which no run of vitest plays, has the program from source.
 */
import { copyFileSync, existsSync, mkdtempSync, renameSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { BUILD_VARIABLE, IMAGE } from '../one-build.ts'
import { CHECKOUT, PROGRAM, run } from './run-millrace.ts'

/** For helpers that start the command line themselves. */
export const BUILT_PROGRAM = await builtProgram()

async function builtProgram(): Promise<typeof PROGRAM> {
  const folder = process.env[BUILD_VARIABLE]
  if (folder === undefined) return PROGRAM
  const image = join(folder, IMAGE)
  if (!existsSync(image)) await buildImage(folder, image)
  // A cache of its own, which goes with the program: nobody else ever loads a file from there.
  const env = { ...PROGRAM.env, NODE_COMPILE_CACHE: join(folder, 'cache') }
  return { ...PROGRAM, main: join(image, 'dist', 'main.js'), env }
}

/** Builds beside its place: it is there as a whole or not at all. Another worker may do the same, and the first one to end is kept. */
async function buildImage(folder: string, image: string): Promise<void> {
  const aside = mkdtempSync(join(folder, 'aside-'))
  const { code, err } = await run(process.execPath, ['tools/build.ts', join(aside, 'dist')], {
    cwd: CHECKOUT,
  })
  if (code !== 0) throw new Error(`the program cannot be built: ${err}`)
  copyFileSync(join(CHECKOUT, 'package.json'), join(aside, 'package.json'))
  symlinkSync(join(CHECKOUT, 'node_modules'), join(aside, 'node_modules'))
  try {
    renameSync(aside, image)
  } catch (error) {
    if (!existsSync(image)) throw error
    rmSync(aside, { recursive: true })
  }
}
