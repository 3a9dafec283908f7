/** Texts that are judged as if they stood in their files already, while somebody still writes them. */
import { basename, dirname, relative } from 'node:path'
import { parseYaml, readYamlFile, type YamlSource } from '../documents/yaml-source.ts'

/** By the absolute path of the file, which need not exist. */
export type Drafts = ReadonlyMap<string, string>

/** A YAML file, or the draft that stands in its place. */
export function readYamlOrDraft(path: string, cwd: string, drafts?: Drafts): YamlSource {
  const draft = drafts?.get(path)
  return draft === undefined ? readYamlFile(path, cwd) : parseYaml(draft, relative(cwd, path) || path)
}

/** The names of a folder's files with those of the drafts that are new in it, in order. */
export function withDrafts(names: readonly string[], folder: string, drafts?: Drafts): readonly string[] {
  const own = [...(drafts?.keys() ?? [])].filter((path) => dirname(path) === folder)
  return own.length === 0 ? names : [...new Set([...names, ...own.map((path) => basename(path))])].sort()
}
