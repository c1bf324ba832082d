import {
  Audio,
  ChatCompletions,
  Images,
  Moderations,
  OpenAiClient,
  ProjectRateLimits,
  Projects,
  Retry
} from "@effect-openai/client"
import { FileSource } from "@effect-openai/core"
import { Emulator } from "@effect-openai/emulator"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Redacted } from "effect"
import { apiKey } from "./utils.js"

type Call = Effect.Effect<unknown, { readonly _tag: string; readonly message: string }, OpenAiClient.OpenAiClient>

/** Changes the limits of a model in the default project. */
const modify = (model: string, limits: object) =>
  Effect.gen(function*() {
    const { data: [project] } = yield* Projects.list()
    yield* ProjectRateLimits.modify({ project_id: project!.id, rate_limit_id: `rl-${model}`, ...limits })
  })

const messages = [{ role: "user" as const, content: "Hello." }]

/** 0.6 MB. */
const file = FileSource.fromBytes("speech.mp3", new Uint8Array(0.6 * 1024 * 1024))

/** Limits that the first call keeps and the second one exceeds. */
const limits: ReadonlyArray<readonly [model: string, limits: object, call: Call, message: RegExp]> = [
  [
    "gpt-4o",
    { max_requests_per_1_day: 1 },
    ChatCompletions.create({ model: "gpt-4o", messages }),
    /^Rate limit reached for gpt-4o on requests per day \(RPD\): Limit 1, Used 1, Requested 1\. Please try again in 2[34]h/
  ],
  [
    "dall-e-2",
    { max_images_per_1_minute: 3 },
    Images.generate({ prompt: "Seven stars.", n: 2, size: "256x256" }),
    /^Rate limit exceeded for images per minute\. Limit: 3\/1min\. Current: 4\/1min\.$/
  ],
  [
    "whisper-1",
    { max_audio_megabytes_per_1_minute: 1 },
    Audio.transcribe({ model: "whisper-1", file }),
    /^Rate limit reached for whisper-1 on audio megabytes per min: Limit 1, Used 0\.6, Requested 0\.6\. Please try again in/
  ],
  [
    "omni-moderation-latest",
    { max_requests_per_1_minute: 1 },
    Moderations.create({ input: "seven stars" }),
    /on requests per min \(RPM\): Limit 1, Used 1, Requested 1\./
  ]
]

const layer = Layer.merge(
  OpenAiClient.layer({
    apiKey: Redacted.make(apiKey),
    adminKey: Redacted.make("sk-admin-abcdefghijklmnopqrst"),
    baseUrl: "http://emulator.example/v1"
  }).pipe(Layer.provide(Emulator.layer()), Layer.orDie),
  Retry.layer({ times: 0 })
)

describe("A limit that a project has modified", () => {
  for (const [model, values, call, message] of limits) {
    it.live(`refuses what exceeds it: ${Object.keys(values)[0]} of ${model}`, () =>
      Effect.gen(function*() {
        yield* modify(model, values)
        yield* call
        const error = yield* Effect.flip(call)
        assert.strictEqual(error._tag, "RateLimitError")
        assert.match(error.message, message)
      }).pipe(Effect.provide(layer)))
  }
})
