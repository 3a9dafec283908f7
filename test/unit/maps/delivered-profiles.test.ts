/** What holds of every profile that comes with the gateway. */
import { describe, expect, it } from 'vitest'
import { isRecord } from '../../../src/documents/draft.ts'
import { faultText } from '../../../src/domain/errors.ts'
import { judgeProfile } from '../../../src/maps/profiles/judge-profile.ts'
import { testHardware } from '../../support/hardware.ts'
import { mapOf, profileCases, shelf, signalsOf, variantsOf } from '../../support/profile-cases.ts'

const NAMES = shelf.names()
const MODELS = NAMES.flatMap((name) => variantsOf(name).map((variant) => [name, variant] as const))

/** What a map says for a profile's parameters, where they have no default. */
const WORDS: Readonly<Record<string, object>> = {
  'siemens-s7-1500': { block: 'DB_Press' },
  'opcua-packml': { namespace: 'urn:acme:filler', root: 'Filler' },
  'umati-machine-tool': { mode: 'nsu=urn:maker:machine;i=6001', channel: 'nsu=urn:maker:machine;i=6002' },
}

describe('the profile', () => {
  it.each(NAMES)(
    '%s has no faults, and says what it is, whose, under which names, and where the facts are from',
    (name) => {
      const source = shelf.find(name)
      if (!source) throw new Error(name)
      expect(judgeProfile(source, testHardware).map(faultText)).toEqual([])
      const value = isRecord(source.value) ? source.value : {}
      for (const key of ['text', 'maker', 'products', 'notes', 'sources'])
        expect(value[key], key).toBeDefined()
    },
  )

  it.each(MODELS)('%s (variant %s) is understood by the driver, with all of its signals', (name, variant) => {
    const isOpcUa = name in WORDS
    const device = isOpcUa ? { url: 'opc.tcp://10.20.3.40:4840' } : { host: '10.20.3.40' }
    const { devices } = mapOf(name, variant, device, WORDS[name])
    const names = devices[0]?.signals.map((signal) => signal.name).sort()
    expect(names).toEqual(
      signalsOf(name, variant).length > 0 ? [...signalsOf(name, variant)].sort() : ['register'],
    )
  })

  it('of each device on Modbus has a table of registers from its manual, for every variant', () => {
    const tested = new Set(profileCases().map(([, { profile, variant }]) => `${profile} ${variant}`))
    const standard = (name: string) => {
      const value = shelf.find(name)?.value
      return isRecord(value) ? value.default : undefined
    }
    const untested = MODELS.filter(([name]) => !(name in WORDS) && signalsOf(name).length > 0).filter(
      ([name, variant]) =>
        !tested.has(`${name} ${variant}`) && !(variant === standard(name) && tested.has(`${name} undefined`)),
    )
    expect(untested).toEqual([])
  })
})
