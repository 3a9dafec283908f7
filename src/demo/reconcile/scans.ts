/** Checks that each scan that was answered good has exactly one row of `qr_code_scans`, and one that was refused has none. */
import type { ScanRow, TrueScan } from './facts.ts'
import { type Findings, finding } from './report.ts'

/**
 * A scan is stored with the time at which the gateway read it. What is scanned while no gateway is there waits in the scanner for
 * the next one, which may take this long.
 */
const LATE_MS = 15_000

export function checkScans(truth: readonly TrueScan[], rows: readonly ScanRow[], findings: Findings): void {
  const left = new Set(rows)
  // One that nobody answered may have no row: it takes none from a later one of the same code.
  const promised = truth.filter(({ answer }) => answer === 'good')
  const perhaps = truth.filter(({ answer }) => answer === 'none')
  for (const scan of [...promised, ...perhaps]) {
    const row = nearestOf(left, scan)
    if (row) left.delete(row)
    else if (scan.answer === 'good')
      findings.missing.push(finding(scan.scanner, scan.atMs, `scan ${scan.code}`))
  }
  for (const row of left) {
    const twin = rows.find((one) => one !== row && one.code === row.code)
    const list = twin ? findings.duplicates : findings.extra
    list.push(finding('', row.atMs, `scan ${row.code}`))
  }
}

function nearestOf(rows: Iterable<ScanRow>, { code, atMs }: TrueScan): ScanRow | undefined {
  const offMs = (row: ScanRow) => Math.abs(row.atMs - atMs)
  const fitting = [...rows].filter((row) => row.code === code && offMs(row) <= LATE_MS)
  return fitting.toSorted((a, b) => offMs(a) - offMs(b))[0]
}
