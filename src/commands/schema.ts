/** `millrace schema`: the JSON Schemas with which editors complete and check the YAML files. */
import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { gatewayJsonSchema } from '../config/json-schema.ts'
import { deviceMapJsonSchema, profileJsonSchema } from '../maps/json-schemas.ts'
import type { Command } from './command.ts'
import { knownHardware } from './hardware.ts'

/** Every schema by its file, relative to the current folder. */
export function schemaFiles(): Readonly<Record<string, string>> {
  const hardware = knownHardware()
  const schemas = {
    'config/gateway.schema.json': gatewayJsonSchema(),
    'config/device-map.schema.json': deviceMapJsonSchema(hardware),
    'config/device-profile.schema.json': profileJsonSchema(hardware.drivers),
  }
  return Object.fromEntries(
    Object.entries(schemas).map(([file, schema]) => [file, `${JSON.stringify(schema, null, 2)}\n`]),
  )
}

export const schemaCommand: Command = {
  name: 'schema',
  summary: 'prints the JSON Schemas of the YAML files, or writes them into config/',
  usage: 'millrace schema [--write]',
  exits: ['0 printed or written'],
  example: 'millrace schema --write',
  page: 'docs/configuration.md',
  async run({ args, cwd, out }) {
    const { values } = parseArgs({ args: [...args], options: { write: { type: 'boolean' } } })
    for (const [file, text] of Object.entries(schemaFiles())) {
      if (values.write) writeFileSync(resolve(cwd, file), text)
      out(values.write ? `${file}\n` : text)
    }
    return 0
  },
}
