/** What the file of a mapped route comes to once it is understood. Data only. */
import type { BatchSettings } from '../../domain/destination.ts'
import type { ConnectionSettings } from '../../postgres/settings.ts'

/** A site's own tables, and which events go into them. */
export interface MappedSettings {
  readonly to: MappedDatabase
  readonly batch: BatchSettings
  /** In the order of the file: of one event the earlier rows are written first. */
  readonly rows: readonly RowSpec[]
}

/** Where its tables are: in the database of the section `central:`, or in another one. */
export type MappedDatabase =
  | { readonly database: 'central'; readonly schema?: string | undefined }
  | { readonly database: 'other'; readonly connection: ConnectionSettings; readonly schema: string }

/** One item of `rows:`: events of these kinds, as far as the tests hold, become one row, one change or one call each. */
export interface RowSpec {
  /** Where it stands, for messages: `rows 2 (insert operation_timestamps)`. */
  readonly title: string
  readonly on: readonly string[]
  /** It is enough that one of these groups holds; none means that every event is meant. */
  readonly when: readonly FieldTests[]
  readonly does: RowAction
}

/** What an event is made into. */
export type RowAction = InsertAction | UpdateAction | CallAction

/** A new row. */
export interface InsertAction {
  readonly kind: 'insert'
  readonly table: ObjectName
  readonly columns: readonly NamedValue[]
  /** Where a row with these values is there already, none is inserted; empty: always one. */
  readonly oncePer: readonly string[]
}

/** A change of the one row that the key finds. */
export interface UpdateAction {
  readonly kind: 'update'
  readonly table: ObjectName
  readonly key: readonly NamedValue[]
  readonly columns: readonly NamedValue[]
}

/** A call of a function or procedure of the site. */
export interface CallAction {
  readonly kind: 'call'
  readonly routine: ObjectName
  readonly arguments: readonly NamedValue[]
  /** By which result it says no: one of these groups is enough. */
  readonly refusedWhen: readonly FieldTests[]
  /** The results in which it says why. */
  readonly reason: readonly string[]
}

/** A table or routine; without a schema it is in that of the route. */
export interface ObjectName {
  readonly schema?: string | undefined
  readonly name: string
}

/** A column or an argument, and what goes into it. */
export interface NamedValue {
  readonly name: string
  readonly value: Value
}

/** What stands in a file for a value that never changes. */
export type Constant = string | number | boolean | null

/** How a value is made of an event. */
export type Value = FieldValue | ConstantValue | ChosenValue | TextValue | HashValue | JsonValue | LookupValue

/** A field of the event. A time can be given as the clock on the wall of a zone shows it. */
interface FieldValue {
  readonly kind: 'field'
  readonly field: string
  /** A zone such as Europe/Rome; absent: UTC. */
  readonly zone?: string | undefined
}

/** The same for every event. */
interface ConstantValue {
  readonly kind: 'constant'
  readonly value: Constant
}

/** A field's value, exchanged for another one where the map has it. */
export interface ChosenValue {
  readonly kind: 'chosen'
  readonly field: string
  /** By the field's value as text; absent: the value is taken as it is. */
  readonly map?: ReadonlyMap<string, Constant> | undefined
  /** For what the map does not have, and for an empty field; absent: such an event is set aside, and an empty field is empty. */
  readonly otherwise?: Constant | undefined
}

/** A text with fields in it. */
export interface TextValue {
  readonly kind: 'text'
  readonly parts: readonly (string | { readonly field: string })[]
}

/** SHA-256 over the compact JSON list of values, in hexadecimal digits. */
interface HashValue {
  readonly kind: 'sha256'
  readonly of: readonly Value[]
}

/** A JSON object. */
interface JsonValue {
  readonly kind: 'json'
  readonly of: readonly NamedValue[]
}

/** A column of the one row of another table that has given values. */
export interface LookupValue {
  readonly kind: 'lookup'
  readonly table: ObjectName
  /** What must be equal; the first is what the row is looked up by. */
  readonly where: readonly NamedValue[]
  readonly take: string
  /** Whether it is empty where there is no such row, or nothing to look up; else the event is set aside. */
  readonly optional: boolean
}

/** What is asked of fields, or of the results of a call; all of it must hold. */
export type FieldTests = readonly FieldTest[]

/** What is asked of one field: every part that is there must hold. Values are compared as texts, and in ranges by size. */
export interface FieldTest {
  readonly field: string
  readonly oneOf?: readonly Constant[] | undefined
  readonly noneOf?: readonly Constant[] | undefined
  /** Inclusive. */
  readonly from?: Constant | undefined
  readonly to?: Constant | undefined
  readonly startsWith?: readonly string[] | undefined
  readonly presence?: 'present' | 'empty' | undefined
}
