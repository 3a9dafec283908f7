/** Copies what the compiler leaves behind (SQL, YAML) from src/ into dist/, at the same places. */
import { cpSync } from 'node:fs'

cpSync('src', 'dist', { recursive: true, filter: (path) => !/\.(ts|sh)$/.test(path) })
