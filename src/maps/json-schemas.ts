/** The JSON Schemas of device maps, which are of machines or of scanners, and of profiles. */
import { z } from 'zod'
import { type JsonSchema, jsonSchemaOf } from '../documents/json-schema.ts'
import type { Driver } from '../domain/driver.ts'
import {
  bitOrderSchema,
  headSchema,
  pollSchema,
  reasonTableSchema,
  ruleSchema,
  signalSchema,
} from './machine/map-schema.ts'
import type { Hardware } from './map-kind.ts'
import { profileSchema, profileSignalSchema, variantSchema } from './profiles/profile-schema.ts'
import { exampleSchema, LIST_MAX, scanRuleSchema, stationSchema } from './station/station-schema.ts'

/** For editors: a device map, with the keys of each driver's devices and of each kind of scanner's port. */
export function deviceMapJsonSchema(hardware: Hardware): JsonSchema {
  const { $schema, ...machine } = machineSchema(hardware.drivers)
  const { $schema: _, ...scanner } = scannerSchema(hardware)
  return {
    $schema,
    type: 'object',
    if: { required: ['scanner'] },
    // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
    then: scanner,
    else: machine,
  }
}

function machineSchema(drivers: readonly Driver[]): JsonSchema {
  const device = deviceSchema(drivers)
  const whole = headSchema.extend({
    signals: z.record(z.string(), signalSchema).optional(),
    status: z.array(ruleSchema).min(1).optional(),
    reasons: z.record(z.string(), reasonTableSchema).optional(),
  })
  return withProperties(jsonSchemaOf(whole), {
    device,
    devices: { type: 'object', additionalProperties: device },
  })
}

function scannerSchema(hardware: Hardware): JsonSchema {
  const whole = stationSchema.extend({
    rules: z.array(scanRuleSchema).max(LIST_MAX.rules).optional(),
    examples: z.array(exampleSchema).max(LIST_MAX.examples).optional(),
  })
  return withProperties(jsonSchemaOf(whole), { port: portSchema(hardware) })
}

/** One of the keys that choose a transport, with those that may stand beside it. */
function portSchema({ transports, brands }: Hardware): JsonSchema {
  const own = { brand: { enum: Object.keys(brands), description: 'Which bytes make the scanner beep.' } }
  const keys = transports.map(({ settings }) => propertiesOf(jsonSchemaOf(settings)))
  return {
    type: 'object',
    properties: Object.assign({}, own, ...keys),
    oneOf: transports.map(({ key, settings }) => ({
      required: [key],
      properties: { ...allowed(propertiesOf(jsonSchemaOf(settings))), ...allowed(own) },
      additionalProperties: false,
    })),
  }
}

/** For editors: a profile, whose parts are those of a device map. */
export function profileJsonSchema(drivers: readonly Driver[]): JsonSchema {
  const signals = { signals: z.record(z.string(), profileSignalSchema).optional() }
  const { $schema: _, ...variant } = jsonSchemaOf(variantSchema.extend(signals))
  const device = deviceSchema(drivers)
  return withProperties(jsonSchemaOf(profileSchema.extend(signals)), {
    device,
    variants: { type: 'object', additionalProperties: withProperties(variant, { device }) },
  })
}

/** The keys of a device depend on its driver. None is required here: a profile may supply it. */
function deviceSchema(drivers: readonly Driver[]): JsonSchema {
  const own = {
    driver: { enum: drivers.map(({ protocol }) => protocol) },
    poll: jsonSchemaOf(pollSchema),
    bit_order: jsonSchemaOf(bitOrderSchema),
    profile: { type: 'string' },
    variant: { type: 'string' },
    with: { type: 'object', additionalProperties: { type: ['string', 'number'] } },
  }
  return {
    type: 'object',
    properties: own,
    allOf: drivers.map(({ protocol, settings }) => ({
      if: { properties: { driver: { const: protocol } }, required: ['driver'] },
      // The driver's keys together with ours, and no others.
      // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
      then: {
        properties: { ...propertiesOf(jsonSchemaOf(settings)), ...allowed(own) },
        additionalProperties: false,
      },
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
