/** The JSON Schema of `gateway.yaml`. */
import { type JsonSchema, jsonSchemaOf } from '../documents/json-schema.ts'
import { gatewaySchema } from './gateway-schema.ts'

/** For editors; `millrace schema --write` puts it into `config/`. */
export function gatewayJsonSchema(): JsonSchema {
  return jsonSchemaOf(gatewaySchema)
}
