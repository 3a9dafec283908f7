/** The fields of a condition (OPC UA part 9, 5.5 to 5.8) that are asked of its events, and read from its node. */
import type { EventFilter, Variant } from 'node-opcua-client'
import type { AlarmFormat } from '../../../../domain/signal.ts'
import type { OpcUaLibrary } from '../../library.ts'
import type { ConditionState } from './active-alarms.ts'

/** Types of OPC UA part 6, annex A. */
const BASE_EVENT = 'i=2041'
const CONDITION = 'i=2782'
const ACKNOWLEDGEABLE_CONDITION = 'i=2881'
const ALARM_CONDITION = 'i=2915'
/** The server has left out events (EventQueueOverflowEventType), or says that some may be missing (RefreshRequiredEventType). */
const EVENTS_MISSING: readonly string[] = ['ns=0;i=3035', 'ns=0;i=2789']
/** As the library writes a node id that names nothing. */
const NO_NODE = 'ns=0;i=0'

/** A field: where it is below the event or the node of the condition, and which type has it. */
interface ConditionField {
  readonly type: string
  /** Browse names; those of namespaces other than OPC UA's begin with the index, `3:ErrorCode`. */
  readonly path: readonly string[]
}

/** In the order of what is asked. */
const FIELDS = {
  active: { type: ALARM_CONDITION, path: ['ActiveState', 'Id'] },
  enabled: { type: CONDITION, path: ['EnabledState', 'Id'] },
  severity: { type: BASE_EVENT, path: ['Severity'] },
  source: { type: BASE_EVENT, path: ['SourceName'] },
  condition: { type: CONDITION, path: ['ConditionName'] },
  message: { type: BASE_EVENT, path: ['Message'] },
  acknowledged: { type: ACKNOWLEDGEABLE_CONDITION, path: ['AckedState', 'Id'] },
  time: { type: BASE_EVENT, path: ['Time'] },
  branch: { type: CONDITION, path: ['BranchId'] },
  eventType: { type: BASE_EVENT, path: ['EventType'] },
} as const satisfies Readonly<Record<string, ConditionField>>

type FieldName = keyof typeof FIELDS

/** What the fields hold, each by its place. */
type Values = readonly (Variant | null | undefined)[]

/** A namespace beyond these has no field that is asked for. */
const NAMESPACES_MAX = 20

/** All fields for one signal. A field of the maker is asked for in every namespace, since its name alone stands in the map. */
export function conditionFields({ code }: AlarmFormat, namespaces: number): readonly ConditionField[] {
  const count = isOwnField(code) ? Math.min(namespaces, NAMESPACES_MAX) : 0
  const own = Array.from({ length: count }, (_, index) => ({ type: BASE_EVENT, path: [`${index}:${code}`] }))
  return [...Object.values(FIELDS), ...own]
}

/** What a server is asked to send of each event: the node of its condition, and the fields. */
export function eventFilter(library: OpcUaLibrary, fields: readonly ConditionField[]): EventFilter {
  const { AttributeIds, coerceNodeId, coerceQualifiedName } = library
  const conditionId = {
    typeDefinitionId: coerceNodeId(CONDITION),
    browsePath: [],
    attributeId: AttributeIds.NodeId,
  }
  const values = fields.map(({ type, path }) => ({
    typeDefinitionId: coerceNodeId(type),
    browsePath: path.map((name) => coerceQualifiedName(name)),
    attributeId: AttributeIds.Value,
  }))
  return new library.EventFilter({ selectClauses: [conditionId, ...values] })
}

/** An event is of a condition, of something else, or says that events are missing. */
type ReadEvent =
  | { readonly kind: 'condition'; readonly state: ConditionState; readonly time: Date | null }
  | { readonly kind: 'lost' | 'other' }

/** @param eventFields as asked for by {@link eventFilter} */
export function readEvent(
  [conditionId, ...values]: readonly (Variant | null | undefined)[],
  format: AlarmFormat,
): ReadEvent {
  if (EVENTS_MISSING.includes(textOf(fieldOf(values, 'eventType')))) return { kind: 'lost' }
  // A branch is what a condition was before; its present state comes in an event of its own.
  const isPresent = nodeText(fieldOf(values, 'branch')) === ''
  const condition = nodeText(conditionId?.value) || nameOf(values)
  const state = isPresent && condition !== '' ? conditionState(condition, values, format) : undefined
  if (!state) return { kind: 'other' }
  const time = fieldOf(values, 'time')
  return { kind: 'condition', state, time: time instanceof Date ? time : null }
}

/** The state of a condition; undefined for one that is never active. */
export function conditionState(
  condition: string,
  values: Values,
  { code = 'condition' }: AlarmFormat,
): ConditionState | undefined {
  // Of a condition that is disabled, most servers send nothing else, and their nodes keep what was before.
  const isDisabled = fieldOf(values, 'enabled') === false
  const isActive = isDisabled ? false : fieldOf(values, 'active')
  if (typeof isActive !== 'boolean') return undefined
  const words = {
    condition: textOf(fieldOf(values, 'condition')),
    source: textOf(fieldOf(values, 'source')),
    message: textOf(fieldOf(values, 'message')),
  }
  const own = values.slice(Object.keys(FIELDS).length).map((variant) => textOf(variant?.value))
  const chosen = isOwnField(code) ? own.find((text) => text !== '') : words[code]
  const acknowledged = fieldOf(values, 'acknowledged')
  return {
    condition,
    name: nameOf(values),
    isActive,
    severity: Number(fieldOf(values, 'severity') ?? 0),
    source: words.source,
    // An alarm without this field is an alarm all the same.
    code: chosen || words.condition || words.source || condition,
    message: words.message,
    isAcknowledged: typeof acknowledged === 'boolean' ? acknowledged : undefined,
  }
}

function fieldOf(values: Values, name: FieldName): unknown {
  const value: unknown = values[Object.keys(FIELDS).indexOf(name)]?.value
  return value
}

/** Some servers do not say which node a condition has. Its source and its name tell it from others as well. */
function nameOf(values: Values): string {
  const names = [textOf(fieldOf(values, 'source')), textOf(fieldOf(values, 'condition'))]
  return names.some((name) => name !== '') ? JSON.stringify(names) : ''
}

/** Empty for a node id that names nothing. */
function nodeText(value: unknown): string {
  const text = textOf(value)
  return text === NO_NODE ? '' : text
}

function isOwnField(code: string | undefined): code is Exclude<string, 'condition' | 'source' | 'message'> {
  return code !== undefined && !['condition', 'source', 'message'].includes(code)
}

function textOf(value: unknown): string {
  if (value === null || value === undefined) return ''
  const { text } = value as { readonly text?: unknown }
  return text === undefined ? String(value) : String(text ?? '')
}
