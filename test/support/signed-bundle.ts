/** Signs bundles with keys that are made for a run of tests. */
import { createPrivateKey } from 'node:crypto'
import { writeBundle } from '../../src/releases/bundle/bundle-file.ts'
import { makeBundleKeys } from '../../src/releases/bundle/bundle-keys.ts'
import type { ReleaseTexts } from './release-site.ts'

export interface BundleSigner {
  /** In PEM. */
  readonly publicKey: string
  bundle(texts: ReleaseTexts, number: number, gateways?: readonly string[]): Promise<Buffer>
}

export function bundleSigner(): BundleSigner {
  const { privateKey, publicKey } = makeBundleKeys(undefined)
  const key = createPrivateKey(privateKey)
  return {
    publicKey,
    bundle: (texts, number, gateways = []) => {
      const files = Object.entries(texts).map(([path, text]) => ({ path, bytes: Buffer.from(text) }))
      return writeBundle(files, { number, gateways, madeMs: Date.UTC(2026, 0, 31) }, key)
    },
  }
}
