/** `millrace maps`: which device maps came into force when, who had saved them, what each changed, and what each said. */
import { parseArgs } from 'node:util'
import { loadConfigWithoutSecrets } from '../config/load-config.ts'
import { printable } from '../domain/errors.ts'
import { ownerCode } from '../domain/owner.ts'
import {
  type AppliedMap,
  readMapHistories,
  readMapVersion,
  type SubjectHistory,
} from '../maps/map-history.ts'
import { systemClock } from '../runtime/clock.ts'
import { type Command, type CommandContext, UsageError } from './command.ts'
import { localText } from './moments.ts'
import { CONFIG_OPTION, configFile } from './options.ts'

const FOUND = 0
const NOTHING_KEPT = 1

export const mapsCommand: Command = {
  name: 'maps',
  summary: 'shows which device maps came into force when, by whom they were saved, and what they changed',
  usage: `millrace maps [history MACHINE | show MACHINE VERSION] [--json] [--config config/gateway.yaml]
    without "history": the latest map of each machine and station
    "show" prints the text of a version, so that it can be put into its file again; of those with a * it is kept
    also while the gateway is stopped: it is read from its data folder`,
  exits: [
    '0 shown',
    '1 no map was ever in force here, or none of that machine, or the text of the version is not kept',
  ],
  example: 'millrace maps history PRESS-07',
  page: 'docs/configuration.md',
  run: showMaps,
}

async function showMaps({ args, env, cwd, out, err }: CommandContext): Promise<number> {
  const options = { ...CONFIG_OPTION, json: { type: 'boolean' } } as const
  const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true })
  const { machine: wanted, version } = wantedIn(positionals)
  const config = loadConfigWithoutSecrets({ file: configFile(values, cwd), env, cwd })
  const all = await readMapHistories(config.dataFolder)
  if (wanted !== undefined && version !== undefined) {
    const owners = all.flatMap(({ owner }) => (ownerCode(owner) === wanted ? [owner] : []))
    const texts = await Promise.all(owners.map((owner) => readMapVersion(config.dataFolder, owner, version)))
    const found = texts.find((text) => text !== undefined)
    if (found) out(found.text)
    else err(`no text of version ${version} of ${wanted} is kept here\n`)
    return found ? FOUND : NOTHING_KEPT
  }
  const shown =
    wanted === undefined ? all.map(latest) : all.filter(({ owner }) => ownerCode(owner) === wanted)
  if (shown.length === 0) {
    err(`${wanted === undefined ? 'no device map' : `no device map of ${wanted}`} was ever in force here\n`)
    return NOTHING_KEPT
  }
  const reader = { nowMs: systemClock.now().wallMs, timezone: config.timezone }
  out(
    values.json
      ? `${JSON.stringify(shown.map(asJson), null, 2)}\n`
      : shown.map((one) => historyText(one, reader)).join(''),
  )
  return FOUND
}

interface Wanted {
  /** Undefined: all. */
  readonly machine?: string
  /** Whose text is wanted. */
  readonly version?: string
}

function wantedIn([word, machine, version, ...more]: readonly string[]): Wanted {
  if (word === undefined) return {}
  if (word !== 'history' && word !== 'show')
    throw new UsageError(`"${word}" is not known here; the history of one: history MACHINE`)
  if (word === 'show' && (machine === undefined || version === undefined || more.length > 0))
    throw new UsageError('name one machine or station, and the version: show PRESS-07 1f2e3d4c')
  if (word === 'history' && (machine === undefined || version !== undefined))
    throw new UsageError('name one machine or station: history PRESS-07')
  return { ...(machine !== undefined && { machine }), ...(version !== undefined && { version }) }
}

/** With the words of the wire, as all JSON has it. */
function asJson({ owner, maps }: SubjectHistory) {
  return { owner, maps: maps.map(({ isKept, ...map }) => ({ ...map, kept: isKept })) }
}

function latest({ owner, maps }: SubjectHistory): SubjectHistory {
  return { owner, maps: maps.slice(-1) }
}

interface Reader {
  readonly nowMs: number
  /** IANA name of the plant's time zone. */
  readonly timezone: string
}

/** A line for the subject and one for each of its maps, the newest first. */
function historyText({ owner, maps }: SubjectHistory, reader: Reader): string {
  const lines = maps.toReversed().map((map) => `  ${entryText(map, reader)}`)
  // Files and users may be called anything.
  return `${[ownerCode(owner), ...lines].map(printable).join('\n')}\n`
}

/** `31 Jan 02:13:05 CET  1f2e3d4c* devices/press-07.yaml (saved by anna 02:12:58 CET): 2 signals changed: state, fault` */
function entryText(
  { at, content, file, author, saved, what, isKept }: AppliedMap,
  { nowMs, timezone }: Reader,
): string {
  const moment = (text: string) => localText(Date.parse(text), nowMs, timezone)
  const by = author === null || saved === null ? '' : `, saved by ${author} ${moment(saved)}`
  const which = content === '' ? '' : `${content}${isKept ? '*' : ''} ${file}${by}: `
  return `${moment(at)}  ${which}${what}`
}
