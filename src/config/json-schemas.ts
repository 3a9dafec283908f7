/** The JSON Schemas that editors complete and check with, made from the very schemas that the loader uses. */
import { z } from 'zod'
import type { Driver } from '../domain/driver.ts'
import { headSchema, pollSchema, reasonSchema, ruleSchema, signalSchema } from '../maps/machine/map-schema.ts'
import { profileSchema } from '../maps/profiles.ts'
import { gatewaySchema } from './gateway-schema.ts'

type JsonSchema = Readonly<Record<string, unknown>>

export function gatewayJsonSchema(): JsonSchema {
  return emit(gatewaySchema)
}

export function deviceMapJsonSchema(drivers: readonly Driver[]): JsonSchema {
  const device = deviceSchema(drivers)
  const whole = headSchema.extend({
    signals: z.record(z.string(), signalSchema).optional(),
    status: z.array(ruleSchema).min(1).optional(),
    reasons: z.record(z.string(), z.record(z.string(), reasonSchema)).optional(),
  })
  return withProperties(emit(whole), { device, devices: { type: 'object', additionalProperties: device } })
}

export function profileJsonSchema(drivers: readonly Driver[]): JsonSchema {
  const whole = profileSchema.extend({ signals: z.record(z.string(), signalSchema).optional() })
  return withProperties(emit(whole), { device: deviceSchema(drivers) })
}

/** A device's keys depend on its driver. None is required here, since a profile may supply it. */
function deviceSchema(drivers: readonly Driver[]): JsonSchema {
  const own = {
    driver: { enum: drivers.map(({ protocol }) => protocol) },
    poll: emit(pollSchema),
    profile: { type: 'string' },
  }
  return {
    type: 'object',
    properties: own,
    allOf: drivers.map(({ protocol, settings }) => ({
      if: { properties: { driver: { const: protocol } }, required: ['driver'] },
      // Its keys and ours together, and no others.
      // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
      then: { properties: { ...propertiesOf(emit(settings)), ...allowed(own) }, additionalProperties: false },
    })),
  }
}

function allowed(keys: JsonSchema): JsonSchema {
  return Object.fromEntries(Object.keys(keys).map((key) => [key, true]))
}

function withProperties(schema: JsonSchema, properties: JsonSchema): JsonSchema {
  return { ...schema, properties: { ...propertiesOf(schema), ...properties } }
}

function propertiesOf({ properties }: JsonSchema): JsonSchema {
  return (properties ?? {}) as JsonSchema
}

function emit(schema: z.ZodType): JsonSchema {
  return z.toJSONSchema(schema, { io: 'input', target: 'draft-7', unrepresentable: 'any' }) as JsonSchema
}
