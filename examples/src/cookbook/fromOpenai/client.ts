/**
 * Calls of this library. `openai.ts` has the same calls of `openai`.
 */
import {
  ChatCompletions,
  ChatStream,
  Files,
  FileSource,
  Models,
  OpenAiClient,
  Retry,
  Tool
} from "@effect-openai/client"
import { FetchHttpClient } from "@effect/platform"
import { Config, Duration, Effect, Layer, Schema, Stream } from "effect"

const messages = [{ role: "user" as const, content: "How warm is it in Lisbon?" }]

// #region client
export const OpenAiLive = OpenAiClient.layerConfig({ timeout: Config.succeed("30 seconds") }).pipe(
  Layer.provide([FetchHttpClient.layer, Retry.layer({ times: 4 })])
)
// #endregion client

// #region chat
export const chat = ChatCompletions.create({ model: "gpt-4o", messages }).pipe(
  Effect.map(({ choices }) => choices[0]?.message.content)
)
// #endregion chat

// #region stream
export const stream = ChatCompletions.create.stream({ model: "gpt-4o", messages }).pipe(
  ChatStream.text,
  Stream.runForEach((text) => Effect.sync(() => process.stdout.write(text)))
)
// #endregion stream

// #region tools
const weather = Tool.make("get_weather", {
  description: "The weather in a city",
  parameters: Schema.Struct({ city: Schema.String }),
  handler: ({ city }) => Effect.succeed({ city, celsius: 21 })
})

export const tools = ChatCompletions.runTools({ model: "gpt-4o", messages }, [weather]).pipe(
  Effect.map(({ completion }) => completion.choices[0]?.message.content)
)
// #endregion tools

// #region list
export const list = Files.list.items({ limit: 100 }).pipe(
  Stream.map(({ filename }) => filename),
  Stream.runCollect
)
// #endregion list

// #region upload
export const upload = Effect.gen(function*() {
  const { id } = yield* Files.upload({ file: yield* FileSource.fromPath("handbook.md"), purpose: "assistants" })
  return yield* Files.content({ file_id: id })
})
// #endregion upload

// #region errors
export const errors = Files.retrieve({ file_id: "file-abc123" }).pipe(
  Effect.map(({ filename }) => filename),
  Effect.catchTags({
    NotFoundError: () => Effect.succeed("unknown"),
    RateLimitError: ({ retryAfter = Duration.zero }) => Effect.succeed(`busy: ${Duration.format(retryAfter)}`)
  })
)
// #endregion errors

// #region cancel
export const cancel = ChatCompletions.create({ model: "gpt-4o", messages }).pipe(Effect.timeout("1 second"))
// #endregion cancel

// #region response
export const response = OpenAiClient.withResponse(Models.list())
// #endregion response
