/**
 * A press that publishes JSON, as controllers with a library for MQTT and gateways of other makers do: one message for every change,
 * and whether it is there, retained and kept right by its last will.
 */
import type { Condition, View } from '../panel.ts'
import { isDoorOpen } from '../press/registers.ts'
import { jsonTopics } from './names.ts'
import type { Publisher } from './publisher.ts'
import { type BrokerLogin, openSession } from './session.ts'

export function publishJson(code: string, login: BrokerLogin): Publisher {
  const topics = jsonTopics(code)
  let last: View | undefined
  let condition: Condition = 'good'
  const state = (view: View) => Buffer.from(JSON.stringify(stateOf(view, condition)))
  const session = openSession(login, `${code}-json`, {
    will: () => ({ topic: topics.availability, payload: Buffer.from('offline'), retain: true }),
    greet: (say) => {
      say(topics.availability, Buffer.from('online'), { qos: 1, retain: true })
      if (last) say(topics.state, state(last), { qos: 1 })
    },
    leave: (say) => say(topics.availability, Buffer.from('offline'), { qos: 1, retain: true }),
  })
  const show = (view: View) => {
    last = view
    session.say(topics.state, state(view), { qos: 1 })
  }
  return {
    session,
    show,
    setCondition: (next) => {
      condition = next
      if (last) show({ ...last, atMs: Date.now() })
    },
  }
}

/** A press that does not trust its own values has none. */
function stateOf({ situation, goodCount, scrapCount, heartbeat, atMs }: View, condition: Condition) {
  const { state, fault } = situation
  const values = { state, door_open: isDoorOpen(state), fault, good: goodCount, scrap: scrapCount }
  const shown =
    condition === 'good' ? values : Object.fromEntries(Object.keys(values).map((key) => [key, null]))
  return { time: new Date(atMs).toISOString(), ...shown, heartbeat }
}
