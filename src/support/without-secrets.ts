/**
 * Takes secrets out of texts that leave the gateway: what is known to be one wherever it stands, and what looks like one by the name
 * before it or by its form. Rather a word too many is taken out than one too few.
 */
import { readFileSync } from 'node:fs'

const GONE = '***'
/** What is shorter stands in every text by chance. */
const SECRET_MIN = 4
/** `password: x`, `"token": "x"`, `PASSWORD=x`, also in a comment; a name that ends with `_file` names a path, which is none. */
const NAMED =
  /\b([\w-]*(?:password|passphrase|passwd|pwd|secret|token|private_?key|api_?key|verifier|authorization|cookie))(\\?["']?\s*[:=]\s*)("(?:[^"\\\n]|\\.)*"|'[^'\n]*'|(?:[^\n,}]|,(?=[^\s"'{[\\]))+)/gi
/** The user's part of a URL: `postgres://edge:x@host`. */
const IN_URL = /(\b[a-z][a-z0-9+.-]*:\/\/[^\s/:@"']*):[^\s"']*@/gi
/** A query may be what opens an address: `https://updates.plant.example/sav-1.bundle?sig=x`. */
const IN_QUERY = /(\b[a-z][a-z0-9+.-]*:\/\/[^\s?"']+)\?[^\s"']+/gi
const PRIVATE_KEY = /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g
const VERIFIER = /SCRAM-SHA-256\$[^\s"']+/g
const BEARER = /\b(Bearer|Basic)\s+[\w.~+/=-]+/gi
const SCRYPT = /\bscrypt[:$][^\s"']+/g
/** Variables of the environment with such names hold one. */
const SECRET_VARIABLE = /PASSWORD|PASSPHRASE|SECRET|TOKEN|KEY/i

/** Files and variables that hold secrets. */
interface SecretSources {
  readonly files: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
}

/** What is known to be a secret, the longest first. A file that cannot be read holds none that could get anywhere. */
export function knownSecrets({ files, env }: SecretSources): readonly string[] {
  const texts = [
    ...files.flatMap(readWhole),
    ...Object.entries(env).flatMap(([name, value]) => (value && SECRET_VARIABLE.test(name) ? [value] : [])),
  ]
  const lines = texts.flatMap((text) => text.split(/\r?\n/)).map((line) => line.trim())
  const long = [...texts.map((text) => text.trim()), ...lines].filter((text) => text.length >= SECRET_MIN)
  return [...new Set(long)].toSorted((a, b) => b.length - a.length)
}

function readWhole(file: string): readonly string[] {
  try {
    return [readFileSync(file, 'utf8')]
  } catch {
    return []
  }
}

/** @param known as {@link knownSecrets} finds them */
export function withoutSecrets(text: string, known: readonly string[]): string {
  const unknown = known.reduce((rest, secret) => formsOf(secret).reduce(withoutOne, rest), text)
  return unknown
    .replaceAll(PRIVATE_KEY, GONE)
    .replaceAll(VERIFIER, GONE)
    .replaceAll(SCRYPT, GONE)
    .replaceAll(BEARER, `$1 ${GONE}`)
    .replaceAll(IN_URL, `$1:${GONE}@`)
    .replaceAll(IN_QUERY, `$1?${GONE}`)
    .replaceAll(NAMED, `$1$2${GONE}`)
}

function withoutOne(text: string, secret: string): string {
  return text.replaceAll(secret, GONE)
}

/** As it stands in a text, in JSON and in a URL. */
function formsOf(secret: string): readonly string[] {
  return [...new Set([secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)])]
}
