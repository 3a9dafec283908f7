/** Writes the folder of a gateway: gateway.yaml, the password's file and a device map for each simulated machine and scanner. */
import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Document, parseDocument } from 'yaml'
import type { MachineAddress, ScannerAddress } from './checkout.ts'

/** Codes of the demo's master data. The gateway's role can see this organization only. */
export const ORGANIZATION = 'SAV'
/** The plant of that organization. */
export const PLANT = 'SAV-1'
const GATEWAY = 'edge-sav-01'

/** Where the gateway finds its files. */
export interface DemoSite {
  readonly configFile: string
  readonly devicesFolder: string
  readonly dataFolder: string
}

interface SiteOptions {
  readonly folder: string
  readonly central: {
    readonly host: string
    readonly port: number
    readonly database: string
    readonly user: string
    readonly password: string
  }
  readonly deviceMapsFolder: string
  /** Profiles of devices that are known already, for maps that somebody makes while the line works. */
  readonly profilesFolder: string
  readonly machines: readonly MachineAddress[]
  readonly scanners: readonly ScannerAddress[]
}

/** @throws Error where a machine or scanner has no device map */
export async function writeSite(options: SiteOptions): Promise<DemoSite> {
  const { folder, central } = options
  const site = {
    configFile: join(folder, 'gateway.yaml'),
    devicesFolder: join(folder, 'devices'),
    dataFolder: join(folder, 'data'),
  }
  await mkdir(site.devicesFolder, { recursive: true })
  await writeFile(join(folder, 'central-password'), central.password, { mode: 0o600 })
  await writeFile(site.configFile, gatewayYaml(central))
  await writeDeviceMaps(options, site.devicesFolder)
  await cp(options.profilesFolder, join(site.devicesFolder, 'profiles'), { recursive: true })
  return site
}

/** Without TLS, because central is on this computer. The console takes any free port. */
function gatewayYaml({ host, port, database, user }: SiteOptions['central']): string {
  return `gateway: ${GATEWAY}
organization: ${ORGANIZATION}
plant: ${PLANT}
timezone: Europe/Rome
devices: devices
data: data
central:
  url: postgres://${user}@${host}:${port}/${database}
  password_file: central-password
  tls: off
console: {port: 0}
`
}

async function writeDeviceMaps(
  { deviceMapsFolder, machines, scanners }: SiteOptions,
  devicesFolder: string,
): Promise<void> {
  const files = (await readdir(deviceMapsFolder)).filter((file) => file.endsWith('.yaml'))
  const written = await Promise.all(
    files.map(async (file) => {
      const map = parseDocument(await readFile(join(deviceMapsFolder, file), 'utf8'))
      const code = String(map.get('machine') ?? map.get('scanner'))
      const machine = machines.find((one) => one.machine === code)
      const scanner = scanners.find((one) => one.scanner === code)
      if (machine) connect(map, machine)
      else if (scanner) map.setIn(['port', 'tcp'], `${scanner.host}:${scanner.port}`)
      else return undefined
      await writeFile(join(devicesFolder, file), String(map))
      return code
    }),
  )
  const codes = [...machines.map(({ machine }) => machine), ...scanners.map(({ scanner }) => scanner)]
  const lacking = codes.filter((code) => !written.includes(code))
  if (lacking.length > 0) {
    throw new Error(`${deviceMapsFolder} has no device map of ${lacking.join(', ')}`)
  }
}

/** Writes the address of its machine into a map. Simulators take any free port, so it is known only now. */
function connect(map: Document, address: MachineAddress): void {
  if (address.protocol === 'opcua') {
    map.setIn(['device', 'url'], address.url)
    return
  }
  map.setIn(['device', 'host'], address.host)
  map.setIn(['device', 'port'], address.port)
}
