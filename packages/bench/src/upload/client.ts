/** Uploads a file in parts in its own process: `client.mjs <base URL> <megabytes>`. It sends the result to its parent. */
import * as FetchHttpClient from "@effect-openai/client/FetchHttpClient"
import * as Files from "@effect-openai/client/Files"
import * as OpenAiClient from "@effect-openai/client/OpenAiClient"
import * as Uploads from "@effect-openai/client/Uploads"
import * as FileSource from "@effect-openai/core/FileSource"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import { createHash } from "node:crypto"

const [baseUrl = "", megabytes = "1"] = process.argv.slice(2)
const size = Number(megabytes) * 1024 ** 2
const chunk = 64 * 1024

/** Bytes that differ from chunk to chunk. */
const source = Stream.map(Stream.range(0, size / chunk - 1, 1), (index) => {
  const bytes = new Uint8Array(chunk)
  new DataView(bytes.buffer).setUint32(0, index)
  return bytes
})

const hashOf = <E, R>(bytes: Stream.Stream<Uint8Array, E, R>) => {
  const hash = createHash("sha256")
  return Effect.map(
    Stream.runForEach(bytes, (bytes) => Effect.sync(() => hash.update(bytes))),
    () => hash.digest("hex")
  )
}

const program = Effect.gen(function*() {
  const startMegabytes = Math.round(process.memoryUsage.rss() / 1024 ** 2)
  const started = performance.now()
  const { file } = yield* Uploads.upload(FileSource.fromStream("large.bin", source, { size }), {
    purpose: "assistants"
  })
  const millis = Math.round(performance.now() - started)
  const expected = yield* hashOf(source)
  const actual = yield* hashOf(Files.content.stream({ file_id: file!.id }))
  return { millis, startMegabytes, isSame: actual === expected }
}).pipe(Effect.provide(
  OpenAiClient.layer({ apiKey: Redacted.make("sk-upload"), baseUrl }).pipe(Layer.provide(FetchHttpClient.layer))
))

Effect.runPromise(program).then((result) => process.send!(result))
