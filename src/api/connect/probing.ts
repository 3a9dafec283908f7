/** Whether a device can be reached and read, in words, and the trust that an OPC UA server needs. */
import { ApiRefusal } from '../../console/refusal.ts'
import { LinkLost } from '../../domain/errors.ts'
import { isModbusDriver } from '../../drivers/modbus/driver.ts'
import type { ModbusSettings } from '../../drivers/modbus/settings.ts'
import { isMqttDriver } from '../../drivers/mqtt/driver.ts'
import type { MqttSettings } from '../../drivers/mqtt/settings.ts'
import { isOpcUaDriver } from '../../drivers/opcua/driver.ts'
import type { OpcUaSettings } from '../../drivers/opcua/settings.ts'
import { reachSteps } from '../../workbench/probe/reach.ts'
import { type ProbeStep, step, worstOf } from '../../workbench/probe/step.ts'
import { unitSteps } from '../../workbench/probe/units.ts'
import { HeardTopics } from '../../workbench/topics/heard-topics.ts'
import { type Asked, askedDevice, bounded, orRefusal } from './asked.ts'
import { type ConnectParts, driverContext } from './parts.ts'
import { placeOf, readersOf } from './place.ts'
import { ownCertificateOf, type ServerLook, serverLook, trustServer } from './server-look.ts'
import type { DeviceKeys, ProbeVerdict } from './shapes.ts'

const NOTHING: Omit<ProbeVerdict, 'verdict' | 'said' | 'steps'> = {
  units: [],
  securities: [],
  certificates: [],
  own_certificate: null,
  topics: [],
  read_for: [],
}
const TOPICS_SHOWN = 200
const LISTEN_MS = 3_000

interface Probing {
  readonly asked: Asked
  readonly parts: ConnectParts
  readonly signal: AbortSignal
  readonly triesUnits: boolean
}

type Found = Partial<typeof NOTHING> & { readonly steps: readonly ProbeStep[] }

export async function probe(
  { device, try_units: triesUnits }: { readonly device: DeviceKeys; readonly try_units: boolean },
  parts: ConnectParts,
  caller: AbortSignal,
): Promise<ProbeVerdict> {
  const signal = bounded(caller)
  return await orRefusal(async () => {
    const asked = askedDevice(device, parts)
    const readers = readersOf(asked, parts)
    const place = placeOf(asked)
    const reached = place ? await reachSteps({ ...place, isReadHere: readers.length > 0 }, signal) : []
    const found: Found =
      worstOf(reached) === 'bad' ? { steps: [] } : await protocolSteps({ asked, parts, signal, triesUnits })
    const steps = [...reached, ...found.steps]
    const verdict = worstOf(steps)
    return {
      ...NOTHING,
      ...found,
      verdict,
      said: saidOf(verdict, steps),
      steps: steps.map(wireStep),
      read_for: [...readers],
    }
  })
}

function wireStep({ hint, ...one }: ProbeStep): ProbeVerdict['steps'][number] {
  return { ...one, hint: hint ?? null }
}

/** What stands in the way first is what somebody has to do first. */
function saidOf(verdict: ProbeVerdict['verdict'], steps: readonly ProbeStep[]): string {
  const first = steps.find((one) => one.verdict === verdict)
  if (verdict === 'good') return steps.at(-1)?.said ?? 'it can be read'
  return verdict === 'bad' ? (first?.said ?? '') : `it can be read; ${first?.said}`
}

async function protocolSteps(probing: Probing): Promise<Found> {
  const { asked, parts, signal, triesUnits } = probing
  const { driver } = asked
  if (isModbusDriver(driver)) {
    const settings = asked.settings as ModbusSettings
    return await unitSteps({
      driver,
      settings,
      context: driverContext(parts),
      signal,
      triesOthers: triesUnits,
    })
  }
  if (isOpcUaDriver(driver)) return await serverSteps(probing)
  if (isMqttDriver(driver)) return await topicSteps(probing)
  return { steps: [step('server', 'unknown', `${driver.protocol} is only seen by what its nodes publish`)] }
}

async function serverSteps({ asked, parts, signal }: Probing): Promise<Found> {
  const settings = asked.settings as OpcUaSettings
  const look = await looked(() => serverLook(settings.url, parts, signal))
  if ('failed' in look) return { steps: [step('server', 'bad', look.failed, look.hint)] }
  const { securities, certificates } = look
  const own = await ownCertificateOf(parts)
  const offered = step(
    'server',
    'good',
    `the server answers, and offers ${securities.join(', ') || 'no security'}`,
  )
  const steps = [offered, ...securitySteps(settings, look)]
  if (worstOf(steps) === 'bad') return { steps, securities, certificates, own_certificate: own }
  return {
    steps: [...steps, await loginStep(asked, parts, signal)],
    securities,
    certificates,
    own_certificate: own,
  }
}

function securitySteps(
  { security }: OpcUaSettings,
  { securities, certificates }: ServerLook,
): readonly ProbeStep[] {
  if (!securities.includes(security)) {
    const hint = `choose one that it offers: ${securities.join(', ')}`
    return [step('server', 'bad', `the server does not offer security ${security}`, hint)]
  }
  if (security === 'None') {
    const hint = 'anybody in the network can read along; choose a security if the server offers one'
    return securities.length > 1 ? [step('server', 'doubtful', 'no security is used', hint)] : []
  }
  if (certificates.some((one) => one.is_trusted)) return [step('trust', 'good', 'its certificate is trusted')]
  const hint =
    'compare the fingerprint with the one that the server itself shows, and trust it only if they are the same'
  return [step('trust', 'bad', 'its certificate is not trusted yet', hint)]
}

async function loginStep(asked: Asked, parts: ConnectParts, signal: AbortSignal): Promise<ProbeStep> {
  const { driver, name, settings } = asked
  if (!isOpcUaDriver(driver)) return step('login', 'unknown', 'not tried')
  const opened = await looked(async () => {
    await using explorer = await driver.explore(name, settings as OpcUaSettings, driverContext(parts), signal)
    return { namespaces: explorer.namespaces.length }
  })
  if ('failed' in opened) return step('login', 'bad', opened.failed, opened.hint)
  return step('login', 'good', 'a session was opened, and its values can be read')
}

async function topicSteps({ asked, parts, signal }: Probing): Promise<Found> {
  const { driver, settings } = asked
  if (!isMqttDriver(driver)) return { steps: [] }
  const heard = new HeardTopics()
  const listened = await looked(async () => {
    const to = { filter: '#', context: driverContext(parts), signal }
    await using _lease = await driver.listen(settings as MqttSettings, to, (topic, payload, { retain }) =>
      heard.take(topic, payload, retain),
    )
    await parts.clock.sleep(LISTEN_MS, signal)
    return {}
  })
  if ('failed' in listened) return { steps: [step('login', 'bad', listened.failed, listened.hint)] }
  const topics = heard.list().map(({ topic }) => topic)
  const said =
    topics.length === 0
      ? `the broker let us in, and nothing came within ${LISTEN_MS / 1_000} s`
      : `the broker let us in, and ${topics.length} topics came`
  const verdict = topics.length === 0 ? 'doubtful' : 'good'
  return { steps: [step('topics', verdict, said)], topics: topics.slice(0, TOPICS_SHOWN) }
}

/** What a device refuses is an answer to the question, and no error. */
async function looked<T extends object>(
  work: () => Promise<T>,
): Promise<T | { readonly failed: string; readonly hint: string | undefined }> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof LinkLost)) throw error
    return { failed: error.message.replace(/^the server: /, ''), hint: error.hint }
  }
}

/** Trusts the certificate that the server shows at this moment, if it has this fingerprint, and looks again. */
export async function trust(
  { url, fingerprint }: { readonly url: string; readonly fingerprint: string },
  parts: ConnectParts,
  caller: AbortSignal,
): Promise<ProbeVerdict> {
  return await orRefusal(async () => {
    const driver = parts.hardware.drivers.find(isOpcUaDriver)
    const { error } = driver?.settings.safeParse({ url }) ?? {}
    if (error)
      throw new ApiRefusal(422, 'connect-device', error.issues.map(({ message }) => message).join('; '))
    const signal = bounded(caller)
    if (!(await trustServer(url, fingerprint, parts, signal))) {
      const hint =
        'type at least its first 16 digits as the server itself shows them; if they are those, something else answers at this address: do not trust that'
      throw new ApiRefusal(
        422,
        'connect-fingerprint',
        'this is not the fingerprint of the certificate that the server shows now',
        { hint },
      )
    }
    const { securities, certificates } = await serverLook(url, parts, signal)
    const trusted = certificates.some((one) => one.is_trusted)
    const own = await ownCertificateOf(parts)
    const said = trusted
      ? 'the certificate is trusted from now on'
      : 'it was trusted, and is not in order all the same'
    const verdict = trusted ? 'good' : 'bad'
    return {
      ...NOTHING,
      verdict,
      said,
      steps: [wireStep(step('trust', verdict, said))],
      securities: [...securities],
      certificates: [...certificates],
      own_certificate: own,
    }
  })
}
