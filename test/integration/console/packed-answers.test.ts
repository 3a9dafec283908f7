import { request } from 'node:http'
import { gunzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { endpoint } from '../../../src/console/endpoint.ts'
import { testConsole } from '../../support/console.ts'

const shape = z.object({ words: z.array(z.string()) })
const LONG = { words: Array.from({ length: 2_000 }, (_, index) => `running ${index % 7}`) }

function answering(path: string, answer: z.output<typeof shape>) {
  return endpoint({
    ...({ method: 'GET', path, role: 'view', summary: 'Words.', answer: shape } as const),
    handle: () => answer,
  })
}

/** The bytes as they came over the wire. */
async function bytesOf(port: number, path: string, encoding: string) {
  const { promise, resolve, reject } = Promise.withResolvers<{
    readonly encoding: string | undefined
    readonly bytes: Buffer
  }>()
  const sent = request(
    { host: '127.0.0.1', port, path: `/api/v1${path}`, headers: { 'accept-encoding': encoding } },
    async (response) => {
      const bytes = Buffer.concat(await response.toArray())
      resolve({ encoding: response.headers['content-encoding'], bytes })
    },
  )
  sent.on('error', reject)
  sent.end()
  return await promise
}

test('a long answer is compressed for whoever can take that, and no other one', async () => {
  const endpoints = [answering('/long', LONG), answering('/short', { words: ['idle'] })]
  const { port } = await testConsole({ api: { endpoints, streams: [] } })
  const packed = await bytesOf(port, '/long', 'gzip, br')
  expect(packed.encoding).toBe('gzip')
  expect(JSON.parse(gunzipSync(packed.bytes).toString())).toEqual(LONG)
  const plain = await bytesOf(port, '/long', 'identity')
  expect(plain.encoding).toBeUndefined()
  expect(JSON.parse(plain.bytes.toString())).toEqual(LONG)
  expect(packed.bytes.length).toBeLessThan(plain.bytes.length / 4)
  expect((await bytesOf(port, '/short', 'gzip')).encoding).toBeUndefined()
})
