/**
 * Builds the program into a folder: TypeScript becomes JavaScript, what the compiler leaves behind (SQL, YAML, node.sh) is copied
 * to the same places beside it, and the pages of the console into its folder `pages`. `npm run build` fills dist/; a test names a
 * folder of its own.
 */
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import { buildConsoleIfNewer, PAGES } from './build-console.ts'

const [folder = 'dist'] = process.argv.slice(2)

const compiler = ['node_modules/typescript/bin/tsc', '--project', 'tsconfig.build.json', '--outDir', folder]
const { status } = spawnSync(process.execPath, compiler, { stdio: 'inherit' })
if (status === 0) {
  cpSync('src', folder, { recursive: true, filter: (path) => !path.endsWith('.ts') })
  await buildConsoleIfNewer()
  if (existsSync(PAGES)) cpSync(PAGES, join(folder, 'pages'), { recursive: true })
}
process.exitCode = status ?? 1
