/** Everything that the checks of this folder have to say about the repository as it is. */
import { circles } from './circles.ts'
import { deadExports, twinTypes } from './exports.ts'
import { deadMentions } from './mentions.ts'
import { longFunctions } from './sizes.ts'
import { everyPath, pages, sourceFiles } from './source-files.ts'

export const FUNCTION_LINES_MAX = 70

/** Each begins with the name of its check and is the same in every run, so that a list of known ones can be kept. */
export function complaints(): readonly string[] {
  const [src, simulators] = [sourceFiles('src'), sourceFiles('simulators')]
  const console = sourceFiles('console/src')
  const others = sourceFiles('test', 'tools')
  const product = [...src, ...simulators, ...console]
  return [
    ...circles(product),
    ...deadExports(product, [...product, ...others]),
    ...twinTypes(src),
    ...twinTypes(simulators),
    ...twinTypes(console),
    ...deadMentions([...product, ...others], pages(), everyPath()),
    ...longFunctions(product, FUNCTION_LINES_MAX),
  ]
}
