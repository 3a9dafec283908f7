/** The headline of a trouble in the reader's language. */
import { t, textOf } from '../../texts/catalogue.ts'

/** Troubles of a route are named after it; what they mean stands under the name of the first. */
const FIRST_ROUTE = 'central'

export function headline(code: string): string {
  const own = textOf('troubleCode', code)
  if (own !== undefined) return own
  const [, route = '', what = ''] = /^(.*?)-([a-z]+)$/.exec(code) ?? []
  const asOfCentral = textOf('troubleCode', `${FIRST_ROUTE}-${what}`)
  return asOfCentral === undefined
    ? t('troubles.other', { code })
    : t('troubles.ofRoute', { route, headline: asOfCentral })
}
