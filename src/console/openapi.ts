/** The OpenAPI document of everything below `/api/v1`, made of the same list that is served. */
import { z } from 'zod'
import { type ConsoleApi, type Endpoint, type EventStream, endpoint } from './endpoint.ts'
import { API_PATH } from './serve-api.ts'
import { PAGE_HEADER, refusalShape } from './shapes.ts'

const VERSION = '3.1.0'
const EVENTS = 'text/event-stream'
const JSON_TYPE = 'application/json'

type Json = Readonly<Record<string, unknown>>

/** Says what the API is, itself included. */
export function openApiEndpoint(gateway: string, all: () => ConsoleApi): Endpoint {
  return endpoint({
    method: 'GET',
    path: '/openapi.json',
    role: 'view',
    summary: 'This document: OpenAPI 3.1.',
    answer: z.looseObject({ openapi: z.string() }),
    handle: () => openApi(gateway, all()),
  })
}

/** @param gateway its name */
function openApi(gateway: string, { endpoints, streams }: ConsoleApi) {
  return {
    openapi: VERSION,
    info: {
      title: 'Millrace console',
      version: 'v1',
      description: `The API under the pages of the gateway ${gateway}. Keys are only ever added to it.`,
    },
    servers: [{ url: API_PATH }],
    security: [{ session: [] }, { token: [] }],
    paths: pathsOf([...endpoints.map(operationOf), ...streams.map(streamOperationOf)]),
    components: {
      securitySchemes: {
        session: {
          type: 'apiKey',
          in: 'cookie',
          name: 'millrace-PORT',
          description: `Set by POST /session. Whatever changes something carries the header ${PAGE_HEADER} as well.`,
        },
        token: {
          type: 'http',
          scheme: 'bearer',
          description: 'Made with POST /tokens or "millrace users token".',
        },
      },
      responses: {
        refusal: {
          description: 'It was not done, and why.',
          content: { [JSON_TYPE]: { schema: schemaOf(refusalShape, 'output') } },
        },
      },
    },
  }
}

interface Operation {
  readonly path: string
  readonly method: string
  readonly operation: Json
}

function pathsOf(operations: readonly Operation[]): Json {
  const byPath = Map.groupBy(operations, ({ path }) => path)
  return Object.fromEntries(
    [...byPath].map(([path, of]) => [
      path,
      Object.fromEntries(of.map(({ method, operation }) => [method, operation])),
    ]),
  )
}

function operationOf(one: Endpoint): Operation {
  const body = schemaOf(one.body, 'input')
  const takesBody = one.method !== 'GET' && Object.keys(body).length > 0 && !isNothing(one.body)
  return described(one, one.method.toLowerCase(), {
    ...(takesBody && { requestBody: { required: true, content: { [JSON_TYPE]: { schema: body } } } }),
    responses: responses(
      'mediaType' in one.answer
        ? { [one.answer.mediaType]: {} }
        : { [JSON_TYPE]: { schema: schemaOf(one.answer, 'output') } },
    ),
  })
}

/** Each event is one JSON text behind `data:`. */
function streamOperationOf(one: EventStream): Operation {
  return described(one, 'get', {
    responses: responses({ [EVENTS]: { schema: schemaOf(one.event, 'output') } }),
  })
}

function described(one: Endpoint | EventStream, method: string, rest: Json): Operation {
  const { path, role, summary, params, query } = one
  return {
    path: path.replaceAll(/:(\w+)/g, '{$1}'),
    method,
    operation: {
      operationId: `${method} ${path}`,
      summary,
      description: role === 'anybody' ? 'Needs no sign-in.' : `Needs the role ${role}.`,
      'x-role': role,
      ...(role === 'anybody' && { security: [] }),
      parameters: [...parametersOf(params, 'path'), ...parametersOf(query, 'query')],
      ...rest,
    },
  }
}

function responses(content: Json): Json {
  return { 200: { description: 'Done.', content }, default: { $ref: '#/components/responses/refusal' } }
}

function parametersOf(schema: z.ZodType, where: 'path' | 'query'): readonly Json[] {
  const { properties = {}, required = [] } = schemaOf(schema, 'input') as {
    readonly properties?: Json
    readonly required?: readonly string[]
  }
  return Object.entries(properties).map(([name, of]) => ({
    name,
    in: where,
    required: where === 'path' || required.includes(name),
    schema: of,
  }))
}

function isNothing(schema: z.ZodType): boolean {
  return schema.def.type === 'undefined'
}

/** The dialect is that of OpenAPI 3.1 itself, and so need not be named. */
function schemaOf(schema: z.ZodType, io: 'input' | 'output'): Json {
  const { $schema: _, ...json } = z.toJSONSchema(schema, { io, unrepresentable: 'any' })
  return json
}
