/** Why a serial port cannot be opened, and what to do about it: looked up before opening, and again where opening fails. */
import { constants } from 'node:fs'
import { access, readFile, stat } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { basename } from 'node:path'
import { type Holder, holdersOf, holdersText, runningPrograms } from './holders.ts'
import { PortFault } from './port-fault.ts'

/**
 * What keeps a port from being opened, as far as it can be known before; undefined: nothing.
 * @param path without links
 */
export async function faultBeforeOpening(path: string, proc: string): Promise<PortFault | undefined> {
  const fault = await faultOfNode(path)
  if (fault) return fault
  const others = (await holdersOf(path, proc)).filter(({ isUs }) => !isUs)
  return others.length > 0 ? heldFault(path, others) : undefined
}

async function faultOfNode(path: string): Promise<PortFault | undefined> {
  const node = await stat(path).catch(() => undefined)
  if (!node) return missingFault(path)
  if (!node.isCharacterDevice()) {
    return new PortFault('port-not-serial', {
      what: `${path} is no serial port`,
      hint: 'millrace ports lists those that there are',
    })
  }
  const isAllowed = await access(path, constants.R_OK | constants.W_OK).then(
    () => true,
    () => false,
  )
  return isAllowed ? undefined : await forbiddenFault(path, node.gid)
}

/** There is nothing at the path. */
export function missingFault(path: string): PortFault {
  return new PortFault('port-missing', {
    what: `there is no port ${path}`,
    hint: 'check the cable; millrace ports lists what is there',
  })
}

const ROOT = 'root'

async function forbiddenFault(path: string, groupId: number): Promise<PortFault> {
  const group = await groupName(groupId)
  const user = userInfo().username
  const rule = 'install the udev rule of docs/scanners.md'
  return new PortFault('port-forbidden', {
    what: `${path} may not be opened by the user ${user}`,
    hint:
      group === ROOT
        ? `it belongs to root alone: ${rule}, and plug it in again`
        : `it belongs to the group ${group}: sudo usermod -aG ${group} ${user}, and restart the gateway; or ${rule}`,
  })
}

async function groupName(id: number): Promise<string> {
  const groups = (await readFile('/etc/group', 'utf8').catch(() => '')).split('\n')
  const line = groups.map((text) => text.split(':')).find(([, , number]) => number === String(id))
  return line?.[0] ?? String(id)
}

/** A login prompt runs on every computer, and says nothing about this port. */
const SUSPECTS = /^(?:ModemManager|brltty)$/
/** Programs that take ports of their own accord. */
const KNOWN_HOLDERS: readonly (readonly [program: RegExp, hint: string])[] = [
  [
    /^ModemManager$/,
    'it tries every new serial port for a modem: install the udev rule of docs/scanners.md, which keeps it away, or wait for some 10 s until it gives up',
  ],
  [/getty$/, 'a login prompt runs on this port: end it with sudo systemctl disable --now serial-getty@PORT'],
  [
    /^brltty$/,
    'it takes some USB serial adapters for a braille display: sudo systemctl mask --now brltty-udev, or remove the package brltty',
  ],
]

function knownHint(path: string, programs: readonly string[]): string | undefined {
  const known = KNOWN_HOLDERS.find(([pattern]) => programs.some((program) => pattern.test(program)))
  return known?.[1].replace('PORT', basename(path))
}

function heldFault(path: string, holders: readonly Holder[]): PortFault {
  const hint = knownHint(
    path,
    holders.map(({ program }) => program),
  )
  return new PortFault('port-held', {
    what: `${path} is held by ${holdersText(holders)}`,
    hint: hint ?? 'two programs would get a part each of what comes: end that one',
  })
}

/** What the system said when the port was opened: the library passes its text on, and no code. */
export async function openFault(path: string, cause: Error, proc: string): Promise<PortFault> {
  const holders = await holdersOf(path, proc)
  const others = holders.filter(({ isUs }) => !isUs)
  if (others.length > 0) return heldFault(path, others)
  if (/no such (file|device)/i.test(cause.message)) return missingFault(path)
  if (/cannot lock|busy|temporarily unavailable/i.test(cause.message)) {
    return holders.length > 0 ? twiceFault(path, cause) : await busyFault(path, cause, proc)
  }
  if (/not permitted|permission denied/i.test(cause.message)) {
    return new PortFault('port-forbidden', {
      what: `${path} may not be opened here`,
      hint: `in a container the device must be handed in: docker run --device ${path}`,
      cause,
    })
  }
  return new PortFault('port-failed', {
    what: `${path} cannot be opened: ${cause.message.replace(/^Error:? /, '')}`,
    hint: 'plug it in again; sudo dmesg shows what the system says of it',
    cause,
  })
}

function twiceFault(path: string, cause: Error): PortFault {
  return new PortFault('port-busy', {
    what: `${path} is open already, for another device of this gateway`,
    hint: 'two maps name this port: correct one of them; units of one Modbus line need the same path, baud, parity and stop bits in all their maps',
    cause,
  })
}

/** Held by a program whose files this user may not see. Those that take ports of their own accord are seen to be running. */
async function busyFault(path: string, cause: Error, proc: string): Promise<PortFault> {
  const suspect = (await runningPrograms(proc)).find((program) => SUSPECTS.test(program))
  const hint = suspect && knownHint(path, [suspect])
  const names = `sudo fuser -v ${path} names it`
  return new PortFault('port-busy', {
    what: `${path} is in use by a program of another user`,
    hint: hint ? `${names}; it may be ${suspect}, which runs here: ${hint}` : names,
    cause,
  })
}
