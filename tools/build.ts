/**
 * Builds the program into a folder: TypeScript becomes JavaScript in few files (bundle.ts), what else lies in src/ (SQL, YAML, node.sh)
 * is copied to the same places, and the pages of the console into its folder `pages`. `npm run build` fills dist/; a test names a
 * folder of its own. Types are not checked: `npm run typecheck` does.
 */
import { cpSync, existsSync, globSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { buildConsoleIfNewer, PAGES } from './build-console.ts'
import { bundle } from './bundle.ts'

const folder = resolve(process.argv[2] ?? 'dist')

// Those of another build have other names, and would stay.
rmSync(join(folder, 'chunks'), { recursive: true, force: true })
await bundle(folder)
for (const file of globSync('**/*.*', { cwd: 'src', exclude: ['**/*.ts'] }))
  cpSync(join('src', file), join(folder, file))
await buildConsoleIfNewer()
if (existsSync(PAGES)) cpSync(PAGES, join(folder, 'pages'), { recursive: true })
