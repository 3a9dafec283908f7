/** The keys below `device:` as they follow from what was typed, and what is still missing. */
import type { DeviceKeys } from '../../../../src/api/connect/shapes.ts'
import type { PlainTextKey } from '../../texts/catalogue.ts'
import type { ConnectDraft, Driver } from './draft.ts'

/** One field of the address. */
interface AddressField {
  readonly key: string
  readonly label: PlainTextKey
  readonly example: string
  readonly isNumber?: boolean
  readonly isRequired?: boolean
}

const HOST: AddressField = {
  key: 'host',
  label: 'connect.host',
  example: '192.168.0.10',
  isRequired: true,
}
const UNIT: AddressField = { key: 'unit', label: 'connect.unit', example: '1', isNumber: true }

/** What has to be known of a device before it can be asked. */
export const ADDRESS_FIELDS: Readonly<Record<Driver, readonly AddressField[]>> = {
  'modbus-tcp': [HOST, { key: 'port', label: 'connect.port', example: '502', isNumber: true }, UNIT],
  'modbus-rtu-over-tcp': [
    HOST,
    { key: 'port', label: 'connect.port', example: '4001', isNumber: true, isRequired: true },
    UNIT,
  ],
  'modbus-rtu': [
    { key: 'path', label: 'connect.path', example: '/dev/serial/by-id/usb-…', isRequired: true },
    { key: 'baud', label: 'connect.baud', example: '9600', isNumber: true },
    { key: 'parity', label: 'connect.parity', example: 'even' },
    UNIT,
  ],
  opcua: [
    { key: 'url', label: 'connect.url', example: 'opc.tcp://192.168.0.10:4840', isRequired: true },
    { key: 'security', label: 'connect.security', example: 'None' },
    { key: 'user', label: 'connect.user', example: '' },
    { key: 'password_file', label: 'connect.passwordFile', example: '' },
  ],
  mqtt: [{ key: 'url', label: 'connect.url', example: 'mqtt://192.168.0.10:1883', isRequired: true }],
}

/** Whether its registers have numbers, as those of a PLC on Modbus. */
export function isModbus(driver: Driver | null): boolean {
  return driver?.startsWith('modbus') ?? false
}

/** As they go over the wire. */
export function deviceKeys({ driver, profile, fields, moreKeys }: ConnectDraft): DeviceKeys {
  const typed = driver
    ? ADDRESS_FIELDS[driver].map(({ key }) => [key, fields[key]?.trim() ?? ''] as const)
    : []
  const more = moreKeys
    .split('\n')
    .map((line) => line.split(/:\s*(.*)/s))
    .map(([key = '', value = '']) => [key.trim(), value.trim()] as const)
  const plain = [...typed, ...more].filter(([key, value]) => key !== '' && value !== '')
  const words = Object.entries(profile?.with ?? {}).filter(([, word]) => word.trim() !== '')
  return {
    ...(driver && !profile && { driver }),
    ...(profile && { profile: profile.name }),
    ...(profile?.variant && { variant: profile.variant }),
    ...(words.length > 0 && { with: Object.fromEntries(words.map(([name, word]) => [name, plainOf(word)])) }),
    ...Object.fromEntries(plain.map(([key, value]) => [key, plainOf(value)])),
    // The compiler cannot hold an object against a type in which only some keys are fixed.
  } as DeviceKeys
}

/** The first field that has to be filled in before the device can be asked. */
export function missingField({ driver, fields }: ConnectDraft): AddressField | undefined {
  return driver
    ? ADDRESS_FIELDS[driver].find(({ key, isRequired }) => isRequired && !fields[key]?.trim())
    : undefined
}

function plainOf(text: string): string | number {
  return /^\d+$/.test(text) ? Number(text) : text
}
