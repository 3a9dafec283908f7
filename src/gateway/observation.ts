/** What the gateway measures of itself, and of which parts: certificates wherever they are, the disk, and the report. */
import { join } from 'node:path'
import type { Config } from '../config/config.ts'
import { isRecord } from '../documents/draft.ts'
import { opcuaCertificateEnds } from '../drivers/opcua/trust/certificate-ends.ts'
import { type CertificateFile, certificatesIn, type KnownCertificate } from '../metrics/certificates.ts'
import { bytesWritten, FLASH_FOLDER, FlashMeter } from '../metrics/flash-meter.ts'
import { Observer } from '../metrics/observer.ts'
import type { Pipeline } from '../pipeline.ts'
import { isMachineSubject } from '../status/machine-subject.ts'
import type { Uploader } from '../uploader/upload.ts'
import type { DeviceRoster } from './rosters.ts'
import type { RouteFollower } from './route-follower.ts'
import type { World } from './world.ts'

interface ObservedParts {
  readonly uploaders: readonly Uploader[]
  readonly routes: RouteFollower
  readonly devices: DeviceRoster
  readonly pipeline: Pipeline
}

/** Nothing is looked at before it runs. */
export function observerFor(config: Config, { clock, log }: World, parts: ObservedParts): Observer {
  const { dataFolder, buffer } = config
  const folder = join(dataFolder, FLASH_FOLDER)
  return new Observer({
    dataFolder,
    flash: new FlashMeter({ folder, budgetBytes: buffer.flashBudgetBytes, clock, written: bytesWritten }),
    certificates: () => certificatesOf(config, parts),
    met: () => metCertificates(parts),
    clock,
    log,
  })
}

async function certificatesOf(config: Config, parts: ObservedParts): Promise<readonly KnownCertificate[]> {
  const { dataFolder } = config
  const [files, opcua] = await Promise.all([
    certificatesIn(certificateFiles(config, parts)),
    opcuaCertificateEnds(dataFolder),
  ])
  return [...files, ...opcua.map(opcuaCertificate)]
}

function opcuaCertificate({ isOwn, name, endsMs }: { isOwn: boolean; name: string; endsMs: number }) {
  if (isOwn) return { use: 'opcua-own', name, endsMs, isLookedAfter: true } as const
  return { use: 'opcua-server', name, endsMs } as const
}

/** The console's own certificate is a file of the data folder; the console renews it, and says of others when they end. */
function certificateFiles(config: Config, parts: ObservedParts): readonly CertificateFile[] {
  const { console, dataFolder } = config
  const own = join(dataFolder, 'console', 'own-certificate.pem')
  const shown = console.tls === 'own' ? own : console.tls?.certFile
  const settings = [
    config.central,
    ...parts.routes.settings.filter(isRecord),
    ...parts.pipeline.subjects.filter(isMachineSubject).flatMap(({ map }) => map.devices),
  ]
  return [
    ...(shown === undefined ? [] : [{ use: 'console', path: shown, isLookedAfter: true } as const]),
    ...settings.flatMap((one) => namedFiles(one)),
  ]
}

/** As settings call them. */
const USES = { certFile: 'client', caFile: 'authority' } as const

function namedFiles(settings: object): readonly CertificateFile[] {
  return Object.entries(settings).flatMap(([key, value]): readonly CertificateFile[] => {
    if (isRecord(value)) return namedFiles(value)
    const use = key === 'certFile' || key === 'caFile' ? USES[key] : undefined
    return use !== undefined && typeof value === 'string' ? [{ use, path: value }] : []
  })
}

function metCertificates({ uploaders, routes, devices }: ObservedParts): readonly KnownCertificate[] {
  const all = [...uploaders, ...routes.uploaders].map((uploader) => uploader.health().summary)
  return [
    ...all.flatMap(({ route, certificateEndsMs: endsMs }) =>
      endsMs === undefined ? [] : [{ use: 'server', name: route, endsMs } as const],
    ),
    ...devices
      .health()
      .summary.flatMap(({ certificate }) =>
        certificate ? [{ use: 'server', ...certificate } as const] : [],
      ),
  ]
}
