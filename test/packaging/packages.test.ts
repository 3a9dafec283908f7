/** What is installed on a plant floor, made of this checkout as a release makes it, and used as its users do. */
import { afterAll, beforeAll, describe } from 'vitest'
import { asFiles } from './as-files.ts'
import { inImage } from './in-image.ts'
import { canPackage, type Packaged, packageCheckout } from './packaged.ts'
import { underSystemd } from './under-systemd.ts'

/** A minute by itself; a computer that does ten other things needs twenty. */
const PACKAGED_MAX_MS = 1_800_000

// Fault of the catalogue: [B5]
describe.skipIf(!canPackage)('packages (made by dpkg-deb)', () => {
  let made: Packaged
  beforeAll(() => {
    made = packageCheckout()
  }, PACKAGED_MAX_MS)
  afterAll(() => made[Symbol.dispose]())

  asFiles(() => made)
  inImage(() => made)
  underSystemd(() => made)
})
