import { Files } from "@effect-openai/client"
import { FileSource } from "@effect-openai/core"
import { FileSystem } from "@effect/platform"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodePath from "@effect/platform-node/NodePath"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Stream } from "effect"
import * as Client from "./utils/client.js"
import * as Models from "./utils/models.js"
import * as Server from "./utils/server.js"

const Disk = Layer.merge(NodeFileSystem.layer, NodePath.layer)

const onDisk = Effect.gen(function*() {
  const fileSystem = yield* FileSystem.FileSystem
  return { fileSystem, path: `${yield* fileSystem.makeTempDirectoryScoped()}/training.jsonl` }
})

const upload = (file: FileSource.FileSource) => Files.upload({ file, purpose: "fine-tune" })

describe("Uploads from disk", () => {
  it.scopedLive("7: a retry reads the file again, and sends identical bytes", () =>
    Effect.gen(function*() {
      const { fileSystem, path } = yield* onDisk
      const content = Buffer.from(Uint8Array.from({ length: 200_000 }, (_, i) => i % 253))
      yield* fileSystem.writeFile(path, content)
      const server = yield* Server.make(Server.error(500), Server.json(Models.file()))
      yield* upload(yield* FileSource.fromPath(path)).pipe(
        Client.atOnce,
        Effect.provide(Client.layer(server.origin))
      )
      const [first, second] = server.requests
      assert.isTrue(first!.body().equals(second!.body()))
      assert.isTrue(first!.body().includes(content))
      assert.isTrue(first!.body().includes("filename=\"training.jsonl\""))
    }).pipe(Effect.provide(Disk)))

  it.scopedLive("7: a file that is gone is named, and nothing is tried again", () =>
    Effect.gen(function*() {
      const { fileSystem, path } = yield* onDisk
      yield* fileSystem.writeFileString(path, "{}")
      const file = yield* FileSource.fromPath(path)
      yield* fileSystem.remove(path)
      const server = yield* Server.make(Server.json(Models.file()))
      const error = yield* upload(file).pipe(Client.atOnce, Effect.provide(Client.layer(server.origin)), Effect.flip)
      assert(error._tag === "InvalidRequestError")
      assert.deepInclude(error, { operation: "createFile", field: "file" })
      assert.include(error.message, "training.jsonl")
      assert.notInclude(error.message, "\n")
      assert.isAtMost(server.requests.length, 1)
    }).pipe(Effect.provide(Disk)))

  it.scopedLive("23: a file of 64 MB goes piece by piece", () =>
    Effect.gen(function*() {
      const size = 64 * 1024 * 1024
      const { fileSystem, path } = yield* onDisk
      yield* fileSystem.writeFileString(path, "")
      yield* fileSystem.truncate(path, size)
      const server = yield* Server.make(Server.json(Models.file()))
      const source = yield* FileSource.fromPath(path)
      assert.strictEqual(source.size, size)
      let largest = 0
      let ahead = 0
      let read = 0
      yield* upload({
        ...source,
        stream: Stream.mapChunks(source.stream, (chunk) => {
          for (const { length } of chunk) {
            largest = Math.max(largest, length)
            read += length
          }
          ahead = Math.max(ahead, read - (server.requests[0]?.size() ?? 0))
          return chunk
        })
      }).pipe(Effect.provide(Client.layer(server.origin)))
      assert.strictEqual(read, size)
      assert.isAbove(server.requests[0]!.size(), size)
      assert.isAtMost(largest, 1024 * 1024)
      assert.isBelow(ahead, size / 4)
    }).pipe(Effect.provide(Disk)))
})
