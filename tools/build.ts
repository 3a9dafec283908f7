/**
 * Builds the program into a folder: TypeScript becomes JavaScript, and what the compiler leaves behind (SQL, YAML, node.sh) is copied
 * to the same places beside it. `npm run build` fills dist/; a test names a folder of its own.
 */
import { spawnSync } from 'node:child_process'
import { cpSync } from 'node:fs'

const [folder = 'dist'] = process.argv.slice(2)

const compiler = ['node_modules/typescript/bin/tsc', '--project', 'tsconfig.build.json', '--outDir', folder]
const { status } = spawnSync(process.execPath, compiler, { stdio: 'inherit' })
if (status === 0) cpSync('src', folder, { recursive: true, filter: (path) => !path.endsWith('.ts') })
process.exitCode = status ?? 1
