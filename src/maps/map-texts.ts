/** The texts that a map is made of, and how one can tell whether two maps were made of the same. */
import { contentHash } from './content-hash.ts'

export interface MapTexts {
  /** Of its own file. */
  readonly text: string
  /** Of the profiles that it draws on, by name. */
  readonly profiles: Readonly<Record<string, string>>
  /** Of the code tables that it draws on, by the names of their files. */
  readonly tables: Readonly<Record<string, string>>
}

export function contentOf({ text, profiles, tables }: MapTexts): string {
  return contentHash([text, profiles, tables])
}

export function sameTexts(one: MapTexts, other: MapTexts): boolean {
  return (
    one.text === other.text &&
    JSON.stringify([one.profiles, one.tables]) === JSON.stringify([other.profiles, other.tables])
  )
}
