/** The JSON Schema of route files. */
import { type JsonSchema, jsonSchemaOf } from '../documents/json-schema.ts'
import { commonRouteSchema, routeSchema } from './route-file.ts'
import type { RouteKind } from './route-kind.ts'

/** For editors: the keys that all routes have, and those of the kind whose key the file has. */
export function routeJsonSchema(kinds: readonly RouteKind[]): JsonSchema {
  const { additionalProperties: _, ...common } = jsonSchemaOf(commonRouteSchema)
  return {
    ...common,
    allOf: kinds.map((kind) => {
      const { $schema: _, ...own } = jsonSchemaOf(routeSchema({ ...kind, schema: kind.whole ?? kind.schema }))
      // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
      return { if: { required: [kind.key] }, then: own }
    }),
    anyOf: kinds.map(({ key }) => ({ required: [key] })),
  }
}
