/**
 * Loads all that a built program may ever load, though most of it is loaded only when it is wanted, and says what is missing. To be laid
 * beside `dist/`, `package.json` and `node_modules/`, and run there: what it prints, a line each, is wrong with that tree.
 */
import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'

/** `import … from "x"`, `import "x"`, `export … from "x"`, and `import("x")`, as the bundler writes them. */
const LOADED = /^(?:import|export)\b[^'"\n;]*?"([^"\n]+)";?$|\bimport\("([^"\n]+)"\)/gm
/** A file for Node.js that cannot be linked, whatever it would do then. */
const UNLINKED = [
  'ERR_MODULE_NOT_FOUND',
  'ERR_PACKAGE_PATH_NOT_EXPORTED',
  'ERR_UNSUPPORTED_DIR_IMPORT',
  'ENOENT',
]

const { dependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as {
  readonly dependencies: Readonly<Record<string, string>>
}
const files = globSync('dist/**/*.js').filter((file) => !file.startsWith('dist/pages/'))
const packages = new Map<string, string>()

for (const file of files) {
  for (const [, plain, lazy] of readFileSync(file, 'utf8').matchAll(LOADED)) {
    const wanted = plain ?? lazy ?? ''
    if (wanted.startsWith('node:')) continue
    if (!wanted.startsWith('.')) packages.set(wanted, file)
    else if (!existsSync(resolve(dirname(file), wanted))) console.log(`${file}: ${wanted} is not there`)
  }
}

for (const [wanted, file] of packages) {
  const name = /^(?:@[^/]+\/)?[^/]+/.exec(wanted)?.[0] ?? wanted
  if (!Object.hasOwn(dependencies, name)) console.log(`${file}: ${name} is not installed with the program`)
  await load(wanted)
}
// The beginning of the program would run it; those of threads end with an error of their own where they are no thread.
for (const file of files) if (file !== 'dist/main.js') await load(resolve(file))
console.log(`loaded ${files.length > 0 && packages.size > 0 ? 'everything' : 'nothing'}`)
process.exit()

async function load(wanted: string): Promise<void> {
  try {
    await import(wanted)
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException
    if (error instanceof SyntaxError || UNLINKED.includes(code)) console.log(`${wanted}: ${String(error)}`)
  }
}
