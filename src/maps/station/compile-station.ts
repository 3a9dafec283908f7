/**
 * Turns the map of a scanner into what its collector and its station work from.
 *
 * It finds all faults of the file and never stops at the first. It opens no port. What this version cannot act on is a fault:
 * it is never passed over in silence.
 */
import { createDraft, type DocumentDraft, deepFreeze, isRecord } from '../../documents/draft.ts'
import type { YamlSource } from '../../documents/yaml-source.ts'
import { stationOwner } from '../../domain/owner.ts'
import type { OperatorRules, ReasonMeaning, StationMap, StationPlace } from '../../domain/station-map.ts'
import { contentHash } from '../content-hash.ts'
import { judged } from '../judged.ts'
import type { Compiled, MapContext } from '../map-kind.ts'
import { placeOf } from '../place-schema.ts'
import { compileBadges } from './compile-badges.ts'
import { compileBrand, compilePort } from './compile-port.ts'
import { compileScanRules } from './compile-scan-rules.ts'
import { compileTones } from './compile-tones.ts'
import { compileExamples } from './examples.ts'
import { type StationHead, stationSchema } from './station-schema.ts'
import { STATION_SYNONYMS } from './words.ts'

const ASK_MS = 60_000
const REASON = 'downtime_reason'

/** The map of a station with all of its faults; undefined in place of the map where there is any. */
export function compileStation(source: YamlSource, context: MapContext): Compiled {
  const draft = createDraft(source, STATION_SYNONYMS)
  const compiled = compileDraft(draft, source.file, context)
  return judged(compiled, draft, context, { profiles: {}, tables: {}, faults: [] })
}

function compileDraft(draft: DocumentDraft, file: string, context: MapContext): StationMap | undefined {
  const head = draft.judge([], stationSchema)
  if (!isRecord(draft.at([]))) return undefined
  const port = compilePort(draft, context)
  const brand = compileBrand(draft, context)
  const acknowledgement = compileTones(draft, { brands: context.brands, brand, transport: port?.transport })
  const { rules, badges } = compileScanRules(draft)
  compileExamples(draft)
  const allBadges = [...compileBadges(draft), ...badges]
  if (!head || !port) return undefined
  checkOperator(draft, head, allBadges)
  checkReasons(draft, head)
  const { scanner, frame } = head
  const decisive = {
    scanner,
    station: stationPlaceOf(head),
    payload: { prefix: frame.strip_prefix, aimId: frame.aim_id, dedupeMs: frame.dedupe },
    operator: operatorOf(head, allBadges),
    rules: rules.map(({ rule }) => rule),
    steps: { withinMs: head.steps.within, defaultCommand: defaultCommandOf(head) },
    reasons: Object.fromEntries(
      Object.entries(head.reasons).map(([code, reason]) => [code, meaningOf(reason)]),
    ),
  }
  return deepFreeze<StationMap>({
    ...decisive,
    version: contentHash(decisive),
    file,
    ...(head.place && { place: placeOf(head.place) }),
    port: {
      id: scanner,
      subject: stationOwner(scanner),
      transport: port.transport.key,
      settings: port.settings,
      framing: { suffix: frame.suffix, prefix: frame.strip_prefix },
    },
    acknowledgement,
    reasonTexts: reasonTextsOf(head),
    ...(brand !== undefined && { brand }),
  })
}

function reasonTextsOf({ reasons }: StationHead): Readonly<Record<string, string>> {
  const texts = Object.entries(reasons).flatMap(([code, { text }]) =>
    text === undefined ? [] : [[code, text]],
  )
  return Object.fromEntries(texts)
}

function stationPlaceOf({ station: { plant, location, machine } }: StationHead): StationPlace {
  return { plant: plant ?? null, location: location ?? null, machine: machine ?? null }
}

function operatorOf({ operator }: StationHead, badges: readonly RegExp[]): OperatorRules {
  const { idle_logout: idleLogoutMs, without, ask: askMs = ASK_MS } = operator
  const rest = typeof without === 'string' ? without : { stationUser: without.station_user }
  return { badges, idleLogoutMs, without: rest, askMs }
}

function defaultCommandOf({ steps: { default_command: command } }: StationHead) {
  return command === 'none' ? null : command
}

function meaningOf({ category, status }: StationHead['reasons'][string]): ReasonMeaning {
  return { category: category ?? null, status: status ?? null }
}

/** Without a badge, and without a user of the station, every scan would be refused. */
function checkOperator(draft: DocumentDraft, { operator }: StationHead, badges: readonly RegExp[]): void {
  const { without, ask } = operator
  if (ask !== undefined && without !== 'ask')
    draft.hint(['operator', 'ask'], '"ask" only counts together with without: ask', undefined, 'key')
  if (badges.length > 0 || draft.at(['operator', 'badge']) !== undefined) return
  if (typeof without === 'string') {
    const hint = "as in operator: {badge: '^B(?<employee_code>[0-9]{4,8})$'}, or without: {station_user: ID}"
    draft.fault(['operator', 'badge'], 'without a badge nobody can scan here', hint, 'key')
  } else if (draft.at(['operator', 'idle_logout']) !== undefined) {
    draft.hint(['operator', 'idle_logout'], 'without a badge nobody is ever logged out', undefined, 'key')
  }
}

function checkReasons(draft: DocumentDraft, { reasons, station }: StationHead): void {
  const rules = draft.at(['rules'])
  const index = Array.isArray(rules) ? rules.findIndex((rule) => isRecord(rule) && rule.is === REASON) : -1
  if (index >= 0 && station.machine === undefined) {
    const what = 'this station has no machine whose stops could get a reason: each is refused'
    draft.hint(['rules', index], what, 'write station: {machine: …}')
  }
  if (index < 0 && Object.keys(reasons).length > 0) {
    const hint = 'as in - {match: "^RSN:(?<code>[a-z_]+)$", is: downtime_reason}'
    draft.hint(['reasons'], 'no rule of this map takes reasons', hint, 'key')
  }
}
