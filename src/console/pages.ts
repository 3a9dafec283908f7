/**
 * The pages that a browser shows, as `npm ci` or `npm run prepare` built them. Every path that is no file of theirs gets the same page:
 * what stands on it is decided in the browser.
 */
import { existsSync } from 'node:fs'
import { readdir, readFile, stat } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'

/** Of the compiled program, which has them in its own folder, and of a checkout. */
const [COMPILED, CHECKOUT] = ['../pages', '../../console/dist'].map((folder) =>
  fileURLToPath(new URL(folder, import.meta.url)),
) as [string, string]
const BUILT_PAGES = existsSync(COMPILED) ? COMPILED : CHECKOUT

const INDEX = '/index.html'
/** Files below it have a hash of their content in their names. */
const HASHED = '/assets/'
const FOR_EVER = 'public, max-age=31536000, immutable'

const MEDIA_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.webmanifest': 'application/manifest+json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
}
/** Made smaller already. */
const PACKED = ['.png', '.ico']

interface Page {
  readonly mediaType: string
  readonly plain: Buffer
  readonly gzip?: Buffer
  readonly br?: Buffer
}

/** Adds the pages of a folder: the only files that are ever served are those that were found in it. */
export function servePages(app: FastifyInstance, folder = BUILT_PAGES): void {
  const built = new BuiltPages(folder)
  app.setNotFoundHandler(async (request, reply) => {
    const path = request.url.split('?')[0] ?? '/'
    if (request.method !== 'GET' && request.method !== 'HEAD') return notFound(reply)
    if (!(await built.isThere())) return notBuilt(reply)
    const page = (await built.page(path)) ?? (isPage(path) ? await built.page(INDEX) : undefined)
    return page ? send(request, reply, path, page) : notFound(reply)
  })
}

/** A name with a dot at the top is a file. Below that, a dot may stand in the code of a machine. */
function isPage(path: string): boolean {
  return !path.startsWith(HASHED) && !path.split('/')[1]?.includes('.')
}

/** What was built, read once, and once more after each build. */
class BuiltPages {
  readonly #folder: string
  #builtAtMs: number | undefined
  #files: ReadonlySet<string> = new Set()
  readonly #pages = new Map<string, Promise<Page>>()

  constructor(folder: string) {
    this.#folder = folder
  }

  /** Looks whether it was built, and when. */
  async isThere(): Promise<boolean> {
    const builtAtMs = await stat(join(this.#folder, INDEX)).then(
      ({ mtimeMs }) => mtimeMs,
      () => undefined,
    )
    if (builtAtMs !== undefined && builtAtMs !== this.#builtAtMs) {
      const entries = await readdir(this.#folder, { recursive: true, withFileTypes: true })
      const files = entries.filter((entry) => entry.isFile())
      this.#files = new Set(files.map(({ parentPath, name }) => this.#pathOf(join(parentPath, name))))
      this.#pages.clear()
    }
    this.#builtAtMs = builtAtMs
    return builtAtMs !== undefined
  }

  #pathOf(file: string): string {
    return file.slice(this.#folder.length).replaceAll('\\', '/')
  }

  async page(path: string): Promise<Page | undefined> {
    if (!this.#files.has(path)) return undefined
    const page = this.#pages.get(path) ?? read(join(this.#folder, path))
    this.#pages.set(path, page)
    return page
  }
}

async function read(file: string): Promise<Page> {
  const kind = extname(file)
  const mediaType = MEDIA_TYPES[kind] ?? 'application/octet-stream'
  const plain = await readFile(file)
  if (PACKED.includes(kind)) return { mediaType, plain }
  const quality = { params: { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY } }
  const [zipped, br] = await Promise.all([
    promisify(gzip)(plain, { level: 9 }),
    promisify(brotliCompress)(plain, quality),
  ])
  return { mediaType, plain, gzip: zipped, br }
}

function send(request: FastifyRequest, reply: FastifyReply, path: string, page: Page): FastifyReply {
  const taken = String(request.headers['accept-encoding'] ?? '')
  const encoding = (['br', 'gzip'] as const).find((one) => page[one] && taken.includes(one))
  if (encoding) void reply.header('content-encoding', encoding)
  return reply
    .header('vary', 'accept-encoding')
    .header('cache-control', path.startsWith(HASHED) ? FOR_EVER : 'no-cache')
    .type(page.mediaType)
    .send(encoding ? page[encoding] : page.plain)
}

function notBuilt(reply: FastifyReply): FastifyReply {
  const error = 'the pages are not built'
  const hint =
    'run "npm run prepare" in the program’s folder; /status, /health and /api/v1 answer without them'
  return reply.code(404).send({ error, hint })
}

function notFound(reply: FastifyReply): FastifyReply {
  return reply.code(404).send({ error: 'there is nothing here', hint: 'the pages begin at /' })
}
