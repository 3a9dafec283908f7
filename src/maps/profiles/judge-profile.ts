/** Judges a profile as a map would meet it: each of its models beneath a map of nothing else, with all of its signals. */
import { isRecord, keysAt } from '../../documents/draft.ts'
import { keysOf, objectsOf } from '../../documents/schema-keys.ts'
import { parseYaml, type YamlSource } from '../../documents/yaml-source.ts'
import { type ConfigFault, faultText } from '../../domain/errors.ts'
import { compileMachine } from '../machine/compile-machine.ts'
import type { Hardware, MapContext } from '../map-kind.ts'
import { variantsOf } from './profile-layers.ts'
import { wholeProfileFaults } from './profile-schema.ts'

/** Where a device might be, by the driver's key for that: a profile leaves it to the map. */
const SOMEWHERE: Readonly<Record<string, unknown>> = {
  host: '10.0.0.1',
  url: 'opc.tcp://10.0.0.1:4840',
  path: '/dev/ttyS0',
}
/** In place of what only a map can know. */
const SOME_WORD = 'i=1'
/** Under which name the map that is made here draws on the profile. */
const NAME = 'profile'

type Group = Readonly<Record<string, unknown>>

/** What a profile is judged with. */
interface ProfileJudging extends Hardware, Pick<MapContext, 'mayName'> {
  /** Where relative paths in it begin; where nobody asks for files, anywhere. */
  readonly folder?: string
}

/** All that is wrong with a profile, used or not: of its own parts, and of its addresses as its driver reads them. */
export function judgeProfile(source: YamlSource, hardware: ProfileJudging): readonly ConfigFault[] {
  const own = wholeProfileFaults(source)
  // Of a profile that cannot be understood, its addresses are not worth a word.
  if (own.length > 0) return own
  const variants = variantsOf(source)
  const models = variants.length === 0 ? [undefined] : variants
  const faults = models.flatMap((variant) => modelFaults(source, variant, hardware))
  // What all models have in common is wrong in each of them.
  return [...new Map(faults.map((fault) => [faultText(fault), fault])).values()]
}

function modelFaults(
  source: YamlSource,
  variant: string | undefined,
  hardware: ProfileJudging,
): readonly ConfigFault[] {
  const map = parseYaml(JSON.stringify(mapOf(source, variant, hardware)), '')
  const { faults } = compileMachine(map, {
    ...hardware,
    profiles: { names: () => [NAME], find: () => source },
    tables: { find: (name) => ({ file: name, text: '' }) },
    folder: hardware.folder ?? '/',
  })
  // What is missing around the profile is for the map to say.
  return faults.filter(({ file }) => file === source.file)
}

function mapOf(source: YamlSource, variant: string | undefined, { drivers }: Hardware): Group {
  const profile = groupOf(source.value)
  const model = groupOf(groupOf(profile.variants)[variant ?? ''])
  const { driver: protocol } = { ...groupOf(profile.device), ...groupOf(model.device) }
  const driver = drivers.find((one) => one.protocol === protocol)
  const known = driver === undefined ? [] : objectsOf(driver.settings).flatMap(keysOf)
  const names = [...keysAt(profile.signals), ...keysAt(model.signals)]
  const words = keysAt(profile.parameters).map((word) => [word, SOME_WORD])
  return {
    machine: 'M-1',
    profile: NAME,
    ...(variant !== undefined && { variant }),
    ...(words.length > 0 && { with: Object.fromEntries(words) }),
    device: Object.fromEntries(Object.entries(SOMEWHERE).filter(([key]) => known.includes(key))),
    signals: Object.fromEntries(names.map((name) => [name, {}])),
    status: [{ else: true, is: 'idle' }],
  }
}

function groupOf(value: unknown): Group {
  return isRecord(value) ? value : {}
}
