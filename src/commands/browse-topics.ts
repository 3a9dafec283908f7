/** `millrace browse mqtt://HOST`: what is published to a broker meanwhile, as signals to paste into a map. */
import { stringify } from 'yaml'
import type { DriverContext } from '../domain/driver.ts'
import type { MqttDriver } from '../drivers/mqtt/driver.ts'
import type { MqttSettings } from '../drivers/mqtt/settings.ts'
import { systemClock } from '../runtime/clock.ts'
import { type HeardTopic, HeardTopics } from '../workbench/topics/heard-topics.ts'
import type { CommandContext } from './command.ts'

interface Browsing {
  readonly driver: MqttDriver
  readonly settings: MqttSettings
  readonly context: DriverContext
  readonly command: CommandContext
  /** Which topics are listened to. */
  readonly filter: string
  readonly forMs: number
  readonly search: string | undefined
  readonly isJson: boolean
}

/** @returns whether something was heard */
export async function browseTopics(browsing: Browsing): Promise<boolean> {
  const { driver, settings, context, command, filter, forMs, search, isJson } = browsing
  const { out, err, signal } = command
  const topics = new HeardTopics()
  if (!isJson) err(`listening to ${filter} for ${forMs / 1_000} s; Ctrl-C shows what came until then\n`)
  {
    await using _lease = await driver.listen(
      settings,
      { filter, context, signal },
      (topic, payload, { retain }) => topics.take(topic, payload, retain),
    )
    await systemClock.sleep(forMs, signal)
  }
  const heard = topics.list(search)
  if (isJson) out(`${JSON.stringify({ topics: heard, isCut: topics.isCut })}\n`)
  else out(heard.map(topicText).join(''))
  if (topics.isCut)
    err('there are more topics than are shown: name a topic with wildcards, as in plant/line1/#\n')
  if (heard.length === 0) {
    const other = search !== undefined && topics.list(undefined).length > 0
    err(
      other
        ? `nothing of what came on ${filter} has "${search}" in it; leave --search out to see all\n`
        : `nothing came on ${filter}; --for 60s listens longer\n`,
    )
  }
  return heard.length > 0
}

function topicText({ topic, messages, isRetained, values }: HeardTopic): string {
  const said = isRetained ? 'retained only' : `${messages} message${messages === 1 ? '' : 's'}`
  const lines = values.map(({ path, shown }) => `  ${shown}  ${signalText(topic, path)}\n`)
  return `${topic}  (${said})\n${lines.join('')}`
}

/** As a map has it: `{ topic: plant/press, path: state }`. */
function signalText(topic: string, path: string | undefined): string {
  const signal = { topic, ...(path !== undefined && { path }) }
  return stringify(signal, { collectionStyle: 'flow', lineWidth: 0 }).trim()
}
