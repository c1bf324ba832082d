import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import { statSync } from "node:fs"
import { tmpdir, userInfo } from "node:os"
import { join } from "node:path"

/** The file behind symbolic links. A file that does not exist yet has none. */
const realPath = (filename: string) =>
  Effect.flatMap(FileSystem.FileSystem, (fs) => Effect.orElseSucceed(fs.realPath(filename), () => filename))

/** Identifies a file by its device and inode, which all of its names share. */
const identify = (filename: string) =>
  Effect.try(() => {
    const { dev, ino } = statSync(filename, { bigint: true })
    return `${dev}-${ino}`
  })

const user = (): string => {
  try {
    return String(userInfo().uid)
  } catch {
    return "unknown"
  }
}

/**
 * The files to lock for a database: one next to it, which other machines and containers see too, and one for its inode, in
 * the folder for temporary files, which other names of it share. Creates the database where it does not exist.
 */
export const filesFor = (filename: string) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    yield* Effect.scoped(fs.open(filename, { flag: "a" }))
    const inode = yield* identify(filename)
    return {
      beside: `${yield* realPath(filename)}-lock`,
      shared: join(tmpdir(), `effect-openai-${user()}-${inode}-lock`)
    }
  })
