/** What is remarkable about scans that were read, in words for people. It changes nothing of what becomes of them. */
import type { NoticedScans } from '../domain/health.ts'
import type { CodeMark, UnderstoodScan } from '../domain/scan.ts'
import type { RawScan } from '../domain/scanner.ts'

/** The words stand in `status` and in the log: never anything that was scanned. */
const NOTICES = {
  unknown: 'no rule of its map takes the code',
  need_missing: 'the code lacks what the rules need of such codes',
  no_aim: 'the code came without an AIM identifier',
  gs_lost: 'a separator (GS) seems to be missing in the code',
  check_digit: 'a check digit of the code is wrong',
  not_utf8: 'the bytes of the code are no UTF-8',
  ambiguous: 'central has several rows for the code',
  not_found: 'the code is not in the copy of central, which is asked when the scan lands',
  no_suffix: 'a pause ended the scan, and not the suffix of its map: a slow line may cut such scans in two',
} as const satisfies Record<CodeMark | 'unknown' | 'not_found' | 'no_suffix', string>
type Notice = keyof typeof NOTICES

/** What is remarkable about one scan, in words. */
export function noticesOf(raw: RawScan, scan: UnderstoodScan): readonly string[] {
  const notices: readonly Notice[] = [
    ...(raw.withoutSuffix ? (['no_suffix'] as const) : []),
    ...(scan.kind === 'badge' ? [] : noticesOfCode(scan)),
  ]
  return [...new Set(notices)].map((notice) => NOTICES[notice])
}

function noticesOfCode({
  code,
  found,
}: Extract<UnderstoodScan, { readonly kind: 'scan' }>): readonly Notice[] {
  return [
    ...(code.meaning.kind === 'unknown' ? (['unknown'] as const) : []),
    ...code.marks,
    ...(found?.kind === 'unknown' ? (['not_found'] as const) : []),
    ...(found?.kind === 'many' ? (['ambiguous'] as const) : []),
  ]
}

/** How often each was noticed. */
export class NoticeCounts {
  readonly #counts = new Map<string, NoticedScans>()

  add(what: string, lastMs: number): void {
    this.#counts.set(what, { what, count: (this.#counts.get(what)?.count ?? 0) + 1, lastMs })
  }

  get all(): readonly NoticedScans[] {
    return [...this.#counts.values()]
  }
}
