/** What a thread of files must know of one of them to answer calls to it. */
import type { StoreFile } from '../store-fault.ts'

/** The open file. Its methods are the calls. */
export interface CalledStore {
  close(): void
}

/** A file in SQLite that is called in a thread of files. */
export interface OwnedFile extends StoreFile {
  readonly open: () => CalledStore
}

/** Where a call goes. Functions cannot be sent to another thread, so the file's module is named. */
export interface FileAddress {
  /** The address of a module that exports an {@link OwnFile} as `own`. */
  readonly module: string
  readonly setup: { readonly file: string }
}

/**
 * How a file is opened, given what the main thread says of it. Its module must read nothing from the disk while it is loaded, not even SQL:
 * Node.js remembers an import that failed for as long as the thread lives, while `open` is tried again with the next call.
 */
export type OwnFile<Setup extends FileAddress['setup']> = (setup: Setup) => OwnedFile
