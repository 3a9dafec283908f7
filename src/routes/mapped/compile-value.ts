/** Understands what is written for a column or an argument. */
import { type DocumentDraft, isRecord, keysAt } from '../../documents/draft.ts'
import { nearestWord, wordHint } from '../../documents/nearest-word.ts'
import type { Path } from '../../documents/place.ts'
import { shown } from '../../documents/quantities.ts'
import { VALUE_FORMS, type ValueForm } from './forms.ts'
import type { NamedValue, ObjectName, TextValue, Value } from './mapped-route.ts'
import { commonFields, findField, type KnownField } from './vocabulary.ts'

/** What a value is judged against. */
export interface ValueContext {
  readonly draft: DocumentDraft
  /** The fields that every kind of the row has. */
  readonly fields: readonly KnownField[]
  /** The kinds, for messages: `scan`. */
  readonly kinds: readonly string[]
}

/** Lookups of lookups beyond this are a mistake. */
const DEPTH_MAX = 8

/** Every key with its value, in order; faults are noted in the draft. */
export function compileValues(context: ValueContext, path: Path, depth = 0): readonly NamedValue[] {
  const written = context.draft.at(path)
  return keysAt(written).flatMap((name) => {
    const value = compileValue(context, [...path, name], depth)
    return value ? [{ name, value }] : []
  })
}

/** Undefined where it has a fault, which is noted in the draft. */
function compileValue(context: ValueContext, path: Path, depth = 0): Value | undefined {
  const { draft } = context
  const written = draft.at(path)
  if (typeof written === 'string') return compileField(context, path, written)
  if (!isRecord(written)) {
    const hint = isConstant(written) ? `for a constant write {value: ${String(written)}}` : FORMS_HINT
    draft.fault(path, `${shown(written)} is no field of an event`, hint)
    return undefined
  }
  if (depth >= DEPTH_MAX) {
    draft.fault(path, 'lookups stand too deep in each other', `at most ${DEPTH_MAX}`)
    return undefined
  }
  const form = formOf(written)
  if (form) return COMPILERS[form](context, path, depth)
  faultWithoutForm(draft, path, written)
  return undefined
}

const FORMS = Object.keys(VALUE_FORMS) as readonly ValueForm[]
const FORMS_HINT = `write the name of a field, or a group with one of: ${FORMS.join(', ')}`

/** The keys that stand beside others come last: `from` and `value` are words of several forms. */
function formOf(written: Readonly<Record<string, unknown>>): ValueForm | undefined {
  return (['lookup', 'text', 'sha256', 'json', 'local', 'from', 'value'] as const).find((key) =>
    Object.hasOwn(written, key),
  )
}

function faultWithoutForm(
  draft: DocumentDraft,
  path: Path,
  written: Readonly<Record<string, unknown>>,
): void {
  const meant = Object.keys(written).find((key) => nearestWord(key, FORMS) !== undefined)
  if (meant === undefined) draft.fault(path, 'this does not say what is written', FORMS_HINT)
  else draft.fault([...path, meant], `unknown key "${meant}" in a value`, wordHint(meant, FORMS), 'key')
}

function isConstant(written: unknown): boolean {
  return ['number', 'boolean'].includes(typeof written) || written === null
}

type Compiler = (context: ValueContext, path: Path, depth: number) => Value | undefined

const COMPILERS: Readonly<Record<ValueForm, Compiler>> = {
  value: ({ draft }, path) => {
    const form = draft.judge(path, VALUE_FORMS.value)
    return form && { kind: 'constant', value: form.value }
  },
  from: (context, path) => {
    const form = context.draft.judge(path, VALUE_FORMS.from)
    const known = form && requireField(context, [...path, 'from'], form.from)
    if (!form || !known) return undefined
    const { from: field, map, else: otherwise } = form
    for (const word of Object.keys(map ?? {}))
      requireWord(context.draft, [...path, 'map', word], known, word, 'key')
    return { kind: 'chosen', field, map: map && new Map(Object.entries(map)), otherwise }
  },
  text: (context, path) => {
    const form = context.draft.judge(path, VALUE_FORMS.text)
    return form && compileText(context, [...path, 'text'], form.text)
  },
  sha256: (context, path, depth) => {
    const form = context.draft.judge(path, VALUE_FORMS.sha256)
    if (!form) return undefined
    const of = form.sha256.map((_, index) => compileValue(context, [...path, 'sha256', index], depth + 1))
    return of.includes(undefined) ? undefined : { kind: 'sha256', of: of.filter((one) => one !== undefined) }
  },
  json: (context, path, depth) => {
    const form = context.draft.judge(path, VALUE_FORMS.json)
    if (!form) return undefined
    const inside = [...path, 'json']
    if (!Array.isArray(form.json)) return { kind: 'json', of: compileValues(context, inside, depth + 1) }
    const of = (form.json as readonly string[]).flatMap((name, index) => {
      const value = compileField(context, [...inside, index], name)
      return value ? [{ name, value }] : []
    })
    return { kind: 'json', of }
  },
  local: (context, path) => {
    const form = context.draft.judge(path, VALUE_FORMS.local)
    if (!form || !requireField(context, [...path, 'local'], form.local)) return undefined
    if (!isZone(form.zone)) {
      context.draft.fault([...path, 'zone'], `there is no time zone ${shown(form.zone)}`, 'as in Europe/Rome')
      return undefined
    }
    return { kind: 'field', field: form.local, zone: form.zone }
  },
  lookup: (context, path, depth) => {
    const form = context.draft.judge(path, VALUE_FORMS.lookup)
    const by = compileValue(context, [...path, 'by'], depth + 1)
    const where = compileValues(context, [...path, 'where'], depth + 1)
    const place = form && columnOf(context.draft, [...path, 'lookup'], form.lookup)
    if (!place || !by) return undefined
    const { table, column } = place
    const { take, optional = false } = form
    return { kind: 'lookup', table, where: [{ name: column, value: by }, ...where], take, optional }
  },
}

function compileField(context: ValueContext, path: Path, field: string): Value | undefined {
  return requireField(context, path, field) ? { kind: 'field', field } : undefined
}

/** The field of a name; notes a fault where the events have none of it. */
export function requireField(
  { draft, fields, kinds }: ValueContext,
  path: Path,
  name: string,
  at: 'key' | 'value' = 'value',
): KnownField | undefined {
  const field = findField(name, fields)
  if (field) return field
  const names = fields.map((known) => known.name)
  const near = nearestWord(name, names)
  const others = kinds.filter((kind) => findField(name, commonFields([kind])))
  const fieldsHint = near
    ? `did you mean "${near}"?`
    : `its fields are ${names.join(', ')}; a constant is {value: …}`
  const hint = others.length > 0 ? `only ${others.join(' and ')} has it; make two rows of it` : fieldsHint
  const have = kinds.length > 1 ? `${kinds.join(' and ')} have no common field` : `${kinds[0]} has no field`
  draft.fault(path, `${have} ${shown(name)}`, hint, at)
  return undefined
}

/** Notes a fault where a field never is what it is compared with. */
export function requireWord(
  draft: DocumentDraft,
  path: Path,
  { name, words }: KnownField,
  word: unknown,
  at: 'key' | 'value' = 'value',
): void {
  if (words === undefined || word === null || words.includes(String(word))) return
  draft.fault(path, `${name} is never ${shown(word)}`, wordHint(String(word), words), at)
}

/** `{machine} {at}`; two braces stand for one. */
function compileText(context: ValueContext, path: Path, written: string): TextValue | undefined {
  const parts: (string | { readonly field: string })[] = []
  for (const [, brace, field, other] of written.matchAll(/(\{\{|\}\})|\{([^{}]*)\}|([^{}]+|[{}])/g)) {
    if (brace !== undefined) parts.push(brace.slice(1))
    else if (field !== undefined) {
      if (!requireField(context, path, field.trim())) return undefined
      parts.push({ field: field.trim() })
    } else if (other === '{' || other === '}') {
      context.draft.fault(path, `a ${other} stands alone`, `write ${other}${other} for the character itself`)
      return undefined
    } else parts.push(other ?? '')
  }
  return { kind: 'text', parts }
}

/** `TABLE.COLUMN` or `SCHEMA.TABLE.COLUMN`. */
function columnOf(draft: DocumentDraft, path: Path, written: string) {
  const parts = written.split('.').map((part) => part.trim())
  const [table, column] = [parts.at(-2), parts.at(-1)]
  if (parts.length <= 3 && table && column && parts[0]) {
    return { table: { ...(parts.length === 3 && { schema: parts[0] }), name: table }, column }
  }
  draft.fault(path, `${shown(written)} is no column`, 'write TABLE.COLUMN or SCHEMA.TABLE.COLUMN')
  return undefined
}

/** `NAME` or `SCHEMA.NAME`; undefined where it is neither, which is noted in the draft. */
export function compileName(draft: DocumentDraft, path: Path, written: string): ObjectName | undefined {
  const parts = written.split('.').map((part) => part.trim())
  const name = parts.at(-1)
  if (parts.length <= 2 && name && parts[0]) return { ...(parts.length === 2 && { schema: parts[0] }), name }
  draft.fault(path, `${shown(written)} is no name of a table or routine`, 'write NAME or SCHEMA.NAME')
  return undefined
}

function isZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone })
    return true
  } catch {
    return false
  }
}
