/** Looks into a zod schema: which keys are known where. */
import type { ZodObject, ZodType } from 'zod'

interface Definition {
  readonly type: string
  readonly innerType?: ZodType
  readonly in?: ZodType
  readonly element?: ZodType
  readonly valueType?: ZodType
  readonly options?: readonly ZodType[]
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
  const [step, ...rest] = path
  if (step === undefined) return objectsOf(schema)
  const { element, valueType } = definition(bare(schema))
  const fields = objectsOf(schema).map((object) => object.shape[String(step)] as ZodType | undefined)
  return [element, valueType, ...fields].flatMap((next) => (next ? objectsAt(next, rest) : []))
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
