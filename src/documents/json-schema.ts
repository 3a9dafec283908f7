/** JSON Schemas for editors, made from the very schemas that files are judged with. */
import { z } from 'zod'

/** A JSON Schema of draft 7. */
export type JsonSchema = Readonly<Record<string, unknown>>

/** The schema of what people write, not of what becomes of it. */
export function jsonSchemaOf(schema: z.ZodType): JsonSchema {
  return z.toJSONSchema(schema, { io: 'input', target: 'draft-7', unrepresentable: 'any' }) as JsonSchema
}
