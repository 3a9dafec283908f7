/** What `millrace find` says to people. */
import { printable } from '../domain/errors.ts'
import { addressText } from '../drivers/modbus/address.ts'
import { type FoundNode, nodeLine } from '../workbench/nodes/find.ts'
import { yamlNode } from '../workbench/nodes/walk.ts'
import { mapLine } from '../workbench/registers/candidates.ts'
import type { Confirmation, FoundPlace, FoundValue } from '../workbench/registers/find.ts'

/** More places than this are no help: the value has to become a rarer one first. */
const SHOWN_MAX = 12

/** Where it was searched, so that nobody takes silence about a range for an answer. */
export function searchedText(searched: FoundValue['searched']): string {
  return searched
    .map(({ range, readable, why }) => {
      const { area, start, count } = range
      const addresses = `${count} from ${addressText({ area, wire: start })}`
      return `searched ${addresses}: ${readable} can be read${why === undefined ? '' : `; ${why}`}\n`
    })
    .join('')
}

/** The places, the most plausible first, each with a line for the map. */
export function foundRegistersText(places: readonly FoundPlace[]): string {
  if (places.length === 0) return `${NOWHERE}\n`
  const shown = places.slice(0, SHOWN_MAX).flatMap((place, n) => {
    const { area, wire, raw, later } = place
    const then = later === undefined ? '' : `, then ${later}${confirmationText(place.confirmation)}`
    return [
      `${n + 1}. ${addressText({ area, wire })}`,
      `     holds ${String(raw)}: shows ${place.shown}${then}`,
      `     ${mapLine(place)}`,
    ]
  })
  return `${[...shown, ...moreText(places.length)].map(printable).join('\n')}\n`
}

const NOWHERE =
  'nothing there shows this value. Search elsewhere with --from and --to, in the other area (30001 or 40001), or while the display shows another value'

const CONFIRMATIONS: Readonly<Record<Confirmation, string>> = {
  agrees: ', as the display does',
  moved: ', as a measured value moves',
  same: ' (unchanged)',
  jumped: ' (a jump: look whether the display jumped too)',
  gone: ' (could not be read again)',
}

function confirmationText(confirmation: FoundPlace['confirmation']): string {
  return confirmation === undefined ? '' : CONFIRMATIONS[confirmation]
}

function moreText(count: number): readonly string[] {
  if (count <= SHOWN_MAX) return []
  return [
    `and ${count - SHOWN_MAX} less plausible ones: search again when the display shows a rarer value, with more digits`,
  ]
}

/** Variables of a server, likewise. */
export function foundNodesText(found: readonly FoundNode[], searched: number, isCut: boolean): string {
  const rest = isCut ? '; there are more: search below one node with --from NODE' : ''
  const heading = `searched ${searched} nodes${rest}`
  const shown = found
    .slice(0, SHOWN_MAX)
    .flatMap(({ node, ...one }, n) => [
      `${n + 1}. ${node.path.join(' / ')}`,
      `     shows ${one.shown}${one.later === undefined ? '' : `, then ${one.later}`}   (${yamlNode(node.node)})`,
      `     ${nodeLine({ node, ...one })}`,
    ])
  const lines =
    found.length === 0 ? ['no variable there shows this value'] : [...shown, ...moreText(found.length)]
  return `${[heading, ...lines].map(printable).join('\n')}\n`
}
