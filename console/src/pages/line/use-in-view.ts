/** Whether something is on the screen or near it, so that what nobody sees is neither asked for nor drawn. */
import type { RefObject } from 'preact'
import { useEffect, useState } from 'preact/hooks'

const NEAR = '300px'

export function useInView(element: RefObject<HTMLElement | null>): boolean {
  const [isInView, setInView] = useState(false)
  useEffect(() => {
    const { current } = element
    if (!current) return undefined
    const look = ([entry]: readonly IntersectionObserverEntry[]) => setInView(entry?.isIntersecting ?? false)
    const observer = new IntersectionObserver(look, { rootMargin: NEAR })
    observer.observe(current)
    return () => observer.disconnect()
  }, [])
  return isInView
}

/** Counts whatever makes a drawing old: another width, and other colours. */
export function useRedraw(element: RefObject<HTMLElement | null>): number {
  const [count, setCount] = useState(0)
  useEffect(() => {
    const again = () => setCount((before) => before + 1)
    const resized = new ResizeObserver(again)
    if (element.current) resized.observe(element.current)
    const scheme = matchMedia('(prefers-color-scheme: dark)')
    scheme.addEventListener('change', again)
    return () => {
      resized.disconnect()
      scheme.removeEventListener('change', again)
    }
  }, [])
  return count
}

/** Whether the page is as narrow as a phone. */
export function useIsNarrow(): boolean {
  const query = '(max-width: 700px)'
  const [isNarrow, setNarrow] = useState(() => matchMedia(query).matches)
  useEffect(() => {
    const narrow = matchMedia(query)
    const changed = () => setNarrow(narrow.matches)
    narrow.addEventListener('change', changed)
    return () => narrow.removeEventListener('change', changed)
  }, [])
  return isNarrow
}
