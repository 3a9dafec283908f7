/**
 * What each maker calls the settings that a gateway needs, and where its manual has their barcodes. The barcodes themselves are not
 * drawn here: none of these makers says how one is made, so whoever sets the scanner scans them from the manual.
 *
 * The names are facts from the manuals that docs/scanners.md lists.
 */

/** What of a scanner has to be set, in this order. */
export const SCANNER_SETTINGS = [
  'defaults',
  'interface',
  'suffix',
  'aim-id',
  'fnc1',
  'acknowledgement',
  'own-beep',
  'host-beep',
  'keyboard',
] as const
export type ScannerSetting = (typeof SCANNER_SETTINGS)[number]

/** How a scanner is connected, as far as it matters for its interface. */
export type ScannerConnection = 'serial' | 'usb-serial' | 'network' | 'hid'

interface NamedSetting {
  /** As the maker prints it. */
  readonly name: string
  /** What can be sent over the line instead of scanning, where the maker has such a thing. */
  readonly command?: string
}

/** The settings of one maker. What is missing in `settings` has to be looked up in the manual. */
export interface Programming {
  readonly maker: string
  readonly models: string
  readonly manual: string
  readonly interfaces: Partial<Record<ScannerConnection, NamedSetting>>
  readonly settings: Partial<Record<Exclude<ScannerSetting, 'interface'>, NamedSetting>>
}

const HONEYWELL_KEYBOARD = { name: '"Control + X" mode, with "USB Keyboard (PC)" of the USA' }

const honeywell: Programming = {
  maker: 'Honeywell',
  models: 'Xenon, Granit, Voyager',
  manual:
    'User’s guide of the model: chapter "Programming the Interface" for USB serial and RS-232, chapter "Data Editing" for prefix and suffix, chapter "Input / Output Settings" for the beeper; "Serial Programming Commands" for the commands',
  interfaces: {
    'usb-serial': { name: '"USB Serial"', command: 'TRMUSB130' },
    serial: { name: '"RS232 Interface"' },
    network: { name: '"RS232 Interface"' },
    hid: { name: '"USB HID Bar Code Scanner" (HID POS)', command: 'TRMUSB131' },
  },
  settings: {
    suffix: { name: '"Add CR Suffix All Symbologies"', command: 'SUFBK2990D' },
    'aim-id': { name: '"Add Prefix", all symbologies (99), "AIM I.D."' },
    'own-beep': { name: '"Beeper – Good Read Off"', command: 'BEPBEP0' },
    keyboard: HONEYWELL_KEYBOARD,
  },
}

const zebra: Programming = {
  maker: 'Zebra (Symbol, Motorola)',
  models: 'DS2208, DS9208, DS9808 and relatives',
  manual:
    'Product reference guide of the model: chapter "USB Interface" or "RS-232 Interface" for the host, "User Preferences" for the beeper, "Miscellaneous Scanner Parameters" for "Transmit Code ID Character" (page 4-40 of 72E-139635-06 for the DS9208) and for suffix and "Scan Data Transmission Format"',
  interfaces: {
    'usb-serial': { name: '"USB CDC Host"; not "Simple COM Port Emulation", not "SNAPI"' },
    serial: { name: '"Standard RS-232"' },
    network: { name: '"Standard RS-232"' },
    hid: { name: '"HID Keyboard Emulation"' },
  },
  settings: {
    defaults: { name: '"Set Factory Defaults"' },
    suffix: { name: '"Scan Options": "<DATA> <SUFFIX>", with the suffix Enter' },
    'aim-id': { name: '"Transmit Code ID Character": "AIM Code ID Character"' },
    acknowledgement: { name: '"Software Handshaking": "None"' },
    'own-beep': { name: '"Do Not Beep After Good Decode"' },
    'host-beep': { name: '"Beep on <BEL>"' },
    keyboard: { name: '"Function Key Mapping" off, "North American" keyboard' },
  },
}

const datalogic: Programming = {
  maker: 'Datalogic',
  models: 'Gryphon, QuickScan, PowerScan, Magellan',
  manual:
    'Product reference guide of the model: "Interface Selection" for USB and RS-232; chapter "Data Format" for "Global Suffix" and "Global AIM ID" (page 77, explained on page 286, of that for the Gryphon I GD44XX); "Reading Parameters" for the good read beep. Each barcode stands between two scans of "ENTER/EXIT PROGRAMMING MODE"',
  interfaces: {
    'usb-serial': { name: '"USB-COM-STD"' },
    serial: { name: '"RS-232 Standard"' },
    network: { name: '"RS-232 Standard"' },
    hid: { name: '"USB Keyboard with standard key encoding"' },
  },
  settings: {
    suffix: { name: '"Global Suffix": CR, which is the default' },
    'aim-id': { name: '"Global AIM ID": enabled' },
    'own-beep': { name: '"Good Read Beep": disabled' },
    keyboard: { name: '"Country Mode": U.S., "Send Control Characters": as Ctrl strokes' },
  },
}

/** By the word behind `brand:`. */
export const PROGRAMMING: Readonly<Record<string, Programming>> = {
  honeywell,
  honeywell_host_ack: {
    ...honeywell,
    settings: {
      ...honeywell.settings,
      acknowledgement: { name: '"Host ACK On"; every code then waits for the gateway’s answer' },
      'own-beep': { name: 'muted by "Host ACK On"' },
      'host-beep': { name: '"Host Command Acknowledgment"' },
    },
  },
  hhp: {
    maker: 'Honeywell, Hand Held Products',
    models: '2020, IT2020',
    manual:
      'Manual of the IT2020: "Host Escape Commands" and "Host ACK"; "Interface" for RS-232; "Data Editing" for suffix and AIM I.D.',
    interfaces: { serial: { name: 'RS-232' }, network: { name: 'RS-232' } },
    settings: {
      acknowledgement: { name: '"Host ACK On"' },
      'host-beep': { name: '"Host Escape Commands"' },
    },
  },
  datalogic,
  psc: {
    ...datalogic,
    maker: 'PSC, Intermec',
    models: 'PowerScan, SR60',
    manual:
      'PowerScan programming guide, appendix A; Intermec SR60 reference, appendix B; the chapters of the interface and of data format for the rest',
    interfaces: { serial: { name: 'RS-232' }, network: { name: 'RS-232' } },
    settings: {
      'aim-id': { name: '"AIM ID": enabled' },
      'own-beep': { name: '"Good Read Beep": disabled' },
    },
  },
  zebra,
  cipherlab: {
    maker: 'CipherLab',
    models: '1663, 1664 and relatives',
    manual:
      'Reference manual of the model: chapter "Selecting Output Interface"; "Changing Prefix and Suffix Code" with "Code ID" for each symbology; "Beeper Settings"; appendix II for the host’s commands',
    interfaces: {
      'usb-serial': { name: '"USB Virtual COM"' },
      serial: { name: '"RS-232"' },
      network: { name: '"RS-232"' },
      hid: { name: '"USB HID"' },
    },
    settings: {
      suffix: { name: '"Suffix code": CR' },
      'aim-id': { name: '"Code ID": AIM, for each symbology' },
      'own-beep': { name: '"Good Read Beeper": "Mute"' },
    },
  },
  generic: {
    maker: 'Newland, Mindeo and others',
    models: 'FM420 and relatives',
    manual:
      'Integration guide of the model: USB CDC, terminating character, AIM ID prefix and good read beep each have a section of their own',
    interfaces: { 'usb-serial': { name: '"USB CDC"' } },
    settings: {
      suffix: { name: '"Terminating Character": CR' },
      'aim-id': { name: '"AIM ID Prefix": enabled' },
      'own-beep': { name: '"Good Read Beep": off' },
    },
  },
}
