/** Checks that each scan that was answered good has exactly one row of `qr_code_scans`, and one that was refused has none. */
import type { ScanRow, TrueScan } from './facts.ts'
import { type Findings, finding } from './report.ts'

/** A scan is stored with the time at which the gateway read it; a slow scanner may be this late. */
const LATE_MS = 5_000

export function checkScans(truth: readonly TrueScan[], rows: readonly ScanRow[], findings: Findings): void {
  const left = new Set(rows)
  for (const scan of truth.filter(({ answer }) => answer !== 'bad')) {
    const row = [...left].find((one) => one.code === scan.code && Math.abs(one.atMs - scan.atMs) <= LATE_MS)
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
