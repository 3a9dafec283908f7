/** The documents that describe the feed to those who listen: AsyncAPI, with a JSON Schema for each kind of message. */
import { stringify } from 'yaml'
import { type DescribedMessage, describedMessages } from './schemas.ts'

const FOLDER = 'docs/feed'
/** Of what the feed says. It grows by fields; where one went, its first number would. */
const FEED_VERSION = '1.0.0'
const LINE_WIDTH = 120

/** Every document by its file, relative to the folder of the program. */
export function feedDocuments(): Readonly<Record<string, string>> {
  const messages = describedMessages()
  const schemas = messages.map(({ file, schema }) => [
    `${FOLDER}/${file}`,
    `${JSON.stringify(schema, null, 2)}\n`,
  ])
  const asyncApi = stringify(asyncApiOf(messages), { lineWidth: LINE_WIDTH })
  return { ...Object.fromEntries(schemas), [`${FOLDER}/asyncapi.yaml`]: asyncApi }
}

const DESCRIPTION = `What a Millrace gateway says at an MQTT broker, where a route file has mqtt: with format: json.

Every event is published with QoS 1, at least once: its id tells a repetition. Events of one machine keep their order.
Characters that a level of a topic may not hold (/ + # %, control characters, a leading $) are written as %2F and the like.`

function asyncApiOf(messages: readonly DescribedMessage[]): object {
  const named = messages.map((message) => [nameOf(message), message] as const)
  return {
    asyncapi: '3.0.0',
    info: { title: 'Live feed of a Millrace gateway', version: FEED_VERSION, description: DESCRIPTION },
    defaultContentType: 'application/json',
    servers: {
      broker: {
        host: 'broker.plant.example:8883',
        protocol: 'secure-mqtt',
        description: 'url: of the route file',
      },
    },
    channels: Object.fromEntries(named.map(([name, message]) => [name, channelOf(name, message)])),
    operations: Object.fromEntries(
      named.map(([name, message]) => [`say_${name}`, operationOf(name, message)]),
    ),
    components: {
      messages: Object.fromEntries(named.map(([name, message]) => [name, messageOf(message)])),
      parameters: PARAMETERS,
    },
  }
}

/** Levels that a plant may have or not are one parameter with those that it always has. */
const PARAMETERS = {
  site: {
    description:
      '[root/]ENTERPRISE/SITE: topic.root, and the codes of the organization and the plant unless topic: says otherwise',
    examples: ['SAV/SAV-1', 'factory/SAV/SAV-1'],
  },
  cell: {
    description:
      '[AREA/][LINE/]CELL: place: of the device map; the cell is the code of the machine or scanner unless written',
    examples: ['PRESS-07', 'Pressing/L1/PRESS-07'],
  },
  gateway: { description: 'gateway: of gateway.yaml', examples: ['edge-sav-01'] },
}

/** `status_opened`: names may hold no dots. */
function nameOf({ file }: DescribedMessage): string {
  return file.replace('.schema.json', '').replaceAll('.', '_')
}

function channelOf(name: string, { levels, isOfCell, schema }: DescribedMessage): object {
  const parameters = isOfCell ? ['site', 'cell'] : ['site', 'gateway']
  return {
    address: isOfCell ? `{site}/{cell}/${levels}` : `{site}/${levels}`,
    title: schema.title,
    parameters: Object.fromEntries(
      parameters.map((parameter) => [parameter, { $ref: `#/components/parameters/${parameter}` }]),
    ),
    messages: { [name]: { $ref: `#/components/messages/${name}` } },
  }
}

function operationOf(name: string, { isRetained }: DescribedMessage): object {
  return {
    action: 'send',
    channel: { $ref: `#/channels/${name}` },
    bindings: { mqtt: { qos: 1, retain: isRetained, bindingVersion: '0.2.0' } },
  }
}

function messageOf({ file, schema }: DescribedMessage): object {
  return {
    name: schema.title,
    summary: schema.description,
    contentType: 'application/json',
    payload: { schemaFormat: 'application/schema+json;version=draft-2020-12', schema: { $ref: `./${file}` } },
  }
}
