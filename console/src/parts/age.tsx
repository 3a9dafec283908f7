/** How long ago something was. It goes on counting while it is shown, one clock for all of them. */
import { signal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { gatewayNowMs } from '../api/gateway-clock.ts'
import { t } from '../texts/catalogue.ts'
import { durationText, momentText } from './format.ts'

const TICK_MS = 1_000

const nowMs = signal(gatewayNowMs())
let shown = 0
let timer: ReturnType<typeof setInterval> | undefined

/** `3 s ago`. `at`: a UTC text, or ms since 1970. */
export function Age({ at }: { readonly at: string | number }) {
  const atMs = new Date(at).getTime()
  return (
    <time dateTime={new Date(atMs).toISOString()} title={momentText(atMs)}>
      {t('parts.ago', { time: durationText((useNow() - atMs) / 1_000) })}
    </time>
  )
}

/** For how long something has been so: `12 min`. */
export function Lasting({ since }: { readonly since: string | number }) {
  const sinceMs = new Date(since).getTime()
  return (
    <time dateTime={new Date(sinceMs).toISOString()} title={momentText(sinceMs)}>
      {durationText((useNow() - sinceMs) / 1_000)}
    </time>
  )
}

/** Ms since 1970; a component that asks is drawn again every second. */
export function useNow(): number {
  useEffect(() => {
    shown += 1
    if (timer === undefined) {
      nowMs.value = gatewayNowMs()
      timer = setInterval(() => {
        nowMs.value = gatewayNowMs()
      }, TICK_MS)
    }
    return () => {
      shown -= 1
      if (shown > 0) return
      clearInterval(timer)
      timer = undefined
    }
  }, [])
  return nowMs.value
}

/** How long it is until something: `3 s`, and 0 s once it is over. */
export function useTimeUntil(at: string): string {
  return durationText(Math.ceil((new Date(at).getTime() - useNow()) / 1_000))
}
