/** `millrace schema`: the JSON Schemas with which editors complete and check the YAML files, and what describes the live feed. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { gatewayJsonSchema } from '../config/json-schema.ts'
import { deviceMapJsonSchema, profileJsonSchema } from '../maps/json-schemas.ts'
import { ROUTE_KINDS } from '../routes/index.ts'
import { routeJsonSchema } from '../routes/json-schema.ts'
import { feedDocuments } from '../routes/mqtt/json/documents.ts'
import type { Command } from './command.ts'
import { knownHardware } from './hardware.ts'

/** Every document by its file, relative to the current folder. */
export function schemaFiles(): Readonly<Record<string, string>> {
  const hardware = knownHardware()
  const schemas = {
    'config/gateway.schema.json': gatewayJsonSchema(),
    'config/route.schema.json': routeJsonSchema(ROUTE_KINDS),
    'config/device-map.schema.json': deviceMapJsonSchema(hardware),
    'config/device-profile.schema.json': profileJsonSchema(hardware.drivers),
  }
  const texts = Object.entries(schemas).map(([file, schema]) => [
    file,
    `${JSON.stringify(schema, null, 2)}\n`,
  ])
  return { ...Object.fromEntries(texts), ...feedDocuments() }
}

export const schemaCommand: Command = {
  name: 'schema',
  summary:
    'prints the JSON Schemas of the YAML files and of the live feed, or writes them into config/ and docs/feed/',
  usage: 'millrace schema [--write]',
  exits: ['0 printed or written'],
  example: 'millrace schema --write',
  page: 'docs/configuration.md',
  async run({ args, cwd, out }) {
    const { values } = parseArgs({ args: [...args], options: { write: { type: 'boolean' } } })
    for (const [file, text] of Object.entries(schemaFiles())) {
      if (values.write) write(resolve(cwd, file), text)
      out(values.write ? `${file}\n` : text)
    }
    return 0
  },
}

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
}
