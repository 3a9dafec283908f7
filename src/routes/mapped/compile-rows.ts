/** Understands `rows:` of a mapped route: which events, and what each of them becomes. */
import { type DocumentDraft, isRecord, keysAt } from '../../documents/draft.ts'
import { wordHint } from '../../documents/nearest-word.ts'
import type { Path } from '../../documents/place.ts'
import { compileTests } from './compile-tests.ts'
import { compileName, compileValues, requireField, type ValueContext } from './compile-value.ts'
import { rowSchema } from './forms.ts'
import type { ObjectName, RowAction, RowSpec } from './mapped-route.ts'
import { commonFields, EVENT_KINDS } from './vocabulary.ts'

const ACTIONS = ['insert', 'update', 'call'] as const
type Action = (typeof ACTIONS)[number]

/** The keys that belong to one kind of action only. */
const KEYS_OF: Readonly<Record<Action, readonly string[]>> = {
  insert: ['columns', 'once_per'],
  update: ['columns', 'key'],
  call: ['arguments', 'refused_when', 'reason'],
}
const ALL_KEYS = [...new Set(Object.values(KEYS_OF).flat())]

type WrittenRow = NonNullable<ReturnType<typeof rowSchema.safeParse>['data']>

/** All rows without faults; faults are noted in the draft. */
export function compileRows(draft: DocumentDraft): readonly RowSpec[] {
  const written = draft.at(['rows'])
  if (!Array.isArray(written)) return []
  return written.flatMap((_, index) => compileRow(draft, index) ?? [])
}

function compileRow(draft: DocumentDraft, index: number): RowSpec | undefined {
  const path = ['rows', index]
  const row = draft.judge(path, rowSchema)
  const raw = draft.at(path)
  const action = isRecord(raw) ? actionOf(draft, path, raw) : undefined
  if (!row) return undefined
  const on = compileKinds(draft, path, row.on)
  if (on.length === 0) return undefined
  const context = { draft, fields: commonFields(on), kinds: on }
  const when = compileTests(draft, [...path, 'when'], (at, name) => requireField(context, at, name, 'key'))
  const name = action && compileName(draft, [...path, action], row[action] ?? '')
  const does = name && compileAction(context, path, { action, name, row })
  return does && { title: `rows ${index + 1} (${action} ${row[action]})`, on, when, does }
}

/** Which of the actions a row names. */
function actionOf(
  draft: DocumentDraft,
  path: Path,
  written: Readonly<Record<string, unknown>>,
): Action | undefined {
  const [action, other] = ACTIONS.filter((key) => Object.hasOwn(written, key))
  if (!action) {
    draft.fault(path, 'this row does not say what becomes of the event', `name one of: ${ACTIONS.join(', ')}`)
    return undefined
  }
  if (other) {
    const hint = 'make two rows of it'
    draft.fault([...path, other], `a row has either ${action} or ${other}`, hint, 'key')
    return undefined
  }
  for (const key of ALL_KEYS) {
    if (!Object.hasOwn(written, key) || KEYS_OF[action].includes(key)) continue
    draft.fault([...path, key], `"${key}" does not belong to ${action}`, hintForKey(action, key), 'key')
  }
  return action
}

function hintForKey(action: Action, key: string): string {
  if (action === 'call' && key === 'columns') return 'what a call is given stands under arguments'
  if (key === 'arguments') return `what ${action} writes stands under columns`
  return `it has ${KEYS_OF[action].join(', ')}`
}

function compileKinds(
  draft: DocumentDraft,
  path: Path,
  written: string | readonly string[],
): readonly string[] {
  const at = (index: number) => (typeof written === 'string' ? [...path, 'on'] : [...path, 'on', index])
  const list = typeof written === 'string' ? [written] : written
  const unknown = [...list.entries()].filter(([, kind]) => !EVENT_KINDS.includes(kind))
  for (const [index, kind] of unknown) {
    const hint = wordHint(kind, EVENT_KINDS)
    draft.fault(at(index), `there is no event "${kind}"`, hint)
  }
  return unknown.length === 0 ? [...new Set(list)] : []
}

interface NamedAction {
  readonly action: Action
  readonly name: ObjectName
  readonly row: WrittenRow
}

function compileAction(
  context: ValueContext,
  path: Path,
  { action, name, row }: NamedAction,
): RowAction | undefined {
  const { draft } = context
  const columns = compileValues(context, [...path, 'columns'])
  if (action === 'call') {
    return {
      kind: 'call',
      routine: name,
      arguments: compileValues(context, [...path, 'arguments']),
      refusedWhen: compileTests(draft, [...path, 'refused_when'], (_, name) => ({ name, type: 'text' })),
      reason: listOf(row.reason),
    }
  }
  if (!requireSome(draft, path, 'columns', 'what is written, as in machine: machine')) return undefined
  if (action === 'update') {
    if (!requireSome(draft, path, 'key', 'by which columns the row is found')) return undefined
    return { kind: 'update', table: name, key: compileValues(context, [...path, 'key']), columns }
  }
  const oncePer = listOf(row.once_per)
  const given = keysAt(draft.at([...path, 'columns']))
  for (const column of oncePer) {
    if (given.includes(column)) continue
    draft.fault([...path, 'once_per'], `"${column}" is not among the columns`, wordHint(column, given))
  }
  return { kind: 'insert', table: name, columns, oncePer }
}

function requireSome(draft: DocumentDraft, path: Path, key: string, hint: string): boolean {
  const inside = [...path, key]
  if (keysAt(draft.at(inside)).length > 0) return true
  draft.fault(inside, `"${key}" is missing`, hint, 'key')
  return false
}

function listOf(written: string | readonly string[] | undefined): readonly string[] {
  if (written === undefined) return []
  return typeof written === 'string' ? [written] : written
}
