/** A text that somebody edits: what it began with, what is wrong with it, and what the browser remembers of it. */
import { useEffect, useState } from 'preact/hooks'
import type { DraftVerdict, FileText } from '../../../../src/api/maps/shapes.ts'
import { CallError, get, post } from '../../api/client.ts'
import { asCallError, type Loaded, useLoaded } from '../../api/use-loaded.ts'

/** What the file held when the editing began. */
export interface Base {
  readonly text: string
  /** Null: there is no such file yet. */
  readonly hash: string | null
}

/** A text on its way. */
export interface Draft {
  readonly text: string
  readonly base: Base
  readonly isChanged: boolean
  readonly setText: (text: string) => void
  /** Goes on from another state of the file. */
  readonly rebase: (base: Base, text: string) => void
}

/** The file as it is; undefined within: it is new. */
export function useFile(file: string): Loaded<FileText | null> {
  return useLoaded(
    (signal) =>
      get<FileText>(pathOf(file), {}, signal).catch((error: unknown) => {
        if (error instanceof CallError && error.status === 404) return null
        throw error
      }),
    [file],
  )
}

/** `/maps/profiles%2Ffesto.yaml` */
export function pathOf(file: string): string {
  return `/maps/${encodeURIComponent(file)}`
}

/** What is not saved yet is still there when the page is opened again, in this tab of the browser. */
export function useDraft(file: string, present: Base): Draft {
  const [draft, setDraft] = useState(() => remembered(file) ?? { text: present.text, base: present })
  const isChanged = draft.text !== draft.base.text
  useEffect(() => {
    if (isChanged) sessionStorage.setItem(keyOf(file), JSON.stringify(draft))
    else sessionStorage.removeItem(keyOf(file))
  }, [draft])
  return {
    ...draft,
    isChanged,
    setText: (text) => setDraft((before) => ({ ...before, text })),
    rebase: (base, text) => setDraft({ base, text }),
  }
}

function keyOf(file: string): string {
  return `millrace.edit.${file}`
}

function remembered(file: string): { readonly text: string; readonly base: Base } | undefined {
  const kept = sessionStorage.getItem(keyOf(file))
  return kept === null ? undefined : JSON.parse(kept)
}

/** What is said of the text; while a newer one is judged, what was said of the one before. */
export interface Judged {
  readonly verdict: DraftVerdict | undefined
  readonly fault: CallError | undefined
  /** The verdict is of the very text. */
  readonly isCurrent: boolean
}

const PAUSE_MS = 400

/** Judged once nobody has typed for a moment. */
export function useVerdict(file: string, text: string): Judged {
  const [judged, setJudged] = useState<{ readonly text?: string } & Omit<Judged, 'isCurrent'>>({
    verdict: undefined,
    fault: undefined,
  })
  useEffect(() => {
    const gone = new AbortController()
    const timer = setTimeout(() => {
      post<DraftVerdict>('/maps/check', { file, text }, gone.signal).then(
        (verdict) => setJudged({ text, verdict, fault: undefined }),
        (error: unknown) =>
          gone.signal.aborted || setJudged(({ verdict }) => ({ text, verdict, fault: asCallError(error) })),
      )
    }, PAUSE_MS)
    return () => {
      clearTimeout(timer)
      gone.abort()
    }
  }, [file, text])
  return { ...judged, isCurrent: judged.text === text }
}
