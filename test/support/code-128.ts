/** Reads Code 128 off a drawing, so that no encoder is believed that draws what it should not. ISO/IEC 15417, table 1. */

/** The widths of bars and spaces, in modules, by the value of the symbol character. */
const PATTERNS =
  `212222 222122 222221 121223 121322 131222 122213 122312 132212 221213 221312 231212 112232 122132 122231 113222 123122
  123221 223211 221132 221231 213212 223112 312131 311222 321122 321221 312212 322112 322211 212123 212321 232121 111323 131123 131321
  112313 132113 132311 211313 231113 231311 112133 112331 132131 113123 113321 133121 313121 211331 231131 213113 213311 213131 311123
  311321 331121 312113 312311 332111 314111 221411 431111 111224 111422 121124 121421 141122 141221 112214 112412 122114 122411 142112
  142211 241211 221114 413111 241112 134111 111242 121142 121241 114212 124112 124211 411212 421112 421211 212141 214121 412121 111143
  111341 131141 114113 114311 411113 411311 113141 114131 311141 411131 211412 211214 211232`.split(/\s+/)
const STOP = '2331112'
const START_A = 103
const TO_C = 99
const TO_B = 100
const TO_A = 101

/** The text of a drawing whose bars are vertical strokes. @throws Error for anything that no scanner would take */
export function readCode128(svg: string): { readonly text: string; readonly quietModules: number } {
  const bars = barsOf(svg)
  const [first] = bars
  if (!first) throw new Error('there is no bar')
  const module = Math.min(...bars.map(({ width }) => width))
  const widths = bars.flatMap(({ from, width }, index) => {
    const next = bars[index + 1]
    return next ? [width, next.from - from - width] : [width]
  })
  const elements = widths.map((width) => String(width / module)).join('')
  if (!/^[1-4]+$/.test(elements) || !elements.endsWith(STOP)) throw new Error(`no Code 128: ${elements}`)
  const symbols = elements.slice(0, -STOP.length).match(/.{6}/g) ?? []
  return {
    text: textOf(symbols.map((symbol) => PATTERNS.indexOf(symbol))),
    quietModules: first.from / module,
  }
}

function barsOf(svg: string): readonly { readonly from: number; readonly width: number }[] {
  return [...svg.matchAll(/stroke-width="(\d+)" d="([^"]*)"/g)]
    .flatMap(([, width, path = '']) =>
      [...path.matchAll(/M([\d.]+) /g)].map(([, x]) => ({
        from: Number(x) - Number(width) / 2,
        width: Number(width),
      })),
    )
    .toSorted((a, b) => a.from - b.from)
}

function textOf(values: readonly number[]): string {
  const [start = -1, ...rest] = values
  const check = rest.pop()
  const sum = rest.reduce((all, value, index) => all + value * (index + 1), start)
  if (start < START_A || values.includes(-1) || sum % 103 !== check)
    throw new Error(`its check does not fit: ${values}`)
  let set = 'ABC'[start - START_A]
  let text = ''
  for (const value of rest) {
    if (set === 'C' && value < TO_C) text += String(value).padStart(2, '0')
    else if (value === TO_C && set !== 'C') set = 'C'
    else if (value === TO_B && set !== 'B') set = 'B'
    else if (value === TO_A && set !== 'A') set = 'A'
    else if (value < 96) text += String.fromCharCode(set === 'A' && value >= 64 ? value - 64 : value + 32)
    else throw new Error(`symbol ${value} in set ${set}`)
  }
  return text
}
