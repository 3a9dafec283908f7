/** Route files written in a test, understood as the gateway understands them. */
import { parseYaml } from '../../src/documents/yaml-source.ts'
import { faultText } from '../../src/domain/errors.ts'
import type { MappedSettings } from '../../src/routes/mapped/mapped-route.ts'
import { mappedRouteKind } from '../../src/routes/mapped/route.ts'
import { type DescribedRoute, judgeRouteFile } from '../../src/routes/route-file.ts'

/** A file as it is judged: what it comes to, and its faults as people read them. */
export function judgeRoute(yaml: string): {
  readonly route: DescribedRoute | undefined
  readonly faults: readonly string[]
} {
  const judge = { kinds: [mappedRouteKind], secrets: {}, cwd: '/' }
  const { route, faults } = judgeRouteFile(parseYaml(yaml, 'route.yaml'), '/route.yaml', judge)
  return { route, faults: faults.map(faultText) }
}

/** A file without faults. */
export function readRoute(yaml: string): MappedSettings {
  const { route, faults } = judgeRoute(yaml)
  if (!route) throw new Error(faults.join('\n'))
  return route.settings as MappedSettings
}
