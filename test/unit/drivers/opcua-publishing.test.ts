import type { ClientSession } from 'node-opcua-client'
import { expect, it, vi } from 'vitest'
import { type Published, Publishing } from '../../../src/drivers/opcua/subscription/publishing.ts'

type Done = (error: Error | null, answer?: Published) => void

/** A session of the library, as far as it publishes; its server gives these answers. */
function sessionThatAnswers(answer: Published): ClientSession {
  const session = {
    publish: (_request: object, done: Done) => done(null, answer),
    republish: () => undefined,
    getPublishEngine: () => ({ acknowledge_notification: () => undefined }),
  }
  return session as unknown as ClientSession
}

const ANSWER = { subscriptionId: 1 } as unknown as Published
const atOnce = (_ms: number, ring: () => void) => {
  ring()
  return () => undefined
}

it.each([
  ['at once', () => expect.fail('stumbled')],
  ['later', () => Promise.reject(new TypeError('stumbled'))],
])('an answer that is none is an error of its request, and nothing is thrown %s', async (_, published) => {
  const session = sessionThatAnswers(ANSWER)
  const inbox = { published, catchUp: () => Promise.resolve(), refused: () => undefined }
  Publishing.of(session, { after: atOnce }).register(1, inbox)
  const told = await new Promise<Error | null>((resolve) => {
    const { publish } = session as unknown as { publish: (request: object, done: Done) => void }
    publish({}, resolve)
  })
  expect(told).toMatchObject({ message: 'stumbled' })
})

it('where a server refuses all publish requests as too many, one is sent later, and there may always be one', () => {
  const engine = {
    nbMaxPublishRequestsAcceptedByServer: 10,
    nbPendingPublishRequests: 2,
    send_publish_request: vi.fn(),
  }
  const dones: Done[] = []
  const session = {
    publish: (_request: object, done: Done) => dones.push(done),
    republish: () => undefined,
    getPublishEngine: () => engine,
  }
  const rings: (() => void)[] = []
  const later = (_ms: number, ring: () => void) => {
    rings.push(ring)
    return () => undefined
  }
  const inbox = { published: () => undefined, catchUp: () => Promise.resolve(), refused: () => undefined }
  Publishing.of(session as unknown as ClientSession, { after: later }).register(1, inbox)
  /** As the library counts. */
  const told = () => {
    engine.nbPendingPublishRequests--
    engine.nbMaxPublishRequestsAcceptedByServer = engine.nbPendingPublishRequests
  }
  session.publish({}, told)
  session.publish({}, told)
  const refusal = Object.assign(new Error('BadTooManyPublishRequests'), { response: {} })
  dones[0]?.(refusal)
  expect(rings).toHaveLength(0)
  dones[1]?.(refusal)
  expect(engine.nbMaxPublishRequestsAcceptedByServer).toBe(1)
  expect(engine.send_publish_request).not.toHaveBeenCalled()
  expect(rings).toHaveLength(1)
  rings[0]?.()
  expect(engine.send_publish_request).toHaveBeenCalledOnce()
})
