/** The contract of a benchmark: it measures the gateway beside a bare program that does only the least, and returns figures. */

/** One number with what it should be. Ratios are always the gateway's figure over the bare one's. */
export interface Figure {
  /** Which load: `modbus 200 x 100 at 10 Hz, 5 % change`. */
  readonly load: string
  /** What was measured: `CPU, gateway / bare`. */
  readonly measure: string
  readonly value: number
  readonly unit: string
  readonly aim?: Aim
}

export type Aim = { readonly atMost: number } | { readonly atLeast: number }

export interface Bench {
  /** Short windows and small loads: shows that everything runs; its figures mean little. */
  readonly quick: boolean
  /** How long a program runs before its window begins, where that was asked for; else each benchmark's own. */
  readonly warmUpMs?: number
  /** A folder of this run's own, removed at its end. */
  readonly folder: string
  /** The program under test, as the arguments of `node`: `src/main.ts`, or `dist/main.js`. */
  readonly entry: string
  /** Where the gateway's processor profiles go; without one it is not profiled. */
  readonly profileFolder?: string
  readonly progress: (text: string) => void
}

export interface Benchmark {
  /** The word behind `--only`. */
  readonly name: string
  readonly summary: string
  run(bench: Bench): Promise<readonly Figure[]>
}

/** How large a benchmark's load is, and how long each program runs before its window. */
export function sizeFor<Size extends { readonly warmUpMs: number }>(
  { quick, warmUpMs }: Pick<Bench, 'quick' | 'warmUpMs'>,
  sizes: { readonly full: Size; readonly quick: Size },
): Size {
  const size = quick ? sizes.quick : sizes.full
  return warmUpMs === undefined ? size : { ...size, warmUpMs }
}

export function isMet(figure: Figure): boolean | undefined {
  if (!figure.aim) return undefined
  return 'atMost' in figure.aim ? figure.value <= figure.aim.atMost : figure.value >= figure.aim.atLeast
}
