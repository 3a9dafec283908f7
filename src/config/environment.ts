/**
 * The environment wins over the file: `central.batch.rows` is MILLRACE_CENTRAL_BATCH_ROWS.
 *
 * Which variables there are follows from the schema, so that a new key needs nothing here. A key that the schema refuses, such
 * as `central.password`, is a secret: only the environment may hold it. An empty variable counts as not set.
 */
import type { ZodType } from 'zod'
import { isRecord } from '../documents/draft.ts'
import { nearestWord } from '../documents/nearest-word.ts'
import type { Path } from '../documents/place.ts'
import { bare, objectsOf } from '../documents/schema-keys.ts'
import { ROUTE_VARIABLES } from '../routes/settings.ts'
import { Secret } from '../runtime/secret.ts'

const PREFIX = 'MILLRACE_'
/** What zod calls the type of a key that is only there to be refused. */
const REFUSED = 'never'

/** Variables by name; an empty one counts as not set. */
export type Environment = Readonly<Record<string, string | undefined>>

/** One value that the environment sets, and the key over which it is laid. */
export interface Overlay {
  readonly variable: string
  readonly path: Path
  readonly value: unknown
}

interface Leaf {
  readonly path: Path
  readonly kind: string
}

/** The values that the environment sets, outer ones first. */
export function overlays(env: Environment, schema: ZodType): readonly Overlay[] {
  return leaves(schema)
    .map(({ path, kind }) => ({ variable: variableOf(path), path, kind }))
    .filter(({ variable, kind }) => env[variable] && kind !== REFUSED)
    .sort((a, b) => a.path.length - b.path.length)
    .map(({ variable, path, kind }) => ({ variable, path, value: typed(env[variable] ?? '', kind) }))
}

/** The secrets of an environment, by the keys that no file may have. */
export function secretIn(env: Environment) {
  return (at: Path) => {
    const variable = variableOf(at)
    return { variable, value: env[variable] }
  }
}

/** The secrets of routes, by their variables: which routes there are, only their files say. */
export function routeSecretsIn(env: Environment): Readonly<Record<string, Secret>> {
  const held = Object.entries(env).filter(([name, value]) => name.startsWith(ROUTE_VARIABLES) && value)
  return Object.fromEntries(held.map(([name, value = '']) => [name, new Secret(value)]))
}

/** Variables that name no key, where one was meant: each with the nearest that is a key, if any is near. */
export function unknownVariables(env: Environment, schema: ZodType) {
  const paths = leaves(schema).map(({ path }) => path)
  const known = paths.map(variableOf)
  const sections = new Set(
    paths.filter((path) => path.length > 1).map((path) => `${variableOf(path.slice(0, 1))}_`),
  )
  return Object.keys(env)
    .filter((name) => isMeant(name) && env[name] && !known.includes(name))
    .map((variable) => ({ variable, nearest: nearestVariable(variable, known) }))
    .filter(
      ({ variable, nearest }) => nearest || [...sections].some((section) => variable.startsWith(section)),
    )
}

/** The variables of routes are named in their files. */
function isMeant(name: string): boolean {
  return name.startsWith(PREFIX) && !name.startsWith(ROUTE_VARIABLES)
}

/** A copy of the file's value with one value of the environment laid over it. */
export function overlay(value: unknown, [step, ...rest]: Path, replacement: unknown): unknown {
  if (step === undefined) return replacement
  // `tls: require` and `tls: {mode: require}` say the same; a key beside the word turns the one into the other.
  const group = isRecord(value) ? value : typeof value === 'string' ? { mode: value } : {}
  return { ...group, [step]: overlay(group[step], rest, replacement) }
}

function leaves(schema: ZodType, path: Path = []): readonly Leaf[] {
  const objects = objectsOf(schema)
  const inside = objects.flatMap((object) =>
    Object.keys(object.shape).flatMap((key) => leaves(object.shape[key] as ZodType, [...path, key])),
  )
  const { type } = bare(schema).def
  return type === 'object' ? inside : [{ path, kind: type }, ...inside]
}

/** Compared without the prefix, which would make any two of them look alike. */
function nearestVariable(variable: string, known: readonly string[]): string | undefined {
  const bareNames = known.map((name) => name.slice(PREFIX.length))
  const nearest = nearestWord(variable.slice(PREFIX.length), bareNames)
  return nearest && PREFIX + nearest
}

function variableOf(path: Path): string {
  return PREFIX + path.join('_').toUpperCase()
}

/** A variable's text as the kind of value that the schema wants. What does not fit stays text, and the schema refuses it. */
function typed(text: string, kind: string): unknown {
  const word = text.trim()
  if (kind === 'array') return word.split(',').map((item) => item.trim())
  if (kind === 'number' && /^-?\d+(\.\d+)?$/.test(word)) return Number(word)
  if (kind === 'boolean' && /^(true|on)$/i.test(word)) return true
  if (kind === 'boolean' && /^(false|off)$/i.test(word)) return false
  return word
}
