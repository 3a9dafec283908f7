/** Which parts of a line of YAML are what, as far as one line tells: enough to find one's way, and cheap while typing. */

interface Part {
  readonly kind: 'plain' | 'comment' | 'key' | 'text' | 'number'
  readonly text: string
}

const TOKEN =
  /(?<comment>(?:^|(?<=\s))#.*$)|(?<key>(?:"[^"]*"|'[^']*'|[\p{L}\p{N}_*.][\p{L}\p{N}_.\- ]*?)(?=\s*:(?:\s|$)))|(?<text>"(?:\\.|[^"\\])*"?|'[^']*'?)|(?<number>(?<=[\s[{,:]|^)-?\d[\w.]*(?=[\s,\]}]|$))/gu

export function partsOf(line: string): readonly Part[] {
  const parts: Part[] = []
  let at = 0
  for (const { index, 0: text, groups = {} } of line.matchAll(TOKEN)) {
    if (index > at) parts.push({ kind: 'plain', text: line.slice(at, index) })
    const kind = Object.keys(groups).find((name) => groups[name] !== undefined) as Part['kind']
    parts.push({ kind, text })
    at = index + text.length
  }
  return at < line.length ? [...parts, { kind: 'plain', text: line.slice(at) }] : parts
}
