/** The pages of the console, as the browser's own list has them. */
import { readFileSync } from 'node:fs'

const LIST = new URL('../../console/src/shell/page-list.ts', import.meta.url)

/** `/machine/:machine?` becomes `/machine`. */
export function consolePages(): readonly string[] {
  const paths = [...readFileSync(LIST, 'utf8').matchAll(/^ {4}path: '([^']+)'/gm)]
  return paths.map(([, path = '']) => path.replace(/\/:.*$/, ''))
}
