/** Files that import each other, directly or by way of others. An import of types only counts like any other. */
import { importedFiles } from './imports.ts'
import type { SourceFile } from './source-files.ts'

/** One complaint for each circle: the files that take part in it, in the order of their names. */
export function circles(sources: readonly SourceFile[]): readonly string[] {
  const imports = new Map(sources.map(({ file, text }) => [file, importedFiles(file, text)]))
  const reached = new Map(sources.map(({ file }) => [file, reachedFrom(file, imports)]))
  const members = [...reached].flatMap(([file, others]) => {
    if (!others.has(file)) return []
    return [[...others].filter((other) => reached.get(other)?.has(file)).toSorted()]
  })
  return [...new Set(members.map((files) => `circle: ${files.join(' ↔ ')}`))].toSorted()
}

function reachedFrom(start: string, imports: ReadonlyMap<string, readonly string[]>): ReadonlySet<string> {
  const reached = new Set<string>()
  const next = [...(imports.get(start) ?? [])]
  for (let file = next.pop(); file !== undefined; file = next.pop()) {
    if (reached.has(file)) continue
    reached.add(file)
    next.push(...(imports.get(file) ?? []))
  }
  return reached
}
