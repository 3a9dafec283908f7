/** Who is signed in. */
import { computed, effect, signal } from '@preact/signals'
import type { Role, SessionOnWire } from '../../../src/console/shapes.ts'
import { type CallError, get, post, put, remove, signInAsked } from '../api/client.ts'
import { asCallError } from '../api/use-loaded.ts'
import { followLanguage, type Language, showLanguage } from '../texts/catalogue.ts'

/** Each may do what those before it may. */
const ROLES: readonly Role[] = ['view', 'configure', 'administer']

/** `unknown` until the gateway was asked. */
type SessionState = SessionOnWire['state'] | 'unknown' | 'failed'

const session = signal<SessionOnWire | undefined>(undefined)
const fault = signal<CallError | undefined>(undefined)

export const sessionState = computed<SessionState>(() =>
  fault.value ? 'failed' : (session.value?.state ?? 'unknown'),
)
/** Why it is not known who is signed in. */
export const sessionFault = computed(() => fault.value)
/** The one who is signed in. */
export const user = computed(() => session.value?.user ?? undefined)
/** The time zone of the plant, where the reader's clock shows another time: moments on the pages are the reader's. */
export const otherTimezone = computed(() => {
  const zone = session.value?.timezone
  return zone !== undefined && isElsewhere(zone) ? zone : undefined
})
/** The name of the gateway. */
export const gatewayName = computed(() => session.value?.gateway ?? '')

/** Whether it is another time there than here. */
function isElsewhere(timeZone: string): boolean {
  const now = new Date()
  const shown = (zone?: string) => now.toLocaleString('en', zone === undefined ? {} : { timeZone: zone })
  return shown(timeZone) !== shown()
}

/** Asks the gateway who is signed in, and shows the language of whoever it is. */
export async function loadSession(): Promise<void> {
  try {
    const asked = await get<SessionOnWire>('/session')
    if (asked.user?.language) await showLanguage(asked.user.language)
    session.value = asked
    fault.value = undefined
  } catch (error) {
    fault.value = asCallError(error)
  }
}

/** @throws CallError where the name or the password is not right */
export async function signIn(name: string, password: string): Promise<void> {
  await post('/session', { name, password })
  await loadSession()
}

export async function signOut(): Promise<void> {
  await remove('/session')
  await loadSession()
}

/** Whether the one who is signed in may do what a role may. */
export function may(role: Role): boolean {
  const own = user.value?.role
  return own !== undefined && ROLES.indexOf(own) >= ROLES.indexOf(role)
}

/** Asks again as soon as any answer says that a sign-in is needed, as when a session has ended; and the gateway remembers the language. */
export function watchSession(): void {
  effect(() => {
    if (signInAsked.value > 0) void loadSession()
  })
  followLanguage((language: Language) => {
    if (session.peek()?.state === 'signed-in') put('/session/language', { language }).catch(() => undefined)
  })
}
