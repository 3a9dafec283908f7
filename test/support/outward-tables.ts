/** The fields of events that leave the gateway, as tables of Markdown: docs/routes.md holds exactly these. */
import type { OutwardField, OutwardKind } from '../../src/domain/events/outward/field.ts'
import { OUTWARD_KINDS } from '../../src/domain/events/outward.ts'

const COMMON = ['id', 'kind', 'at', 'captured_at', 'gateway']
const HEAD = ['| Field | Type | |', '|---|---|---|']

/** The kinds, then what all of them have, then what each family has besides. */
export function outwardTables(): string {
  const families = [...Map.groupBy(OUTWARD_KINDS, ({ kind }) => kind.split('.')[0] ?? '').values()]
  const [first] = OUTWARD_KINDS
  const common = (first?.fields ?? []).filter(({ name }) => COMMON.includes(name) && name !== 'at')
  return [
    '| Kind | When | `at` |',
    '|---|---|---|',
    ...OUTWARD_KINDS.map((kind) => `| \`${kind.kind}\` | ${kind.about} | ${atOf(kind)} |`),
    '',
    'Every event has:',
    '',
    ...HEAD,
    ...common.map((field) => row(field.name === 'kind' ? { ...field, words: undefined } : field)),
    ...families.flatMap(familyTable),
  ].join('\n')
}

function atOf({ fields }: OutwardKind): string {
  return fields.find(({ name }) => name === 'at')?.about ?? ''
}

function familyTable(kinds: readonly OutwardKind[]): readonly string[] {
  const names = kinds.map(({ kind }) => `\`${kind}\``)
  const fields = new Map<string, { readonly field: OutwardField; readonly of: string[] }>()
  for (const { kind, fields: own } of kinds) {
    for (const field of own) {
      if (COMMON.includes(field.name)) continue
      const key = row(field)
      const before = fields.get(key)
      if (before) before.of.push(kind)
      else fields.set(key, { field, of: [kind] })
    }
  }
  const rows = [...fields.values()].map(({ field, of }) => row(field, of.length === kinds.length ? [] : of))
  return ['', `${names.join(', ')} besides:`, '', ...HEAD, ...rows]
}

type Described = Omit<OutwardField, 'words'> & { readonly words?: readonly string[] | undefined }

/** What is always there is said in bold. */
function row({ name, type, about, words, always }: Described, kinds: readonly string[] = []): string {
  const title = always ? `**\`${name}\`**` : `\`${name}\``
  const choice = words ? ` (${words.map((word) => `\`${word}\``).join(', ')})` : ''
  const only = kinds.length > 0 ? `; only in ${kinds.map((kind) => `\`${kind}\``).join(', ')}` : ''
  return `| ${title} | ${type} | ${about}${choice}${only} |`
}
