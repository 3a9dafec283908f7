/** Why a machine cannot be seen, in the reader's language; the gateway's own word where it is not known. */
import { textOf } from '../../texts/catalogue.ts'

export function whyWord(why: string): string {
  return textOf('machine', `why_${why}`) ?? why
}
