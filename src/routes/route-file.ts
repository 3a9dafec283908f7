/**
 * One route file, judged on its own: its name and its delivery class, which all kinds have, and the rest by the kind of which it
 * is. It never throws for what a file holds, and never shows a secret.
 */
import { basename, dirname } from 'node:path'
import { z } from 'zod'
import { condensed } from '../documents/condense.ts'
import { createDraft, type DocumentDraft, deepFreeze, isRecord, keysAt } from '../documents/draft.ts'
import { namedFile } from '../documents/file-keys.ts'
import type { Path, Place } from '../documents/place.ts'
import { keysOf } from '../documents/schema-keys.ts'
import type { Settling } from '../documents/section.ts'
import type { YamlSource } from '../documents/yaml-source.ts'
import type { ConfigFault } from '../domain/errors.ts'
import type { Consumer, Delivery } from '../domain/outbox.ts'
import type { Secret } from '../runtime/secret.ts'
import type { RouteKind } from './route-kind.ts'
import { routeNameKey, routeVariable } from './settings.ts'

/** With what files are judged. */
export interface RouteJudge {
  readonly kinds: readonly RouteKind[]
  /** By their variables of the environment. */
  readonly secrets: Readonly<Record<string, Secret>>
  /** Files are named relative to it. */
  readonly cwd: string
}

/** A route as a file without faults describes it. */
export interface DescribedRoute extends Consumer {
  readonly kind: RouteKind
  readonly settings: unknown
}

/** A file as far as it was understood. */
export interface RouteFile {
  /** Its name within the folder. */
  readonly name: string
  /** As named to the user. */
  readonly file: string
  readonly text: string
  /** Where it names its route. */
  readonly place: Place
  /** Whose file it is, as far as a file with faults shows that. */
  readonly claim: Consumer | undefined
  /** Undefined where the file has faults. */
  readonly route: DescribedRoute | undefined
  readonly faults: readonly ConfigFault[]
  readonly hints: readonly ConfigFault[]
  /** Variables of the environment that were looked for. */
  readonly variables: readonly string[]
}

const DELIVERIES: readonly Delivery[] = ['deliver', 'best-effort']

const commonKeys = {
  route: routeNameKey,
  must: z
    .enum(DELIVERIES)
    .describe(
      'deliver: events are kept until this route has them; best-effort: nothing is held back, and what it missed is counted.',
    ),
}

/** The keys that a file of any kind has. */
export const commonRouteSchema = z.strictObject(commonKeys).meta({ title: 'route' })

/** The keys of a file of a kind, with those that all routes have. */
export function routeSchema(kind: RouteKind): z.ZodObject {
  return kind.schema.extend(commonKeys).strict().meta({ title: 'route' })
}

/**
 * @param path absolute: what the file names besides is relative to its folder
 * @param isLastGood whether the text is one that was in force: what only a stricter version refuses lets it go on
 */
export function judgeRouteFile(
  source: YamlSource,
  path: string,
  judge: RouteJudge,
  { isLastGood } = { isLastGood: false },
): RouteFile {
  const file = { name: basename(path), file: source.file, text: source.text, place: source.place(['route']) }
  if (source.faults.length > 0)
    return {
      ...file,
      claim: claimIn(source.text),
      route: undefined,
      faults: source.faults,
      hints: [],
      variables: [],
    }
  const draft = createDraft(source)
  const noted: Noted = { warnings: [], variables: [] }
  const described = describedBy(draft, noted, path, judge)
  const faults = condensed(draft.faults)
  const slips = condensed(draft.slips)
  const refused = isLastGood ? faults : [...faults, ...slips]
  return {
    ...file,
    claim: claimOf(draft),
    route: refused.length === 0 ? described : undefined,
    faults: [...faults, ...slips],
    hints: [...draft.hints, ...noted.warnings],
    variables: noted.variables,
  }
}

/** What is noted besides faults. */
interface Noted {
  readonly warnings: ConfigFault[]
  readonly variables: string[]
}

function describedBy(
  draft: DocumentDraft,
  noted: Noted,
  path: string,
  judge: RouteJudge,
): DescribedRoute | undefined {
  const kind = kindOf(draft, judge.kinds)
  if (!kind) return undefined
  const written = draft.judge([], routeSchema(kind)) as
    | (Readonly<Record<string, unknown>> & WrittenCommon)
    | undefined
  const settings = kind.settle(settlingOf(draft, noted, path, judge), written)
  if (!written || settings === undefined) return undefined
  const consumer = { name: written.route, must: written.must, ...(kind.yields && { yields: kind.yields }) }
  return { ...consumer, kind, settings: deepFreeze(settings) }
}

type WrittenCommon = z.output<typeof commonRouteSchema>

/** Undefined where the file shows none; that is then noted, with what else is wrong with the keys that all routes have. */
function kindOf(draft: DocumentDraft, kinds: readonly RouteKind[]): RouteKind | undefined {
  const value = draft.origin.value
  const [kind, ...others] = kinds.filter(({ key }) => keysAt(value).includes(key))
  for (const other of others)
    draft.fault(
      [other.key],
      `a route has one destination, and "${kind?.key}" is another one`,
      'make two files of it',
      'key',
    )
  if (kind) return kind
  const known = kinds.flatMap(({ schema }) => keysOf(schema))
  const isJudgedHere = ([key]: readonly [string, unknown]) => !known.includes(key)
  const rest = isRecord(value) ? Object.fromEntries(Object.entries(value).filter(isJudgedHere)) : value
  draft.judgeValue(rest, [], commonRouteSchema, known)
  const destinations = kinds.map(({ key }) => `${key}:`)
  if (isRecord(value))
    draft.fault(
      [],
      'this route says nothing of where its events go',
      `it needs one of: ${destinations.join(', ')}`,
    )
  return undefined
}

function settlingOf(
  draft: DocumentDraft,
  { warnings, variables }: Noted,
  path: string,
  { secrets }: RouteJudge,
): Settling {
  const name = String(draft.at(['route']) ?? 'NAME')
  return {
    draft,
    warnings,
    resolve: (_at: Path, written: string) => namedFile(written, dirname(path)),
    secret: (at: Path) => {
      const variable = routeVariable(name, at)
      variables.push(variable)
      return { variable, value: secrets[variable]?.reveal() }
    },
    // Its events are kept until it can be read, and it is read again at each login.
    sparesSecrets: true,
  }
}

function claimOf(draft: DocumentDraft): Consumer | undefined {
  const name = routeNameKey.safeParse(draft.at(['route']))
  return name.success ? { name: name.data, must: mustIn(draft.at(['must'])) } : undefined
}

/** Of a text that is no YAML, such as one that is half written. */
function claimIn(text: string): Consumer | undefined {
  const word = (key: string) =>
    new RegExp(`^${key}:[ \\t]+["']?([a-z0-9-]+)["']?[ \\t]*(?:#.*)?\\r?$`, 'm').exec(text)?.[1]
  const name = routeNameKey.safeParse(word('route'))
  return name.success ? { name: name.data, must: mustIn(word('must')) } : undefined
}

/** What does not clearly say otherwise must be delivered. */
function mustIn(written: unknown): Delivery {
  return DELIVERIES.find((known) => known === written) ?? 'deliver'
}
