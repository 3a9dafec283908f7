/** Takes the part of a value that a map means out of lists and structures. */
import type { Variant } from 'node-opcua-client'
import { nearestWord } from '../../../documents/nearest-word.ts'
import type { Step } from './part.ts'

/** A value with what is known of its type. */
export interface TypedValue {
  /** The number of its `DataType` (OPC UA part 6, table 1); undefined where only the value itself shows it. */
  readonly dataType: number | undefined
  readonly value: unknown
  readonly isList: boolean
  /** Of a list with several dimensions. */
  readonly dimensions?: readonly number[] | null
  /** What the type of a field calls its numbers. */
  readonly words?: EnumWords
}

/** The server's own words for the numbers of an enumeration. */
export type EnumWords = Pick<ReadonlyMap<number, string>, 'get'>

/** Why there is no such part, and what to do about it. */
interface NoPart {
  readonly fault: string
  readonly hint: string
}

/** By their names, since the library calls the types of fields so; numbers of OPC UA part 6, table 1. */
const TYPES_OF_FIELDS: Readonly<Record<string, number>> = {
  Int64: 8,
  UInt64: 9,
  ByteString: 15,
  NodeId: 17,
  ExpandedNodeId: 18,
  QualifiedName: 20,
  LocalizedText: 21,
}
const EXTENSION_OBJECT = 22
/** Of `VariantArrayType`, as the library numbers it. */
const SCALAR = 0

/** A structure as the library decodes it: its fields are properties, under names that may differ in their capitals. */
interface Structure {
  readonly schema: StructureSchema
  readonly [property: string]: unknown
}

interface StructureSchema {
  readonly fields: readonly StructureField[]
  getBaseSchema?(): StructureSchema | null | undefined
}

interface StructureField {
  readonly name: string
  readonly originalName?: string
  readonly fieldType: string
  readonly isArray?: boolean
  readonly category?: string
  readonly schema?: { readonly typedEnum?: { get(value: number): { readonly key: string } | null } }
}

/** The part of a value to which the steps lead. */
export function pick(whole: TypedValue, steps: readonly Step[]): TypedValue | NoPart {
  let part = whole
  for (const step of steps) {
    const next = 'index' in step ? elementOf(part, step.index) : fieldOf(part, step.field)
    if ('fault' in next) return next
    part = isVariant(next.value) ? ofVariant(next.value) : next
  }
  return part
}

/** A part whose type is BaseDataType: it brings its own type with each value. */
type AnyVariant = Pick<Variant, 'dataType' | 'value' | 'arrayType' | 'dimensions'>

function isVariant(value: unknown): value is AnyVariant {
  if (typeof value !== 'object' || value === null) return false
  return ['dataType', 'value', 'arrayType'].every((key) => key in value)
}

function ofVariant({ dataType, value, arrayType, dimensions }: AnyVariant): TypedValue {
  return { dataType, value, isList: arrayType !== SCALAR, dimensions: dimensions ?? null }
}

function elementOf(list: TypedValue, index: readonly number[]): TypedValue | NoPart {
  const { value, isList, dimensions, ...type } = list
  if (!isList) {
    return { fault: 'it is no list, and so has no element', hint: `remove [${index.join(',')}]` }
  }
  const elements = value as ArrayLike<unknown>
  const sizes = dimensions && dimensions.length > 1 ? dimensions : [elements.length]
  if (sizes.length !== index.length) {
    return {
      fault: `the list has ${sizes.length} dimensions`,
      hint: `write the place in each of them, as in [${sizes.map(() => 0).join(',')}]`,
    }
  }
  if (index.some((at, n) => at >= (sizes[n] ?? 0))) {
    return {
      fault: `the list has ${sizes.join(' × ')} elements, and none at [${index.join(',')}]`,
      hint: 'OPC UA counts from 0, whatever the PLC program does',
    }
  }
  const position = index.reduce((before, at, n) => before * (sizes[n] ?? 0) + at, 0)
  return { ...type, value: elements[position], isList: false }
}

function fieldOf({ value, isList }: TypedValue, name: string): TypedValue | NoPart {
  if (isList)
    return { fault: `it is a list, and has no field ${name}`, hint: `name an element, as in [0].${name}` }
  if (!isStructure(value)) {
    return {
      fault: `it is no structure that this gateway understands, and so has no field ${name}`,
      hint: 'the server has to describe its type; or name a variable of its own for it',
    }
  }
  const fields = fieldsOf(value.schema)
  const field = fields.find((one) => nameOf(one) === name) ?? fields.find((one) => isAlike(nameOf(one), name))
  if (!field) {
    const names = fields.map(nameOf)
    const nearest = nearestWord(name, names)
    return {
      fault: `the structure has no field ${name}`,
      hint: nearest ? `did you mean ${nearest}?` : `it has ${names.join(', ') || 'none'}`,
    }
  }
  const words = wordsOf(field)
  return {
    dataType: field.category === 'complex' ? EXTENSION_OBJECT : TYPES_OF_FIELDS[field.fieldType],
    value: value[field.name],
    isList: field.isArray === true,
    ...(words && { words }),
  }
}

function isStructure(value: unknown): value is Structure {
  const schema: unknown = (value as { readonly schema?: unknown } | null | undefined)?.schema
  return typeof schema === 'object' && schema !== null && 'fields' in schema
}

/** Those of the types that it extends first. */
function fieldsOf(schema: StructureSchema): readonly StructureField[] {
  const base = schema.getBaseSchema?.()
  return [...(base ? fieldsOf(base) : []), ...schema.fields]
}

function nameOf({ name, originalName }: StructureField): string {
  return originalName ?? name
}

function isAlike(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase()
}

function wordsOf({ category, schema }: StructureField): EnumWords | undefined {
  if (category !== 'enumeration') return undefined
  return { get: (value) => schema?.typedEnum?.get(value)?.key }
}
