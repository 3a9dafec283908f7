/** Looks into a zod schema: which keys are known where. */
import type { ZodObject, ZodType } from 'zod'

interface Definition {
  readonly type: string
  readonly innerType?: ZodType
  readonly in?: ZodType
  readonly element?: ZodType
  readonly keyType?: ZodType
  readonly valueType?: ZodType
  readonly options?: readonly ZodType[]
  /** What a literal may be. */
  readonly values?: readonly unknown[]
  /** The words of an enumeration. */
  readonly entries?: Readonly<Record<string, unknown>>
}

function definition(schema: ZodType): Definition {
  return schema.def as unknown as Definition
}

/** Strips `optional`, `default`, `readonly` and what comes after a transformation. */
export function bare(schema: ZodType): ZodType {
  const { innerType, in: input } = definition(schema)
  const inner = innerType ?? input
  return inner ? bare(inner) : schema
}

/** The objects that a schema accepts: none for a scalar, several for a union. */
export function objectsOf(schema: ZodType): readonly ZodObject[] {
  const plain = bare(schema)
  const { type, options } = definition(plain)
  if (type === 'object') return [plain as ZodObject]
  return (options ?? []).flatMap(objectsOf)
}

/** The objects that may stand at a path below a schema. */
export function objectsAt(schema: ZodType, path: readonly PropertyKey[]): readonly ZodObject[] {
  return schemasAt(schema, path).flatMap(objectsOf)
}

/** Of several objects, those whose fixed words stand in a value: what is of one kind is judged by the keys of that kind. */
export function objectsOfItsKind(objects: readonly ZodObject[], value: unknown): readonly ZodObject[] {
  const written = (value ?? {}) as Readonly<Record<string, unknown>>
  const fitting = objects.filter(({ shape }) =>
    Object.entries(shape).every(([key, field]) => {
      const { type, values } = definition(bare(field as ZodType))
      return type !== 'literal' || !Object.hasOwn(written, key) || values?.includes(written[key])
    }),
  )
  return fitting.length > 0 ? fitting : objects
}

/** The words that may be keys of a table at a path below a schema; none where any text may be one. */
export function tableKeysAt(schema: ZodType, path: readonly PropertyKey[]): readonly string[] {
  return schemasAt(schema, path).flatMap((table) => {
    const { keyType } = definition(bare(table))
    return Object.values((keyType && definition(bare(keyType)).entries) ?? {}).map(String)
  })
}

function schemasAt(schema: ZodType, path: readonly PropertyKey[]): readonly ZodType[] {
  const [step, ...rest] = path
  if (step === undefined) return [schema]
  const { element, valueType } = definition(bare(schema))
  const fields = objectsOf(schema).map((object) => object.shape[String(step)] as ZodType | undefined)
  return [element, valueType, ...fields].flatMap((next) => (next ? schemasAt(next, rest) : []))
}

/** The keys that an object knows, without those that are only there to be refused. */
export function keysOf(object: ZodObject): readonly string[] {
  return Object.keys(object.shape).filter(
    (key) => definition(bare(object.shape[key] as ZodType)).type !== 'never',
  )
}

/** Whether an object itself refuses keys that it does not know. */
export function isStrict(object: ZodObject): boolean {
  const { catchall } = object.def
  return catchall !== undefined && definition(catchall as ZodType).type === 'never'
}
