/**
 * Puts the modules of src/ together into a few files of JavaScript: opening and linking a thousand small ones took longer than
 * running them, once on the main thread and again on each other one.
 *
 *     main.js                    where the program begins
 *     buffer/file/worker.js, …   where each thread begins, at the place that its module has in src/
 *     chunks/                    what they share, and what is loaded only when it is wanted
 *
 * Packages stay outside, in node_modules, but for two. Nothing is left out but comments and types, so a stack trace names the functions of the
 * source; above each module's part stands its file, and the maps beside the files lead to its lines.
 */
import { dirname, relative, resolve } from 'node:path'
import { build, type Plugin, type RenderedChunk } from 'rolldown'
import { CHECKOUT } from './package/checkout.ts'

const SRC = resolve(CHECKOUT, 'src')

/** @param folder gets the files; what else is in it stays */
export async function bundle(folder: string): Promise<void> {
  await build({
    cwd: CHECKOUT,
    input: { main: 'src/main.ts' },
    platform: 'node',
    external: isLeftOutside,
    plugins: [beginningsOfThreads, placesOfModules, oneByteTexts],
    // With it, maps stay true behind what the plugins change.
    experimental: { nativeMagicString: true },
    logLevel: 'warn',
    output: {
      dir: folder,
      entryFileNames: '[name].js',
      // With the hash of what is in it: a program that still runs while another version is put in its place, and only then loads a
      // file, must find its own one or none.
      chunkFileNames: 'chunks/[name]-[hash].js',
      intro: programFolder,
      comments: { legal: true, annotation: false, jsdoc: false },
      minify: false,
      minifyInternalExports: false,
      // Two classes of one name share a file only under two names; logs and errors go on to show the one of the source.
      keepNames: true,
      sourcemap: true,
      sourcemapExcludeSources: true,
      sourcemapPathTransform: (source, map) => relative(CHECKOUT, resolve(dirname(map), source)),
    },
  })
}

/** Packages of 95 and 72 files, which every start and more than one thread loads. Their licences are in the tree, where they stay too. */
const TAKEN_IN = ['zod', 'yaml']

function isLeftOutside(specifier: string): boolean {
  const isOwn = specifier.startsWith('.') || specifier.startsWith('/')
  return !isOwn && !TAKEN_IN.includes(specifier)
}

/** `buffer/file/schema.js` for that module's file in src/. */
function placeOf(module: string): string {
  return relative(SRC, module).replace(/\.ts$/, '.js')
}

/** A thread begins in a file of its own, whoever starts it. */
const beginningsOfThreads: Plugin = {
  name: 'beginnings-of-threads',
  transform: {
    filter: { code: /(?<!function )threadFile\(/ },
    handler(code, starter) {
      const beginnings = [...code.matchAll(/threadFile\(import\.meta\.url, '([^']+)'\)/g)]
      if (beginnings.length === 0)
        throw new Error(
          `${starter}: write threadFile(import.meta.url, './file') in one line, or the build misses its thread`,
        )
      for (const [, path] of beginnings) {
        const module = resolve(dirname(starter), `${path}.ts`)
        this.emitFile({ type: 'chunk', id: module, fileName: placeOf(module) })
      }
    },
  },
}

const NO_TEXT_TO_CHANGE = 'the bundler gives no text to change: is nativeMagicString still its option?'
const OWN_ADDRESS = 'import.meta.url'
const PROGRAM_FOLDER = 'PROGRAM_FOLDER'
const askForTheirAddress = new Set<string>()

/**
 * What a module finds by its own address (SQL, the beginning of a thread, package.json) lies where it would lie if each module were a
 * file of its own. So the address of a module stays that of such a file.
 */
const placesOfModules: Plugin = {
  name: 'places-of-modules',
  transform: {
    filter: { code: OWN_ADDRESS },
    handler: (_code, module, { magicString }) => {
      askForTheirAddress.add(module)
      const place = `new URL('${placeOf(module)}', ${PROGRAM_FOLDER}).href`
      if (!magicString) throw new Error(NO_TEXT_TO_CHANGE)
      return { code: magicString.replaceAll(OWN_ADDRESS, place) }
    },
  },
}

const BEYOND_LATIN_1 = /[\u0100-\uffff]/g

/**
 * V8 keeps the text of a file as long as anything of it may run, with two bytes a character where a single one of them needs two, as a
 * typographic apostrophe does, and most of the larger files have one. So such characters are written by their codes.
 */
const oneByteTexts: Plugin = {
  name: 'one-byte-texts',
  renderChunk: {
    filter: { code: BEYOND_LATIN_1 },
    handler: (code, { fileName }, _options, { magicString }) => {
      if (!magicString) throw new Error(NO_TEXT_TO_CHANGE)
      for (const { 0: character, index } of code.matchAll(BEYOND_LATIN_1)) {
        if (code[index - 1] === '\\') throw new Error(`${fileName}: a code cannot stand for \\${character}`)
        const unit = character.charCodeAt(0).toString(16).padStart(4, '0')
        magicString.overwrite(index, index + 1, `\\u${unit}`)
      }
      return { code: magicString }
    },
  },
}

/** For a file with modules that ask for their addresses: where the program lies, seen from that file. */
function programFolder({ fileName, moduleIds }: RenderedChunk): string {
  if (!moduleIds.some((module) => askForTheirAddress.has(module))) return ''
  return `const ${PROGRAM_FOLDER} = new URL('${relative(dirname(fileName), '.') || '.'}/', import.meta.url)\n`
}
