/**
 * What hangs on the wall beside a station: barcodes of its commands and reasons. Each is played through the station's own rules first,
 * and only what they take as that very command or reason is printed. Never a badge: whoever has its barcode is that person.
 */
import { setImmediate as othersTurn } from 'node:timers/promises'
import { SCAN_COMMANDS, type ScanCommand, type ScanRule, type StationMap } from '../../domain/station-map.ts'
import { languageOf, type PatternLanguage, textInBoth, wordsOf } from '../../scans/pattern-language.ts'
import { understand } from '../../scans/understand.ts'
import { modulesOfCode128 } from './barcodes.ts'
import { printableText } from './printable.ts'
import type { CardItemShape, WallCardShape } from './shapes.ts'

/** More reasons hang on no wall. */
const REASONS_MAX = 120

/** One barcode of a card. */
interface CardItem {
  readonly item: string
  readonly kind: 'command' | 'reason'
  readonly value: string
  /** What the barcode holds. */
  readonly payload: string
}

/** A page asks for each barcode of its card by itself. */
const KNOWN = new WeakMap<StationMap, Promise<readonly CardItem[]>>()

/** In the order of the commands, and then of the reasons in the map. Found once for each map. */
export function cardItems(map: StationMap): Promise<readonly CardItem[]> {
  const items = KNOWN.get(map) ?? findItems(map)
  KNOWN.set(map, items)
  return items
}

/** It can take seconds, on the thread that polls: that gets its turn between any two steps. */
async function findItems(map: StationMap): Promise<readonly CardItem[]> {
  const words = [
    ...SCAN_COMMANDS.map((value) => ({ kind: 'command', value }) as const),
    ...(await reasonsOf(map)).map((value) => ({ kind: 'reason', value }) as const),
  ]
  const found: CardItem[] = []
  for (const { kind, value } of words) {
    const item = await itemOf(map, kind, value)
    if (item) found.push(item)
  }
  return found
}

/** What patterns take, found once for each. */
const LANGUAGES = new WeakMap<RegExp, PatternLanguage | null>()

async function languageIn(pattern: RegExp): Promise<PatternLanguage | null> {
  await othersTurn()
  const language = LANGUAGES.has(pattern) ? LANGUAGES.get(pattern) : languageOf(pattern)
  LANGUAGES.set(pattern, language ?? null)
  return language ?? null
}

/** The card as the page shows it. */
export async function wallCard(map: StationMap): Promise<WallCardShape> {
  const items = await cardItems(map)
  const { location, machine } = map.station
  const has = new Set(items.map(({ value }) => value))
  return {
    scanner: map.scanner,
    location,
    machine,
    items: await Promise.all(items.map((item) => cardShape(map, item))),
    without: [...SCAN_COMMANDS, ...(await reasonsOf(map))].filter((value) => !has.has(value)),
  }
}

async function cardShape(map: StationMap, { item, kind, value, payload }: CardItem): Promise<CardItemShape> {
  const isReason = kind === 'reason'
  return {
    item,
    kind,
    code: printableText(payload),
    value,
    text: isReason ? (ownValue(map.reasonTexts, value) ?? null) : null,
    declares: isReason ? (ownValue(map.reasons, value)?.status ?? null) : null,
    modules: await modulesOfCode128(payload),
  }
}

/** Those that the map gives a meaning, and those that its patterns spell out. */
async function reasonsOf(map: StationMap): Promise<readonly string[]> {
  const spelt: string[] = []
  for (const rule of rulesOf(map, 'reason')) spelt.push(...(await speltOut(rule)))
  const meant = spelt.flatMap((payload) => reasonIn(map, payload) ?? [])
  return [...new Set([...Object.keys(map.reasons), ...meant])].slice(0, REASONS_MAX)
}

async function itemOf(map: StationMap, kind: CardItem['kind'], value: string): Promise<CardItem | undefined> {
  for (const rule of rulesOf(map, kind)) {
    const texts = await textsWith(rule, value)
    const payload = texts.find((text) => isTakenAs(map, text, kind, value))
    if (payload !== undefined) return { item: `${kind}-${value}`, kind, value, payload }
  }
  return undefined
}

function rulesOf({ rules }: StationMap, kind: CardItem['kind']): readonly ScanRule[] {
  const meaning = kind === 'command' ? 'command' : 'downtime_reason'
  return rules.filter(({ means }) => means.kind === meaning)
}

/** Texts that a rule may take as a word: the word itself, or the shortest text of its pattern that holds it. */
async function textsWith({ takes }: ScanRule, word: string): Promise<readonly string[]> {
  if (takes.kind === 'all') return [word]
  if (takes.kind !== 'match') return []
  const pattern = await languageIn(takes.pattern)
  const found = pattern && textInBoth(pattern, holding(word))
  return found === null ? [word] : [found, word]
}

/** Printable texts that have a word in them. */
function holding(word: string): PatternLanguage {
  const literal = [...word].map((one) => `\\u{${one.codePointAt(0)?.toString(16)}}`).join('')
  const language = languageOf(new RegExp(`^[ -~]*${literal}[ -~]*$`, 'u'))
  if (!language) throw new Error('a literal text is always a language')
  return language
}

async function speltOut({ takes }: ScanRule): Promise<readonly string[]> {
  const language = takes.kind === 'match' ? await languageIn(takes.pattern) : null
  return language ? wordsOf(language, REASONS_MAX) : []
}

function isTakenAs(map: StationMap, payload: string, kind: CardItem['kind'], value: string): boolean {
  if (kind === 'reason') return reasonIn(map, payload) === value
  return commandIn(map, payload) === value
}

function reasonIn(map: StationMap, payload: string): string | undefined {
  const meaning = meaningOf(map, payload)
  return meaning?.kind === 'downtime_reason' ? meaning.reason : undefined
}

function commandIn(map: StationMap, payload: string): ScanCommand | undefined {
  const meaning = meaningOf(map, payload)
  return meaning?.kind === 'command' ? meaning.command : undefined
}

/** As the scanner will send it: with whatever stands in front of each code, and its AIM identifier. */
function meaningOf(map: StationMap, payload: string) {
  const identifiers = map.payload.aimId === 'off' ? [''] : ['', ']C0', ']Q1']
  const understood = identifiers.map((aim) => {
    const bytes = Buffer.from(`${map.payload.prefix}${aim}${payload}`)
    return understand(map, { kind: 'scan', bytes, aimId: null, at: NO_MATTER_WHEN })
  })
  const meanings = understood.map((one) => (one.kind === 'code' ? one.code.meaning : undefined))
  const [first] = meanings
  const areAlike = meanings.every((meaning) => JSON.stringify(meaning) === JSON.stringify(first))
  return areAlike ? first : undefined
}
const NO_MATTER_WHEN = { boot: '', wallMs: 0, monoMs: 0 }

function ownValue<Value>(
  values: Readonly<Record<string, Value>> | undefined,
  key: string,
): Value | undefined {
  return values !== undefined && Object.hasOwn(values, key) ? values[key] : undefined
}
