/** `millrace buffer unsent`: what the log still holds for destinations that must have it. It only reads, beside a running gateway too. */
import { existsSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { openLogReader } from '../../buffer/log-reader.ts'
import { CONFIG_OPTION } from '../options.ts'
import { type Action, jsonLine, NONE_OPEN, openSite, SOME_OPEN } from './site.ts'

export const unsent: Action = async (context) => {
  const options = { ...CONFIG_OPTION, json: { type: 'boolean' } } as const
  const { values } = parseArgs({ args: [...context.args], options })
  const { outbox, routes, held } = openSite(values, context)
  const deliver = [...routes, ...held].filter(({ must }) => must === 'deliver').map(({ name }) => name)
  // Before the first start there is no log, and nothing in it.
  const waiting = existsSync(outbox.file) ? waitingIn(outbox.file, deliver) : []
  if (values.json) context.out(jsonLine({ unsent: Object.fromEntries(waiting) }))
  else context.out(waiting.length === 0 ? 'nothing is unsent\n' : waiting.map(lineOf).join(''))
  return waiting.length === 0 ? NONE_OPEN : SOME_OPEN
}

type Waiting = readonly [route: string, events: number]

function waitingIn(file: string, deliver: readonly string[]): readonly Waiting[] {
  using log = openLogReader(file)
  const { first, last } = log.kept()
  return deliver
    .map((route): Waiting => [route, last - Math.max(log.acknowledged(route), first - 1)])
    .filter(([, events]) => events > 0)
}

function lineOf([route, events]: Waiting): string {
  return `${route}: ${events} ${events === 1 ? 'event is' : 'events are'} unsent\n`
}
