/**
 * How long the values of application identifiers may be, and which are digits alone (GS1 General Specifications, "GS1
 * Application Identifiers in numerical order"). `N8`: up to 8 digits; `X20`: up to 20 characters.
 */
const FORMATS: Readonly<Record<string, string>> = {
  '10': 'X20',
  '20': 'N2',
  '21': 'X20',
  '22': 'X20',
  '30': 'N8',
  '37': 'N8',
  '90': 'X30',
  '235': 'X28',
  '240': 'X30',
  '241': 'X30',
  '242': 'N6',
  '243': 'X20',
  '250': 'X30',
  '251': 'X30',
  '253': 'X30',
  '254': 'X20',
  '255': 'N25',
  '390': 'N15',
  '391': 'N18',
  '392': 'N15',
  '393': 'N18',
  '394': 'N4',
  '395': 'N6',
  '400': 'X30',
  '401': 'X30',
  '402': 'N17',
  '403': 'X30',
  '420': 'X20',
  '421': 'X12',
  '422': 'N3',
  '423': 'N15',
  '424': 'N3',
  '425': 'N15',
  '426': 'N3',
  '427': 'X3',
  '703': 'X30',
  '710': 'X20',
  '711': 'X20',
  '712': 'X20',
  '713': 'X20',
  '714': 'X20',
  '715': 'X20',
  '716': 'X20',
  '7001': 'N13',
  '7002': 'X30',
  '7003': 'N10',
  '7004': 'N4',
  '7005': 'X12',
  '7006': 'N6',
  '7007': 'N12',
  '7020': 'X20',
  '7021': 'X20',
  '7022': 'X20',
  '7023': 'X30',
  '8001': 'N14',
  '8002': 'X20',
  '8003': 'X30',
  '8004': 'X30',
  '8005': 'N6',
  '8006': 'N18',
  '8007': 'X34',
  '8008': 'N12',
  '8009': 'X50',
  '8010': 'X30',
  '8011': 'N12',
  '8012': 'X20',
  '8013': 'X25',
  '8017': 'N18',
  '8018': 'N18',
  '8019': 'N10',
  '8020': 'X25',
  '8026': 'N18',
}
/** The longest of all. */
const OTHERS = 'X90'

/** Whether a value may be that long, and of such characters. */
export function fitsFormat(ai: string, value: string): boolean {
  // The last digit of some four-digit identifiers only says where the decimal point stands: 392 is for 3920 to 3929.
  const format = FORMATS[ai] ?? FORMATS[ai.slice(0, 3)] ?? OTHERS
  const isLengthRight = value.length > 0 && value.length <= Number(format.slice(1))
  return isLengthRight && (format.startsWith('X') || /^\d+$/.test(value))
}

/** Whether the length is known beforehand, so that no separator has to follow, by the first two digits. */
export function hasFixedLength(ai: string): boolean {
  return FIXED.test(ai)
}
const FIXED = /^(?:0[0-4]|1[1-9]|20|3[1-6]|41)/
